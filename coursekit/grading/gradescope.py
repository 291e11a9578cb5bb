"""What Gradescope shows of an autograder: one ``results.json`` for each student.

The fields are those of Gradescope's autograder specification: a score that overrides the sum of
the tests, and for each test its name, score, possible score, status, output and visibility.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from coursekit.grading.marks import Mark
from coursekit.grading.pages import Shown, shown
from coursekit.grading.tables import points
from coursekit.printable import printable

MOST_OUTPUT = 10_000  # characters of one test


def results(marks: Sequence[Mark]) -> dict[str, Any]:
    """Return a student's results.

    A private check stands there under a number alone: students see this file's texts.

    Args:
        marks: The student's, for each exercise.
    """
    tests = [
        _test(mark, f"{number}.{place}", check, verdict.earned, verdict.possible)
        for number, mark in enumerate(marks, 1)
        if mark.grade
        for place, (check, verdict) in enumerate(
            zip(shown(mark.grade.verdicts), mark.grade.verdicts, strict=True), 1
        )
    ]
    return {
        "score": sum(mark.points for mark in marks),
        "execution_time": round(sum(m.grade.seconds for m in marks if m.grade), 3),
        "output": _text("\n".join(line for mark in marks for line in _lines(mark))),
        "output_format": "text",
        "visibility": "visible",
        "stdout_visibility": "hidden",
        "tests": tests,
    }


def _test(mark: Mark, number: str, check: Shown, earned: float, possible: float) -> dict[str, Any]:
    hints = [f"Hint {place}: {hint}" for place, hint in enumerate(check.hints, 1)]
    return {
        "score": earned,
        "max_score": possible,
        "status": "passed" if check.status == "passed" else "failed",
        "name": f"{mark.exercise}: {check.title}",
        "number": number,
        "output": _text("\n\n".join(filter(None, [check.words, *hints]))),
        "output_format": "text",
        "visibility": "visible",
    }


def _lines(mark: Mark) -> list[str]:
    """Return what is said about a mark beside its tests."""
    lines = [mark.failure, mark.lateness.words]
    if mark.manual.points is not None:
        lines.append(f"from your instructor: {points(mark.manual.points)} points")
    lines += [mark.manual.comment, *(mark.grade.notes if mark.grade else ())]
    return [f"{mark.exercise}: {line}" for line in lines if line]


def _text(text: str) -> str:
    return printable(text, MOST_OUTPUT)
