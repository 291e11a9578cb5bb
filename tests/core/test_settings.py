from dataclasses import dataclass

import pytest

from coursekit import CourseError, Settings, setting
from coursekit.settings import limits, parse_overrides


@dataclass(frozen=True, kw_only=True)
class Example(Settings):
    units: int = setting(8, "width", low=1, high=64)
    rate: float = setting(0.1, "learning rate", low=0.0)
    lengths: tuple[int, ...] = setting((8, 12), "buckets", low=1)
    cell: str = setting("gru", "kind", choices=("gru", "lstm"))


def test_overrides_are_parsed_by_the_type_of_their_field() -> None:
    texts = ["units=1_6", "rate=3e-4", "jit=true", "lengths=4,6,9", "cell=lstm", "epochs=3"]
    made = Example().replace(parse_overrides(Example, texts))
    assert (made.units, made.rate, made.jit, made.lengths, made.cell, made.epochs) == (
        16,
        0.0003,
        True,
        (4, 6, 9),
        "lstm",
        3,
    )


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("unit=3", "did you mean 'units'"),
        ("units", "--set name=value"),
        ("units=3.5", "units to be a whole number"),
        ("units=many", "units to be a whole number"),
        ("jit=maybe", "true or false"),
        ("lengths=4,x", "whole numbers separated by commas"),
    ],
)
def test_a_bad_assignment_says_what_was_expected(text: str, says: str) -> None:
    with pytest.raises(CourseError, match=says):
        parse_overrides(Example, [text])


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({"units": 0}, "from 1 to 64"),
        ({"units": 65}, "from 1 to 64"),
        ({"rate": float("nan")}, "rate=nan is not a finite number"),
        ({"units": True}, "wrong type"),
        ({"lengths": (4, 0)}, "at least 1"),
        ({"cell": "rnn"}, "one of gru, lstm"),
        ({"seed": -1}, "seed=-1 is out of range"),
        ({"widht": 1}, "no setting named 'widht'"),
    ],
)
def test_values_are_checked_wherever_they_come_from(changes: dict[str, object], says: str) -> None:
    with pytest.raises(CourseError, match=says):
        Example().replace(changes)


def test_plain_values_and_back() -> None:
    made = Example(units=3, lengths=(1, 2))
    assert made.as_dict()["lengths"] == [1, 2]
    assert Example.from_dict(made.as_dict()) == made


def test_limits_in_words() -> None:
    assert limits({"low": 1, "high": 64}) == "from 1 to 64"
    assert limits({"low": 0.5, "high": None}) == "at least 0.5"
    assert limits({"low": None, "high": 2}) == "at most 2"
    assert limits({}) == ""
