"""The author's gate: what an exercise must prove before a student sees it."""

from __future__ import annotations

import ast
import re
import warnings
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np

from coursekit.notebooks.cells import Edition, cells
from coursekit.notebooks.notebook import build_notebook
from coursekit.notebooks.template import Template
from coursekit.practice.checks import Result, check_one, check_work
from coursekit.practice.declare import Check, Declared, Misconception
from coursekit.practice.gather import declared
from coursekit.practice.leaks import leaks, revealed
from coursekit.practice.parts import unexamined
from coursekit.practice.questions import prediction_faults
from coursekit.practice.solved_work import Changed, Recorded, Stubbed
from coursekit.practice.stubs import STUBS, Stub
from coursekit.practice.unchecked import unchecked
from coursekit.practice.worked import worked_faults
from coursekit.practice.worker_client import Child, Code


def code_of(template: Template, edition: Edition, train: bool = False) -> list[Code]:
    """Return the given and student cells of an edition, to be run in a child."""
    roles = {"given", "student", "train"} if train else {"given", "student"}
    return [
        Code(cell.id, cell.source(edition), bool(cell.names))
        for cell in cells(template)
        if cell.role in roles
    ]


def faults_of(template: Template) -> list[str]:
    """Return what is wrong with an exercise; nothing if it may be given to students.

    Of a worked lesson, say whether it runs.

    Raises:
        CourseError: The template cannot be built at all.
    """
    if not template.number:
        return [*prediction_faults(template), *worked_faults(template)]
    known = declared(template)
    faults = [*prediction_faults(template), *unchecked(template)]
    faults += [*_declared_well(known), *_numpys_own(template), *_unexplained(template)]
    with TemporaryDirectory() as folder:
        faults += _first_hole(template, known, Path(folder))
        with Child(code_of(template, "solved"), known.probes, Path(folder)) as child:
            right = Recorded(child)
            results = check_work(known, right)
            faults += [f"the solution fails “{r.check.title}”: {r.words}" for r in _bad(results)]
            faults += [f"cell {name}: {text}" for name, text in child.faults.items()]
            if not faults:
                faults += unearned(known, right)
                faults += unexamined(known, right)
                faults += _misconceptions(known, right)
    return [*faults, *leaks(template, build_notebook(template, "student")), *revealed(template)]


def _unexplained(template: Template) -> Iterator[str]:
    """Each solution has its reason, which `coursekit solution` shows."""
    for cell in cells(template):
        if cell.role == "student" and not cell.why:
            yield (
                f"{template.path}:{cell.line}: the solution of {', '.join(cell.names)} has no why: "
                'below its cell, say in a cell `# %% [markdown] tags=["why"]` why it is right and '
                "what would break otherwise"
            )


def _bad(results: list[Result]) -> list[Result]:
    return [result for result in results if result.status != "passed"]


def _declared_well(known: Declared) -> Iterator[str]:
    for check in known.checks.values():
        if check.points <= 0:
            yield f"{check.name} has no points"
        hints = set(check.hints) - {""}
        if len(check.hints) != 3 or len(hints) != 3:
            yield f"{check.name} needs three different hints, but has {len(hints)}"
        above = list(known.checks)[: list(known.checks).index(check.name)]
        for earlier in check.after:
            if earlier not in above:
                yield f"{check.name} comes after {earlier}, which is not a check above it"


def _numpys_own(template: Template) -> Iterator[str]:
    """A check compares with the kit's own functions."""
    for cell in cells(template):
        if cell.role != "check":
            continue
        for node in ast.walk(ast.parse(cell.origin)):
            if re.match(r"(np|numpy)\.testing\b", _dotted(node)):
                line = cell.line + getattr(node, "lineno", 1) - 1
                yield (
                    f"{template.path}:{line}: numpy.testing lets NaN, empty arrays and other "
                    "shapes pass: use assert_close or assert_equal of coursekit.practice"
                )


def _dotted(node: ast.AST) -> str:
    """Return what a node names of a module: ``numpy.testing`` of its import, too."""
    if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name):
        return f"{node.value.id}.{node.attr}"
    if isinstance(node, ast.ImportFrom):
        return f"{node.module}.{node.names[0].name}"
    return node.names[0].name if isinstance(node, ast.Import) else ""


