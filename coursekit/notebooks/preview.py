"""What a student will see of a template: the holes, and the cells that a change has changed."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from difflib import SequenceMatcher, ndiff
from pathlib import Path
from typing import Any

from coursekit.notebooks import source as sources
from coursekit.notebooks.cells import cells
from coursekit.notebooks.markers import markers
from coursekit.notebooks.notebook import Notebook
from coursekit.notebooks.template import Template

MOST = 8  # lines of a changed cell that are shown
WIDEST = 90  # characters of such a line
NAMES = {"student": "to write"}  # a cell's tag as authors call it


def holes(template: Template) -> str:
    """Return what a student has to write, what may be earned, and what is missing for that."""
    built = cells(template)
    if not template.number:
        return f"{sum(bool(cell.id) for cell in built)} cells"
    names = [name for cell in built for name in cell.names]
    points, count = sum(cell.points for cell in built), sum(len(cell.checks) for cell in built)
    earned = f"{points} points in {count} checks" if count else "no check yet"
    return f"to write: {', '.join(names) or 'nothing yet'}; {earned}"


def shown_files(template: Template) -> set[Path]:
    """Return the files that the markers of a template take sources from."""
    return {
        sources.module_text(str(marker.statement.module))[1]
        for cell in template.cells
        if cell.role not in ("text", "check", "fault", "why")
        for marker in markers(template, cell)
        if isinstance(marker.statement, ast.ImportFrom)
    }


def differences(before: Notebook, after: Notebook) -> Iterator[str]:
    """Yield a line for each cell that is new, changed or gone, and lines that say how.

    Args:
        before: A notebook without outputs.
        after: What takes its place.
    """
    old, new = before["cells"], after["cells"]
    match = SequenceMatcher(a=_keys(old), b=_keys(new), autojunk=False)
    for word, start, stop, first, last in match.get_opcodes():
        if word == "equal":
            continue
        pairs = min(stop - start, last - first)
        for place in range(pairs):
            yield _title(first + place, new[first + place], "changed")
            yield from _lines(old[start + place], new[first + place])
        for place in range(first + pairs, last):
            yield _title(place, new[place], "new")
            yield from _lines({"source": ""}, new[place])
        for cell in old[start + pairs : stop]:
            yield f"  gone: {_kind(cell)} {_first(cell)}"


def _keys(found: list[dict[str, Any]]) -> list[tuple[str, str]]:
    return [(cell["id"], cell["source"]) for cell in found]


def _title(place: int, cell: dict[str, Any], what: str) -> str:
    return f"  cell {place + 1} ({_kind(cell)}): {what}"


def _kind(cell: dict[str, Any]) -> str:
    tag = cell["metadata"].get("tags", ["text"])[0]
    return NAMES.get(tag, str(tag))


def _first(cell: dict[str, Any]) -> str:
    return _short(next(iter(cell["source"].splitlines()), ""))


def _short(line: str) -> str:
    return line if len(line) <= WIDEST else line[: WIDEST - 3] + "..."


def _lines(old: dict[str, Any], new: dict[str, Any]) -> Iterator[str]:
    """Yield the lines that went and those that came."""
    compared = ndiff(old["source"].splitlines(), new["source"].splitlines())
    lines = [line for line in compared if line[0] in "+-" and line[2:].strip()]
    yield from (f"      {_short(line)}" for line in lines[:MOST])
    if len(lines) > MOST:
        yield f"      ... and {len(lines) - MOST} more lines"
