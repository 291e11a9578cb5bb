"""A course kit for generative and sequence models: everything that a plugin needs.

Importing it is cheap: TensorFlow is imported only when a lesson runs.
"""

import os
from typing import TYPE_CHECKING, Any

# Keras reads this once, when it is first imported.
os.environ["KERAS_BACKEND"] = "tensorflow"

from coursekit import keras_setup
from coursekit.datasets import Dataset, Expected, LocalDataset, RemoteFile, fingerprint
from coursekit.errors import CourseError
from coursekit.hookspecs import hookimpl
from coursekit.lesson import Data, Lesson, Metric, Showable, Split, SplitName
from coursekit.printable import quoted
from coursekit.settings import Options, Settings, setting

if TYPE_CHECKING:
    from coursekit.blocks import half_blocks

keras_setup.install()

__version__ = "0.1.0"

__all__ = [
    "CourseError",
    "Data",
    "Dataset",
    "Expected",
    "Lesson",
    "LocalDataset",
    "Metric",
    "Options",
    "RemoteFile",
    "Settings",
    "Showable",
    "Split",
    "SplitName",
    "__version__",
    "fingerprint",
    "half_blocks",
    "hookimpl",
    "quoted",
    "setting",
]


def __getattr__(name: str) -> Any:
    """Import what only demos need (it takes rich and NumPy) when it is first asked for."""
    if name == "half_blocks":
        from coursekit.blocks import half_blocks

        return half_blocks
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
