"""From what a learning platform exported to the submissions that are graded."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from coursekit.errors import CourseError
from coursekit.grading.belonging import belongs
from coursekit.grading.exports import Sender, readable, sender
from coursekit.grading.found_files import Found, find_notebooks
from coursekit.grading.results import Submission
from coursekit.grading.roster import Roster, Student, plain
from coursekit.notebooks.notebook import Notebook
from coursekit.notebooks.reading import read_notebook
from coursekit.notebooks.template import Address
from coursekit.practice.locate import all_exercises
from coursekit.stored import require_file

MOST_LOOKED_AT = 20_000_000  # bytes of a notebook that is opened before it is graded
MOST_NAMED = 8  # names that one note repeats


@dataclass(frozen=True)
class Missing:
    """A student of whom there is nothing to grade.

    Attributes:
        student: The name or number that identifies the student.
        name: As the class list or the platform spells it.
        exercise: For which there is nothing.
        why: In a few words.
    """

    student: str
    name: str
    exercise: str
    why: str


@dataclass(frozen=True)
class Handed:
    """All that was handed in.

    Attributes:
        submissions: What is graded: at most one for each student and exercise, by exercise.
        missing: For whom there is nothing to grade.
        notes: What the instructor should know about the files, a sentence each.
        roster: The class list; empty if there is none.
    """

    submissions: Mapping[str, tuple[Submission, ...]]
    missing: tuple[Missing, ...] = ()
    notes: tuple[str, ...] = ()
    roster: Roster = field(default_factory=Roster)


@dataclass
class _Reading:
    """What is known while the files are gone through."""

    roster: Roster
    chosen: Sequence[str]
    known: Mapping[str, Address]  # all exercises
    notes: list[str] = field(default_factory=list)
    unknown: dict[str, int] = field(default_factory=dict)  # how many students a name may mean
    people: dict[str, str] = field(default_factory=dict)  # names by id
    accounts: dict[str, str] = field(default_factory=dict)  # of the platform, by id in the list
    taken: dict[tuple[str, str], list[tuple[Found, Submission]]] = field(
        default_factory=lambda: defaultdict(list)
    )
    others: dict[str, list[tuple[str, str]]] = field(default_factory=lambda: defaultdict(list))


def read_submissions(
    path: Path, exercises: Sequence[str], *, scratch: Path, roster: Roster | None = None
) -> Handed:
    """Read what was handed in.

    Args:
        path: A folder or a zip file as Moodle or Canvas exports it, a folder with a notebook or
            a folder for each student, or one notebook.
        exercises: The names of the exercises that are graded, see `chosen_exercises`.
        scratch: A folder for what archives hold.
        roster: The class list.

    Raises:
        CourseError: There is no notebook, or nothing can be read.
    """
    found = find_notebooks(path, scratch)
    reading = _Reading(roster or Roster(), exercises, all_exercises(), list(found.notes))
    for one in found.notebooks:
        _take(reading, one)
    for parts in found.others:
        _without_notebook(reading, parts)
    submissions = {name: _latest(reading, name) for name in exercises}
    missing = tuple(_missing(reading, submissions))
    if not any(submissions.values()):
        # Of a whole folder of another exercise no table is made: it is the wrong folder.
        raise CourseError(
            f"no notebook in {path} is of {', '.join(exercises)}",
            "notebooks of the exercise that is graded",
            "; ".join(f"{m.name or m.student}: {m.why}" for m in missing[:3])
            or "look at --exercise and at the folder",
        )
    _tell_unknown(reading)
    return Handed(submissions, missing, tuple(reading.notes), reading.roster)


def _take(reading: _Reading, one: Found) -> None:
    """Put a notebook where it belongs."""
    who = _sender(reading, one.parts)
    identity, name, student = _identity(reading, who)
    reading.people.setdefault(identity, name)
    belonging = belongs(_book(one.path), who.file, reading.chosen, reading.known)
    if belonging.exercise:
        submission = Submission(
            student=identity,
            path=one.path,
            name=name,
            attempt=who.attempt,
            submitted=student.submitted if student else None,
            late=who.late,
        )
        reading.taken[identity, belonging.exercise].append((one, submission))
    else:
        why = f"the notebook is of {belonging.other}" if belonging.other else "of no exercise"
        reading.others[identity].append((_shown(one.parts), why))


def _sender(reading: _Reading, parts: Sequence[str]) -> Sender:
    who = sender(parts)
    if who.platform != "flat" or len(parts) > 1:
        return who
    return Sender("flat", _person(reading, who.id), "", who.file, who.attempt)


def _person(reading: _Reading, word: str) -> str:
    """Return what of a file's name means a student: all but the exercise and the ending."""
    for name in reading.chosen:
        address = reading.known[name]
        stem = rf"(?:{address.lesson}[ _-])?(?:{address.number}-)?{re.escape(address.topic)}"
        found = re.fullmatch(rf"{stem}[ _-]+(.+)|(.+?)[ _-]+{stem}", word, re.IGNORECASE)
        if found:
            return str(found[1] or found[2])
    return word


