"""From a template to the cells of its editions: student, solved, worked."""

from __future__ import annotations

import ast
import hashlib
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from functools import lru_cache
from importlib.metadata import Distribution
from typing import Literal

from coursekit import distribution
from coursekit.notebooks import names
from coursekit.notebooks import source as sources
from coursekit.notebooks.holes import HOLE
from coursekit.notebooks.markers import Carried, carry_out
from coursekit.notebooks.template import CHECK_MARKS, Cell, Role, Template, decorator_names
from coursekit.plugins import catalogue

Edition = Literal["student", "solved"]
BOUNDED = ("tensorflow", "numpy", "matplotlib")  # whose versions the first cell looks at


@dataclass(frozen=True)
class BuiltCell:
    """A cell of a notebook, in both editions.

    Attributes:
        id: Stable: by what the student defines, by the first check, else by content.
        role: See `Template`.
        solved: The source in the solved edition.
        student: The source in the student edition.
        line: Of the template.
        points: Of the checks that run in it.
        names: What the student defines in it.
        removed: The lines that are missing from the student edition.
        checks: The names of the checks that run in it.
        origin: The template's own source, of a check cell.
        why: Of an exercise cell, why its solution is right, in Markdown.
    """

    id: str
    role: Role
    solved: str
    student: str
    line: int
    points: int = 0
    names: tuple[str, ...] = ()
    removed: tuple[str, ...] = ()
    checks: tuple[str, ...] = ()
    origin: str = ""
    why: str = ""

    def source(self, edition: Edition) -> str:
        """Return its source in an edition."""
        return self.solved if edition == "solved" else self.student


@lru_cache(maxsize=64)
def cells(template: Template) -> tuple[BuiltCell, ...]:
    """Return the cells of a template's editions.

    Raises:
        CourseError: A marker is wrong, or a name is read that is not there by then.
    """
    faults: dict[str, str] = {}
    at: dict[str, int] = {}  # the lines of the faults
    declared: dict[str, int] = {}  # the lines of checks, probes and misconceptions
    built: list[BuiltCell] = []
    for cell in template.cells:
        if cell.role == "text":
            built.append(BuiltCell("", "text", cell.source, cell.source, cell.line))
        elif cell.role == "why":
            built[-1] = _explained(template, built[-1], cell)
        elif cell.role == "fault":
            for node in ast.parse(cell.source).body:
                if isinstance(node, ast.FunctionDef | ast.ClassDef):
                    faults[node.name] = ast.get_source_segment(cell.source, node) or ""
                    at[node.name] = cell.line + node.lineno - 1
        elif cell.role == "check":
            built.append(_check_cell(template, cell, declared))
        else:
            built += _code_cells(cell, carry_out(template, cell, faults))
    for name in at.keys() - {name for cell in built for name in cell.names}:
        raise template.error(
            at[name], f"the fault {name} replaces nothing", f"an exercise {name} in a cell below"
        )
    built.insert(1, BuiltCell("", "given", needs := _needs(template), needs, 1))
    _check_names(template, built)
    return tuple(_with_ids(built))


def forget() -> None:
    """Let the next build read the sources of plugins again: they have changed."""
    for cached in (cells, sources.find, sources.module_text):
        cached.cache_clear()


def _code_cells(cell: Cell, done: Carried) -> Iterable[BuiltCell]:
    for title, text in done.reading:
        shown = f"`{title}`:\n\n```python\n{text}\n```"
        yield BuiltCell("", "text", shown, shown, cell.line)
    yield BuiltCell(
        "",
        cell.role,
        done.solved,
        done.student,
        cell.line,
        names=tuple(done.names),
        removed=tuple(done.removed),
    )


def _explained(template: Template, above: BuiltCell, why: Cell) -> BuiltCell:
    """Return an exercise cell with the reason for its solution."""
    if above.role != "student" or above.why or not why.source.strip():
        raise template.error(
            why.line, "this cell explains no solution", "text, right below an `# exercise` cell"
        )
    return replace(above, why=why.source)


def _check_cell(template: Template, cell: Cell, declared: dict[str, int]) -> BuiltCell:
    points, checks = 0, []
    for node in ast.parse(cell.source).body:
        marks = decorator_names(node) if isinstance(node, ast.FunctionDef) else set()
        if not isinstance(node, ast.FunctionDef) or not marks & CHECK_MARKS:
            continue
        line = cell.line + node.lineno - 1
        if declared.setdefault(node.name, line) != line:
            raise template.error(
                line,
                f"{node.name} is declared a second time, after line {declared[node.name]}",
                "a different name for each check, probe and misconception",
            )
        if "check" in marks:
            checks.append(node.name)
            points += points_of(template, cell.line, node)
    call = ""
    if checks:
        wanted = ", ".join(f'"{name}"' for name in checks)
        call = f'run_checks("{template.name}", globals(), {wanted})'
    return BuiltCell(
        "", "check", call, call, cell.line, points, checks=tuple(checks), origin=cell.source
    )


