"""Fills a column of the gradebook that Canvas exported; every other byte stays as it is.

The first line has the titles (``Student``, ``ID``, ``SIS User ID``, ``SIS Login ID``, ``Section``,
then the assignments as ``Title (123)``), then may come a line that says how marks are posted, then
one that begins with ``Points Possible``, then the students.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from coursekit.errors import CourseError, did_you_mean
from coursekit.grading.roster import Student, name_key
from coursekit.grading.tables import MOST_TABLE, delimiter_of, points
from coursekit.stored import read_bytes

EXCUSED = ("EX", "N/A")  # Canvas: excused, and not asked of this student


@dataclass(frozen=True)
class Field:
    """A value of a table, and where it stands.

    Attributes:
        text: Without its quotes.
        start: The place of its first character, with the quotes.
        end: The place behind its last.
    """

    text: str
    start: int
    end: int


@dataclass
class Filled:
    """A gradebook with a column filled.

    Attributes:
        content: The file's bytes.
        notes: Who is not in it, which values were there before.
    """

    content: bytes
    notes: list[str] = field(default_factory=list)


def fields(text: str, delimiter: str) -> Iterator[list[Field]]:
    """Yield the values of each line of a table, see RFC 4180, with their places.

    Raises:
        ValueError: A quote is not closed.
    """
    row: list[Field] = []
    place = 0
    while place < len(text):
        value, start = "", place
        if text[place] == '"':
            value, place = _quoted(text, place + 1)
        end = place
        while end < len(text) and text[end] not in f"{delimiter}\r\n":
            end += 1
        row.append(Field(value + text[place:end], start, end))
        place = end + 1
        if end >= len(text) or text[end] != delimiter:
            yield row
            row = []
            if text[end : end + 2] == "\r\n":
                place += 1
        elif place == len(text):
            row.append(Field("", place, place))
    if row:
        yield row


def _quoted(text: str, place: int) -> tuple[str, int]:
    """Return a value in quotes, and the place behind the closing one."""
    value = ""
    while True:
        end = text.find('"', place)
        if end < 0:
            raise ValueError("a quote is not closed")
        value += text[place:end]
        if text[end + 1 : end + 2] != '"':
            return value, end + 1
        value, place = value + '"', end + 2


def fill(
    path: Path, column: str, marks: Mapping[str, float], people: Iterable[Student], possible: float
) -> Filled:
    """Fill a column of an exported gradebook.

    Args:
        path: The exported file; it is not changed.
        column: The title of the column, with or without the number in brackets.
        marks: The points by student.
        people: The students, by whose id, email and name the lines are found.
        possible: The points that can be reached.

    Raises:
        CourseError: It cannot be read, or has no such column, or several.
    """
    raw = read_bytes(path, MOST_TABLE)
    text = raw.decode("utf-8", "surrogateescape")
    delimiter = delimiter_of(text)
    try:
        rows = list(fields(text.removeprefix("\ufeff"), delimiter))
    except ValueError as error:
        raise CourseError(f"{path}: {error}", "the gradebook that Canvas exported") from None
    titles = [one.text.strip() for one in rows[0]] if rows else []
    place = _column(path, titles, column)
    filled = Filled(raw)
    found = _lines(titles, rows[1:], place, list(people), marks, filled)
    _compare_possible(titles, rows[1:], place, possible, filled)
    pieces, last = [], 0
    body = text.removeprefix("\ufeff")
    for value, one in sorted(found, key=lambda pair: pair[1].start):
        number = points(value).replace(".", "," if delimiter == ";" else ".")
        pieces += [body[last : one.start], number]
        last = one.end
    mark = "\ufeff" if text.startswith("\ufeff") else ""
    new = mark + "".join(pieces) + body[last:]
    filled.content = new.encode("utf-8", "surrogateescape")
    return filled


def _column(path: Path, titles: Sequence[str], wanted: str) -> int:
    if "ID" not in titles:
        raise CourseError(
            f"{path} has no column ID", "the gradebook that Canvas exported (Grades, Export)"
        )
    exact = [n for n, title in enumerate(titles) if title == wanted]
    near = [n for n, title in enumerate(titles) if title.rpartition(" (")[0] == wanted]
    found = exact or near
    if len(found) != 1:
        what = f"{len(found)} columns are" if found else "no column is"
        own = [title for title in titles if title.endswith(")") and "(" in title]
        raise CourseError(
            f"{path}: {what} called {wanted!r}",
            "the title of one assignment",
            did_you_mean(wanted, own),
        )
    return found[0]


def _lines(
    titles: Sequence[str],
    rows: Sequence[Sequence[Field]],
    place: int,
    people: Sequence[Student],
    marks: Mapping[str, float],
    filled: Filled,
) -> list[tuple[float, Field]]:
    """Return each mark with the value whose place it takes; who has no line is noted."""
    wanted = [student for student in people if student.id in marks]
    found, without, several = [], [], []
    lines = {student.id: _row_of(student, titles, rows) for student in wanted}
    meant = Counter(id(row) for row in lines.values())
    for student in wanted:
        row = lines[student.id]
        if row is None or place >= len(row):
            without.append(student.name or student.id)
            continue
        if meant[id(row)] > 1:  # two marks are no mark
            several.append(f"{student.name} ({student.id})")
            continue
        old, value = row[place], marks[student.id]
        if old.text in EXCUSED:
            filled.notes.append(f"{student.name or student.id}: {old.text} stays in the gradebook")
            continue
        if old.text and _number(old.text) != value:
            who = student.name or student.id
            filled.notes.append(f"{who}: {old.text} in the gradebook becomes {points(value)}")
        found.append((value, old))
    if several:
        filled.notes.append(f"more than one of them means the same line: {', '.join(several)}")
    if without:
        filled.notes.append(f"not in the gradebook: {', '.join(without)}")
    return found


def _row_of(
    student: Student, titles: Sequence[str], rows: Sequence[Sequence[Field]]
) -> Sequence[Field] | None:
    """Return the one line of a student: by number, login, email or name, in this order."""
    email, name = student.email.casefold(), name_key(student.name)
    ways: list[tuple[str, Callable[[str], bool]]] = [
        ("ID", lambda text: text == student.id),
        ("SIS User ID", lambda text: text == student.id),
        ("SIS Login ID", lambda text: text.casefold() in {student.id.casefold(), email} - {""}),
        ("Student", lambda text: bool(name) and name_key(text) == name),
    ]
    for title, fits in ways:
        at = titles.index(title) if title in titles else -1
        own = [row for row in rows if 0 <= at < len(row) and fits(row[at].text.strip())]
        if len(own) == 1:
            return own[0]
    return None


def _compare_possible(
    titles: Sequence[str],
    rows: Sequence[Sequence[Field]],
    place: int,
    possible: float,
    filled: Filled,
) -> None:
    for row in rows:
        if row and row[0].text.strip() == "Points Possible" and place < len(row):
            there = _number(row[place].text)
            if there is not None and there != possible:
                filled.notes.append(
                    f"the gradebook gives {points(there)} points for {titles[place]}, "
                    f"the checks give {points(possible)}"
                )


def _number(text: str) -> float | None:
    try:
        return float(text.strip().replace(",", "."))
    except ValueError:
        return None
