"""The notebooks of dcgan run from end to end with small numbers; their data is one line."""

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
import tensorflow as tf
from PIL import Image

from coursekit_dcgan import TINY, DcganLesson
from tests.cells import run_cells

pytestmark = pytest.mark.tf


@pytest.fixture(scope="module")
def cache(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("cache")


@pytest.fixture(autouse=True)
def short(cache: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The classifier that judges learns for a few steps and is kept for the next notebook."""
    monkeypatch.setenv("COURSEKIT_CACHE", str(cache))
    monkeypatch.setattr("coursekit_dcgan.classifier.LEAST_STEPS", 1)
    monkeypatch.setattr("coursekit_dcgan.classifier.EPOCHS", 1)


def test_one_line_names_other_data_and_the_rest_of_the_lesson_runs(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "stripes"
    folder.mkdir()
    for number in range(160):
        pixels = np.zeros((28, 28), np.uint8)
        pixels[:, number % 28] = 255 - number
        Image.fromarray(pixels).save(folder / f"{number}.png")
    small = TINY.replace({"epochs": 1, "steps": 50, "batch_size": 8})
    monkeypatch.setattr(DcganLesson, "presets", {**DcganLesson.presets, "quick": small})
    done = run_cells("dcgan/lesson", DATASET=str(folder))
    assert done["frames"][-1].shape == (12, 28, 28)
    train = done["data"].parts.train.pixels
    assert {int((row > 0).sum()) for row in train} == {28}  # a stripe in each picture


@pytest.fixture
def eagerly() -> Iterator[None]:
    """Compile nothing: of a few steps that is most of the time."""
    tf.config.run_functions_eagerly(True)
    yield
    tf.config.run_functions_eagerly(False)


@pytest.mark.usefixtures("eagerly")
@pytest.mark.parametrize(
    ("topic", "constants", "drawn"),
    [
        ("upsampling", {"STEPS": 2}, "kernel 5: drawn"),
        ("losses", {"HEAD_START": 2, "STEPS": 2}, "saturating"),
        ("step", {"STEPS": 2}, "without training mode"),
        ("collapse", {"ROUNDS": 2, "STEPS": 2, "SEEDS": (0, 1)}, "judged alone"),
        ("interpolation", {"STEPS": 2}, "straight line"),
    ],
)
def test_what_an_exercise_trains_runs_and_draws(
    topic: str, constants: dict[str, object], drawn: str
) -> None:
    done = run_cells(f"dcgan/{topic}", **constants)
    assert done["shown"][drawn].shape[1:] == (28, 28)
