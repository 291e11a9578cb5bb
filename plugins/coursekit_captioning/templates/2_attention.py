# %% [markdown]
# # Attention over the places of a picture
#
# **Goal.** Write the layer that decides which part of the picture the next word is about.
#
# **Time.** 30 minutes
#
# **Before.** exercise 1; attention over words, from the lesson `nmt`
#
# **Kind.** predict, complete, measure
#
# In 2015 Xu and others took the attention of a translator and let it look at a picture, in [*Show,
# Attend and Tell*](https://arxiv.org/abs/1502.03044). The cells of a grid replace the words of a
# sentence. The decoder's state, together with the word that it wrote last, is the *query* $q$. Cell
# $i$ has an *annotation* $a_i$, which is also called its *value*, and a *key* $k_i = U a_i$. The
# *context* $c$ is the weighted mean of the annotations:
#
# $$e_i = v^\top \tanh(W q + k_i), \qquad
# \alpha = \operatorname{softmax}(e), \qquad
# c = \sum_i \alpha_i a_i .$$
#
# No cell is padding, so there is no mask. Something else is new: a picture has five captions, and
# all five are processed at once. So there are several queries for each picture, and each query has
# its own weights. If you wrote the attention of `nmt`, start from yours: it differs in this axis
# and in the mask. If you have just read the lesson, close it first.

# %%
from collections.abc import Sequence
from typing import Any

import keras
import numpy as np
import tensorflow as tf
from matplotlib.figure import Figure

from coursekit.prepare import prepare
from coursekit_captioning import CaptioningLesson
from coursekit_captioning.build import build_captioner
from coursekit_captioning.evaluate import is_inside
from coursekit_captioning.examples import Example
from coursekit_captioning.model import coordinates
from coursekit_captioning.overlay import draw_look, weight_bar
from coursekit_captioning.decode import Written, write_captions
from coursekit_captioning.train import train_step

# %% [markdown]
# ## Predict first
#
# A network that has learned nothing gives all 64 cells the same score, $e_i = 3$. What is the
# weight of one cell?

# %%
weight = 1 / 64  # exercise

# %% [markdown] tags=["why"]
# Softmax divides by the sum of 64 equal exponentials, so the value of the score cancels out and
# each weight is 1/64. An untrained network looks everywhere equally. A peak in the attention is
# therefore something that was learned.

# %%
from coursekit.practice import assert_close, check, misconception, probe


@misconception(
    "weight", "1 / 8 would be the weight in one row of the grid. Softmax runs over all 64 cells."
)
def of_a_row():
    return 1 / 8


@misconception(
    "weight", "A score is not a weight. Softmax turns the 64 scores into weights that sum to one."
)
def the_score():
    return 3.0


@misconception("weight", "That is the sigmoid of the score. Such weights would not sum to one.")
def a_sigmoid():
    return 1 / (1 + 2.718281828**-3)


@check(
    "You know the weights of an untrained network",
    points=1,
    hints=(
        "What do the weights of all cells sum to?",
        "Equal scores give equal weights, whatever the score.",
        "One, divided by the number of cells.",
    ),
)
def prediction(student):
    assert abs(student["weight"] - 1 / 64) < 5e-4, "64 equal weights sum to one"


# %% [markdown]
# ## Write it
#
# The constructor is given, and so is `keys`, which is computed once for each picture. Fill in
# `call`. Its docstring names the shapes. It takes about four lines. Watch the axes: to compare
# every query of a picture with every one of its cells, you need four of them.

# %%
from coursekit.prepare import show
from coursekit_captioning.practice import figures

show(
    figures.looking(cells=64, units=256),
    alt="A picture of a circle and a square. Beside it is the grid of attention weights, dark on "
    "the cells of the circle. The annotations, weighted and added up, are the context.",
)

# %%
from coursekit_captioning.model import BahdanauAttention  # exercise: call

