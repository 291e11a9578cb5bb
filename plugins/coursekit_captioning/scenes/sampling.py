"""Random scenes in which every size, place and relation is far from any other.

Held out for validation and for test are *combinations*: a colour with a shape, and a relation
between two shapes. No training scene has a red square in it, or a heart anywhere above a star,
and no training caption can speak of one; red things, squares, hearts above other things and
stars below other things are well known.
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
)

Kind: TypeAlias = tuple[str, str]  # colour, shape

# "below" and "to the right of" are the same facts, seen from the other thing.
HELD_OUT: dict[str, frozenset[str]] = {
    "train": frozenset(),
    "validation": frozenset(
        (
            "orange triangle",
            "yellow star",
            "blue circle",
            "circle above triangle",
            "square to the left of star",
            "heart above star",
        )
    ),
    "test": frozenset(
        (
            "red square",
            "green heart",
            "purple star",
            "star above circle",
            "triangle to the left of heart",
            "square above triangle",
        )
    ),
}

# How likely one to four things are, and which of them are of one kind.
COUNTS = (0.1, 0.3, 0.3, 0.3)
GROUPINGS: dict[int, tuple[tuple[int, ...], ...]] = {
    1: ((1,),),
    2: ((1, 1), (1, 1), (2,)),
    3: ((1, 1, 1), (2, 1), (2, 1), (3,)),
    4: ((1, 1, 1, 1), (2, 1, 1), (2, 1, 1), (2, 2), (3, 1), (4,)),
}

MARGIN = 0.03  # to the edge of the picture, also for a shadow
GAP = 0.04  # between two things, in the direction in which they are apart
# Two things are either in line, or on the diagonal: the border of a relation, 22.5 degrees
# off the one and 67.5 off the other axis, is 6.5 degrees away from both.
IN_LINE, DIAGONAL = math.tan(math.radians(16)), math.tan(math.radians(29))
TRIES = 40  # places for a thing before the scene is begun again

LIGHT: tuple[RGB, ...] = ((238, 234, 224), (222, 230, 238), (226, 236, 226), (214, 214, 220))
DARK: tuple[RGB, ...] = ((38, 44, 58), (48, 42, 48), (32, 48, 52), (58, 58, 62))


def combinations(scene: Scene) -> frozenset[str]:
    """Return every colour with its shape, and every relation between two shapes, of a scene."""
    found = {f"{thing.colour} {thing.shape}" for thing in scene.things}
    for one, other in permutations(scene.things, 2):
        if is_above(one, other):
            found.add(f"{one.shape} above {other.shape}")
        if is_left(one, other):
            found.add(f"{one.shape} to the left of {other.shape}")
    return frozenset(found)


def scenes(split: str, count: int, seed: int = 0) -> list[Scene]:
    """Return the first scenes of a split.

    Args:
        split: ``"train"``, ``"validation"`` or ``"test"``. Each scene of the last two has a
            combination that is held out for its split, and none of the other's.
        count: How many; the first of them are the same for any count.
        seed: Of all the random numbers.

    Raises:
        CourseError: There is no such split.
    """
    if split not in HELD_OUT:
        raise CourseError(f"the scenes have no split {split!r}", f"one of {', '.join(HELD_OUT)}")
    return [_scene(Random(f"{seed}/{split}/{index}"), split) for index in range(count)]


def _scene(rng: Random, split: str) -> Scene:
    own = HELD_OUT[split]
    foreign = frozenset().union(*(held for name, held in HELD_OUT.items() if name != split))
    kinds = [(c, s) for c in COLOURS for s in SHAPES if f"{c} {s}" not in foreign]
    count = rng.choices(range(1, len(COUNTS) + 1), COUNTS)[0]
    while True:
        things = _arranged(rng, _kinds(rng, kinds, count))
        if things is None:
            continue
        scene = Scene(things, _background(rng))
        found = combinations(scene)
        if not found & foreign and (not own or found & own):
            return scene


def _kinds(rng: Random, kinds: list[Kind], count: int) -> list[Kind]:
    """Return the colour and shape of each thing, some of them alike."""
    chosen: list[Kind] = []
    for group in rng.choice(GROUPINGS[count]):
        colour, shape = rng.choice(kinds)
        chosen.append((colour, shape))
        alike = [kind for kind in kinds if kind[1] == shape]
        for _ in range(group - 1):  # mostly "two red hearts", sometimes "two hearts"
            chosen.append((colour, shape) if rng.random() < 0.7 else rng.choice(alike))
    return chosen


def _arranged(rng: Random, kinds: Iterable[Kind]) -> tuple[Thing, ...] | None:
    """Put things where there is place for them; None if there is none."""
    placed: list[Thing] = []
    for colour, shape in kinds:
        texture, size, tilt = _looks(rng)
        if placed and placed[-1].shape == shape and rng.random() < 0.6:
            texture, size = placed[-1].texture, placed[-1].size
        radius = rng.uniform(*SIZES[size])
        low, width = radius + MARGIN, 1 - 2 * (radius + MARGIN)
        for _ in range(TRIES):
            x, y = low + width * rng.random(), low + width * rng.random()
            thing = Thing(shape, colour, texture, x, y, radius, tilt)
            if all(_apart(thing, other) for other in placed):
                placed.append(thing)
                break
        else:
            return None
    return tuple(placed)


def _looks(rng: Random) -> tuple[str, str, int]:
    """Return a texture, a size and a tilt."""
    return rng.choice(TEXTURES), rng.choice(tuple(SIZES)), rng.choice(TILTS)


def _apart(one: Thing, other: Thing) -> bool:
    """Say whether two things stand clearly in line or clearly on the diagonal."""
    across, down = abs(one.x - other.x), abs(one.y - other.y)
    shape, second = one.outline, other.outline
    gap_across = across - one.radius * shape.half_width - other.radius * second.half_width
    gap_down = down - one.radius * shape.half_height - other.radius * second.half_height
    if max(gap_across, gap_down) < GAP:
        return False
    lean = min(across, down) / max(across, down)
    if lean <= IN_LINE:
        return (gap_across if across > down else gap_down) >= GAP
    return lean >= DIAGONAL and min(gap_across, gap_down) >= GAP


def _background(rng: Random) -> Background:
    """Return one colour, or some that blend, all of them light or all of them dark."""
    palette = rng.choice((LIGHT, DARK))
    plain = rng.random() < 0.25
    first = rng.choice(palette)
    one, two, three, four = (first if plain else rng.choice(palette) for _ in range(4))
    return Background((one, two, three, four), rng.choice(PATTERNS))
