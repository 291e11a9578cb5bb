# %% [markdown]
# # Attention: every position looks around
#
# **Goal.** Write scaled dot-product attention, and the mask that keeps it from looking ahead.
#
# **Time.** 35 minutes
#
# **Before.** matrix products; softmax; the worked lesson, or exercise 2 of textgen
#
# **Kind.** predict, complete, measure
#
# A recurrent network packs everything it has read into one row of numbers. Attention carries no
# state: each position of the text looks back at *all* the positions before it and takes what it
# needs. Every position has three vectors:
#
# * a **query**: what am I looking for?
# * a **key**: how can I be found?
# * a **value**: what information do I offer?
#
# The better a key matches a query, the more of that position's value is taken. Let $Q$, $K$ and
# $V$ be the queries, keys and values, with one row for every position, and let $d$ be the number
# of entries in a query. Then:
#
# $$\mathrm{attention}(Q, K, V) = \mathrm{softmax}\!\Big(\frac{Q K^\top}{\sqrt d}\Big)\, V .$$
#
# The softmax runs over the positions that are looked *at*, so the weights of each query sum to
# one. There is one more rule. The network is trained to predict the next character at every
# position at once. So no position may look at a later one, because the answer is there.

# %%
from coursekit.prepare import show
from coursekit_transformer.practice import figures

