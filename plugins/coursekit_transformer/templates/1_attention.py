# %% [markdown]
# # A place looks around
#
# **Goal.** Write scaled dot-product attention, and the mask that keeps it from looking ahead.
#
# **Time.** 35 minutes
#
# **Before.** matrix products; softmax; the worked lesson or exercise 2 of textgen
#
# **Kind.** predict, complete, measure
#
# A recurrent network carries what it has read in one row of numbers. Attention carries nothing:
# each place of the text looks back at *all* the places before it and takes what it needs. Every
# place has three vectors:
#
# * a **query**: what do I look for?
# * a **key**: by what can I be found?
# * a **value**: what do I have to say?
#
# The better a key fits a query, the more of that place's value is taken. With the queries $Q$, the
# keys $K$, the values $V$, one row each for every place, and $d$ numbers in a query:
#
# $$\mathrm{attention}(Q, K, V) = \mathrm{softmax}\!\Big(\frac{Q K^\top}{\sqrt d}\Big)\, V .$$
#
# The softmax is taken over the places that are looked *at*, so the weights of each query sum to
# one. There is one rule more. The network is trained to guess the next character, at every place
# at once, so no place may look at a later one: the answer stands there.

# %%
from coursekit.prepare import show
from coursekit_transformer.practice import figures

show(
    figures.attention(time=64, size=32),
    alt="Three learned matrices make queries, keys and values of the features. Queries times keys "
    "give a table of scores, one row for each place; a softmax makes weights of each row, and by "
    "the weights the values are mixed.",
)

# %%
import math

import numpy as np
import tensorflow as tf

from coursekit_transformer.model import NEVER

# %% [markdown]
# ## Predict first
#
# A query is compared with three keys. After the division by $\sqrt d$ the scores are 0, 0 and
# $\log 4 \approx 1.386$. What is the weight of the third place?

# %%
third_weight = 0.67  # exercise

# %% [markdown]
# A window of text has 64 places. Each may look at itself and at all places before it. How many
# pairs (a place that looks, a place that is looked at) are there?

# %%
pairs = 2080  # exercise

# %%
from coursekit.practice import assert_close, assert_equal, check, misconception, probe


@probe
def weight():
    return round(float(third_weight), 2)


@misconception(
    "weight", "That is the largest score alone. Softmax is soft: the others get a share."
)
def all_of_it():
    return 1.0


@misconception(
    "weight", "A score of 0 is not a weight of 0: exp(0) is 1, and there are two of those."
)
def one_rival():
    return 0.8


@misconception("weight", "That would be right if all three scores were the same.")
def even():
    return 0.33


@misconception("pairs", "That is every place with every place; half of those look ahead.")
def all_pairs():
    return 4096


@misconception("pairs", "A place may look at itself, too: its own character is known.")
def without_itself():
    return 2016


@misconception("pairs", "Nearly: the diagonal, where a place looks at itself, belongs to it whole.")
def half():
    return 2048


@check(
    "You can turn scores into weights",
    points=1,
    hints=(
        "What does softmax do with a score before it divides?",
        "It takes exp of each score: 1, 1 and 4. Then it divides by their sum.",
        "4 / (1 + 1 + 4).",
    ),
)
def softmax_by_head(student):
    said = "exp of each score, divided by their sum"
    answer = student["third_weight"]
    assert_close(student.weight(), 0.67, said, atol=0.02)
    assert_close(answer, 0.67, said, atol=0.02)


@check(
    "You know how much there is to look at",
    points=1,
    hints=(
        "At how many places may the first place look, the second, the last?",
        "Add up 1 + 2 + 3 + ... + 64.",
        "64 * 65 / 2.",
    ),
)
def counted(student):
    assert student["pairs"] == 2080, "add up 1, 2, 3 ... 64"


# %% [markdown]
# ## The mask
#
# Write `causal_mask`. Row $i$ says what the $i$-th place may look at: `True` for itself and for
# all places before it.
#
# ```text
# causal_mask(3)           causal_mask(2, past=2)      causal_mask(2, past=2, window=2)
#
#   ■ □ □                    ■ ■ ■ □                     □ ■ ■ □
#   ■ ■ □                    ■ ■ ■ ■                     □ □ ■ ■
#   ■ ■ ■
# ```
#
# `past` places stand before those that look, and can be looked at as well: then the mask has
# `past + time` columns, and the first place that looks is column `past`. With a `window`, each
# place sees that many places at the most, counting itself. (Both will be needed when the network
# writes.) A good way is to compute for each pair how far apart the two places are.

# %%
from coursekit_transformer.model import causal_mask  # exercise

# %%
print(causal_mask(3).numpy().astype(int))
print(causal_mask(2, past=2, window=2).numpy().astype(int))

