# %% [markdown]
# # Many heads by reshaping
#
# **Goal.** Let a layer attend in several ways at once, and tell it the order of the characters.
#
# **Time.** 35 minutes
#
# **Before.** exercise 1; `tf.reshape` and `tf.transpose`
#
# **Kind.** predict, complete, measure
#
# One attention gives each position one weighted average. But a character may need to know several
# things: who is speaking, which word has begun, how long the line is. So a layer has several
# **heads**. Each has its own small queries, keys and values, and its own weights. The results of
# the heads are concatenated.
#
# That needs no loop. The features of a position are a row of numbers: the first head takes the
# first part of the row, the second head the next part. With the heads as a leading axis, one
# matrix product serves all heads at once:
#
# ```text
# (batch, time, units)  →  (batch, heads, time, size)      units = heads * size
# ```

# %%
import math
from functools import partial

import keras
import numpy as np
import tensorflow as tf

from coursekit_transformer.model import ROTATION, Attend, KeysValues, causal_mask
from coursekit_transformer.model import linear, scaled_dot_product

# %% [markdown]
# ## Predict first
#
# The features of a batch have the shape (16, 64, 128): 16 windows of 64 positions, with 128
# numbers each. They are divided among 4 heads. What is the shape after the split?

# %%
shape_of_heads = (16, 4, 64, 32)  # exercise

# %% [markdown] tags=["why"]
# The 128 numbers of each position are divided among 4 heads, so each head has 32. The axis of the
# heads comes before the positions: `(batch, heads, time, size)`. Then a matrix product works on all
# heads at once, each by itself.

# %% [markdown]
# The layer computes its queries, keys and values with one 128 x 128 matrix each. After the
# attention, a fourth matrix of the same size mixes the results of the heads. How many parameters
# do these matrices have together if there are 4 heads?

# %%
weights_of_layer = 65_536  # exercise

# %% [markdown] tags=["why"]
# Four matrices of 128 × 128 have 4 · 16,384 = 65,536 parameters. The number of heads does not occur
# in it: heads divide the columns of the same matrices and add none. So the choice between one head
# and four costs no parameters.

# %%
from coursekit.practice import assert_close, assert_equal, check, misconception, probe


@misconception(
    "shape_of_heads", "This gives each head all 128 numbers. The heads divide them: 32 for each."
)
def all_units():
    return (16, 4, 64, 128)


@misconception(
    "shape_of_heads",
    "The numbers are right, but the order is not. `tf.matmul` multiplies along the last "
    "two axes, so these must be positions and size.",
)
def heads_third():
    return (16, 64, 4, 32)


@misconception("shape_of_heads", "This divides the *positions*. But each head sees all 64 of them.")
def places_parted():
    return (16, 4, 16, 128)


@misconception(
    "weights_of_layer",
    "Four heads are not four layers: each has a quarter of the columns. Together they "
    "have as many parameters as one head with 128 numbers.",
)
def each_its_own():
    return 262_144


@misconception("weights_of_layer", "The fourth matrix, which mixes the heads, is missing.")
def three_matrices():
    return 49_152


@misconception("weights_of_layer", "That is one matrix of 128 x 128; there are four.")
def one_matrix():
    return 16_384


@check(
    "You know the shape of the heads",
    points=1,
    hints=(
        "How many numbers does each head get if 4 heads share 128?",
        "It gets 32. And which two axes does `tf.matmul` multiply along?",
        "(windows, heads, positions, numbers per head).",
    ),
)
def shape(student):
    assert tuple(student["shape_of_heads"]) == (16, 4, 64, 32), "(batch, heads, time, size)"


@check(
    "You know what heads cost",
    points=1,
    hints=(
        "Does the size of the matrices depend on the number of heads?",
        "It does not. Each of the four matrices takes 128 numbers and returns 128.",
        "4 * 128 * 128.",
    ),
)
def cost(student):
    assert student["weights_of_layer"] == 65_536, "four matrices of 128 x 128"


