"""Grades many submissions at once: some processes side by side, none of which can stop the rest.

Each of them grades one submission after another. One that ends, or stays silent too long, costs
the submission that it was at, and is replaced.
"""

from __future__ import annotations

import multiprocessing
import os
import signal
import sys
import time
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from multiprocessing.connection import Connection, wait
from multiprocessing.process import BaseProcess
from typing import Literal

from coursekit.errors import CourseError
from coursekit.grading.exam import Exam
from coursekit.grading.grade import grade, not_graded
from coursekit.grading.kept import KeptGrades
from coursekit.grading.results import Grade, Submission
from coursekit.practice.worker_process import WorkerStartError

READING = 60.0  # seconds in which a notebook is read
SLACK = 60.0  # seconds beyond the limits in which a grade is made
ATTEMPTS = 2  # for a submission whose process ended for no reason of its own
TICK = 1.0  # seconds between two looks at the clock
ENDED = "the process that graded it ended: {}"
SILENT = "it was not {} within {:.0f} seconds"


@dataclass(frozen=True)
class Progress:
    """How far a grading has come.

    Attributes:
        done: Submissions that are graded, those that were kept included.
        total: All submissions.
        kept: How many of them were graded earlier.
        left: Seconds that the rest will take; None as long as that cannot be told.
        grade: The one that has just been made.
    """

    done: int
    total: int
    kept: int
    left: float | None
    grade: Grade


def processors() -> int:
    """Return how many processors this process may use."""
    if sys.platform == "linux":
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def grade_all(
    submissions: Sequence[Submission],
    exam: Exam,
    *,
    jobs: int = 0,
    kept: KeptGrades | None = None,
    told: Callable[[Progress], object] = bool,
) -> list[Grade]:
    """Grade submissions for an exercise.

    Args:
        submissions: What was handed in.
        exam: The exercise; it is started if something is to be graded.
        jobs: How many processes grade side by side; 0: one for each processor.
        kept: Where grades are kept; None: nowhere.
        told: Is told of each grade as it is made.

    Returns:
        The grades, in the order of the submissions.

    Raises:
        CourseError: The exercise's own solution does not pass the checks, no process can start,
            or a grade cannot be kept.
    """
    found: dict[int, Grade] = {}
    for place, submission in enumerate(submissions):
        if kept is not None and (grade := kept.get(submission)):
            found[place] = grade
    left = [place for place in range(len(submissions)) if place not in found]
    already, began = len(found), time.monotonic()
    for number, grade in enumerate(found.values(), 1):
        told(Progress(number, len(submissions), already, None, grade))
    if left:
        exam.ready()
        began = time.monotonic()
        count = min(jobs or processors(), len(left))
        for place, grade in _made(submissions, left, exam, count):
            found[place] = grade
            if kept is not None and not _is_graders(grade):
                kept.put(grade)
            done = len(found) - already
            rest = (time.monotonic() - began) / done * (len(left) - done)
            told(Progress(len(found), len(submissions), already, rest, grade))
    return [found[place] for place in range(len(submissions))]


def _is_graders(grade: Grade) -> bool:
    """Return whether a failure may be the grader's, so that it is tried again next time."""
    return grade.failure.startswith((ENDED.format(""), SILENT.partition("{")[0]))


def _made(
    submissions: Sequence[Submission], left: Sequence[int], exam: Exam, count: int
) -> Iterator[tuple[int, Grade]]:
    if sys.platform == "win32":  # no fork: one after another, in this process
        for place in left:
            yield place, grade(submissions[place], exam)
        return
    pool = _Pool(submissions, deque(left), exam)
    try:
        pool.fill(count)
        while pool.slots:
            yield from pool.wait()
            pool.fill(count)
    finally:
        pool.end()


State = Literal["reading", "running"]