# %% [markdown] tags=["why"]
# The query and the keys get an additional axis each, so that every query meets every cell: `(batch,
# queries, 1, units)` plus `(batch, 1, cells, units)`. Softmax runs over the last axis, the cells of
# one picture. Over any other axis, pictures or queries would compete with each other.
# `tf.matmul(weights, values)` is the weighted mean of the cells for each query. There is no mask,
# because a grid has no padding.

# %% [markdown]
# Try it on something tiny: two pictures of four cells, with three queries each. Does each row of
# weights sum to one?

# %%
layer = BahdanauAttention(4)
some_values = tf.reshape(tf.range(16.0), (2, 4, 2))
some_queries = tf.reshape(tf.range(30.0), (2, 3, 5)) / 30
some_context, some_weights = layer(some_queries, layer.keys(some_values), some_values)
print("context", some_context.shape, "weights", some_weights.shape)
print(some_weights[0].numpy().round(2))

# %%
import numpy as np


def example(pictures=2, queries=3, cells=4, size=6):
    """Return query, keys, values, and the weights of the layer."""
    draw = np.random.default_rng(5)
    shapes = ((pictures, queries, 3), (pictures, cells, 5), (pictures, cells, size), (3, 5), (5, 1))
    return [2 * draw.normal(size=shape).astype("float32") for shape in shapes]


def softmax(scores, axis=-1):
    powers = np.exp(scores - scores.max(axis, keepdims=True))
    return powers / powers.sum(axis, keepdims=True)


def scores_of(query, keys, projection, score):
    return (np.tanh((query @ projection)[:, :, None] + keys[:, None]) @ score)[..., 0]


@probe
def attend(query, keys, values, projection, score):
    made = BahdanauAttention(keys.shape[-1])
    made.query_projection.build((None, len(projection)))
    made.query_projection.set_weights([projection, np.zeros(len(score), "float32")])
    made.key_projection.build((None, len(score)))  # to see it used, though the keys are given
    made.key_projection.set_weights([-np.eye(len(score), dtype="float32")])
    made.score.build((None, len(score)))
    made.score.set_weights([score])
    return made(*map(tf.constant, (query, keys, values)))


@probe
def attend_compiles(query, keys, values):
    from coursekit.practice import compiles

    made = BahdanauAttention(keys.shape[-1])
    made(*map(tf.constant, (query, keys, values)))
    return compiles(made, *map(tf.constant, (query, keys, values)))


@misconception(
    "attend", "The two results are swapped. Return the contexts first, then the weights."
)
def swapped(query, keys, values, *layer):
    weights = softmax(scores_of(query, keys, *layer))
    return weights, weights @ values


@misconception(
    "attend",
    "The tanh is missing. Without it the query adds the same number to the score of every cell. "
    "Softmax cancels that number, so every word looks at the same place.",
)
def no_tanh(query, keys, values, projection, score):
    scores = (((query @ projection)[:, :, None] + keys[:, None]) @ score)[..., 0]
    return softmax(scores) @ values, softmax(scores)


@misconception(
    "attend",
    "The keys are projected a second time. `keys` has already done this, once for each picture.",
)
def projected_twice(query, keys, values, *layer):
    weights = softmax(scores_of(query, -keys, *layer))
    return weights @ values, weights


@misconception("attend", "The query is left out, so every word would look at the same place.")
def no_query(query, keys, values, *layer):
    weights = softmax(scores_of(0 * query, keys, *layer))
    return weights @ values, weights


@misconception(
    "attend",
    "Softmax runs over the queries, so the captions compete for each cell. Instead, the cells "
    "should compete for each query: use the last axis of (batch, queries, cells).",
)
def over_the_queries(query, keys, values, *layer):
    weights = softmax(scores_of(query, keys, *layer), 1)
    return weights @ values, weights


@misconception(
    "attend",
    "Softmax runs over the last axis of (batch, queries, cells, 1), which holds a single number. "
    "The softmax of one number is 1, so every cell gets the full weight.",
)
def over_one_number(query, keys, values, *layer):
    weights = np.ones_like(scores_of(query, keys, *layer))
    return weights @ values, weights


