"""Plain data: all that crosses the border between a check and the student's code.

Numbers, text, None, NumPy arrays, and tuples, lists and dicts of these: of exactly these types,
bounded in size and depth. What crosses is written as tagged bytes, so that reading an answer runs
nothing and neither side trusts the other's length, type or shape.
"""

from __future__ import annotations

import re
from math import prod
from struct import pack as to_bytes
from struct import unpack as from_bytes
from typing import Any

import numpy as np
from numpy import array, frombuffer, generic, memmap, ndarray

DEPTH = 50  # levels of tuples, lists and dicts
ITEMS = 250_000  # values in all tuples, lists and dicts together
BYTES = 45_000_000  # of all arrays and texts together
INT_BYTES = 64  # of a whole number: 153 digits
LARGE_INT_BITS, LARGE_INT_BYTES = 61, 10_000  # from here on many have the same hash: they cost more
ALIKE, CROWDED = 64, "too many keys of a dict share a hash"  # tuples, at most
WIDENED = 400_000_000  # bytes of the array that numpy would make of all texts beside one another

_ARRAY_KINDS = "biufU"  # bool, integers, floats, text: nothing that is unpickled
_DTYPE = re.compile(r"[<>|=][biufU]\d{1,8}")


class NotPlainError(TypeError):
    """A result is of a kind that a check cannot look at."""


