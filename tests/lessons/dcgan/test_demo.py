"""The demo: grids, walks, nearest images, and pictures in a terminal."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from matplotlib.figure import Figure
from rich.text import Text

from coursekit.blocks import half_blocks
from coursekit_dcgan import TINY, DcganDemoOptions
from coursekit_dcgan.build import build_gan
from coursekit_dcgan.data import DcganData, dcgan_data
from coursekit_dcgan.demo import (
    COLUMNS,
    WALK,
    canvas,
    demo,
    grid,
    half_size,
    in_terminal,
    nearest,
    nearest_figure,
    walk,
)
from coursekit_dcgan.load import Images, Parts
from coursekit_dcgan.practice.compare import beside
from coursekit.showing import png
from tests.conftest import Command

pytestmark = pytest.mark.tf

RANDOM = np.random.default_rng(0)


@pytest.fixture(scope="module")
def data() -> DcganData:
    images = Images(RANDOM.integers(0, 256, (40, 28, 28)).astype(np.uint8), None)
    return dcgan_data("noise", Parts(images, images, images), TINY)


@pytest.mark.parametrize(
    ("make", "columns"),
    [
        (lambda images: grid(images, COLUMNS), COLUMNS),
        (lambda images: grid(images, WALK, "", ["one"], ["a", "b"]), WALK),
        (lambda images: grid(images, WALK, "a walk"), WALK),
        (lambda images: nearest_figure(images[:10], images[:10], np.ones(10, np.float32)), 1),
        (lambda images: beside({"a": images, "b": images}), 5),
        (lambda images: beside({"a": images, "b": images}, columns=9, count=54), 9),
    ],
)
def test_a_digit_has_at_least_48_pixels(make: Callable[[Any], Figure], columns: int) -> None:
    figure = make(RANDOM.integers(0, 256, (54, 28, 28)).astype(np.uint8))
    png(figure)  # lays it out
    sizes = {round(axes.get_window_extent().width / figure.dpi * 110) for axes in figure.axes}
    assert min(sizes) >= 48 * columns


def test_a_walk_along_a_great_circle() -> None:
    path = walk(np.array([3.0, 0.0], np.float32), np.array([0.0, 3.0], np.float32), 4)
    angles = np.deg2rad([0, 30, 60, 90])
    expected = 3 * np.stack([np.cos(angles), np.sin(angles)], axis=1)
    np.testing.assert_allclose(path, expected, atol=1e-6)


def test_a_walk_keeps_to_where_latents_are() -> None:
    """In 100 dimensions all are about 10 long; the middle of a straight line is 7."""
    one, other = RANDOM.normal(size=(2, 100)).astype(np.float32)
    lengths = np.linalg.norm(walk(one, other, 11), axis=1)
    assert lengths.min() > 0.9 * min(np.linalg.norm(one), np.linalg.norm(other))
    assert np.linalg.norm((one + other) / 2) < 8


def test_a_walk_to_itself_stays() -> None:
    one = np.array([1.0, 2.0], np.float32)
    np.testing.assert_allclose(walk(one, one, 3), [one] * 3, rtol=1e-6)


def test_the_nearest_image_by_hand() -> None:
    among = RANDOM.integers(0, 256, (50, 28, 28)).astype(np.uint8)
    among[17] = 0
    image = np.zeros((28, 28), np.uint8)
    image[:14] = 51  # half of the pixels differ by a fifth
    copy = among[31]
    places, distances = nearest(np.stack([image, copy]), among, at_once=8)
    assert places.tolist() == [17, 31]
    np.testing.assert_allclose(distances, [0.2 * 0.5**0.5, 0], atol=2e-3)


def test_the_canvas_has_each_image_where_it_belongs() -> None:
    images = np.stack([np.full((28, 28), value, np.uint8) for value in (10, 20, 30)])
    whole = canvas(images, 2)
    assert whole.shape == (57, 57)
    assert (whole[:28, :28] == 10).all()
    assert (whole[:28, 29:] == 20).all()
    assert (whole[29:, :28] == 30).all()
    assert (whole[28] == 40).all()


def test_half_an_image_is_the_mean_of_four_pixels() -> None:
    image = np.array([[0, 4, 8, 8], [8, 4, 8, 8]], np.uint8)
    assert half_size(image).tolist() == [[4, 8]]


def test_half_blocks_are_two_pixels_each() -> None:
    image = np.array([[255, 255, 0, 0], [255, 0, 255, 0], [255, 0, 0, 0]], np.uint8)
    assert half_blocks(image).plain == "█▀▄ \n▀   "  # the odd last row has a dark one below
    image = np.array([[[10, 20, 30]], [[200, 210, 220]]], np.uint8)
    text = half_blocks(image)
    assert text.plain == "▄"
    style: Any = text.spans[0].style
    assert style.color.triplet == (200, 210, 220)
    assert style.bgcolor.triplet == (10, 20, 30)


def test_images_in_the_terminal_fit_80_columns() -> None:
    lines = in_terminal(np.full((10, 28, 28), 255, np.uint8)).plain.split("\n")
    assert len(lines) == 14  # two rows of 28 pixels, halved, two pixels a line
    assert {len(line) for line in lines} == {75}


@pytest.mark.parametrize(("options", "texts"), [({}, 1), ({"interpolate": True}, 1)])
def test_what_the_demo_shows(data: DcganData, options: dict[str, Any], texts: int) -> None:
    found = demo(build_gan(TINY), data, DcganDemoOptions(count=12, **options))
    assert [type(part) for part in found] == [Text, Figure]


def test_the_nearest_images_are_shown_beside(data: DcganData) -> None:
    found = demo(build_gan(TINY), data, DcganDemoOptions(count=3, nearest=True))
    # Here the images that are held out are those that it trained on.
    assert str(found[4]).endswith("real images that were held out differ from theirs by 0.00")
    assert len(found[5].axes) == 6  # type: ignore[union-attr]


def test_another_seed_draws_other_images(data: DcganData) -> None:
    model = build_gan(TINY)
    one, same, other = (
        str(demo(model, data, DcganDemoOptions(count=4, seed=seed))[0].spans)  # type: ignore[union-attr]
        for seed in (0, 0, 1)
    )
    assert one == same != other


def test_it_works_on_the_command_line(coursekit: Command, tmp_path: Path) -> None:
    coursekit("run", "dcgan", "--data", "mnist5k", "--preset", "tiny", "--out", "run")
    done = coursekit("demo", "dcgan", "--run", "run", "--nearest", "--count", "5")
    assert "nearest in training:" in done.stdout
    done = coursekit("demo", "dcgan", "--run", "run", "--interpolate")
    assert "picture:" in done.stderr + done.stdout
    assert coursekit("demo", "dcgan", "words", "--run", "run", code=2).stderr
    both = coursekit("demo", "dcgan", "--run", "run", "--nearest", "--interpolate", code=1)
    assert "--interpolate and --nearest cannot be combined" in both.stderr
