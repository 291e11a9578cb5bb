"""How an author declares a check: three decorators, gathered when a template's cells run."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from typing import Any, TypeVar

from coursekit.errors import CourseError

Function = TypeVar("Function", bound=Callable[..., Any])


@dataclass(frozen=True)
class Check:
    """A check: a function that is handed the student's work and raises AssertionError.

    Attributes:
        name: The function's name.
        title: What is right when it passes, in a sentence.
        points: What it is worth.
        hints: A question, a direction, nearly the answer.
        after: Names of the checks that it presupposes.
        limit: Seconds that it may take.
        function: Takes the student's work.
    """

    name: str
    title: str
    points: int
    hints: tuple[str, ...]
    after: tuple[str, ...]
    limit: float
    function: Callable[[Any], None]


@dataclass(frozen=True)
class Misconception:
    """A small wrong implementation.

    Attributes:
        of: The probe, function or value that it replaces.
        because: One sentence: who makes it, and why.
        function: Takes what the probe takes, returns what the wrong answer gives.
    """

    of: str
    because: str
    function: Callable[..., Any]

    @property
    def name(self) -> str:
        """The function's name."""
        return self.function.__name__


@dataclass
class Declared:
    """All that a template's check cells declare, by name.

    Attributes:
        checks: The checks, in order.
        probes: The sources of the probes.
        misconceptions: The misconceptions.
        predictions: The checks that only read values and presuppose nothing.
    """

    checks: dict[str, Check] = field(default_factory=dict)
    probes: dict[str, str] = field(default_factory=dict)
    misconceptions: dict[str, Misconception] = field(default_factory=dict)
    predictions: set[str] = field(default_factory=set)

    def number(self, check: str) -> int:
        """Return the number of a check, from 1, as students see it."""
        return list(self.checks).index(check) + 1


_gathering: ContextVar[Declared | None] = ContextVar("gathering", default=None)


@contextmanager
def gathering() -> Iterator[Declared]:
    """Yield a place in which all that code in the block declares is gathered."""
    found = Declared()
    token = _gathering.set(found)
    try:
        yield found
    finally:
        _gathering.reset(token)


def check(
    title: str,
    *,
    points: int,
    hints: tuple[str, ...],
    after: tuple[str, ...] | str = (),
    limit: float = 20.0,
) -> Callable[[Function], Function]:
    """Declare a check.

    Args:
        title: What is right when it passes.
        points: What it is worth.
        hints: Three: a question, a direction, nearly the answer.
        after: The checks that it presupposes; without them it is not reached.
        limit: Seconds that it may take.

    Raises:
        CourseError: The hints are one text.
    """
    if isinstance(hints, str):
        raise CourseError("the hints are one text", "three texts", 'hints=("...", "...", "...")')
    earlier = (after,) if isinstance(after, str) else tuple(after)

    def declare(function: Function) -> Function:
        name = function.__name__
        if declared := _gathering.get():
            new = Check(name, title, points, tuple(hints), earlier, limit, function)
            declared.checks[name] = new
        return function

    return declare


def probe(function: Function) -> Function:
    """Declare a probe: it runs beside the student's code and returns plain data."""
    if declared := _gathering.get():
        declared.probes[function.__name__] = ""
    return function


def misconception(of: str, because: str) -> Callable[[Function], Function]:
    """Declare a small wrong implementation.

    Args:
        of: The probe, function or value that it replaces.
        because: One sentence that says who makes it, and why.
    """

    def declare(function: Function) -> Function:
        if declared := _gathering.get():
            name = function.__name__
            declared.misconceptions[name] = Misconception(of, because, function)
        return function

    return declare
