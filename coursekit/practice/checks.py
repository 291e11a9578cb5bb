"""Runs checks against a student's work, and says what is wrong in words."""

from __future__ import annotations

import time
import traceback
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Any, Literal, Protocol

import numpy as np

from coursekit.practice.declare import Check, Declared, Misconception
from coursekit.practice.namespace import StudentError
from coursekit.practice.plain_data import equal, plain

SHOWN = 24  # numbers of an array that are shown

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
    """What a check is handed: ``student.name(...)`` calls, ``student["name"]`` reads a value."""

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
            titles = ", ".join(f"“{declared.checks[e].title}”" for e in missing)
            results[name] = Result(check, "not reached", f"comes after {titles}")
        else:
            results[name] = check_one(check, declared.misconceptions.values(), work)
    return list(results.values())


def check_one(check: Check, misconceptions: Iterable[Misconception], work: Work) -> Result:
    """Run one check; a fault that a misconception explains is told by its sentence."""
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
            return Result(check, "wrong", f"{found.because}\n({words})", found.name)
        return Result(check, "wrong", words)
    return Result(check, "passed")


def explains(misconception: Misconception, calls: list[Call]) -> bool:
    """Say whether a misconception gives exactly the values that the student's code gave."""
    own = [call for call in calls if call.name == misconception.of]
    try:
        return bool(own) and all(
            equal(plain(misconception.function(*plain(call.args))), call.result) for call in own
        )
    except Exception:
        return False


def in_words(error: Exception) -> str:
    """Return what a check found, without numpy's frame around it."""
    text = str(error).strip()
    if not isinstance(error, AssertionError):
        return f"the result has not the expected form ({type(error).__name__}: {text[:200]})"
    if not text.startswith(("Not equal", "Arrays are not", "Items are not")):
        return text or "not as expected"
    lines = [line for line in text.splitlines()[1:] if line.strip()]
    words = lines[0] if lines and "ismatch" not in lines[0] else "the numbers differ"
    compared = _compared(error)
    return f"{words}\n{differing(*compared)}" if compared else words


def _compared(error: AssertionError) -> tuple[Any, Any] | None:
    """Return the two values that a function of numpy's compared."""
    frames = [frame.f_locals for frame, _ in traceback.walk_tb(error.__traceback__)]
    for one, other in (("actual", "desired"), ("x", "y")):  # the second: numpy before 2.0
        for values in frames:
            if one in values and other in values:
                return values[one], values[other]
    return None


def differing(actual: Any, desired: Any) -> str:
    """Show two arrays: all of it where that is little, else the first place that differs."""
    yours, expected = np.asarray(actual), np.asarray(desired)
    if max(yours.size, expected.size) <= SHOWN or yours.shape != expected.shape:
        pairs = (("yours", yours), ("expected", expected))
        return " · ".join(
            f"{name}: {_on_one_line(array)}" if array.size <= SHOWN else f"{name}: {array.shape}"
            for name, array in pairs
        )
    alike = yours == expected
    if expected.dtype.kind == "f" and yours.dtype.kind in "fiu":
        near = np.isclose(yours, expected, equal_nan=True)
        alike = alike if near.all() else near  # what is all but equal tells less
    places = np.argwhere(~np.asarray(alike))
    if not len(places):
        return f"yours and expected differ in kind: {yours.dtype} and {expected.dtype}"
    place = tuple(map(int, places[0]))
    return (
        f"yours: {_on_one_line(yours[place])} · expected: {_on_one_line(expected[place])} in the "
        f"place {list(place)} ({len(places)} of {yours.size} differ)"
    )


def _on_one_line(values: Any) -> str:
    array = np.asarray(values)
    text = np.array2string(array, precision=4, separator=", ", max_line_width=10_000)
    return f"{' '.join(text.split())}" + (f", of the shape {array.shape}" if not array.size else "")