# %%
import numpy as np


@probe
def mask(time, past, window):
    return causal_mask(time, past, window)


def seen(time, past, window, nearest=0, extra=0):
    """Say what may be seen, entry by entry."""
    found = np.zeros((time, past + time), bool)
    for place in range(time):
        for other in range(past + time):
            distance = past + place - other
            found[place, other] = nearest <= distance and (
                window is None or distance < window + extra
            )
    return found


@misconception("mask", "It is turned over: each place sees itself and what comes *after* it.")
def turned_over(time, past, window):
    return seen(time, past, window)[::-1, ::-1]


@misconception("mask", "No place sees itself. Its own character is known, and it is the best clue.")
def not_itself(time, past, window):
    return seen(time, past, window, nearest=1)


@misconception(
    "mask", "Each place also sees the one after it, which is the very character it is to guess."
)
def one_ahead(time, past, window):
    return seen(time, past, window, nearest=-1)


@misconception("mask", "Every place sees every other: nothing is forbidden yet.")
def sees_all(time, past, window):
    return np.ones((time, past + time), bool)


@misconception(
    "mask",
    "The places that look are counted from 0, the columns too; but the first place that looks is "
    "column `past`.",
)
def past_not_counted(time, past, window):
    found = np.zeros((time, past + time), bool)
    found[:, :time] = seen(time, 0, window)
    return found


@misconception("mask", "The columns of the past are missing: there are `past + time` of them.")
def without_past(time, past, window):
    return seen(time, 0, window)


@misconception("mask", "The window is not used: every place sees back to the beginning.")
def no_window(time, past, window):
    return seen(time, past, None)


@misconception("mask", "One place too many is seen: a place counts itself in its window.")
def one_too_far(time, past, window):
    return seen(time, past, window, extra=1)


@misconception("mask", "One place too few is seen: with a window of 2 the distances 0 and 1 count.")
def one_too_near(time, past, window):
    return seen(time, past, window, extra=-1)


@check(
    "No place looks ahead, and each sees itself",
    points=2,
    hints=(
        "When is place j later than place i?",
        "Make a column of the places that look and a row of those that are looked at; subtract.",
        "`distance = tf.range(time)[:, tf.newaxis] - tf.range(time)`, and `distance >= 0`.",
    ),
)
def not_ahead(student):
    found = student.mask(4, 0, None)
    assert np.shape(found) == (4, 4), f"four places: the mask has the shape {np.shape(found)}"
    assert_equal(found, seen(4, 0, None), "causal_mask(4)")


@check(
    "The past can be looked at, too",
    points=1,
    after="not_ahead",
    hints=(
        "Which column is the first place that looks?",
        "The columns count from 0 to past + time, the rows from `past` on.",
        "`tf.range(past, past + time)[:, tf.newaxis] - tf.range(past + time)`.",
    ),
)
def and_past(student):
    found = student.mask(2, 3, None)
    assert np.shape(found) == (2, 5), f"the shape is {np.shape(found)}, not (time, past + time)"
    assert_equal(found, seen(2, 3, None), "causal_mask(2, past=3)")


@check(
    "What is further back than the window is not seen",
    points=1,
    after="not_ahead",
    hints=(
        "Which distances does a window of 1 allow, which one of 2?",
        "Only the distance 0; the distances 0 and 1.",
        "`(distance >= 0) & (distance < window)`, if there is a window.",
    ),
)
def in_window(student):
    found = student.mask(5, 0, 3)
    assert_equal(found, seen(5, 0, 3), "causal_mask(5, window=3)")


# %% [markdown]
# ## Attention
#
# Now the formula. A score that may not count becomes `NEVER`, -1e9, *before* the softmax: exp of
# it is 0. Return the mixture and the weights.
#
# The arrays may have axes in front (rows of a batch, heads). `tf.matmul` multiplies the last two
# axes and repeats that over the others, and `transpose_b=True` turns the second matrix.

# %%
from coursekit_transformer.model import scaled_dot_product  # exercise

# %%
some = tf.random.stateless_normal((1, 4, 8), seed=(1, 2))
mixed, weights = scaled_dot_product(some, some, some, causal_mask(4))
print("mixed", mixed.shape, "weights", weights.shape)
print(weights.numpy()[0].round(2))

# %%


def softmax(scores, axis=-1):
    powers = np.exp(scores - scores.max(axis, keepdims=True))
    return powers / powers.sum(axis, keepdims=True)


def product(queries, keys):
    return np.einsum("...id,...jd->...ij", queries, keys)


def mixture(weights, values):
    return np.einsum("...ij,...jd->...id", weights, values), weights


def by_hand(queries, keys, values, mask):
    scores = product(queries, keys) / np.sqrt(queries.shape[-1])
    return mixture(softmax(np.where(mask, scores, -1e9)), values)


