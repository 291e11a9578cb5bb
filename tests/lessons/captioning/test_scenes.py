"""The scenes: what is drawn, what is said, what is true, and what is held out."""

from __future__ import annotations

import math
import os
import re
import subprocess
import sys
from collections import Counter
from functools import partial
from itertools import chain, combinations
from pathlib import Path
from random import Random

import numpy as np
import numpy.typing as npt
import pytest

from coursekit import CourseError
from coursekit_captioning import scenes as package
from coursekit_captioning.scenes import (
    HELD_OUT,
    WORDS,
    Background,
    Box,
    Caption,
    Scene,
    Thing,
    boxes_of,
    captions,
    draw,
    is_true,
    scenes,
)
from coursekit_captioning.scenes.grammar import parse
from coursekit_captioning.scenes.things import COLOURS, SHAPES, SIZES, TEXTURES
from tests.conftest import ROOT

PLUGINS = ROOT / "plugins"
PAPER = Background(((238, 233, 220),) * 4)
RADIUS = {size: sum(bounds) / 2 for size, bounds in SIZES.items()}


def thing(looks: str, x: float, y: float, tilt: int = 0) -> Thing:
    """Return a thing from words such as "small striped red circle"."""
    size, texture, colour, shape = looks.split()
    return Thing(shape, colour, texture, x, y, RADIUS[size], tilt)


def scene(*things: Thing) -> Scene:
    return Scene(things, PAPER)


def true(picture: Scene, text: str) -> bool:
    return is_true(picture, text.split())


def located(picture: Scene, text: str) -> tuple[tuple[Box, ...], ...]:
    return boxes_of(picture, text.split())


# A red circle above a blue square, and two green triangles, one below the other, at the right.
FOUR = scene(
    thing("small solid red circle", 0.25, 0.2),
    thing("large striped blue square", 0.25, 0.7),
    thing("small dotted green triangle", 0.75, 0.2),
    thing("small hollow green triangle", 0.75, 0.7),
)
# Three red hearts in a row, the middle one large and striped.
HEARTS = scene(
    thing("small solid red heart", 0.15, 0.5),
    thing("large striped red heart", 0.5, 0.5),
    thing("small solid red heart", 0.85, 0.5),
)


@pytest.fixture(scope="module")
def pictures() -> list[Scene]:
    return scenes("train", 1200, 3) + scenes("validation", 400, 3) + scenes("test", 400, 3)


@pytest.fixture(scope="module")
def described(pictures: list[Scene]) -> list[tuple[Scene, tuple[Caption, ...]]]:
    return [(picture, captions(picture)) for picture in pictures]


@pytest.mark.parametrize(
    "text",
    [
        "a circle",
        "a small red circle",
        "there is a small red circle",
        "a striped blue square",
        "a large striped blue square",
        "two triangles",
        "there are two small green triangles",
        "a dotted triangle",
        "a triangle",  # one of the two
        "a red circle above a blue square",
        "a circle is above a square",
        "a blue square below a small circle",
        "a blue square is below a circle",
        "two green triangles to the right of a large square",
        "two green triangles are to the right of a circle",
        "a square to the left of two small triangles",
        "there is a circle to the left of two triangles",
        "a dotted triangle above a hollow triangle",
        "a triangle above a triangle",
        "a circle above a hollow triangle",  # on the diagonal: both of these
        "a circle to the left of a hollow triangle",
        "a circle and a square",
        "a circle and two triangles and a blue square",
        "a triangle and a triangle",
        "a triangle and a hollow triangle",
    ],
)
def test_true_captions(text: str) -> None:
    assert true(FOUR, text)


