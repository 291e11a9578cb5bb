"""The class list: who is in the class, and which of them a platform's name means."""

from __future__ import annotations

import re
import unicodedata
from collections import defaultdict
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

from coursekit.errors import CourseError
from coursekit.grading.tables import Row, read_sheet, require_columns

IDS = ("id", "student id", "identifier", "sis user id", "student")
NAMES = ("name", "full name", "student", "student name")
EMAILS = ("email", "email address", "e-mail", "sis login id")
TIMES = ("submitted", "last modified (submission)")
ANONYMOUS = ("Participant",)  # the name that Moodle gives to all where marking is blind
MOODLE_TIME = "%A, %d %B %Y, %I:%M %p"  # as Moodle writes it in English


@dataclass(frozen=True)
class Student:
    """A student of the class.

    Attributes:
        id: Unique in the class.
        name: As the list spells it.
        email: Empty if the list does not say.
        submitted: When the work was handed in; None if the list does not say.
    """

    id: str
    name: str = ""
    email: str = ""
    submitted: datetime | None = None


def name_key(name: str) -> tuple[str, ...]:
    """Return the words of a name in order of the alphabet, without accents and capitals."""
    return tuple(sorted(_words(name)))


def plain(name: str) -> str:
    """Return a name without accents and capitals: what names are ordered by."""
    parts = unicodedata.normalize("NFKD", name.casefold())
    return "".join(sign for sign in parts if not unicodedata.combining(sign))


def _folded(word: str) -> str:
    """Return an id or an email without capitals, composed: macOS takes accents apart in names."""
    return unicodedata.normalize("NFC", word.casefold())


def _words(name: str) -> list[str]:
    return re.findall(r"[^\W_]+", plain(name))


@dataclass
class Roster:
    """A class list, and how to find a student in it.

    Attributes:
        students: By id, in the list's order.
    """

    students: dict[str, Student] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self._by: dict[object, set[str]] = defaultdict(set)
        for student in self.students.values():
            for key in _keys(student):
                self._by[key].add(student.id)

    def find(self, *words: str) -> tuple[Student | None, int]:
        """Find a student by an id, an email, the part of it before the @, or a name.

        Args:
            *words: Tried one after another; the first that means anybody counts.

        Returns:
            The student, or None; and how many students the word means.
        """
        for word in filter(None, words):
            meant = self.meant(word)
            if len(meant) == 1:
                return self.students[next(iter(meant))], 1
            if meant:
                return None, len(meant)
        return None, 0

    def meant(self, word: str) -> frozenset[str]:
        """Return the ids of all students that a word may mean."""
        if word in self.students:
            return frozenset({word})
        for key in (_folded(word), name_key(word), ("joined", "".join(_words(word)))):
            if found := self._by.get(key):
                return frozenset(found)
        return frozenset()

    def of_account(self, number: str, name: str) -> tuple[Student | None, int]:
        """Find a student by a platform's number and name.

        The number of a platform may be another student's in the list: it counts only where the
        name does not say otherwise.
        """
        same = self.students.get(number)
        if same and (name in ("", *ANONYMOUS) or not same.name or same.id in self.meant(name)):
            return same, 1
        return self.find(name)


def _keys(student: Student) -> set[object]:
    """Return all by which a student can be meant; Canvas joins the words of a name."""
    email, words = _folded(student.email), _words(student.name)
    turned = {"".join(words[n:] + words[:n]) for n in range(len(words))}
    keys: set[object] = {_folded(student.id), email, email.partition("@")[0]}
    keys |= {name_key(student.name), *(("joined", one) for one in turned)}
    return keys - {"", (), ("joined", "")}


def read_roster(path: Path) -> Roster:
    """Read a class list: a table with the columns id, name and email.

    Moodle's grading worksheet and Canvas's exported gradebook will do as well. A column
    ``submitted`` may say when the work was handed in, as ``2026-03-02 23:59`` or with a zone.

    Raises:
        CourseError: It cannot be read, has no such columns, or names a student twice.
    """
    sheet = read_sheet(path)
    require_columns(path, sheet, (*IDS, *EMAILS))
    students: dict[str, Student] = {}
    lines: dict[str, int] = {}
    for row in sheet.rows:
        student = _student(path, row)
        if student is None:
            continue
        if student.id in students:
            first = lines[student.id]
            raise CourseError(
                f"{path}:{row.line}: the id {student.id!r} is that of line {first}, too",
                "an id for each student",
            )
        students[student.id], lines[student.id] = student, row.line
    if not students:
        raise CourseError(f"{path} has no students", "a line for each, below the titles")
    return Roster(students)


def _student(path: Path, row: Row) -> Student | None:
    """Return the student of a row; None for the row of Canvas that has the possible points."""
    name = row.first(*NAMES) or " ".join(filter(None, map(row.first, ("first name", "last name"))))
    if name == "Points Possible":
        return None
    email = row.first(*EMAILS)
    known = row.first(*IDS).removeprefix("Participant ").strip() or email
    if not known and not name:
        return None  # the row of Canvas that says how marks are posted
    if not known:
        raise CourseError(f"{path}:{row.line}: {name} has no id", "an id for each student")
    return Student(known, name, email, parse_time(path, row))


def parse_time(path: Path, row: Row) -> datetime | None:
    """Return when a row says that the work was handed in; without a zone it is local time.

    Raises:
        CourseError: It is no time.
    """
    text = row.first(*TIMES)
    if not text or text == "-":
        return None
    try:
        return datetime.fromisoformat(text).astimezone()
    except ValueError:
        pass
    try:
        return datetime.strptime(text, MOODLE_TIME).astimezone()
    except ValueError:
        raise CourseError(
            f"{path}:{row.line}: {text!r} is no time", "a time such as 2026-03-02 23:59"
        ) from None
