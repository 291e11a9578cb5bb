"""Finds the source of an object without importing it."""

from __future__ import annotations

import ast
import importlib.util
from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from coursekit.errors import CourseError, did_you_mean

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
        CourseError: There is no such module, or it cannot be read.
    """
    try:
        spec = importlib.util.find_spec(module)
    except (ImportError, ValueError):
        spec = None
    if spec is None or not spec.origin or not spec.origin.endswith(".py"):
        raise CourseError(f"there is no module {module}")
    path = Path(spec.origin)
    try:
        return path.read_text(encoding="utf-8"), path
    except (OSError, UnicodeDecodeError) as error:
        raise CourseError(f"{path} cannot be read: {error}", "a Python file in UTF-8") from None


@lru_cache(maxsize=256)
def find(module: str, name: str) -> Source:
    """Return the source of a module's function or class.

    Raises:
        CourseError: The module, or the object in it, does not exist, or it is not valid Python.
    """
    text, path = module_text(module)
    try:
        tree = ast.parse(text)
    except SyntaxError as error:
        raise CourseError(f"{path}:{error.lineno}: {error.msg}", "valid Python") from None
    nodes = {n.name: n for n in tree.body if isinstance(n, DEFINITIONS)}
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
