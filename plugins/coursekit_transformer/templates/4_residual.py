# %% [markdown]
# # The residual stream
#
# **Goal.** Write a block that adds and normalises, and see why deep networks need both.
#
# **Time.** 35 minutes
#
# **Before.** exercises 1 and 2; mean, variance, what a gradient is
#
# **Kind.** predict, complete, measure
#
# A place of the text has a row of numbers, its **features**. No block replaces them: each *adds* to
# them. First the attention adds what other places have told, then a small network (widen, gelu,
# narrow) adds what it makes of that.

# %%
from coursekit.prepare import show
from coursekit_transformer.practice import figures

show(
    figures.stream((16, 64, 128), 4 * 128),
    alt="A straight line carries the features through the block. At two points a branch leaves it: "
    "a norm and the attention, then a norm and the small network; what each computes is added to "
    "the line.",
)

# %% [markdown]
# The line that runs straight through is called the *residual stream* (He et al. 2016). Before each
# part the features are **normalised**, so that it always reads numbers of the same size, however
# much has been added (Ba et al. 2016; before each part, as in GPT-2).

# %%
from collections.abc import Callable

import keras
import numpy as np
import tensorflow as tf

from coursekit_transformer.layers import Dropout
from coursekit_transformer.model import Attend, KeysValues, SelfAttention
from coursekit_transformer.model import causal_mask, linear, scaled_dot_product

# %% [markdown]
# ## Predict first
#
# A place has the features (1, 3). Normalised they have the mean 0 and the variance 1. What are
# they? (The variance is the mean of the squared distances from the mean.)

# %%
normalised = (-1.0, 1.0)  # exercise

# %% [markdown]
# Twelve blocks stand on each other, and each adds twice. The features begin with a variance of 1,
# and suppose that all that is added is independent and has a variance of 1, too. What is the
# *standard deviation* of the features at the end?

# %%
spread_at_the_end = 5.0  # exercise

# %%
import numpy as np

from coursekit.practice import assert_close, check, misconception, probe


@misconception("normalised", "The mean is right; but these have a variance of 0.25, not of 1.")
def halves():
    return (-0.5, 0.5)


@misconception(
    "normalised", "They sum to one, as the weights of attention do. A norm makes the mean 0."
)
def as_shares():
    return (0.25, 0.75)


@misconception("normalised", "Divided by their length: the mean is not taken off.")
def by_length():
    return (0.316, 0.949)


@misconception("normalised", "From 0 to 1: that is another way to normalise.")
def from_zero():
    return (0.0, 1.0)


@misconception(
    "spread_at_the_end",
    "That is the variance. Variances of independent numbers add up; what is the root of 25?",
)
def the_variance():
    return 25.0


@misconception(
    "spread_at_the_end", "Each block adds twice: once the attention, once the small network."
)
def once_a_block():
    return 3.6


@misconception("spread_at_the_end", "The features that were there at the beginning count as well.")
def without_beginning():
    return 4.9


@misconception("spread_at_the_end", "It stays the same only if something normalises the *sum*.")
def stays():
    return 1.0


@probe
def rounded():
    return [round(float(number), 2) for number in normalised]


@check(
    "You can normalise by head",
    points=1,
    hints=(
        "What is the mean of 1 and 3, and how far is each from it?",
        "The mean is 2, the distances are -1 and 1, the variance is 1.",
        "Take off 2 and divide by 1.",
    ),
)
def by_head(student):
    found = np.array(student["normalised"], float)
    assert_close(found, [-1, 1], "the mean 0, the variance 1", atol=0.01)


@check(
    "You know how a sum grows",
    points=1,
    hints=(
        "What is the variance of the sum of independent numbers?",
        "The sum of their variances: 1 at the beginning, and 1 for each of 24 additions.",
        "The root of 25.",
    ),
)
def grows(student):
    assert abs(student["spread_at_the_end"] - 5) < 0.05, "variances add up; then take the root"


# %% [markdown]
# ## The norm
#
# Write `layer_norm`. Each place is normalised *by itself*, over its own units: the last axis. To
# the variance 1e-5 is added, so that equal numbers do not divide by zero. Then comes what is
# learnt: a `scale` and a `shift` for each unit.