@pytest.mark.parametrize(
    "text",
    [
        "a star",
        "a blue circle",
        "a large red circle",  # wrong size
        "a striped red circle",  # wrong texture
        "a hollow blue square",
        "two circles",  # wrong numbers
        "three triangles",
        "two dotted triangles",
        "two small squares",
        "a red circle below a blue square",  # relations swapped
        "a blue square above a red circle",
        "a red circle to the left of a blue square",  # it is right above it
        "a red circle to the right of a blue square",
        "two green triangles to the left of a square",
        "two triangles above a square",  # one of them is
        "a triangle above a dotted triangle",
        "a circle above a circle",
        "a circle and a circle",  # there is one
        "two triangles and a triangle",
        "a circle and two squares",
        "a circle and a star",
        "a circle and a square and a heart",
    ],
)
def test_false_captions(text: str) -> None:
    assert not true(FOUR, text)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "a",
        "circle",
        "red circle",
        "a red",
        "a circle a square",
        "a circle and",
        "and a circle",
        "a circle above",
        "a circle above above a square",
        "a circle to the left a square",
        "a circle to left of a square",
        "a circle circle",
        "a red red circle",
        "a red small circle",
        "a circle red",
        "an circle",
        "a circles",
        "two triangle",
        "one circle",
        "the circle",
        "is a circle",
        "a circle is",
        "a circle is a square",
        "a circle are above a square",
        "two triangles is to the right of a square",
        "there a circle",
        "there are a circle",
        "there is two triangles",
        "there is a circle is above a square",
        "there is there is a circle",
        "a circle and a square above a triangle",
        "a circle above a square and a triangle",
        "a circle above a square below a triangle",
        "a Circle",
        "a circle .",
        "a solid circle",
        "a crimson circle",
        "a small red circle above a large blue square <unk>",
    ],
)
def test_what_is_not_of_the_language_is_not_true(text: str) -> None:
    assert parse(text.split()) is None
    assert not true(FOUR, text)
    assert boxes_of(FOUR, text.split()) == ((),) * len(text.split())


def test_counting() -> None:
    assert true(HEARTS, "three red hearts")
    assert true(HEARTS, "two small hearts and a large striped heart")
    assert true(HEARTS, "a large heart to the right of a small heart")
    assert true(HEARTS, "a large heart to the left of a small heart")
    assert not true(HEARTS, "two hearts")
    assert not true(HEARTS, "four hearts")
    assert not true(HEARTS, "two small hearts to the left of a large heart")
    assert not true(HEARTS, "two hearts and a heart")
    four = scene(*HEARTS.things, thing("small hollow blue heart", 0.5, 0.15))
    assert true(four, "four hearts")
    assert true(four, "three red hearts below a blue heart")
    assert not true(four, "three hearts")
    assert not true(four, "four red hearts")


def test_the_article_goes_with_the_next_word() -> None:
    picture = scene(thing("small striped orange star", 0.5, 0.5))
    assert true(picture, "an orange star")
    assert true(picture, "a small orange star")
    assert not true(picture, "a orange star")
    assert not true(picture, "an small orange star")


@pytest.mark.parametrize(("degrees", "above", "left"), [
    (0, True, False), (16, True, False), (29, True, True), (45, True, True),
    (61, True, True), (74, False, True), (90, False, True),
])  # fmt: skip
def test_directions(degrees: float, above: bool, left: bool) -> None:
    x, y = 0.62 * math.sin(math.radians(degrees)), 0.62 * math.cos(math.radians(degrees))
    picture = scene(
        thing("small solid red circle", 0.5 - x / 2, 0.5 - y / 2),
        thing("small solid blue square", 0.5 + x / 2, 0.5 + y / 2),
    )
    assert true(picture, "a circle above a square") is above
    assert true(picture, "a square below a circle") is above
    assert true(picture, "a circle to the left of a square") is left
    assert true(picture, "a square to the right of a circle") is left
    assert not true(picture, "a square above a circle")
    assert not true(picture, "a square to the left of a circle")


def test_boxes_of_a_true_caption_are_those_that_make_it_true() -> None:
    circle, square, upper, lower = (part.box for part in FOUR.things)
    # 0.25 and 0.2, give or take the radius 0.1275.
    assert sides(circle) == pytest.approx((0.1225, 0.0725, 0.3775, 0.3275))
    found = located(FOUR, "two green triangles to the right of a square")
    assert found == ((), (), (upper, lower), (), (), (), (), (), (square,))
    found = located(FOUR, "a triangle below a triangle")
    assert found == ((), (lower,), (), (), (upper,))
    assert located(FOUR, "a triangle") == ((), (upper, lower))
    found = located(HEARTS, "a small heart to the left of a large heart")
    assert found[2] == (HEARTS.things[0].box,)


