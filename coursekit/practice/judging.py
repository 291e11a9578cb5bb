"""Judges an answer that is typed again: by the student's own measurement, or by the check."""

from __future__ import annotations

import ast
import re
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

from coursekit.errors import CourseError
from coursekit.practice.checks import check_one
from coursekit.practice.gather import declared
from coursekit.practice.predicted import Value
from coursekit.practice.questions import Question
from coursekit.practice.reviews import Review
from coursekit.practice.worker_client import Child, Code
from coursekit.predictions import compared, is_right, plain, words_of

THOUSANDS = re.compile(r"[+-]?\d{1,3}(,\d{3})+(\.\d+)?")


@dataclass(frozen=True)
class Verdict:
    """What became of an answer.

    Attributes:
        right: Whether it is right.
        words: What to say of it, a line each.
    """

    right: bool
    words: list[str]


def judge(review: Review, typed: str) -> Verdict:
    """Judge what a student typed.

    Raises:
        CourseError: It cannot be read; nothing is to be counted.
    """
    return _by_check(review.question, typed) if review.question.check else _by_run(review, typed)


def _by_run(review: Review, typed: str) -> Verdict:
    """Compare with what the student's own run measured."""
    known = review.known
    if known.measured is None:
        raise CourseError(
            f"nothing was measured for {review.question.key}", remedy="run its notebook again"
        )
    guess = _value(typed, known.measured, known.unit)
    words = [compared(guess, known.measured, known.unit, known.within)]
    if known.guess is not None:
        words.append(f"in the notebook you predicted {words_of(known.guess, known.unit)}")
    return Verdict(is_right(guess, known.measured, known.within), words)


def _value(typed: str, like: Value, unit: str) -> Value:
    """Return what was typed as a value: a text where a text was measured."""
    text = typed.strip()
    if unit and text.endswith(unit):
        text = text.removesuffix(unit).strip()
    if THOUSANDS.fullmatch(text) and not isinstance(like, list):
        text = text.replace(",", "")
    try:
        value = ast.literal_eval(text)
    except (ValueError, SyntaxError, MemoryError, RecursionError):
        if not isinstance(like, bool | str):
            raise CourseError(
                f"{text[:80]!r} is not a number or a list of numbers",
                remedy="such as 6.8 or (2, 3)",
            ) from None
        value = text
    return plain(str(value) if isinstance(like, str) else value, "the answer")


def _by_check(question: Question, typed: str) -> Verdict:
    """Run the exercise's own check on the answer, in a process of its own as a check does."""
    source = f"{question.name} = {_expression(question, typed)}"
    known = declared(question.template)
    code = [Code("numpy", "import numpy as np", False), Code("your answer", source, True)]
    with TemporaryDirectory() as folder, Child(code, known.probes, Path(folder)) as child:
        found = check_one(known.checks[question.check], known.misconceptions.values(), child)
    if found.status == "passed":
        return Verdict(True, [f"right: {found.check.title}"])
    words = found.words.splitlines()
    if found.misconception:
        words[0] = f"{found.misconception.replace('_', ' ')}: {words[0]}"
    return Verdict(False, ["wrong", *words, f"the answer: {question.solved.strip()}"])


def _expression(question: Question, typed: str) -> str:
    """Return what was typed as a Python expression; a text may be typed without quotes.

    Raises:
        CourseError: It is none.
    """
    text = typed.strip().removeprefix(f"{question.name} =").strip()
    solution = ast.parse(question.solved.strip()).body[0]
    value = getattr(solution, "value", None)
    is_text = isinstance(value, ast.Constant) and isinstance(value.value, str)
    if is_text and text[:1] not in ("'", '"'):
        return repr(text)
    if THOUSANDS.fullmatch(text) and not isinstance(value, ast.Tuple | ast.List):
        text = text.replace(",", "")
    try:
        return ast.unparse(ast.parse(text, mode="eval"))
    except (SyntaxError, ValueError, MemoryError, RecursionError):
        raise CourseError(
            f"{text[:80]!r} is not a Python expression", remedy="such as 0.5, 1 / 64 or (2, 3)"
        ) from None
