"""The notebooks of textgen run from end to end with small numbers; their data is one line."""

from pathlib import Path

import pytest

from coursekit_textgen import STDLIB, TINY, TextgenLesson
from tests.cells import run_cells

pytestmark = pytest.mark.tf


def test_one_line_names_other_data_and_the_rest_of_the_lesson_runs(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "tune.txt"
    path.write_text("|: GABc dedB | dedB dedB :|\n" * 800, encoding="utf-8")
    small = TINY.replace({"epochs": 1, "batch_size": 8})
    monkeypatch.setattr(TextgenLesson, "presets", {**TextgenLesson.presets, "quick": small})
    done = run_cells("textgen/lesson", DATASET=str(path), greedy=40)
    assert done["data"].vocabulary.characters == "".join(sorted(set(path.read_text())))
    assert len(done["losses"]) == done["data"].train.steps
    results = done["results"]  # pairs are enough for a tune of one line: they halve the loss
    assert results["counted pairs"] < results["knows nothing"] / 2
    assert results["pairs, learned"] < results["knows nothing"]
    assert done["values"].shape == (600, small.units)  # one state for each held-out character


@pytest.mark.parametrize(
    ("topic", "constants", "told"),
    [
        ("batches", {"STEPS": 30}, "targets = inputs: loss"),
        ("model", {"STEPS": 2}, "reset gate always open: "),
        ("state", {"STEPS": 5}, "shuffled    first place"),
        ("step", {"STEPS": 60}, "exp(logits) as logits: reported"),
        ("sampling", {"STEPS": 2}, "your taste"),
    ],
)
def test_what_an_exercise_trains_runs_without_a_download(
    topic: str,
    constants: dict[str, int],
    told: str,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setattr(TextgenLesson, "datasets", (STDLIB,))
    monkeypatch.setattr("coursekit_textgen.load.STDLIB_TRAIN", ["heapq", "enum"])
    monkeypatch.setattr("coursekit_textgen.load.STDLIB_VALIDATION", ["bisect"])
    run_cells(f"textgen/{topic}", **constants)
    assert told in capsys.readouterr().out
