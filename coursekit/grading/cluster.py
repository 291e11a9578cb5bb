"""Hands submissions to a Dask cluster: the same grading function, on other machines.

A worker keeps an exercise ready from its first submission on. One that dies costs a retry.
"""

from __future__ import annotations

import hashlib
import tempfile
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from pathlib import Path
from typing import Any

from coursekit.errors import CourseError
from coursekit.grading.batch import Progress
from coursekit.grading.exam import Exam
from coursekit.grading.grade import LARGEST, grade, not_graded
from coursekit.grading.kept import KeptGrades
from coursekit.grading.results import Grade, Submission
from coursekit.notebooks.template import Template
from coursekit.practice.gather import exercise
from coursekit.practice.limits import Limits
from coursekit.stored import read_bytes

EXTRA = 'pip install "distributed>=2024.1"'
PATIENCE = 10.0  # seconds in which a scheduler answers
RETRIES = 3  # of a submission whose worker died

_alone = threading.Lock()  # one thread of a worker makes an exercise ready


@dataclass(frozen=True)
class Task:
    """What a worker needs to grade submissions of an exercise.

    Attributes:
        exercise: Its name.
        template: The hash of its template; the worker's must be the same.
        isolation: As it was asked for; "auto" is decided where the code runs.
        limits: What a submission may use.
        hidden: The text of a file with further checks; None: there is none.
    """

    exercise: str
    template: str
    isolation: str
    limits: Limits
    hidden: bytes | None = None


def task_of(exam: Exam, isolation: str) -> Task:
    """Return what a worker needs to grade like an exam."""
    hidden = None if exam.hidden_file is None else read_bytes(exam.hidden_file)
    return Task(exam.name, _hash(exam.template), isolation, exam.limits, hidden)


def _hash(template: Template) -> str:
    return hashlib.sha256(template.path.read_bytes()).hexdigest()


def grade_remotely(task: Task, submission: Submission, content: bytes) -> Grade:
    """Grade a submission; this runs on a worker.

    Args:
        task: The exercise.
        submission: Whose it is; its file is not there.
        content: The file.

    Raises:
        CourseError: The worker has another edition of the exercise, or cannot start a process.
    """
    with _alone:
        exam = _ready(task)
    with tempfile.TemporaryDirectory(prefix="coursekit-") as folder:
        path = Path(folder) / submission.path.name
        path.write_bytes(content)
        made = grade(replace(submission, path=path), exam)
    return replace(made, submission=submission)


@lru_cache(maxsize=8)
def _ready(task: Task) -> Exam:
    """Make an exercise ready, once for each process."""
    template = exercise(task.exercise)
    if _hash(template) != task.template:
        raise CourseError(
            f"a worker has another edition of {task.exercise}",
            "the same coursekit and plugins on all machines",
        )
    hidden = None
    if task.hidden is not None:
        hidden = Path(tempfile.mkdtemp(prefix="coursekit-")) / "hidden.py"
        hidden.write_bytes(task.hidden)
    exam = Exam(template, task.isolation, limits=task.limits, hidden=hidden)
    exam.ready()
    return exam


def grade_on(
    address: str,
    submissions: Sequence[Submission],
    exam: Exam,
    task: Task,
    *,
    kept: KeptGrades | None = None,
    told: Callable[[Progress], object] = bool,
) -> list[Grade]:
    """Grade submissions on the cluster of a scheduler.

    Args:
        address: Of the scheduler, such as ``tcp://10.0.0.1:8786``.
        submissions: What was handed in.
        exam: The exercise; it need not be started here.
        task: What the workers need.
        kept: Where grades are kept; None: nowhere.
        told: Is told of each grade as it is made.

    Returns:
        The grades, in the order of the submissions.

    Raises:
        CourseError: The scheduler is not there, or a worker cannot grade at all.
    """
    found: dict[int, Grade] = {}
    contents: dict[int, bytes] = {}
    for place, submission in enumerate(submissions):
        if kept is not None and (made := kept.get(submission)):
            found[place] = made
            continue
        try:
            contents[place] = read_bytes(submission.path, LARGEST)
        except CourseError as error:
            found[place] = not_graded(submission, exam, str(error))
    already, began = len(found), time.monotonic()
    with _client(address) as client:
        for place, made in _results(client, task, submissions, contents, exam):
            found[place] = made
            if kept is not None and not made.failure:
                kept.put(made)
            done = len(found) - already
            rest = (time.monotonic() - began) / done * (len(contents) - done)
            told(Progress(len(found), len(submissions), already, rest, made))
    return [found[place] for place in range(len(submissions))]


def _results(
    client: Any,
    task: Task,
    submissions: Sequence[Submission],
    contents: dict[int, bytes],
    exam: Exam,
) -> Any:
    from distributed import KilledWorker, as_completed

    futures = {
        client.submit(
            grade_remotely, task, submissions[place], content, pure=False, retries=RETRIES
        ): place
        for place, content in contents.items()
    }
    for future in as_completed(list(futures), loop=client.loop):
        place = futures[future]
        try:
            yield place, future.result()
        except KilledWorker:
            words = "every worker that graded it died"
            yield place, not_graded(submissions[place], exam, words)
        future.release()


def _client(address: str) -> Any:
    """Connect to a scheduler.

    Raises:
        CourseError: The library is missing, or there is no scheduler.
    """
    try:
        from distributed import Client
    except ImportError:
        raise CourseError("--scheduler needs the library distributed", remedy=EXTRA) from None
    try:
        return Client(address, timeout=PATIENCE, set_as_default=False)
    except (OSError, TimeoutError, ValueError, TypeError) as error:
        raise CourseError(
            f"no scheduler answers at {address}: {type(error).__name__}",
            "the address of a running `dask scheduler`, such as tcp://10.0.0.1:8786",
            "start one with `dask scheduler`, and workers with `dask worker ADDRESS`",
        ) from None
