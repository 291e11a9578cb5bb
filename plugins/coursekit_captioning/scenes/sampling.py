"""Random scenes in which every size, place and relation is far from any other.

Held out for validation and for test are *combinations* of a colour, a shape and a relation:
in no training scene, and so in no training caption, is a purple star above anything. Purple
stars, purple things above others and stars above others are all well known.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from itertools import permutations
from random import Random
from typing import TypeAlias

from coursekit import CourseError

from .drawing import PATTERNS
from .things import (
    COLOURS,
    RGB,
    SHAPES,
    SIZES,
    TEXTURES,
    TILTS,
    Background,
    Scene,
    Thing,
    is_above,
    is_left,
    outline,
)

Kind: TypeAlias = tuple[str, str]  # colour, shape
Spot: TypeAlias = tuple[float, float, float, float]  # x, y, half of the width, of the height

HELD_OUT: dict[str, frozenset[str]] = {
    "train": frozenset(),
    "validation": frozenset(
        (
            "red heart above",
            "orange circle below",
            "yellow square to the left of",
            "green star to the right of",
            "blue triangle to the right of",
            "purple circle to the left of",
        )
    ),
    "test": frozenset(
        (
            "red circle to the right of",
            "orange star above",
            "yellow triangle below",
            "green heart to the left of",
            "blue square below",
            "purple star above",
        )
    ),
}

# How likely one to four things are, and which of them are of one kind.
COUNTS = (0.2, 0.4, 0.28, 0.12)
GROUPINGS: dict[int, tuple[tuple[int, ...], ...]] = {
    1: ((1,),),
    2: ((1, 1), (1, 1), (2,)),
    3: ((1, 1, 1), (1, 1, 1), (2, 1), (2, 1), (3,)),
    4: ((1, 1, 1, 1), (1, 1, 1, 1), (2, 1, 1), (2, 2), (3, 1), (4,)),
}

MARGIN = 0.03  # to the edge of the picture, also for a shadow
GAP = 0.04  # between two things, in the direction in which they are apart
# Two things are either in line, or on the diagonal: the border of a relation, 22.5 degrees
# off the one and 67.5 off the other axis, is 6.5 degrees away from both.
IN_LINE, DIAGONAL = math.tan(math.radians(16)), math.tan(math.radians(29))
TRIES = 40  # places for a thing before the scene is begun again

# Paper, sky, mint, rose, lilac; slate, night, forest, plum, coal.
LIGHT: tuple[RGB, ...] = (
    (238, 233, 220),
    (206, 226, 242),
    (212, 236, 220),
    (244, 220, 214),
    (222, 214, 236),
)
DARK: tuple[RGB, ...] = ((56, 62, 76), (26, 34, 62), (22, 48, 46), (44, 28, 52), (40, 38, 36))


def combinations(scene: Scene) -> frozenset[str]:
    """Return the colour and the shape of everything in a scene, with every relation it is in."""
    names = set()
    for one, other in permutations(scene.things, 2):
        if is_above(one, other):
            names |= {f"{one.colour} {one.shape} above", f"{other.colour} {other.shape} below"}
        if is_left(one, other):
            names.add(f"{one.colour} {one.shape} to the left of")
            names.add(f"{other.colour} {other.shape} to the right of")
    return frozenset(names)


def scenes(split: str, count: int, seed: int = 0) -> list[Scene]:
    """Return the first scenes of a split.

    Args:
        split: ``"train"``, ``"validation"`` or ``"test"``. Each scene of the last two has a
            combination that is held out for its split (so two things at least), and none of
            the other's.
        count: How many; the first of them are the same for any count.
        seed: Of all the random numbers.

    Raises:
        CourseError: There is no such split.
    """
    if split not in HELD_OUT:
        raise CourseError(f"the scenes have no split {split!r}", f"one of {', '.join(HELD_OUT)}")
    return [_scene(Random(f"{seed}/{split}/{index}"), split) for index in range(count)]


def _scene(rng: Random, split: str) -> Scene:
    foreign = frozenset().union(*(group for name, group in HELD_OUT.items() if name != split))
    # Sorted, for the order of a set differs from process to process.
    own = sorted(HELD_OUT[split])
    combination = rng.choice(own) if own else ""
    least = 2 if own else 1
    count = rng.choices(range(least, len(COUNTS) + 1), COUNTS[least - 1 :])[0]
    while True:
        things = _arrangement(rng, _kinds(rng, count, combination))
        if things is None:
            continue
        scene = Scene(things, _background(rng))
        names = combinations(scene)
        if not names & foreign and (not combination or combination in names):
            return scene


def _kinds(rng: Random, count: int, combination: str) -> list[Kind]:
    """Return the colour and shape of each thing, some of them alike; first what is wanted."""
    kinds: list[Kind] = []
    for group in rng.choice(GROUPINGS[count]):
        colour, shape = rng.choice(tuple(COLOURS)), rng.choice(SHAPES)
        if combination and not kinds:
            colour, shape = combination.split()[:2]
        kinds.append((colour, shape))
        for _ in range(group - 1):  # mostly "two red hearts", sometimes "two hearts"
            kinds.append((colour if rng.random() < 0.8 else rng.choice(tuple(COLOURS)), shape))
    return kinds


def _arrangement(rng: Random, kinds: Iterable[Kind]) -> tuple[Thing, ...] | None:
    """Put things where there is place for them; None if there is none."""
    things: list[Thing] = []
    spots: list[Spot] = []
    for colour, shape in kinds:
        texture, size, tilt = rng.choice(TEXTURES), rng.choice(tuple(SIZES)), rng.choice(TILTS)
        if things and things[-1].shape == shape and rng.random() < 0.9:
            texture, size = things[-1].texture, things[-1].size
        radius = rng.uniform(*SIZES[size])
        _, half_width, half_height = outline(shape, tilt)
        spot = _spot(rng, spots, radius, radius * half_width, radius * half_height)
        if spot is None:
            return None
        spots.append(spot)
        things.append(Thing(shape, colour, texture, spot[0], spot[1], radius, tilt))
    return tuple(things)


def _spot(
    rng: Random, spots: Iterable[Spot], radius: float, half_width: float, half_height: float
) -> Spot | None:
    """Find a place that is clearly apart from the others; None if there is hardly one."""
    low, width = radius + MARGIN, 1 - 2 * (radius + MARGIN)
    for _ in range(TRIES):
        spot = (low + width * rng.random(), low + width * rng.random(), half_width, half_height)
        if all(_apart(spot, other) for other in spots):
            return spot
    return None


def _apart(one: Spot, other: Spot) -> bool:
    """Say whether two things stand clearly in line or clearly on the diagonal."""
    across, down = abs(one[0] - other[0]), abs(one[1] - other[1])
    near, far = (across, down) if across < down else (down, across)
    if IN_LINE * far < near < DIAGONAL * far:
        return False
    gap_across, gap_down = across - one[2] - other[2] >= GAP, down - one[3] - other[3] >= GAP
    if near >= DIAGONAL * far:
        return gap_across and gap_down
    return gap_across if across > down else gap_down


def _background(rng: Random) -> Background:
    """Return one colour, or some that blend, all of them light or all of them dark."""
    palette = rng.choice((LIGHT, DARK))
    plain = rng.random() < 0.25
    first = rng.choice(palette)
    one, two, three, four = (first if plain else rng.choice(palette) for _ in range(4))
    return Background((one, two, three, four), rng.choice(PATTERNS))
