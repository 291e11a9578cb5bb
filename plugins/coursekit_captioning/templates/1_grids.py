# %% [markdown]
# # A picture becomes a grid, and the grid a row of cells
#
# **Goal.** Keep track of which part of a picture each cell of the feature grid describes.
#
# **Time.** 25 minutes
#
# **Before.** the lesson `captioning` up to its encoder: kernel, stride, padding, receptive field
#
# **Kind.** predict, complete, measure
#
# A translator attends to words, which come in a row. A captioner attends to *places*. Its encoder
# turns the picture into a small grid of feature vectors. The grid is then flattened into a row of
# cells, so that attention can treat cells as it treats words. When the network looks at cell 37,
# the program must know where in the picture that cell is. If it gets this wrong, nothing crashes.
# The overlays are drawn in the wrong place, and the score that says where the network looked is
# wrong, too.

# %%

import keras
import numpy as np
import tensorflow as tf
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle

from coursekit_captioning.data import drawn_examples
from coursekit_captioning.evaluate import is_inside
from coursekit_captioning.scenes import draw
from coursekit_captioning.decode import Attention

# %% [markdown]
# ## Predict first
#
# The encoder of the lesson takes pictures of 64 x 64 pixels. These are its convolutions, all
# padded with `"same"`:
#
# | convolution | kernel | stride |
# | --- | --- | --- |
# | 1 | 4 | 2 |
# | 2 | 4 | 2 |
# | 3 | 3 | 1 |
# | 4 | 4 | 2 |
# | 5 | 3 | 1 |
#
# How many **cells** does attention choose from? And how large is the *receptive field* of a cell,
# that is, how many **pixels** along each side can it see?
#
# Go from the first convolution to the last. After convolution 1 a cell sees 4 pixels. With its
# stride of 2, the next cell sees 4 pixels that begin 2 pixels further. The kernel of convolution 2
# reaches from one cell to the third one after it, so it adds 3 × 2 pixels. Continue in this way.

# %%
cells = 64  # exercise

# %% [markdown] tags=["why"]
# Three of the convolutions have a stride of 2, and with `same` padding each of them halves the
# side: 64, 32, 16, 8. So the grid has 8 × 8 = 64 cells. The other convolutions leave the size as it
# is.

# %%
sees = 46  # exercise

# %% [markdown] tags=["why"]
# A pixel of the last map starts with 1. The kernels add 3, 3, 2, 3 and 2 steps, and one step is 1,
# 2, 4, 4 and 8 pixels long, so the receptive field is 1 + 3 + 6 + 8 + 12 + 16 = 46. That is why a
# bright cell does not mean that the network looked at these 8 × 8 pixels only.

# %%
from coursekit.practice import assert_close, check, misconception, probe


@misconception("cells", "8 is the side of the grid, which has 8 rows of 8 cells.")
def side_alone():
    return 8


@misconception("cells", "4 is the side that is left if the strides of 1 halve the grid, too.")
def every_one_halves():
    return 4


@misconception(
    "cells", "4,096 is the number of pixels. A stride of 2 keeps every other row and column."
)
def pixels():
    return 4096


@misconception(
    "cells", "512 is the number of pixels divided by 8 once. The grid shrinks in both directions."
)
def shrinks_once():
    return 512


@misconception("sees", "8 is how far apart two cells are. Each sees more than that: they overlap.")
def stride_alone():
    return 8


@misconception(
    "sees",
    "14 counts every step as one pixel. After a stride of 2 a step is two pixels long.",
)
def strides_forgotten():
    return 14


@misconception(
    "sees",
    "A convolution's stride lengthens the steps of *later* convolutions, not its own.",
)
def own_stride_too():
    return 67


@check(
    "You know how many cells there are",
    points=1,
    hints=(
        "How many times is the side of the picture halved?",
        "Three strides of 2: how many rows and columns are left of 64?",
        "The grid is 8 cells high and 8 wide.",
    ),
)
def prediction(student):
    assert student["cells"] == 64, "halve the side for each stride of 2, then square it"


