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
# A translator that squeezes a whole sentence into one vector forgets its beginning. Bahdanau,
# Cho and Bengio (2014) let it look back instead. Before each word it writes, the decoder holds
# a *query* $q$ (its state) against a *key* $k_s$ for every source word and scores the match:
#
# $$e_s = v^\top \tanh(W q + k_s), \qquad
# \alpha = \operatorname{softmax}(e), \qquad
# c = \sum_s \alpha_s h_s .$$
#
# The weights $\alpha$ are positive and sum to one; the context $c$ is the mean of the
# annotations $h_s$ under these weights.
#
# Sentences of a batch differ in length, so the shorter ones are filled up with padding. To the
# formula above, padding is a word like any other. It is not to you: that is the whole difficulty
# of this exercise.

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
# A sentence of two words stands in a batch with longer ones, so two places of padding follow it.
# The network is untrained and all scores happen to be equal, $e = (0, 0, 0, 0)$. The mask is
# `(True, True, False, False)`. What weight should the *first word* get?

# %%
first_weight = 0.5  # exercise

# %%
from coursekit.practice import assert_close, check, misconception, probe


@misconception("first_weight", "A quarter counts padding as words: softmax over all four places.")
def counts_padding():
    return 0.25


@misconception("first_weight", "One is what a single word would get; here two words share.")
def all_for_one():
    return 1.0


@check(
    "You know what the mask is for",
    points=1,
    hints=(
        "How many places may be looked at at all?",
        "Take the places of padding out of the sum below the fraction bar of softmax.",
        "exp(0) is 1 for each of the two words: divide 1 by the sum over the words alone.",
    ),
)
def prediction(student):
    weight = student["first_weight"]
    assert abs(weight - 0.5) < 0.01, "the weights of the two words sum to one, padding gets none"


# %% [markdown]
# ## Write it
#
# The constructor is given: three dense layers without bias. `keys` is given too: the projection of
# the annotations does not depend on the query, so a sentence needs it once. Fill in `call`. The
# docstring says which shapes come in and which go out; three to six lines are enough.
#
# Something to think about while you write: what happens to a row that consists of padding alone?
# The lesson fills its last batch up with such rows. Nobody reads their context, but it must not be
# NaN.

# %%
from coursekit.prepare import show
from coursekit_nmt.practice import figures

show(
    figures.additive(places=4, units=192),
    alt="The query and the annotations are each multiplied by a matrix and added; tanh, a product "
    "with v and a softmax make one weight for each place.",
)

# %%
from coursekit_nmt.model import BahdanauAttention  # exercise: call

# %% [markdown]
# A tiny run: two sentences of three places, the second with one place of padding.

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


@misconception("attend", "The two results are swapped: the context comes first, then the weights.")
def swapped(query, keys, values, mask, projection, score):
    return mean_of(masked(scores_of(query, keys, projection, score), mask), values)[::-1]


@misconception(
    "attend",
    "The tanh is missing. Without it the query adds the same number to every score, softmax "
    "cancels it, and the attention no longer depends on what the decoder is looking for.",
)
def no_tanh(query, keys, values, mask, projection, score):
    scores = (((query @ projection)[:, None] + keys) @ score)[:, :, 0]
    return mean_of(masked(scores, mask), values)


@misconception(
    "attend",
    "Softmax runs over the sentences of the batch instead of the words of a sentence: in Keras the "
    "scores are (batch, source), and axis 0 is the batch.",
)
def over_the_batch(query, keys, values, mask, projection, score):
    scores = np.where(mask, scores_of(query, keys, projection, score), -1e30)
    return mean_of(np.where(mask, softmax(scores, 0), 0), values)


@misconception(
    "attend",
    "The units are summed as they are: `score`, the v of the formula, weighs them first.",
)
def no_score(query, keys, values, mask, projection, score):
    scores = scores_of(query, keys, projection, np.ones_like(score))
    return mean_of(masked(scores, mask), values)


@misconception(
    "attend",
    "The query is left out of the score: every step of the decoder would look at the same words.",
)
def no_query(query, keys, values, mask, projection, score):
    return mean_of(masked(scores_of(0 * query, keys, projection, score), mask), values)


@misconception(
    "attend",
    "The mask is not used, as in the notebooks of 2018: padding is looked at like a word, and "
    "the more of it a batch has, the less attention is left for the sentence.",
)
def no_mask(query, keys, values, mask, projection, score):
    return mean_of(softmax(scores_of(query, keys, projection, score)), values)


