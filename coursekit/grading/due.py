"""Due dates: when the work of a student is due, and what lateness costs.

[late]
percent_a_day = 10    # of the points, for each day that has begun
grace_minutes = 15    # that cost nothing
most_percent = 50     # that lateness costs at the most

[due]
"nmt/attention" = 2026-03-02 23:59:00
nmt = 2026-03-30 23:59:00          # all exercises of the lesson that are not named

[extensions."nmt/attention"]
s1004 = 2026-03-05 23:59:00
"""

from __future__ import annotations

import math
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from pathlib import Path
from typing import Any

from coursekit.errors import CourseError, did_you_mean
from coursekit.grading.results import Submission
from coursekit.grading.tables import decoded, points
from coursekit.stored import read_bytes

MOST_BYTES = 2_000_000
TABLES = ("late", "due", "extensions")
RULES = {"percent_a_day": 0.0, "grace_minutes": 0.0, "most_percent": 100.0}
ALL = "all"  # in place of an exercise or a lesson: whatever is not named


@dataclass(frozen=True)
class Lateness:
    """How late a submission is, and what that costs.

    Attributes:
        days: That have begun since it was due; 0: it is on time.
        percent: Of the points that are taken off.
        words: For the student; empty if it is on time.
        doubt: What the instructor should look at; empty if nothing.
    """

    days: int = 0
    percent: float = 0.0
    words: str = ""
    doubt: str = ""


@dataclass(frozen=True)
class DueDates:
    """When work is due, and what lateness costs.

    Attributes:
        percent_a_day: Taken off for each day that has begun.
        grace_minutes: That cost nothing.
        most_percent: That lateness costs at the most.
        due: By exercise, by lesson, or for ``all``.
        extensions: By exercise, lesson or ``all``, then by student.
    """

    percent_a_day: float = 0.0
    grace_minutes: float = 0.0
    most_percent: float = 100.0
    due: Mapping[str, datetime] = field(default_factory=dict)
    extensions: Mapping[str, Mapping[str, datetime]] = field(default_factory=dict)

    def due_of(self, exercise: str, student: str) -> tuple[datetime | None, bool]:
        """Return when a student's work is due, and whether that is an extension."""
        keys = (exercise, exercise.partition("/")[0], ALL)
        for key in keys:
            if student in self.extensions.get(key, {}):
                return self.extensions[key][student], True
        return next((self.due[key] for key in keys if key in self.due), None), False

    def lateness(self, submission: Submission, exercise: str) -> Lateness:
        """Return how late a submission is.

        Without a time of handing in, what the platform marks as late counts as one day late,
        and is named; not for a student who has an extension.
        """
        due, extended = self.due_of(exercise, submission.student)
        if submission.submitted is None:
            return self._unknown(submission, extended)
        if due is None:
            return Lateness()
        over = submission.submitted.astimezone() - due.astimezone()
        if over <= timedelta(minutes=self.grace_minutes):
            return Lateness()
        days = math.ceil(over / timedelta(days=1))
        return self._late(days, f"handed in {_span(over)} after it was due")

    def _unknown(self, submission: Submission, extended: bool) -> Lateness:
        if not submission.late:
            return Lateness()
        if extended:
            return Lateness(doubt="is marked late, and has an extension: nothing was taken off")
        found = self._late(1, "marked late by the learning platform")
        doubt = "is marked late without a time: it counts as one day late" if found.percent else ""
        return Lateness(found.days, found.percent, found.words, doubt)

    def _late(self, days: int, what: str) -> Lateness:
        percent = min(days * self.percent_a_day, self.most_percent)
        cost = f"{points(percent)} % taken off" if percent else "nothing taken off"
        return Lateness(days, percent, f"{what}: {cost}")


def _span(over: timedelta) -> str:
    """Return a span of time as people say it."""
    minutes = max(math.ceil(over / timedelta(minutes=1)), 1)
    if minutes < 120:
        return f"{minutes} minute{'s' * (minutes != 1)}"
    hours = minutes // 60
    return f"{hours} hours" if hours < 48 else f"{hours // 24} days and {hours % 24} hours"


def read_due(path: Path) -> DueDates:
    """Read due dates, extensions and the rules for late work from a TOML file.

    A time without a zone is local time, and a day alone ends at midnight.

    Raises:
        CourseError: It cannot be read, or says what does not make sense.
    """
    try:
        found = tomllib.loads(decoded(path, read_bytes(path, MOST_BYTES)).lstrip("\ufeff"))
    except tomllib.TOMLDecodeError as error:
        raise CourseError(
            f"{path} is not TOML: {error}", '[due]\n"nmt/attention" = 2026-03-02 23:59:00'
        ) from None
    _only(path, found, TABLES, "table")
    rules = _rules(path, _table(path, found, "late"))
    due = {key: _time(path, key, value) for key, value in _table(path, found, "due").items()}
    extensions = {
        key: {str(who): _time(path, f"{key}, {who}", value) for who, value in table.items()}
        for key, table in _extensions(path, found).items()
    }
    return DueDates(**rules, due=due, extensions=extensions)


def check_due(dues: DueDates, exercises: list[str], students: list[str]) -> list[str]:
    """Return what is in the due dates for nobody, a sentence each: likely a slip of the pen.

    Args:
        dues: The due dates.
        exercises: All exercises that there are.
        students: The ids of all students.
    """
    lessons = {name.partition("/")[0] for name in exercises}
    known = {*exercises, *lessons, ALL}
    told = []
    for key in [*dues.due, *dues.extensions]:
        if key not in known:
            told.append(f"due dates: there is no exercise {key!r}; {did_you_mean(key, known)}")
    named = {who for table in dues.extensions.values() for who in table}
    if strangers := sorted(named - set(students)):
        told.append(f"due dates: an extension for nobody here: {', '.join(strangers)}")
    return told


def _table(path: Path, found: Mapping[str, Any], name: str) -> dict[str, Any]:
    table = found.get(name, {})
    if not isinstance(table, dict):
        raise CourseError(f"{path}: {name} is no table", f"a line [{name}], and its values below")
    return table


def _extensions(path: Path, found: Mapping[str, Any]) -> dict[str, dict[str, Any]]:
    tables = _table(path, found, "extensions")
    for key, table in tables.items():
        if not isinstance(table, dict):
            raise CourseError(
                f"{path}: the extension {key!r} does not say for which exercise",
                f'a line [extensions."nmt/attention"] above it, or [extensions.{ALL}]',
            )
    return tables


def _only(path: Path, found: Mapping[str, Any], known: tuple[str, ...], what: str) -> None:
    for name in found:
        if name not in known:
            raise CourseError(
                f"{path}: there is no {what} {name!r}", remedy=did_you_mean(name, known)
            )


def _rules(path: Path, table: Mapping[str, Any]) -> dict[str, float]:
    _only(path, table, tuple(RULES), "rule")
    for name, value in table.items():
        most = math.inf if name == "grace_minutes" else 100
        if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value <= most:
            expected = "a number from 0 on" if most == math.inf else "a number from 0 to 100"
            raise CourseError(f"{path}: {name} is {value!r}", expected)
    return RULES | {name: float(value) for name, value in table.items()}


def _time(path: Path, key: str, value: Any) -> datetime:
    if isinstance(value, datetime):
        return value.astimezone()
    if isinstance(value, date):
        return (datetime.combine(value, time()) + timedelta(days=1)).astimezone()
    raise CourseError(
        f"{path}: the time of {key} is {value!r}", "a date and a time: 2026-03-02 23:59:00"
    )
