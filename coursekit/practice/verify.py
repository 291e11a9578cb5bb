"""The author's gate: what an exercise must prove before a student sees it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np

from coursekit.notebooks.cells import Edition, cells
from coursekit.notebooks.notebook import Notebook, build_notebook
from coursekit.notebooks.source import HOLE
from coursekit.notebooks.template import Template
from coursekit.practice.checks import Result, check_work
from coursekit.practice.declare import Declared
from coursekit.practice.gather import declared
from coursekit.practice.worker_client import Child, Code

LONG = 20  # characters: a shorter line of a solution may be met anywhere


@dataclass
class Recorded:
    """The solved work: passes questions on, and keeps the answers."""

    child: Child
    answers: dict[str, Any] = field(default_factory=dict)

    def prepare(self) -> None:
        """Run the cells."""
        self.child.prepare()

    def call(self, name: str, args: list[Any], limit: float) -> Any:
        """Call, and keep the result."""
        key = f"{name}({args!r})"
        if key not in self.answers:
            self.answers[key] = self.child.call(name, args, limit)
        return self.answers[key]

    def value(self, name: str, limit: float) -> Any:
        """Read a value, and keep it."""
        if name not in self.answers:
            self.answers[name] = self.child.value(name, limit)
        return self.answers[name]


@dataclass
class Changed:
    """The solved work with some of its answers replaced.

    Args:
        right: The solved work.
        change: Takes a name, the arguments and the right answer, and returns another.
    """

    right: Recorded
    change: Any

    def prepare(self) -> None:
        """Run the cells."""
        self.right.prepare()

    def call(self, name: str, args: list[Any], limit: float) -> Any:
        """Return the changed result."""
        return self.change(name, args, self.right.call(name, args, limit))

    def value(self, name: str, limit: float) -> Any:
        """Return the changed value."""
        return self.change(name, [], self.right.value(name, limit))


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

    Raises:
        CourseError: The template cannot be built at all.
    """
    known = declared(template)
    faults = list(_declared_well(known))
    with TemporaryDirectory() as folder:
        faults += _first_hole(template, known, Path(folder))
        with Child(code_of(template, "solved"), known.probes, Path(folder)) as child:
            right = Recorded(child)
            results = check_work(known, right)
            faults += [f"the solution fails “{r.check.title}”: {r.words}" for r in _bad(results)]
            faults += [f"cell {name}: {text}" for name, text in child.faults.items()]
            if not faults:
                faults += _stubs(known, right)
                faults += _misconceptions(known, right)
    return faults + leaks(template, build_notebook(template, "student"))


def _bad(results: list[Result]) -> list[Result]:
    return [result for result in results if result.status != "passed"]


def _declared_well(known: Declared) -> Iterator[str]:
    if not known.checks:
        yield "there is no check"
    for check in known.checks.values():
        if check.points <= 0:
            yield f"{check.name} has no points"
        if len(check.hints) != 3 or len(set(check.hints)) != 3 or not all(check.hints):
            yield f"{check.name} has not three different hints"
        for earlier in check.after:
            if earlier not in known.checks:
                yield f"{check.name} comes after {earlier}, which is no check"


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
        yield f"the first hole does not say what is to be done: {first.words}"


def zeros(value: Any) -> Any:
    """Return a value of the same form in which every number is zero and every text empty."""
    if isinstance(value, np.ndarray):
        return np.zeros_like(value)
    if isinstance(value, tuple | list):
        return type(value)(zeros(item) for item in value)
    if isinstance(value, dict):
        return {key: zeros(item) for key, item in value.items()}
    return value if value is None else type(value)()


def _stubs(known: Declared, right: Recorded) -> Iterator[str]:
    stubs = {
        "None": lambda name, args, answer: None,
        "zeros": lambda name, args, answer: zeros(answer),
        "its input": lambda name, args, answer: args[0] if args else 0,
    }
    for title, stub in stubs.items():
        for result in check_work(known, Changed(right, stub)):
            if result.points:
                yield f"a stub that returns {title} earns {result.points} for {result.check.name}"


def _misconceptions(known: Declared, right: Recorded) -> Iterator[str]:
    """Each is rejected and named; each check alone rejects at least one."""
    alone: set[str] = set()
    for misconception in known.misconceptions.values():

        def wrong(name: str, args: list[Any], answer: Any, kept: Any = misconception) -> Any:
            return kept.function(*args) if name == kept.of else answer

        results = check_work(known, Changed(right, wrong))
        rejecting = [result for result in results if result.status == "wrong"]
        if not rejecting:
            yield f"no check rejects {misconception.name}"
        elif misconception.name not in {result.misconception for result in rejecting}:
            names = {result.misconception for result in rejecting}
            yield f"{misconception.name} is not named, but {names or 'nothing'}"
        if len(rejecting) == 1:
            alone.add(rejecting[0].check.name)
    for name in known.checks:
        if name not in alone:
            yield f"{name} rejects no misconception that every other check lets pass"


def leaks(template: Template, book: Notebook) -> list[str]:
    """Return the lines of the solution that the student edition holds outside given code."""
    given = {
        line.strip()
        for cell in cells(template)
        # A faulty version that is to be mended is given, too.
        if cell.role in ("given", "train") or (cell.names and HOLE not in cell.student)
        for line in cell.student.splitlines()
    }
    answers = {line.strip() for cell in cells(template) for line in cell.removed}
    secret = {line for line in answers if len(line) > LONG and line not in given}
    text = "\n".join(_texts(book))
    return [
        f"the student edition holds a line of the solution: {s}"
        for s in sorted(secret)
        if s in text
    ]


def _texts(value: Any) -> Iterator[str]:
    """Yield every text in a notebook: sources, outputs, metadata, attachments."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        for key, item in value.items():
            yield str(key)
            yield from _texts(item)
    elif isinstance(value, list):
        yield "".join(item for item in value if isinstance(item, str))
        for item in value:
            yield from _texts(item)
