"""The grades as a file: JSON with the version of its schema, read back to see what changed."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from coursekit import __version__
from coursekit.errors import CourseError
from coursekit.grading.marks import Mark
from coursekit.stored import read_json

SCHEMA = "coursekit grades"
VERSION = 1  # raised where a reader of the file before would misread it
FILE = "grades.json"


@dataclass(frozen=True)
class StoredVerdict:
    """What is read back of a verdict."""

    check: str
    title: str = ""
    possible: float = 0.0
    earned: float = 0.0


@dataclass(frozen=True)
class StoredMark:
    """What is read back of a mark."""

    student: str
    exercise: str
    mark: float
    name: str = ""
    possible: float = 0.0
    verdicts: tuple[StoredVerdict, ...] = ()


@dataclass(frozen=True)
class StoredGrades:
    """What is read back of a file of grades."""

    schema: str
    version: int
    made: str = ""
    marks: tuple[StoredMark, ...] = field(default=())


@dataclass(frozen=True)
class Change:
    """How a student's mark for an exercise differs from an earlier one.

    Attributes:
        student: Who.
        name: Of the student.
        exercise: Which.
        before: The mark so far; None if there was none.
        after: The mark now; None if there is none any more.
        checks: The titles of the checks whose points differ, with the points before and after.
    """

    student: str
    name: str
    exercise: str
    before: float | None
    after: float | None
    checks: tuple[tuple[str, float | None, float | None], ...] = ()


def as_json(marks: Sequence[Mark], notes: Iterable[str] = ()) -> dict[str, Any]:
    """Return marks and what they rest on as plain values, without output and pictures."""
    return {
        "schema": SCHEMA,
        "version": VERSION,
        "made": datetime.now(UTC).isoformat(timespec="seconds"),
        "coursekit": __version__,
        "marks": [_mark(mark) for mark in marks],
        "notes": list(notes),
    }


def _mark(mark: Mark) -> dict[str, Any]:
    values: dict[str, Any] = {
        "student": mark.student,
        "name": mark.name,
        "exercise": mark.exercise,
        "possible": mark.possible,
        "earned": mark.earned,
        "manual": mark.manual.points,
        "comment": mark.manual.comment,
        "late_days": mark.lateness.days,
        "late_percent": mark.lateness.percent,
        "mark": mark.points,
        "why": mark.why,
    }
    if mark.grade is not None:
        grade, handed = mark.grade, mark.grade.submission
        values |= {
            "file": str(handed.path),
            "attempt": handed.attempt,
            "submitted": handed.submitted.isoformat() if handed.submitted else None,
            "marked_late": handed.late,
            "isolation": grade.isolation,
            "seconds": round(grade.seconds, 3),
            "failure": grade.failure,
            "notes": list(grade.notes),
            "verdicts": [_verdict(verdict) for verdict in grade.verdicts],
            "alarms": [vars(alarm) for alarm in grade.alarms],
        }
    return values


def _verdict(verdict: Any) -> dict[str, Any]:
    values = dict(vars(verdict))
    return values | {"hints": list(verdict.hints), "seconds": round(verdict.seconds, 3)}


def read_grades(path: Path) -> StoredGrades:
    """Read grades back.

    Args:
        path: The file, or the folder of reports that has it.

    Raises:
        CourseError: It cannot be read, or is of a later version of coursekit.
    """
    file = path / FILE if path.is_dir() else path
    found = read_json(file, StoredGrades, "name a folder of reports that coursekit wrote")
    if found.schema != SCHEMA or found.version > VERSION:
        raise CourseError(
            f"{file} has the schema {found.schema!r}, version {found.version}",
            f"{SCHEMA!r}, version {VERSION} or lower",
            "install the coursekit that wrote it",
        )
    return found


def changes(before: StoredGrades, marks: Iterable[Mark]) -> tuple[Change, ...]:
    """Return whose marks differ from earlier ones, and by which checks."""
    now = {(mark.student, mark.exercise): mark for mark in marks}
    then = {(mark.student, mark.exercise): mark for mark in before.marks}
    graded = {exercise for _, exercise in now}
    found = [_change(then.get(key), mark) for key, mark in now.items()]
    for key, old in then.items():
        if key not in now and key[1] in graded:
            found.append(Change(old.student, old.name, old.exercise, old.mark, None))
    return tuple(one for one in found if one.before != one.after or one.checks)


def _change(old: StoredMark | None, mark: Mark) -> Change:
    earlier = {v.check: v.earned for v in old.verdicts} if old else {}
    titles = {v.check: v.title for v in old.verdicts} if old else {}
    verdicts = mark.grade.verdicts if mark.grade else ()
    present = {v.check: v.earned for v in verdicts}
    titles |= {v.check: v.title for v in verdicts}
    return Change(
        mark.student,
        mark.name,
        mark.exercise,
        old.mark if old else None,
        mark.points,
        _differing(titles, earlier, present) if old and mark.grade else (),
    )


def _differing(
    titles: Mapping[str, str], before: Mapping[str, float], after: Mapping[str, float]
) -> tuple[tuple[str, float | None, float | None], ...]:
    return tuple(
        (title, before.get(check), after.get(check))
        for check, title in titles.items()
        if before.get(check) != after.get(check)
    )
