"""The table of groups, in the order in which they are looked at."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from coursekit.conformance import (
    batches,
    contract,
    demo,
    exercises,
    imports,
    learning,
    metrics,
    notebooks,
    settings,
    splits,
    step,
    training,
)
from coursekit.conformance.case import Case
from coursekit.conformance.subject import Subject
from coursekit.errors import CourseError, did_you_mean

GROUPS: dict[str, Callable[[Subject], list[Case]]] = {
    "imports": imports.cases,
    "contract": contract.cases,
    "settings": settings.cases,
    "data": splits.cases,
    "batches": batches.cases,
    "step": step.cases,
    "learning": learning.cases,
    "training": training.cases,
    "metrics": metrics.cases,
    "demo": demo.cases,
    "notebooks": notebooks.cases,
    "exercises": exercises.cases,
}


def cases_of(subject: Subject, only: Iterable[str] = ()) -> list[Case]:
    """Return the cases of some groups, in the order of the table.

    Args:
        subject: The lesson.
        only: The names of groups; none means all.

    Raises:
        CourseError: There is no such group.
    """
    chosen = set(only) or set(GROUPS)
    for name in chosen - set(GROUPS):
        raise CourseError(f"there is no group named {name!r}", remedy=did_you_mean(name, GROUPS))
    return [case for name in GROUPS if name in chosen for case in GROUPS[name](subject)]