@misconception(
    "attend",
    "A sigmoid treats each cell separately. The weights of a query do not sum to one, and the "
    "context grows with the number of cells.",
)
def sigmoids(query, keys, values, *layer):
    weights = 1 / (1 + np.exp(-scores_of(query, keys, *layer)))
    return weights @ values, weights


@misconception("attend", "The context is made from the keys. It should be the mean of the values.")
def context_of_keys(query, keys, values, *layer):
    weights = softmax(scores_of(query, keys, *layer))
    return weights @ np.concatenate([keys, keys[..., :1]], -1)[..., : values.shape[-1]], weights


@misconception(
    "attend",
    "The context is the plain mean of the cells. The weights were computed but not used.",
)
def plain_mean(query, keys, values, *layer):
    weights = softmax(scores_of(query, keys, *layer))
    return np.full_like(weights, 1 / values.shape[1]) @ values, weights


@misconception(
    "attend",
    "The context is the sum of the cells. It grows with the grid and ignores the weights.",
)
def plain_sum(query, keys, values, *layer):
    weights = softmax(scores_of(query, keys, *layer))
    return np.ones_like(weights) @ values, weights


@misconception(
    "attend_compiles",
    "The results are NumPy arrays. No gradient flows through them, so nothing can be learned, and "
    "the layer cannot be compiled.",
)
def in_numpy(query, keys, values):
    return "no: a result is no tensor"


@check(
    "Each query gets one context and one row of weights",
    points=1,
    hints=(
        "Which of the two results has one number for each cell?",
        "The last axis of the contexts is the size of a value; that of the weights, the cells.",
        "`score` leaves a last axis of size one; drop it with `[..., 0]`. Return contexts first.",
    ),
)
def shapes(student):
    context, weights = student.attend(*example())
    assert np.shape(weights) == (2, 3, 4), f"weights {np.shape(weights)}, not (2, 3, 4)"
    assert np.shape(context) == (2, 3, 6), f"contexts {np.shape(context)}, not (2, 3, 6)"
    # Four equal cells: all four get the same attention, and the context is their value.
    query, keys, values, *layer = example()
    keys, values = (np.repeat(part[:, :1], 4, axis=1) for part in (keys, values))
    context, weights = student.attend(query, keys, values, *layer)
    assert_close(weights, np.full((2, 3, 4), 0.25), "the weights of four equal cells")
    said = "the contexts of four equal cells: their value, for each query"
    assert_close(context, np.repeat(values[:, :1], 3, axis=1), said, atol=1e-5)


@check(
    "The weights follow the scores, separately for each query",
    points=3,
    after="shapes",
    hints=(
        "Which new axis do the queries need, and which the keys, so that every pair is added?",
        "Queries: (batch, queries, 1, units). Keys: (batch, 1, cells, units). Softmax: the cells.",
        "`self.query_projection(query)[:, :, tf.newaxis] + keys[:, tf.newaxis]`, tanh, `score`.",
    ),
)
def scores(student):
    query, keys, values, *layer = example()
    _, weights = student.attend(query, keys, values, *layer)
    expected = softmax(scores_of(query, keys, *layer))
    assert_close(weights, expected, "the weights", atol=1e-4)
    query, keys, values, *layer = example(pictures=3, queries=2, cells=5)
    _, weights = student.attend(query, keys, values, *layer)
    expected = softmax(scores_of(query, keys, *layer))
    assert_close(weights, expected, "the weights of three pictures, two queries each", atol=1e-4)
    compiled = student.attend_compiles(query, keys, values)
    said = "the lesson compiles the layer with `tf.function`, so use tensors throughout"
    assert compiled == "yes", f"{said}: {compiled}"


@check(
    "The context is the weighted mean of the values",
    points=2,
    after="shapes",
    hints=(
        "What is averaged in the context, and what says how much each part counts?",
        "Multiply each value by its weight and sum over the cells.",
        "`tf.matmul` multiplies (batch, queries, cells) by (batch, cells, size).",
    ),
)
def context(student):
    query, keys, values, *layer = example()
    found, weights = student.attend(query, keys, values, *layer)
    assert_close(weights.sum(-1), np.ones((2, 3)), "the weights of a query sum to one", atol=1e-4)
    assert_close(found, weights @ values, "the contexts, given your own weights", atol=1e-4)


