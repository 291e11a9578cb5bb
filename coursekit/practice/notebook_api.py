"""What runs inside a notebook: the look at versions, and the checks after each part."""

from __future__ import annotations

import logging
import os
import sys
import warnings
from importlib.metadata import PackageNotFoundError, version
from typing import Any

from coursekit.errors import CourseError

_failing: dict[str, str] = {}  # the first check that did not pass, by exercise


class NotYetError(Exception):
    """A check did not pass; shown in a notebook as its words alone, without a traceback."""

    def _render_traceback_(self) -> list[str]:
        return [str(self)]


def require(*needs: str) -> None:
    """Look whether what a notebook needs is installed, and recent enough.

    It also keeps from the notebook what TensorFlow and Keras say to their developers.

    Args:
        *needs: Such as ``"numpy>=1.26"``.

    Raises:
        CourseError: Something is missing or too old.
    """
    _hush()
    lacking = []
    for need in needs:
        name, _, bound = need.partition(">=")
        try:
            found = version(name)
        except PackageNotFoundError:
            found = ""
        if not found or _numbers(found) < _numbers(bound):
            lacking.append(f"{need} (here: {found or 'none'})")
    if lacking:
        quoted = " ".join(f'"{need}"' for need in needs)
        raise CourseError(
            f"this notebook needs {', '.join(lacking)}",
            remedy=f"%pip install --upgrade {quoted}, then restart the kernel",
        )
    print(", ".join(f"{n.partition('>=')[0]} {version(n.partition('>=')[0])}" for n in needs))


def _hush() -> None:
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    # Advice about retracing. TensorFlow sets its own level in a notebook; a filter stays.
    logging.getLogger("tensorflow").addFilter(_is_error)
    warnings.filterwarnings("ignore", message=r"`build\(\)` was called on layer", module="keras")
    # What native code prints goes to the terminal that the kernel was started from.
    terminal = getattr(sys.stderr, "_original_stdstream_copy", None)
    if terminal is not None:
        os.dup2(terminal, 2)


def _is_error(record: logging.LogRecord) -> bool:
    return record.levelno >= logging.ERROR


def _numbers(text: str) -> tuple[int, ...]:
    """Return the release of a version; what follows the numbers does not count."""
    parts = []
    for part in text.split("."):
        digits = "".join(sign for sign in part if sign.isdigit())
        if not digits or part[0] not in "0123456789":
            break
        parts.append(int(digits))
    return tuple(parts)


def run_checks(name: str, namespace: dict[str, Any], *checks: str) -> None:
    """Run checks of an exercise on the notebook's own names and print what they find.

    Args:
        name: Of the exercise, ``lesson/topic``.
        namespace: The notebook's ``globals()``.
        *checks: The names of the checks; none: all.

    Raises:
        NotYetError: One did not pass.
    """
    from coursekit.practice.checks import check_work
    from coursekit.practice.gather import declared, exercise
    from coursekit.practice.namespace import Here

    known = declared(exercise(name))
    results = check_work(known, Here(namespace, known.probes), checks or None)
    lines = []
    for result in results:
        sign = {"passed": "✓", "wrong": "✗", "not reached": "·"}[result.status]
        lines.append(f"{sign} {result.check.title} ({result.points}/{result.check.points})")
        lines += [f"    {line}" for line in result.words.splitlines()]
    text = "\n".join(lines)
    first = next((r.check.name for r in results if r.status != "passed"), "")
    if first:
        _failing[name] = first
        stuck = f'stuck? in a cell: hint("{name}"), in a terminal: coursekit hint {name}'
        raise NotYetError(f"{text}\n  {stuck}")
    if not checks or _failing.get(name) in checks:
        _failing.pop(name, None)
    print(text)


def hint(name: str) -> None:
    """Print the next hint for the check that failed last in this notebook.

    Args:
        name: Of the exercise, ``lesson/topic``.
    """
    from coursekit.practice.gather import declared, exercise
    from coursekit.practice.records import next_hint

    if name not in _failing:
        print("nothing has failed yet: run the checks of a part first")
        return
    print("\n".join(next_hint(name, declared(exercise(name)).checks[_failing[name]])))
