"""Predictions in a worked lesson: a cell to fill with a guess, and its comparison with the run.

The lesson's name comes from `coursekit.prepare.prepare`. What is revealed before it waits for it.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable
from datetime import date
from types import EllipsisType
from typing import Any

from coursekit.errors import CourseError
from coursekit.practice.predicted import Prediction, Single, Value, keep
from coursekit.printable import printable, shortened

MOST_ITEMS = 20  # of a list
MOST_LETTERS = 300  # of a text
LARGEST = 1e300
FACTOR = 3  # from this ratio on, a difference is told as a factor instead of a percentage
KINDS = "a number, a text, True or False, or a short list of these"
NAME = re.compile(r"[\w-]+(/[\w-]+)?")
YES_NO = {"yes": True, "true": True, "no": False, "false": False}

_guesses: dict[str, Value] = {}  # of this process, by the name that the cell gives
_waiting: list[tuple[str, Prediction]] = []  # revealed before the lesson was known
_lesson: list[str] = []  # of this process: the one that was prepared last


def predict(name: str, guess: object | EllipsisType) -> None:
    """Keep a guess of what the next cells will measure.

    Args:
        name: Of the question, such as ``"loss"``; or in full, ``"nmt/loss"``.
        guess: A number, a text, True or False, or a short list of these; ``...`` for none.

    Raises:
        CourseError: The guess is nothing of the kind, or the name is no name.
    """
    _check_name(name)
    if guess is ...:
        _guesses.pop(name, None)
        print("Your guess goes in place of the dots. You can also continue without one.")
        return
    _guesses[name] = plain(guess, f"the guess for {name!r}")
    print(f"Your prediction: {words_of(_guesses[name])}")


def reveal(name: str, measured: object, *, unit: str = "", within: float = 0.1) -> None:
    """Print what was measured beside the guess, and remember both for ``coursekit review``.

    Args:
        name: As in `predict`.
        measured: What this run measured: a number, a text, a truth, or a short list of these, of
            Python, NumPy or TensorFlow.
        unit: Of both numbers, such as ``"nats"``.
        within: How far from the measured number a guess may be to be right, as a share of it; 0:
            they must be equal. Texts and truths must be equal, whatever their case and spaces.

    Raises:
        CourseError: The measured value is nothing of the kind, or the name is no name.
    """
    _check_name(name)
    value = plain(measured, f"what was measured for {name!r}", finite=False)
    if name not in _guesses:
        print(f"measured {words_of(value, unit)} (no prediction)")
        return
    guess = _guesses[name]
    print(compared(guess, value, unit, within))
    if _is_finite(value):
        today = date.today().isoformat()
        _remember(name, Prediction(guess, value, unit, float(within), today))


def begin(lesson: str) -> None:
    """Take the predictions that follow, and those that waited, as ones of a lesson."""
    _lesson[:] = [lesson]
    waiting, _waiting[:] = [*_waiting], []
    for name, made in waiting:
        _remember(name, made)


def _remember(name: str, made: Prediction) -> None:
    """Save a prediction, or let it wait for its lesson; say so if it cannot be saved."""
    if "/" not in name and not _lesson:
        _waiting.append((name, made))
        return
    try:
        keep(name if "/" in name else f"{_lesson[0]}/{name}", made)
    except CourseError as error:
        print(f"this prediction could not be saved for `coursekit review`: {error}")


def _check_name(name: object) -> None:
    if not isinstance(name, str) or not NAME.fullmatch(name):
        raise CourseError(
            f"{shortened(repr(name))} cannot name a prediction",
            "letters, digits, - and _",
            'predict("loss", 6.8)',
        )


def compared(guess: Value, measured: Value, unit: str, within: float) -> str:
    """Return a line that compares a guess with what was measured, and says whether it is right."""
    right = is_right(guess, measured, within)
    told = _distance(guess, measured)
    verdict = "right" if right else "wrong"
    if told and not right:
        verdict = f"right is within {100 * within:g} %" if within else "wrong"
    shown = f"{told}{':' if right else ';'} {verdict}" if told else verdict
    return f"you predicted {words_of(guess, unit)}; measured {words_of(measured, unit)} ({shown})"


def is_right(guess: Value, measured: Value, within: float) -> bool:
    """Return whether a guess is what was measured, or a number near enough to it.

    Args:
        guess: The guess.
        measured: What was measured.
        within: The largest relative difference of numbers; of a measured 0, the largest one.
    """
    if isinstance(guess, list) or isinstance(measured, list):
        if not isinstance(guess, list) or not isinstance(measured, list):
            return False
        pairs = zip(guess, measured, strict=False)
        return len(guess) == len(measured) and all(is_right(a, b, within) for a, b in pairs)
    if isinstance(measured, bool) and isinstance(guess, str):
        return YES_NO.get(_folded(guess)) is measured
    if isinstance(guess, str) and isinstance(measured, str):
        return _folded(guess) == _folded(measured)
    if isinstance(guess, str) or isinstance(measured, str):
        return False
    if isinstance(guess, bool) or isinstance(measured, bool):
        return guess is measured
    allowed = within * (abs(measured) or 1)
    # A guess on the border, such as 1.1 of 1, is right: rounding must not decide.
    return abs(guess - measured) <= allowed * (1 + 1e-9)


def _folded(text: str) -> str:
    return " ".join(text.split()).casefold()


def _distance(guess: Value, measured: Value) -> str:
    """Return how far a number is from another in words; empty if there is nothing to say."""
    if not (_is_number(guess) and _is_number(measured)) or guess == measured or not measured:
        return ""
    ratio = float(guess) / float(measured)  # type: ignore[arg-type]
    if not math.isfinite(ratio):
        return ""
    if ratio >= FACTOR:
        return f"{_number(ratio, 2)} times the measured value"
    if 0 < ratio <= 1 / FACTOR:
        return f"too small by a factor of {_number(1 / ratio, 2)}"
    percent = 100 * abs(ratio - 1)
    return f"{percent:.0f} % off" if percent >= 1 else "less than 1 % off"


def words_of(value: Value, unit: str = "") -> str:
    """Return a value as a line shows it, with its unit."""
    if isinstance(value, list):
        inside = ", ".join(words_of(item) for item in value)
        return f"({inside}{',' if len(value) == 1 else ''})" + (f" {unit}" if unit else "")
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, str):
        return f"“{value}”"
    return f"{_number(value)} {unit}".rstrip()


def _number(value: float, digits: int = 3) -> str:
    """Return a number with some digits, or all before the point, grouped by commas."""
    if isinstance(value, int) or 10**digits - 0.5 <= abs(value) < 1e9:
        return f"{value:,.0f}" if abs(value) < 1e15 else f"{value:.{digits}g}"
    return f"{value:.{digits}g}"


def _is_number(value: Value) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _is_finite(value: Value) -> bool:
    items = value if isinstance(value, list) else [value]
    return all(not isinstance(item, float) or math.isfinite(item) for item in items)


def plain(value: Any, what: str, *, finite: bool = True) -> Value:
    """Return a value of Python, NumPy or TensorFlow as plain data, or raise a `CourseError`."""
    for convert in ("numpy", "as_list", "tolist"):  # of a tensor, of its shape, of an array
        method: Callable[[], Any] | None = getattr(value, convert, None)
        if callable(method) and not isinstance(value, type):
            value = method()
    if isinstance(value, list | tuple):
        if len(value) > MOST_ITEMS:
            raise _unfit(what, f"has {len(value)} parts", f"at most {MOST_ITEMS}")
        return [_single(item, what, finite) for item in value]
    return _single(value, what, finite)


def _single(value: Any, what: str, finite: bool) -> Single:
    if hasattr(value, "tolist"):  # NumPy's, in a list
        value = value.tolist()
    if isinstance(value, bool):
        return value
    if isinstance(value, str):
        if not value.strip() or len(value) > MOST_LETTERS:
            wanted = f"1 to {MOST_LETTERS} letters"
            raise _unfit(what, f"is a text of {len(value)} letters", wanted)
        return printable(value)
    if not isinstance(value, int | float):
        raise _unfit(what, f"is {shortened(repr(value))}", KINDS)
    if (finite or isinstance(value, int)) and not abs(value) < LARGEST:
        raise _unfit(what, f"is {shortened(repr(value))}", "a finite number")
    return int(value) if isinstance(value, int) and abs(value) < 2**53 else float(value)


def _unfit(what: str, found: str, expected: str) -> CourseError:
    return CourseError(f"{what} {found}", expected, "or leave the dots: ... is no guess")
