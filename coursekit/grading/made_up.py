"""What made-up students write, by program: from an exercise's editions and its misconceptions."""

from __future__ import annotations

import ast
import copy
from collections.abc import Iterable, Mapping
from functools import lru_cache
from typing import Any

from coursekit.notebooks import names
from coursekit.notebooks.cells import BuiltCell, cells
from coursekit.notebooks.notebook import Notebook, build_notebook
from coursekit.notebooks.template import Template, decorator_names
from coursekit.practice.gather import declared

Code = Mapping[str, str]  # the source of a cell by its id


def answers(template: Template) -> list[BuiltCell]:
    """Return the cells that a student writes, in order."""
    return [cell for cell in cells(template) if cell.role == "student"]


def written(template: Template, code: Code) -> Notebook:
    """Return a student's notebook with the code of some cells."""
    book = copy.deepcopy(build_notebook(template, "student"))
    for cell in book["cells"]:
        cell["source"] = code.get(cell["id"], cell["source"])
    return book


def solved(template: Template, but: Iterable[str] = ()) -> dict[str, str]:
    """Return the right code of all cells that a student writes, but for those of some ids."""
    return {cell.id: cell.solved for cell in answers(template) if cell.id not in but}


@lru_cache(maxsize=8)
def mistakes(template: Template) -> tuple[tuple[str, str, str], ...]:
    """Return misconceptions as a student would write them: name, the cell's id, its code.

    A value is written down. A function takes the place of the one that a probe passes everything
    to. What cannot be turned round in this way is left out.
    """
    found = declared(template)
    cell_of = {name: cell.id for cell in answers(template) for name in cell.names}
    passes_to = {probe: _passes_to(code, cell_of) for probe, code in found.probes.items()}
    made = []
    for name, one in found.misconceptions.items():
        if one.of in found.probes:
            target = passes_to[one.of]
            code = _renamed(template, name, target) if target else ""
        elif one.of in cell_of and (source := _value(one.function)):
            target, code = one.of, f"{one.of} = {source}"
        else:
            target = one.of if one.of in cell_of else ""
            code = _renamed(template, name, target) if target else ""
        if code:
            made.append((name, cell_of[target], code))
    return tuple(made)


def _passes_to(probe: str, asked: Mapping[str, str]) -> str:
    """Return the asked function to which a probe passes all that it is given; empty if none."""
    function = ast.parse(probe).body[0]
    if not isinstance(function, ast.FunctionDef) or len(function.body) > 2:
        return ""
    given = [argument.arg for argument in function.args.args]
    calls = [node for node in ast.walk(function) if isinstance(node, ast.Call)]
    called = [c for c in calls if isinstance(c.func, ast.Name) and c.func.id in asked]
    if len(calls) != 1 or len(called) != 1:
        return ""
    passed = [arg.id if isinstance(arg, ast.Name) else "" for arg in called[0].args]
    return ast.unparse(called[0].func) if passed == given else ""


def _value(function: Any) -> str:
    """Return how a value is written that a misconception without arguments gives."""
    if function.__code__.co_argcount:
        return ""
    value = function()
    plain = isinstance(value, str | int | float | bool | list | tuple | dict)
    return repr(value) if plain else ""


def _renamed(template: Template, name: str, target: str) -> str:
    """Return a misconception's code under the asked name, after the helpers that it reads."""
    helpers: dict[str, str] = {}
    for cell in cells(template):
        if cell.role != "check":
            continue
        for node in ast.parse(cell.origin).body:
            if not isinstance(node, ast.FunctionDef):
                continue
            code = ast.get_source_segment(cell.origin, node) or ""
            if node.name == name:
                needed = names.needed(code)
                own = [helpers[helper] for helper in helpers if helper in needed]
                return "\n\n\n".join([*own, code.replace(f"def {name}(", f"def {target}(", 1)])
            if not decorator_names(node):
                helpers[node.name] = code
    return ""
