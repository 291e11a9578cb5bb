"""The drawings of the notebooks: what the code after each of them does."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from coursekit.drawing import SMALL, Box, Drawing, Point, shape_text

Convolutions = Sequence[tuple[int, int, int]]  # channels, kernel and stride of each


def field_of(convolutions: Convolutions) -> tuple[int, int]:
    """Return how many pixels a cell sees in each direction, and how far apart two cells are."""
    field, step = 1, 1
    for _, kernel, stride in convolutions:
        field += (kernel - 1) * step
        step *= stride
    return field, step


def _scene(page: Drawing, left: float, top: float, side: float) -> Box:
    """Put a picture of a circle beside a square on the page."""
    frame = page.box(left + side / 2, top + side / 2, "", side, side, shape="square")
    at = frame.center
    page.box(
        at.x - 0.2 * side,
        at.y - 0.16 * side,
        "",
        0.3 * side,
        0.3 * side,
        shape="circle",
        tint="loss",
        shade=0.8,
    )
    page.box(
        at.x + 0.22 * side,
        at.y + 0.2 * side,
        "",
        0.26 * side,
        0.26 * side,
        shape="square",
        tint="input",
        shade=0.8,
    )
    return frame


def convolution(picture: npt.NDArray[np.float32], kernel: npt.NDArray[np.float32]) -> Drawing:
    """Draw a kernel in the first of its positions, and what it gives there.

    Args:
        picture: A square of small whole numbers.
        kernel: A smaller square of such numbers.
    """
    page, cell, top = Drawing(8.9, 3.3, "A convolution, one position at a time"), 0.36, 0.75
    size, places = len(kernel), len(picture) - len(kernel) + 1
    first = int(np.sum(picture[:size, :size] * kernel))
    unknown = [["?"] * places for _ in range(places)]
    unknown[0][0] = str(first)
    tables = (
        (0.5, "picture", 0.6 * picture, _whole(picture), "input"),
        (3.6, "kernel", 0.25 * np.abs(kernel), _whole(kernel), "weights"),
        (6.5, "result", 0.4 * (np.arange(places**2).reshape(places, -1) == 0), unknown, "loss"),
    )
    middle = top + len(picture) * cell / 2
    for left, name, shades, words, tint in tables:
        up = middle - len(shades) * cell / 2
        table = page.grid(left, up, shades, words, cell, tint=tint)
        page.text(table.center.x, 2.85, f"{name} {shape_text(shades.shape)}", size=SMALL)
    corner, side = Point(0.5, top), cell * size
    rim = [corner.moved(*step) for step in ((0, 0), (side, 0), (side, side), (0, side), (0, 0))]
    page.line(*rim, tint="weights", width=3)
    page.text(3.0, middle, "×", size=14)
    page.arrow(Point(4.9, middle), Point(6.3, middle), "add up")
    page.text(4.4, 3.1, "the frame is the window in its first position", size=SMALL)
    return page


def _whole(numbers: npt.NDArray[np.float32]) -> list[list[str]]:
    """Return whole numbers as words."""
    return [[f"{number:.0f}" for number in row] for row in numbers]


def picture_to_cells(pixels: int, convolutions: Convolutions, units: int) -> Drawing:
    """Draw how a picture becomes a grid of cells, and what one of them sees.

    Args:
        pixels: The height and the width of the picture.
        convolutions: Of the encoder.
        units: The size of an annotation.
    """
    page, side, top = Drawing(8.9, 3.4, "From pixels to cells"), 2.0, 0.65
    field, step = field_of(convolutions)
    cells = pixels // step
    _scene(page, 0.3, top, side)
    page.text(0.3 + side / 2, 2.95, f"picture {shape_text((pixels, pixels, 3))}", size=SMALL)
    grid = page.grid(3.4, top, np.zeros((cells, cells)), cell=side / cells, tint="faint")
    row, column = cells // 2 - 1, cells // 2 - 1
    inch = side / cells
    cell = Point(3.4 + inch * (column + 0.5), top + inch * (row + 0.5))
    page.box(*cell, "", inch, inch, shape="square", tint="weights", shade=0.8)
    page.text(
        grid.center.x, 2.95, f"grid {shape_text((cells, cells, convolutions[-1][0]))}", size=SMALL
    )
    page.arrow(Point(2.45, 1.65), Point(3.3, 1.65), f"{len(convolutions)} layers", tint="weights")
    _scene(page, 6.5, top, side)
    seen = min(field, pixels) / pixels * side
    middle = Point(6.5 + inch * (column + 0.5), top + inch * (row + 0.5))
    page.box(*middle, "", seen, seen, shape="frame", tint="weights")
    page.box(*middle, "", inch, inch, shape="frame", tint="weights")
    page.text(7.35, 2.95, "small: the place of the cell\nlarge: its receptive field", size=SMALL)
    page.arrow(Point(5.5, 1.65), Point(6.4, 1.65), "depends on", tint="weights")
    page.text(4.4, 3.2, f"cells as rows: {shape_text((cells * cells, units))}", size=SMALL)
    return page


def looking(cells: int, units: int) -> Drawing:
    """Draw attention over the cells of a picture for the word that names the circle.

    Args:
        cells: Of the picture, a square number.
        units: The size of an annotation.
    """
    side, top = 2.0, 0.65
    across = (np.arange(round(cells**0.5)) + 0.5) / round(cells**0.5)
    near = np.exp(-60 * ((across[:, np.newaxis] - 0.34) ** 2 + (across - 0.3) ** 2))
    table = near / near.sum()
    page = Drawing(8.9, 3.2, "Where to look before writing “circle”")
    _scene(page, 0.3, top, side)
    page.text(1.3, 2.9, "picture", size=SMALL)
    page.grid(2.9, top, 0.95 * table / table.max(), cell=side / len(table), tint="weights")
    page.text(3.9, 2.9, f"weights {shape_text((cells,))}, sum 1", size=SMALL)
    notes = page.tensor(6.1, 2.25, "annotations", (cells, units), width=1.3)
    context = page.tensor(8.05, 1.65, "context", (units,), width=1.2, tint="state")
    page.arrow(Point(5.0, 1.2), context.left.moved(0, -0.12))
    page.text(6.15, 1.05, "weight each annotation,\nadd them up", size=SMALL)
    page.arrow(notes.right, context.left.moved(0, 0.12))
    return page


def one_step(cells: int, units: int, embedding: int, words: int) -> Drawing:
    """Draw one step of the decoder with its shapes.

    Args:
        cells: Of the picture.
        units: The size of an annotation and of the state.
        embedding: The size of a word vector.
        words: The size of the vocabulary.
    """
    page = Drawing(8.9, 3.0, "One step of the decoder")
    state = page.tensor(0.9, 0.85, "previous state", (units,), width=1.3, tint="state")
    word = page.tensor(0.9, 2.1, "previous word", (embedding,), width=1.3, tint="input")
    query = page.tensor(2.7, 1.5, "query", (units + embedding,), width=1.0)
    look = page.box(4.4, 1.5, "attention", 1.2, 0.55, tint="weights")
    annotations = page.tensor(4.4, 2.3, "annotations", (cells, units), width=1.2)
    gate = page.box(5.85, 1.5, "×", 0.36, 0.36, shape="circle", size=12)
    gru = page.box(7.0, 1.5, "GRU", 0.8, 0.5, tint="weights")
    after = page.tensor(8.15, 0.75, "next state", (units,), width=1.2, tint="state")
    logits = page.tensor(8.15, 2.3, "next word", (words,), width=1.2, tint="loss")
    page.arrow(state.right, query.left.moved(0, -0.12))
    page.arrow(word.right, query.left.moved(0, 0.12))
    page.arrow(query, look)
    page.arrow(annotations, look)
    page.arrow(look, gate)
    page.arrow(gate, gru)
    page.line(state.top, Point(0.9, 0.5), Point(5.85, 0.5), tint="state")
    page.arrow(Point(5.85, 0.5), gate.top, tint="state")
    page.text(
        5.75, 0.95, "gate: how much\nthe picture counts", size=SMALL, align="right", tint="state"
    )
    page.line(word.bottom, Point(0.9, 2.7), Point(7.0, 2.7), tint="input")
    page.arrow(Point(7.0, 2.7), gru.bottom, tint="input")
    page.line(Point(6.5, 0.5), Point(5.85, 0.5), tint="state")
    page.arrow(Point(6.5, 0.5), gru.top, tint="state")
    page.arrow(gru.right, after.left)
    page.arrow(gru.right, logits.left)
    return page


def two_splits(pictures: int, captions: int, seed: int = 3) -> Drawing:
    """Draw a split by caption, in which pictures leak, beside a split by picture.

    Args:
        pictures: How many.
        captions: Of each.
        seed: Of the split by caption.
    """
    high, wide, top = 0.32, 0.5, 1.0
    page = Drawing(8.9, top + high * pictures + 0.75, "Two ways to hold out captions")
    held = round(0.3 * pictures * captions)
    order = np.random.default_rng(seed).permutation(pictures * captions)
    by_caption = np.zeros(pictures * captions, bool)
    by_caption[order[:held]] = True
    by_picture = np.arange(pictures) >= pictures - max(1, round(0.3 * pictures))
    tables = (
        (1.1, by_caption.reshape(pictures, captions), "by caption"),
        (5.4, np.repeat(by_picture[:, np.newaxis], captions, axis=1), "by picture"),
    )
    for left, table, name in tables:
        page.text(left + wide * captions / 2, 0.65, name, bold=True)
        for row, line in enumerate(table):
            y = top + high * row
            page.text(left - 0.1, y + high / 2, f"picture {row}", size=SMALL, align="right")
            for column, test in enumerate(line):
                words, tint = ("test", "loss") if test else ("train", "input")
                page.grid(left + wide * column, y, [[0.25]], [[words]], wide, tint=tint, row=high)
        mixed = sum(bool(line.any() and not line.all()) for line in table)
        told = f"{mixed} of {pictures} pictures are in both" if mixed else "no picture is in both"
        page.text(left + wide * captions / 2, top + high * pictures + 0.25, told, size=SMALL)
    return page
