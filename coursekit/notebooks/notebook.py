"""Makes notebooks: stable ids, tags, nbgrader's metadata, the same bytes each time."""

from __future__ import annotations

import ast
import hashlib
import json
from typing import Any

from coursekit import __version__
from coursekit.notebooks.cells import BuiltCell, Edition, cells
from coursekit.notebooks.ownership import seal
from coursekit.notebooks.template import Template

Notebook = dict[str, Any]
MOST_BYTES = 2_000_000


def build_notebook(template: Template, edition: Edition) -> Notebook:
    """Return a notebook without outputs, as plain JSON values.

    Raises:
        CourseError: The template is wrong, see `cells`.
    """
    notebook_cells = []
    for cell in cells(template):
        if cell.id:
            notebook_cells.append(_cell(cell, edition, template.number > 0))
        if cell.why and edition == "solved":
            notebook_cells.append(_why(cell))
    return {
        "cells": notebook_cells,
        "metadata": {
            "coursekit": {
                "edition": edition,
                "exercise": template.name,
                "seal": seal(notebook_cells),
                "template": template.origin,
                "version": __version__,
            },
            "kernelspec": {"display_name": "Python 3", "language": "python", "name": "python3"},
            "language_info": {"name": "python"},
        },
        "nbformat": 4,
        "nbformat_minor": 5,
    }


def _cell(cell: BuiltCell, edition: Edition, graded: bool) -> dict[str, Any]:
    source = cell.source(edition).strip("\n")
    kind = "markdown" if cell.role == "text" else "code"
    values: dict[str, Any] = {"cell_type": kind, "id": cell.id, "metadata": {}, "source": source}
    if kind == "code":
        values |= {"execution_count": None, "outputs": []}
        values["metadata"]["tags"] = [cell.role]
        if only_draws(source):
            values["metadata"]["jupyter"] = {"source_hidden": True}
        if graded and cell.role != "train":
            values["metadata"]["nbgrader"] = grading(cell, source)
    return values


def only_draws(source: str) -> bool:
    """Return whether code only shows a drawn figure, whose code JupyterLab then folds away.

    It teaches nothing, and it would stand between the text and its figure.
    """
    shows = 0
    for node in ast.parse(source).body:
        if isinstance(node, ast.Import | ast.ImportFrom):
            continue
        match node:
            case ast.Expr(
                ast.Call(ast.Name("show"), [ast.Call(ast.Attribute(ast.Name("figures")))])
            ):
                shows += 1
            case _:
                return False
    return shows > 0


def _why(cell: BuiltCell) -> dict[str, Any]:
    """Return the cell below a solution that says why it is right."""
    source = cell.why.strip("\n")
    return {"cell_type": "markdown", "id": f"why-{cell.id}", "metadata": {}, "source": source}


def grading(cell: BuiltCell, source: str) -> dict[str, Any]:
    """Return nbgrader's metadata of a code cell, schema 3, with its checksum."""
    grade, solution = bool(cell.points), cell.role == "student"
    values: dict[str, Any] = {
        "grade": grade,
        "grade_id": cell.id,
        "locked": not solution,
        "schema_version": 3,
        "solution": solution,
        "task": False,
    }
    values |= {"points": cell.points} if grade else {}
    return {**values, "checksum": grading_checksum(values, source)}


def grading_checksum(values: dict[str, Any], source: str) -> str:
    """Return the checksum of a code cell by which nbgrader notices that it was changed.

    It is an md5 over source, type, the three switches, id and points, in the order of
    `nbgrader.utils.compute_checksum`.
    """
    switches = [str(values.get(name)) for name in ("grade", "solution", "locked")]
    parts = [source, "code", *switches, str(values.get("grade_id"))]
    points = values.get("points")
    if values.get("grade") and isinstance(points, int | float):
        parts.append(str(float(points)))
    return hashlib.md5("".join(parts).encode()).hexdigest()


def notebook_text(book: Notebook) -> str:
    """Return the bytes of a notebook's file as text, the same at every build."""
    return json.dumps(book, indent=1, ensure_ascii=False, sort_keys=True) + "\n"


def code_hash(book: Notebook) -> str:
    """Return the hash of a notebook's code: what its outputs were made by."""
    digest = hashlib.sha256()
    for cell in book["cells"]:
        if cell["cell_type"] == "code":
            digest.update(cell["source"].encode() + b"\0")
    return digest.hexdigest()


def sources(book: Notebook) -> list[tuple[str, str, str]]:
    """Return id, type and source of each cell: what two builds are compared by."""
    return [(cell["id"], cell["cell_type"], cell["source"]) for cell in book["cells"]]
