"""Answers that nobody worked for: what the author's gate puts in place of the right ones."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import numpy.typing as npt

from coursekit.practice.plain_data import plain

Array = npt.NDArray[Any]
# Takes the arguments, the right answer, and the right answer to the first such call.
Stub = Callable[[list[Any], Any, Any], Any]

LARGE = 1e30  # as a float; whole numbers get half of the largest that their type holds


def rebuilt(value: Any, array: Callable[[Array], Any], text: Callable[[str], Any]) -> Any:
    """Return a value of the same form with its numbers and texts replaced.

    Args:
        value: Plain data. A number is an array without axes, a list of numbers one of one axis.
        array: Takes an array of numbers or truths.
        text: Takes a text.
    """
    if isinstance(value, str):
        return text(value)
    if isinstance(value, dict):
        return {key: rebuilt(item, array, text) for key, item in value.items()}
    if isinstance(value, np.ndarray) and value.dtype.kind == "U":
        return rebuilt(value.tolist(), array, text)
    if isinstance(value, list) and not _numeric(value):
        return [rebuilt(item, array, text) for item in value]
    if isinstance(value, tuple) and not _numeric(value):
        return tuple(rebuilt(item, array, text) for item in value)
    if value is None:
        return None
    made = np.asarray(array(np.asarray(value)))
    if isinstance(value, list | tuple):
        return type(value)(made.tolist())
    return made if isinstance(value, np.ndarray) or made.ndim else made.item()


def _numeric(value: list[Any] | tuple[Any, ...]) -> bool:
    """Return whether a list or tuple holds numbers, or rows of numbers, and nothing else."""
    if not value:
        return False
    return all(
        isinstance(v, bool | int | float) or (isinstance(v, list | tuple) and _numeric(v))
        for v in value
    ) and _regular(value)


def _regular(value: list[Any] | tuple[Any, ...]) -> bool:
    try:
        return np.asarray(value).dtype.kind in "biuf"
    except ValueError:
        return False


def leaves(value: Any) -> list[Any]:
    """Return the arrays of numbers and the texts of plain data, in the order of `rebuilt`."""
    found: list[Any] = []

    def keep(leaf: Any) -> Any:
        found.append(leaf)
        return leaf

    rebuilt(value, keep, keep)
    return found


def filled(number: float, letters: str) -> Stub:
    """Return the stub in which every number is the same, and every text."""

    def array(right: Array) -> Array:
        if number == LARGE and right.dtype.kind in "iu":
            return np.full(right.shape, np.iinfo(right.dtype).max // 2, right.dtype)
        kept = right.dtype.kind in "biu" and np.isfinite(number)
        return np.full(right.shape, number, right.dtype if kept else None)

    return lambda args, right, first: rebuilt(right, array, lambda text: letters)


def constant(number: Callable[[Array], float]) -> Stub:
    """Return the stub that gives, at each call, one number of the first right answer."""

    def stub(args: list[Any], right: Any, first: Any) -> Any:
        known = leaves(first)
        texts = [leaf for leaf in known if isinstance(leaf, str)]
        numbers = [
            number(leaf) if leaf.size else 0.0 for leaf in known if not isinstance(leaf, str)
        ]
        left = iter(numbers)
        return rebuilt(
            right,
            lambda array: np.full(array.shape, next(left, numbers[-1] if numbers else 0.0)),
            lambda text: texts[0] if texts else "",
        )

    return stub


def _reversed(args: list[Any], right: Any, first: Any) -> Any:
    """Lists, texts and arrays along their first axis; in a tuple or dict each part."""
    if isinstance(right, dict):
        return {key: _reversed(args, item, first) for key, item in right.items()}
    if isinstance(right, tuple) and not _numeric(right):
        return tuple(_reversed(args, item, first) for item in right)
    if isinstance(right, str | list | tuple) or (isinstance(right, np.ndarray) and right.ndim):
        return right[::-1]
    return right


def _all_reversed(args: list[Any], right: Any, first: Any) -> Any:
    """Arrays along all their axes; the numbers of a list, and the letters of a text."""
    return rebuilt(right, np.flip, lambda text: text[::-1])


def _parts_reversed(args: list[Any], right: Any, first: Any) -> Any:
    return right[::-1] if isinstance(right, tuple) else right


def _empty(args: list[Any], right: Any, first: Any) -> Any:
    return rebuilt(right, lambda array: np.zeros((0, *array.shape[1:])), lambda text: "")


def _input(place: int) -> Stub:
    return lambda args, right, first: args[place] if place < len(args) else right


def _inputs(place: int) -> Stub:
    """Return the stub in which each part of the answer is one of the arguments."""

    def stub(args: list[Any], right: Any, first: Any) -> Any:
        if place >= len(args) or not isinstance(right, tuple | list | dict):
            return right
        if isinstance(right, dict):
            return dict.fromkeys(right, args[place])
        return type(right)([args[place]] * len(right))

    return stub


ARGUMENTS = range(4)  # of a call that are handed back
STUBS: dict[str, Stub] = {
    "None": lambda args, right, first: None,
    "zeros": filled(0, ""),
    "ones": filled(1, "1"),
    "NaN": filled(np.nan, "nan"),
    "infinity": filled(np.inf, "inf"),
    "minus infinity": filled(-np.inf, "-inf"),
    "very large numbers": filled(LARGE, "very large " * 100),
    "the mean as a constant": constant(np.mean),
    "the first number as a constant": constant(lambda array: array.flat[0]),
    "the right answer in reverse": _reversed,
    "all its axes in reverse": _all_reversed,
    "its parts in reverse": _parts_reversed,
    "an empty array": lambda args, right, first: np.zeros(0),
    "empty arrays of the same form": _empty,
    **{f"its argument {n + 1}": _input(n) for n in ARGUMENTS},
    **{f"its argument {n + 1} as each part": _inputs(n) for n in ARGUMENTS},
}


def stubbed(stub: Stub, args: list[Any], right: Any, first: Any) -> Any:
    """Return what a stub gives in place of the right answer, as plain data.

    Args:
        stub: One of `STUBS`.
        args: Of the call.
        right: The right answer to it.
        first: The right answer to the first such call of a check.
    """
    return plain(stub(args, right, first))
