"""From what the checks found to marks: partial credit, manual points, lateness."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal

from coursekit.grading.due import DueDates, Lateness
from coursekit.grading.manual import Manual, Manuals
from coursekit.grading.results import Grade, Submission
from coursekit.grading.roster import plain
from coursekit.grading.submissions import Missing

CENT = Decimal("0.01")
NOTHING, ON_TIME = Manual(), Lateness()


@dataclass(frozen=True)
class Mark:
    """A student's mark for an exercise.

    Attributes:
        student: The name or number that identifies the student.
        name: As the class list or the platform spells it; empty if unknown.
        exercise: Its name.
        possible: The points that the checks can give.
        earned: The points that they gave.
        manual: What a person added.
        lateness: How late it was, and what that costs.
        grade: What grading found; None if there was nothing to grade.
        why: Why there was nothing to grade.
    """

    student: str
    name: str
    exercise: str
    possible: float
    earned: float = 0.0
    manual: Manual = NOTHING
    lateness: Lateness = ON_TIME
    grade: Grade | None = None
    why: str = ""

    @property
    def shown_name(self) -> str:
        """The name, or what stands for it."""
        return self.name or self.student

    @property
    def failure(self) -> str:
        """Why it could not be graded as it should be, without the path on this machine."""
        if self.grade is None:
            return self.why
        path = self.grade.submission.path
        return self.grade.failure.replace(str(path), path.name)

    @property
    def alarms(self) -> str:
        """The kinds of the alarms, each once."""
        return ", ".join(dict.fromkeys(a.kind for a in self.grade.alarms)) if self.grade else ""

    @property
    def points(self) -> float:
        """The mark: checks and manual points without what lateness costs, never below 0.

        It is rounded to two decimals, a half up.
        """
        whole = Decimal(repr(self.earned)) + Decimal(repr(self.manual.points or 0.0))
        kept = whole * (100 - Decimal(repr(self.lateness.percent))) / 100
        return float(max(kept, Decimal(0)).quantize(CENT, ROUND_HALF_UP))


def marks_of(
    grades: Sequence[Grade],
    missing: Iterable[Missing] = (),
    dues: DueDates | None = None,
    manuals: Manuals | None = None,
) -> tuple[Mark, ...]:
    """Return a mark for each student and exercise, by exercise, name and id.

    Args:
        grades: What grading found.
        missing: Of whom there was nothing to grade.
        dues: Due dates and what lateness costs; None: nothing is late.
        manuals: Points and comments of a person.
    """
    found = [_mark(grade, dues or DueDates(), manuals or {}) for grade in grades]
    possible = {mark.exercise: mark.possible for mark in sorted(found, key=lambda m: m.possible)}
    for one in missing:
        manual = (manuals or {}).get((one.student, one.exercise), Manual())
        there = possible.get(one.exercise, 0.0)
        found.append(Mark(one.student, one.name, one.exercise, there, manual=manual, why=one.why))
    order = {grade.exercise: place for place, grade in reversed(list(enumerate(grades)))}
    return tuple(
        sorted(
            found,
            key=lambda m: (order.get(m.exercise, -1), plain(m.shown_name), m.student),
        )
    )


def _mark(grade: Grade, dues: DueDates, manuals: Manuals) -> Mark:
    handed: Submission = grade.submission
    return Mark(
        student=handed.student,
        name=handed.name,
        exercise=grade.exercise,
        possible=grade.possible,
        earned=grade.earned,
        manual=manuals.get((handed.student, grade.exercise), Manual()),
        lateness=dues.lateness(handed, grade.exercise),
        grade=grade,
    )