# %% [markdown]
# ## There and back
#
# Write `split_heads` and `merge_heads`. The first is a reshape followed by a transpose. Why is a
# reshape not enough? Because it never changes the order of the numbers in memory. Here are two
# positions with four numbers each, for two heads:
#
# ```text
# features            right                        reshaped only
#
# position 0  a b c d    head 1: a b (position 0)     head 1: a b (position 0)
# position 1  e f g h            e f (position 1)             c d (position 0 again!)
#                        head 2: c d (position 0)     head 2: e f (position 1)
#                                g h (position 1)             g h (position 1 again!)
# ```
#
# With the reshape alone, the first head would get all numbers of the first *positions* of the text.
# Let TensorFlow work out the first axis: -1 in a reshape means *whatever is left*. (If you have
# just read the worked lesson, close it and write from memory.)

# %%
from coursekit.prepare import show
from coursekit_transformer.practice import figures

show(
    figures.heads((8, 10, 12), heads=3),
    alt="A row of features is split into three equal parts, one for each head. The heads are "
    "drawn behind each other while each computes its own attention; then their parts are "
    "laid side by side again.",
)

# %%
from coursekit_transformer.model import split_heads  # exercise

# %% [markdown] tags=["why"]
# The reshape cuts the last axis into heads, which keeps the numbers of a position together. The
# transpose then brings the heads in front of the positions. A single reshape to `(batch, heads,
# time, size)` has the right shape and the wrong contents: the first head would get all numbers of
# the first quarter of the text. Nothing fails, and the network learns much worse.

# %%
from coursekit_transformer.model import merge_heads  # exercise

# %% [markdown] tags=["why"]
# It undoes `split_heads` in the opposite order: first the transpose, then the reshape. Without the
# transpose, the numbers of different positions would be mixed in one row, and a position would
# learn about later ones, which no mask could prevent any more.

# %%
numbers = tf.reshape(tf.range(12), (1, 3, 4))  # one row, three positions, four numbers
print("features\n", numbers[0].numpy())
print("two heads\n", split_heads(numbers, 2)[0].numpy())
print("and back\n", merge_heads(split_heads(numbers, 2))[0].numpy())

# %%
import numpy as np


def counted_features():
    """Two rows, three positions, eight numbers, all different."""
    return np.arange(2 * 3 * 8, dtype="float32").reshape(2, 3, 8)


def parted(features, heads):
    """Share out the columns, head by head."""
    return np.stack(np.split(features, heads, axis=-1), axis=1)


@probe
def split(features, heads):
    return split_heads(tf.constant(features), heads)


@probe
def merge(parts):
    return merge_heads(tf.constant(parts))