def test_boxes_of_a_false_caption_are_those_of_what_is_there() -> None:
    circle, square, upper, lower = (part.box for part in FOUR.things)
    assert located(FOUR, "a red circle below a star") == ((), (), (circle,), (), (), ())
    assert located(FOUR, "a circle below a square") == ((), (circle,), (), (), (square,))
    assert located(FOUR, "three triangles") == ((), (upper, lower))
    assert located(FOUR, "a green circle and a hollow triangle")[2] == ()
    assert located(FOUR, "a green circle and a hollow triangle")[6] == (lower,)


def test_five_captions_are_true_and_differ(
    described: list[tuple[Scene, tuple[Caption, ...]]],
) -> None:
    for picture, five in described:
        assert len({caption.text for caption in five}) == 5
        for caption in five:
            words = caption.text.split()
            assert is_true(picture, words), (caption.text, picture)
            assert oracle(picture, caption.text), (caption.text, picture)
            assert boxes_of(picture, words) == caption.boxes
            assert 3 <= len(words) <= 14


def test_a_noun_alone_has_boxes(described: list[tuple[Scene, tuple[Caption, ...]]]) -> None:
    many = {"two": 2, "three": 3, "four": 4}
    for _, five in described:
        for caption in five:
            number = 0
            for word, boxes in zip(caption.text.split(), caption.boxes, strict=True):
                number = many.get(word, 1 if word in ("a", "an") else number)
                # Every phrase of our own captions means one certain thing, or as many as it says.
                assert len(boxes) == (number if word.removesuffix("s") in SHAPES else 0)


def test_vocabulary(described: list[tuple[Scene, tuple[Caption, ...]]]) -> None:
    counts = Counter(w for _, five in described for c in five for w in c.text.split())
    assert tuple(sorted(counts)) == WORDS
    assert min(counts.values()) > 50
    assert len(WORDS) == 37
    first_words = Counter(c.text.split()[0] for _, five in described for c in five)
    assert max(first_words.values()) < 0.65 * first_words.total()


# Another way to decide: split the text with patterns, compare angles.
RELATION = re.compile(r" (?:is |are )?(above|below|to the left of|to the right of) ")
STRAIGHT = {"above": -90, "below": 90, "to the left of": 180, "to the right of": 0}


def named(picture: Scene, text: str) -> list[list[Thing]]:
    """The groups that a phrase can mean."""
    number, *words = text.split()
    found = [
        part
        for part in picture.things
        if {w.removesuffix("s") for w in words}
        <= {part.shape, part.colour, part.texture, "small" if part.radius < 0.15 else "large"}
    ]
    if number in ("a", "an"):
        return [[part] for part in found]
    return [found] if len(found) == {"two": 2, "three": 3, "four": 4}[number] else []


def lies(one: Thing, relation: str, other: Thing) -> bool:
    angle = math.degrees(math.atan2(one.y - other.y, one.x - other.x))
    return one is not other and abs((angle - STRAIGHT[relation] + 180) % 360 - 180) < 67.5


def oracle(picture: Scene, text: str) -> bool:
    parts = RELATION.split(re.sub("^there (is|are) ", "", text))
    if len(parts) == 3:
        return any(
            all(lies(one, parts[1], other) for one in ones for other in others)
            for ones in named(picture, parts[0])
            for others in named(picture, parts[2])
        )
    groups = [[frozenset(map(id, g)) for g in named(picture, p)] for p in parts[0].split(" and ")]
    chosen = [[group] for group in groups[0]]
    for more in groups[1:]:
        chosen = [[*c, g] for c in chosen for g in more if not any(g & taken for taken in c)]
    return bool(chosen)


