"""Hyper-parameters: frozen dataclasses whose fields know their own limits.

A field is made with `setting`; its range and help text live in the field's
metadata, so that `coursekit info`, ``--set`` and the manifest of a run all
read the same declaration.
"""

import dataclasses
import math
import types
import typing
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Self, TypeVar

from coursekit.errors import CourseError, did_you_mean

T = TypeVar("T")


def setting(
    default: T,
    help: str,
    *,
    low: float | None = None,
    high: float | None = None,
    choices: tuple[str, ...] = (),
) -> T:
    """Declare a field of `Settings` or of a lesson's demo options.

    Args:
        default: The value unless another is given.
        help: One line for people, shown by ``coursekit info`` and ``--help``.
        low: The smallest value allowed, inclusive.
        high: The largest value allowed, inclusive.
        choices: The values allowed, for strings.
    """
    metadata = {"help": help, "low": low, "high": high, "choices": choices}
    return dataclasses.field(default=default, metadata=metadata)


@dataclass(frozen=True, kw_only=True)
class Options:
    """A frozen dataclass of values that are checked when it is made.

    Raises:
        CourseError: A value has the wrong type or is out of its range.
    """

    def __post_init__(self) -> None:
        hints = typing.get_type_hints(type(self))
        for field in dataclasses.fields(self):
            value = getattr(self, field.name)
            check_type(field.name, value, hints[field.name])
            _check_range(field.name, value, field.metadata)

    @classmethod
    def kinds(cls) -> dict[str, Any]:
        """Return the type of every field by name."""
        hints = typing.get_type_hints(cls)
        return {field.name: hints[field.name] for field in dataclasses.fields(cls)}

    def replace(self, changes: Mapping[str, object]) -> Self:
        """Return a copy with some fields changed.

        Raises:
            CourseError: A name is unknown, a type wrong, a value out of range.
        """
        for name in changes:
            if name not in self.kinds():
                raise CourseError(
                    f"there is no setting named {name!r}",
                    remedy=did_you_mean(name, self.kinds()),
                )
        return dataclasses.replace(self, **changes)

    def as_dict(self) -> dict[str, Any]:
        """Return the fields as plain values that JSON can hold."""
        return {
            name: list(value) if isinstance(value, tuple) else value
            for name, value in vars(self).items()
        }

    @classmethod
    def from_dict(cls, values: Mapping[str, Any]) -> Self:
        """Rebuild what `as_dict` returned.

        Raises:
            CourseError: A name is unknown or a value does not fit.
        """
        restored = {
            name: tuple(value) if isinstance(value, list) else value
            for name, value in values.items()
        }
        return cls().replace(restored)


@dataclass(frozen=True, kw_only=True)
class Settings(Options):
    """What every lesson's hyper-parameters have in common."""

    seed: int = setting(0, "seed of all random numbers", low=0, high=2**31 - 1)
    epochs: int = setting(10, "passes over the training split", low=1, high=100_000)
    batch_size: int = setting(64, "examples in one train step", low=1, high=65_536)
    jit: bool = setting(False, "compile the train step with XLA")
    patience: int = setting(
        0,
        "epochs without a better validation metric before training stops; 0: never",
        low=0,
    )


def parse_value(name: str, text: str, kind: Any) -> object:
    """Turn the text of ``--set name=text`` into a value of the field's type.

    Raises:
        CourseError: The text is not a value of that type.
    """
    try:
        if kind is bool:
            return {"true": True, "yes": True, "1": True, "false": False, "no": False, "0": False}[
                text.strip().lower()
            ]
        if kind in (int, float, str):
            return kind(text.replace("_", "") if kind is not str else text)
        if typing.get_origin(kind) is tuple:
            return tuple(int(part) for part in text.split(",") if part.strip())
    except (KeyError, ValueError):
        pass
    raise CourseError(
        f"{name}={text} is not a value of the right type", f"{name} to be {describe(kind)}"
    )


def parse_overrides(kind: type[Options], assignments: Iterable[str]) -> dict[str, object]:
    """Parse the ``key=value`` texts of ``--set``.

    Raises:
        CourseError: No ``=``, an unknown name, or a value of the wrong type.
    """
    kinds = kind.kinds()
    changes: dict[str, object] = {}
    for assignment in assignments:
        name, equals, text = assignment.partition("=")
        name = name.strip()
        if not equals:
            raise CourseError(
                f"--set {assignment} has no value", "--set name=value", "for example --set epochs=3"
            )
        if name not in kinds:
            raise CourseError(
                f"there is no setting named {name!r}", remedy=did_you_mean(name, kinds)
            )
        changes[name] = parse_value(name, text, kinds[name])
    return changes


def describe(kind: Any) -> str:
    """Return in words what values a type allows."""
    words = {
        int: "a whole number",
        float: "a number",
        bool: "true or false",
        str: "a text",
    }
    return words.get(kind, "whole numbers separated by commas, such as 8,12,20")


def check_type(name: str, value: object, kind: Any) -> None:
    """Raise a `CourseError` unless the value is of the declared type."""
    origin = typing.get_origin(kind)
    if origin in (typing.Union, types.UnionType):
        raise TypeError(f"{name}: a setting has one type, not {kind}")
    if origin is tuple:
        right = isinstance(value, tuple) and all(type(part) is int for part in value)
    elif kind is float:
        right = type(value) in (int, float)
    else:
        right = type(value) is kind
    if not right:
        raise CourseError(f"{name}={value!r} has the wrong type", f"{name} to be {describe(kind)}")


def _check_range(name: str, value: Any, metadata: Mapping[str, Any]) -> None:
    low, high = metadata.get("low"), metadata.get("high")
    choices = metadata.get("choices", ())
    for part in value if isinstance(value, tuple) else (value,):
        if isinstance(part, float) and not math.isfinite(part):
            raise CourseError(f"{name}={part} is not a finite number", f"{name} to be a number")
        if (low is not None and part < low) or (high is not None and part > high):
            raise CourseError(f"{name}={part} is out of range", f"{name} to be {limits(metadata)}")
    if choices and value not in choices:
        raise CourseError(
            f"{name}={value!r} is not one of the choices", f"{name} to be {limits(metadata)}"
        )


def limits(metadata: Mapping[str, Any]) -> str:
    """Return a field's range in words, empty if it has none."""
    low, high, choices = metadata.get("low"), metadata.get("high"), metadata.get("choices")
    if choices:
        return "one of " + ", ".join(choices)
    if low is not None and high is not None:
        return f"from {low:g} to {high:,.0f}" if high >= 1e5 else f"from {low:g} to {high:g}"
    if low is not None:
        return f"at least {low:g}"
    return f"at most {high:g}" if high is not None else ""
