"""Reads and writes notebooks: stable ids, tags, nbgrader's metadata, the same bytes each time."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import Any

from coursekit import __version__
from coursekit.errors import CourseError
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
    notebook_cells = [
        _cell(cell, edition, template.number > 0) for cell in cells(template) if cell.id
    ]
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
        if graded and cell.role != "train":
            values["metadata"]["nbgrader"] = grading(cell, source)
    return values


def grading(cell: BuiltCell, source: str) -> dict[str, Any]:
    """Return nbgrader's metadata of a code cell, schema 3, with its checksum.

    The checksum is an md5 over source, type, the three switches, id and points, in the
    order of `nbgrader.utils.compute_checksum`.
    """
    grade, solution = bool(cell.points), cell.role == "student"
    parts = [source, "code", str(grade), str(solution), str(not solution), cell.id]
    if grade:
        parts.append(str(float(cell.points)))
    digest = hashlib.md5("".join(parts).encode())
    values: dict[str, Any] = {
        "checksum": digest.hexdigest(),
        "grade": grade,
        "grade_id": cell.id,
        "locked": not solution,
        "schema_version": 3,
        "solution": solution,
        "task": False,
    }
    return {**values, "points": cell.points} if grade else values


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


def read_notebook(path: Path) -> Notebook:
    """Read a notebook's JSON; sources become single strings.

    Raises:
        CourseError: It cannot be read, or is no notebook.
    """
    try:
        book: Notebook = json.loads(path.read_text(encoding="utf-8"))
        for cell in book["cells"]:
            if isinstance(cell["source"], list):
                cell["source"] = "".join(cell["source"])
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise CourseError(
            f"{path} is not a notebook that can be read ({error})",
            remedy="save it again, or take the backup: its folder may hold one",
        ) from None
    return book
