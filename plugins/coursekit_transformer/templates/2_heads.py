# %% [markdown]
# # Many heads by reshaping
#
# **Goal.** Let a layer look in several ways at once, and tell the places of a text apart.
#
# **Time.** 35 minutes
#
# **Before.** exercise 1; `tf.reshape` and `tf.transpose`
#
# **Kind.** predict, complete, measure
#
# One attention gives each place one mixture. But a character may need to know several things: who
# speaks, which word has begun, how long the line is. So a layer has several **heads**. Each has its
# own small queries, keys and values, and its own weights; what the heads found is laid side by
# side.
#
# No loop is needed for that. The features of a place are a row of numbers; the first head takes
# the first part of the row, the second head the next. With the right axes in front, one product
# does it for all heads at once:
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
# The features of a batch have the shape (16, 64, 128): 16 windows of 64 places, 128 numbers each.
# They are shared out among 4 heads. Which shape do the heads have?

# %%
shape_of_heads = (16, 4, 64, 32)  # exercise

# %% [markdown]
# The layer makes its queries, keys and values by one matrix each, of 128 x 128, and after the
# attention a fourth of the same size mixes what the heads found. How many weights are these if
# there are 4 heads?

# %%
weights_of_layer = 65_536  # exercise

# %%
from coursekit.practice import assert_close, assert_equal, check, misconception, probe


@misconception(
    "shape_of_heads", "Each head has all 128 numbers here. The heads share them out: 32 for each."
)
def all_units():
    return (16, 4, 64, 128)


@misconception(
    "shape_of_heads",
    "The numbers are right, the order is not: `tf.matmul` multiplies the last two axes, so these "
    "must be places and size.",
)
def heads_third():
    return (16, 64, 4, 32)


@misconception("shape_of_heads", "The *places* were shared out. Each head sees all 64 of them.")
def places_parted():
    return (16, 4, 16, 128)


@misconception(
    "weights_of_layer",
    "Four heads are not four layers: each has a quarter of the columns. Together they cost as much "
    "as one head with 128 numbers.",
)
def each_its_own():
    return 262_144


@misconception("weights_of_layer", "The fourth matrix is missing, which mixes the heads.")
def three_matrices():
    return 49_152


@misconception("weights_of_layer", "That is one matrix of 128 x 128; there are four.")
def one_matrix():
    return 16_384


@check(
    "You know the shape of the heads",
    points=1,
    hints=(
        "How many numbers are left for each head, if 4 share 128?",
        "32. And which two axes does `tf.matmul` multiply?",
        "(windows, heads, places, numbers of a head).",
    ),
)
def shape(student):
    assert tuple(student["shape_of_heads"]) == (16, 4, 64, 32), "(batch, heads, time, size)"


@check(
    "You know what heads cost",
    points=1,
    hints=(
        "Does the size of the matrices depend on the number of heads?",
        "It does not: 128 numbers go in, 128 come out, four times.",
        "4 * 128 * 128.",
    ),
)
def cost(student):
    assert student["weights_of_layer"] == 65_536, "four matrices of 128 x 128"


# %% [markdown]
# ## There and back
#
# Write `split_heads` and `merge_heads`. The first is a reshape and then a transpose. Why not a
# reshape alone? Because a reshape never changes the order in which numbers stand in memory: it
# would hand the first head the first *places* of the text. Leave the first axis to TensorFlow: -1
# in a reshape means *as many as are left*.

# %%
from coursekit.prepare import show
from coursekit_transformer.practice import figures

show(
    figures.heads((8, 10, 12), heads=3),
    alt="A row of features is split into three equal parts, one for each head. The heads stand "
    "behind each other while each attends by itself; then their parts are laid side by side again.",
)

# %%
from coursekit_transformer.model import split_heads  # exercise

# %%
from coursekit_transformer.model import merge_heads  # exercise

# %%
numbers = tf.reshape(tf.range(12), (1, 3, 4))  # one row, three places, four numbers
print("features\n", numbers[0].numpy())
print("two heads\n", split_heads(numbers, 2)[0].numpy())
print("and back\n", merge_heads(split_heads(numbers, 2))[0].numpy())

# %%
import numpy as np


