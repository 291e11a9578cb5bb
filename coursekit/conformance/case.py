"""One thing that must hold of a lesson, and what came of looking at it."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal
from unittest import SkipTest

from coursekit.errors import CourseError

if TYPE_CHECKING:
    from coursekit.conformance.subject import Subject

Verdict = Literal["right", "wrong", "skipped"]


class NotApplicable(SkipTest):
    """A case that does not apply to a lesson, or that another fault leaves out; says why.

    Where it is raised in a test, unittest and pytest skip that test.
    """


@dataclass(frozen=True)
class Case:
    """One thing that must hold.

    Attributes:
        group: The group that it belongs to.
        title: What must hold, in words.
        faults: Returns what is wrong, a sentence each; may raise `CourseError` instead, or
            `NotApplicable`.
    """

    group: str
    title: str
    faults: Callable[[Subject], Iterable[str]]


@dataclass(frozen=True)
class Outcome:
    """What came of a case.

    Attributes:
        case: The case.
        faults: What is wrong, a sentence each.
        skipped: Why it was not looked at; empty if it was.
        seconds: What it took.
        error: What the lesson's own code raised, for who wants its traceback.
    """

    case: Case
    faults: tuple[str, ...] = ()
    skipped: str = ""
    seconds: float = 0.0
    error: BaseException | None = None

    @property
    def verdict(self) -> Verdict:
        """In one word."""
        return "wrong" if self.faults else "skipped" if self.skipped else "right"


def fault(what: str, expected: str = "", remedy: str = "") -> str:
    """Return one sentence: what was found and where, what was expected, how to fix it."""
    parts = [what, f"expected: {expected}" if expected else "", remedy]
    return "; ".join(" ".join(part.split()) for part in parts if part)


def sentence(error: CourseError) -> str:
    """Return an error in one sentence."""
    return fault(error.what, error.expected, error.remedy)