show(
    figures.attention(time=64, size=32),
    alt="Three learned matrices turn features into queries, keys and values. Queries times "
    "keys give a table of scores with one row for each position. A softmax turns each row "
    "into weights, and the values are averaged with these weights.",
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
# $\log 4 \approx 1.386$. What is the weight of the third position?

# %%
third_weight = 0.67  # exercise

# %% [markdown] tags=["why"]
# The exponentials of 0, 0 and $\log 4$ are 1, 1 and 4. Their sum is 6, so the third weight is 4/6,
# about 0.67. Softmax turns differences of scores into ratios of weights: a score that is higher by
# $\log 4$ gets four times the weight.

# %% [markdown]
# A window of text has 64 positions. Each may look at itself and at all positions before it. How
# many pairs are there of a position that looks and one that it looks at?

# %%
pairs = 2080  # exercise

# %% [markdown] tags=["why"]
# The first position sees 1, the second 2, the last 64. The sum is 64 · 65 / 2 = 2080. It grows with
# the square of the length, which is why long texts are expensive for attention.

# %%
from coursekit.practice import assert_close, assert_equal, check, misconception, probe


@probe
def weight():
    return round(float(third_weight), 2)


@misconception(
    "weight",
    "That would be right if only the largest score counted. Softmax is soft: the others "
    "get a share, too.",
)
def all_of_it():
    return 1.0


@misconception(
    "weight",
    "A score of 0 does not mean a weight of 0: exp(0) is 1, and there are two such scores.",
)
def one_rival():
    return 0.8


@misconception("weight", "That would be right if all three scores were the same.")
def even():
    return 0.33


@misconception(
    "pairs",
    "That pairs every position with every position, and almost half of these pairs look ahead.",
)
def all_pairs():
    return 4096


@misconception("pairs", "A position may also look at itself: its own character is known.")
def without_itself():
    return 2016


@misconception(
    "pairs",
    "Nearly: the diagonal, where a position looks at itself, counts in full and not by half.",
)
def half():
    return 2048


@check(
    "You can turn scores into weights",
    points=1,
    hints=(
        "What does softmax do with a score before it divides?",
        "It takes exp of each score, which gives 1, 1 and 4. Then it divides by their sum.",
        "4 / (1 + 1 + 4).",
    ),
)
def softmax_by_head(student):
    said = "exp of each score, divided by their sum"
    answer = student["third_weight"]
    assert_close(student.weight(), 0.67, said, atol=0.02)
    assert_close(answer, 0.67, said, atol=0.02)


@check(
    "You can count the pairs",
    points=1,
    hints=(
        "How many positions may the first one look at? The second? The last?",
        "Add up 1 + 2 + 3 + ... + 64.",
        "64 * 65 / 2.",
    ),
)
def counted(student):
    assert student["pairs"] == 2080, "add up 1, 2, 3 ... 64"


# %% [markdown]
# ## The mask
#
# Write `causal_mask`. (If you have just read the worked lesson, close it and write this and the
# next function from memory.) Row $i$ says what the $i$-th position may look at: `True` for itself
# and for all positions before it.
#
# ```text
# causal_mask(3)           causal_mask(2, past=2)      causal_mask(2, past=2, window=2)
#
#   ■ □ □                    ■ ■ ■ □                     □ ■ ■ □
#   ■ ■ □                    ■ ■ ■ ■                     □ □ ■ ■
#   ■ ■ ■
# ```
#
# There may be `past` earlier positions, which can be looked at but do not look themselves. Then
# the mask has `past + time` columns, and the first position that looks is column `past`. With a
# `window`, each position sees at most that many positions, counting itself. (Both are needed when
# the network writes and keeps what it has read: exercise 5.) A good way to start: compute for each
# pair how far apart the two positions are.

# %%
from coursekit_transformer.model import causal_mask  # exercise

# %% [markdown] tags=["why"]
# For each pair, `distance` says how far back the position that is looked at lies. Zero is the
# position itself, and negative numbers lie ahead, so `distance >= 0` hides the future. The window
# hides what is `window` or more positions back. The positions that look begin at `past`. If they
# were counted from 0, they would not see what was read before them.

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


@misconception(
    "mask", "It is the wrong way round: each position sees itself and what comes *after* it."
)
def turned_over(time, past, window):
    return seen(time, past, window)[::-1, ::-1]


@misconception(
    "mask", "No position sees itself. But its own character is known, and it is the best clue."
)
def not_itself(time, past, window):
    return seen(time, past, window, nearest=1)


@misconception(
    "mask",
    "Each position also sees the next one, which holds the very character it has to predict.",
)
def one_ahead(time, past, window):
    return seen(time, past, window, nearest=-1)


@misconception("mask", "Every position sees every other one: nothing is masked yet.")
def sees_all(time, past, window):
    return np.ones((time, past + time), bool)


@misconception(
    "mask",
    "Both the rows and the columns are counted from 0, but the first position that looks "
    "is column `past`.",
)
def past_not_counted(time, past, window):
    found = np.zeros((time, past + time), bool)
    found[:, :time] = seen(time, 0, window)
    return found


@misconception("mask", "The columns of the past are missing: there are `past + time` of them.")
def without_past(time, past, window):
    return seen(time, 0, window)


@misconception(
    "mask", "The window is not used: every position sees all the way back to the beginning."
)
def no_window(time, past, window):
    return seen(time, past, None)


@misconception(
    "mask", "Each position sees one position too many: the window includes the position itself."
)
def one_too_far(time, past, window):
    return seen(time, past, window, extra=1)


@misconception(
    "mask", "Each position sees one position too few: a window of 2 allows the distances 0 and 1."
)
def one_too_near(time, past, window):
    return seen(time, past, window, extra=-1)


@check(
    "No position looks ahead, and each sees itself",
    points=2,
    hints=(
        "When is position j later than position i?",
        "Make a column of the positions that look and a row of those that are looked at, and "
        "subtract.",
        "`distance = tf.range(time)[:, tf.newaxis] - tf.range(time)`, and `distance >= 0`.",
    ),
)
def not_ahead(student):
    found = student.mask(4, 0, None)
    assert np.shape(found) == (4, 4), f"four positions: the mask has the shape {np.shape(found)}"
    assert_equal(found, seen(4, 0, None), "causal_mask(4)")


@check(
    "The past can be looked at as well",
    points=1,
    after="not_ahead",
    hints=(
        "Which column belongs to the first position that looks?",
        "The columns are counted from 0 up to past + time, the rows from `past`.",
        "`tf.range(past, past + time)[:, tf.newaxis] - tf.range(past + time)`.",
    ),
)
def and_past(student):
    found = student.mask(2, 3, None)
    assert np.shape(found) == (2, 5), f"the shape is {np.shape(found)}, not (time, past + time)"
    assert_equal(found, seen(2, 3, None), "causal_mask(2, past=3)")


@check(
    "Nothing beyond the window is seen",
    points=1,
    after="not_ahead",
    hints=(
        "Which distances does a window of 1 allow? And a window of 2?",
        "A window of 1 allows only the distance 0, a window of 2 the distances 0 and 1.",
        "If there is a window: `(distance >= 0) & (distance < window)`.",
    ),
)
def in_window(student):
    found = student.mask(5, 0, 3)
    assert_equal(found, seen(5, 0, 3), "causal_mask(5, window=3)")


# %% [markdown]
# ## Attention
#
# Now the formula. Where the mask is False, replace the score by `NEVER`, which is -1e9, *before*
# the softmax: exp of it is 0. Return the mixture (the weighted average of the values) and the
# weights.
#
# The arrays may have further axes in front (rows of a batch, heads). `tf.matmul` multiplies along
# the last two axes and repeats that over the others. `transpose_b=True` transposes the second
# matrix.

# %%
from coursekit_transformer.model import scaled_dot_product  # exercise

# %% [markdown] tags=["why"]
# A dot product of `size` independent numbers has a spread of about $\sqrt{size}$. Dividing by it
# keeps the scores near 1, where softmax is neither flat nor all or nothing. Otherwise almost all
# weight would go to one position, and nearly no gradient to the rest. The mask replaces scores
# before softmax, so hidden positions have no influence on the others, not even through the sum. The
# values are averaged with the weights; the keys only decide how much.

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
    """Two rows, three positions that look at five, queries of four numbers, values of two."""
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
    "The scores were not divided by the square root of d. Dot products of long vectors "
    "are large, so softmax picks a winner before anything has been learned.",
)
def not_scaled(queries, keys, values, mask):
    return mixture(softmax(np.where(mask, product(queries, keys), -1e9)), values)


