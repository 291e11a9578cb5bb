"""A course kit for generative and sequence models: everything that a plugin needs.

Importing it is cheap: TensorFlow is imported only when a lesson runs.
"""

import os

# Keras reads this once, when it is first imported.
os.environ["KERAS_BACKEND"] = "tensorflow"

from coursekit.datasets import Dataset, Expected, LocalDataset, RemoteFile, fingerprint
from coursekit.errors import CourseError
from coursekit.hookspecs import hookimpl
from coursekit.lesson import Data, Lesson, Metric, Split
from coursekit.settings import Options, Settings, setting

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
    "Split",
    "__version__",
    "fingerprint",
    "hookimpl",
    "setting",
]
