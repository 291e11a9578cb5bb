"""The notebooks of captioning run from end to end with small numbers; their data is one line."""

from collections.abc import Iterator
from pathlib import Path

import pytest
import tensorflow as tf
from PIL import Image

from coursekit_captioning import TINY, CaptioningLesson
from tests.cells import run_cells

pytestmark = pytest.mark.tf

PNG = b"\x89PNG"


@pytest.fixture
def own_pictures(tmp_path: Path) -> Path:
    """A small folder of pictures of one colour each, with captions."""
    lines = ["image,caption"]
    for number in range(24):
        name = ("red", "green", "blue")[number % 3]
        level = 255 - 4 * number
        colour = tuple(level if name == one else 0 for one in ("red", "green", "blue"))
        Image.new("RGB", (40, 30), colour).save(tmp_path / f"{number}.png")
        lines += [f"{number}.png,a {name} wall", f"{number}.png,this wall is {name}"]
    (tmp_path / "captions.csv").write_text("\n".join(lines), encoding="utf-8")
    return tmp_path


def test_one_line_names_other_data_and_the_rest_of_the_lesson_runs(
    own_pictures: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from coursekit_captioning import encoders, features

    original = encoders.network  # without the weights that it has from ImageNet
    monkeypatch.setattr(features, "weights_of", lambda encoder: None)
    monkeypatch.setattr(features, "network", lambda encoder, weights: original(encoder, None))
    monkeypatch.setenv("COURSEKIT_CACHE", str(own_pictures / "cache"))
    small = TINY.replace({"batch_size": 8, "group": 2, "lengths": (6,)})
    monkeypatch.setattr(CaptioningLesson, "presets", {**CaptioningLesson.presets, "quick": small})
    done = run_cells("captioning/lesson", DATASET=str(own_pictures), EPOCHS=1)
    assert {"wall", "red", "green", "blue"} <= set(done["data"].vocabulary.words)
    assert len(done["losses"]) == done["data"].train.batch_count
    assert {"cider", "bleu_4"} <= set(done["scores"])
    assert done["shown"].example.source.name.endswith(".png")
    assert set(done["written"].words) <= set(done["data"].vocabulary.words)


@pytest.fixture
def eagerly() -> Iterator[None]:
    """Compile nothing: of a few steps that is most of the time."""
    tf.config.run_functions_eagerly(True)
    yield
    tf.config.run_functions_eagerly(False)


@pytest.mark.usefixtures("eagerly")
@pytest.mark.parametrize(
    ("topic", "constants"),
    [
        ("grids", {}),
        ("attention", {"STEPS": 2, "PICTURES": 13}),
        ("leaks", {"SCENES": 40}),
        ("pointing", {"STEPS": 2, "PICTURES": 8}),
        ("greedy", {"STEPS": 2, "PICTURES": 4}),
        ("search", {"STEPS": 2, "PICTURES": 4}),
    ],
)
def test_what_an_exercise_trains_runs_and_draws(topic: str, constants: dict[str, int]) -> None:
    done = run_cells(f"captioning/{topic}", **constants)
    assert done["_pictures"][-1].startswith(PNG)