def example(looks=None):
    """Two rows, three places that look at five, queries of four numbers, values of two."""
    draw = np.random.default_rng(5)
    sizes = ((2, 3, 4), (2, 5, 4), (2, 5, 2))
    queries, keys, values = (draw.normal(0, 1.5, size).astype("float32") for size in sizes)
    looks = np.ones((3, 5), bool) if looks is None else looks
    return queries, keys, values, looks


@probe
def attend(queries, keys, values, mask):
    arrays = [tf.constant(array) for array in (queries, keys, values, mask)]
    found = scaled_dot_product(*arrays)
    if not isinstance(found, tuple | list) or len(found) != 2:
        raise TypeError("scaled_dot_product returns two things: the mixture, and the weights")
    return tuple(found)


@misconception(
    "attend",
    "The scores were not divided by the root of d. Products of long vectors are large, and softmax "
    "makes one of them the winner before anything is learnt.",
)
def not_scaled(queries, keys, values, mask):
    return mixture(softmax(np.where(mask, product(queries, keys), -1e9)), values)


@misconception("attend", "The scores were divided by d. It is the *root* of d.")
def by_size(queries, keys, values, mask):
    scores = product(queries, keys) / queries.shape[-1]
    return mixture(softmax(np.where(mask, scores, -1e9)), values)


@misconception("attend", "The root was taken of the number of places, not of the size of a query.")
def by_places(queries, keys, values, mask):
    scores = product(queries, keys) / np.sqrt(keys.shape[-2])
    return mixture(softmax(np.where(mask, scores, -1e9)), values)


@misconception(
    "attend",
    "The softmax went along the wrong axis: the weights of each *query* must sum to one, over the "
    "places that it looks at.",
)
def wrong_axis(queries, keys, values, mask):
    scores = product(queries, keys) / np.sqrt(queries.shape[-1])
    return mixture(softmax(np.where(mask, scores, -1e9), axis=-2), values)


@misconception("attend", "There is no softmax: scores may be negative and sum to anything.")
def no_softmax(queries, keys, values, mask):
    scores = product(queries, keys) / np.sqrt(queries.shape[-1])
    return mixture(np.where(mask, scores, 0), values)


@misconception(
    "attend",
    "The mask was multiplied with the weights after the softmax. Then they no longer sum to one, "
    "and their sum still depends on places that may not be seen.",
)
def masked_after(queries, keys, values, mask):
    scores = product(queries, keys) / np.sqrt(queries.shape[-1])
    return mixture(softmax(scores) * mask, values)


@misconception(
    "attend",
    "The forbidden scores became 0. That is not impossible: exp(0) is 1, as a middling fit.",
)
def zero_for_never(queries, keys, values, mask):
    scores = product(queries, keys) / np.sqrt(queries.shape[-1])
    return mixture(softmax(np.where(mask, scores, 0)), values)


@misconception("attend", "It is the wrong way round: what may be seen was forbidden.")
def mask_turned(queries, keys, values, mask):
    scores = product(queries, keys) / np.sqrt(queries.shape[-1])
    return mixture(softmax(np.where(mask, -1e9, scores)), values)


@misconception("attend", "The mask is not used: forbidden places are seen.")
def mask_forgotten(queries, keys, values, mask):
    return by_hand(queries, keys, values, np.ones_like(mask))


@misconception(
    "attend",
    "The mask was added to the scores as 0 and 1. That is a hint, not a wall: a forbidden place "
    "keeps a good share.",
)
def mask_added(queries, keys, values, mask):
    scores = product(queries, keys) / np.sqrt(queries.shape[-1]) + mask
    return mixture(softmax(scores), values)


@misconception(
    "attend", "The keys were mixed. A key is what a place is found by; its value counts."
)
def keys_mixed(queries, keys, values, mask):
    weights = by_hand(queries, keys, values, mask)[1]
    return mixture(weights, keys)


@misconception("attend", "The weights come first here; the mixture should, then the weights.")
def swapped(queries, keys, values, mask):
    return by_hand(queries, keys, values, mask)[::-1]


@misconception("attend", "The mean of all values: the weights are computed, and then not used.")
def mean_of_all(queries, keys, values, mask):
    mixed, weights = by_hand(queries, keys, values, mask)
    return np.zeros_like(mixed) + values.mean(-2, keepdims=True), weights


@misconception(
    "attend", "The scores came back in place of the weights: return what the softmax gives."
)
def scores_returned(queries, keys, values, mask):
    scores = product(queries, keys) / np.sqrt(queries.shape[-1])
    return by_hand(queries, keys, values, mask)[0], np.where(mask, scores, -1e9)


