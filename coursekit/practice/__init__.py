"""What templates and notebooks import: checks and what they consist of, running them, hints."""

from coursekit.practice.declare import check, misconception, probe
from coursekit.practice.differences import assert_close, assert_equal
from coursekit.practice.graph import compiles
from coursekit.practice.notebook_api import hint, require, run_checks

__all__ = [
    "assert_close",
    "assert_equal",
    "check",
    "compiles",
    "hint",
    "misconception",
    "probe",
    "require",
    "run_checks",
]
