"""Runs the cases of a lesson, one after another."""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

from coursekit.conformance.case import Case, NotApplicable, Outcome, sentence
from coursekit.conformance.groups import cases_of
from coursekit.conformance.subject import Subject
from coursekit.errors import CourseError
from coursekit.lesson import Lesson


@contextmanager
def looking_at(lesson: Lesson) -> Iterator[Subject]:
    """Give a subject whose files are removed when the block ends."""
    with TemporaryDirectory(prefix="coursekit-") as folder:
        yield Subject(lesson, Path(folder))


def outcome(case: Case, subject: Subject) -> Outcome:
    """Look at one case.

    An error that is no `CourseError` and comes from the kit itself is raised.
    """
    started = time.monotonic()
    try:
        faults = tuple(case.faults(subject))
    except NotApplicable as reason:
        return Outcome(case, (), str(reason), time.monotonic() - started)
    except CourseError as error:
        spent = time.monotonic() - started
        return Outcome(case, (sentence(error),), "", spent, error.__cause__)
    return Outcome(case, faults, "", time.monotonic() - started)


def conformance(lesson: Lesson, only: Iterable[str] = ()) -> list[Outcome]:
    """Look at all cases of a lesson, or of some groups.

    Args:
        lesson: The lesson.
        only: The names of groups; none means all.

    Raises:
        CourseError: There is no such group.
    """
    with looking_at(lesson) as subject:
        return [outcome(case, subject) for case in cases_of(subject, only)]
