"""What a notebook gets from one line is what the command line would take."""

import json
from pathlib import Path

import pytest
from rich.text import Text

from coursekit import CourseError, predictions
from coursekit.prepare import predict, prepare, reveal, show
from coursekit_nmt import PHRASEBOOK, NmtLesson


@pytest.mark.slow
def test_a_data_set_brings_its_own_settings_and_predictions_their_lesson(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COURSEKIT_STATE", str(tmp_path))
    monkeypatch.setattr(predictions, "_lesson", [])
    predict("early", 3)
    reveal("early", 3)
    settings, data = prepare(NmtLesson(), "phrasebook", epochs=1)
    predict("late", 3)
    reveal("late", 3)
    kept = json.loads((tmp_path / "predictions.json").read_text())
    assert list(kept) == ["nmt/early", "nmt/late"]
    asked = PHRASEBOOK.settings("quick", NmtLesson().presets["quick"]).replace({"epochs": 1})
    assert settings == asked
    assert len(data.train.pairs) > 1_000


def test_an_unknown_preset_is_an_error_before_anything_is_read() -> None:
    with pytest.raises(CourseError, match="no preset 'quik'"):
        prepare(NmtLesson(), "phrasebook", preset="quik")


def test_an_unknown_field_is_an_error() -> None:
    with pytest.raises(CourseError, match="unit"):
        prepare(NmtLesson(), "phrasebook", unit=3)


def test_what_a_demo_may_not_return_is_not_shown() -> None:
    with pytest.raises(TypeError, match="a demo returns texts, figures or iterators"):
        show(3)  # type: ignore[arg-type]


def test_a_styled_text_is_printed_as_it_is(capsys: pytest.CaptureFixture[str]) -> None:
    show([Text("a [bold] word"), "and [another]"])
    assert capsys.readouterr().out == "a [bold] word\nand [another]\n"
