"""Finds the source of an object without importing it, and takes bodies out of it.

All is done on lines of text, so that comments, types and decorators stay as they are.
"""

from __future__ import annotations

import ast
import importlib.util
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from coursekit.errors import CourseError, did_you_mean

BEGIN, END = "# BEGIN SOLUTION", "# END SOLUTION"
HOLE = "# YOUR CODE HERE"
CLOSE = f"a line `{BEGIN}`, the solution, and a line `{END}`, all in one function"
Definition = ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef
DEFINITIONS = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)


@dataclass(frozen=True)
class Source:
    """The text of one function or class.

    Attributes:
        name: Of the object.
        text: Its source, decorators included, set to the left margin.
        where: File and line, for errors.
    """

    name: str
    text: str
    where: str


@lru_cache(maxsize=256)
def module_text(module: str) -> tuple[str, Path]:
    """Return a module's source; only its parent packages are imported.

    Raises:
        CourseError: There is no such module.
    """
    try:
        spec = importlib.util.find_spec(module)
    except (ImportError, ValueError):
        spec = None
    if spec is None or not spec.origin or not spec.origin.endswith(".py"):
        raise CourseError(f"there is no module {module}")
    path = Path(spec.origin)
    return path.read_text(encoding="utf-8"), path


@lru_cache(maxsize=256)
def find(module: str, name: str) -> Source:
    """Return the source of a module's function or class.

    Raises:
        CourseError: The module, or the object in it, does not exist.
    """
    text, path = module_text(module)
    nodes = {n.name: n for n in ast.parse(text).body if isinstance(n, DEFINITIONS)}
    if name not in nodes:
        raise CourseError(
            f"{module} defines no function or class {name}", remedy=did_you_mean(name, nodes)
        )
    node = nodes[name]
    return Source(name, definition(text, node), f"{path}:{node.lineno}")


def first_line(node: Definition) -> int:
    """Return the line on which a definition starts, with its decorators."""
    return min([node.lineno, *(d.lineno for d in node.decorator_list)])


def last_line(lines: list[str], node: ast.stmt) -> int:
    """Return the line on which a statement ends, with the comments that close its body.

    The syntax tree does not see comments: ``# END SOLUTION`` may be the last line of a function.
    """
    last = node.end_lineno or node.lineno
    if not isinstance(node, DEFINITIONS):
        return last
    for number in range(last, len(lines)):
        line = lines[number]
        deeper = len(line) - len(line.lstrip()) > node.col_offset
        if line.strip() and not (deeper and line.lstrip().startswith("#")):
            break
        if line.strip():
            last = number + 1
    return last


def definition(text: str, node: Definition) -> str:
    """Return the lines of a definition, from its decorators to its closing comments."""
    lines = text.splitlines()
    return "\n".join(lines[first_line(node) - 1 : last_line(lines, node)])


def without_regions(text: str) -> str:
    """Return the text without the marks of solution regions: the solved edition."""
    return "\n".join(line for line in text.splitlines() if line.strip() not in (BEGIN, END))


def methods(source: Source, names: Iterable[str]) -> list[ast.FunctionDef]:
    """Return methods of a class by name.

    Raises:
        CourseError: The object is no class, or has no such method.
    """
    (node,) = ast.parse(source.text).body
    inside = node.body if isinstance(node, ast.ClassDef) else []
    known = {n.name: n for n in inside if isinstance(n, ast.FunctionDef)}
    for name in names:
        if name not in known:
            raise CourseError(
                f"{source.name} has no method {name}", remedy=did_you_mean(name, known)
            )
    return [known[name] for name in names]


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
        raise CourseError(f"{source.where}: {source.name} has nothing to take out")
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
