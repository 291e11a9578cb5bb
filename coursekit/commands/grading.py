"""Grades a folder of submissions: read, grade, show."""

from __future__ import annotations

import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from coursekit.commands.reporting import ClassOptions, read_class, report
from coursekit.console import Consoles, duration
from coursekit.errors import CourseError
from coursekit.grading.batch import Progress, grade_all
from coursekit.grading.belonging import chosen_exercises
from coursekit.grading.exam import Exam
from coursekit.grading.kept import KeptGrades, default_folder
from coursekit.grading.results import Grade, Submission
from coursekit.grading.submissions import read_submissions
from coursekit.grading.walls import NOT_STOPPED
from coursekit.practice.gather import exercise

if TYPE_CHECKING:
    from rich.progress import TaskID

PLAIN_EVERY = 10.0  # seconds between two lines where there is no terminal


@dataclass(frozen=True)
class Request:
    """What is to be graded, and how.

    Attributes:
        path: What a learning platform exported, a folder of notebooks, or one notebook.
        exercise: Such as ``nmt/attention``; a lesson; or ``course``.
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


def grade_class(request: Request, options: ClassOptions, out: Consoles) -> bool:
    """Grade what was handed in, show the marks, and write the reports if they are asked for.

    Returns:
        Whether every submission could be graded.

    Raises:
        CourseError: A file of the class has a fault, or nothing can be graded.
    """
    files = read_class(options)
    names = chosen_exercises(request.exercise)
    if request.hidden and len(names) > 1:
        raise CourseError(
            f"private checks are of one exercise, and {request.exercise} has {len(names)}",
            f"one exercise, such as --exercise {names[0]}",
        )
    with tempfile.TemporaryDirectory(prefix="coursekit-") as folder:
        scratch = Path(folder)
        handed = read_submissions(request.path, names, scratch=scratch, roster=files.roster)
        covered = (*options.private, scratch)
        grades = [
            grade
            for name in names
            if handed.submissions[name]
            for grade in graded(handed.submissions[name], name, request, covered, out)
        ]
        report(grades, handed, files, options, out)
    return not any(grade.failure for grade in grades)


def make_example(folder: Path, exercise_name: str, out: Consoles) -> None:
    """Write a class of made-up submissions, and print the command that grades it.

    Raises:
        CourseError: The folder has something in it, or cannot be written.
    """
    from coursekit.grading.example import EXERCISE, write_example

    command = write_example(folder, exercise_name or EXERCISE)
    out.result(f"a class of made-up submissions is in {folder}")
    out.result(f"next: {command}", "bold")


def graded(
    submissions: Sequence[Submission],
    name: str,
    request: Request,
    private: Sequence[Path],
    out: Consoles,
) -> list[Grade]:
    """Grade submissions for one exercise, with a live display of how far it has come.

    Args:
        submissions: What was handed in.
        name: The exercise.
        request: How they are graded.
        private: Further files and folders that no student's code may see.
        out: Where to print.

    Raises:
        CourseError: The walls are not there, or the hidden checks have a fault.
    """
    covered = [request.path.resolve(), *([request.hidden] if request.hidden else []), *private]
    with (
        Exam(
            exercise(name),
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