@misconception(
    "split",
    "This only reshapes: the first head gets the first positions of the text, and no head "
    "sees all of them. Reshape to (batch, time, heads, size) first, then swap the middle "
    "axes.",
)
def reshaped_only(features, heads):
    rows, time, units = features.shape
    return features.reshape(rows, heads, time, units // heads)


@misconception(
    "split", "The transpose is missing: the heads are still the third axis, not the second."
)
def not_transposed(features, heads):
    rows, time, units = features.shape
    return features.reshape(rows, time, heads, units // heads)


@misconception(
    "split",
    "The heads take turns, number by number. Any division would work for learning, but "
    "the lesson gives each head consecutive numbers: reshape to (batch, time, heads, "
    "size), in this order.",
)
def taking_turns(features, heads):
    rows, time, units = features.shape
    return features.reshape(rows, time, units // heads, heads).transpose(0, 3, 1, 2)


@misconception(
    "split", "Positions and size are swapped: the shape should be (batch, heads, time, size)."
)
def size_first(features, heads):
    return parted(features, heads).transpose(0, 1, 3, 2)


@misconception("split", "The heads come first here; the rows of the batch should.")
def heads_first(features, heads):
    return parted(features, heads).transpose(1, 0, 2, 3)


@misconception(
    "merge",
    "This only reshapes: each position gets numbers from other positions. Swap the middle "
    "axes back first, so that the heads of a position are next to each other.",
)
def merged_by_reshape(parts):
    rows, heads, time, size = parts.shape
    return parts.reshape(rows, time, heads * size)


@misconception(
    "merge", "The heads were summed. Concatenate them instead, so that each keeps its result."
)
def added_up(parts):
    return parts.sum(1)


@misconception(
    "merge", "The heads were averaged, which blends their results. Concatenate them instead."
)
def averaged(parts):
    return parts.mean(1)


@misconception(
    "merge", "The heads were concatenated along the positions. Concatenate them along the units."
)
def along_places(parts):
    return np.concatenate(list(parts.transpose(1, 0, 2, 3)), axis=1)


@misconception("merge", "The last reshape is missing: heads and size must become one axis.")
def not_flattened(parts):
    return parts.transpose(0, 2, 1, 3)


@check(
    "Each head takes its columns of every position",
    points=2,
    hints=(
        "Into which two axes must the last axis be split?",
        "Reshape (batch, time, units) to (batch, time, heads, size), which keeps the order of "
        "the numbers. Then move the heads before the positions.",
        "`tf.transpose(tf.reshape(features, [-1, time, heads, units // heads]), [0, 2, 1, 3])`.",
    ),
)
def parts(student):
    features = counted_features()
    for heads in (2, 4):
        found = student.split(features, heads)
        expected = parted(features, heads)
        said = f"{heads} heads of (2, 3, 8)"
        assert np.shape(found) == expected.shape, (
            f"{said} have the shape {np.shape(found)}, not {expected.shape}"
        )
        assert_equal(found, expected, said)


@check(
    "After merging, each position has its own numbers again",
    points=2,
    hints=(
        "Which axes must be next to each other before a reshape can join them?",
        "Heads and size: transpose to (batch, time, heads, size), then reshape.",
        "`tf.reshape(tf.transpose(parts, [0, 2, 1, 3]), [-1, time, heads * size])`.",
    ),
)
def together(student):
    features = counted_features()
    found = student.merge(parted(features, 4))
    assert np.shape(found) == (2, 3, 8), f"the shape is {np.shape(found)}, not (2, 3, 8)"
    assert_equal(found, features, "split and merged again")


# %% [markdown]
# ## Where am I?
#
# Attention compares keys with queries, and a sum over positions does not depend on their order.
# Shuffle the earlier characters, and a position gets the same average from one layer. So the
# network must be told where each character is. The first transformer added a vector for each
# position to the features. Here the queries and keys are **rotated** ([Su et al.
# 2021](https://arxiv.org/abs/2104.09864)): the numbers of a vector are taken in pairs. A pair is a
# point in the plane, and it is rotated about the origin by an angle that grows with the position.
#
# $$\begin{pmatrix} a' \\ b' \end{pmatrix} =
# \begin{pmatrix} \cos\varphi & -\sin\varphi \\ \sin\varphi & \cos\varphi \end{pmatrix}
# \begin{pmatrix} a \\ b \end{pmatrix},
# \qquad \varphi = \text{position} \cdot \text{rate}$$
#
# If two points are rotated by the same angle, their dot product stays the same. So the dot product
# of a rotated query and a rotated key depends only on **how far apart** their positions are. That
# is just what a text needs: the previous letter means the same on line 1 as on line 1,000.
#
# The pairs rotate at different rates, like the hands of a clock. `rates` is given. Write the rest
# of `rotated`. Pair $i$ consists of number $i$ of the vector's first half and number $i$ of its
# second half. Positions are counted from `first`.

# %%
show(
    figures.turns(range(6), (0, 4, 8, 15), size=32, base=ROTATION),
    alt="Four rows of clocks, one for each pair of numbers, at positions 0 to 5. The hand of "
    "pair 0 turns by one radian at every position, that of pair 4 by a tenth; the last "
    "two hardly move.",
)

# %%
from coursekit_transformer.model import rotated  # exercise

# %% [markdown] tags=["why"]
# Each pair is a point in the plane that is turned by position times rate, so a dot product depends
# on the difference of two positions only. Fast pairs tell neighbours apart, slow ones distant
# positions. Counting from `first` matters when the network writes with a cache: the new positions
# are later ones, not the first ones. The two halves are the two coordinates; if one sign is wrong,
# the points are not rotated but mirrored, and the distances are lost.

# %%
turning = rotated(tf.ones((1, 4, 2)))[0].numpy()
print(turning.round(2), "\nlengths", np.linalg.norm(turning, axis=-1).round(2))

# %%


def turned(vectors, first=0, rate_of=10_000.0, sign=1):
    """Turn by multiplying with complex numbers: an independent way."""
    time, size = vectors.shape[-2:]
    half = size // 2
    pairs = vectors[..., :half] + 1j * vectors[..., half:]
    rates = rate_of ** (-np.arange(half) / half)
    pairs = pairs * np.exp(sign * 1j * (first + np.arange(time))[:, None] * rates)
    return np.concatenate([pairs.real, pairs.imag], axis=-1)


def some_vectors():
    return np.random.default_rng(6).normal(size=(2, 5, 6)).astype("float32")


@probe
def rotate(vectors, first):
    return rotated(tf.constant(vectors), first)


@probe
def products(vectors, first):
    """Multiply the same vector, turned at each position, with itself at each position."""
    there = rotated(tf.constant(vectors), first)
    return tf.matmul(there, there, transpose_b=True)


@misconception("rotate", "`first` is not used: positions are counted from 0.")
def from_zero(vectors, first):
    return turned(vectors)


@misconception("rotate", "It rotates backwards: check the two signs of sin.")
def backwards(vectors, first):
    return turned(vectors, first, sign=-1)


@misconception(
    "rotate",
    "Both signs of sin are the same. That stretches the vectors instead of rotating them, "
    "and dot products no longer depend on distances alone.",
)
def same_signs(vectors, first):
    time, size = vectors.shape[-2:]
    left, right = np.split(vectors, 2, axis=-1)
    angles = (first + np.arange(time))[:, None] * 10_000.0 ** (-np.arange(size // 2) * 2 / size)
    cos, sin = np.cos(angles), np.sin(angles)
    return np.concatenate([left * cos + right * sin, left * sin + right * cos], axis=-1)


@misconception("rotate", "All pairs rotate at the same rate. Use `rates`, one for each pair.")
def one_rate(vectors, first):
    return turned(vectors, first, rate_of=1.0)


@misconception(
    "rotate",
    "The pairs are neighbours (0 and 1, 2 and 3). That is also a rotation, but it does "
    "not match the lesson's parameters: a pair has one number from each *half*.",
)
def neighbours(vectors, first):
    order = np.concatenate([np.arange(0, vectors.shape[-1], 2), np.arange(1, vectors.shape[-1], 2)])
    found = np.empty_like(vectors)
    found[..., order] = turned(vectors[..., order], first)
    return found


@misconception("rotate", "Nothing is rotated: the vectors come out as they went in.")
def not_turned(vectors, first):
    return vectors


@misconception(
    "rotate",
    "Every position is rotated by the same angle; the angle should grow with the position.",
)
def one_angle(vectors, first):
    return np.concatenate(
        [turned(vectors[..., place : place + 1, :], first + 1) for place in range(5)], axis=-2
    )


@misconception(
    "products",
    "The dot products change when the text is moved. The same two vectors at the same "
    "distance should give the same product wherever they are. Is each pair rotated, "
    "without changing its length?",
)
def moved(vectors, first):
    there = same_signs(vectors, first)
    return np.einsum("...id,...jd->...ij", there, there)


@check(
    "Each pair rotates at its own rate",
    points=3,
    hints=(
        "By what angle is pair i at position t rotated?",
        "By (first + t) * rates[i]: a column of positions times the row of rates. "
        "`tf.split(vectors, 2, axis=-1)` gives the two numbers of every pair.",
        "`tf.concat([left * cos - right * sin, left * sin + right * cos], axis=-1)`.",
    ),
)
def turns(student):
    vectors = some_vectors()
    expected = turned(vectors)
    found = student.rotate(vectors, 0)
    assert_close(found, expected, "five positions, starting at 0", atol=1e-4)


@check(
    "Positions are counted from `first`",
    points=1,
    after="turns",
    hints=(
        "What is the number of the first position?",
        "It is `first`, and the next one is `first + 1`.",
        "`tf.cast(first + tf.range(time), tf.float32)`.",
    ),
)
def starts(student):
    vectors = some_vectors()
    expected = turned(vectors, 7)
    found = student.rotate(vectors, 7)
    assert_close(found, expected, "five positions, starting at 7", atol=1e-4)


@check(
    "Only distances count",
    points=1,
    hints=(
        "What happens to the dot product of two points if both are rotated by the same angle?",
        "Nothing: a rotation keeps their lengths and the angle between them.",
        "The two signs of sin must differ: minus in the first half, plus in the second one.",
    ),
)
def distances(student):
    same = np.repeat(some_vectors()[:1, :1], 5, axis=1)
    here, there = student.products(same, 0), student.products(same, 30)
    assert np.shape(here) == (1, 5, 5), "five vectors times five vectors"
    assert_close(there, here, "the same text, 30 positions later", atol=1e-3)
    assert np.ptp(here[0, 0]) > 0.1, "the product is the same at every distance: nothing is rotated"


# %% [markdown]
# ## The layer
#
# Here is the lesson's attention layer, built on your three functions. One matrix product turns
# `features` into queries, keys and values, the heads attend, and a last matrix mixes the merged
# results. (`memory` is for exercise 5.)

# %%
from coursekit_transformer.model import SelfAttention  # show

# %% [markdown]
# ## One head or many?
#
# Three networks learn the lesson's text with your layer. They have the same number of parameters.
# One has a single head, one has four, and one has sixteen, with only four numbers left for each
# query. A fourth network has four heads but does not know the positions: `rotated` is left out.
# **Predict** how they rank.

# %% tags=["train"]
from coursekit.prepare import prepare
from coursekit_transformer import TransformerLesson
from coursekit_transformer.build import build_model
from coursekit_transformer.model import Block
from coursekit_transformer.practice.compare import curves, learn


class Unordered(SelfAttention):
    """Attention that does not know the order of the characters."""

    def call(self, features, seen, memory=None):
        projected = tf.split(self.project(features), 3, axis=-1)
        queries, keys, values = (split_heads(part, self.heads) for part in projected)
        mixed, weights = self.attend(queries, keys, values, seen)
        return self.merge(merge_heads(mixed)), (keys, values), weights


# %% tags=["train"]
STEPS = 600
losses = {}
for heads, attention in (
    (1, SelfAttention),
    (4, SelfAttention),
    (16, SelfAttention),
    (4, Unordered),
):
    settings, data = prepare(TransformerLesson(), epochs=1, units=64, layers=2, heads=heads)
    model = build_model(data, settings, block=partial(Block, attention=attention))
    name = f"{heads} head{'s' if heads > 1 else ''}"
    name += "" if attention is SelfAttention else ", no positions"
    losses[name] = learn(model, data.train.batches(0).take(STEPS))
    print(f"{name:21} {model.count_params():,} parameters, loss {losses[name][-50:].mean():.3f}")
show(
    curves("The same number of parameters, divided among heads", losses),
    alt="Four falling loss curves, one for each network.",
)

# %% [markdown]
# In our run the four heads were best, with a loss of 1.81. One head had 1.85, sixteen had 1.87, and
# the network without positions 2.29. (That is one seed. The first three are so close that another
# seed may change their order.) Positions matter far more than the number of heads. Without them the
# network knows which characters came before, but hardly in which order: at their last letter *tea*
# and *eta* look alike. It is not completely blind, because the mask gives a hint: an early position
# sees fewer characters than a late one ([Haviv et al. 2022](https://arxiv.org/abs/2203.16634)).
#
# **Next:** `coursekit check transformer/heads`, then `coursekit next`.