@misconception("attend", "The scores were divided by d, not by the *square root* of d.")
def by_size(queries, keys, values, mask):
    scores = product(queries, keys) / queries.shape[-1]
    return mixture(softmax(np.where(mask, scores, -1e9)), values)


@misconception(
    "attend", "You took the square root of the number of positions, not of the size of a query."
)
def by_places(queries, keys, values, mask):
    scores = product(queries, keys) / np.sqrt(keys.shape[-2])
    return mixture(softmax(np.where(mask, scores, -1e9)), values)


@misconception(
    "attend",
    "The softmax runs along the wrong axis. The weights of each *query* must sum to one, "
    "over the positions that it looks at.",
)
def wrong_axis(queries, keys, values, mask):
    scores = product(queries, keys) / np.sqrt(queries.shape[-1])
    return mixture(softmax(np.where(mask, scores, -1e9), axis=-2), values)


@misconception(
    "attend", "There is no softmax. Scores may be negative, and their sum may be anything."
)
def no_softmax(queries, keys, values, mask):
    scores = product(queries, keys) / np.sqrt(queries.shape[-1])
    return mixture(np.where(mask, scores, 0), values)


@misconception(
    "attend",
    "The weights were multiplied by the mask after the softmax. Now they no longer sum to "
    "one, and their sum still depends on positions that must not be seen.",
)
def masked_after(queries, keys, values, mask):
    scores = product(queries, keys) / np.sqrt(queries.shape[-1])
    return mixture(softmax(scores) * mask, values)


@misconception(
    "attend",
    "The masked scores were set to 0. But exp(0) is 1, so these positions still get a weight.",
)
def zero_for_never(queries, keys, values, mask):
    scores = product(queries, keys) / np.sqrt(queries.shape[-1])
    return mixture(softmax(np.where(mask, scores, 0)), values)


@misconception("attend", "The mask is the wrong way round: it hides what may be seen.")
def mask_turned(queries, keys, values, mask):
    scores = product(queries, keys) / np.sqrt(queries.shape[-1])
    return mixture(softmax(np.where(mask, -1e9, scores)), values)


@misconception("attend", "The mask is not used: hidden positions are seen.")
def mask_forgotten(queries, keys, values, mask):
    return by_hand(queries, keys, values, np.ones_like(mask))


@misconception(
    "attend",
    "The mask was added to the scores as 0 and 1. That only lowers the weight of a hidden "
    "position; it does not remove it.",
)
def mask_added(queries, keys, values, mask):
    scores = product(queries, keys) / np.sqrt(queries.shape[-1]) + mask
    return mixture(softmax(scores), values)


@misconception(
    "attend",
    "The keys were averaged. Keys only decide how well a position matches; it is the "
    "values that are averaged.",
)
def keys_mixed(queries, keys, values, mask):
    weights = by_hand(queries, keys, values, mask)[1]
    return mixture(weights, keys)


@misconception("attend", "The order is reversed: return the mixture first, then the weights.")
def swapped(queries, keys, values, mask):
    return by_hand(queries, keys, values, mask)[::-1]