def _identity(reading: _Reading, who: Sender) -> tuple[str, str, Student | None]:
    """Return the id, the name and the student of the class list that a file's name means."""
    if who.platform == "flat":
        student, count = reading.roster.find(*map(readable, (who.id, *_pieces(who.id))))
    else:
        student, count = reading.roster.of_account(who.id, readable(who.name))
    if student and who.platform != "flat":
        # Two accounts of one platform are two people, even if the list knows one of that name.
        count = 1 if reading.accounts.setdefault(student.id, who.id) == who.id else 2
    if student is not None and count == 1:
        return student.id, student.name or readable(who.name), student
    identity = readable(who.id)
    if identity in reading.roster.students:  # somebody else's id in the list
        identity = f"{readable(who.name)} {identity}".strip()
    if reading.roster.students:
        reading.unknown[readable(who.name) or identity] = count
    return identity, readable(who.name), None


def _pieces(word: str) -> list[str]:
    return [piece for piece in re.split(r"[_ ]+", word) if len(piece) > 1]


def _book(path: Path) -> Notebook | None:
    """Return a notebook; None if it is none, or huge, which grading it will explain."""
    try:
        return read_notebook(path) if require_file(path) <= MOST_LOOKED_AT else None
    except CourseError:
        return None


def _without_notebook(reading: _Reading, parts: Sequence[str]) -> None:
    who = _sender(reading, parts)
    identity, name, _ = _identity(reading, who)
    if len(parts) > 1 or who.platform != "flat":
        reading.people.setdefault(identity, name)
        reading.others[identity].append((_shown(parts), "no notebook"))
    else:
        reading.unknown.pop(readable(who.id), None)
        reading.notes.append(f"{_shown(parts)} is no notebook; it is left out")


def _latest(reading: _Reading, exercise: str) -> tuple[Submission, ...]:
    """Return each student's latest notebook of an exercise; the others are named."""
    chosen = []
    for (_, name), all_of_it in reading.taken.items():
        if name != exercise:
            continue
        ordered = sorted(all_of_it, key=lambda one: (one[1].attempt, one[0].modified, one[0].parts))
        *earlier, (last, submission) = ordered
        chosen.append(submission)
        if earlier:
            rest = ", ".join(_shown(one.parts) for one, _ in earlier)
            who = submission.name or submission.student
            reading.notes.append(
                f"{who} handed in {len(ordered)} notebooks for {exercise}: "
                f"{_shown(last.parts)} counts, as the latest; not counted: {rest}"
            )
    return tuple(sorted(chosen, key=lambda one: (plain(one.name), one.student)))


def _missing(
    reading: _Reading, submissions: Mapping[str, Iterable[Submission]]
) -> Iterable[Missing]:
    """Yield who has handed in nothing that can be graded for an exercise."""
    people = {student.id: student.name for student in reading.roster.students.values()}
    for identity in reading.others:
        people.setdefault(identity, reading.people.get(identity, ""))
    for exercise, handed in submissions.items():
        there = {submission.student for submission in handed}
        for identity, name in people.items():
            if identity not in there:
                files = reading.others.get(identity, [])
                why = "; ".join(f"{file}: {word}" for file, word in files[:MOST_NAMED])
                yield Missing(identity, name, exercise, why or "nothing was handed in")
    graded = {s.student for handed in submissions.values() for s in handed}
    for identity, files in reading.others.items():
        for file, why in files:
            if identity in graded and why != "no notebook":
                reading.notes.append(f"{file} is not graded: {why}")


def _tell_unknown(reading: _Reading) -> None:
    several = [name for name, count in reading.unknown.items() if count > 1]
    none = [name for name, count in reading.unknown.items() if count == 0]
    for names, why in ((none, "not in the class list"), (several, "more than one of that name")):
        if names:
            shown = ", ".join(names[:MOST_NAMED])
            more = f" and {len(names) - MOST_NAMED} more" if len(names) > MOST_NAMED else ""
            reading.notes.append(f"{why}: {shown}{more}; graded under these names")


def _shown(parts: Sequence[str]) -> str:
    return readable("/".join(parts))