@check(
    "You know how much a cell sees",
    points=1,
    hints=(
        "Before each convolution, how many pixels apart are two neighbouring cells?",
        "The steps are 1, 2, 4, 4 and 8 pixels long.",
        "1 + 3 * 1 + 3 * 2 + 2 * 4 + 3 * 4 + 2 * 8.",
    ),
)
def receptive_field(student):
    assert student["sees"] == 46, "start with 1 and add (kernel - 1) steps for each convolution"


# %% [markdown]
# A cell sees more than half of the picture in each direction. So "where the network looked" means
# the *middle* of what the cell saw. There is no sharp border.
#
# ## From cells to places
#
# A convolution responds to a circle in the same way wherever the circle is. So the encoder needs to
# be told where each cell is. `coordinates` returns the **middle** of each cell as two numbers, from
# -1 (top, left) to 1 (bottom, right): down first, then across. The rows must be in the order in
# which `tf.reshape` flattens a grid.

# %%
from coursekit.prepare import show
from coursekit_captioning.practice import figures

show(
    figures.picture_to_cells(
        64, ((24, 4, 2), (48, 4, 2), (80, 3, 1), (128, 4, 2), (128, 3, 1)), 256
    ),
    alt="A picture of a circle and a square becomes a grid of cells. One cell is marked. In the "
    "picture a small frame shows the place of this cell, and a larger one its receptive field.",
)

# %%
from coursekit_captioning.model import coordinates  # exercise

# %% [markdown] tags=["why"]
# The middle of cell `i` of `side` is at `(i + 0.5) / side`, and the rest maps 0 to 1 onto -1 to 1.
# Without the 0.5 it would be the corner, and everything would be shifted by half a cell.
# `indexing="ij"` makes the first number count downwards, and `reshape` goes through a grid row by
# row, so the rows of the result are in the order of the cells. With the default of `meshgrid`, down
# and across would be swapped, and the network would learn a mirrored picture.

# %% [markdown]
# Here is a flattened grid of 2 x 2, with the coordinates of its cells beside it. Do they match?

# %%
grid = tf.constant([["top left", "top right"], ["bottom left", "bottom right"]])
for name, place in zip(
    tf.reshape(grid, [-1]).numpy(), np.asarray(coordinates(2)).tolist(), strict=True
):
    print(f"{name.decode():14}{place}")

# %% [markdown]
# ## And back
#
# `peak` takes the attention weights of one word, a flat row. It returns the point where the network
# looked most, in fractions of the picture: **across first, then down**, in the same order as the
# boxes of things. In some networks, what a cell sees lies a little below and to the right of the
# cell's middle. `offset` says how far, in cells.

# %%
from coursekit_captioning.evaluate import peak  # exercise

# %% [markdown] tags=["why"]
# A flat row is numbered row by row, so the quotient by `side` is the row (down) and the remainder
# is the column (across). Boxes are given across first, so the two are swapped on return. Adding 0.5
# takes the middle of the cell. The side is computed from the number of weights, because pictures of
# other sizes have other grids.

# %%
import numpy as np


@probe
def places(side):
    return np.asarray(coordinates(side))


@probe
def looked(weights, offset):
    return tuple(map(float, peak(weights, offset)))


def table(side, numbers):
    return np.array([[down, across] for down in numbers for across in numbers], "float32")


