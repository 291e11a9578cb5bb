# %% [markdown]
# # Attention that looks at words, never at padding
#
# **Goal.** Write the layer that decides which source words matter for the next target word.
#
# **Time.** 30 minutes
#
# **Before.** the worked lesson `nmt`; what softmax does
#
# **Kind.** predict, complete, measure
#
# A translator that squeezes a whole sentence into one vector forgets its beginning. [Bahdanau, Cho
# and Bengio (2014)](https://arxiv.org/abs/1409.0473) let it look back instead. Before each word
# that it writes, the decoder compares a *query* $q$ (its state) with a *key* $k_s$ for every source
# word, and scores the match:
#
# $$e_s = v^\top \tanh(W q + k_s), \qquad
# \alpha = \operatorname{softmax}(e), \qquad
# c = \sum_s \alpha_s h_s .$$
#
# The weights $\alpha$ are positive and sum to one; the context $c$ is the weighted mean of the
# annotations $h_s$.
#
# The sentences of a batch differ in length, so the shorter ones are filled up with padding. The
# formula above treats padding like any other word. Your layer must not. That is what makes this
# exercise hard.

# %%
from typing import Any

import keras
import numpy as np
import tensorflow as tf
from matplotlib.colors import PowerNorm
from matplotlib.figure import Figure

from coursekit import LocalDataset
from coursekit_nmt import NmtLesson, NmtSettings
from coursekit_nmt.build import build_translator
from coursekit_nmt.data import PAD
from coursekit_nmt.train import train_step

# %% [markdown]
# ## Predict first
#
# A sentence of two words is in a batch with longer ones, so two places of padding follow it. The
# network is untrained, and all scores happen to be equal: $e = (0, 0, 0, 0)$. The mask is
# `(True, True, False, False)`. What weight should the *first word* get?

# %%
first_weight = 0.5  # exercise

# %% [markdown] tags=["why"]
# Padding gets no weight, so softmax is taken over the two words alone. Their scores are equal, so
# each gets a half. With the padding included it would be a quarter, and the more padding a batch
# happens to have, the less of the sentence the decoder would see.

# %%
from coursekit.practice import assert_close, check, misconception, probe


@misconception("first_weight", "You took softmax over all four places, so padding counts as words.")
def counts_padding():
    return 0.25


@misconception("first_weight", "A single word would get 1. Here two words share it.")
def all_for_one():
    return 1.0


@check(
    "You know what the mask is for",
    points=1,
    hints=(
        "How many places may get any attention?",
        "Leave padding out of the sum in the denominator of softmax.",
        "exp(0) is 1 for each of the two words. Divide 1 by the sum over these two.",
    ),
)
def prediction(student):
    weight = student["first_weight"]
    assert abs(weight - 0.5) < 0.01, (
        "the weights of the two words sum to one, and padding gets none"
    )


# %% [markdown]
# ## Write it
#
# The constructor is given: three dense layers without bias. `keys` is given too. It projects the
# annotations, which does not depend on the query, so it is computed only once for each sentence.
# Fill in `call`. The docstring says which shapes come in and which go out. Three to six lines are
# enough. The worked lesson shows this layer, so close it now and write your own from the formula.
#
# Think about this while you write: what happens to a row that consists of padding alone? The lesson
# completes its last batch with such rows. Nobody reads their context, but it must not be NaN.

# %%
from coursekit.prepare import show
from coursekit_nmt.practice import figures

show(
    figures.additive(places=4, units=192),
    alt="The query and the annotations are each multiplied by a matrix and added; tanh, a product "
    "with v and a softmax yield one weight for each place. The annotations, weighted, add up to "
    "the context.",
)

# %%
from coursekit_nmt.model import BahdanauAttention  # exercise: call

# %% [markdown] tags=["why"]
# The query gets an axis for the source places, so that it is added to every key. The scores of
# padding are lowered *before* softmax, so that the weights of the words sum to one. Setting weights
# to zero afterwards would leave less than one for the sentence. The lowest float is used instead of
# minus infinity, because a row of padding alone would otherwise compute infinity minus infinity,
# and one NaN spreads to every weight of the network. The context is the mean of the *values*; the
# keys are only for comparison.

# %% [markdown]
# Try it on two sentences of three places; the second has one place of padding.