@misconception(
    "attend",
    "The scores are multiplied by the mask. A score of 0 is not *no attention*: exp(0) is 1, and "
    "a padded place may even beat a word whose score is negative.",
)
def score_times_mask(query, keys, values, mask, projection, score):
    return mean_of(softmax(scores_of(query, keys, projection, score) * mask), values)


@misconception(
    "attend",
    "The weights are set to zero on padding only after softmax, which has given part of the "
    "whole to padding: what is left sums to less than one.",
)
def mask_after_softmax(query, keys, values, mask, projection, score):
    return mean_of(softmax(scores_of(query, keys, projection, score)) * mask, values)


@misconception(
    "attend",
    "The mask is the wrong way round: True marks the words, and these were hidden.",
)
def inverted_mask(query, keys, values, mask, projection, score):
    scores = scores_of(query, keys, projection, score)
    return mean_of(softmax(np.where(mask, -1e30, scores)), values)


@misconception(
    "attend",
    "The context is made of the keys. They are only what the query is compared with; what is "
    "looked at are the values.",
)
def context_of_keys(query, keys, values, mask, projection, score):
    weights = masked(scores_of(query, keys, projection, score), mask)
    return mean_of(weights, keys)[0], weights


@misconception(
    "attend",
    "The context is the plain mean of the values: the weights were computed and then not used.",
)
def plain_mean(query, keys, values, mask, projection, score):
    return values.mean(1), masked(scores_of(query, keys, projection, score), mask)


@misconception(
    "attend",
    "The context is divided by the number of places. The weights sum to one: the sum is the mean.",
)
def divided_again(query, keys, values, mask, projection, score):
    weights = masked(scores_of(query, keys, projection, score), mask)
    return mean_of(weights, values)[0] / values.shape[1], weights


@misconception(
    "attend",
    "A row of padding alone has nothing to share: after minus infinity, or a mask that multiplies "
    "the powers, its weights are 0 / 0, and one such row makes every weight of the network NaN. "
    "The lowest finite number hides padding as well.",
)
def minus_infinity(query, keys, values, mask, projection, score):
    weights = masked(scores_of(query, keys, projection, score), mask)
    weights[~mask.any(1)] = np.nan
    return mean_of(weights, values)


@misconception(
    "attend_compiles",
    "The results are arrays of numpy: no gradient goes through them, so nothing can be learnt, and "
    "a layer in numpy cannot be compiled.",
)
def in_numpy(query, keys, values, mask):
    return "no: a result is no tensor"


@check(
    "One context and one weight for each place",
    points=1,
    hints=(
        "Which of the two results has one number for each source word?",
        "The context has the size of a value; the weights have the shape of the mask.",
        "`[:, tf.newaxis, :]` lets the query meet all keys; `score` leaves a last axis of one, "
        "dropped by `[:, :, 0]`; return `context, weights`.",
    ),
)
def shapes(student):
    query, keys, values, mask, *layer = example(padded=False)
    values = np.concatenate([values, values], -1)
    context, weights = student.attend(query, keys, values, mask, *layer)
    assert np.shape(weights) == (2, 4), f"the weights have shape {np.shape(weights)}, not (2, 4)"
    assert np.shape(context) == (2, 8), f"the context has shape {np.shape(context)}, not (2, 8)"
    # Four times the same word: all four get the same attention, and the context is its value.
    keys, values = (np.repeat(part[:, :1], 4, axis=1) for part in (keys, values))
    context, weights = student.attend(query, keys, values, mask, *layer)
    assert_close(weights, np.full((2, 4), 0.25), "the weights of four times the same word")
    said = "the context of four times the same word: its value"
    assert_close(context, values[:, 0], said, atol=1e-5)


