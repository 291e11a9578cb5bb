"""Grades one submission: its code behind the walls, checks, answers and points on this side."""

from __future__ import annotations

import random
import re
import secrets
import tempfile
import time
import warnings
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np

from coursekit.errors import CourseError
from coursekit.grading import again, integrity
from coursekit.grading.control import Control
from coursekit.grading.exam import Exam, GradedChild, Heard
from coursekit.grading.outputs import pictures_of
from coursekit.grading.results import Alarm, Grade, Submission, Verdict
from coursekit.grading.view import TAKEN
from coursekit.notebooks.notebook import Notebook
from coursekit.notebooks.reading import read_notebook
from coursekit.practice.checks import Result, check_one
from coursekit.practice.declare import Check
from coursekit.practice.namespace import StudentError
from coursekit.practice.plain_data import equal
from coursekit.practice.student_cells import StudentWork, work_of
from coursekit.practice.worker_process import CLOSED, FORGED, WorkerStartError
from coursekit.printable import MOST, printable

LEAST = 5.0  # seconds for a question beside the checks
LARGEST = 25_000_000  # bytes of a notebook that is handed in
MOST_WORDS = 4000  # characters of what is said of one check
MOST_NOTES = 12
MOST_ALARMS = 20  # of a kind
CONSTANT = "the answer stays the same when the question changes"
WRITTEN_DOWN = "the answer is right for the numbers of the check, and for no others"
EVENTS = {
    "answer": ("imported answer", "it called the kit's own {}, which was taken out"),
    "kit": ("reached the kit", "it tried to use {}"),
    "memory": ("reached around", "it opened {}, the memory or the files of a process"),
    "files": ("reached for files", "it tried to open {}"),
    "overwrite": ("replaced", "it tried to write {}"),
}


def grade(submission: Submission, exam: Exam, running: Callable[[], object] = bool) -> Grade:
    """Grade a submission for an exercise.

    Args:
        submission: The notebook that was handed in.
        exam: The exercise, ready.
        running: Called when the notebook was read and its code starts to run.

    Returns:
        What was found. A notebook that cannot be read, or whose code cannot be run, earns nothing
        and says why.

    Raises:
        WorkerStartError: The process for its code cannot start.
    """
    started = time.monotonic()
    try:
        made = _Grading(exam, submission, running).grade()
    except WorkerStartError:  # no fault of the submission's
        raise
    except CourseError as error:
        made = not_graded(submission, exam, str(error))
    return replace(made, seconds=round(time.monotonic() - started, 3))


def not_graded(submission: Submission, exam: Exam, why: str) -> Grade:
    """Return the grade of a submission whose code could not be asked."""
    verdicts = tuple(
        _verdict(exam, Result(check, "wrong"), 0.0, "not run")
        for check in exam.known.checks.values()
    )
    words = printable(why, MOST)
    return Grade(submission, exam.name, verdicts, isolation=exam.isolation, failure=words)


def _verdict(exam: Exam, result: Result, seconds: float, status: Any = None) -> Verdict:
    check = result.check
    return Verdict(
        check.name,
        check.title,
        float(check.points),
        float(result.points),
        status or result.status,
        printable(result.words, MOST_WORDS),
        result.misconception,
        check.hints,
        round(seconds, 3),
        check.name in exam.hidden,
    )


