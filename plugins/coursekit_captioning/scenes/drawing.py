"""Scenes to pixels: shapes are drawn four times as large and averaged down."""

from __future__ import annotations

from functools import cache
from typing import NamedTuple, TypeAlias

import numpy as np
import numpy.typing as npt
from PIL import Image, ImageChops, ImageDraw

from .things import COLOURS, Background, Scene, Thing

FINER = 4  # drawn pixels for a pixel of the picture, along each side
SHADOW = 0.02  # how far it falls, of the picture
INSIDE = {"striped": 0.78, "dotted": 0.84, "hollow": 0.58}  # the rest is a rim of plain colour
PATTERNS = ("plain", "lines", "weave", "grain")
DARKNESS = 0.31  # of a shadow
WHITE = 0.91  # in stripes and dots, the rest is the colour

Mask: TypeAlias = Image.Image  # of mode L: 255 is inside


def draw(scene: Scene, size: int = 64) -> npt.NDArray[np.uint8]:
    """Return the picture of a scene as ``(size, size, 3)``."""
    picture = _backdrop(scene.background, size)
    for thing in scene.things:
        _paint(picture, thing, size)
    return np.array(picture)


def _backdrop(background: Background, size: int) -> Image.Image:
    corners = Image.new("RGB", (2, 2))
    corners.putdata(background.corners)
    picture = corners.resize((size, size), Image.Resampling.BICUBIC)
    if background.pattern != "plain":
        picture.paste((128, 128, 128), (0, 0), _pattern(background.pattern, size))
    return picture


@cache
def _pattern(name: str, size: int) -> Mask:
    """Return where a faint grey lies over the background."""
    row, column = np.indices((64, 64))
    if name == "lines":
        strength = np.where(row % 8 == 4, 34, 0)
    elif name == "weave":
        strength = np.where((row // 4 + column // 4) % 2 == 0, 18, 0)
    else:
        strength = np.random.default_rng(0).integers(0, 56, (64, 64))
    mask = Image.fromarray(strength.astype(np.uint8))
    return mask.resize((size, size), Image.Resampling.BILINEAR)


class _Patch(NamedTuple):
    """The part of the picture that a thing is on; lengths are in drawn pixels.

    Attributes:
        width: Of the patch.
        height: Of the patch.
        x: The middle of the thing, from the left of the patch.
        y: The middle of the thing, from its top.
        unit: The side of the whole picture.
    """

    width: int
    height: int
    x: float
    y: float
    unit: int

    def mask(self) -> Mask:
        return Image.new("L", (self.width, self.height))


def _paint(picture: Image.Image, thing: Thing, size: int) -> None:
    """Draw a thing with its shadow onto the picture."""
    box = thing.box
    left, top = int(box.left * size), int(box.top * size)
    patch = _Patch(
        (int(box.right * size) + 1 - left) * FINER,
        (int(box.bottom * size) + 1 - top) * FINER,
        (thing.x * size - left) * FINER,
        (thing.y * size - top) * FINER,
        size * FINER,
    )
    shape, light = _masks(thing, patch)
    shadow = ImageChops.add(shape, shape, scale=2 / DARKNESS)
    fall = round(SHADOW * size)
    picture.paste((0, 0, 0), (left + fall, top + fall), shadow)
    red, green, blue = COLOURS[thing.colour]
    picture.paste((red, green, blue), (left, top), shape)
    if light:
        picture.paste((_paler(red), _paler(green), _paler(blue)), (left, top), light)


def _masks(thing: Thing, patch: _Patch) -> tuple[Mask, Mask | None]:
    """Return where a thing has its colour, and where its stripes or dots lie over that."""
    shape, light = _inside(thing, patch), None
    if thing.texture != "solid":
        inner = _inside(thing, patch, INSIDE[thing.texture])
        if thing.texture == "hollow":
            shape = ImageChops.subtract(shape, inner)
        else:
            ink = _stripes(thing, patch) if thing.texture == "striped" else _dots(thing, patch)
            light = ImageChops.multiply(inner, ink).reduce(FINER)
    return shape.reduce(FINER), light


def _paler(value: int) -> int:
    return value + int((255 - value) * WHITE)


def _inside(thing: Thing, patch: _Patch, scale: float = 1.0) -> Mask:
    """Return the inside of a thing's outline."""
    mask, radius = patch.mask(), thing.radius * patch.unit * scale
    points = [(patch.x + radius * x, patch.y + radius * y) for x, y in thing.outline.points]
    ImageDraw.Draw(mask).polygon(points, fill=255)
    return mask


def _step(thing: Thing, patch: _Patch) -> float:
    """Return how far stripes are apart: on large things a little more."""
    return (0.035 + 0.18 * thing.radius) * patch.unit


def _stripes(thing: Thing, patch: _Patch) -> Mask:
    """Return stripes that rise to the right."""
    mask, step = patch.mask(), _step(thing, patch)
    pen = ImageDraw.Draw(mask)
    apart = step * 2**0.5  # along a side of the picture
    for number in _numbers((patch.x + patch.y) / apart, (patch.width + patch.height) / apart):
        start = patch.x + patch.y + number * apart
        pen.line((start, 0, start - patch.height, patch.height), fill=255, width=round(step / 2))
    return mask


def _dots(thing: Thing, patch: _Patch) -> Mask:
    """Return dots on the black fields of a chessboard."""
    mask, step = patch.mask(), 0.9 * _step(thing, patch)
    pen, spot = ImageDraw.Draw(mask), 0.4 * step
    for column in _numbers(patch.x / step, patch.width / step):
        for row in _numbers(patch.y / step, patch.height / step):
            if (column + row) % 2 == 0:
                x, y = patch.x + column * step, patch.y + row * step
                pen.ellipse((x - spot, y - spot, x + spot, y + spot), fill=255)
    return mask


def _numbers(before: float, length: float) -> range:
    """Number the steps of a length, 0 in the middle of the thing, of which some is before it."""
    return range(-int(before), int(length - before) + 1)
