"""The settings under which a check asks, whatever a notebook has set for good.

A student may have TensorFlow run functions step by step to follow one, halve the precision of all
layers, or turn warnings into errors. Checks are about the code, and no warning costs points.
"""

from __future__ import annotations

import sys
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import numpy as np


@contextmanager
def usual_settings() -> Iterator[None]:
    """Let warnings be warnings, and TensorFlow compute as it does, until the block ends."""
    with (
        warnings.catch_warnings(),
        np.errstate(divide="warn", over="warn", under="ignore", invalid="warn"),
    ):
        kept = [entry for entry in warnings.filters if entry[0] != "error"]
        warnings.filters[:] = kept  # type: ignore[index]
        put_back = _tensorflow()
        try:
            yield
        finally:
            put_back()


def _tensorflow() -> Callable[[], None]:
    """Let TensorFlow, if it is imported, compute as usual; return what puts back its settings."""
    tensorflow, keras = sys.modules.get("tensorflow"), sys.modules.get("keras")
    if tensorflow is None or keras is None:
        return lambda: None
    eagerly, policy = tensorflow.config.functions_run_eagerly(), keras.config.dtype_policy()
    tensorflow.config.run_functions_eagerly(False)
    keras.config.set_dtype_policy("float32")

    def put_back() -> None:
        tensorflow.config.run_functions_eagerly(eagerly)
        keras.config.set_dtype_policy(policy)

    return put_back