# %%
some_values = tf.reshape(tf.range(12.0), (2, 3, 2))
some_mask = tf.constant([[True, True, True], [True, True, False]])
layer = BahdanauAttention(4)
some_context, some_weights = layer(tf.ones((2, 5)), layer.keys(some_values), some_values, some_mask)
print("context", some_context.shape, "weights", some_weights.shape)
print(some_weights.numpy().round(2))

# %%
import numpy as np


def example(padded=True, batch=2, places=4):
    """Return query, keys, values, mask of some sentences, and the weights of the layer."""
    draw = np.random.default_rng(5)
    sizes = ((batch, 3), (batch, places, 4), (batch, places, 4))
    query, keys, values = (draw.normal(size=size).astype("float32") for size in sizes)
    projection, score = (2 * draw.normal(size=size).astype("float32") for size in ((3, 4), (4, 1)))
    mask = np.ones((batch, places), bool)
    if padded:
        mask[1, 2:] = False
    return query, keys, values, mask, projection, score


def softmax(scores, axis=-1):
    powers = np.exp(scores - scores.max(axis, keepdims=True))
    return powers / powers.sum(axis, keepdims=True)


def scores_of(query, keys, projection, score):
    return (np.tanh((query @ projection)[:, None] + keys) @ score)[:, :, 0]


def masked(scores, mask):
    powers = np.where(mask, np.exp(scores - scores.max(-1, keepdims=True)), 0)
    return powers / np.maximum(powers.sum(-1, keepdims=True), 1e-30)


def mean_of(weights, values):
    return np.einsum("bs,bsu->bu", weights, values), weights


def slope_of(query, keys, values, mask, *layer):
    """Return how much the sum of the contexts grows with each number of the query."""
    found = np.zeros(query.shape)
    for place in np.ndindex(query.shape):
        step = np.zeros(query.shape)
        step[place] = 1e-4
        sums = [
            mean_of(masked(scores_of(moved, keys, *layer), mask), values)[0].sum()
            for moved in (query + step, query - step)
        ]
        found[place] = (sums[0] - sums[1]) / 2e-4
    return found


@probe
def attend(query, keys, values, mask, projection, score):
    made = BahdanauAttention(keys.shape[-1])
    for dense, weights in ((made.query_projection, projection), (made.score, score)):
        dense.build((None, len(weights)))
        dense.set_weights([weights])
    context, weights = made(*map(tf.constant, (query, keys, values, mask)))
    return context, weights


@probe
def attend_compiles(query, keys, values, mask):
    from coursekit.practice import compiles

    made = BahdanauAttention(keys.shape[-1])
    made(*map(tf.constant, (query, keys, values, mask)))
    return compiles(made, *map(tf.constant, (query, keys, values, mask)))


@probe
def slope(query, keys, values, mask, projection, score):
    """Return the gradient of the contexts with respect to the query."""
    made = BahdanauAttention(keys.shape[-1])
    for dense, weights in ((made.query_projection, projection), (made.score, score)):
        dense.build((None, len(weights)))
        dense.set_weights([weights])
    query, *others = map(tf.constant, (query, keys, values, mask))
    with tf.GradientTape() as tape:
        tape.watch(query)
        context, _ = made(query, *others)
    return tape.gradient(context, query)


@misconception("attend", "You swapped the two results. The context comes first, then the weights.")
def swapped(query, keys, values, mask, projection, score):
    return mean_of(masked(scores_of(query, keys, projection, score), mask), values)[::-1]


@misconception(
    "attend",
    "The tanh is missing. Without it the query adds the same number to every score, which softmax "
    "cancels. The attention no longer depends on what the decoder is looking for.",
)
def no_tanh(query, keys, values, mask, projection, score):
    scores = (((query @ projection)[:, None] + keys) @ score)[:, :, 0]
    return mean_of(masked(scores, mask), values)


@misconception(
    "attend",
    "Softmax runs over the sentences of the batch instead of the words of a sentence. The scores "
    "are (batch, source), and axis 0 is the batch.",
)
def over_the_batch(query, keys, values, mask, projection, score):
    scores = np.where(mask, scores_of(query, keys, projection, score), -1e30)
    return mean_of(np.where(mask, softmax(scores, 0), 0), values)


@misconception(
    "attend",
    "You summed the units without weighting them. `score` is the v of the formula: use it.",
)
def no_score(query, keys, values, mask, projection, score):
    scores = scores_of(query, keys, projection, np.ones_like(score))
    return mean_of(masked(scores, mask), values)