@dataclass
class _Grading:
    """The grading of one submission."""

    exam: Exam
    submission: Submission
    running: Callable[[], object]
    alarms: dict[Alarm, None] = field(default_factory=dict)
    words: list[str] = field(default_factory=list)  # of the checks that did not pass
    notes: tuple[str, ...] = ()
    is_closed: bool = False  # whether nothing more of the code's gets into the student's report
    draw: random.Random = field(default_factory=lambda: random.Random(secrets.randbits(64)))

    def grade(self) -> Grade:
        """Return what was found.

        Raises:
            CourseError: The notebook cannot be read, or no process can start.
        """
        book = read_submission(self.submission.path)
        work = work_of(self.exam.template, book)
        found = integrity.alarms_of(self.exam.template, book, work.code, self.exam.cuts)
        self.alarms |= dict.fromkeys(found)
        self.running()
        control = Control(self.draw)
        private = self.exam.private_probes
        known = {n: text for n, text in self.exam.known.probes.items() if n not in private}
        probes = known | {control.name: control.source}
        with (
            tempfile.TemporaryDirectory(prefix="coursekit-") as folder,
            self.exam.child(work.code, probes, Path(folder)) as child,
        ):
            verdicts = self._verdicts(child, control, lambda: self._close(child, book, work))
            self._close(child, book, work)
            child.notice(printed=False)
        self._heard(child, {code.name for code in work.code if not code.student})
        return Grade(
            self.submission,
            self.exam.name,
            tuple(verdicts),
            _bounded(self.alarms),
            self.notes,
            printable(child.output),
            pictures_of(book),
            self.exam.isolation,
        )

    def _close(self, child: GradedChild, book: Notebook, work: StudentWork) -> None:
        """Keep what the student's report shows beside the checks, before the hidden ones begin.

        What a hidden check asks could be printed, or raised when the cells run again.
        """
        if not self.is_closed:
            self.is_closed = True
            child.notice()
            self.notes = tuple(notes_of(self.exam, book, work, child))[:MOST_NOTES]

    def _verdicts(
        self, child: GradedChild, control: Control, close: Callable[[], None]
    ) -> list[Verdict]:
        """Run all checks, and in some place among them what no exercise asks for.

        Args:
            child: The student's code.
            control: What no exercise asks for.
            close: Called before the first hidden check.
        """
        checks = list(self.exam.known.checks.values())
        place = self.draw.randrange(len(checks) + 1)
        results: dict[str, tuple[Result, float]] = {}
        with warnings.catch_warnings(), np.errstate(all="ignore"):
            warnings.simplefilter("ignore")
            child.prepare()
            for number, check in enumerate(checks):
                if number == place:
                    self._control(child, control)
                if check.name in self.exam.hidden and not self.is_closed:
                    close()
                    with suppress(StudentError):  # its next question finds the child ended
                        child.add_probes(self.exam.private_probes)
                began = time.monotonic()
                result = self._checked(child, check, {n: r for n, (r, _) in results.items()})
                results[check.name] = result, time.monotonic() - began
                self.words.append(result.words)
            if place == len(checks):
                self._control(child, control)
        return [_verdict(self.exam, result, seconds) for result, seconds in results.values()]

    def _checked(self, child: GradedChild, check: Check, before: dict[str, Result]) -> Result:
        """Run a check; what passes is asked again with other numbers."""
        known = self.exam.known.checks
        missing = [name for name in check.after if before[name].status != "passed"]
        if missing:
            titles = ", ".join(f"“{known[name].title}”" for name in missing)
            return Result(check, "not reached", f"comes after {titles}")
        heard = Heard(child)
        limited = replace(check, limit=min(check.limit, self.exam.limits.cell))
        result = check_one(limited, self.exam.known.misconceptions.values(), heard)
        if result.status == "passed" and (fault := self._again(child, heard)):
            kind = "constant answer" if fault == CONSTANT else "memorised answer"
            self._alarm(kind, f"“{check.title}”: {fault}")
            return Result(check, "wrong", fault)
        return result

    def _again(self, child: GradedChild, heard: Heard) -> str:
        """Ask what a check asked with other numbers; return what is wrong with the answers.

        Of each function that the check asks, one answer at least has to be right.
        """
        outcomes: dict[str, set[str]] = defaultdict(set)
        for (name, args), given in zip(heard.calls, heard.answers, strict=True):
            question = self.exam.questions.of(name, args)
            if question and "right" not in outcomes[name]:
                outcomes[name].add(again.ask(question, given, child))
        never = set().union(*(found for found in outcomes.values() if "right" not in found))
        if "constant" in never:
            return CONSTANT
        return WRITTEN_DOWN if "wrong" in never else ""

    def _control(self, child: GradedChild, control: Control) -> None:
        """Ask for what every process can do, and for what none can."""
        if child.worker is None or child.left <= 0:
            return
        try:
            if not equal(child.call(control.name, control.args, LEAST), control.expected()):
                self._alarm(
                    "tampered", "sums, sorting or comparisons come out wrong in its process"
                )
        except StudentError as error:
            if child.worker is not None:
                self._alarm("tampered", f"simple sums fail in its process: {error}")
        answered = [
            _answers(lambda: child.value(control.nothing, LEAST)),
            _answers(lambda: child.call(control.nothing, control.args, LEAST)),
        ]
        if any(answered):
            self._alarm("canary", "it answers a question that no code can answer")

    def _heard(self, child: GradedChild, given: set[str]) -> None:
        """Raise the alarms of what was noticed while the code ran.

        A given cell may come to the solution by itself: a picture is drawn with it.
        """
        for kind, subject, cell in child.events:
            if kind in EVENTS and cell not in given:
                name, words = EVENTS[kind]
                self._alarm(name, words.format(printable(subject, 100)))
        said = [*child.faults.items(), *(("", words) for words in self.words)]
        for cell, words in said:
            if FORGED in words:
                self._alarm("forged reply", "it wrote into the channel of its answers", cell)
            elif CLOSED in words:
                self._alarm("closed channel", "it closed the channel of its answers", cell)
            known = any(alarm.kind == "imported answer" for alarm in self.alarms)
            if TAKEN in words and cell not in given and not known:
                told = "it called the kit's own solution, which was taken out"
                self._alarm("imported answer", told, cell)

    def _alarm(self, kind: str, words: str, cell: str = "") -> None:
        self.alarms[Alarm(kind, printable(words, MOST_WORDS), cell)] = None


