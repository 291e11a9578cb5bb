"""Grades a folder of submissions: read, grade, show."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from rich.text import Text

from coursekit.console import Consoles, duration, print_json, table
from coursekit.errors import CourseError, disk_errors
from coursekit.grading.batch import Progress, grade_all
from coursekit.grading.exam import Exam
from coursekit.grading.kept import KeptGrades, default_folder
from coursekit.grading.results import Grade, Submission
from coursekit.grading.walls import NOT_STOPPED
from coursekit.practice.gather import exercise

if TYPE_CHECKING:
    from rich.progress import TaskID

PLAIN_EVERY = 10.0  # seconds between two lines where there is no terminal


@dataclass(frozen=True)
class Request:
    """What is to be graded, and how.

    Attributes:
        path: A folder of notebooks, or one notebook.
        exercise: Such as ``nmt/attention``.
        isolation: ``auto``, ``bubblewrap``, ``container`` or ``process``.
        jobs: How many are graded side by side; 0: one for each processor.
        hidden: A file with further checks.
        again: Whether what was graded before is graded again.
        image: Of the container.
        scheduler: The address of a Dask scheduler; empty: grade on this machine.
    """

    path: Path
    exercise: str
    isolation: str = "auto"
    jobs: int = 0
    hidden: Path | None = None
    again: bool = False
    image: str = ""
    scheduler: str = ""


def submissions_in(path: Path) -> list[Submission]:
    """Return the notebooks of a folder as submissions, or the one that is named.

    Raises:
        CourseError: There is none.
    """
    with disk_errors("read", path):
        files = sorted(path.glob("*.ipynb")) if path.is_dir() else [path]
    if not files or not files[0].exists():
        raise CourseError(
            f"there is no notebook in {path}" if path.is_dir() else f"there is no {path}",
            "a folder of notebooks, or one notebook",
        )
    return [Submission(file.stem, file) for file in files]


def grade_class(request: Request, as_json: bool, out: Consoles) -> bool:
    """Grade submissions and show the marks.

    Returns:
        Whether every submission could be graded.
    """
    grades = graded(submissions_in(request.path), request, out)
    if as_json:
        print_json([plain(grade) for grade in grades])
    else:
        _show(grades, out)
    return not any(grade.failure for grade in grades)


def graded(submissions: Sequence[Submission], request: Request, out: Consoles) -> list[Grade]:
    """Grade submissions for one exercise, with a live display of how far it has come.

    Raises:
        CourseError: The walls are not there, or the hidden checks have a fault.
    """
    template = exercise(request.exercise)
    covered = [request.path.resolve(), *([request.hidden] if request.hidden else [])]
    with (
        Exam(
            template,
            request.isolation,
            hidden=request.hidden,
            covered=covered,
            image=request.image,
        ) as exam,
        _display(len(submissions), exam, out) as told,
    ):
        kept = KeptGrades(exam, default_folder())
        if request.again:
            kept.forget(submissions)
        if request.scheduler:
            from coursekit.grading import cluster

            task = cluster.task_of(exam, request.isolation)
            return cluster.grade_on(
                request.scheduler, submissions, exam, task, kept=kept, told=told
            )
        if request.hidden:
            exam.ready()  # a fault in them is told before any mark
        return grade_all(submissions, exam, jobs=request.jobs, kept=kept, told=told)


@contextmanager
def _display(total: int, exam: Exam, out: Consoles) -> Iterator[Any]:
    """Yield what is told of each grade: a bar on a terminal, elsewhere a line now and then."""
    out.say(f"{exam.name}: {total} submissions, isolation: {exam.isolation}", "dim")
    if exam.isolation == "process":
        out.say(NOT_STOPPED, "yellow")
    began = time.monotonic()
    if not out.stderr.is_terminal:
        yield _Lines(out)
    else:
        from rich import progress

        bars = progress.Progress(
            progress.TextColumn("{task.description}", markup=False),
            progress.BarColumn(),
            progress.MofNCompleteColumn(),
            progress.TextColumn("{task.fields[left]}", markup=False),
            console=out.stderr,
            transient=True,
        )
        task: TaskID = bars.add_task(exam.name, total=total, left="")

        def show(told: Progress) -> None:
            left = "" if told.left is None else f"{duration(told.left)} left"
            bars.update(task, completed=told.done, left=left)

        with bars:
            yield show
    out.say(f"graded in {duration(time.monotonic() - began)}", "dim")


class _Lines:
    """Says now and then how far a grading has come."""

    def __init__(self, out: Consoles) -> None:
        self.out, self.last = out, time.monotonic()

    def __call__(self, told: Progress) -> None:
        now = time.monotonic()
        if now - self.last >= PLAIN_EVERY:
            self.last = now
            left = "" if told.left is None else f", {duration(told.left)} left"
            self.out.say(f"{told.done} of {told.total} graded{left}", "dim")


def plain(grade: Grade) -> dict[str, Any]:
    """Return a grade as plain values, without its pictures."""
    values = asdict(grade)
    handed = values.pop("submission")
    values.pop("pictures")
    who = {"student": handed["student"], "file": str(handed["path"])}
    return {**who, "earned": grade.earned, "possible": grade.possible, **values}


def _show(grades: Sequence[Grade], out: Consoles) -> None:
    columns = ("student", "points", "checks", "to look at")
    grid = table(*columns, right=("points", "checks"), lead=("student", "points"))
    for grade in grades:
        passed = sum(verdict.status == "passed" for verdict in grade.verdicts)
        kinds = Counter(alarm.kind for alarm in grade.alarms)
        look = grade.failure.splitlines()[0] if grade.failure else ", ".join(kinds)
        grid.add_row(
            Text(grade.submission.student),
            Text(f"{grade.earned:g}/{grade.possible:g}"),
            Text(f"{passed}/{len(grade.verdicts)}"),
            Text(look, style="yellow"),
        )
    out.show(grid)
