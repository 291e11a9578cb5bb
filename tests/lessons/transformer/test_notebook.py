"""The notebooks of transformer run from end to end with small numbers; their data is one line."""

from pathlib import Path

import pytest

from coursekit.notebooks.cells import cells
from coursekit.practice.gather import exercise
from coursekit_transformer import STDLIB, TINY, TransformerLesson
from tests.cells import run_cells

pytestmark = pytest.mark.tf


def test_one_line_names_other_data_and_the_rest_of_the_lesson_runs(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "tune.txt"
    path.write_text("|: GABc dedB | dedB dedB :|\n" * 800, encoding="utf-8")
    small = TINY.replace({"epochs": 1, "batch_size": 4, "length": 64, "layers": 1})
    monkeypatch.setattr(TransformerLesson, "presets", {"quick": small})
    done = run_cells("transformer/lesson", DATASET=str(path), LENGTHS=(8, 16), greedy=20)
    assert done["data"].vocabulary.characters == "".join(sorted(set(path.read_text())))
    assert len(done["losses"]) == done["data"].train.steps
    told = capsys.readouterr().out
    assert "guesses that changed: [63] of 64" in told  # the last alone
    assert "times as fast" in told
    assert done["by_place"].shape == (64,)
    assert done["by_place"][0] > done["by_place"][-1]


def test_no_cell_of_the_lesson_is_long() -> None:
    code = [cell for cell in cells(exercise("transformer/lesson")) if cell.role != "text"]
    assert max(len(cell.solved.splitlines()) for cell in code) <= 40


@pytest.mark.parametrize(
    ("topic", "constants", "told"),
    [
        ("attention", {"STEPS": 5}, "it chooses"),
        ("heads", {"STEPS": 3}, "4 heads, no positions"),
        ("leak", {"STEPS": 3}, "held-out one by one"),
        ("residual", {"STEPS": 2, "LAYERS": 2}, "norms after the sums"),
        ("cache", {"LENGTHS": (50,), "WINDOWS": (8,)}, "times as fast"),
        ("lookup", {"STEPS": 3}, "your head"),
    ],
)
def test_what_an_exercise_trains_runs_without_a_download(
    topic: str,
    constants: dict[str, object],
    told: str,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setattr(TransformerLesson, "datasets", (STDLIB,))
    monkeypatch.setattr("coursekit_transformer.load.STDLIB_TRAIN", ["heapq", "enum"])
    monkeypatch.setattr("coursekit_transformer.load.STDLIB_VALIDATION", ["bisect"])
    run_cells(f"transformer/{topic}", **constants)
    assert told in capsys.readouterr().out