@misconception(
    "attend",
    "The query is missing from the score, so every step would look at the same words.",
)
def no_query(query, keys, values, mask, projection, score):
    return mean_of(masked(scores_of(0 * query, keys, projection, score), mask), values)


@misconception(
    "attend",
    "You did not use the mask. Padding gets attention like a word, and the more padding a batch "
    "has, the less attention is left for the sentence.",
)
def no_mask(query, keys, values, mask, projection, score):
    return mean_of(softmax(scores_of(query, keys, projection, score)), values)


@misconception(
    "attend",
    "You multiplied the scores by the mask. A score of 0 is not *no attention*: exp(0) is 1. "
    "Padding may even beat a word whose score is negative.",
)
def score_times_mask(query, keys, values, mask, projection, score):
    return mean_of(softmax(scores_of(query, keys, projection, score) * mask), values)


@misconception(
    "attend",
    "You set the weights on padding to zero only after softmax, which had already given padding a "
    "share. The remaining weights sum to less than one.",
)
def mask_after_softmax(query, keys, values, mask, projection, score):
    return mean_of(softmax(scores_of(query, keys, projection, score)) * mask, values)


@misconception(
    "attend",
    "The mask is inverted: True marks the words, but you hid those.",
)
def inverted_mask(query, keys, values, mask, projection, score):
    scores = scores_of(query, keys, projection, score)
    return mean_of(softmax(np.where(mask, -1e30, scores)), values)


@misconception(
    "attend",
    "You made the context from the keys. The query is compared with the keys, but the context is "
    "the weighted mean of the values.",
)
def context_of_keys(query, keys, values, mask, projection, score):
    weights = masked(scores_of(query, keys, projection, score), mask)
    return mean_of(weights, keys)[0], weights


@misconception(
    "attend",
    "The context is the plain mean of the values. You computed the weights and did not use them.",
)
def plain_mean(query, keys, values, mask, projection, score):
    return values.mean(1), masked(scores_of(query, keys, projection, score), mask)


@misconception(
    "attend",
    "You divided the context by the number of places. The weights sum to one, so the weighted sum "
    "already is the mean.",
)
def divided_again(query, keys, values, mask, projection, score):
    weights = masked(scores_of(query, keys, projection, score), mask)
    return mean_of(weights, values)[0] / values.shape[1], weights


@misconception(
    "attend",
    "A row of padding alone became NaN. With scores of minus infinity, or a mask multiplied with "
    "the exponentials, its weights are 0 / 0. One such row makes every parameter of the network "
    "NaN. The lowest finite number hides padding just as well.",
)
def minus_infinity(query, keys, values, mask, projection, score):
    weights = masked(scores_of(query, keys, projection, score), mask)
    weights[~mask.any(1)] = np.nan
    return mean_of(weights, values)


@misconception(
    "attend_compiles",
    "The results are numpy arrays. No gradient flows through them, so nothing can be learned, and "
    "the layer cannot be compiled.",
)
def in_numpy(query, keys, values, mask):
    return "no: a result is no tensor"


@check(
    "One context and one weight for each place",
    points=1,
    hints=(
        "Which of the two results has one number for each source word?",
        "The context has the size of a value; the weights have the shape of the mask.",
        "`[:, tf.newaxis, :]` lets the query be added to all keys. `score` leaves a last axis of "
        "size one; `[:, :, 0]` drops it. Return `context, weights`.",
    ),
)
def shapes(student):
    query, keys, values, mask, *layer = example(padded=False)
    values = np.concatenate([values, values], -1)
    context, weights = student.attend(query, keys, values, mask, *layer)
    assert np.shape(weights) == (2, 4), f"the weights have shape {np.shape(weights)}, not (2, 4)"
    assert np.shape(context) == (2, 8), f"the context has shape {np.shape(context)}, not (2, 8)"
    # Four copies of one word: all get the same attention, and the context is its value.
    keys, values = (np.repeat(part[:, :1], 4, axis=1) for part in (keys, values))
    context, weights = student.attend(query, keys, values, mask, *layer)
    assert_close(weights, np.full((2, 4), 0.25), "the weights of four copies of one word")
    said = "the context of four copies of one word, which is its value"
    assert_close(context, values[:, 0], said, atol=1e-5)


