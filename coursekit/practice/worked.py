"""Whether a worked lesson runs: all of its cells that need no training."""

from __future__ import annotations

import re
from pathlib import Path
from tempfile import TemporaryDirectory

from coursekit.lesson import Lesson
from coursekit.notebooks import names
from coursekit.notebooks.cells import BuiltCell, cells
from coursekit.notebooks.template import Template
from coursekit.plugins import catalogue
from coursekit.practice.worker_client import Child, Code


def worked_faults(template: Template) -> list[str]:
    """Run the cells of a worked lesson that need no training; return the first that fails.

    Where a line names a data set that must be downloaded, the lesson's own built-in one is used.

    Raises:
        CourseError: The template cannot be built at all.
    """
    chosen = untrained(cells(template))
    lesson = catalogue().lesson(template.lesson)
    code = [Code(cell.id, built_in(cell.solved, lesson), False) for cell in chosen]
    with TemporaryDirectory() as folder, Child(code, {}, Path(folder)) as child:
        child.prepare()
        failed = next((cell for cell in chosen if cell.id in child.faults), None)
        if failed is None:
            return []
        return [f"{template.path}:{failed.line}: this cell fails: {child.faults[failed.id]}"]


def untrained(built: tuple[BuiltCell, ...]) -> list[BuiltCell]:
    """Return the code cells that train nothing, and need nothing that a trained cell defines."""
    known: set[str] = set()
    found = []
    for cell in built:
        if cell.role in ("given", "student") and not names.needed(cell.solved) - known:
            known |= names.defined(cell.solved)
            found.append(cell)
    return found


def built_in(code: str, lesson: Lesson) -> str:
    """Return code in which a line such as ``DATASET = "tatoeba"`` names a set without files."""
    known = [dataset.name for dataset in lesson.datasets]
    own = next((dataset.name for dataset in lesson.datasets if dataset.built_in), "")
    if not own:
        return code
    wanted = "|".join(map(re.escape, known))
    return re.sub(rf'^(\w+) = "(?:{wanted})"$', rf'\1 = "{own}"', code, flags=re.MULTILINE)