@check(
    "The weights say how well each key fits",
    points=2,
    hints=(
        "What is multiplied with what to get one score for each pair of places?",
        "Queries times turned keys, divided by the root of a query's size, then softmax.",
        "`scores = tf.matmul(queries, keys, transpose_b=True) / math.sqrt(queries.shape[-1])`, "
        "then `tf.nn.softmax(scores)`.",
    ),
)
def fits(student):
    _, found = student.attend(*example())
    assert np.shape(found) == (2, 3, 5), f"the weights have shape {np.shape(found)}, not (2, 3, 5)"
    assert_close(found.sum(-1), np.ones((2, 3)), "each query's weights sum to 1", atol=1e-4)
    expected = by_hand(*example())[1]
    assert_close(found, expected, "the weights, nothing masked", atol=1e-4)


@check(
    "The values are mixed by the weights",
    points=1,
    after="fits",
    hints=(
        "How much of each value does a query take?",
        "As much as its weight says: a row of weights times the matrix of values.",
        "`tf.matmul(weights, values)`.",
    ),
)
def mixes(student):
    found, _ = student.attend(*example())
    assert np.shape(found) == (2, 3, 2), f"the mixture has shape {np.shape(found)}, not (2, 3, 2)"
    expected = by_hand(*example())[0]
    assert_close(found, expected, "the mixture, nothing masked", atol=1e-4)


@check(
    "What may not be seen has no weight at all",
    points=2,
    after="fits",
    hints=(
        "Which score becomes a weight of exactly 0 in a softmax?",
        "A hugely negative one: put it in where the mask is False, before the softmax.",
        "`tf.nn.softmax(tf.where(mask, scores, NEVER))`.",
    ),
)
def unseen(student):
    looks = seen(3, 2, None)
    _, found = student.attend(*example(looks))
    expected = by_hand(*example(looks))[1]
    assert_close(found, expected, "the weights under a mask", atol=1e-4)
    assert not np.any(found[:, ~looks]), "a place that may not be seen has a weight"


# %% [markdown]
# ## What the root is for
#
# The product of two vectors of $d$ independent numbers has a standard deviation of $\sqrt d$. Look
# at how much the favourite place gets, of 64, before anything is learnt: with the root and without.

# %%
for size in (4, 32, 256):
    queries, keys = tf.unstack(tf.random.stateless_normal((2, 64, size), seed=(0, size)))
    everything = tf.ones((64, 64), tf.bool)
    shares = [
        float(
            tf.reduce_mean(
                tf.reduce_max(scaled_dot_product(factor * queries, keys, keys, everything)[1], -1)
            )
        )
        for factor in (1.0, math.sqrt(size))
    ]
    print(f"size {size:3}: the favourite gets {shares[0]:.2f}; without the root {shares[1]:.2f}")

# %% [markdown]
# Without the root a long query has chosen one place before it has learnt which, and where a softmax
# is certain its gradient is nearly zero: it learns slowly out of a wrong choice.
#
# ## What looking is worth
#
# Two small networks learn the lesson's text. The first looks with *your* functions. The second may
# not choose: it takes the mean of all places before, whatever they say. **Predict:** after 600
# steps, by how much do their losses differ?

# %% tags=["train"]
from coursekit.prepare import prepare
from coursekit_transformer import TransformerLesson
from coursekit_transformer.build import build_model
from coursekit_transformer.demo import attention_plot, weights_of
from coursekit_transformer.practice.compare import curves, learn

STEPS = 600
settings, data = prepare(TransformerLesson(), epochs=1, units=64, layers=2, heads=2)


def blind(queries, keys, values, mask):
    """Take the mean of all places before: attention that may not choose."""
    return scaled_dot_product(0 * queries, keys, values, mask)


losses = {}
for name, attend in (("it chooses", scaled_dot_product), ("the mean of all before", blind)):
    model = build_model(data, settings, attend=attend)
    losses[name] = learn(model, data.train.batches(0).take(STEPS))
    print(f"{name:24} loss {losses[name][-50:].mean():.2f}")
    if attend is scaled_dot_product:
        looking = model
show(
    curves("Choosing where to look", losses),
    alt="Two falling curves; the network that chooses ends clearly below the other.",
)

# %% tags=["train"]
passage = data.passage[:40]
show(
    attention_plot(passage, weights_of(looking, data.vocabulary.encode(passage))),
    alt="Four maps of attention, two layers of two heads; all is dark above the diagonal.",
)

# %% [markdown]
# Above the diagonal the maps are empty: that is your mask. Below it each head has begun to have
# habits. Some look at the character just before, some at the last space or line break, some at
# everything a little. Nobody told them to.
#
# **Next:** `coursekit check transformer/attention`, then `coursekit next`.
