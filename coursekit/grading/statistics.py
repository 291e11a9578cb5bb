"""What a class found hard: how the points are spread, which checks fail, and what they believe."""

from __future__ import annotations

import math
import statistics as numbers
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from coursekit.errors import CourseError
from coursekit.grading.marks import Mark
from coursekit.grading.results import Verdict
from coursekit.grading.tables import points
from coursekit.practice.gather import declared
from coursekit.practice.locate import all_exercises

MOST_BARS = 21  # that a figure on a page has room for


@dataclass(frozen=True)
class Bar:
    """A bar of the distribution.

    Attributes:
        label: Which points.
        count: How many marks.
    """

    label: str
    count: int


@dataclass(frozen=True)
class CheckCount:
    """How a class did in one check.

    Attributes:
        title: What it asks.
        possible: Its points.
        passed: How many submissions pass it.
        wrong: How many do not.
        unreached: For how many it was not reached, or not run.
        hidden: Whether it is a private one.
    """

    title: str
    possible: float
    passed: int
    wrong: int
    unreached: int
    hidden: bool


@dataclass(frozen=True)
class Belief:
    """A misconception of the class.

    Attributes:
        name: As the exercise calls it.
        sentence: Who makes it, and why; empty if the exercise does not say.
        students: The names of those who have it, in order.
        checks: The titles of the checks in which it shows.
    """

    name: str
    sentence: str
    students: tuple[str, ...]
    checks: tuple[str, ...]


@dataclass(frozen=True)
class ClassFigures:
    """What is known about a class in one exercise.

    Attributes:
        exercise: Its name.
        title: Its heading.
        possible: The points that can be reached.
        marks: Of all students.
        bars: The distribution.
        checks: By the exercise's order.
        beliefs: The commonest first.
    """

    exercise: str
    title: str
    possible: float
    marks: tuple[Mark, ...]
    bars: tuple[Bar, ...]
    checks: tuple[CheckCount, ...]
    beliefs: tuple[Belief, ...] = field(default=())

    @property
    def graded(self) -> tuple[Mark, ...]:
        """The marks of those who handed something in."""
        return tuple(mark for mark in self.marks if mark.grade is not None)

    @property
    def median(self) -> float:
        """The median of the marks of those who handed something in."""
        return numbers.median(mark.points for mark in self.graded) if self.graded else 0.0

    @property
    def mean(self) -> float:
        """The mean of them."""
        return numbers.fmean(mark.points for mark in self.graded) if self.graded else 0.0

    @property
    def full(self) -> int:
        """How many pass every check."""
        return sum(mark.earned >= mark.possible for mark in self.graded)


def figures(marks: Sequence[Mark]) -> list[ClassFigures]:
    """Return what is known about a class, for each exercise."""
    names = list(dict.fromkeys(mark.exercise for mark in marks))
    return [_figures(name, [mark for mark in marks if mark.exercise == name]) for name in names]


def _figures(exercise: str, marks: Sequence[Mark]) -> ClassFigures:
    graded = [mark for mark in marks if mark.grade is not None]
    possible = max((mark.possible for mark in marks), default=0.0)
    return ClassFigures(
        exercise,
        title_of(exercise),
        possible,
        tuple(marks),
        bars([mark.points for mark in graded], possible),
        _checks(graded),
        _beliefs(exercise, graded),
    )


def title_of(exercise: str) -> str:
    """Return an exercise's heading; its name if it is not installed."""
    address = all_exercises().get(exercise)
    return address.read().title if address else exercise


def bars(marks: Sequence[float], possible: float) -> tuple[Bar, ...]:
    """Return how many marks there are for each point, or for each span of points.

    A bar counts the marks from its own points up to those of the next; the last counts those
    above it, too.
    """
    most = max(math.ceil(possible), 1)
    step = max(math.ceil((most + 1) / MOST_BARS), 1)
    starts = list(range(0, most + 1, step))
    place = [min(max(int(mark // step), 0), len(starts) - 1) for mark in marks]
    counts = Counter(place)
    ends = [min(start + step - 1, most) for start in starts]
    labels = [str(s) if s == end else f"{s}–{end}" for s, end in zip(starts, ends, strict=True)]
    return tuple(Bar(label, counts[n]) for n, label in enumerate(labels))


def _checks(marks: Iterable[Mark]) -> tuple[CheckCount, ...]:
    verdicts: dict[str, list[Verdict]] = {}
    for mark in marks:
        for verdict in mark.grade.verdicts if mark.grade else ():
            verdicts.setdefault(verdict.check, []).append(verdict)
    return tuple(_check(found) for found in verdicts.values())


def _check(verdicts: Sequence[Verdict]) -> CheckCount:
    count = Counter(verdict.status for verdict in verdicts)
    first = verdicts[0]
    return CheckCount(
        first.title,
        first.possible,
        count["passed"],
        count["wrong"],
        count["not reached"] + count["not run"],
        first.hidden,
    )


def _beliefs(exercise: str, marks: Iterable[Mark]) -> tuple[Belief, ...]:
    students: dict[str, dict[str, None]] = {}
    checks: dict[str, dict[str, None]] = {}
    for mark in marks:
        for verdict in mark.grade.verdicts if mark.grade else ():
            if verdict.misconception:
                students.setdefault(verdict.misconception, {})[mark.shown_name] = None
                checks.setdefault(verdict.misconception, {})[verdict.title] = None
    sentences = sentences_of(exercise)
    found = [
        Belief(name, sentences.get(name, ""), tuple(who), tuple(checks[name]))
        for name, who in students.items()
    ]
    return tuple(sorted(found, key=lambda belief: (-len(belief.students), belief.name)))


def sentences_of(exercise: str) -> dict[str, str]:
    """Return what an exercise says about its misconceptions, by name; nothing if unknown."""
    address = all_exercises().get(exercise)
    if address is None:
        return {}
    try:
        found = declared(address.read()).misconceptions
    except CourseError:  # a fault of the exercise, which grading with it has told
        return {}
    return {name: one.because for name, one in found.items()}


def out_of(value: float, possible: float) -> str:
    """Return points as ``7 of 12``."""
    return f"{points(value)} of {points(possible)}"
