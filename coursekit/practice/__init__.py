"""What templates and notebooks import: checks and what they consist of, running them, hints.

Each is imported when it is first asked for: a command that starts a process for a student's code
is not to wait for what that process does not use.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
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

_MODULES = {
    "assert_close": "differences",
    "assert_equal": "differences",
    "check": "declare",
    "compiles": "graph",
    "hint": "notebook_api",
    "misconception": "declare",
    "probe": "declare",
    "require": "notebook_api",
    "run_checks": "notebook_api",
}


def __getattr__(name: str) -> Any:
    """Import what is asked for."""
    if name not in _MODULES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    found = getattr(import_module(f"{__name__}.{_MODULES[name]}"), name)
    globals()[name] = found
    return found


def __dir__() -> list[str]:
    """Return the names, for completion in a notebook."""
    return [*globals(), *__all__]
