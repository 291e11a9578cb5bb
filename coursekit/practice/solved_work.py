"""The solved work of an exercise, recorded once, and changed in one way after another."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from coursekit.practice.checks import Work
from coursekit.practice.plain_data import equal, pack
from coursekit.practice.stubs import Stub, stubbed


@dataclass
class Recorded:
    """The solved work: passes questions on, and keeps the answers."""

    work: Work
    answers: dict[str, Any] = field(default_factory=dict)

    def prepare(self) -> None:
        """Run the cells."""
        self.work.prepare()

    def call(self, name: str, args: list[Any], limit: float) -> Any:
        """Call, and keep the result."""
        key = f"{name}({pack(args)!r})"
        if key not in self.answers:
            self.answers[key] = self.work.call(name, args, limit)
        return self.answers[key]

    def value(self, name: str, limit: float) -> Any:
        """Read a value, and keep it."""
        if name not in self.answers:
            self.answers[name] = self.work.value(name, limit)
        return self.answers[name]


@dataclass
class Changed:
    """The solved work with some of its answers replaced.

    Args:
        right: The solved work.
        change: Takes a name, the arguments and the right answer, and returns another.
    """

    right: Recorded
    change: Any

    def prepare(self) -> None:
        """Run the cells."""
        self.right.prepare()

    def call(self, name: str, args: list[Any], limit: float) -> Any:
        """Return the changed result."""
        return self.change(name, args, self.right.call(name, args, limit))

    def value(self, name: str, limit: float) -> Any:
        """Return the changed value."""
        return self.change(name, [], self.right.value(name, limit))


class Read(dict[Any, Any]):
    """A dict that knows which of its entries a check has read."""

    def __init__(self, values: dict[Any, Any]) -> None:
        super().__init__(values)
        self.read: set[Any] = set()

    def __getitem__(self, key: Any) -> Any:
        """Return an entry, and remember that it was asked for."""
        self.read.add(key)
        return super().__getitem__(key)

    def _whole(self) -> dict[Any, Any]:
        self.read.update(dict.keys(self))
        return {key: dict.__getitem__(self, key) for key in dict.keys(self)}

    def __iter__(self) -> Iterator[Any]:
        """Go through all keys."""
        return iter(self._whole())

    def __eq__(self, other: object) -> bool:
        """Compare all of it."""
        return self._whole() == other

    __hash__ = None

    def keys(self) -> Any:
        """Return all keys."""
        return self._whole().keys()

    def values(self) -> Any:
        """Return all values."""
        return self._whole().values()

    def items(self) -> Any:
        """Return all entries."""
        return self._whole().items()

    def get(self, key: Any, default: Any = None) -> Any:
        """Return an entry, or something else."""
        if key in self:
            return self[key]
        return default

    def parts(self, right: Any) -> tuple[Any, Any]:
        """Return what was read, here and in the right answer."""
        keys = sorted(self.read, key=repr)
        return [dict.__getitem__(self, key) for key in keys], [right[key] for key in keys]


@dataclass
class Stubbed:
    """The solved work with a stub in place of the answers of one name, or of all.

    Args:
        right: The solved work.
        stub: Gives the answers in place of the right ones.
        name: Whose answers are replaced; empty: all.
    """

    right: Recorded
    stub: Stub
    name: str
    asked: list[tuple[Any, Any]] = field(default_factory=list)  # what was given, and the right one
    first: dict[str, Any] = field(default_factory=dict)  # the first right answer of a name

    def prepare(self) -> None:
        """Run the cells."""
        self.right.prepare()

    def call(self, name: str, args: list[Any], limit: float) -> Any:
        """Return the stub's result."""
        return self._given(name, args, self.right.call(name, args, limit))

    def value(self, name: str, limit: float) -> Any:
        """Return the stub's value."""
        return self._given(name, [], self.right.value(name, limit))

    def _given(self, name: str, args: list[Any], answer: Any) -> Any:
        if self.name not in ("", name):
            return answer
        given = stubbed(self.stub, args, answer, self.first.setdefault(name, answer))
        given = Read(given) if isinstance(given, dict) else given
        self.asked.append((given, answer))
        return given

    @property
    def wrong(self) -> bool:
        """Whether anything that the check looked at was other than right."""
        pairs = (
            given.parts(right) if isinstance(given, Read) else (given, right)
            for given, right in self.asked
        )
        return not all(equal(given, right) for given, right in pairs)
