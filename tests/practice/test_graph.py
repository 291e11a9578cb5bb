"""Whether what a student wrote can be compiled."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import tensorflow as tf

from coursekit.practice import compiles

pytestmark = pytest.mark.tf


def asked(values: Any) -> Any:
    return values if tf.reduce_sum(values) > 0 else -values


def unread(values: Any) -> Any:
    return tf.constant(values.numpy())


@pytest.mark.parametrize(
    ("function", "autograph", "says"),
    [
        (lambda values: 2 * values, False, "yes"),
        (lambda values: (values, {"sum": tf.reduce_sum(values)}), False, "yes"),
        (asked, True, "yes"),
        (asked, False, "no: OperatorNotAllowedInGraphError"),
        (lambda values: float(tf.reduce_sum(values)), True, "no: a result is no tensor"),
        (lambda values: (values, np.tanh(values)), True, "no: a result is no tensor"),
        (unread, True, "no: AttributeError"),
    ],
)
def test_it_says_whether_and_why_not(
    function: Callable[..., Any], autograph: bool, says: str
) -> None:
    assert compiles(function, tf.constant([1.0, 2.0]), autograph=autograph).startswith(says)


def test_what_fails_as_it_is_fails_as_ever() -> None:
    with pytest.raises(ZeroDivisionError):
        compiles(lambda values: values[1 // 0], tf.constant([1.0]))
