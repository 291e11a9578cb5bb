"""The author's gate: each exercise is ready for students, and the worked lesson runs."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from coursekit.conformance.case import Case, NotApplicable
from coursekit.conformance.subject import Subject
from coursekit.notebooks.template import Address, addresses


def cases(subject: Subject) -> list[Case]:
    """Return a case for each template."""
    found = addresses(subject.lesson)
    if not found:
        return [Case("exercises", "there are exercises", none)]
    return [Case("exercises", address.name, gate(address)) for address in found]


def none(subject: Subject) -> Iterable[str]:
    """Say that there are none."""
    raise NotApplicable(f"the lesson has no templates in {subject.lesson.templates}")


def gate(address: Address) -> Callable[[Subject], Iterable[str]]:
    """Return what puts a template through the gate."""

    def faults(subject: Subject) -> Iterable[str]:
        from coursekit.practice.verify import faults_of

        return faults_of(address.read())

    return faults