def point(weights, beyond=0.5):
    side = round(len(weights) ** 0.5)
    place = int(np.argmax(weights))
    return (place % side + beyond) / side, (place // side + beyond) / side


@misconception(
    "places",
    "This puts the first and the last cell on the border of the picture, as "
    "`linspace(-1, 1, side)` does. Their middles are half a cell further inside.",
)
def on_the_border(side):
    return table(side, np.linspace(-1, 1, side) if side > 1 else [-1.0])


@misconception(
    "places", "These are the upper left corners of the cells. Everything is off by half a cell."
)
def corners(side):
    return table(side, np.arange(side) / side * 2 - 1)


@misconception(
    "places",
    "Across comes first here, as x does in a drawing. In an array the row comes first.",
)
def across_first(side):
    return table(side, (np.arange(side) + 0.5) / side * 2 - 1)[:, ::-1]


@misconception("places", "The numbers run from 0 to 1. They should run from -1 to 1.")
def from_zero(side):
    return table(side, (np.arange(side) + 0.5) / side)


@misconception("places", "These are row and column numbers, not places in the picture.")
def counted(side):
    return table(side, np.arange(side))


@misconception(
    "places",
    "`stack` put down and across on the first axis, so `reshape` pairs down with down. Stack them "
    "along the last axis: `axis=-1`.",
)
def stacked_in_front(side):
    return table(side, (np.arange(side) + 0.5) / side * 2 - 1).T.reshape(-1, 2)


@misconception(
    "places", "The grid is not flattened: its shape is (side, side, 2), not (side * side, 2)."
)
def not_flat(side):
    return table(side, (np.arange(side) + 0.5) / side * 2 - 1).reshape(side, side, 2)


@misconception("looked", "Down comes first here. Boxes and drawings give across first.")
def down_first(weights, offset):
    return point(weights, 0.5 + offset)[::-1]


@misconception("looked", "This is the cell's upper left corner. Add half a cell to get its middle.")
def corner(weights, offset):
    return point(weights, offset)


@misconception(
    "looked",
    "This divides by `side - 1`, which stretches the grid: the middles of the cells are not where "
    "they should be. Divide by `side`.",
)
def stretched(weights, offset):
    side = round(len(weights) ** 0.5)
    return tuple(part * side / (side - 1) for part in point(weights, offset))


@misconception("looked", "These values run from -1 to 1. A place in the picture runs from 0 to 1.")
def from_minus_one(weights, offset):
    return tuple(2 * part - 1 for part in point(weights, 0.5 + offset))


@misconception("looked", "`offset` is left out. The overlay would be off by that much.")
def offset_left_out(weights, offset):
    return point(weights)


@misconception(
    "looked",
    "`offset` is counted in cells, and a cell is 1 / `side` of the picture: divide it, too.",
)
def offset_of_pictures(weights, offset):
    return tuple(part + offset for part in point(weights))


@misconception("looked", "This is where the network looked *least*. Use argmax, not argmin.")
def least(weights, offset):
    return point(-np.asarray(weights), 0.5 + offset)


@misconception(
    "looked",
    "This assumes a grid of 8 x 8. Scenes have one, but a photograph has 7 x 7 cells.",
)
def always_eight(weights, offset):
    down, across = divmod(int(np.argmax(weights)), 8)
    return (across + 0.5 + offset) / 8, (down + 0.5 + offset) / 8


@check(
    "There is one row for each cell",
    points=1,
    hints=(
        "How many cells does a grid have, and how many numbers say where a cell is?",
        "Make the grid first, (side, side, 2), then flatten its first two axes.",
        "End with `.reshape(-1, 2)`.",
    ),
)
def rows(student):
    found = student.places(3)
    assert np.shape(found) == (9, 2), (
        f"a grid of 3 x 3 gave the shape {np.shape(found)}, not (9, 2)"
    )
    assert np.isfinite(found).all(), "the coordinates are not numbers"
    different = len(set(map(tuple, found.tolist())))
    assert different == 9, f"nine cells are in {different} different places"
    assert found[0].sum() < found[-1].sum(), "the first cell is top left, the last bottom right"


@check(
    "The coordinates are those of the middles",
    points=3,
    after="rows",
    hints=(
        "Where is the middle of the first of 8 cells, if the picture goes from 0 to 8?",
        "Cell i reaches from i to i + 1. Take its middle, and scale it to the range from -1 to 1.",
        "`(np.arange(side) + 0.5) / side * 2 - 1`, then `np.meshgrid(..., indexing='ij')`.",
    ),
)
def middles(student):
    expected = table(4, [-0.75, -0.25, 0.25, 0.75])
    assert_close(student.places(4), expected, "a grid of 4 x 4: down, across", atol=1e-5)
    expected = table(5, [-0.8, -0.4, 0.0, 0.4, 0.8])
    assert_close(student.places(5), expected, "a grid of 5 x 5: down, across", atol=1e-5)


@check(
    "The peak is found in a grid of any size",
    points=2,
    hints=(
        "In which row and column of the grid is cell 37?",
        "`divmod` by the side gives row and column. The side is the square root of the cells.",
        "Return `(across + 0.5 + offset) / side, (down + 0.5 + offset) / side`.",
    ),
)
def peaks(student):
    for side, down, across, offset in ((8, 4, 5, 0), (7, 1, 6, 0), (2, 1, 0, 0), (8, 4, 5, 0.25)):
        weights = np.full(side * side, 0.1, "float32")
        weights[down * side + across] = 0.7
        weights[0] = 0.05
        expected = (across + 0.5 + offset) / side, (down + 0.5 + offset) / side
        assert_close(
            student.looked(weights, offset),
            expected,
            f"row {down}, column {across} of a grid of {side} x {side}, offset {offset}",
            atol=1e-5,
        )


# %% [markdown]
# ## What a mistake would have cost
#
# Imagine a network that always looks at the right thing: of the 64 cells it picks the one whose
# middle is nearest to the middle of the thing. The lesson's score, the share of words whose peak is
# in the thing's box, should then be 100 %. The next cells compute it with your functions, and then
# with three kinds of mistake.

# %%
SHOWN = 8  # of the examples
examples = [e for e in drawn_examples("train", 600) if e.scene and len(e.scene.things) == 1]


def right_cell(box) -> np.ndarray:
    """Return the weights of a network that looks at the middle of a box."""
    middle = np.array([box.top + box.bottom, box.left + box.right]) - 1
    far = np.sum((np.asarray(coordinates(8)) - middle) ** 2, axis=1)
    return np.eye(64, dtype=np.float32)[np.argmin(far)]


HALF = 0.5 / 8
readings = {
    "yours": lambda weights: peak(weights),
    "corners instead of middles": lambda weights: tuple(part - HALF for part in peak(weights)),
    "flattened column by column": lambda weights: peak(weights.reshape(8, 8).T.ravel()),
    "turned upside down": lambda weights: (peak(weights)[0], 1 - peak(weights)[1]),
}

# %% tags=["train"]
figure = Figure(figsize=(9, 2.6), layout="constrained")
panels = figure.subplots(1, len(readings))
for panel, (name, reading) in zip(panels, readings.items(), strict=True):
    boxes = [example.scene.things[0].box for example in examples]
    points = [reading(right_cell(box)) for box in boxes]
    hits = np.mean([is_inside(*pair) for pair in zip(points, boxes, strict=True)])
    print(f"{name:28}{hits:6.1%} of {len(boxes)} things")
    box, (across, down) = boxes[SHOWN], points[SHOWN]
    panel.imshow(draw(examples[SHOWN].scene), extent=(0, 1, 1, 0))
    size = box.right - box.left, box.bottom - box.top
    panel.add_patch(Rectangle((box.left, box.top), *size, fill=False, edgecolor="white"))
    panel.plot(across, down, "x", color="white", markersize=10, markeredgewidth=3)
    panel.set(title=name, xticks=[], yticks=[])
    panel.title.set_fontsize(9)
show(
    figure,
    alt="A drawn scene four times, once for each way to locate the cell. A box marks the thing, "
    "and a cross the located point. Your cross is in the box.",
)

# %% [markdown]
# An error of half a cell is easy to overlook: for large things the score hardly changes, and the
# cross is still on the thing. Only small things are missed. It is worse to flatten the grid in one
# order and read it in another, and the cause is just as hard to see, because things near the
# diagonal are still found.
#
# ## In the real encoder
#
# The lesson's encoder now gets the coordinates from *your* function. All inner cells of a black
# picture look the same, so their annotations differ only in the numbers that a layer computes from
# your coordinates.

# %%
from coursekit_captioning.model import ShapeEncoder


class Encoder(ShapeEncoder):
    """The encoder of the lesson, with your coordinates."""

    where = staticmethod(coordinates)


# %%
encoder = Encoder(40, 0.0, seed=0)
annotations = encoder(tf.zeros((1, 64, 64, 3), tf.uint8)).numpy()[0]
print("annotations", annotations.shape)
print("two inner cells, the first numbers, what is seen:", annotations[[27, 28], :3].round(2))
print("and the last, made of where they are:", annotations[[27, 28], -3:].round(2))

# %% [markdown]
# The first numbers of the two cells are equal, because these cells see the same black. The last
# ones differ, because the cells are in different places.
#
# **Next:** `coursekit check captioning/grids`, then `coursekit next`.
