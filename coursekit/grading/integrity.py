"""What of a submission an instructor should look at, found without running it.

Honest work is met with silence: each finding here is something that no exercise asks for. No mark
depends on a finding.
"""

from __future__ import annotations

import ast
import re
from collections import Counter
from collections.abc import Collection, Iterable, Iterator
from typing import Any

from coursekit import __version__, practice
from coursekit.grading.results import Alarm
from coursekit.grading.view import KIT, Cut
from coursekit.notebooks.cells import BuiltCell, cells
from coursekit.notebooks.notebook import Notebook, grading_checksum
from coursekit.notebooks.template import Template
from coursekit.practice.cell_code import parsed
from coursekit.practice.worker_client import Code

INNER = re.compile(rf"{KIT}\.(notebooks|grading|commands|cli|plugins)\b|{KIT}\.practice\.\w+")
REACHING = {
    "__subclasses__": "the subclasses of a class",
    "_getframe": "the frames of its callers",
    "f_back": "the frames of its callers",
    "f_globals": "the names of other code",
    "f_locals": "the names of other code",
    "__globals__": "the names of other code",
    "__closure__": "what other code keeps to itself",
    "get_objects": "every object of the process",
    "get_referrers": "every object of the process",
    "settrace": "every line that is run",
    "setprofile": "every call that is made",
    "addaudithook": "what Python reports of itself",
    "meta_path": "what an import finds",
    "memmove": "the memory of the process",
    "string_at": "the memory of the process",
}
PLACES = re.compile(r"/proc/(self|\d+|$)|\.pth\b|/templates/|coursework\.json|\.ipynb\b")
LONGEST_NAME = 300  # characters of a text that may be a file's name
FIRST_LINE = 60  # characters of a cell by which it is named


def alarms_of(
    template: Template, book: Notebook, code: Iterable[Code], cuts: Collection[Cut]
) -> list[Alarm]:
    """Return what is to be looked at in a notebook's cells.

    Args:
        template: The exercise that it is graded as.
        book: The notebook.
        code: What is run of it.
        cuts: The solutions that were taken out.
    """
    found = list(_check_cells(template, book))
    imported: dict[str, str] = {}
    for cell in code:
        if (tree := parsed(cell.source)) is not None:
            seen = _Reader(cell.name, cuts, imported).read(tree)
            found += seen if cell.student else []
    return list(dict.fromkeys(found))


def _check_cells(template: Template, book: Notebook) -> Iterator[Alarm]:
    """Yield which cells with checks were edited, deleted or duplicated."""
    known = [cell for cell in cells(template) if cell.role == "check" and cell.id]
    sources = Counter(c["source"].strip() for c in book["cells"] if c["cell_type"] == "code")
    for built in known:
        count = sources[built.student.strip()]
        titles = ", ".join(built.checks)
        there = [cell for cell in book["cells"] if _is_of(built, cell)]
        changed = [cell for cell in there if cell["source"].strip() != built.student.strip()]
        retyped = [cell for cell in there if cell["cell_type"] != "code"]
        if count > 1 or len(there) > 1:
            copies = max(count, len(there))
            yield Alarm(
                "duplicated check", f"the cell of {titles} is there {copies} times", built.id
            )
        if any(not _is_earlier(book, cell) for cell in changed):
            yield Alarm("edited check", f"the cell of {titles} was changed", built.id)
        elif retyped:
            yield Alarm("edited check", f"the cell of {titles} is no code cell any more", built.id)
        elif not count and not changed:
            yield Alarm("deleted check", f"the cell of {titles} is missing", built.id)
        elif any(_graded(cell).get("points", built.points) != built.points for cell in there):
            yield Alarm("edited check", f"the points of {titles} were changed", built.id)