# %%
from coursekit_transformer.model import layer_norm  # exercise

# %%
features = tf.constant([[1.0, 3.0], [100.0, 300.0]])
print(layer_norm(features, scale=tf.ones(2), shift=tf.zeros(2)).numpy().round(3))

# %%


def normed(features, scale, shift, axis=-1, added=1e-5, take_off=True, root=True):
    mean = features.mean(axis, keepdims=True)
    variance = ((features - mean) ** 2).mean(axis, keepdims=True) + added
    centred = features - mean if take_off else features
    return centred / (np.sqrt(variance) if root else variance) * scale + shift


def some_features():
    """Two rows, three places, four units; scales and shifts."""
    draw = np.random.default_rng(3)
    sizes = ((2, 3, 4), (4,), (4,))
    return tuple(draw.normal(2, 3, size).astype("float32") for size in sizes)


@probe
def norm(features, scale, shift):
    return layer_norm(tf.constant(features), tf.constant(scale), tf.constant(shift))


@misconception(
    "norm",
    "The mean was taken over the *places*. Then a place is told about later ones: a leak. Each "
    "place is normalised by itself, over the last axis.",
)
def over_places(features, scale, shift):
    return normed(features, scale, shift, axis=-2)


@misconception(
    "norm", "Everything was normalised together; each place has a mean and a variance of its own."
)
def over_all(features, scale, shift):
    return normed(features, scale, shift, axis=(-2, -1))


@misconception("norm", "The mean over the rows of the batch is batch normalisation, another thing.")
def over_batch(features, scale, shift):
    return normed(features, scale, shift, axis=0)


@misconception("norm", "The mean is not taken off.")
def mean_left(features, scale, shift):
    return normed(features, scale, shift, take_off=False)


@misconception("norm", "It was divided by the variance, not by its root.")
def by_variance(features, scale, shift):
    return normed(features, scale, shift, root=False)


@misconception("norm", "The scale is not used.")
def no_scale(features, scale, shift):
    return normed(features, 1.0, shift)


@misconception("norm", "The shift is not used.")
def no_shift(features, scale, shift):
    return normed(features, scale, 0.0)


@misconception("norm", "The shift was added before the scale was multiplied.")
def shift_first(features, scale, shift):
    return (normed(features, 1.0, 0.0) + shift) * scale


@misconception(
    "norm",
    "Where all units of a place are equal, the variance is 0 and something is divided by 0: add "
    "1e-5 to the variance before you take the root.",
)
def nothing_added(features, scale, shift):
    with np.errstate(invalid="ignore"):  # 0 / 0, as it is told
        return normed(features, scale, shift, added=0.0)


@check(
    "Each place has the mean 0 and the variance 1",
    points=2,
    hints=(
        "Over which axis does a place have its mean?",
        "`tf.reduce_mean(features, axis=-1, keepdims=True)`; the variance is the mean of the "
        "squares of what is left.",
        "`(features - mean) * tf.math.rsqrt(variance + 1e-5)`.",
    ),
)
def standard(student):
    features, _, _ = some_features()
    ones, zeros = np.ones(4, "float32"), np.zeros(4, "float32")
    found = student.norm(features, ones, zeros)
    expected = normed(features, ones, zeros)
    assert_close(found, expected, "scale 1, shift 0", atol=1e-3)


@check(
    "Then it is scaled and shifted",
    points=1,
    after="standard",
    hints=(
        "What is multiplied, and what is added?",
        "The normalised features times the scale, plus the shift.",
        "`... * scale + shift`.",
    ),
)
def learnt(student):
    found = student.norm(*some_features())
    expected = normed(*some_features())
    assert_close(found, expected, "with a scale and a shift", atol=1e-3)


@check(
    "Equal numbers do not divide by zero",
    points=1,
    after="standard",
    hints=(
        "What is the variance of (2, 2, 2, 2)?",
        "0. What keeps the division harmless?",
        "Add 1e-5 to the variance under the root.",
    ),
)
def harmless(student):
    _, scale, shift = some_features()
    flat = np.full((1, 2, 4), 2, "float32")
    found = student.norm(flat, scale, shift)
    assert np.isfinite(found).all(), "equal numbers give something that is not a number"
    assert_close(
        found, np.broadcast_to(shift, (1, 2, 4)), "equal numbers leave only the shift", atol=1e-2
    )