CLASSES = (
    tuple(COLOURS),
    SHAPES,
    tuple(shape + "s" for shape in SHAPES),
    tuple(SIZES),
    TEXTURES[1:],
    ("two", "three", "four"),
    ("above", "below"),
    ("left", "right"),
)


def mutated(rng: Random, text: str) -> tuple[str, tuple[str, ...]]:
    """A caption with another word of the same class, and the class."""
    words = text.split()
    place, options = rng.choice(
        [(at, options) for at, word in enumerate(words) for options in CLASSES if word in options]
    )
    words[place] = rng.choice([word for word in options if word != words[place]])
    if words[place - 1] in ("a", "an"):
        words[place - 1] = "an" if words[place] == "orange" else "a"
    return " ".join(words), options


def test_changed_words_make_captions_false(
    described: list[tuple[Scene, tuple[Caption, ...]]],
) -> None:
    rng = Random(0)
    verdicts: dict[tuple[str, ...], list[bool]] = {options: [] for options in CLASSES}
    for picture, five in described:
        for caption in five:
            text, options = mutated(rng, caption.text)
            assert parse(text.split()) is not None, text
            assert true(picture, text) == oracle(picture, text), (text, picture)
            verdicts[options].append(true(picture, text))
    for options, answers in verdicts.items():
        assert len(answers) > 100
        # Another colour is rarely there too; numbers count, and directions exclude each other.
        limit = 0 if options[0] in ("two", "above", "left") else 0.1
        assert np.mean(answers) <= limit, options


def near(picture: npt.NDArray[np.uint8], colour: str) -> npt.NDArray[np.bool_]:
    """Where the picture has a colour, as ``(height, width)``."""
    distance = np.abs(picture.astype(int) - np.array(COLOURS[colour]))
    return np.asarray((distance < 24).all(-1))


def extent(mask: npt.NDArray[np.bool_]) -> tuple[float, float, float, float]:
    """The box of a mask, as fractions."""
    rows, columns = np.flatnonzero(mask.any(1)), np.flatnonzero(mask.any(0))
    height, width = mask.shape
    return (
        columns[0] / width, rows[0] / height, (columns[-1] + 1) / width, (rows[-1] + 1) / height,
    )  # fmt: skip


@pytest.mark.slow
def test_the_boxes_hold_the_pixels(described: list[tuple[Scene, tuple[Caption, ...]]]) -> None:
    for picture, five in described:
        pixels = draw(picture)
        for colour in {part.colour for part in picture.things}:
            mask, parts = near(pixels, colour), [p for p in picture.things if p.colour == colour]
            outside = mask.copy()
            for part in parts:
                left, top, right, bottom = (int(64 * side) for side in sides(part.box))
                inside = mask[top : bottom + 1, left : right + 1]
                assert inside.sum() > 8, part
                outside[top : bottom + 1, left : right + 1] = False
            assert not outside.any(), picture
        for caption in five:
            check_colours(pixels, caption)


def test_the_boxes_are_tight(pictures: list[Scene]) -> None:
    for picture in pictures[::10]:
        pixels = draw(picture, 256)
        colours = Counter(part.colour for part in picture.things)
        for part in picture.things:
            if colours[part.colour] == 1:
                found = extent(near(pixels, part.colour))
                assert found == pytest.approx(sides(part.box), abs=0.014), part


def check_colours(pixels: npt.NDArray[np.uint8], caption: Caption) -> None:
    """Where the word before a noun is a colour, its boxes have that colour."""
    words = caption.text.split()
    for colour, boxes in zip(words, caption.boxes[1:], strict=False):
        if boxes and colour in COLOURS:
            for box in boxes:
                left, top, right, bottom = (int(64 * side) for side in sides(box))
                assert near(pixels, colour)[top : bottom + 1, left : right + 1].sum() > 8


def sides(box: Box) -> tuple[float, float, float, float]:
    return box.left, box.top, box.right, box.bottom


