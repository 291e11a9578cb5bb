"""What a student writes and no check looks at, be it through probes and given code."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from coursekit.notebooks import names
from coursekit.notebooks.cells import BuiltCell, cells
from coursekit.notebooks.template import Template, decorator_names


def unchecked(template: Template) -> Iterator[str]:
    """Yield the holes of an exercise that could hold anything, each with its place."""
    built = cells(template)
    if not any(cell.checks for cell in built):
        yield (
            f"{template.path}:{template.cells[0].line}: there is no check: write a function marked "
            "@check in a cell below what it looks at"
        )
        return
    reached = _reached(built)
    for cell in built:
        for name in cell.names:
            if name not in reached:
                yield (
                    f"{template.path}:{cell.line}: no check looks at {name}: write one, or show it "
                    "instead"
                )


def _reached(built: tuple[BuiltCell, ...]) -> set[str]:
    """Return the names that the checks lead to."""
    uses: dict[str, set[str]] = {}
    waiting: set[str] = set()
    for cell in built:
        if cell.role in ("given", "student"):
            for name in names.defined(cell.solved):
                uses.setdefault(name, set()).update(_words(ast.parse(cell.solved)))
        for node in ast.parse(cell.origin).body if cell.role == "check" else ():
            marks = decorator_names(node) if isinstance(node, ast.FunctionDef) else set()
            if isinstance(node, ast.FunctionDef) and "misconception" not in marks:
                uses.setdefault(node.name, set()).update(_words(node))
                waiting |= {node.name} if "check" in marks else set()
    reached: set[str] = set()
    while waiting:
        name = waiting.pop()
        reached.add(name)
        waiting |= uses.get(name, set()) - reached
    return reached


def _words(code: ast.AST) -> set[str]:
    """Return all names, attributes and texts: a check may read ``student["mean"]``."""
    found: set[str] = set()
    for node in ast.walk(code):
        if isinstance(node, ast.Name):
            found.add(node.id)
        elif isinstance(node, ast.Attribute):
            found.add(node.attr)
        elif isinstance(node, ast.Constant) and isinstance(node.value, str):
            found.add(node.value)
    return found