def _graded(cell: dict[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = cell["metadata"].get("nbgrader", {})
    return found


def _is_of(built: BuiltCell, cell: dict[str, Any]) -> bool:
    return built.id in (cell.get("id"), _graded(cell).get("grade_id"))


def _is_earlier(book: Notebook, cell: dict[str, Any]) -> bool:
    """Return whether a cell is as an earlier edition gave it, by its own checksum."""
    graded = _graded(cell)
    written_by = book["metadata"].get("coursekit", {}).get("version")
    same = graded.get("checksum") == grading_checksum(graded, cell["source"])
    return bool(graded) and same and written_by != __version__


class _Reader(ast.NodeVisitor):
    """Reads a cell for what no exercise asks for.

    Args:
        cell: Its name.
        cuts: The solutions that were taken out.
        modules: What the cells above have imported, by the name that it got; it is added to.
    """

    def __init__(self, cell: str, cuts: Collection[Cut], modules: dict[str, str]) -> None:
        self.cell = cell
        self.cuts = {(cut.module, cut.name) for cut in cuts}
        self.cut_modules = {cut.module for cut in cuts}
        self.modules = modules
        self.found: list[Alarm] = []

    def read(self, tree: ast.AST) -> list[Alarm]:
        """Return what was found."""
        self.visit(tree)
        return self.found

    def tell(self, kind: str, words: str) -> None:
        self.found.append(Alarm(kind, words, self.cell))

    def visit_Import(self, node: ast.Import) -> None:
        for alias in node.names:
            name = alias.asname or alias.name.partition(".")[0]
            self.modules[name] = alias.name if alias.asname else name
            self._imported(alias.name)

    def visit_ImportFrom(self, node: ast.ImportFrom) -> None:
        module = node.module or ""
        self._imported(module)
        for alias in node.names:
            whole = f"{module}.{alias.name}"
            self.modules[alias.asname or alias.name] = whole
            taken = {name for where, name in self.cuts if where == module}
            if (module, alias.name) in self.cuts or (alias.name == "*" and taken):
                names = alias.name if alias.name != "*" else ", ".join(sorted(taken))
                self.tell("imported answer", f"it imports {names} from {module}: the answer")
            elif module == f"{KIT}.practice" and alias.name in practice.__all__:
                continue
            else:
                self._imported(whole)

    def _imported(self, name: str) -> None:
        if INNER.match(name):
            self.tell("reached the kit", f"it imports {name}, which no exercise needs")

    def visit_Attribute(self, node: ast.Attribute) -> None:
        if what := REACHING.get(node.attr):
            self.tell("reached around", f"it asks for {what} ({node.attr})")
        owner = self._module(node.value)
        if (owner, node.attr) in self.cuts:
            self.tell("imported answer", f"it takes {node.attr} out of {owner}: the answer")
        if isinstance(node.ctx, ast.Store | ast.Del) and self._module(node.value):
            self.tell(
                "replaced", f"it replaces {ast.unparse(node)[:FIRST_LINE]}, which is not its own"
            )
        self.generic_visit(node)

    def _module(self, node: ast.AST) -> str:
        """Return the module or the imported thing that an expression means; empty if none."""
        if isinstance(node, ast.Name):
            return self.modules.get(node.id, "")
        if isinstance(node, ast.Attribute) and (owner := self._module(node.value)):
            return f"{owner}.{node.attr}"
        return ""

    def visit_Call(self, node: ast.Call) -> None:
        name = node.func.id if isinstance(node.func, ast.Name) else ""
        first = node.args[0] if node.args else None
        if name in ("setattr", "delattr") and first is not None and self._module(first):
            self.tell("replaced", f"it replaces a part of {ast.unparse(first)[:FIRST_LINE]}")
        if name in ("getattr", "vars") and len(node.args) > 1 and self._module(node.args[0]):
            wanted = node.args[1].value if isinstance(node.args[1], ast.Constant) else None
            if (self._module(node.args[0]), wanted) in self.cuts:
                self.tell("imported answer", f"it takes {wanted!s} out of a module: the answer")
        self.generic_visit(node)

    def visit_Subscript(self, node: ast.Subscript) -> None:
        stored = isinstance(node.ctx, ast.Store | ast.Del)
        owner = ast.unparse(node.value)
        others = owner in ("sys.modules", "__builtins__") or "__dict__" in owner
        if stored and others:
            self.tell("replaced", f"it replaces {ast.unparse(node)[:FIRST_LINE]}")
        self.generic_visit(node)

    def visit_Constant(self, node: ast.Constant) -> None:
        if not isinstance(node.value, str):
            return
        text = node.value
        if text in self.cut_modules or INNER.fullmatch(text):
            self.tell("reached the kit", f"it names the module {text} in a text")
        elif len(text) < LONGEST_NAME and PLACES.search(text):
            self.tell("reached for files", f"it names the file {text[:FIRST_LINE]!r}")

    def visit_Expr(self, node: ast.Expr) -> None:
        if not isinstance(node.value, ast.Constant):  # a docstring is no name of a file
            self.generic_visit(node)

    def visit_ClassDef(self, node: ast.ClassDef) -> None:
        for inner in node.body:
            if isinstance(inner, ast.FunctionDef) and inner.name in ("__eq__", "__ne__"):
                result = inner.body[-1]
                if isinstance(result, ast.Return) and isinstance(result.value, ast.Constant):
                    words = f"its class {node.name} answers every comparison alike"
                    self.tell("equals everything", words)
        self.generic_visit(node)
