"""Diagrams from data: boxes, arrows, grids of numbers, tensors with their shapes.

A `Drawing` only writes down what is on the page, so that a check that runs a notebook's cells
pays nothing for its pictures. The page is drawn, by matplotlib, when it is shown.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, Literal, NamedTuple

import numpy as np
import numpy.typing as npt

__all__ = ["SMALL", "Arrow", "Box", "Drawing", "Line", "Point", "Tint", "Words", "shape_text"]

Tint = Literal["plain", "input", "weights", "state", "loss", "faint"]
Align = Literal["left", "center", "right"]
SIZE = 10.0  # points, of text that is not given another size
SMALL = 9.0  # points, the smallest text


class Point(NamedTuple):
    """A place on the page, in inches from its upper left corner."""

    x: float
    y: float

    def moved(self, right: float = 0, down: float = 0) -> Point:
        """Return the place that far away."""
        return Point(self.x + right, self.y + down)


@dataclass(frozen=True)
class Box:
    """A rectangle with words in it.

    Attributes:
        center: Its middle.
        width: In inches.
        height: In inches.
        words: The text in it.
        tint: Its colours: ``input`` for data, ``weights`` for what is learned, ``state`` for
            what is remembered, ``loss`` for what is compared.
        size: Of the text, in points.
        shade: How strong its fill is, from 0 to 1; None: the usual tint.
        shape: ``round``, ``square`` (a cell of a grid), ``circle`` or ``frame`` (dashed, without
            a fill, its words in the upper left corner).
    """

    center: Point
    width: float
    height: float
    words: str = ""
    tint: Tint = "plain"
    size: float = SIZE
    shade: float | None = None
    shape: Literal["round", "square", "circle", "frame"] = "round"

    @property
    def left(self) -> Point:
        """The middle of its left side."""
        return self.center.moved(right=-self.width / 2)

    @property
    def right(self) -> Point:
        """The middle of its right side."""
        return self.center.moved(right=self.width / 2)

    @property
    def top(self) -> Point:
        """The middle of its upper side."""
        return self.center.moved(down=-self.height / 2)

    @property
    def bottom(self) -> Point:
        """The middle of its lower side."""
        return self.center.moved(down=self.height / 2)


@dataclass(frozen=True)
class Words:
    """A text on the page.

    Attributes:
        place: Its middle, or its left or right end, and halfway up.
        text: What it says.
        size: In points.
        tint: The colour of its letters.
        align: Which part of it is at `place`.
        bold: Whether it is bold.
    """

    place: Point
    text: str
    size: float = SIZE
    tint: Tint = "plain"
    align: Align = "center"
    bold: bool = False


@dataclass(frozen=True)
class Arrow:
    """An arrow.

    Attributes:
        start: Where it begins.
        end: Where its head is.
        tint: Its colour.
        bend: How far its middle lies to one side, as a share of its length.
        dashed: Whether it is dashed.
        width: Of the line, in points.
    """

    start: Point
    end: Point
    tint: Tint = "plain"
    bend: float = 0.0
    dashed: bool = False
    width: float = 1.4


@dataclass(frozen=True)
class Line:
    """A line through some points.

    Attributes:
        points: From the first to the last.
        tint: Its colour.
        dashed: Whether it is dashed.
        width: In points.
    """

    points: tuple[Point, ...]
    tint: Tint = "plain"
    dashed: bool = False
    width: float = 1.4


@dataclass
class Drawing:
    """A page of boxes, arrows and texts; places are inches from its upper left corner.

    Attributes:
        width: Of the page, in inches.
        height: Of the page, in inches.
        title: What stands at its top left, in bold.
        items: What is on it, the first at the back.
    """

    width: float
    height: float
    title: str = ""
    items: list[Box | Words | Arrow | Line] = field(default_factory=list)

    def __post_init__(self) -> None:
        if self.title:
            self.text(0.15, 0.22, self.title, size=11, align="left", bold=True)

    def box(
        self,
        x: float,
        y: float,
        words: str = "",
        width: float = 1.2,
        height: float = 0.5,
        **how: Any,
    ) -> Box:
        """Add a box around a place, see `Box` for the rest of what it takes."""
        box = Box(Point(x, y), width, height, words, **how)
        self.items.append(box)
        return box

    def tensor(
        self, x: float, y: float, name: str, shape: Sequence[int | str | None], **how: Any
    ) -> Box:
        """Add a box with a name and, below it, a shape such as ``(16, 64, 128)``."""
        how.setdefault("width", 1.5)
        how.setdefault("tint", "input")
        return self.box(x, y, f"{name}\n{shape_text(shape)}", **how)

    def text(self, x: float, y: float, text: str, **how: Any) -> Words:
        """Add a text, see `Words` for the rest of what it takes."""
        words = Words(Point(x, y), text, **how)
        self.items.append(words)
        return words

    def arrow(self, start: Point | Box, end: Point | Box, words: str = "", **how: Any) -> Arrow:
        """Add an arrow between two places, or between the facing sides of two boxes.

        Args:
            start: Where it begins.
            end: Where it points.
            words: Are written beside its middle.
            **how: See `Arrow`.
        """
        one, other = _facing(start, end)
        arrow = Arrow(one, other, **how)
        self.items.append(arrow)
        if words:
            steep = abs(other.y - one.y) > abs(other.x - one.x)
            middle = Point((one.x + other.x) / 2, (one.y + other.y) / 2)
            place = middle.moved(right=0.08) if steep else middle.moved(down=-0.13)
            align: Align = "left" if steep else "center"
            self.text(*place, words, size=SMALL, tint=arrow.tint, align=align)
        return arrow

    def line(self, *points: Point, **how: Any) -> Line:
        """Add a line through some points, see `Line`."""
        line = Line(points, **how)
        self.items.append(line)
        return line

    def grid(
        self,
        x: float,
        y: float,
        shades: npt.ArrayLike,
        words: Sequence[Sequence[str]] | None = None,
        cell: float = 0.3,
        **how: Any,
    ) -> Box:
        """Add a table of cells, each the darker the larger its number.

        Args:
            x: The left side.
            y: The upper side.
            shades: A number from 0 to 1 for each cell, ``(rows, columns)``.
            words: What stands in each cell.
            cell: The side of a cell, in inches; or its width, with ``row`` among the rest.
            **how: See `Box`; ``row`` is the height of a row.

        Returns:
            The outline of the table, which is not drawn.
        """
        row_height = how.pop("row", cell)
        table = np.asarray(shades, dtype=float)
        for row, values in enumerate(table):
            for column, shade in enumerate(values):
                self.box(
                    x + (column + 0.5) * cell,
                    y + (row + 0.5) * row_height,
                    words[row][column] if words else "",
                    cell,
                    row_height,
                    **{"shade": float(shade), "shape": "square", "size": SMALL} | how,
                )
        width, height = cell * table.shape[1], row_height * table.shape[0]
        return Box(Point(x + width / 2, y + height / 2), width, height)

    def savefig(self, file: Any, **how: Any) -> None:
        """Draw the page into a file, as a figure of matplotlib does.

        Args:
            file: A path, or a file that is open for writing bytes.
            **how: See `matplotlib.figure.Figure.savefig`.
        """
        self.figure().savefig(file, **how)

    def figure(self) -> Any:
        """Return the page as a figure of matplotlib."""
        from coursekit.inking import inked

        return inked(self)


def shape_text(shape: Sequence[int | str | None]) -> str:
    """Return a shape as Python writes it, ``(16, 64)``; an axis of any size is a dash."""
    axes = [f"{axis:,}" if isinstance(axis, int) else axis or "–" for axis in shape]
    return f"({axes[0]},)" if len(axes) == 1 else f"({', '.join(axes)})"


def _facing(start: Point | Box, end: Point | Box) -> tuple[Point, Point]:
    """Return the places where an arrow leaves the one and reaches the other."""
    one = start.center if isinstance(start, Box) else start
    other = end.center if isinstance(end, Box) else end
    right, down = other.x - one.x, other.y - one.y
    # Boxes that stand above each other are joined up and down, others sideways.
    reach = sum(box.width / 2 for box in (start, end) if isinstance(box, Box))
    upright = abs(right) < max(reach, 1e-6) or reach == 0
    if isinstance(start, Box):
        sides = (start.bottom, start.top) if upright else (start.right, start.left)
        one = sides[0] if (down if upright else right) > 0 else sides[1]
    if isinstance(end, Box):
        sides = (end.top, end.bottom) if upright else (end.left, end.right)
        other = sides[0] if (down if upright else right) > 0 else sides[1]
    return one, other