@misconception(
    "attend", "This is the plain mean of all values: the weights are computed but not used."
)
def mean_of_all(queries, keys, values, mask):
    mixed, weights = by_hand(queries, keys, values, mask)
    return np.zeros_like(mixed) + values.mean(-2, keepdims=True), weights


@misconception(
    "attend", "The scores were returned instead of the weights. Return what the softmax gives."
)
def scores_returned(queries, keys, values, mask):
    scores = product(queries, keys) / np.sqrt(queries.shape[-1])
    return by_hand(queries, keys, values, mask)[0], np.where(mask, scores, -1e9)


@check(
    "The weights say how well each key matches",
    points=2,
    hints=(
        "What do you multiply by what to get one score for each pair of positions?",
        "Queries times transposed keys, divided by the square root of a query's size, then "
        "softmax.",
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
    "The values are averaged with the weights",
    points=1,
    after="fits",
    hints=(
        "How much of each value goes into the result for a query?",
        "As much as the weight says: a row of weights times the matrix of values.",
        "`tf.matmul(weights, values)`.",
    ),
)
def mixes(student):
    found, _ = student.attend(*example())
    assert np.shape(found) == (2, 3, 2), f"the mixture has shape {np.shape(found)}, not (2, 3, 2)"
    expected = by_hand(*example())[0]
    assert_close(found, expected, "the mixture, nothing masked", atol=1e-4)


@check(
    "Hidden positions have no weight at all",
    points=2,
    after="fits",
    hints=(
        "Which score does a softmax turn into a weight of exactly 0?",
        "A very large negative one. Put it where the mask is False, before the softmax.",
        "`tf.nn.softmax(tf.where(mask, scores, NEVER))`.",
    ),
)
def unseen(student):
    looks = seen(3, 2, None)
    _, found = student.attend(*example(looks))
    expected = by_hand(*example(looks))[1]
    assert_close(found, expected, "the weights under a mask", atol=1e-4)
    assert not np.any(found[:, ~looks]), "a hidden position has a weight"


# %% [markdown]
# ## What the square root is for
#
# The dot product of two vectors of $d$ independent standard normal numbers has a standard
# deviation of $\sqrt d$. How much weight does the favourite of 64 positions get before anything
# has been learned? Compare the weight with the square root and without it.

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
    print(f"size {size:3}: favourite {shares[0]:.2f}; without the square root {shares[1]:.2f}")

# %% [markdown]
# With the square root, the favourite's weight hardly depends on the size. Without it, a long query
# picks one position before it has learned which one to pick. Where a softmax is that certain, its
# gradient is nearly zero, so a wrong choice is corrected only slowly.
#
# ## What attention is worth
#
# Two small networks learn the lesson's text. The first attends with *your* functions. The second
# cannot choose: it always takes the plain mean of all earlier positions. **Predict:** how far
# apart are their losses after 600 steps?

# %% tags=["train"]
from coursekit.prepare import prepare
from coursekit_transformer import TransformerLesson
from coursekit_transformer.build import build_model
from coursekit_transformer.demo import attention_plot, weights_of
from coursekit_transformer.practice.compare import curves, learn

STEPS = 600
settings, data = prepare(TransformerLesson(), epochs=1, units=64, layers=2, heads=2)


def blind(queries, keys, values, mask):
    """Take the mean of all earlier positions: attention that cannot choose."""
    return scaled_dot_product(0 * queries, keys, values, mask)


losses = {}
for name, attend in (("it chooses", scaled_dot_product), ("the plain mean", blind)):
    model = build_model(data, settings, attend=attend)
    losses[name] = learn(model, data.train.batches(0).take(STEPS))
    print(f"{name:24} loss {losses[name][-50:].mean():.2f}")
    if attend is scaled_dot_product:
        looking = model
show(
    curves("Choosing where to look", losses),
    alt="Two falling loss curves, one for each network.",
)

# %% tags=["train"]
passage = data.passage[:40]
show(
    attention_plot(passage, weights_of(looking, data.vocabulary.encode(passage))),
    alt="Four maps of attention, two layers of two heads; everything above the diagonal is empty.",
)

# %% [markdown]
# Above the diagonal the maps are empty: that is your mask. Below it, each head has begun to
# develop habits. Look for a line next to the diagonal (a head that looks at the previous
# character), for stripes (a head that looks at spaces or line breaks), and for a soft cloud (a
# head that looks at everything a little). Nobody programmed these habits.
#
# **Next:** `coursekit check transformer/attention`, then `coursekit next`.
