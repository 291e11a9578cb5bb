"""Comparisons for checks, and how a difference is shown.

numpy's own comparisons were made for those who write both sides: they let NaN equal NaN, an empty
array equal anything, and stretch one shape to another. A student's answer must be of the expected
shape and kind, and finite.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

SHOWN = 24  # numbers of an array that are shown
LETTERS = 200  # of anything else

Array = npt.NDArray[Any]

_NUMBERS = "iuf"


def assert_close(
    actual: Any, expected: Any, message: str, *, rtol: float = 1e-5, atol: float = 1e-6
) -> None:
    """Compare numbers within rounding: the shapes must be the same, every number finite.

    Args:
        actual: What the student's code gave: a number, or an array or a nested list of numbers.
        expected: What is right, of the same shape. All its numbers are finite.
        message: What is compared; the difference is shown below it.
        rtol: The relative tolerance.
        atol: The absolute tolerance; the two add up, as in numpy.

    Raises:
        AssertionError: They differ.
        ValueError: What is expected is no number, or not finite.
    """
    right = _finite(_array(expected), message)
    if right.dtype.kind not in _NUMBERS:
        raise ValueError(f"{message}: numbers can be close, not {_shown(expected)}")
    yours = _array(actual)
    with np.errstate(all="ignore"):  # the largest floats overflow when they are subtracted
        if not _same_form(yours, right) or not np.isclose(yours, right, rtol, atol).all():
            raise AssertionError(f"{message}\n{differing(actual, right)}")


def assert_equal(actual: Any, expected: Any, message: str) -> None:
    """Compare exactly: whole numbers, truths, texts, and arrays, lists or dicts of these.

    A number that is whole may be a float. A truth is no number.

    Args:
        actual: What the student's code gave.
        expected: What is right.
        message: What is compared; the difference is shown below it.

    Raises:
        AssertionError: They differ.
        ValueError: A number that is expected is not finite.
    """
    if not _equal(actual, expected, message):
        raise AssertionError(f"{message}\n{differing(actual, expected)}")


def _equal(actual: Any, expected: Any, message: str) -> bool:
    if expected is None or isinstance(expected, str):
        return type(actual) is type(expected) and bool(actual == expected)
    if isinstance(expected, dict):
        return (
            isinstance(actual, dict)
            and actual.keys() == expected.keys()
            and all(_equal(actual[key], expected[key], message) for key in expected)
        )
    right, yours = _finite(_array(expected), message), _array(actual)
    if right.dtype.kind != "O":
        return _same_form(yours, right) and bool((yours == right).all())
    return (
        isinstance(actual, list | tuple)
        and len(actual) == len(expected)
        and all(_equal(*pair, message) for pair in zip(actual, expected, strict=True))
    )


def _finite(right: Array, message: str) -> Array:
    """Return what is expected.

    Raises:
        ValueError: A number of it is not finite: the author's slip.
    """
    if right.dtype.kind == "f" and not np.isfinite(right).all():
        raise ValueError(f"{message}: finite numbers can be expected, not {_shown(right)}")
    return right


def _array(value: Any) -> Array:
    """Return a value as an array; of one object where it is no array of one kind of values."""
    try:
        array = np.asarray(value)
    except (ValueError, OverflowError):  # rows of different lengths
        return np.array(None)
    # numpy makes one text of 1 and "1", and two numbers of 1 and True.
    return array if len({_kind(leaf) for leaf in _leaves(value)}) <= 1 else np.array(None)


def _leaves(value: Any) -> list[Any]:
    if isinstance(value, list | tuple):
        return [leaf for item in value for leaf in _leaves(item)]
    return [value]


def _kind(value: Any) -> str:
    kind = np.asarray(value).dtype.kind
    return "number" if kind in _NUMBERS else kind


def _same_form(yours: Array, right: Array) -> bool:
    """Return whether two arrays have the same shape and the same kind of values."""
    if yours.shape != right.shape or yours.dtype.kind == "O":
        return False
    return not right.size or _kind(yours) == _kind(right)


def in_words(error: Exception) -> str:
    """Return what a check found: its own words, or that the answer tripped the check."""
    text = str(error).strip()
    if isinstance(error, AssertionError):
        return text or "not as expected"
    return f"the result does not have the expected form ({type(error).__name__}: {text[:200]})"


def differing(actual: Any, desired: Any) -> str:
    """Show two values: all of them where that is little, else the first place that differs."""
    yours, expected = _array(actual), _array(desired)
    if max(yours.size, expected.size) <= SHOWN or yours.shape != expected.shape:
        return f"yours: {_shown(actual)} · expected: {_shown(desired)}"
    alike = yours == expected
    if expected.dtype.kind == "f" and yours.dtype.kind in _NUMBERS:
        near = np.isclose(yours, expected, equal_nan=True)
        alike = alike if near.all() else near  # what is all but equal tells less
    places = np.argwhere(~np.asarray(alike))
    if not len(places):
        return f"yours and expected have different types: {yours.dtype} and {expected.dtype}"
    place = tuple(map(int, places[0]))
    return (
        f"yours: {_on_one_line(yours[place])} · expected: {_on_one_line(expected[place])} at "
        f"index {list(place)} ({len(places)} of {yours.size} differ)"
    )


def _shown(value: Any) -> str:
    array = _array(value)
    if array.dtype.kind == "O" or isinstance(value, str):
        text = repr(value)
        return text if len(text) <= LETTERS else f"{text[:LETTERS]} ..."
    return _on_one_line(array) if array.size <= SHOWN else str(array.shape)


def _on_one_line(array: Array) -> str:
    text = np.array2string(np.asarray(array), precision=4, separator=", ", max_line_width=10_000)
    return f"{' '.join(text.split())}" + (f", of the shape {array.shape}" if not array.size else "")