def test_margins_between_the_categories(pictures: list[Scene]) -> None:
    for picture in pictures:
        for part in picture.things:
            box = part.box
            longer = max(box.right - box.left, box.bottom - box.top)
            assert 0.235 < longer < 0.275 or 0.365 < longer < 0.415
            assert part.size == ("small" if longer < 0.3 else "large")
            assert min(sides(box)) > 0.02
            assert max(sides(box)) < 0.98
        for one, other in combinations(picture.things, 2):
            a, b = one.box, other.box
            across = max(a.left, b.left) - min(a.right, b.right)
            down = max(a.top, b.top) - min(a.bottom, b.bottom)
            assert max(across, down) > 0.039
            lean = math.degrees(math.atan2(abs(one.y - other.y), abs(one.x - other.x)))
            assert abs(lean - 22.5) > 6
            assert abs(lean - 67.5) > 6
            # What is within reach of a direction is also wholly apart in it.
            assert lean > 67.5 or across > 0.039
            assert lean < 22.5 or down > 0.039


def test_every_kind_of_scene_occurs(pictures: list[Scene]) -> None:
    parts = list(chain.from_iterable(picture.things for picture in pictures))
    for attribute, values in (
        ("shape", SHAPES), ("colour", COLOURS), ("size", SIZES), ("texture", TEXTURES),
    ):  # fmt: skip
        counts = Counter(getattr(part, attribute) for part in parts)
        assert set(counts) == set(values)
        assert min(counts.values()) > 0.5 * len(parts) / len(values)
    numbers = Counter(len(picture.things) for picture in pictures)
    assert set(numbers) == {1, 2, 3, 4}
    assert numbers[1] < 0.25 * len(pictures)


def meetings(picture: Scene) -> set[str]:
    """Every colour, shape and relation that meet in a scene, found by angles."""
    return {
        f"{one.colour} {one.shape} {relation}"
        for one in picture.things
        for other in picture.things
        for relation in STRAIGHT
        if lies(one, relation, other)
    }


OPPOSITE = {
    "above": "below",
    "below": "above",
    "to the left of": "to the right of",
    "to the right of": "to the left of",
}


def told(text: str) -> set[str]:
    """Every colour, shape and relation that meet in a caption, found by patterns."""
    parts = RELATION.split(text)
    if len(parts) == 1:
        return set()
    relation = parts[1]
    first, second = (" ".join(part.split()[-2:]).removesuffix("s") for part in parts[::2])
    return {f"{first} {relation}", f"{second} {OPPOSITE[relation]}"}


def test_what_meets_in_a_caption() -> None:
    text = "two small red hearts are to the left of a striped blue star"
    assert told(text) == {"red heart to the left of", "blue star to the right of"}
    assert told("a red heart and a blue star") == set()


def test_held_out_combinations_are_in_no_training_scene_or_caption() -> None:
    held = HELD_OUT["validation"] | HELD_OUT["test"]
    assert len(held) == len(HELD_OUT["validation"]) + len(HELD_OUT["test"]) == 12
    words: Counter[str] = Counter()
    spoken: Counter[str] = Counter()
    for picture in scenes("train", 2500):
        assert not meetings(picture) & held
        for caption in captions(picture):
            found = told(caption.text)
            assert not found & held, caption.text
            words.update(set(caption.text.split()))
            spoken.update(found)
    assert set(words) == set(WORDS)
    for combination in held:
        colour, shape, relation = combination.split(maxsplit=2)
        assert min(words[word] for word in combination.split()) > 500
        # Each two of the three are known together.
        for one, other in ((colour, relation), (shape, relation), (colour, shape)):
            known = sum(
                number
                for text, number in spoken.items()
                if one in text.split() and (other in text.split() or text.endswith(" " + other))
            )
            assert known > 20, (combination, one, other)


