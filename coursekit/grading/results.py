"""What grading works on and what it finds: submissions, verdicts, alarms."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Literal

Status = Literal["passed", "wrong", "not reached", "not run"]


@dataclass(frozen=True)
class Submission:
    """A notebook that a student handed in.

    Attributes:
        student: The name or number that identifies the student, unique in the class.
        path: The notebook.
        name: The student's name as the learning platform spells it; empty if unknown.
        attempt: Which attempt it is, from 1.
        submitted: When it was handed in; None if the export does not say.
        late: Whether the export itself marks it as late.
    """

    student: str
    path: Path
    name: str = ""
    attempt: int = 1
    submitted: datetime | None = None
    late: bool = False


@dataclass(frozen=True)
class Verdict:
    """What one check found in a submission.

    Attributes:
        check: The check's name.
        title: What it asks, in words.
        possible: The points that it can give.
        earned: The points that it gave, computed on the grader's side.
        status: "not run" if the submission's code could not be asked at all.
        words: What is wrong; empty if it passed.
        misconception: The name of the misconception that gives the student's values.
        hints: The check's hints, in order.
        seconds: How long it took.
        hidden: Whether it is a private check, whose text no student sees.
    """

    check: str
    title: str
    possible: float
    earned: float
    status: Status
    words: str = ""
    misconception: str = ""
    hints: tuple[str, ...] = ()
    seconds: float = 0.0
    hidden: bool = False


@dataclass(frozen=True)
class Alarm:
    """Something about a submission that the instructor should look at.

    Attributes:
        kind: What kind of thing it is, in one or two words; the same for the same mechanism.
        words: What was found, in a sentence.
        cell: The cell where it was found; empty if in none.
    """

    kind: str
    words: str
    cell: str = ""


@dataclass(frozen=True)
class Grade:
    """All that grading one submission for one exercise found.

    Attributes:
        submission: What was graded.
        exercise: Such as ``nmt/attention``.
        verdicts: One for each check, in the exercise's order.
        alarms: What the instructor should look at; empty for honest work.
        notes: What the student should know, such as cells that were not run.
        output: What the student's code printed, cut to a bounded length.
        pictures: The PNG pictures that the notebook holds, at most a few.
        isolation: Behind which walls it ran: "bubblewrap", "container" or "process".
        seconds: How long it took.
        failure: Why the submission could not be graded as it should be; empty if it was.
    """

    submission: Submission
    exercise: str
    verdicts: tuple[Verdict, ...]
    alarms: tuple[Alarm, ...] = ()
    notes: tuple[str, ...] = ()
    output: str = ""
    pictures: tuple[bytes, ...] = field(default=(), repr=False)
    isolation: str = ""
    seconds: float = 0.0
    failure: str = ""

    @property
    def earned(self) -> float:
        """The points of all checks that passed."""
        return sum(verdict.earned for verdict in self.verdicts)

    @property
    def possible(self) -> float:
        """The points of all checks."""
        return sum(verdict.possible for verdict in self.verdicts)
