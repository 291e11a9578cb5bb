"""Scenes to pixels: shapes are drawn four times as large and averaged down."""

from __future__ import annotations

from functools import cache
from typing import TypeAlias

import numpy as np
import numpy.typing as npt
from PIL import Image, ImageChops, ImageDraw

from .things import COLOURS, Background, Scene, Thing

FINER = 4  # drawn pixels for a pixel of the picture, along each side
SHADOW = 0.02  # how far it falls, of the picture
INSIDE = {"striped": 0.78, "dotted": 0.84, "hollow": 0.58}  # the rest is a rim of plain colour
PATTERNS = ("plain", "lines", "weave", "grain")
DARKNESS = 0.31  # of a shadow
_LIGHT = 232  # of stripes and dots: this much white in the colour

Mask: TypeAlias = Image.Image  # of mode L: 255 is inside


def draw(scene: Scene, size: int = 64) -> npt.NDArray[np.uint8]:
    """Return the picture of a scene as ``(size, size, 3)``."""
    picture = _backdrop(scene.background, size)
    for thing in scene.things:
        _paint(picture, thing, size)
    return np.asarray(picture)


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
    row, column = np.indices((size, size)) * 64 // size
    if name == "lines":
        strength = np.where(row % 8 == 4, 34, 0)
    elif name == "weave":
        strength = np.where((row // 4 + column // 4) % 2 == 0, 18, 0)
    else:
        strength = np.random.default_rng(0).integers(0, 56, (64, 64))[row, column]
    return Image.fromarray(strength.astype(np.uint8))


def _paint(picture: Image.Image, thing: Thing, size: int) -> None:
    """Draw a thing with its shadow onto the picture."""
    box = thing.box
    corner = int(box.left * size), int(box.top * size)
    extent = int(box.right * size) + 1 - corner[0], int(box.bottom * size) + 1 - corner[1]
    shape = _polygon(thing, size, corner, extent, 1.0)
    light = None
    if thing.texture != "solid":
        inner = _polygon(thing, size, corner, extent, INSIDE[thing.texture])
        if thing.texture == "hollow":
            shape = ImageChops.subtract(shape, inner)
        else:
            light = ImageChops.multiply(inner, _ink(thing, size, corner, extent))
    shape = shape.reduce(FINER)
    fall = round(SHADOW * size)
    shadow = ImageChops.add(shape, shape, scale=2 / DARKNESS)
    picture.paste((0, 0, 0), (corner[0] + fall, corner[1] + fall), shadow)
    colour = COLOURS[thing.colour]
    picture.paste(colour, corner, shape)
    if light:
        red, green, blue = (value + (255 - value) * _LIGHT // 255 for value in colour)
        picture.paste((red, green, blue), corner, light.reduce(FINER))


def _polygon(
    thing: Thing, size: int, corner: tuple[int, int], extent: tuple[int, int], scale: float
) -> Mask:
    """Return a thing's outline, filled, finer than the picture."""
    mask = Image.new("L", (extent[0] * FINER, extent[1] * FINER))
    radius = thing.radius * size * FINER * scale
    x, y = (thing.x * size - corner[0]) * FINER, (thing.y * size - corner[1]) * FINER
    points = [(x + radius * across, y + radius * down) for across, down in thing.outline.points]
    ImageDraw.Draw(mask).polygon(points, fill=255)
    return mask


def _ink(thing: Thing, size: int, corner: tuple[int, int], extent: tuple[int, int]) -> Mask:
    """Return stripes or dots, finer than the picture, one of them in the thing's middle."""
    width, height = extent[0] * FINER, extent[1] * FINER
    x, y = (thing.x * size - corner[0]) * FINER, (thing.y * size - corner[1]) * FINER
    mask = Image.new("L", (width, height))
    pen = ImageDraw.Draw(mask)
    step = (0.035 + 0.18 * thing.radius) * size * FINER
    if thing.texture == "striped":
        apart = step * 2**0.5  # along a side of the picture
        for k in _centred((x + y) / apart, (width + height) / apart):
            at = x + y + k * apart
            pen.line((at, 0, at - height, height), fill=255, width=round(step / 2))
        return mask
    step *= 0.9
    spot = step * 0.4
    for k in _centred(x / step, width / step):
        for m in _centred(y / step, height / step):
            if (k + m) % 2 == 0:
                a, b = x + k * step, y + m * step
                pen.ellipse((a - spot, b - spot, a + spot, b + spot), fill=255)
    return mask


def _centred(before: float, length: float) -> range:
    """Return the steps, 0 in the middle, of a length of which some is before the middle."""
    return range(-int(before), int(length - before) + 1)
