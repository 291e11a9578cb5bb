"""Asking a second time with other numbers, to which the answer cannot have been written down.

What the checks ask stands in public templates. So whatever a check has asked is asked again with
numbers drawn for this run, of the exercise's solution first. Where its answer changes, the
student's must change with it.
"""

from __future__ import annotations

import random
import re
import string
import time
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any, Literal

import numpy as np

from coursekit.practice.checks import Work
from coursekit.practice.namespace import StudentError
from coursekit.practice.plain_data import equal, pack, plain

MOST_PER_NAME = 3  # questions of a check to one function that are asked again
DRAWS = 8  # attempts to find numbers that change the answer
LIMIT = 5.0  # seconds for a question that is asked again
SLOW = 0.5  # seconds; what takes longer is not asked again
NEAR = 0.1  # by which share a number is changed at most

Outcome = Literal["right", "constant", "wrong", "unknown"]


@dataclass(frozen=True)
class Question:
    """What is asked a second time.

    Attributes:
        name: Of the probe or the function.
        args: The other arguments.
        answer: The solution's.
        before: The solution's answer to what the check asks.
    """

    name: str
    args: list[Any]
    answer: Any
    before: Any


@dataclass
class Questions:
    """The questions of an exercise that are asked a second time, by those of the checks."""

    by_key: dict[bytes, Question] = field(default_factory=dict)

    def of(self, name: str, args: list[Any]) -> Question | None:
        """Return what is asked after a question of a check's; None if nothing is."""
        return self.by_key.get(key_of(name, args))


def key_of(name: str, args: list[Any]) -> bytes:
    """Return a question as bytes."""
    return pack((name, args))


def questions(calls: Iterable[tuple[str, list[Any]]], solution: Work, seed: int) -> Questions:
    """Draw what is asked after a check of a run.

    Args:
        calls: What the check asks, with the arguments.
        solution: The exercise's solution, which answers them.
        seed: Of what is drawn.
    """
    draw, found, counts = random.Random(seed), Questions(), dict[str, int]()
    for name, args in calls:
        key = key_of(name, args)
        if key in found.by_key or counts.get(name, 0) >= MOST_PER_NAME:
            continue
        if question := _question(name, args, solution, draw):
            found.by_key[key] = question
            counts[name] = counts.get(name, 0) + 1
    return found


def _question(name: str, args: list[Any], solution: Work, draw: random.Random) -> Question | None:
    """Return other arguments that change the solution's answer; None if none are found."""
    try:
        began = time.monotonic()
        before = solution.call(name, plain(args), LIMIT)
        if time.monotonic() - began > SLOW:
            return None
        for _ in range(DRAWS):
            other = varied(args, draw)
            if equal(other, args):
                continue
            answer = solution.call(name, plain(other), LIMIT)
            repeated = solution.call(name, plain(other), LIMIT)
            if not equal(answer, before) and equal(answer, repeated):
                return Question(name, other, answer, before)
    except StudentError:  # the solution has no answer to such arguments
        return None
    return None


def ask(question: Question, given: Any, student: Work) -> Outcome:
    """Ask the student's code a question, and say what its answer is like.

    Looked at are the parts of an answer that were right when the check asked, and have to change
    with the question: a check may give points for a part of an answer.

    Args:
        question: What is asked.
        given: The student's answer to what the check asked.
        student: The student's code.

    Returns:
        "unknown" if there is no such part.
    """
    parts = _pairs(given, question.before)
    due = _pairs(question.before, question.answer)
    if len(parts) != len(due):
        return "unknown"
    telling = [
        place
        for place, ((mine, right), (before, after)) in enumerate(zip(parts, due, strict=True))
        if _alike(mine, right) and not _alike(before, after)
    ]
    if not telling:
        return "unknown"
    try:
        answer = student.call(question.name, plain(question.args), LIMIT)
    except StudentError:
        return "wrong"
    now = _pairs(answer, question.answer)
    if len(now) != len(due):
        return "wrong"
    if all(_alike(*now[place]) for place in telling):
        return "right"
    same = all(_same(now[place][0], parts[place][0]) for place in telling)
    return "constant" if same else "wrong"


def _same(one: Any, other: Any) -> bool:
    return pack(plain(one)) == pack(plain(other))


def _pairs(one: Any, other: Any) -> list[tuple[Any, Any]]:
    """Return the parts of two answers beside each other: the items of tuples and of dicts.

    A list is one part. Where there is more than one right answer, some of its items may be equal
    to the solution's, and need not be for another question.
    """
    if isinstance(one, tuple) and isinstance(other, tuple) and len(one) == len(other):
        return [pair for parts in zip(one, other, strict=True) for pair in _pairs(*parts)]
    if isinstance(one, dict) and isinstance(other, dict) and one.keys() == other.keys():
        return [pair for key in one for pair in _pairs(one[key], other[key])]
    return [(one, other)]


