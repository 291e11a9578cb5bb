from typing import Any

import numpy as np
import pytest

from coursekit.practice import assert_close, assert_equal
from coursekit.practice.differences import in_words


def words(actual: Any, expected: Any, exactly: bool = False, **tolerances: float) -> str:
    """Return what a comparison finds wrong; empty: nothing."""
    try:
        if exactly:
            assert_equal(actual, expected, "the ids")
        else:
            assert_close(actual, expected, "the loss", **tolerances)
    except AssertionError as error:
        return str(error)
    return ""


@pytest.mark.parametrize(
    ("actual", "expected"),
    [
        (0.75, 0.75),
        (1, 1.0),
        (np.float32(0.1), 0.1),
        ([1.0, 2.0], np.array([1, 2])),
        ((1.0, 2.000001), [1.0, 2.0]),
        ([np.ones(2), np.zeros(2)], [[1, 1], [0, 0]]),
        ([], []),
    ],
)
def test_what_is_close(actual: Any, expected: Any) -> None:
    assert words(actual, expected) == ""


@pytest.mark.parametrize(
    "actual",
    [
        None,
        [],
        np.zeros(0),
        np.nan,
        np.inf,
        1e308,
        10**400,
        0.76,
        True,
        "0.75",
        [0.75],
        np.array([[0.75]]),
        {"loss": 0.75},
        [[0.75], [0.75, 1]],
    ],
)
def test_what_is_no_number_of_the_right_shape_is_not_close(actual: Any) -> None:
    assert words(actual, 0.75).startswith("the loss\nyours: ")
    assert words(actual, [0.5, 0.75]).startswith("the loss\nyours: ")


def test_an_author_expects_numbers_where_numbers_are_close() -> None:
    for expected in ("0.75", None, True, [True], {"loss": 1.0}):
        with pytest.raises(ValueError, match="numbers can be close"):
            assert_close(0.75, expected, "the loss")


@pytest.mark.parametrize("broken", [np.nan, np.inf, -np.inf])
def test_what_is_not_finite_equals_nothing(broken: float) -> None:
    with pytest.raises(ValueError, match="finite numbers can be expected"):
        assert_close([1.0, broken], [1.0, broken], "the loss")
    with pytest.raises(ValueError, match="finite numbers can be expected"):
        assert_equal({"a": [1.0, broken]}, {"a": [1.0, broken]}, "the loss")
    assert words([1.0, broken], [1.0, 2.0])
    assert words([1.0, broken], [1, 2], exactly=True)


def test_no_shape_is_stretched_to_another() -> None:
    assert words(1.0, np.ones(3)) == "the loss\nyours: 1. · expected: [1., 1., 1.]"
    assert words(np.ones((1, 3)), np.ones((2, 3)))
    assert words(np.ones((3, 1)), np.ones(3))


def test_the_tolerances_add_up() -> None:
    # 0.1 + 0.01 * 10 = 0.2 is allowed around 10.
    assert words(10.19, 10.0, rtol=0.01, atol=0.1) == ""
    assert words(10.21, 10.0, rtol=0.01, atol=0.1)


@pytest.mark.parametrize(
    ("actual", "expected", "same"),
    [
        ([1, 2], [1, 2], True),
        (np.array([1.0, 2.0]), [1, 2], True),
        ([1.5, 2], [1, 2], False),
        (True, True, True),
        (1, True, False),
        (True, 1, False),
        ([True, 0], [1, 0], False),
        ("ab", "ab", True),
        (["a", "b"], ["a", "b"], True),
        (["1", 2], [1, 2], False),
        ([1, "a"], [1, "a"], True),
        ([["a"], ["b", "c"]], [["a"], ["b", "c"]], True),
        ([["a"], ["b", "d"]], [["a"], ["b", "c"]], False),
        ({"a": [1, 2]}, {"a": [1, 2]}, True),
        ({"a": [1, 2]}, {"a": [1, 3]}, False),
        ({"a": 1}, {"b": 1}, False),
        (None, None, True),
        (None, 0, False),
        ([], [], True),
        ([], [[]], False),
    ],
)
def test_what_is_equal(actual: Any, expected: Any, same: bool) -> None:
    assert (words(actual, expected, exactly=True) == "") is same


def test_numbers_are_told_as_numbers() -> None:
    assert words(np.float32(0.75), np.array(2.0)) == "the loss\nyours: 0.75 · expected: 2."
    ids = np.array([1, 2], "int32")
    assert words(ids, [1, 3], exactly=True) == "the ids\nyours: [1, 2] · expected: [1, 3]"
    assert words(None, [1, 3]) == "the loss\nyours: None · expected: [1, 3]"
    assert words("a b", "a c", exactly=True) == "the ids\nyours: 'a b' · expected: 'a c'"
    assert words({"a": 1}, 1.0) == "the loss\nyours: {'a': 1} · expected: 1."


def test_of_large_arrays_the_first_place_that_differs_is_told() -> None:
    right = np.arange(60.0).reshape(3, 20)
    wrong = right.copy()
    wrong[1, 2:4] = 0.12345678
    assert words(wrong, right) == (
        "the loss\nyours: 0.1235 · expected: 22. at index [1, 2] (2 of 60 differ)"
    )
    many = np.arange(60) + 1_234_567
    assert words(many + (many == 1_234_570), many, exactly=True) == (
        "the ids\nyours: 1234571 · expected: 1234570 at index [3] (1 of 60 differ)"
    )
    assert "yours: False · expected: True at index [0] (1 of 60" in words(
        many > 1_234_567, many >= 1_234_567, exactly=True
    )
    nearly = right + 1e-9 * (right == 7)
    assert "at index [0, 7] (1 of 60 differ)" in words(nearly, right, rtol=0, atol=0)
    assert words([[1, 2], [3, 4]], right) == "the loss\nyours: [[1, 2], [3, 4]] · expected: (3, 20)"
    assert words(np.zeros((1, 0)), [[7]]) == (
        "the loss\nyours: [], of the shape (1, 0) · expected: [[7]]"
    )
    assert words(right >= 0, np.ones((3, 20))).endswith("have different types: bool and float64")


def test_an_answer_that_trips_the_check_is_told_so() -> None:
    assert in_words(AssertionError("  it is not ")) == "it is not"
    assert in_words(AssertionError()) == "not as expected"
    told = in_words(TypeError("'NoneType' object is not iterable"))
    assert (
        told == "the result does not have the expected form "
        "(TypeError: 'NoneType' object is not iterable)"
    )