@pytest.mark.parametrize(("split", "other"), [("validation", "test"), ("test", "validation")])
def test_held_out_scenes_have_a_combination_of_their_own(split: str, other: str) -> None:
    seen: Counter[str] = Counter()
    spoken: Counter[str] = Counter()
    for picture in scenes(split, 600):
        found = meetings(picture)
        assert found & HELD_OUT[split]
        assert not found & HELD_OUT[other]
        seen.update(found & HELD_OUT[split])
        texts = [caption.text for caption in captions(picture)]
        spoken.update(set().union(*map(told, texts)) & HELD_OUT[split])
    for combination in HELD_OUT[split]:
        assert seen[combination] > 70, combination
        assert spoken[combination] > 20, combination


def test_scenes_depend_on_seed_split_and_index_alone() -> None:
    assert scenes("train", 5) == scenes("train", 9)[:5]
    assert scenes("train", 0) == []
    three = [scenes("train", 5), scenes("train", 5, seed=1), scenes("test", 5)]
    assert all(one != other for one, other in combinations(three, 2))
    assert len(set(scenes("train", 50))) == 50


PROGRAM = """
import hashlib, sys
from coursekit_captioning.scenes import captions, draw, scenes
found = hashlib.sha256()
for split in ("train", "validation", "test"):
    for scene in scenes(split, 40):
        found.update(draw(scene).tobytes() + repr(captions(scene)).encode())
heavy = [m for m in ("tensorflow", "keras", "matplotlib") if m in sys.modules]
print(found.hexdigest(), heavy)
"""


def test_the_same_in_every_process_and_without_tensorflow() -> None:
    printed = set()
    for salt in ("1", "2"):
        environment = {**os.environ, "PYTHONHASHSEED": salt, "PYTHONPATH": str(PLUGINS)}
        command = [sys.executable, "-c", PROGRAM]
        printed.add(subprocess.check_output(command, env=environment, text=True).strip())
    assert len(printed) == 1
    assert printed.pop().endswith(" []")


def test_an_unknown_split() -> None:
    with pytest.raises(CourseError, match="no split 'valid'"):
        scenes("valid", 1)


def test_a_disc_and_a_square_have_their_area() -> None:
    looks = partial(thing, x=0.5, y=0.5)
    radius = RADIUS["large"] * 256
    disc = near(draw(scene(looks("large solid blue circle")), 256), "blue").sum()
    assert disc == pytest.approx(math.pi * radius**2, rel=0.03)
    square = near(draw(scene(looks("large solid blue square")), 256), "blue").sum()
    assert square == pytest.approx(4 * radius**2, rel=0.03)


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("size", list(SIZES))
def test_textures(shape: str, size: str) -> None:
    def drawn(texture: str) -> npt.NDArray[np.uint8]:
        return draw(scene(thing(f"{size} {texture} red {shape}", 0.5, 0.5)))

    background = np.array(PAPER.corners[0])
    solid, hollow = drawn("solid"), drawn("hollow")
    assert near(solid, "red")[30:34, 30:34].all()
    # A hole is as if nothing were there.
    assert (np.abs(hollow[32, 32].astype(int) - background) <= 1).all()
    for texture in ("striped", "dotted"):
        pixels = drawn(texture).astype(int)
        light = (np.abs(pixels - 240).max(-1) <= 15) & (np.abs(pixels - background).max(-1) > 8)
        share = light.sum() / near(solid, "red").sum()
        assert 0.02 < share < 0.5, (texture, share)
    assert len({drawn(texture).tobytes() for texture in TEXTURES}) == 4


@pytest.mark.parametrize("split", ["train", "test"])
def test_pictures_of_every_size_look_alike(split: str) -> None:
    for picture in scenes(split, 40):
        small, large = draw(picture), draw(picture, 256)
        assert small.shape == (64, 64, 3)
        assert small.dtype == large.dtype == np.uint8
        assert large.shape == (256, 256, 3)
        averaged = large.reshape(64, 4, 64, 4, 3).mean((1, 3))
        assert np.abs(averaged - small).mean() < 6


def test_the_public_names_are_documented() -> None:
    for name in package.__all__:
        assert hasattr(package, name)
    for function in (boxes_of, captions, draw, is_true, scenes):
        assert function.__doc__