def points_of(template: Template, first: int, node: ast.FunctionDef) -> int:
    """Return the points of a check, which nbgrader's metadata hold, too.

    Args:
        template: For the file's name in errors.
        first: The line of the template that is line 1 to the node.
        node: The check.

    Raises:
        CourseError: It has no points or no hints, or its points are not a number.
    """
    given = {
        keyword.arg: keyword.value
        for call in node.decorator_list
        if isinstance(call, ast.Call)
        for keyword in call.keywords
    }
    for name in ("points", "hints"):
        if name not in given:
            raise template.error(
                first + node.lineno - 1,
                f"the check {node.name} has no {name}",
                '@check("What is right", points=2, hints=("Question?", "Direction.", "Nearly."))',
            )
    value = given["points"]
    if not isinstance(value, ast.Constant) or type(value.value) is not int:
        raise template.error(
            first + value.lineno - 1,
            f"the points of the check {node.name} are {ast.unparse(value)}",
            "a whole number, written out",
            "points=2",
        )
    return value.value


def _with_ids(built: list[BuiltCell]) -> Iterable[BuiltCell]:
    taken: set[str] = set()
    for cell in built:
        if cell.role == "check" and not cell.checks:  # probes alone: nothing for the notebook
            yield replace(cell, id="")
            continue
        if cell.names:
            stem = "exercise-" + "-".join(cell.names)
        elif cell.checks:
            stem = f"check-{cell.checks[0]}"
        else:
            stem = f"{cell.role}-{hashlib.sha256(cell.solved.encode()).hexdigest()[:10]}"
        stem = re.sub(r"[^\w-]", "-", stem)[:58]
        number, name = 1, stem
        while name in taken:
            number += 1
            name = f"{stem}-{number}"
        taken.add(name)
        yield replace(cell, id=name)


def _needs(template: Template) -> str:
    """Return the first code cell: what the notebook needs, and how to get it."""
    sources = _distributions(template)
    bounds = (distribution.bound(package, *sources) for package in BOUNDED)
    wanted = [*map(distribution.at_least, sources), *filter(None, bounds)]
    quoted = ", ".join(f'"{item}"' for item in wanted)
    how = distribution.how_to_install(*sources).replace("\n", "\n# ")
    imported, stuck = "require", ""
    if template.number:
        imported = "hint, require, run_checks"
        stuck = f'# Stuck? Write hint("{template.name}") in a cell of your own.\n'
    return (
        "# Run this cell first. It checks that what the notebook needs is installed.\n"
        f"{stuck}"
        f"# On Colab or Kaggle, before that, {how}\n"
        # The kernel keeps this for all cells: plugins are written with it.
        "from __future__ import annotations\n\n"
        f"from coursekit.practice import {imported}\n\n"
        f"require({quoted})"
    )


def _distributions(template: Template) -> list[Distribution]:
    """Return what a notebook imports from: the kit, and the plugin's distribution if another."""
    kit, plugin = distribution.kit(), catalogue().providers.get(template.lesson)
    own = plugin.entry_point.dist if plugin else None
    return [kit] if own is None or distribution.is_same(own, kit) else [kit, own]


def _check_names(template: Template, built: list[BuiltCell]) -> None:
    """Fail on names that are read before they are there: in the notebook, a check, a probe."""
    first = {name: line for line, name in reversed([*_unknown(built)])}
    missing = {
        line: sorted(name for name in first if first[name] == line)
        for line in sorted(set(first.values()))
    }
    if missing:
        (line, here), *below = missing.items()
        others = "".join(f"; in line {there}: {', '.join(them)}" for there, them in below)
        raise template.error(
            line,
            f"{', '.join(here)}: used here, but not defined or imported before{others}",
            "an import or a `# show` in a cell above",
        )


def _unknown(built: list[BuiltCell]) -> Iterator[tuple[int, str]]:
    """Yield the names that are read before they are there, each after its line."""
    known: set[str] = set()
    of_checks: set[str] = set()
    for cell in built:
        if cell.role == "text":
            continue
        if cell.role == "check":
            of_checks |= names.defined(cell.origin)
            lines = cell.origin.splitlines()
            for node in ast.parse(cell.origin).body:
                is_probe = isinstance(node, ast.FunctionDef) and "probe" in decorator_names(node)
                code = "\n".join(lines[node.lineno - 1 : node.end_lineno])
                # A probe runs beside the student's code, the rest where the checks are.
                there = known | {getattr(node, "name", "")} if is_probe else of_checks
                for name in sorted(names.needed(code) - there - CHECK_MARKS):
                    yield cell.line + node.lineno - 1 + names.line_of(code, name), name
            continue
        # What was put in has lines of its own: the marker's cell is the place.
        editions = [cell.solved]
        if HOLE not in cell.student:  # what follows a hole may need what stood in it
            editions.append(cell.student)
        for code in editions:
            for name in sorted(names.needed(code) - known - names.defined(code)):
                yield cell.line, name
        known |= names.defined(cell.solved)
