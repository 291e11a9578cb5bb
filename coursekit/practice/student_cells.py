"""Which parts of a notebook a check runs: all that the student wrote, in the notebook's order."""

from __future__ import annotations

import ast
from collections.abc import Iterable
from dataclasses import dataclass, field
from functools import lru_cache

from coursekit.notebooks import names
from coursekit.notebooks.cells import BuiltCell, cells
from coursekit.notebooks.notebook import Notebook
from coursekit.notebooks.template import Template
from coursekit.practice.align import There, align, is_check_call
from coursekit.practice.cell_code import bindings, bound, not_run, parsed, python_of, without
from coursekit.practice.gather import probes_of
from coursekit.practice.worker_client import Code

DEFINITIONS = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)


@dataclass
class StudentWork:
    """What a check runs of a notebook, and what it does not.

    Attributes:
        code: The cells to run, in order.
        left_out: Magics and shell commands that are not run, as they are written.
        training: How many training cells are not run.
        trained: The names that only they define.
        needs_training: Whether code of the student's is not run because it reads such a name.
        untrained: Answers that are not there because of that.
        replaced: Given names that the student's code binds again, by the cell where it does.
        earlier: Whether the notebook has cells of an earlier edition.
        missing: The first lines of given cells missing from the notebook; they are run.
        undone: Names whose answer an untouched cell further down sets back.
        not_code: Names that are asked for in a cell that is a text now.
    """

    code: list[Code] = field(default_factory=list)
    left_out: list[str] = field(default_factory=list)
    training: int = 0
    trained: set[str] = field(default_factory=set)
    needs_training: bool = False
    untrained: list[str] = field(default_factory=list)
    replaced: dict[str, list[str]] = field(default_factory=dict)
    earlier: bool = False
    missing: list[str] = field(default_factory=list)
    undone: list[str] = field(default_factory=list)
    not_code: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        """Begin without names, of cells and in them."""
        self.bound: set[str] = set()  # what the cells to run bind
        self._taken: set[str] = set()
        self._last: dict[str, int] = {}  # number that made a cell's name another than all others

    def add(self, name: str, source: str, student: bool, only_imports: bool = False) -> None:
        """Add a cell under a name that no other has."""
        number, free = self._last.get(name, 1), name
        while free in self._taken:
            number += 1
            free = f"{name} ({number})"
        self._last[name] = number
        self._taken.add(free)
        self.code.append(Code(free, source, student, only_imports))
        self.bound |= bound(source)
        self.trained -= bound(source)


def exercises(template: Template) -> list[BuiltCell]:
    """Return the cells that the student writes."""
    return [cell for cell in cells(template) if cell.role == "student"]


def code_of(template: Template, book: Notebook) -> list[Code]:
    """Return what a check runs of a notebook: the cells in order."""
    return work_of(template, book).code


def work_of(template: Template, book: Notebook) -> StudentWork:
    """Return what a check runs of a notebook, and what it leaves out.

    It runs what the kernel would run, in the notebook's order: given cells, what the student
    wrote in the cells for it, in further cells, and what they added to given ones. Given
    definitions stay as they were given. Training cells, checks and shell commands are left out.
    """
    work = StudentWork()
    there = align(template, book)
    absent = _absent(template, there)
    _run_absent(work, absent.get(-1, ()))
    for place, one in enumerate(there):
        if one.is_code:
            _add(work, template, one)
        _run_absent(work, absent.get(place, ()))
    work.earlier = any(one.is_stale for one in there)
    work.undone = _undone(there)
    ids = {cell.get("id") for cell in book["cells"] if cell["cell_type"] != "code"}
    work.not_code = [n for cell in exercises(template) if cell.id in ids for n in cell.names]
    return work


def _add(work: StudentWork, template: Template, one: There) -> None:
    """Add what is to be run of one code cell."""
    if one.role == "train":
        work.training += 1
        work.trained |= bound(one.source) - work.bound
        if one.built is not None and one.built.id == one.cell.get("id") and not one.unchanged:
            _add_own(work, template, one, _light(one.source, one.built))
    elif one.is_stale or (one.role == "check" and one.unchanged):
        return
    elif one.role == "given" and one.unchanged and one.built is not None:
        work.add(one.built.id, one.built.student, False)
    elif one.role == "given" and one.built is not None and not is_whole(one.source, one.built):
        # Some of what was given is gone: it runs as it was given, and then what was added.
        work.add(one.built.id, one.built.student, False)
        _add_own(work, template, one, _added(one.source, one.built))
    else:
        _add_own(work, template, one, python_of(one.source))


def _add_own(work: StudentWork, template: Template, one: There, python: str) -> None:
    """Add the student's code of a cell, without what replaces a given definition."""
    name = cell_name(one)
    tree = parsed(python)
    if tree is None:
        work.add(name, python, True)
        return
    skipped = [node for node in tree.body if is_check_call(node)]
    for node in tree.body:
        if again := replaces(template, node):
            skipped.append(node)
            work.replaced.setdefault(name, []).extend(again)
        elif not _defines(node) and work.trained & _read(node):
            skipped.append(node)
            names_left_out = set(bindings([node]))
            work.trained |= names_left_out
            work.needs_training = True
            asked = one.built.names if one.built else ()
            work.untrained += [name for name in asked if name in names_left_out]
    work.left_out += [text for text in not_run(tree) if text not in work.left_out]
    if len(skipped) < len(tree.body):
        given = given_definitions(template)[1]
        own = [n for n in tree.body if n not in skipped and ast.dump(n) not in given]
        kept = without(python, skipped) if skipped else python
        work.add(name, kept, True, all(map(_only_imports, own)))