@check(
    "The weights follow the scores",
    points=3,
    after="shapes",
    hints=(
        "What is compared with what, and along which axis do the weights sum to one?",
        "Project the query, add an axis for the places, add the keys, take tanh, then `score`.",
        "`[:, tf.newaxis, :]` turns (batch, units) into (batch, 1, units), which can be added to "
        "the keys. Softmax runs over the last axis of (batch, source).",
    ),
)
def scores(student):
    query, keys, values, mask, *layer = example()
    for some in (mask, mask & [[False], [True]]):  # tell apart what is the same without padding
        student.attend(query, keys, values, some, *layer)
    query, keys, values, mask, *layer = example(padded=False)
    _, weights = student.attend(query, keys, values, mask, *layer)
    expected = softmax(scores_of(query, keys, *layer))
    assert_close(weights, expected, "the weights of a sentence without padding", atol=1e-4)
    query, keys, values, mask, *layer = example(padded=False, batch=3, places=5)
    _, weights = student.attend(query, keys, values, mask, *layer)
    expected = softmax(scores_of(query, keys, *layer))
    assert_close(weights, expected, "the weights of three sentences of five words", atol=1e-4)
    compiled = student.attend_compiles(query, keys, values, mask)
    said = "`tf.function` compiles the layer for the lesson, so use only tensor operations"
    assert compiled == "yes", f"{said}: {compiled}"


@check(
    "Padding gets no attention, the words get all of it",
    points=2,
    after="scores",
    hints=(
        "Which score does softmax turn into (almost) nothing?",
        "Change the scores on padding before softmax, not the weights after it.",
        "`tf.where(mask, ..., ...)` chooses at each place between the score and the lowest float, "
        "`scores.dtype.min`.",
    ),
)
def padding(student):
    query, keys, values, mask, *layer = example()
    _, weights = student.attend(query, keys, values, mask, *layer)
    assert weights[1, 2:].max() == 0, f"padding got {weights[1, 2:].max():.2f} of the attention"
    assert_close(weights.sum(1), np.ones(2), "each row sums to one", atol=1e-5)


@check(
    "The context is the mean of the values under the weights",
    points=2,
    after="scores",
    hints=(
        "What is the context a mean of, and which number says how much each one counts?",
        "Multiply each value by its weight and sum over the places.",
        '`tf.einsum` with "bs,bsu->bu" sums over s. Or give the weights a last axis and '
        "use `tf.reduce_sum(..., axis=1)`.",
    ),
)
def context(student):
    query, keys, values, mask, *layer = example(padded=False)
    found, weights = student.attend(query, keys, values, mask, *layer)
    assert_close(weights.sum(1), np.ones(2), "the weights of a sentence sum to one", atol=1e-5)
    expected = np.einsum("bs,bsu->bu", weights, values)
    assert_close(found, expected, "the context, given your own weights", atol=1e-4)


@check(
    "A row of padding alone does not become NaN",
    points=1,
    after="scores",
    hints=(
        "What does softmax return if all scores are minus infinity?",
        "Hide padding with a number that is very low and still finite.",
        "`scores.dtype.min` is the lowest float there is.",
    ),
)
def empty_row(student):
    query, keys, values, mask, *layer = example()
    mask[0] = False
    found, weights = student.attend(query, keys, values, mask, *layer)
    assert np.isfinite(found).all(), "a row of padding alone made the context NaN"
    assert np.isfinite(weights).all(), "a row of padding alone made the weights NaN"
    slope = student.slope(query, keys, values, mask, *layer)
    assert slope is not None, "no gradient reaches the query: use only TensorFlow operations"
    assert np.isfinite(slope).all(), "a row of padding alone makes the gradient NaN"
    right = slope_of(query, keys, values, mask, *layer)
    said = "the gradient of the contexts, which a row of padding alone must not change"
    assert_close(slope, right, said, atol=1e-3)


# %% [markdown]
# ## What the mask is worth
#
# Now your layer is used in the lesson's real translator, and next to it a layer that ignores the
# mask. Both translators learn the phrasebook, from the same initial parameters and for the same
# number of steps. Then each reads the same sentences twice: as they are, and with 40 more places of
# padding at the end. Padding says nothing, so nothing should change.


# %%
class Maskless(BahdanauAttention):
    """The same layer, but its mask says that every place is a word."""

    def call(
        self, query: tf.Tensor, keys: tf.Tensor, values: tf.Tensor, mask: tf.Tensor
    ) -> tuple[tf.Tensor, tf.Tensor]:
        """Attend to all places."""
        return super().call(query, keys, values, tf.ones_like(mask))


