"""A student's notebook updated to the installed edition: what they wrote stays in place."""

from __future__ import annotations

import ast
import io
import tokenize
from dataclasses import dataclass, field
from textwrap import dedent
from typing import Any

from coursekit.notebooks.cells import BuiltCell, cells
from coursekit.notebooks.notebook import Notebook, build_notebook
from coursekit.notebooks.template import Template
from coursekit.practice.align import HASHED, There, align
from coursekit.practice.cell_code import bound, parsed, python_of, start_of
from coursekit.practice.student_cells import added, first_line, is_whole, replaces


@dataclass
class Renewed:
    """A notebook of the installed edition with a student's work in it.

    Attributes:
        book: The notebook.
        lost: What could not be placed: lines that the student wrote, by how their cell begins.
        aside: Texts of another edition in which the student wrote: they are kept behind the new.
    """

    book: Notebook
    lost: dict[str, list[str]] = field(default_factory=dict)
    aside: list[There] = field(default_factory=list)


def renewed(template: Template, there: Notebook) -> Renewed:
    """Return the installed edition with the student's cells, notes, imports and outputs in it."""
    found = Renewed(build_notebook(template, "student"))
    aligned = align(template, there)
    built = {cell.id: cell for cell in cells(template) if cell.id}
    places = {one.built.id: one for one in aligned if one.built}
    answered = {name for one in aligned if one.role is None for name in bound(one.source)}
    kept: list[dict[str, Any]] = []
    for cell in found.book["cells"]:
        built_cell, one = built[cell["id"]], places.get(cell["id"])
        if one is not None:
            cell["source"] = _source(found, template, built_cell, one)
            _with_outputs(cell, one)
        elif built_cell.role == "student" and answered.issuperset(built_cell.names):
            continue  # it was deleted, and its answer is in a cell of the student's own
        kept.append(cell)
    found.book["cells"] = _with_own(kept, aligned, found.aside)
    for one in aligned:
        if one.role == "train" and one.built is None and not one.unchanged:
            given = {line for cell in built.values() for line in _lines(cell.student)}
            _lose(found, one, [line for line in _lines(one.source) if line not in given])
    return found


def _source(found: Renewed, template: Template, built_cell: BuiltCell, one: There) -> str:
    """Return what a cell of the template contains that the notebook has, too."""
    given = built_cell.student.strip("\n")
    if built_cell.role == "student":
        return one.source
    if one.unchanged or one.source.strip() == given.strip():
        return given
    if built_cell.role in ("text", "train"):
        # Its id is built_cell of its text: this edition's, then, and the student has changed it.
        same_edition = one.cell.get("id") == built_cell.id
        if same_edition or set(_lines(given)) <= set(_lines(one.source)):
            return one.source
        if built_cell.role == "text" and HASHED.fullmatch(str(one.cell.get("id", ""))):
            found.aside.append(one)
        else:
            _lose(found, one, [line for line in _lines(one.source) if line not in _lines(given)])
        return given
    if built_cell.role == "check":
        return given
    source, lost = merged(template, built_cell, one.source)
    _lose(found, one, lost)
    return source


def _lose(found: Renewed, one: There, lines: list[str]) -> None:
    if lines:
        found.lost.setdefault(first_line(one.source), []).extend(lines)


def _lines(source: str) -> list[str]:
    return [line.strip() for line in source.split("\n") if line.strip()]


def merged(template: Template, built_cell: BuiltCell, source: str) -> tuple[str, list[str]]:
    """Return a given cell with what a student has added to it, and the lines that have no place.

    Additions that leave what is given as it is stay where they are. Otherwise the cell is as
    given, and notes and statements that define something of the student's own come behind.
    """
    tree = parsed(python_of(source))
    if tree is None:
        return built_cell.student, [
            line for line in _lines(source) if line not in _lines(built_cell.student)
        ]
    new = added(source, built_cell)
    if is_whole(source, built_cell) and not any(replaces(template, node) for node in new):
        return source, []
    lines = dedent(source).split("\n")
    placed: set[int] = set()
    for node in new:
        if not replaces(template, node) and not isinstance(node, ast.Expr):
            placed |= set(range(start_of(node)[0], (node.end_lineno or node.lineno) + 1))
    notes = _new_notes(source, built_cell.student)
    placed |= {line for line, alone in notes.items() if alone}
    kept = [lines[number - 1] for number in sorted(placed) if number <= len(lines)]
    known = {*_lines(built_cell.student), *(line.strip() for line in kept)}
    lost = [line for line in _lines(source) if line not in known]
    return "\n\n".join([built_cell.student, "\n".join(kept)]) if kept else built_cell.student, lost


def _new_notes(source: str, given: str) -> dict[int, bool]:
    """Return the lines of comments that were not given, and whether each is alone on it."""
    known = {text for _, text, _ in _comments(given)}
    return {line: alone for line, text, alone in _comments(source) if text not in known}


def _comments(source: str) -> list[tuple[int, str, bool]]:
    found: list[tuple[int, str, bool]] = []
    try:
        for token in tokenize.generate_tokens(io.StringIO(source).readline):
            if token.type == tokenize.COMMENT:
                found.append((token.start[0], token.string, token.line.strip() == token.string))
    except (tokenize.TokenError, SyntaxError):
        return found  # a magic is no Python; what comes before it was read
    return found


def _with_outputs(cell: dict[str, Any], one: There) -> None:
    """Keep the outputs of a cell whose code is as it was, and the pictures in a text."""
    if one.source != cell["source"]:
        return
    for name in ("outputs", "execution_count", "attachments"):
        if name in one.cell:
            cell[name] = one.cell[name]


def _with_own(
    new: list[dict[str, Any]], aligned: list[There], aside: list[There]
) -> list[dict[str, Any]]:
    """Put the student's further cells behind those that they followed."""
    renewed_cells, there = list(new), {cell["id"] for cell in new}
    behind = ""
    for number, one in enumerate(aligned):
        if one.built is not None:
            behind = one.built.id if one.built.id in there else behind
        is_own = one.built is None and not (one.is_stale or one.role in ("check", "train"))
        if one.source.strip() and (is_own or one in aside):
            own = one.cell | {"id": _free_id(one.cell.get("id"), number, there)}
            own["source"] = one.source
            there.add(own["id"])
            places = [i for i, cell in enumerate(renewed_cells) if cell["id"] == behind]
            renewed_cells.insert(places[0] + 1 if places else 0, own)
            behind = own["id"]
    return renewed_cells


def _free_id(wanted: str | None, number: int, taken: set[str]) -> str:
    found = wanted or f"own-{number}"
    while found in taken:
        found = f"own-{number}" if found == wanted else f"{found}-2"
    return found[:64]
