"""Whether a student edition gives away its own solution, anywhere in the file."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from coursekit.notebooks.cells import BuiltCell, cells
from coursekit.notebooks.holes import HOLE
from coursekit.notebooks.notebook import Notebook
from coursekit.notebooks.template import Template

LONG = 20  # characters: a shorter line of a solution may be met anywhere
SHARE = 4  # given code may have less than one line in so many of a solution


def leaks(template: Template, book: Notebook) -> list[str]:
    """Return where the student edition gives away the solution.

    A line or two of a solution may stand in given code, as the head of a loop does; a good part
    of a solution may not.

    Args:
        template: The exercise.
        book: Its student edition.
    """
    given = [cell for cell in cells(template) if cell.role in ("given", "train")]
    secret = {cell: _secret(cell) for cell in cells(template) if cell.removed}
    found = [
        f"{template.path}:{shown.line}: this cell gives away the solution of "
        f"{', '.join(cell.names)}: remove it, or show it only in the worked lesson"
        for cell, lines in secret.items()
        for shown in given
        if _holds(shown, lines)
    ]
    excused = {line for cell in given for line in _lines(cell.student)}
    text = "\n".join(_texts(book))
    return found + [
        f"the student edition of {template.path} contains a line of the solution: {line}"
        for line in sorted({line for lines in secret.values() for line in lines} - excused)
        if len(line) > LONG and line in text
    ]


def _secret(cell: BuiltCell) -> list[str]:
    """Return the lines that a student writes; those of a faulty version are given."""
    fault = set() if HOLE in cell.student else set(_lines(cell.student))
    lines = [line.strip() for line in cell.removed]
    return [line for line in lines if line and line not in fault and not _is_import(line)]


def _holds(shown: BuiltCell, secret: list[str]) -> bool:
    """Return whether given code has all of a solution, or a good part of its long lines."""
    there = set(_lines(shown.student))
    long = [line for line in secret if len(line) > LONG]
    known = [line for line in long if line in there]
    return bool(secret) and (
        all(line in there for line in secret) or len(known) * SHARE >= max(len(long), 1)
    )


def _lines(code: str) -> list[str]:
    return [line.strip() for line in code.splitlines()]


def _is_import(line: str) -> bool:
    return re.match(r"(import|from) [\w.]+", line) is not None


def _texts(value: Any) -> Iterator[str]:
    """Yield every text in a notebook: sources, outputs, metadata, attachments."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        for key, item in value.items():
            yield str(key)
            yield from _texts(item)
    elif isinstance(value, list):
        yield "".join(item for item in value if isinstance(item, str))
        for item in value:
            yield from _texts(item)