# %% [markdown]
# ## The block
#
# The layer that holds the scale and the shift is given; it calls your function. Write `call` of
# the block, after the drawing above:
#
# 1. normalise the features, let the attention read them: it takes the normalised features, `seen`
#    and `memory`, and returns what was told, the new memory, and the weights;
# 2. drop some of what was told (`self.dropouts[0](told, training=training)`), and add it to the
#    features;
# 3. normalise *these* features, let `self.widen` and then `self.narrow` work on them, drop, add;
# 4. return the features, the memory, the weights.

# %%
from coursekit_transformer.model import LayerNorm  # show

# %%
from coursekit_transformer.model import Block  # exercise: call

# %%
block = Block(units=8, heads=2)
out, _, weights = block(tf.random.stateless_normal((2, 5, 8), seed=(1, 2)), causal_mask(5))
print("features", out.shape, "weights", weights.shape)

# %%


def stages(features, scales, steps):
    """Follow a block whose attention doubles and whose network triples what it reads.

    `steps` says what each part reads, what it is added to, and whether it is normalised.
    """
    reads_1, reads_2, base_1, base_2 = steps
    first = {"norm": normed(features, scales[0], 0.0), "raw": features}
    told = 2 * first[reads_1]
    middle = told + (features if base_1 == "stream" else 0.0)
    read = {
        "norm": normed(middle, scales[1], 0.0),
        "raw": middle,
        "early": normed(features, scales[1], 0.0),
        "first": normed(middle, scales[0], 0.0),
    }
    thought = 3 * read[reads_2]
    return thought + {"stream": middle, "none": 0.0, "input": features}[base_2]


@probe
def through(features, scales):
    """Send features through a block whose two parts are replaced by known ones."""
    made = Block(4, 2)
    made.attention = lambda features, seen, memory=None: (2 * features, ("new", memory), "weights")
    made.widen = lambda features: 3 * features
    made.narrow = lambda features: features
    for layer, scale in zip((made.norm_attention, made.norm_network), scales, strict=True):
        layer.scale.assign(scale)
    found = made.call(tf.constant(features), causal_mask(3), "old")
    if not isinstance(found, tuple | list) or len(found) != 3:
        raise TypeError("call returns three things: the features, the memory, the weights")
    return found[0], [str(item) for item in found[1]], str(found[2])


@probe
def dropped():
    """Say what changes when half is dropped: nothing may, unless it trains."""
    keras.utils.set_random_seed(0)
    made, read = Block(40, 2, dropout=0.5), tf.ones((1, 3, 40)) * tf.range(40.0)
    mask = causal_mask(3)
    once, again, trained = (made(read, mask, training=way)[0] for way in (False, False, True))
    made.narrow.kernel.assign(0 * made.narrow.kernel)
    told = [made(read, mask, training=way)[0] for way in (False, True)]
    made.attention.merge.kernel.assign(0 * made.attention.merge.kernel)
    nothing = made(read, mask, training=True)[0]
    return {
        "the same when it is used": np.allclose(once, again),
        "others in training": not np.allclose(once, trained),
        "what was told is dropped": not np.allclose(*told),
        "the stream is never dropped": np.allclose(nothing, read),
    }


def passed(features, scales, steps, memory=("new", "old"), weights="weights"):
    return stages(features, scales, steps), list(memory), weights


RIGHT = ("norm", "norm", "stream", "stream")


@misconception(
    "through",
    "Nothing is added: each part *replaces* the features. What was known is lost in every block, "
    "and the gradient has no straight way back.",
)
def replaced(features, scales):
    return passed(features, scales, ("norm", "norm", "none", "none"))


@misconception("through", "The attention replaces the features; it should add to them.")
def attention_replaces(features, scales):
    return passed(features, scales, ("norm", "norm", "none", "stream"))