class _Texts:
    """What an array of all values would need: numpy makes every text in it as wide as the widest.

    A list row and an array stand in one array only if they have the same size.
    """

    def __init__(self) -> None:
        self.widest, self.in_arrays, self.leaves = 0, 0, 0
        self.sizes: list[int] = []

    def add(self, value: Any) -> None:
        """Count a value that is no tuple, list or dict.

        Raises:
            NotPlainError: The array would be too large.
        """
        kind = type(value)
        if kind is str:
            self.widest = max(self.widest, len(value))
        elif kind is ndarray and value.dtype.kind == "U":
            self.in_arrays = max(self.in_arrays, value.dtype.itemsize // 4)
        if kind is ndarray and value.ndim:
            self.sizes.append(value.size)
        else:
            self.leaves += 1

    def check(self) -> None:
        """Compare what was counted with what may be.

        Raises:
            NotPlainError: The array would be too large.
        """
        every = sum(self.sizes)
        beside = every if self.in_arrays else sum(n for n in self.sizes if n <= self.leaves)
        widest = max(self.widest, self.in_arrays)
        if 4 * widest * (self.leaves + beside) > WIDENED:
            raise NotPlainError(
                f"the result holds a text of {widest:,} characters beside "
                f"{self.leaves + beside:,} other values: shorter or fewer ones were expected"
            )


class _Room:
    """What is left of the size that plain data may have."""

    def __init__(self) -> None:
        self.items, self.bytes = ITEMS, BYTES
        self.texts = _Texts()

    def take(self, size: int) -> None:
        self.items -= 1
        self.bytes -= size
        if self.items < 0 or self.bytes < 0:
            raise NotPlainError(
                f"the result is too large: at most {ITEMS:,} values and "
                f"{BYTES // 1_000_000} MB were expected"
            )


def plain(value: Any) -> Any:
    """Return a value as plain data; a tensor or variable becomes its NumPy array.

    A subclass of tuple, list or dict becomes the plain kind. No other subclass passes: it could
    say of itself that it equals anything.

    Raises:
        NotPlainError: It is, or holds, something else, or too much.
    """
    room = _Room()
    made = _plain(value, 0, room)
    room.texts.check()
    return made


def _plain(value: Any, depth: int, room: _Room) -> Any:
    if depth > DEPTH:
        raise NotPlainError(f"the result is nested more than {DEPTH} levels deep")
    value = _from_tensor(value)
    kind = type(value)
    room.take(_size(value))
    if value is None or kind in (bool, int, float, str):
        room.texts.add(value)
        return value
    if kind in (ndarray, memmap) and value.dtype.kind in _ARRAY_KINDS:
        copy = array(value, order="C", subok=False)
        room.texts.add(copy)
        return copy
    if issubclass(kind, tuple):
        return tuple([_plain(item, depth + 1, room) for item in tuple.__iter__(value)])
    if issubclass(kind, list):
        return [_plain(item, depth + 1, room) for item in list.__iter__(value)]
    if issubclass(kind, dict):
        alike: dict[int, int] = {}
        return {
            _key(key, depth, room, alike): _plain(item, depth + 1, room)
            for key, item in dict.items(value)
        }
    raise NotPlainError(_refused(value))


def _from_tensor(value: Any) -> Any:
    """Return the array of a tensor or variable, the number of a NumPy scalar, else the value."""
    if type(value) in (bool, int, float, str, tuple, list, dict, ndarray):
        return value
    if not issubclass(type(value), generic) and callable(getattr(value, "numpy", None)):
        value = value.numpy()
    return generic.item(value) if issubclass(type(value), generic) else value


def _size(value: Any) -> int:
    """Return the bytes of an array, a text or a number, at least what they need."""
    kind = type(value)
    if kind is int and value.bit_length() >= 8 * INT_BYTES:
        raise NotPlainError(f"the result holds a whole number of {value.bit_length()} bits")
    if kind is str:
        return len(value) if value.isascii() else 4 * len(value)
    if kind in (ndarray, memmap):
        return int(value.nbytes)
    if kind is int and value.bit_length() >= LARGE_INT_BITS:
        return LARGE_INT_BYTES
    return 8


def _key(key: Any, depth: int, room: _Room, alike: dict[int, int]) -> Any:
    made = _plain(key, depth + 1, room)
    try:
        hash(made)
    except TypeError:
        raise NotPlainError(f"a key of the dict is a {type(key).__name__}") from None
    if _crowded(made, alike):
        raise NotPlainError(CROWDED)
    return made


def _crowded(key: Any, alike: dict[int, int]) -> bool:
    """Count a dict's tuples by hash; return whether too many share this one, as -1 and -2 do."""
    if type(key) is tuple:
        alike[hash(key)] = alike.get(hash(key), 0) + 1
    return type(key) is tuple and alike[hash(key)] > ALIKE


def _refused(value: Any) -> str:
    kind = type(value)
    if value is ...:
        return "the dots are still there: write your answer in their place"
    if kind is ndarray:
        held = ", ".join(sorted({type(item).__name__ for item in value.flat}))
        return f"the array holds {held}; numbers or text of one kind were expected"
    for base in (ndarray, bool, int, float, str):
        if issubclass(kind, base):
            return (
                f"the result holds a {kind.__name__}, a subclass of {base.__name__}; "
                f"a plain {base.__name__} was expected"
            )
    return (
        f"the result holds a {kind.__name__}; "
        "a number, text, array, tuple, list or dict was expected"
    )


def pack(value: Any) -> bytes:
    """Return what `plain` returned as bytes, from which `unpack` restores it."""
    parts: list[bytes] = []
    _pack(value, parts)
    return b"".join(parts)


def _pack(value: Any, parts: list[bytes]) -> None:
    kind = type(value)
    if value is None or kind is bool:
        parts.append({None: b"N", False: b"F", True: b"T"}[value])
    elif kind is int:
        data = value.to_bytes(value.bit_length() // 8 + 1, "big", signed=True)
        parts += [b"i", to_bytes(">B", len(data)), data]
    elif kind is float:
        parts.append(b"d" + to_bytes(">d", value))
    elif kind is str:
        data = value.encode("utf-8", "surrogatepass")
        parts += [b"s", to_bytes(">I", len(data)), data]
    elif kind is ndarray:
        name = value.dtype.str.encode()
        head = to_bytes(">BB", len(name), value.ndim)
        parts += [b"a", head, name, to_bytes(f">{value.ndim}Q", *value.shape), value.tobytes()]
    elif kind is dict:
        parts.append(b"m" + to_bytes(">I", len(value)))
        for key, item in value.items():
            _pack(key, parts)
            _pack(item, parts)
    else:
        parts.append((b"t" if kind is tuple else b"l") + to_bytes(">I", len(value)))
        for item in value:
            _pack(item, parts)


def unpack(data: bytes) -> Any:
    """Return plain data from its bytes.

    Raises:
        ValueError: They were not made by `pack`, or are too deep or too many.
    """
    reader = _Reader(data)
    try:
        value = reader.value(0)
        reader.texts.check()
    except (TypeError, OverflowError, MemoryError) as error:
        raise ValueError(f"not plain data: {error}") from None
    if reader.at != len(data):
        raise ValueError(f"{len(data) - reader.at} bytes follow the data")
    return value


class _Reader:
    """Reads bytes that may have come from anywhere."""

    def __init__(self, data: bytes) -> None:
        self.data, self.at, self.items = data, 0, ITEMS
        self.large = BYTES // LARGE_INT_BYTES  # whole numbers that may share a hash
        self.texts = _Texts()

    def take(self, size: int) -> bytes:
        if size > len(self.data) - self.at:
            raise ValueError("the data end too early")
        self.at += size
        return self.data[self.at - size : self.at]

    def number(self, kind: str, size: int) -> int:
        return int(from_bytes(kind, self.take(size))[0])

    def value(self, depth: int) -> Any:
        self.items -= 1
        if depth > DEPTH + 1 or self.items < 0:
            raise ValueError("the data are too deep or too many")
        tag = self.take(1)
        if tag in b"NFTidsa":
            leaf = self.leaf(tag)
            self.texts.add(leaf)
            return leaf
        if tag not in b"tlm":
            raise ValueError(f"no plain data start with {tag!r}")
        count = self.number(">I", 4)
        if tag == b"m":
            return self.entries(count, depth + 1)
        items = [self.value(depth + 1) for _ in range(count)]
        return items if tag == b"l" else tuple(items)

    def entries(self, count: int, depth: int) -> dict[Any, Any]:
        found: dict[Any, Any] = {}
        alike: dict[int, int] = {}
        for _ in range(count):
            key = self.value(depth)
            if _crowded(key, alike):
                raise ValueError(CROWDED)
            found[key] = self.value(depth)
        return found

    def leaf(self, tag: bytes) -> Any:
        if tag == b"i":
            whole = int.from_bytes(self.take(self.number(">B", 1)), "big", signed=True)
            self.large -= whole.bit_length() >= LARGE_INT_BITS
            if self.large < 0:
                raise ValueError("too many large whole numbers")
            return whole
        if tag == b"d":
            return from_bytes(">d", self.take(8))[0]
        if tag == b"s":
            return self.take(self.number(">I", 4)).decode("utf-8", "surrogatepass")
        return self.array() if tag == b"a" else {b"N": None, b"F": False, b"T": True}[tag]

    def array(self) -> Any:
        length, dimensions = self.take(2)
        name = self.take(length).decode("ascii")
        if not _DTYPE.fullmatch(name):
            raise ValueError(f"an array of {name}")
        dtype = np.dtype(name)
        shape = from_bytes(f">{dimensions}Q", self.take(8 * dimensions))
        raw = self.take(prod(shape) * dtype.itemsize)
        return frombuffer(raw, dtype, prod(shape)).reshape(shape).copy()


def equal(one: Any, other: Any) -> bool:
    """Return whether two plain values are the same, numbers within rounding."""
    if isinstance(one, tuple | list) and isinstance(other, tuple | list):
        return len(one) == len(other) and all(map(equal, one, other))
    if isinstance(one, dict) and isinstance(other, dict):
        return one.keys() == other.keys() and all(equal(one[key], other[key]) for key in one)
    if any(isinstance(v, str) or v is None for v in (one, other)):
        return type(one) is type(other) and bool(one == other)
    try:
        first, second = np.asarray(one), np.asarray(other)
        if first.dtype.kind == "U" == second.dtype.kind:
            return np.array_equal(first, second)
        return first.shape == second.shape and bool(
            np.allclose(first, second, rtol=1e-4, atol=1e-5, equal_nan=True)
        )
    except (TypeError, ValueError, OverflowError):
        return False
