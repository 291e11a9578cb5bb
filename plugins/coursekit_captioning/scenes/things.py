"""What a scene is made of, and how its things stand to each other.

All lengths are fractions of the picture's side, from its upper left corner.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cache
from typing import NamedTuple, TypeAlias

Point: TypeAlias = tuple[float, float]
RGB: TypeAlias = tuple[int, int, int]

COLOURS: dict[str, RGB] = {
    "red": (222, 38, 42),
    "orange": (248, 134, 22),
    "yellow": (250, 214, 40),
    "green": (40, 160, 72),
    "blue": (36, 104, 224),
    "purple": (152, 68, 204),
}
SHAPES = ("circle", "square", "triangle", "star", "heart")
TEXTURES = ("solid", "striped", "dotted", "hollow")
# The radius is half of the longer side of the thing's box.
SIZES = {"small": (0.120, 0.135), "large": (0.185, 0.205)}
TILTS = (-8, -4, 0, 4, 8)  # degrees
BETWEEN_SIZES = 0.160

# "above" is what is wholly higher and within 67.5 degrees of straight up; so a thing on the
# diagonal is both above and to the left of another.
REACH = math.tan(math.radians(67.5))


@dataclass(frozen=True)
class Box:
    """A rectangle, its sides in fractions 0..1 of the picture's width and height."""

    left: float
    top: float
    right: float
    bottom: float


class Outline(NamedTuple):
    """The shape of a thing around the middle of its box, whose longer side is 2."""

    points: tuple[Point, ...]
    half_width: float
    half_height: float


@dataclass(frozen=True)
class Thing:
    """An object of a scene.

    Attributes:
        shape: One of `SHAPES`.
        colour: One of `COLOURS`.
        texture: One of `TEXTURES`.
        x: The middle of its box, from the left.
        y: The middle of its box, from the top.
        radius: Half of the longer side of its box, which makes it small or large.
        tilt: One of `TILTS`, by which it is turned clockwise.
    """

    shape: str
    colour: str
    texture: str
    x: float
    y: float
    radius: float
    tilt: int = 0

    @property
    def size(self) -> str:
        """Whether it is small or large."""
        return "small" if self.radius < BETWEEN_SIZES else "large"

    @property
    def outline(self) -> Outline:
        """Its shape, turned."""
        return outline(self.shape, self.tilt)

    @property
    def box(self) -> Box:
        """The smallest rectangle around it."""
        across, down = self.radius * self.outline.half_width, self.radius * self.outline.half_height
        return Box(self.x - across, self.y - down, self.x + across, self.y + down)


@dataclass(frozen=True)
class Background:
    """What is behind the things.

    Attributes:
        corners: The colours of the corners, row by row, which blend into each other.
        pattern: One of `drawing.PATTERNS`, faint.
    """

    corners: tuple[RGB, RGB, RGB, RGB]
    pattern: str = "plain"


@dataclass(frozen=True)
class Scene:
    """Some things on a background; the picture and all that is true of it follow from it."""

    things: tuple[Thing, ...]
    background: Background


@cache
def outline(shape: str, tilt: int) -> Outline:
    """Return a shape, turned by some degrees and then put into the middle of its box."""
    cos, sin = math.cos(math.radians(tilt)), math.sin(math.radians(tilt))
    corners = [(x * cos - y * sin, x * sin + y * cos) for x, y in _upright(shape)]
    left, right = min(x for x, _ in corners), max(x for x, _ in corners)
    top, bottom = min(y for _, y in corners), max(y for _, y in corners)
    unit = max(right - left, bottom - top) / 2
    middle, centre = (left + right) / 2, (top + bottom) / 2
    points = tuple(((x - middle) / unit, (y - centre) / unit) for x, y in corners)
    return Outline(points, (right - left) / 2 / unit, (bottom - top) / 2 / unit)


def _upright(shape: str) -> list[Point]:
    """Return the corners of a shape, of any size, y downwards."""
    if shape == "square":
        return [(-1, -1), (1, -1), (1, 1), (-1, 1)]
    if shape == "triangle":
        return [_at(120 * corner - 90) for corner in range(3)]
    if shape == "star":
        return [_at(36 * corner - 90, 0.5 if corner % 2 else 1.0) for corner in range(10)]
    if shape == "heart":
        return [_heart(math.radians(6 * step)) for step in range(60)]
    return [_at(6 * step) for step in range(60)]


def _at(degrees: float, distance: float = 1.0) -> Point:
    angle = math.radians(degrees)
    return distance * math.cos(angle), distance * math.sin(angle)


def _heart(angle: float) -> Point:
    """Return a point of the well-known curve of sines and cosines."""
    x = 16 * math.sin(angle) ** 3
    y = 13 * math.cos(angle) - 5 * math.cos(2 * angle) - 2 * math.cos(3 * angle)
    return x, math.cos(4 * angle) - y


def is_above(one: Thing, other: Thing, reach: float = REACH) -> bool:
    """Say whether one thing is above another.

    Args:
        one: The thing that may be the higher one.
        other: The one that it is compared with.
        reach: How far aside it may be for each unit that it is higher.
    """
    higher = other.y - one.y
    extents = one.radius * one.outline.half_height + other.radius * other.outline.half_height
    return higher >= extents and abs(one.x - other.x) <= reach * higher


def is_left(one: Thing, other: Thing, reach: float = REACH) -> bool:
    """Say whether one thing is to the left of another, see `is_above`."""
    before = other.x - one.x
    extents = one.radius * one.outline.half_width + other.radius * other.outline.half_width
    return before >= extents and abs(one.y - other.y) <= reach * before


RELATIONS = ("above", "below", "to the left of", "to the right of")


def stands(one: Thing, relation: str, other: Thing, reach: float = REACH) -> bool:
    """Say whether one of `RELATIONS` holds between two things."""
    if relation == "above":
        return is_above(one, other, reach)
    if relation == "below":
        return is_above(other, one, reach)
    if relation == "to the left of":
        return is_left(one, other, reach)
    return is_left(other, one, reach)