def _bounded(alarms: Iterable[Alarm]) -> tuple[Alarm, ...]:
    """Return alarms, no more of a kind than somebody reads."""
    counts: Counter[str] = Counter()
    kept = []
    for alarm in alarms:
        counts[alarm.kind] += 1
        if counts[alarm.kind] <= MOST_ALARMS:
            kept.append(alarm)
    more = ((kind, number - MOST_ALARMS) for kind, number in counts.items())
    return (*kept, *(Alarm(kind, f"and {n:,} more of this kind") for kind, n in more if n > 0))


def _answers(ask: Callable[[], object]) -> bool:
    """Return whether there is an answer where there can be none."""
    try:
        ask()
    except StudentError:
        return False
    return True


def read_submission(path: Path) -> Notebook:
    """Read a notebook that was handed in.

    Raises:
        CourseError: It cannot be read, or is too large.
    """
    try:
        size = path.stat().st_size
    except OSError:
        size = 0  # reading it says why
    if size > LARGEST:
        raise CourseError(f"{path.name} has {size:,} bytes", f"at most {LARGEST:,}")
    return read_notebook(path)


def notes_of(exam: Exam, book: Notebook, work: StudentWork, child: GradedChild) -> Iterator[str]:
    """Yield what the student should know of what was run and what was not."""
    named = book["metadata"].get("coursekit", {}).get("exercise", "")
    if isinstance(named, str) and named and named != exam.name:
        yield printable(f"this is a notebook of {named}, graded as {exam.name}", MOST)
    for cell, names in work.replaced.items():
        again_bound = ", ".join(dict.fromkeys(names))
        yield printable(f"not counted: {again_bound} in {cell}", MOST)
    for names in (work.untrained, work.not_code, work.undone):
        if names:
            yield f"{', '.join(names)}: {_WHY[names is work.untrained, names is work.not_code]}"
    if work.left_out:
        yield printable(f"not run: {', '.join(work.left_out)}", MOST)
    for cell, words in child.faults.items():
        if TAKEN in words and not cell.startswith(("exercise-", "the cell ")):
            continue  # a given picture that is drawn with the solution
        yield printable(f"stopped early: {cell}: {_first_line(words)}", MOST)


_WHY = {
    (True, False): "the answer needs the training, which is not run",
    (False, True): "the cell for it is not a code cell",
    (False, False): "the unchanged cell below the answer overwrites it",
}


def _first_line(words: str) -> str:
    return re.split(r"\n", words, maxsplit=1)[0]
