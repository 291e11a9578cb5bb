"""Checks a notebook, remembers what was found, and says what the check left out."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date

from coursekit.console import Consoles
from coursekit.errors import CourseError
from coursekit.notebooks.notebook import Notebook
from coursekit.notebooks.template import Template
from coursekit.practice.checks import Result, check_work
from coursekit.practice.gather import declared, probes_of
from coursekit.practice.locate import Place, open_notebook, why_not_own
from coursekit.practice.records import Record, changing
from coursekit.practice.reviews import begin_reviews
from coursekit.practice.student_cells import StudentWork, code_of, work_of
from coursekit.practice.worker_client import Child
from coursekit.practice.worker_process import Worker

MOST_NAMED = 3  # cells that are named of those that stopped early


@dataclass
class Checked:
    """What a check of a notebook found.

    Attributes:
        where: The exercise and its notebook.
        results: One for each check.
        work: What was run, and what was not.
        stopped: What went wrong in the student's further cells, by the cell's name.
        warnings: What the student should know of the notebook's folder.
        unsaved: Why it could not be recorded; None if it was, or is not to be.
    """

    where: Place
    results: list[Result]
    work: StudentWork
    stopped: dict[str, str]
    warnings: list[str]
    unsaved: CourseError | None = None

    @property
    def failing(self) -> str:
        """The first check that did not pass; empty if all did."""
        return next(iter(self.all_failing), "")

    @property
    def all_failing(self) -> list[str]:
        """All checks that did not pass, in order."""
        return [r.check.name for r in self.results if r.status != "passed"]


def checked(where: Place, worker: Worker | None = None) -> Checked:
    """Run the checks of a notebook and, if it is the student's own, record what they found.

    If the record cannot be saved, the results are still returned.

    Args:
        where: The exercise and its notebook.
        worker: The process that runs the student's code, if it was started ahead.

    Raises:
        CourseError: The notebook cannot be read.
    """
    book = open_notebook(where.path)
    work, probes = work_of(where.template, book), probes_of(where.template)
    with Child(work.code, probes, where.path.parent, worker=worker) as child:
        with child.preparing():
            known = declared(where.template)
        results = check_work(known, child)
        stopped = {n: text for n, text in child.faults.items() if n.startswith("the cell ")}
    found = Checked(where, results, work, stopped, child.warnings)
    if where.own:
        try:
            _save(found, fingerprint(where.template, book))
        except CourseError as error:
            found.unsaved = error
    return found


def _save(found: Checked, answers: str) -> None:
    with changing() as kept:
        record = kept.setdefault(found.where.template.name, Record())
        record.path = str(found.where.path)
        record.points = sum(result.points for result in found.results)
        record.total = sum(result.check.points for result in found.results)
        record.passed = [r.check.name for r in found.results if r.status == "passed"]
        record.failing, record.answers = found.failing, answers
        passed = record.passed
        if record.solved and not record.solved_on:
            record.solved_on = date.today().isoformat()
    begin_reviews(found.where.template, passed, date.today())


def fingerprint(template: Template, book: Notebook) -> str:
    """Return the hash of what a check runs."""
    return hashlib.sha256(repr(code_of(template, book)).encode()).hexdigest()


def show_notes(found: Checked, out: Consoles) -> None:
    """Say what was left out, what of the student's does not count, and what was not recorded."""
    for line in _surprises(found):
        out.result(line, "yellow")
    for line in _notes(found):
        out.result(line, "dim")
    if found.unsaved:
        out.say(f"your progress could not be saved: {found.unsaved}", "yellow")


def notes(found: Checked) -> Iterator[str]:
    """Yield what was left out, and what of the student's does not count."""
    yield from _surprises(found)
    yield from _notes(found)


def _surprises(found: Checked) -> Iterator[str]:
    """Yield what the student would not expect."""
    yield from found.warnings
    for cell, again_bound in found.work.replaced.items():
        again = ", ".join(dict.fromkeys(again_bound))
        yield f"not counted: {again} in {cell}; the check uses the exercise's own {again}"
    if found.work.untrained:
        names = ", ".join(found.work.untrained)
        yield f"{names}: the answer needs the training, which a check does not run; write its value"
    if found.work.not_code:
        names = ", ".join(found.work.not_code)
        yield f"{names}: the cell for it is not a code cell; change its type to Code"
    if found.work.undone:
        undone = ", ".join(found.work.undone)
        yield f"{undone}: the unchanged cell below your answer overwrites it; delete that cell"


def _notes(found: Checked) -> Iterator[str]:
    work = found.work
    training = ["the training cell"] if work.training == 1 else []
    if work.training > 1:
        training = [f"{work.training} training cells"]
    if work.needs_training:
        training.append("code that needs the trained model")
    if left_out := [*training, *work.left_out]:
        yield f"not run: {', '.join(left_out)}"
    for cell, text in list(found.stopped.items())[:MOST_NAMED]:
        yield f"stopped early: {cell}: {text.splitlines()[0]}"
    if len(found.stopped) > MOST_NAMED:
        yield f"stopped early: {len(found.stopped) - MOST_NAMED} more cells"
    if work.earlier:
        yield f"made by an earlier edition: coursekit update {found.where.template.name}"
    elif work.missing:
        missing = ", ".join(map(repr, work.missing))
        yield f"run although they are missing from the notebook: {missing}"
    if not found.where.own:
        yield why_not_own(found.where)