@misconception("through", "The small network replaces the features; it should add to them.")
def network_replaces(features, scales):
    return passed(features, scales, ("norm", "norm", "stream", "none"))


@misconception("through", "Nothing is normalised.")
def never_normed(features, scales):
    return passed(features, scales, ("raw", "raw", "stream", "stream"))


@misconception("through", "The attention reads features that are not normalised.")
def attention_raw(features, scales):
    return passed(features, scales, ("raw", "norm", "stream", "stream"))


@misconception("through", "The small network reads features that are not normalised.")
def network_raw(features, scales):
    return passed(features, scales, ("norm", "raw", "stream", "stream"))


@misconception(
    "through",
    "The small network reads the features from *before* the attention: what was told is not used.",
)
def side_by_side(features, scales):
    return passed(features, scales, ("norm", "early", "stream", "stream"))


@misconception(
    "through",
    "What the network adds was added to the features from before the attention: what the attention "
    "told is lost.",
)
def forgets_told(features, scales):
    return passed(features, scales, ("norm", "norm", "stream", "input"))


@misconception("through", "Both parts use the first norm; the small network has one of its own.")
def one_norm(features, scales):
    return passed(features, scales, ("norm", "first", "stream", "stream"))


@misconception(
    "through",
    "The *normalised* features were carried on, and not the stream itself: after the first block "
    "nobody knows how large they were.",
)
def stream_normed(features, scales):
    carried = normed(features, scales[0], 0.0)
    middle = carried + 2 * carried
    return middle + 3 * normed(middle, scales[1], 0.0), ["new", "old"], "weights"


@misconception(
    "through",
    "The sum is normalised after each part, as in the transformer of 2017. Here each part's input "
    "is: then nothing stands in the way of the stream.",
)
def normed_after(features, scales):
    middle = normed(features + 2 * features, scales[0], 0.0)
    return normed(middle + 3 * middle, scales[1], 0.0), ["new", "old"], "weights"


@misconception("through", "The memory that comes out is the one that went in.")
def memory_before(features, scales):
    return passed(features, scales, RIGHT, memory="old")


def told(*facts):
    names = ("the same when it is used", "others in training")
    more = ("what was told is dropped", "the stream is never dropped")
    return dict(zip((*names, *more), facts, strict=True))


@misconception("dropped", "Nothing is ever dropped; both parts have a dropout.")
def never_dropped():
    return told(True, False, False, True)


@misconception("dropped", "Features are dropped when the network is used: hand on `training`.")
def always_dropped():
    return told(False, True, True, True)


@misconception("dropped", "What the attention tells is not dropped in training.")
def told_kept():
    return told(True, True, False, True)


@misconception(
    "dropped",
    "The stream itself is dropped. Only what is *added* may be: a hole in the stream is never "
    "filled again.",
)
def stream_dropped():
    return told(True, True, True, False)


@check(
    "Both parts read normalised features, and add to the stream",
    points=3,
    hints=(
        "What happens to the features themselves on their way through the drawing?",
        "Twice something is added to them: `features = features + ...`. Each part reads "
        "`self.norm_...(features)`.",
        "`told, memory, weights = self.attention(self.norm_attention(features), seen, memory)`, "
        "then add; `self.narrow(self.widen(self.norm_network(features)))`, then add.",
    ),
)
def adds(student):
    features, scales = some_features()[0], np.array([[1, 2, 3, 4], [2, 1, 0.5, 3]], "float32")
    found, _, _ = student.through(features, scales)
    expected = stages(features, scales, RIGHT)
    said = "an attention that doubles what it reads, then a network that triples it"
    assert_close(found, expected, said, atol=1e-2, rtol=1e-3)


@check(
    "It hands on the memory and the weights",
    points=1,
    after="adds",
    hints=(
        "What does the attention return besides what was told?",
        "The keys and values for later places, and the weights: both are returned.",
        "`return features, memory, weights`, with the memory that the attention returned.",
    ),
)
def hands_on(student):
    features, scales = some_features()[0], np.ones((2, 4), "float32")
    _, memory, weights = student.through(features, scales)
    assert memory == ["new", "old"], "the memory is not the one that the attention returned"
    assert weights == "weights", "the third thing should be the attention's weights"


