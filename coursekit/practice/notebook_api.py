"""What runs inside a notebook: the check of versions, and the checks after each part."""

from __future__ import annotations

import logging
import os
import sys
import warnings
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from packaging.requirements import InvalidRequirement, Requirement

from coursekit.distribution import PACKAGE, installed, kit, meets, requirements
from coursekit.errors import CourseError

if TYPE_CHECKING:
    from matplotlib.figure import Figure

_failing: dict[str, list[str]] = {}  # the checks that failed when checks last did, by exercise
_passed: dict[str, set[str]] = {}  # the checks that passed in this notebook, by exercise


class NotYetError(Exception):
    """A check did not pass; shown in a notebook as its words alone, without a traceback."""

    def _render_traceback_(self) -> list[str]:
        return [str(self)]


def require(*needs: str) -> None:
    """Check that what a notebook needs is installed and recent enough.

    It also keeps out of the notebook what TensorFlow and Keras say to their developers, and lets
    it show figures as pictures.

    Args:
        *needs: Distributions and their versions, such as ``"numpy>=1.26"``. The name
            ``coursekit`` means this kit, whatever its distribution is called.

    Raises:
        CourseError: Something is missing or too old.
    """
    _hush()
    _show_figures()
    found = {
        need: kit() if need.name == PACKAGE else installed(need.name)
        for need in map(_requirement, needs)
    }
    here = {need: one.version if one else "none" for need, one in found.items()}
    wrong = [need for need, one in found.items() if not meets(one, need)]
    if wrong:
        listed = ", ".join(f"{need} (here: {here[need]})" for need in wrong)
        raise CourseError(
            f"this notebook needs {listed}",
            remedy=f"{_how_to_get(wrong)}, then restart the kernel",
        )
    print(", ".join(f"{need.name} {version}" for need, version in here.items()))


def _requirement(need: str) -> Requirement:
    try:
        return Requirement(need)
    except InvalidRequirement as error:
        raise CourseError(
            f"{need!r} is not a requirement: {str(error).splitlines()[0]}",
            'a distribution and its versions, such as "numpy>=1.26"',
        ) from None


def _how_to_get(wrong: Iterable[Requirement]) -> str:
    """Return how to install: by name only what the kit itself requires."""
    if {need.name for need in wrong} <= {each.name for each in requirements(kit())}:
        return "%pip install --upgrade " + " ".join(f'"{need}"' for need in wrong)
    return "follow the first lines of this cell"


def _hush() -> None:
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    # Advice about retracing. TensorFlow sets its own level in a notebook; a filter stays.
    logging.getLogger("tensorflow").addFilter(_is_error)
    warnings.filterwarnings("ignore", message=r"`build\(\)` was called on layer", module="keras")
    # What native code prints goes to the terminal that the kernel was started from.
    terminal = getattr(sys.stderr, "_original_stdstream_copy", None)
    if terminal is not None:
        os.dup2(terminal, 2)


def _show_figures() -> None:
    """Let a notebook show a figure that was made without pyplot as a picture, not as its name."""
    shell = sys.modules["IPython"].get_ipython() if "IPython" in sys.modules else None
    if shell is not None:
        pictures = shell.display_formatter.formatters["image/png"]
        pictures.for_type_by_name("matplotlib.figure", "Figure", _picture)


def _picture(figure: Figure) -> tuple[bytes, dict[str, str]]:
    from coursekit.showing import png, titles

    return png(figure), {"alt": titles(figure)}


def _is_error(record: logging.LogRecord) -> bool:
    return record.levelno >= logging.ERROR


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
    from coursekit.practice.namespace import NotebookNamespace
    from coursekit.readable import readable

    known = declared(exercise(name))
    results = check_work(known, NotebookNamespace(namespace, known.probes), checks or None)
    lines = []
    for result in results:
        sign = {"passed": "✓", "wrong": "✗", "not reached": "·"}[result.status]
        title = f"{known.number(result.check.name)}. {readable(result.check.title)}"
        lines.append(f"{sign} {title} ({result.points}/{result.check.points})")
        lines += [f"    {line}" for line in result.words.splitlines()]
    text = "\n".join(lines)
    failing = [result.check.name for result in results if result.status != "passed"]
    _passed.setdefault(name, set()).difference_update(failing)
    _passed[name].update(r.check.name for r in results if r.status == "passed")
    if failing:
        _failing[name] = failing
        first = failing[0]
        cell, line = f'hint("{name}", "{first}")', f"coursekit hint {name} {first}"
        raise NotYetError(f"{text}\n  stuck? in a cell: {cell}, in a terminal: {line}")
    if left := [each for each in _failing.pop(name, []) if each not in _passed[name]]:
        _failing[name] = left
    print(text)


def hint(name: str, check: str | int | None = None) -> None:
    """Print the next hint for a check.

    Args:
        name: Of the exercise, ``lesson/topic``.
        check: The number of the check, its name, or the beginning of its title; by default the
            check that failed last in this notebook.

    Raises:
        CourseError: The exercise has no such check.
    """
    from coursekit.practice import hints
    from coursekit.practice.gather import declared, exercise
    from coursekit.readable import readable

    known, failing = declared(exercise(name)), _failing.get(name, [])
    if check is None and not failing:
        print("nothing has failed yet: run the checks of a part first, or choose a check:")
        for each in known.checks.values():
            number = known.number(each.name)
            print(f'  hint("{name}", {number})  {readable(each.title)}')
        return
    if check is None:
        asked = hints.to_explain(name, known, failing)
    else:
        asked = hints.chosen(name, known, check)
    before = hints.comes_after(known, asked, _passed.get(name, set()))
    further = hints.others(known, asked, failing, f'hint("{name}", NUMBER)')
    print("\n".join(filter(None, [*hints.next_hint(name, asked), before, further])))