# %% [markdown]
# ## What looking is worth
#
# Now your layer is used in the real captioner. A second captioner cannot look: its weights are the
# same for all cells. Both start from the same initial parameters and see the same pictures.
# Predict: which of the two will have the lower loss?


# %%
class Everywhere(BahdanauAttention):
    """Gives all cells the same weight."""

    def call(
        self, query: tf.Tensor, keys: tf.Tensor, values: tf.Tensor
    ) -> tuple[tf.Tensor, tf.Tensor]:
        """Return the mean of the cells."""
        return super().call(query, 0 * keys, values)  # equal keys: equal scores


def on_the_thing(examples: Sequence[Example], captions: Sequence[Written]) -> float:
    """Return how much of the attention at object words lies in the box of the object."""
    middles = (np.asarray(coordinates(8)) + 1) / 2  # of the 64 cells: down, across
    shares = []
    for example, caption in zip(examples, captions, strict=True):
        for weights, boxes in zip(caption.attention, example.boxes(caption.words), strict=True):
            if boxes:
                inside = [any(is_inside((x, y), box) for box in boxes) for y, x in middles]
                shares.append(weights[inside].sum())
    return float(np.mean(shares)) if shares else 0.0


def learn(attention: type[keras.layers.Layer], data: Any, settings: Any) -> Any:
    """Train a captioner with this attention, and print its loss."""
    model = build_captioner(data, settings, attention=attention)
    step = tf.function(lambda pictures, captions: train_step(model, (pictures, captions)))
    losses = [float(step(*batch)["loss"]) for batch in data.train.batches(0)]
    print(f"{attention.__name__:18} loss of the last 20 steps {np.mean(losses[-20:]):.3f}")
    return model


# %% tags=["train"]
STEPS = 300
PICTURES = 600
SHOWN = 12  # of them
settings, data = prepare(
    CaptioningLesson(),
    "scenes",
    epochs=1,
    batch_size=16,
    scenes=16 * STEPS,
    units=96,
    embedding=64,
    learning_rate=4e-3,
)
pixels, example = data.validation.rows([SHOWN])[0], data.validation.examples[SHOWN]
figure = Figure(figsize=(12, 3.2), layout="constrained")
for part, attention in zip(figure.subfigures(2, 1), (BahdanauAttention, Everywhere), strict=True):
    model = learn(attention, data, settings)
    captions = write_captions(model, data.vocabulary, data.validation.rows, PICTURES, 14)
    share = on_the_thing(data.validation.examples[:PICTURES], captions)
    print(f"{'':18} share of the attention at an object word that is on the object: {share:.1%}")
    found = captions[SHOWN]
    part.suptitle(f"{attention.__name__}: {' '.join(found.words)}", fontsize=10)
    panels, boxes = part.subplots(1, 13), example.boxes(found.words)
    panels[0].imshow(pixels)
    for panel, word, weights, named in zip(
        panels[1:], found.words, found.attention, boxes, strict=False
    ):
        draw_look(panel, pixels, weights, data.offset, named)
        panel.set_title(word, fontsize=9)
    for panel in panels:
        panel.set_axis_off()
    weight_bar(part, panels)
show(
    figure,
    alt="Two rows with the same picture in grey, once for each word of the caption, coloured where "
    "the network looked. Above with your attention, below with equal weights. A frame marks the "
    "thing that a word names, a cross the peak of the attention.",
)

# %% [markdown]
# After so few steps the losses hardly differ (about 1.3 for both in our runs), because the mean of
# all cells also reveals which colours and shapes are there. The two differ in where they look. At
# the word for a thing, your attention had 22 to 27 % of its weight in the box of that thing in
# three of our runs (yours will differ), though no one ever told the network where a thing is. The
# other captioner had about 14 %. This is the part of the picture that the boxes cover, so it is the
# score of a network that does not look.
#
# **Next:** `coursekit check captioning/attention`, then `coursekit next`.
