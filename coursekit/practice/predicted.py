"""What was predicted and measured, kept between sessions in ``predictions.json``."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from coursekit.errors import CourseError
from coursekit.practice.records import rewriting, state_path
from coursekit.stored import read_json

Single = bool | int | float | str
Value = Single | list[Single]

DAMAGED = "move it away: your next predictions begin a new one"


@dataclass
class Prediction:
    """What is known of one prediction.

    Attributes:
        guess: What the student wrote; None: of an exercise, whose cell has it.
        measured: What the student's own run measured; None: of an exercise, whose check knows.
        unit: Of both.
        within: How far from the measured number a guess may be, as a share of it.
        day: When it was made, as ``2026-03-01``.
        asked: When a review last asked for it; empty: never.
        stage: How many reviews in a row were answered correctly.
    """

    guess: Value | None = None
    measured: Value | None = None
    unit: str = ""
    within: float = 0.1
    day: str = ""
    asked: str = ""
    stage: int = 0


def predictions_path() -> Path:
    """Return the file: beside what is remembered of the exercises."""
    return state_path().with_name("predictions.json")


def predictions() -> dict[str, Prediction]:
    """Return what is known, by ``lesson/name``; of an exercise by ``lesson/topic/name``.

    Raises:
        CourseError: The file cannot be read.
    """
    path = predictions_path()
    if not os.path.lexists(path):
        return {}
    found = read_json(path, dict[str, Prediction], DAMAGED)
    for name, one in found.items():
        for day in (one.day, one.asked):
            if day and not _is_day(day):
                raise CourseError(
                    f"{path} is damaged: the day of {name} is {day!r}",
                    "a day such as 2026-03-01",
                    DAMAGED,
                )
    return found


def _is_day(text: str) -> bool:
    try:
        date.fromisoformat(text)
    except ValueError:
        return False
    return True


@contextmanager
def predicting() -> Iterator[dict[str, Prediction]]:
    """Yield the predictions to be changed, and write them, whole or not at all.

    Raises:
        CourseError: The file cannot be read or written; then it is as it was.
    """
    with rewriting(predictions_path(), predictions) as known:
        yield known


def keep(name: str, made: Prediction) -> None:
    """Remember a prediction and what was measured; the same guess keeps its place in reviews.

    Args:
        name: ``lesson/name``.
        made: What was guessed and measured today.

    Raises:
        CourseError: The file cannot be read or written.
    """
    with predicting() as known:
        before = known.get(name)
        if before is not None and before.guess == made.guess:
            made.day, made.asked, made.stage = before.day, before.asked, before.stage
        known[name] = made