def _first_hole(template: Template, known: Declared, folder: Path) -> Iterator[str]:
    """The unsolved notebook runs to its first hole and fails there in words that help."""
    holes = [cell for cell in cells(template) if cell.role == "student"]
    if not holes:
        yield "there is nothing for the student to write"
        return
    with Child(code_of(template, "student"), known.probes, folder) as child:
        results = check_work(known, child)
        names = [cell.name for cell in child.cells]
        early = [n for n in child.faults if names.index(n) < names.index(holes[0].id)]
        if early:
            yield f"cell {early[0]} fails before the first hole: {child.faults[early[0]]}"
    earned = sum(result.points for result in results)
    if earned:
        yield f"the unsolved notebook earns {earned} points"
    first = next(iter(_bad(results)), None)
    if (
        first
        and not re.search(r"to be written|in their place", first.words)
        and not first.misconception
    ):
        yield f"the first hole does not say what to do: {first.words}"


def unearned(known: Declared, right: Recorded) -> Iterator[str]:
    """Yield which checks give points for an answer that nobody worked for.

    Each name that the checks ask for is replaced alone, then all at once. A stub that happens
    to be right wherever a check looks is none.
    """
    asked = {check.name: _asked(check, right) for check in known.checks.values()}
    names = sorted(set().union(*asked.values()))
    found: dict[tuple[str, str], list[str]] = {}
    for title, stub in STUBS.items():
        told: set[str] = set()
        for name in (*names, ""):
            given = set(_given_away(known, asked, right, stub, name)) - told
            told |= given
            for check in given:
                found.setdefault((check, name), []).append(title)
    for (check, name), titles in sorted(found.items()):
        place = f"what `{name}` gives" if name else "all that it asks for"
        yield (
            f"{check} gives {known.checks[check].points} points for {', '.join(titles)} in place "
            f"of {place}: compare with assert_close or assert_equal"
        )


def _asked(check: Check, right: Recorded) -> set[str]:
    """Return the names that a check asks for."""
    names: set[str] = set()

    def listen(name: str, args: list[Any], answer: Any) -> Any:
        names.add(name)
        return answer

    check_one(check, (), Changed(right, listen))
    return names


def _given_away(
    known: Declared, asked: dict[str, set[str]], right: Recorded, stub: Stub, name: str
) -> Iterator[str]:
    """Yield the checks that pass although a stub replaces the answers of a name, or all."""
    passed: set[str] = set()
    for check in known.checks.values():
        if not passed.issuperset(check.after):
            continue
        if name and name not in asked[check.name]:
            passed.add(check.name)
            continue
        work = Stubbed(right, stub, name)
        with warnings.catch_warnings(), np.errstate(all="ignore"):
            warnings.simplefilter("ignore")
            if check_one(check, (), work).status == "passed":
                passed.add(check.name)
                if work.wrong:
                    yield check.name


def _misconceptions(known: Declared, right: Recorded) -> Iterator[str]:
    """Each is rejected and named; each check alone rejects at least one."""
    alone: set[str] = set()
    asked = set().union(*(_asked(check, right) for check in known.checks.values()))
    for misconception in known.misconceptions.values():

        def wrong(name: str, args: list[Any], answer: Any, kept: Any = misconception) -> Any:
            return kept.function(*args) if name == kept.of else answer

        results = check_work(known, Changed(right, wrong))
        rejecting = [result for result in results if result.status == "wrong"]
        if not rejecting:
            yield _never_rejected(misconception, asked)
        elif misconception.name not in {result.misconception for result in rejecting}:
            names = {result.misconception for result in rejecting}
            yield f"{misconception.name} is not named, but {names or 'nothing'}"
        if len(rejecting) == 1:
            alone.add(rejecting[0].check.name)
    for name in known.checks:
        if name not in alone:
            yield f"{name} rejects no misconception that every other check lets pass"


def _never_rejected(misconception: Misconception, asked: set[str]) -> str:
    """Return what to say of a misconception that no check rejects, and how to fix it."""
    if misconception.of in asked:
        fix = "a check must call it with values for which it differs from the solution"
    else:
        fix = f"no check asks for {misconception.of!r}, only for {', '.join(sorted(asked))}"
    return f"no check rejects {misconception.name}: {fix}"
