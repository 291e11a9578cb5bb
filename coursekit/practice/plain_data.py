"""Plain data: all that crosses the border between a check and the student's code.

Numbers, strings, None, numpy arrays, and tuples, lists and dicts of these; written as JSON,
so that reading an answer runs nothing.
"""

from __future__ import annotations

import base64
from typing import Any

import numpy as np

_ARRAY_KINDS = "biufU"  # bool, integers, floats, text: nothing that is unpickled


class NotPlainError(TypeError):
    """A result is of a kind that a check cannot look at."""


def plain(value: Any) -> Any:
    """Return a value as plain data; a tensor or variable becomes its numpy array.

    Raises:
        NotPlainError: It is, or holds, something else.
    """
    if value is None or isinstance(value, bool | int | float | str):
        return value
    if hasattr(value, "numpy") and callable(value.numpy):
        value = value.numpy()
    if isinstance(value, np.generic):
        return plain(value.item())
    if isinstance(value, np.ndarray) and value.dtype.kind in _ARRAY_KINDS:
        return value.copy()
    if isinstance(value, tuple):
        return tuple(plain(item) for item in value)
    if isinstance(value, list):
        return [plain(item) for item in value]
    if isinstance(value, dict):
        return {plain(key): plain(item) for key, item in value.items()}
    if isinstance(value, np.ndarray):
        held = ", ".join(sorted({type(item).__name__ for item in value.flat}))
        raise NotPlainError(f"the array holds {held}; numbers or text of one kind were expected")
    if value is ...:
        raise NotPlainError("the dots are still there: write your answer in their place")
    raise NotPlainError(
        f"the result holds a {type(value).__name__}; "
        "a number, text, array, tuple, list or dict was expected"
    )


def pack(value: Any) -> Any:
    """Return plain data as JSON values, from which `unpack` restores it."""
    if isinstance(value, np.ndarray):
        data = base64.b64encode(np.ascontiguousarray(value).tobytes()).decode()
        return {"array": data, "dtype": value.dtype.str, "shape": list(value.shape)}
    if isinstance(value, tuple):
        return {"tuple": [pack(item) for item in value]}
    if isinstance(value, list):
        return [pack(item) for item in value]
    if isinstance(value, dict):
        return {"dict": [[pack(key), pack(item)] for key, item in value.items()]}
    return value


def unpack(value: Any) -> Any:
    """Return plain data from its JSON values.

    Raises:
        ValueError: They were not made by `pack`.
    """
    if isinstance(value, list):
        return [unpack(item) for item in value]
    if not isinstance(value, dict):
        return value
    if "tuple" in value:
        return tuple(unpack(item) for item in value["tuple"])
    if "dict" in value:
        return {unpack(key): unpack(item) for key, item in value["dict"]}
    dtype = np.dtype(str(value.get("dtype")))
    if dtype.kind not in _ARRAY_KINDS:
        raise ValueError(f"an array of {dtype}")
    raw = base64.b64decode(value["array"])
    return np.frombuffer(raw, dtype).reshape([int(size) for size in value["shape"]]).copy()


def equal(one: Any, other: Any) -> bool:
    """Say whether two plain values are the same, numbers within rounding."""
    if isinstance(one, tuple | list) and isinstance(other, tuple | list):
        return len(one) == len(other) and all(map(equal, one, other))
    if isinstance(one, dict) and isinstance(other, dict):
        return one.keys() == other.keys() and all(equal(one[key], other[key]) for key in one)
    if any(isinstance(v, str) or v is None for v in (one, other)):
        return type(one) is type(other) and bool(one == other)
    try:
        first, second = np.asarray(one), np.asarray(other)
        return first.shape == second.shape and bool(
            np.allclose(first, second, rtol=1e-4, atol=1e-5, equal_nan=True)
        )
    except (TypeError, ValueError):
        return False
