"""Whether what a student wrote can be compiled, as the lessons compile it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

SAID = 300  # characters, the last ones, of why it cannot
NEAR = 1e-3  # how far apart the numbers of a graph and those of the function may be


def compiles(function: Callable[..., Any], *args: Any, autograph: bool = True) -> str:
    """Say whether a function works as a graph: for a probe, beside the student's code.

    It is called three times: twice as it is, where numpy and Python numbers go unnoticed, and then
    by ``tf.function``. What gives the same values both times has to give them in the graph, too.

    Args:
        function: Takes tensors.
        *args: What it takes.
        autograph: Whether ``if`` and ``for`` may ask a tensor, as in a train step. In a loop of
            TensorFlow's own they may not.

    Returns:
        ``"yes"``, or ``"no: "`` and why. All that it returns must be tensors.
    """
    import tensorflow as tf

    found = tf.nest.flatten(function(*args))
    if not all(map(tf.is_tensor, found)):
        return "no: a result is no tensor"
    again = tf.nest.flatten(function(*args))
    try:
        compiled = tf.nest.flatten(tf.function(function, autograph=autograph)(*args))
    except Exception as error:
        return f"no: {type(error).__name__}: {str(error)[-SAID:]}"
    if _alike(found, again) and not _alike(found, compiled):
        return "no: the compiled function returns other values"
    return "yes"


def _alike(some: Sequence[Any], others: Sequence[Any]) -> bool:
    return len(some) == len(others) and all(map(_close, some, others))


def _close(one: Any, other: Any) -> bool:
    first, second = np.asarray(one), np.asarray(other)
    if first.dtype != second.dtype or first.shape != second.shape:
        return False
    if first.dtype.kind != "f":
        return np.array_equal(first, second)
    return bool(np.allclose(first, second, NEAR, NEAR, equal_nan=True))
