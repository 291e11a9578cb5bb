"""The notebooks of nmt run from end to end with small numbers; their data is one line."""

from itertools import product
from pathlib import Path

import pytest

from coursekit import LocalDataset
from coursekit_nmt import TINY, NmtLesson, load
from coursekit_nmt.data import Parts
from tests.cells import run_cells

pytestmark = pytest.mark.tf

WHO = {"Ana": "ana", "Tom": "tom", "the cat": "el gato", "a boy": "un nino", "she": "ella"}
DOES = {"sees": "ve", "wants": "quiere", "has": "tiene", "draws": "dibuja", "buys": "compra"}
WHAT = {"bread": "pan", "milk": "leche", "a book": "un libro", "water": "agua"}


def test_one_line_names_other_data_and_the_rest_of_the_lesson_runs(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    lines = [
        f"{a} {b} {c}{end}\t{WHO[a]} {DOES[b]} {WHAT[c]}{end}"
        for a, b, c, end in product(WHO, DOES, WHAT, ".!?")
    ]
    path = tmp_path / "pairs.tsv"
    path.write_text("\n".join(lines), encoding="utf-8")
    small = TINY.replace({"batch_size": 32})
    monkeypatch.setattr(NmtLesson, "presets", {**NmtLesson.presets, "quick": small})
    done = run_cells("nmt/lesson", DATASET=str(path), EPOCHS=1, SMALL_STEPS=3)
    assert {"ana", "gato", "dibuja"} <= set(done["data"].source_vocabulary.words)
    assert len(done["losses"]) == done["data"].train.batch_count
    assert done["_pictures"][-1].startswith(b"\x89PNG")


@pytest.fixture(scope="module")
def few() -> Parts:
    """A part of the phrasebook."""
    whole = load.load_parts(LocalDataset("phrasebook"))
    train, validation, test = (part[::8] for part in whole[:3])
    return whole._replace(train=train, validation=validation, test=test)


@pytest.mark.parametrize(
    ("topic", "constants"),
    [
        ("attention", {"STEPS": 2}),
        ("decoder", {"STEPS": 2}),
        ("loss", {"STEPS": 12}),
        ("beam", {"STEPS": 2, "SENTENCES": 2}),
    ],
)
def test_what_an_exercise_trains_runs_and_draws(
    topic: str, constants: dict[str, int], few: Parts, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(load.READERS, "phrasebook", lambda dataset: few)
    done = run_cells(f"nmt/{topic}", **constants)
    assert done["_pictures"][-1].startswith(b"\x89PNG")


def test_a_constant_that_no_cell_sets_is_told() -> None:
    with pytest.raises(AssertionError, match="EPOCHS"):
        run_cells("nmt/padding", EPOCHS=1)