@check(
    "The weights follow the scores",
    points=3,
    after="shapes",
    hints=(
        "Whose match is scored, and along which axis do the weights sum to one?",
        "Project the query, give it an axis for the places, add the keys, take tanh, then `score`.",
        "`[:, tf.newaxis, :]` turns (batch, units) into (batch, 1, units), which adds to the keys; "
        "softmax takes the last axis of (batch, source).",
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
    said = "`tf.function` compiles the layer for the lesson; stay with tensors, so that it can"
    assert compiled == "yes", f"{said}: {compiled}"


@check(
    "Padding gets no attention, the words all of it",
    points=2,
    after="scores",
    hints=(
        "What must a score be, so that softmax makes (almost) nothing of it?",
        "Change the scores of padding before softmax, not the weights after it.",
        "`tf.where(mask, ..., ...)` chooses place by place between a score and the lowest float, "
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
        "Of what is the context a mean, and which number says how much each counts?",
        "Multiply each value by its weight and sum over the places.",
        '`tf.einsum` with "bs,bsu->bu" sums over s; or give the weights a last axis and '
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
    "A row of padding alone stays a number",
    points=1,
    after="scores",
    hints=(
        "What is softmax of scores that are all minus infinity?",
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
    assert slope is not None, "no gradient comes back to the query: stay within TensorFlow"
    assert np.isfinite(slope).all(), "a row of padding alone makes the gradient NaN"
    right = slope_of(query, keys, values, mask, *layer)
    said = "the gradient of the contexts, which a row of padding alone does not change"
    assert_close(slope, right, said, atol=1e-3)


# %% [markdown]
# ## What the mask is worth
#
# Your layer now takes its place in the real translator of the lesson, and beside it one that
# forgets the mask. Both learn the phrasebook from the same first weights for the same number of
# steps. Then each reads the same sentences twice: as they are, and with 40 more places of padding
# behind them. Nothing was added to the sentences, so nothing should change.


# %%
class Maskless(BahdanauAttention):
    """The same layer, told that everything is a word."""

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


def reading(model: Any, source: tf.Tensor, target: tf.Tensor) -> tuple[float, float]:
    """Return the loss per word, and the share of the attention that falls on padding."""
    read, write = target[:, :-1], target[:, 1:]
    logits, weights = model((source, read))
    real = tf.cast(write != PAD, tf.float32)
    each = tf.nn.sparse_softmax_cross_entropy_with_logits(write, logits)
    lost = tf.reduce_sum(tf.where((source != PAD)[:, tf.newaxis], 0.0, weights), axis=-1)
    mean = [float(tf.reduce_sum(part * real) / tf.reduce_sum(real)) for part in (each, lost)]
    return mean[0], mean[1]


def heat_map(axes: Any, title: str, model: Any, data: Any, source: Any, target: Any) -> None:
    """Draw where a translator looks while it reads the first of the sentences, padding too."""
    _, weights = model((source, target[:, :-1]))
    words = [data.source_vocabulary.words[place] for place in source[0]]
    rows = [data.target_vocabulary.words[place] for place in target[0, 1:] if place != PAD]
    norm = PowerNorm(0.4, 0, 0.6)  # a little light is seen, too
    axes.imshow(weights[0, : len(rows)], norm=norm, aspect="auto")
    axes.set_title(title)
    axes.set_xticks(range(len(words)), [w.replace("<pad>", "·") for w in words], rotation=90)
    axes.set_yticks(range(len(rows)), rows)


# %% tags=["train"]
STEPS = 100
pairs = NmtLesson().data(LocalDataset("phrasebook"), settings)
source, target = next(iter(pairs.train.batches(1)))
longer = tf.pad(source, [[0, 0], [0, 40]])
figure = Figure(figsize=(10, 3.4), layout="constrained")
panels = figure.subplots(1, 2)
print("                 as they are          with 40 more places of padding")
for panel, (name, attention) in zip(
    panels, (("with the mask", BahdanauAttention), ("without", Maskless)), strict=True
):
    for steps in (0, STEPS):
        translator = learn(attention, pairs, steps)
        (loss, lost), (loss_longer, lost_longer) = (
            reading(translator, part, target) for part in (source, longer)
        )
        print(
            f"{name:14}{steps:4} steps: loss {loss:.3f}, {lost:4.0%} on padding"
            f"   loss {loss_longer:.3f}, {lost_longer:4.0%} on padding"
        )
    heat_map(panel, name, translator, pairs, longer[:, :34], target)
show(
    figure,
    alt="Two tables of attention, rows of written words and columns of source words and padding: "
    "with the mask the padding is dark, without it a faint light lies on it.",
)

# %% [markdown]
# With the mask, padding changes nothing, before and after training. Without it, an untrained
# network spends half of its attention on padding. Training teaches it to look away, bit by bit and
# only from as much padding as it meets: 40 places more, and a third of the attention is lost again,
# though the loss hardly tells. In the picture, with half of the 40 places, each row is a word that
# is written, each column a place of the source, · is padding, and faint light is brightened: on the
# right, it falls where no word is. That is why a layer that loses its mask goes unnoticed: nothing
# warns, and the loss falls all the same.
#
# **Next:** `coursekit check nmt/attention`, then `coursekit next`.
