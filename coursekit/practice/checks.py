"""Runs checks on a student's work, and explains what is wrong."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Any, Literal, Protocol

from coursekit.practice.declare import Check, Declared, Misconception
from coursekit.practice.differences import in_words
from coursekit.practice.namespace import StudentError
from coursekit.practice.plain_data import equal, plain
from coursekit.readable import readable

Status = Literal["passed", "wrong", "not reached"]


class Work(Protocol):
    """Where a student's code runs."""

    def prepare(self) -> None:
        """Run the cells, if that is still to be done: it counts for no check's time."""
        ...

    def call(self, name: str, args: list[Any], limit: float) -> Any:
        """Call a probe or a function with plain data."""
        ...

    def value(self, name: str, limit: float) -> Any:
        """Return the value of a name."""
        ...


@dataclass
class Call:
    """What a check asked and what it got."""

    name: str
    args: list[Any]
    result: Any


@dataclass
class Student:
    """What a check is given: ``student.name(...)`` calls, ``student["name"]`` reads a value."""

    work: Work
    deadline: float
    calls: list[Call] = field(default_factory=list)

    def __getattr__(self, name: str) -> Callable[..., Any]:
        if name.startswith("_"):
            raise AttributeError(name)

        def ask(*args: Any) -> Any:
            given = plain(list(args))
            result = self.work.call(name, plain(given), self.deadline - time.monotonic())
            self.calls.append(Call(name, given, plain(result)))
            return result

        return ask

    def __getitem__(self, name: str) -> Any:
        result = self.work.value(name, self.deadline - time.monotonic())
        self.calls.append(Call(name, [], result))
        return result


@dataclass(frozen=True)
class Result:
    """What a check found.

    Attributes:
        check: The check.
        status: Whether it passed, found a fault, or presupposes one that did not pass.
        words: What is wrong.
        misconception: The name of the misconception that gives the student's values.
    """

    check: Check
    status: Status
    words: str = ""
    misconception: str = ""

    @property
    def points(self) -> int:
        """The points that it earned."""
        return self.check.points if self.status == "passed" else 0


def check_work(declared: Declared, work: Work, names: Iterable[str] | None = None) -> list[Result]:
    """Run checks, all of them even if one fails.

    Args:
        declared: The checks and misconceptions of an exercise.
        work: Where the student's code runs.
        names: The checks to run; None: all.
    """
    results: dict[str, Result] = {}
    for name in declared.checks if names is None else names:
        check = declared.checks[name]
        missing = [e for e in check.after if e in results and results[e].status != "passed"]
        if missing:
            titles = ", ".join(f"“{readable(declared.checks[e].title)}”" for e in missing)
            results[name] = Result(check, "not reached", f"comes after {titles}")
        else:
            results[name] = check_one(check, declared.misconceptions.values(), work)
    return list(results.values())


def check_one(check: Check, misconceptions: Iterable[Misconception], work: Work) -> Result:
    """Run one check; a fault that a misconception explains is described by its sentence."""
    work.prepare()
    student = Student(work, time.monotonic() + check.limit)
    try:
        check.function(student)
    except StudentError as error:
        return Result(check, "wrong", str(error))
    except Exception as error:
        # A result of another shape or type may trip the check itself: that is a fault too.
        found = next((m for m in misconceptions if explains(m, student.calls)), None)
        words = in_words(error)
        if found:
            because = readable(found.because)
            return Result(check, "wrong", f"{because}\n({words})", found.name)
        return Result(check, "wrong", words)
    return Result(check, "passed")


def explains(misconception: Misconception, calls: list[Call]) -> bool:
    """Return whether a misconception gives exactly the values that the student's code gave."""
    own = [call for call in calls if call.name == misconception.of]
    try:
        return bool(own) and all(
            equal(plain(misconception.function(*plain(call.args))), call.result) for call in own
        )
    except Exception:
        return False
