"""Whether a student edition gives away its own solution, anywhere in the file."""

from __future__ import annotations

import ast
import re
import textwrap
from collections.abc import Iterator
from typing import Any

from coursekit.notebooks.cells import BuiltCell, cells
from coursekit.notebooks.holes import HOLE
from coursekit.notebooks.notebook import Notebook
from coursekit.notebooks.source import DEFINITIONS
from coursekit.notebooks.template import Template

LONG = 20  # characters: a shorter line of a solution may be met anywhere
FENCED = re.compile(r"^```(?:python|py)?\n(.*?)^```", re.MULTILINE | re.DOTALL)  # in Markdown
SHARE = 4  # given code may have less than one line in so many of a solution


def leaks(template: Template, book: Notebook) -> list[str]:
    """Return where the student edition gives away the solution.

    A line or two of a solution may stand in given code, as the head of a loop does; a good part
    of a solution may not, however its lines are broken and commented, and in Markdown neither.

    Args:
        template: The exercise.
        book: Its student edition.
    """
    built = cells(template)
    given = [cell for cell in built if cell.role in ("given", "train")]
    shown = {cell: [cell.student] for cell in given}
    shown |= {cell: FENCED.findall(cell.student) for cell in built if cell.role == "text"}
    secret = {cell: _secret(cell) for cell in built if cell.removed}
    found = [
        f"{template.path}:{place.line}: this cell gives away the solution of "
        f"{', '.join(cell.names)}: remove it, or show it only in the worked lesson"
        for cell, lines in secret.items()
        for place, codes in shown.items()
        if any(_holds(code, cell, lines) for code in codes)
    ]
    excused = {line for cell in given for line in _lines(cell.student)}
    text = "\n".join(_texts(book))
    return found + [
        f"the student edition of {template.path} contains a line of the solution: {line}"
        for line in sorted({line for lines in secret.values() for line in lines} - excused)
        if len(line) > LONG and line in text
    ]


def revealed(template: Template) -> list[str]:
    """Return where a module that only notebooks import, in ``practice/``, holds the solution.

    What the lesson itself runs has to hold it, and a grader cuts it out there. These modules are
    left as they are: a student's code can import and read them.
    """
    secret = {cell: _secret(cell) for cell in cells(template) if cell.removed}
    folder = template.path.parent.parent / "practice"
    found = []
    for path in sorted(folder.rglob("*.py")):
        code = path.read_text(encoding="utf-8")
        for node in ast.walk(ast.parse(code)):
            if isinstance(node, DEFINITIONS):
                part = ast.get_source_segment(code, node) or ""
                found += [
                    f"{path}:{node.lineno}: {node.name} gives away the solution of "
                    f"{', '.join(cell.names)} in {template.name}: write it in another way"
                    for cell, lines in secret.items()
                    if _holds(part, cell, lines)
                ]
    return found


def _secret(cell: BuiltCell) -> list[str]:
    """Return the lines that a student writes; those of a faulty version are given."""
    fault = set() if HOLE in cell.student else set(_lines(cell.student))
    lines = [line.strip() for line in cell.removed]
    return [line for line in lines if line and line not in fault and not _is_import(line)]


def _holds(code: str, cell: BuiltCell, secret: list[str]) -> bool:
    """Return whether given code has a solution, as it is written or written in another way."""
    written = _normal("\n".join(cell.removed))
    known = set() if HOLE in cell.student else set(_normal(cell.student))
    apart = [line for line in written if line not in known and not _is_import(line)]
    return _has(set(_lines(code)), secret) or _has(set(_normal(code)), apart)


def _has(there: set[str], secret: list[str]) -> bool:
    """Return whether all lines of a solution are there, or a good part of its long ones."""
    long = [line for line in secret if len(line) > LONG]
    known = [line for line in long if line in there]
    return bool(secret) and (
        all(line in there for line in secret) or len(known) * SHARE >= max(len(long), 1)
    )


def _normal(code: str) -> list[str]:
    """Return the lines of code as Python writes it: no comments, one way to break lines.

    What cannot be parsed by itself, such as the middle of a statement, stays as it is.
    """
    try:
        tree = ast.parse(textwrap.dedent(code))
    except SyntaxError:
        return [line for line in _lines(code) if line]
    return [line.strip() for line in ast.unparse(tree).splitlines() if line.strip()]


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
