"""Finds the student's cells in a notebook, whatever was done to it."""

from __future__ import annotations

import ast
from dataclasses import dataclass

from coursekit.notebooks.cells import BuiltCell, cells
from coursekit.notebooks.notebook import Notebook
from coursekit.notebooks.template import Template
from coursekit.practice.worker_client import Code

KEPT = (ast.Import, ast.ImportFrom, ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)


@dataclass
class Found:
    """A code cell of a notebook: its id there, and its source."""

    id: str
    source: str


def bound(code: str) -> set[str]:
    """Return the names that a cell binds at its top level; none if it does not parse."""
    try:
        tree = ast.parse(code)
    except SyntaxError:
        return set()
    names: set[str] = set()
    for node in tree.body:
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            names.add(node.name)
        elif isinstance(node, ast.Assign):
            names |= {t.id for t in node.targets if isinstance(t, ast.Name)}
        elif isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name):
            names.add(node.target.id)
    return names


def code_cells(book: Notebook) -> list[Found]:
    """Return the code cells; the second half of a cell that was split is joined to its first."""
    found: list[Found] = []
    for cell in book["cells"]:
        if cell["cell_type"] != "code":
            continue
        source = "\n".join(
            # Commands of the notebook are no Python.
            "" if line.startswith(("%", "!")) else line
            for line in cell["source"].splitlines()
        )
        if found and source[:1] in (" ", "\t") and source.strip():
            found[-1].source += "\n" + source
        else:
            found.append(Found(str(cell.get("id", "")), source))
    return found


def answers(template: Template, book: Notebook) -> dict[str, str]:
    """Return what the student wrote for each exercise cell, by the cell's id.

    A cell is recognised by its id if it defines what is asked for; else by what it defines
    (the last such cell counts, as in a kernel that runs them in order); else by its id alone.
    """
    there = code_cells(book)
    by_id = {cell.id: cell for cell in there if cell.id}
    found: dict[str, str] = {}
    for asked in exercises(template):
        own = by_id.get(asked.id)
        wanted = set(asked.names)
        if own and (wanted <= bound(own.source)):
            found[asked.id] = own.source
            continue
        matching = [cell.source for cell in there if wanted & bound(cell.source)]
        parts = [cell for cell in matching if wanted <= bound(cell)][-1:] or matching
        if parts:
            found[asked.id] = "\n\n".join(parts)
        elif own:
            found[asked.id] = own.source
    return found


def exercises(template: Template) -> list[BuiltCell]:
    """Return the cells that the student writes."""
    return [cell for cell in cells(template) if cell.role == "student"]


def helpers(template: Template, book: Notebook) -> str:
    """Return what the student's own further cells import and define, and nothing that runs."""
    known = {cell.id for cell in cells(template)}
    given = {cell.student.strip() for cell in cells(template)}
    asked = {name for cell in exercises(template) for name in cell.names}
    kept: list[str] = []
    for cell in code_cells(book):
        if cell.id in known or cell.source.strip() in given or asked & bound(cell.source):
            continue
        try:
            tree = ast.parse(cell.source)
        except SyntaxError:
            continue
        kept += [ast.unparse(node) for node in tree.body if isinstance(node, KEPT)]
    return "\n\n".join(kept)


def code_of(template: Template, book: Notebook) -> list[Code]:
    """Return what the child runs: given cells as they were given, and the student's own."""
    written, extra = answers(template, book), helpers(template, book)
    made: list[Code] = []
    for cell in cells(template):
        if cell.role == "given":
            made.append(Code(cell.id, cell.student, False))
        elif cell.role == "student":
            if extra:
                made.append(Code("your own cells", extra, True))
                extra = ""
            made.append(Code(cell.id, written.get(cell.id, ""), True))
    return made