@dataclass
class _Slot:
    """A process that grades, and what it is at."""

    process: BaseProcess
    connection: Connection
    place: int
    state: State = "reading"
    since: float = field(default_factory=time.monotonic)

    def end(self) -> None:
        """End the process; what it started ends with it."""
        self.connection.close()
        self.process.kill()
        self.process.join()


@dataclass
class _Pool:
    """The processes that grade, and what is left for them."""

    submissions: Sequence[Submission]
    left: deque[int]
    exam: Exam
    slots: list[_Slot] = field(default_factory=list)
    attempts: dict[int, int] = field(default_factory=dict)

    def fill(self, count: int) -> None:
        """Start processes as long as there is something to do."""
        while self.left and len(self.slots) < count:
            context = multiprocessing.get_context("fork")
            ours, theirs = context.Pipe()
            others = [slot.connection for slot in self.slots]
            process = context.Process(
                target=_serve,
                args=(theirs, [ours, *others], self.submissions, self.exam),
                daemon=True,
            )
            process.start()
            theirs.close()
            slot = _Slot(process, ours, -1)
            self._hand(slot)
            self.slots.append(slot)

    def _hand(self, slot: _Slot) -> None:
        slot.place, slot.state, slot.since = self.left.popleft(), "reading", time.monotonic()
        with suppress(OSError):  # it has ended: that is seen where its answer is missing
            slot.connection.send(slot.place)

    def wait(self) -> Iterator[tuple[int, Grade]]:
        """Wait for something to happen, and yield the grades that were made."""
        ready = wait([slot.connection for slot in self.slots], TICK)
        for slot in list(self.slots):
            if slot.connection in ready:
                yield from self._heard(slot)
            elif fault := self._overdue(slot):
                yield from self._lost(slot, fault, again=False)

    def _heard(self, slot: _Slot) -> Iterator[tuple[int, Grade]]:
        try:
            said = slot.connection.recv()
        except (EOFError, OSError):
            slot.process.join(1)
            code = slot.process.exitcode
            yield from self._lost(slot, ENDED.format(f"status {code}"), again=True)
            return
        if said == "running":
            slot.state, slot.since = "running", time.monotonic()
            return
        if isinstance(said, CourseError):
            raise said
        yield slot.place, said
        if self.left:
            self._hand(slot)
        else:
            self.slots.remove(slot)
            slot.end()

    def _overdue(self, slot: _Slot) -> str:
        """Return what took too long; empty if nothing did."""
        limits = self.exam.limits
        most = READING if slot.state == "reading" else limits.given + limits.total + SLACK
        if time.monotonic() - slot.since <= most:
            return ""
        return SILENT.format("read" if slot.state == "reading" else "graded", most)

    def _lost(self, slot: _Slot, fault: str, again: bool) -> Iterator[tuple[int, Grade]]:
        """Give up a process, and its submission unless that may be tried again."""
        self.slots.remove(slot)
        slot.end()
        tried = self.attempts[slot.place] = self.attempts.get(slot.place, 0) + 1
        if again and tried < ATTEMPTS:
            self.left.append(slot.place)
        else:
            yield slot.place, not_graded(self.submissions[slot.place], self.exam, fault)

    def end(self) -> None:
        """End all processes."""
        for slot in self.slots:
            slot.end()


def _serve(
    connection: Connection,
    others: Sequence[Connection],
    submissions: Sequence[Submission],
    exam: Exam,
) -> None:
    """Grade what is asked for until nobody asks."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the process that asks decides
    for other in others:
        other.close()
    while True:
        try:
            place = connection.recv()
        except EOFError:
            os._exit(0)
        connection.send(_one(submissions[place], exam, lambda: connection.send("running")))


def _one(submission: Submission, exam: Exam, running: Callable[[], None]) -> Grade | CourseError:
    """Return a grade, or why there can be none for anybody."""
    fault: CourseError | None = None
    for _ in range(ATTEMPTS):
        try:
            return grade(submission, exam, running)
        except WorkerStartError as error:
            fault = error
    assert fault is not None
    return fault