def counted_features():
    """Two rows, three places, eight numbers: each tells where it stands."""
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
    "Only reshaped: the first head has got the first places of the text, and no head sees the "
    "others. Reshape to (batch, time, heads, size) first, then exchange the middle axes.",
)
def reshaped_only(features, heads):
    rows, time, units = features.shape
    return features.reshape(rows, heads, time, units // heads)


@misconception("split", "The transpose is missing: the heads are the third axis, not the second.")
def not_transposed(features, heads):
    rows, time, units = features.shape
    return features.reshape(rows, time, heads, units // heads)


@misconception(
    "split",
    "The heads take turns, number by number. Any sharing out would do for learning, but the lesson "
    "lays the heads side by side: reshape to (batch, time, heads, size), in this order.",
)
def taking_turns(features, heads):
    rows, time, units = features.shape
    return features.reshape(rows, time, units // heads, heads).transpose(0, 3, 1, 2)


@misconception("split", "Places and size are exchanged: (batch, heads, time, size) is asked for.")
def size_first(features, heads):
    return parted(features, heads).transpose(0, 1, 3, 2)


@misconception("split", "The heads stand first; the rows of the batch should.")
def heads_first(features, heads):
    return parted(features, heads).transpose(1, 0, 2, 3)


@misconception(
    "merge",
    "Only reshaped: each place has got numbers of other places. Exchange the middle axes back "
    "first, so that the heads of a place stand side by side.",
)
def merged_by_reshape(parts):
    rows, heads, time, size = parts.shape
    return parts.reshape(rows, time, heads * size)


@misconception("merge", "The heads were added up. Side by side each keeps what it found.")
def added_up(parts):
    return parts.sum(1)


@misconception("merge", "The mean of the heads: what one found is mixed with the others.")
def averaged(parts):
    return parts.mean(1)


@misconception("merge", "The heads lie behind each other along the places, not side by side.")
def along_places(parts):
    return np.concatenate(list(parts.transpose(1, 0, 2, 3)), axis=1)


@misconception("merge", "The last reshape is missing: heads and size should become one axis.")
def not_flattened(parts):
    return parts.transpose(0, 2, 1, 3)


@check(
    "Each head takes its columns of every place",
    points=2,
    hints=(
        "Into which two numbers does the last axis fall apart?",
        "Reshape (batch, time, units) to (batch, time, heads, size): the order of the numbers "
        "stays. Then put the heads before the places.",
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
    "Merged, each place has its own numbers again",
    points=2,
    hints=(
        "Which axes must stand side by side before they become one?",
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
# Attention compares keys with queries, and a sum over places does not care about their order:
# shuffle the text, and each place gets the same mixture. So the places must be told apart. The
# first transformer added a vector for each place to the features. Here the queries and keys are
# **turned** (Su et al. 2021): the numbers of a vector are taken in pairs, and a pair is a point
# in the plane that is turned about 0 by an angle that grows with the place.
#
# $$\begin{pmatrix} a' \\ b' \end{pmatrix} =
# \begin{pmatrix} \cos\varphi & -\sin\varphi \\ \sin\varphi & \cos\varphi \end{pmatrix}
# \begin{pmatrix} a \\ b \end{pmatrix},
# \qquad \varphi = \text{place} \cdot \text{rate}$$
#
# Turn two points by the same angle, and their product does not change; so the product of a turned
# query and a turned key depends only on **how far apart** their places are. That is just what a
# text needs: the letter before means the same on line 1 and on line 1,000.
#
# The pairs turn at different rates, as the hands of a clock: `rates` is given. Write the rest of
# `rotated`. The first number of pair $i$ is number $i$ of the first half of the vector, the second
# is number $i$ of the second half. The places count from `first`.

# %%
show(
    figures.turns(range(6), (0, 4, 8, 15), size=32, base=ROTATION),
    alt="Four rows of clocks, one for each pair of numbers, at places 0 to 5. The hand of pair 0 "
    "turns by one radian at every place, that of pair 4 by a tenth; the last two hardly move.",
)

# %%
from coursekit_transformer.model import rotated  # exercise

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
    """Multiply the same vector, turned at each place, with itself at each place."""
    there = rotated(tf.constant(vectors), first)
    return tf.matmul(there, there, transpose_b=True)


@misconception("rotate", "`first` is not used: the places count from 0.")
def from_zero(vectors, first):
    return turned(vectors)


@misconception("rotate", "It turns backwards: check the two signs of sin.")
def backwards(vectors, first):
    return turned(vectors, first, sign=-1)


@misconception(
    "rotate",
    "Both signs of sin are the same: then it does not turn, but stretches, and products no longer "
    "depend on distances alone.",
)
def same_signs(vectors, first):
    time, size = vectors.shape[-2:]
    left, right = np.split(vectors, 2, axis=-1)
    angles = (first + np.arange(time))[:, None] * 10_000.0 ** (-np.arange(size // 2) * 2 / size)
    cos, sin = np.cos(angles), np.sin(angles)
    return np.concatenate([left * cos + right * sin, left * sin + right * cos], axis=-1)


@misconception("rotate", "All pairs turn at the same rate: use `rates`, one for each pair.")
def one_rate(vectors, first):
    return turned(vectors, first, rate_of=1.0)


@misconception(
    "rotate",
    "The pairs are neighbours (0 and 1, 2 and 3). That turns as well, but these weights would not "
    "fit the lesson's: a pair has one number of each *half*.",
)
def neighbours(vectors, first):
    order = np.concatenate([np.arange(0, vectors.shape[-1], 2), np.arange(1, vectors.shape[-1], 2)])
    found = np.empty_like(vectors)
    found[..., order] = turned(vectors[..., order], first)
    return found


@misconception("rotate", "Nothing is turned: the vectors come out as they went in.")
def not_turned(vectors, first):
    return vectors


@misconception("rotate", "Every place is turned by the same angle; it should grow with the place.")
def one_angle(vectors, first):
    return np.concatenate(
        [turned(vectors[..., place : place + 1, :], first + 1) for place in range(5)], axis=-2
    )


@misconception(
    "products",
    "The products change when the text is moved: the same two vectors at the same distance should "
    "give the same product wherever they stand. Is each pair turned, with its length kept?",
)
def moved(vectors, first):
    there = same_signs(vectors, first)
    return np.einsum("...id,...jd->...ij", there, there)


@check(
    "Each pair turns at its own rate",
    points=3,
    hints=(
        "By which angle is pair i of place t turned?",
        "By (first + t) * rates[i]: a column of places times the row of rates. `tf.split(vectors, "
        "2, axis=-1)` gives the two numbers of every pair.",
        "`tf.concat([left * cos - right * sin, left * sin + right * cos], axis=-1)`.",
    ),
)
def turns(student):
    vectors = some_vectors()
    expected = turned(vectors)
    found = student.rotate(vectors, 0)
    assert_close(found, expected, "five places, from 0 on", atol=1e-4)


@check(
    "The places count from `first`",
    points=1,
    after="turns",
    hints=(
        "Which number has the first place of the vectors?",
        "`first`, the next one `first + 1`.",
        "`tf.cast(first + tf.range(time), tf.float32)`.",
    ),
)
def starts(student):
    vectors = some_vectors()
    expected = turned(vectors, 7)
    found = student.rotate(vectors, 7)
    assert_close(found, expected, "five places, from 7 on", atol=1e-4)


@check(
    "Only distances count",
    points=1,
    hints=(
        "What happens to the product of two points if both are turned by the same angle?",
        "Nothing, if turning keeps their lengths and the angle between them.",
        "The two signs of sin must differ: minus in the first half, plus in the second.",
    ),
)
def distances(student):
    same = np.repeat(some_vectors()[:1, :1], 5, axis=1)
    here, there = student.products(same, 0), student.products(same, 30)
    assert np.shape(here) == (1, 5, 5), "five vectors times five vectors"
    assert_close(there, here, "the same text, 30 places later", atol=1e-3)
    assert np.ptp(here[0, 0]) > 0.1, "the product is the same at every distance: nothing turns"


# %% [markdown]
# ## The layer
#
# Here is the lesson's attention, and it uses your three functions. (`memory` is for exercise 5.)
# `features` become queries, keys and values by one product; the heads look; what they found is
# merged and mixed by a last matrix.

# %%
from coursekit_transformer.model import SelfAttention  # show

# %% [markdown]
# ## One head or many?
#
# Three networks learn the lesson's text with your layer. They have the same number of weights; one
# looks in a single way, one in four, one in sixteen, with only four numbers left for each query.
# A fourth has four heads, and its places are not told apart: `rotated` is left out. **Predict**
# the order in which they come in.

# %% tags=["train"]
from coursekit.prepare import prepare
from coursekit_transformer import TransformerLesson
from coursekit_transformer.build import build_model
from coursekit_transformer.model import Block
from coursekit_transformer.practice.compare import curves, learn


class Unordered(SelfAttention):
    """Attention that cannot tell one place from another."""

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
    name = f"{heads} heads" if attention is SelfAttention else f"{heads} heads, no places"
    losses[name] = learn(model, data.train.batches(0).take(STEPS))
    print(f"{name:18} {model.count_params():,} weights, loss {losses[name][-50:].mean():.3f}")
show(
    curves("The same weights, shared out in different ways", losses),
    alt="Four falling curves; without telling the places apart the network stays far above the "
    "others.",
)

# %% [markdown]
# The places matter far more than the number of heads. Without them the network knows which
# characters stand before, and not in which order: *tea* and *eat* are the same to it. (It is not
# wholly blind. The mask gives a hint: an early place sees fewer characters than a late one.)
#
# **Next:** `coursekit check transformer/heads`, then `coursekit next`.
