"""Whether what a student wrote can be compiled, as the lessons compile it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

SAID = 300  # characters, the last ones, of why it cannot


def compiles(function: Callable[..., Any], *args: Any, autograph: bool = True) -> str:
    """Say whether a function works as a graph: for a probe, beside the student's code.

    It is called twice: as it is, where numpy and Python numbers go unnoticed, and by
    ``tf.function``.

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
    try:
        tf.function(function, autograph=autograph)(*args)
    except Exception as error:
        return f"no: {type(error).__name__}: {str(error)[-SAID:]}"
    return "yes"
