"""Predictions in a notebook: what is printed, what is kept, and what is refused."""

import json
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from coursekit import CourseError, predictions
from coursekit.predictions import begin, predict, reveal


@pytest.fixture(autouse=True)
def state(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A process that has prepared no lesson, with a state of its own."""
    monkeypatch.setenv("COURSEKIT_STATE", str(tmp_path / "state"))
    monkeypatch.setattr(predictions, "_guesses", {})
    monkeypatch.setattr(predictions, "_waiting", [])
    monkeypatch.setattr(predictions, "_lesson", [])
    return tmp_path / "state"


@pytest.fixture
def last(capsys: pytest.CaptureFixture[str]) -> Callable[[], str]:
    """The last line that was printed."""
    return lambda: capsys.readouterr().out.splitlines()[-1]


def kept(state: Path) -> Any:
    return json.loads((state / "predictions.json").read_text(encoding="utf-8"))


def test_dots_are_no_guess_and_leave_no_trace(
    state: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    begin("nmt")
    predict("loss", ...)
    reveal("loss", 7.09, unit="nats")
    assert capsys.readouterr().out == (
        "Your guess goes in place of the dots. You can also continue without one.\n"
        "measured 7.09 nats (no prediction)\n"
    )
    assert not state.exists()


@pytest.mark.parametrize(
    ("guess", "measured", "line"),
    [
        (6.8, 7.09, "you predicted 6.8 nats; measured 7.09 nats (4 % off: right)"),
        (5, 7.09, "you predicted 5 nats; measured 7.09 nats (29 % off; right is within 10 %)"),
        (1.1, 1.0, "you predicted 1.1 nats; measured 1 nats (10 % off: right)"),
        (1.12, 1.0, "you predicted 1.12 nats; measured 1 nats (12 % off; right is within 10 %)"),
        (
            500,
            5,
            "you predicted 500 nats; measured 5 nats (100 times the measured value; right is "
            "within 10 %)",
        ),
        (
            0.5,
            7,
            "you predicted 0.5 nats; measured 7 nats (too small by a factor of 14; right is "
            "within 10 %)",
        ),
        (247_296, 247_296, "you predicted 247,296 nats; measured 247,296 nats (right)"),
        (0.05, 0.0, "you predicted 0.05 nats; measured 0 nats (right)"),
        (-3, 3, "you predicted -3 nats; measured 3 nats (200 % off; right is within 10 %)"),
        (999.7, 1000.0, "you predicted 1,000 nats; measured 1,000 nats (less than 1 % off: right)"),
        ("a", 3, "you predicted “a”; measured 3 nats (wrong)"),
        (True, 1, "you predicted yes; measured 1 nats (wrong)"),
    ],
)
def test_a_number_is_compared_by_its_relative_distance(
    guess: Any, measured: Any, line: str, last: Callable[[], str]
) -> None:
    predict("nmt/loss", guess)
    reveal("nmt/loss", measured, unit="nats")
    assert last() == line


@pytest.mark.parametrize(
    ("guess", "measured", "right"),
    [
        ((2, 3), np.zeros((2, 3)).shape, True),
        ([2, 3], np.array([2, 3]), True),
        ((2, 3, 1), (2, 3), False),
        ((2, 3), (3, 2), False),
        (2, (2,), False),
        (" The  Cat", "the cat", True),
        ("the cat", "the cats", False),
        (True, np.bool_(True), True),
        (False, np.True_, False),
        ("Yes", True, True),
        ("no", True, False),
        (3, np.float32(3.1), True),
    ],
)
def test_shapes_texts_and_truths_must_be_equal(
    guess: Any, measured: Any, right: bool, last: Callable[[], str]
) -> None:
    predict("nmt/shape", guess)
    reveal("nmt/shape", measured)
    assert last().endswith("right)") is right


def test_nothing_but_an_equal_number_is_right_where_the_lesson_says_so(
    last: Callable[[], str],
) -> None:
    predict("nmt/steps", 99)
    reveal("nmt/steps", 100, within=0)
    assert last() == "you predicted 99; measured 100 (1 % off; wrong)"


def test_what_comes_before_prepare_waits_for_the_lesson(state: Path) -> None:
    predict("shape", (2, 3))
    reveal("shape", (2, 3))
    assert not state.exists()
    begin("textgen")
    predict("loss", 4.0)
    reveal("loss", 4.2, unit="nats", within=0.05)
    assert list(kept(state)) == ["textgen/loss", "textgen/shape"]
    assert kept(state)["textgen/loss"] == {
        "guess": 4.0,
        "measured": 4.2,
        "unit": "nats",
        "within": 0.05,
        "day": date.today().isoformat(),
        "asked": "",
        "stage": 0,
    }


def test_the_same_guess_keeps_its_place_in_the_reviews_and_another_starts_over(
    state: Path,
) -> None:
    begin("nmt")
    predict("loss", 4.0)
    reveal("loss", 4.2)
    stored = kept(state)
    stored["nmt/loss"] |= {"day": "2020-01-01", "asked": "2020-01-03", "stage": 1}
    (state / "predictions.json").write_text(json.dumps(stored), encoding="utf-8")
    reveal("loss", 4.3)  # the notebook was run again
    one = kept(state)["nmt/loss"]
    assert (one["measured"], one["day"], one["stage"]) == (4.3, "2020-01-01", 1)
    predict("loss", 4.3)
    reveal("loss", 4.3)
    one = kept(state)["nmt/loss"]
    assert (one["guess"], one["day"], one["stage"]) == (4.3, date.today().isoformat(), 0)


@pytest.mark.parametrize(
    "guess",
    [
        lambda: 3,
        list(range(21)),
        float("nan"),
        float("inf"),
        10**400,
        "",
        "x" * 301,
        None,
        {"a": 1},
        [[1, 2]],
        1j,
        float,
    ],
)
def test_what_is_no_guess_is_refused_in_words(guess: Any) -> None:
    with pytest.raises(CourseError, match="the guess for 'loss'") as caught:
        predict("loss", guess)
    assert caught.value.expected
    assert "..." in caught.value.remedy
    assert len(str(caught.value)) < 900


@pytest.mark.parametrize("name", ["", "a b", "nmt/a/b", 3])
def test_a_name_is_a_word(name: Any) -> None:
    with pytest.raises(CourseError, match="cannot name a prediction"):
        predict(name, 3)


def test_what_is_not_finite_is_shown_and_not_kept(state: Path, last: Callable[[], str]) -> None:
    predict("nmt/loss", 3)
    reveal("nmt/loss", float("nan"))
    assert last() == "you predicted 3; measured nan (wrong)"
    assert not state.exists()


def test_a_damaged_file_is_named_and_left_as_it_is(
    state: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    state.mkdir()
    file = state / "predictions.json"
    file.write_text('{"nmt/loss": {"stage": "many"}}', encoding="utf-8")
    predict("nmt/loss", 3)
    reveal("nmt/loss", 3)
    out = capsys.readouterr().out
    assert "measured 3 (right)" in out
    assert "could not be saved" in out
    assert str(file) in out
    assert "move it away" in out
    assert "many" in file.read_text(encoding="utf-8")


def test_a_notebook_continues_where_nothing_can_be_saved(
    state: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    state.write_text("a file where the folder should be", encoding="utf-8")
    predict("nmt/loss", 3)
    reveal("nmt/loss", 3)
    assert "could not be saved" in capsys.readouterr().out
    assert state.read_text(encoding="utf-8") == "a file where the folder should be"