settings = NmtSettings(
    epochs=1,
    batch_size=64,
    jit=False,
    units=48,
    encoder_units=32,
    embedding=32,
    source_words=1_000,
    target_words=1_000,
    lengths=(14,),
    samples=0,
    learning_rate=8e-3,
)


def learn(attention: type[keras.layers.Layer], data: Any, steps: int) -> Any:
    """Train a translator with this attention."""
    model = build_translator(data, settings, attention=attention)
    step = tf.function(lambda source, target: train_step(model, (source, target)))
    for source, target in data.train.batches(0).take(steps):
        step(source, target)
    return model


# %% [markdown]
# `reading` measures the loss and the attention on padding; `heat_map` draws the attention.


# %%
def reading(model: Any, source: tf.Tensor, target: tf.Tensor) -> tuple[float, float]:
    """Return the loss per word, and the share of the attention that falls on padding."""
    read, write = target[:, :-1], target[:, 1:]
    logits, weights = model((source, read))
    real = tf.cast(write != PAD, tf.float32)
    each = tf.nn.sparse_softmax_cross_entropy_with_logits(write, logits)
    wasted = tf.reduce_sum(tf.where((source != PAD)[:, tf.newaxis], 0.0, weights), axis=-1)
    mean = [float(tf.reduce_sum(part * real) / tf.reduce_sum(real)) for part in (each, wasted)]
    return mean[0], mean[1]


def heat_map(axes: Any, title: str, model: Any, data: Any, source: Any, target: Any) -> None:
    """Draw where a translator looks while it reads the first of the sentences, padding too."""
    _, weights = model((source, target[:, :-1]))
    words = [data.source_vocabulary.words[place] for place in source[0]]
    rows = [data.target_vocabulary.words[place] for place in target[0, 1:] if place != PAD]
    norm = PowerNorm(0.4, 0, 0.6)  # brightens small weights
    looked = weights[0, : len(rows)].numpy()
    image = axes.imshow(looked, norm=norm, aspect="auto")
    axes.figure.colorbar(image, ax=axes, label="attention weight")
    axes.plot(looked.argmax(axis=1), range(len(rows)), "r.")  # the peak of each row
    axes.set_title(title)
    axes.set_xticks(range(len(words)), [w.replace("<pad>", "·") for w in words], rotation=90)
    axes.set_yticks(range(len(rows)), rows)


# %% tags=["train"]
STEPS = 100
pairs = NmtLesson().data(LocalDataset("phrasebook"), settings)
source, target = next(iter(pairs.train.batches(1)))
longer = tf.pad(source, [[0, 0], [0, 40]])
figure = Figure(figsize=(8, 6.4), layout="constrained")
panels = figure.subplots(2, 1)
print("                 as they are          with 40 more places of padding")
for panel, (name, attention) in zip(
    panels, (("with the mask", BahdanauAttention), ("without", Maskless)), strict=True
):
    for steps in (0, STEPS):
        translator = learn(attention, pairs, steps)
        (loss, wasted), (loss_longer, wasted_longer) = (
            reading(translator, part, target) for part in (source, longer)
        )
        print(
            f"{name:14}{steps:4} steps: loss {loss:.3f}, {wasted:4.0%} on padding"
            f"   loss {loss_longer:.3f}, {wasted_longer:4.0%} on padding"
        )
    heat_map(panel, name, translator, pairs, longer[:, :34], target)
show(
    figure,
    alt="Two tables of attention, rows of written words and columns of source words and padding. "
    f"Above, with the mask, the padding is dark; below, without it, {wasted_longer:.0%} of the "
    "attention lies on padding as a faint light. A red dot marks the peak of each row.",
)

# %% [markdown]
# In the picture each row is a word that was written and each column a place of the source; · is
# padding, and a red dot marks the peak of each row. Only half of the 40 places are drawn, and small
# weights are brightened.
#
# <details><summary>What we saw</summary>
#
# (In one run of 100 steps with one seed; yours will differ.) With the mask, padding changes
# nothing, neither before nor after training. Without it, an untrained network spends half of its
# attention on padding. Training teaches it to look away, but only from as much padding as it meets
# in training. With 40 more places, a third of the attention is lost again, although the loss hardly
# shows it. In the lower table, faint light falls where there is no word.
#
# So a layer that ignores its mask can easily go unnoticed: there is no warning, and the loss falls
# all the same.
#
# </details>
#
# **Next:** `coursekit check nmt/attention`, then exercise 3, *What the decoder is missing*
# (`coursekit next`).