@check(
    "Only what is added is dropped, and only in training",
    points=1,
    after="adds",
    hints=(
        "Through which layers does what was told go before it is added?",
        "Through a dropout, which is told whether this is training; the stream does not.",
        "`features + self.dropouts[0](told, training=training)`, and the same with the second.",
    ),
)
def drops(student):
    for what, right in student.dropped().items():
        assert right is True, f"this should be so, and is not: {what}"


# %% [markdown]
# ## With and without
#
# Twelve blocks of your making, narrow ones, learn the lesson's text for a few hundred steps. Then
# the same without the stream (each part replaces the features), without norms, and with norms
# *after* each sum, as in 2017. **Predict:** which of the four learn, and which does not even begin?
#
# The ruler is the **gradient**: how large is it in each block, in the very first step?

# %%
from coursekit.prepare import prepare
from coursekit_transformer import TransformerLesson
from coursekit_transformer.build import build_model
from coursekit_transformer.practice.compare import curves, learn, lines
from coursekit_transformer.train import character_loss


class WithoutStream(Block):
    """Each part replaces the features."""

    def call(self, features, seen, memory=None, training=False):
        normal = self.norm_attention(features)
        told, memory, weights = self.attention(normal, seen, memory)
        return self.narrow(self.widen(self.norm_network(told))), memory, weights


class WithoutNorm(Block):
    """Nothing is normalised."""

    def call(self, features, seen, memory=None, training=False):
        told, memory, weights = self.attention(features, seen, memory)
        middle = features + told
        return middle + self.narrow(self.widen(middle)), memory, weights


class NormAfter(Block):
    """The sum is normalised, as in the transformer of 2017."""

    def call(self, features, seen, memory=None, training=False):
        told, memory, weights = self.attention(features, seen, memory)
        features = self.norm_attention(features + told)
        thought = self.narrow(self.widen(features))
        return self.norm_network(features + thought), memory, weights


def gradient_by_block(model, batch) -> list[float]:
    """Return the size of the gradient in each block's first matrix."""
    inputs, targets = batch
    with tf.GradientTape() as tape:
        loss = tf.reduce_mean(character_loss(model(inputs)[0], targets))
    matrices = [block.attention.project.kernel for block in model.blocks]
    return [float(tf.norm(gradient)) for gradient in tape.gradient(loss, matrices)]


# %% tags=["train"]
STEPS = 300
LAYERS = 12
settings, data = prepare(
    TransformerLesson(), epochs=1, units=32, layers=LAYERS, heads=2, length=32, learning_rate=8e-3
)
batches = data.train.batches(0).take(STEPS)
losses, gradients = {}, {}
variants = {
    "yours": Block,
    "without the stream": WithoutStream,
    "without norms": WithoutNorm,
    "norms after the sums": NormAfter,
}
for name, kind in variants.items():
    model = build_model(data, settings, block=kind)
    gradients[name] = gradient_by_block(model, next(iter(batches)))
    losses[name] = learn(model, batches)
    print(f"{name:21} loss {losses[name][-30:].mean():.2f}", end="   ")
    first, last = gradients[name][0], gradients[name][-1]
    print(f"first gradient: block 1 {first:.0e}, block {LAYERS} {last:.0e}")
show(
    curves(f"{LAYERS} blocks", losses),
    alt="Four curves of the loss; the one without the stream stays flat at the top.",
)

# %% tags=["train"]
figure = lines(
    "The first gradient, block by block",
    range(1, LAYERS + 1),
    gradients,
    ("block", "size of the gradient"),
)
figure.axes[0].set_yscale("log")
show(figure, alt="The gradient in each block on a logarithmic axis, a line for each network.")

# %% [markdown]
# Without the stream the gradient must pass through every block, and each makes it smaller; in the
# first block hardly anything arrives. With the stream there is a straight way back: the gradient of
# a sum goes to both of its parts whole. The norms keep what is read at one size while the stream
# grows. What they are worth shows most at a high learning rate, and in deeper networks than this.
#
# **Next:** `coursekit check transformer/residual`, then `coursekit next`.