def _read(node: ast.stmt) -> set[str]:
    """Return the names that a statement reads and does not bind itself, anywhere in it."""
    named = [inner for inner in ast.walk(node) if isinstance(inner, ast.Name)]
    own = {inner.arg for inner in ast.walk(node) if isinstance(inner, ast.arg)}
    own |= {name.id for name in named if not isinstance(name.ctx, ast.Load)}
    return {name.id for name in named} - own


def cell_name(one: There) -> str:
    """Return what messages call a cell: an exercise's id, or how the cell begins."""
    if one.built is not None and one.role == "student":
        return one.built.id
    return f"the cell “{first_line(one.source)}”"


def first_line(source: str, most: int = 40) -> str:
    """Return the first line of a cell that has something in it."""
    line = next((line.strip() for line in source.split("\n") if line.strip()), "")
    return line if len(line) <= most else f"{line[: most - 1].rstrip()}…"


def replaces(template: Template, node: ast.stmt) -> list[str]:
    """Return the given names that a statement binds to something else, in order."""
    fixed, statements = given_definitions(template)
    if ast.dump(node) in statements:
        return []
    made = bindings([node])
    return [
        name for name in made if name in fixed and (not made[name] or made[name] != fixed[name])
    ]


@lru_cache(maxsize=32)
def given_definitions(template: Template) -> tuple[dict[str, str], frozenset[str]]:
    """Return what the given cells define, and all their statements.

    A function, a class and an import is a definition; a variable is one if a probe, a given
    function or the solution reads it, else it is an example that the student may change.

    Returns:
        The names, with what is imported under them as `bindings` returns it; and the dumps
        of the statements' syntax trees.
    """
    given = [
        node for cell in cells(template) if cell.role == "given" for node in _body(cell.student)
    ]
    asked = {name for cell in exercises(template) for name in cell.names}
    firm = [n for n in given if isinstance(n, (*DEFINITIONS, ast.Import, ast.ImportFrom))]
    fixed = bindings(firm)
    readers = [ast.unparse(node) for node in firm if isinstance(node, DEFINITIONS)]
    readers += [cell.solved for cell in exercises(template)]
    readers += probes_of(template).values()
    read = {name for code in readers for name in names.needed(code)}
    constants = [n for n in given if isinstance(n, ast.Assign | ast.AnnAssign)]
    fixed |= {name: "" for name in bindings(constants) if name in read}
    kept = {name: what for name, what in fixed.items() if name not in asked}
    return kept, frozenset(map(ast.dump, given))


def _body(python: str) -> list[ast.stmt]:
    tree = parsed(python)
    return tree.body if tree else []


def is_whole(source: str, built: BuiltCell) -> bool:
    """Return whether a changed given cell still has every given statement, in order."""
    own = iter([ast.dump(node) for node in _body(python_of(source))])
    return all(ast.dump(node) in own for node in _body(built.student))


def added(source: str, built: BuiltCell) -> list[ast.stmt]:
    """Return the statements of a changed cell that are not the template's."""
    known = set(map(ast.dump, _body(built.student)))
    return [node for node in _body(python_of(source)) if ast.dump(node) not in known]


def _added(source: str, built: BuiltCell) -> str:
    """Return the code of a changed cell without what the template has in it."""
    python, new = python_of(source), added(source, built)
    kept = {(node.lineno, node.col_offset) for node in new}
    old = [node for node in _body(python) if (node.lineno, node.col_offset) not in kept]
    return without(python, old)


def _light(source: str, built: BuiltCell) -> str:
    """Return what a student added to a training cell that takes no time: definitions."""
    python, new = python_of(source), added(source, built)
    light = {
        (node.lineno, node.col_offset) for node in new if _defines(node) or _only_imports(node)
    }
    heavy = [node for node in _body(python) if (node.lineno, node.col_offset) not in light]
    return without(python, heavy)


def _only_imports(node: ast.stmt) -> bool:
    """Return whether a statement imports or sets a constant: nothing a given cell could call."""
    if isinstance(node, ast.Assign | ast.AnnAssign):
        heavy = (ast.Call, ast.Await, ast.Lambda, ast.BinOp, ast.comprehension)
        return not any(isinstance(inner, heavy) for inner in ast.walk(node))
    return isinstance(node, ast.Import | ast.ImportFrom)


def _defines(node: ast.stmt) -> bool:
    """Return whether a statement defines something, whose names are looked up when it is used."""
    if isinstance(node, ast.Assign | ast.AnnAssign):
        return isinstance(node.value, ast.Lambda)
    return isinstance(node, (*DEFINITIONS, ast.Import, ast.ImportFrom))


def _absent(template: Template, there: list[There]) -> dict[int, list[BuiltCell]]:
    """Return the given cells missing from a notebook, by the place in it after which they run.

    That is the place of the template's cell before them, or -1: before all.
    """
    places = {one.built.id: place for place, one in enumerate(there) if one.built}
    found: dict[int, list[BuiltCell]] = {}
    place = -1
    for cell in cells(template):
        if cell.id in places:
            place = places[cell.id]
        elif cell.role == "given":
            found.setdefault(place, []).append(cell)
    return found


def _run_absent(work: StudentWork, absent: Iterable[BuiltCell]) -> None:
    for cell in absent:
        work.add(cell.id, cell.student, False)
        work.missing.append(first_line(cell.student))


def _undone(there: list[There]) -> list[str]:
    """Return the names that were answered above the untouched cell that asks for them."""
    answered: set[str] = set()
    found: list[str] = []
    for one in there:
        if one.role == "student" and one.built and one.unchanged and one.source.strip():
            if one.source.strip() == one.built.student.strip():
                found += [name for name in one.built.names if name in answered]
        elif one.is_code and one.role in (None, "student"):
            answered |= bound(one.source)
    return found
