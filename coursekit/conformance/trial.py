"""The cases as tests: each can be run by itself, and those of one lesson share what they make."""

from __future__ import annotations

import atexit
from collections.abc import Iterable
from contextlib import ExitStack
from dataclasses import dataclass
from functools import lru_cache

from coursekit.conformance.case import Case, NotApplicable
from coursekit.conformance.groups import cases_of
from coursekit.conformance.subject import Subject
from coursekit.conformance.suite import looking_at, outcome
from coursekit.lesson import Lesson
from coursekit.plugins import catalogue


class NonconformityError(AssertionError):
    """A lesson does not pass a case; says what is wrong, a sentence each."""


@dataclass(frozen=True)
class Trial:
    """One case of one lesson.

    Attributes:
        lesson: The lesson.
        case: The case.
    """

    lesson: Lesson
    case: Case

    def __str__(self) -> str:
        return f"{self.lesson.name}-{self.case.group}-{self.case.title.replace(' ', '-')}"

    def run(self) -> None:
        """Look at the case.

        Raises:
            NonconformityError: The lesson does not pass; the cause is what its code raised.
            NotApplicable: The case does not apply to it.
        """
        found = outcome(self.case, subject_of(self.lesson))
        if found.skipped:
            raise NotApplicable(found.skipped)
        if found.faults:
            raise NonconformityError("\n".join(found.faults)) from found.error


_latest = ExitStack()  # the files of the subject that is kept
atexit.register(_latest.close)


@lru_cache(maxsize=1)
def subject_of(lesson: Lesson) -> Subject:
    """Return the subject of a lesson; that of the lesson before is given up, with its files."""
    _latest.close()
    return _latest.enter_context(looking_at(lesson))


def trials(name: str, only: Iterable[str] = ()) -> list[Trial]:
    """Return the cases of a lesson as tests.

    Args:
        name: Of the lesson.
        only: The names of groups; none means all.

    Raises:
        CourseError: There is no such lesson or group.
    """
    lesson = catalogue().lesson(name)
    return [Trial(lesson, case) for case in cases_of(subject_of(lesson), only)]