def _alike(one: Any, other: Any) -> bool:
    """Return whether two parts are the same as far as rounding goes, in whatever type."""
    if equal(one, other):
        return True
    try:
        first, second = np.asarray(one, float), np.asarray(other, float)
    except (TypeError, ValueError):
        return False
    return first.shape == second.shape and bool(
        np.allclose(first, second, rtol=1e-2, atol=1e-3, equal_nan=True)
    )


def varied(args: list[Any], draw: random.Random) -> list[Any]:
    """Return arguments of the same form with other numbers and letters: all, or one of them.

    A number keeps its sign and becomes a little smaller, so that it stays in its range; what adds
    up to one still does. Whole numbers in arrays and lists change places with one another, all but
    0. Small letters are exchanged for others, the same everywhere; of one argument alone the words
    or the letters change places, so that what is known stays known. Truths, masks, and whole
    numbers that stand alone stay. Where there is nothing but these, they are sizes: those above 1
    become a little larger.
    """
    if _are_sizes(args):
        return [v + draw.randint(1, 3) if type(v) is int and v > 1 else v for v in args]
    if len(args) > 1 and draw.random() < 0.5:
        place = draw.randrange(len(args))
        other = _Change(args[place], draw, shuffles=True).of(args[place])
        return [*args[:place], other, *args[place + 1 :]]
    change = _Change(args, draw)
    return [change.of(value) for value in args]


def _are_sizes(args: list[Any]) -> bool:
    """Return whether arguments are whole numbers that stand alone, one of them above 1."""
    alone = all(v is None or type(v) in (bool, int) for v in args)
    return alone and any(type(v) is int and v > 1 for v in args)


_FIXED = re.compile(r"[\[\]<>]")  # of marks such as [start]
_LARGE = 100_000  # numbers of an array that is left as it is


def _leaves(value: Any) -> Iterator[Any]:
    if isinstance(value, list | tuple):
        for item in value:
            yield from _leaves(item)
    elif isinstance(value, dict):
        for item in value.values():
            yield from _leaves(item)
    else:
        yield value


class _Change:
    """One way to change all the values of a call, the same for equal values.

    Args:
        values: Those that there are.
        draw: What is drawn.
        shuffles: Whether texts are shuffled, and no letters exchanged.
    """

    def __init__(self, values: Any, draw: random.Random, shuffles: bool = False) -> None:
        numbers: set[int] = set()
        letters: set[str] = set()
        for leaf in _leaves(values):
            if isinstance(leaf, np.ndarray) and leaf.dtype.kind in "iu" and leaf.size < _LARGE:
                numbers |= {int(number) for number in leaf.flat}
            elif type(leaf) is int:
                numbers.add(leaf)
            elif isinstance(leaf, str) and not _FIXED.search(leaf):
                letters |= set(leaf) & set(string.ascii_lowercase)
        self.draw = np.random.default_rng(draw.getrandbits(32))
        ordered, known = sorted(numbers - {0}), sorted(letters)
        self.numbers = dict(zip(ordered, draw.sample(ordered, len(ordered)), strict=True))
        others = draw.sample(string.ascii_lowercase, len(known))
        self.letters = str.maketrans(dict(zip(known, others, strict=True)))
        self.shuffle = draw if shuffles else None

    def of(self, value: Any, inside: bool = False) -> Any:
        """Return a value of the same form; `inside`: it stands in a list."""
        if isinstance(value, np.ndarray):
            return self._array(value)
        if isinstance(value, str):
            return value if _FIXED.search(value) else self._text(value)
        if isinstance(value, list | tuple):
            return type(value)([self.of(item, True) for item in value])
        if isinstance(value, dict):
            return {key: self.of(item, True) for key, item in value.items()}
        if type(value) is int and inside:
            return self.numbers.get(value, value)
        if type(value) is float and value not in (0.0, 1.0) and np.isfinite(value):
            return value * float(1 - NEAR * self.draw.random())
        return value

    def _text(self, text: str) -> str:
        if self.shuffle is None:
            return text.translate(self.letters)
        parts = text.split(" ")
        parts, between = (parts, " ") if len(parts) > 1 else (list(text), "")
        return between.join(self.shuffle.sample(parts, len(parts)))

    def _array(self, value: Any) -> Any:
        if value.dtype.kind in "iu" and value.size < _LARGE:
            changed = [self.numbers.get(int(number), int(number)) for number in value.flat]
            return np.array(changed, value.dtype).reshape(value.shape)
        if value.dtype.kind != "f" or not value.size or set(np.unique(value)) <= {0.0, 1.0}:
            return value.copy()
        with np.errstate(all="ignore"):
            changed = value * (1 - NEAR * self.draw.random(value.shape))
            if value.ndim and (value >= 0).all() and np.allclose(value.sum(-1), 1, atol=1e-4):
                changed = changed / changed.sum(-1, keepdims=True)
        return changed.astype(value.dtype)
