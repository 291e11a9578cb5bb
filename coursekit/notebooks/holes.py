"""What is removed from a solution for the student edition, and the hole that is left.

All is done on lines of text, so that comments, types and decorators stay as they are.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from difflib import get_close_matches

from coursekit.errors import CourseError
from coursekit.notebooks.source import Source, last_line, methods

BEGIN, END = "# BEGIN SOLUTION", "# END SOLUTION"
HOLE = "# YOUR CODE HERE"
CLOSE = f"a line `{BEGIN}`, the solution, and a line `{END}`, all in one function"


def without_regions(text: str) -> str:
    """Return the text without the marks of solution regions: the solved edition."""
    return "\n".join(line for line in text.splitlines() if line.strip() not in (BEGIN, END))


def hollow(source: Source, names: tuple[str, ...] = ()) -> tuple[str, list[str]]:
    """Take the solution out of a function, a class, or single methods of a class.

    Args:
        source: What the student will write.
        names: The methods; empty: the whole object.

    Returns:
        The student's version, and the lines that were taken out.

    Raises:
        CourseError: A region is not closed, or nothing was there to take out.
    """
    (node,) = ast.parse(source.text).body
    if names:
        targets: list[ast.FunctionDef] = methods(source, names)
    elif isinstance(node, ast.ClassDef):
        targets = [n for n in node.body if isinstance(n, ast.FunctionDef)]
    elif isinstance(node, ast.FunctionDef):
        targets = [node]
    else:
        raise CourseError(f"{source.name} is neither a function nor a class")
    lines = source.text.splitlines()
    prefix = f"{source.name}." if isinstance(node, ast.ClassDef) else ""
    regions = {t.name: list(_regions(lines, t, source.where)) for t in targets}
    if any(regions.values()):  # where regions are marked, they alone are taken out
        targets = [t for t in targets if regions[t.name]]
    removed: list[str] = []
    for target in reversed(targets):  # from the end, so that line numbers stay right
        for start, stop in reversed(regions[target.name] or [_body(lines, target)]):
            taken = [line for line in lines[start:stop] if line.strip() not in (BEGIN, END)]
            removed = [*taken, *removed]
            lines[start:stop] = _hole(taken, f"{prefix}{target.name}")
    if not any(line.strip() for line in removed):
        raise CourseError(f"{source.where}: {source.name} has nothing to remove")
    return "\n".join(lines), removed


def _hole(taken: list[str], name: str) -> list[str]:
    first = next((line for line in taken if line.strip()), "    ")
    indent = first[: len(first) - len(first.lstrip())]
    return [
        f"{indent}{HOLE}",
        f'{indent}raise NotImplementedError("{name} is still to be written")',
    ]


def _body(lines: list[str], node: ast.FunctionDef) -> tuple[int, int]:
    """Return the span of lines of a body, without its docstring."""
    statements, stop = node.body, last_line(lines, node)
    if ast.get_docstring(node) is not None:
        return statements[0].end_lineno or stop, stop  # comments after it are part of the answer
    return statements[0].lineno - 1, stop


def _regions(lines: list[str], node: ast.FunctionDef, where: str) -> Iterator[tuple[int, int]]:
    start: int | None = None
    for number in range(node.lineno, last_line(lines, node)):
        mark = lines[number].strip()
        if mark not in (BEGIN, END) and _is_nearly_a_mark(mark):
            raise CourseError(f"{where}: {node.name}: `{mark}` is not a mark", remedy=CLOSE)
        if mark == BEGIN and start is not None:
            raise CourseError(f"{where}: {node.name}: {BEGIN} inside an open region", remedy=CLOSE)
        if mark == BEGIN:
            start = number
        elif mark == END:
            if start is None:
                raise CourseError(f"{where}: {node.name}: {END} without {BEGIN}", remedy=CLOSE)
            yield start, number + 1
            start = None
    if start is not None:
        raise CourseError(f"{where}: {node.name}: the region {BEGIN} is not closed", remedy=CLOSE)


def _is_nearly_a_mark(line: str) -> bool:
    """Return whether a line is ``### BEGIN SOLUTION`` or ``# END SOLUTON``."""
    found = re.fullmatch(r"#+\s*(\w+)[\s:-]+(\w+)\W*", line.upper().replace("_", " "))
    if not found:
        return False
    first = get_close_matches(found[1], ["BEGIN", "END"], cutoff=0.7)
    return bool(first and get_close_matches(found[2], ["SOLUTION"], cutoff=0.8))
