"""Recognises the cells of a template in a notebook, whatever was done to the notebook."""

from __future__ import annotations

import ast
import hashlib
import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from difflib import SequenceMatcher
from typing import Any

from coursekit.notebooks.cells import BuiltCell, cells
from coursekit.notebooks.notebook import Notebook, grading_checksum
from coursekit.notebooks.template import Role, Template
from coursekit.practice.cell_code import bound, compiles, parsed, python_of

ALIKE = 0.6  # share of characters that a changed cell has in common with what it was
HASHED = re.compile(r"(text|given|train)-([0-9a-f]{10})(-\d+)?")  # an id that `cells` makes


@dataclass
class There:
    """A cell of a notebook.

    Attributes:
        cell: As it was read.
        source: Its text; of a cell that was split, both halves.
        built: The template's cell that it is, or was made of.
        role: What it is for; None for a cell of the student's own.
        unchanged: Whether it is as some edition gave it.
        halves: The cells that were split off from it.
    """

    cell: dict[str, Any]
    source: str
    built: BuiltCell | None = None
    role: Role | None = None
    unchanged: bool = False
    halves: list[dict[str, Any]] = field(default_factory=list)

    @property
    def is_code(self) -> bool:
        """Whether it is a code cell."""
        return bool(self.cell["cell_type"] == "code")

    @property
    def is_stale(self) -> bool:
        """Whether it is a cell of another edition, as that gave it: nothing of the student's."""
        return self.built is None and self.role is not None and self.unchanged


def align(template: Template, book: Notebook) -> list[There]:
    """Return a notebook's cells in order, each with what it is of the template.

    A cell is recognised by its id, else by nbgrader's id, by its text, by what the student
    defines in it, or by its likeness to a cell that is not found otherwise. A raw cell is no
    part of it.
    """
    there = _joined(book)
    left = {cell.id: cell for cell in cells(template) if cell.id}
    _claim(there, left, lambda one, built: one.cell.get("id") == built.id)
    _claim(there, left, lambda one, built: _graded(one).get("grade_id") == built.id)
    _claim(there, left, lambda one, built: _is_source_of(built, one.source))
    for one in there:
        if one.built is None:
            one.role, one.unchanged = _earlier(one, template)
    _claim_answers(there, left)
    _claim_alike(there, left)
    for one in there:
        if one.built is not None:
            one.role, one.unchanged = one.built.role, _is_source_of(one.built, one.source)
    return there


def _joined(book: Notebook) -> list[There]:
    """Return the cells; the second half of a code cell that was split is joined to its first."""
    found: list[There] = []
    for cell in book["cells"]:
        if cell["cell_type"] == "raw":
            continue
        one, before = There(cell, cell["source"]), found[-1] if found else None
        if before and before.is_code and one.is_code and _continues(before.source, one.source):
            before.source += "\n" + one.source
            before.halves.append(cell)
        else:
            found.append(one)
    return found


def _continues(first: str, second: str) -> bool:
    """Return whether two code cells are one that was split: only joined can they run."""
    return (
        second[:1] in (" ", "\t")
        and bool(second.strip())
        and not (compiles(first) and compiles(second))
        and compiles(f"{first}\n{second}")
    )


def _claim(
    there: Iterable[There],
    left: dict[str, BuiltCell],
    is_it: Callable[[There, BuiltCell], bool],
) -> None:
    """Take out of `left` what a cell is, for each cell of which that is not known."""
    for one in there:
        if one.built is None and one.role is None:
            found = next((b for b in left.values() if _same_kind(one, b) and is_it(one, b)), None)
            if found:
                one.built = left.pop(found.id)


def _same_kind(one: There, built: BuiltCell) -> bool:
    return one.is_code == (built.role != "text")


def _graded(one: There) -> dict[str, Any]:
    found: dict[str, Any] = one.cell["metadata"].get("nbgrader", {})
    return found


def _is_source_of(built: BuiltCell, source: str) -> bool:
    return source.strip() in (built.student.strip(), built.solved.strip())


def _earlier(one: There, template: Template) -> tuple[Role | None, bool]:
    """Return what a cell was in another edition, or as a copy; and whether it is unchanged."""
    copied = next((c for c in cells(template) if _is_source_of(c, one.source)), None)
    if copied and copied.role == "train" and one.is_code:
        return "train", True
    if one.is_code and _only_checks(one.source):
        return "check", True
    made = HASHED.fullmatch(str(one.cell.get("id") or _graded(one).get("grade_id", "")))
    digest = hashlib.sha256(one.source.encode()).hexdigest()[:10]
    if made and (made[1] == "text") == (not one.is_code):
        role: Role = "text" if made[1] == "text" else "given" if made[1] == "given" else "train"
        return role, made[2] == digest or _has_checksum(one)
    tags = one.cell["metadata"].get("tags", [])
    if one.is_code and "train" in tags:
        return "train", False
    if one.is_code and "given" in tags and not copied:
        return "given", _has_checksum(one)
    return None, False


def _only_checks(source: str) -> bool:
    """Return whether a cell does nothing but run checks or ask for hints."""
    tree = parsed(python_of(source))
    return tree is not None and bool(tree.body) and all(map(is_check_call, tree.body))


def is_check_call(node: ast.stmt) -> bool:
    """Return whether a statement asks the kit for checks, hints or versions (no student work)."""
    match node:
        case ast.Expr(value=ast.Call(func=ast.Name(id="run_checks" | "hint" | "require"))):
            return True
    return False


def _has_checksum(one: There) -> bool:
    graded = _graded(one)
    return bool(graded) and graded.get("checksum") == grading_checksum(graded, one.source)


def _claim_answers(there: list[There], left: dict[str, BuiltCell]) -> None:
    """Recognise the cells that the student writes by what they define; of several, the last."""
    for asked in [built for built in left.values() if built.role == "student"]:
        open_cells = [one for one in there if one.is_code and not (one.built or one.role)]
        wanted = set(asked.names)
        whole = [one for one in open_cells if wanted <= bound(one.source)]
        part = [one for one in open_cells if wanted & bound(one.source)]
        if found := (whole or part)[-1:]:
            found[0].built = left.pop(asked.id)


def _claim_alike(there: list[There], left: dict[str, BuiltCell]) -> None:
    """Recognise a changed cell by its likeness to one that is in the template and not found."""
    for one in there:
        if one.built or one.unchanged or one.role in ("train", "check") or not one.source.strip():
            continue
        likely = [
            b for b in left.values() if b.role in ("given", "text", "train") and _same_kind(one, b)
        ]
        likenesses = {built.id: _likeness(one.source, built.student) for built in likely}
        best = max(likenesses, key=lambda name: likenesses[name], default="")
        if best and likenesses[best] >= ALIKE:
            one.built = left.pop(best)


def _likeness(one: str, other: str) -> float:
    matcher = SequenceMatcher(None, one, other, autojunk=False)
    return matcher.ratio() if matcher.quick_ratio() >= ALIKE else 0.0
