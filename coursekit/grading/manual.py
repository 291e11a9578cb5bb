"""What a person adds to the checks: points and comments, in a table that is never overwritten.

The file is made once, with a line for each student and exercise. Later only lines for those who
are not in it yet are added at its end; every byte that was there stays.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from coursekit.atomic import make_folder, write_bytes, write_new
from coursekit.errors import CourseError
from coursekit.grading.tables import Row, Sheet, csv_text, read_sheet, require_columns
from coursekit.stored import is_there, read_bytes

COLUMNS = ("student", "name", "exercise", "points", "comment")


@dataclass(frozen=True)
class Manual:
    """What a person says about a student's work.

    Attributes:
        points: Added to those of the checks; negative ones are taken off.
        comment: For the student.
    """

    points: float | None = None
    comment: str = ""


Manuals = Mapping[tuple[str, str], Manual]


def keep_manual(path: Path, wanted: Iterable[tuple[str, str, str]]) -> tuple[Manuals, list[str]]:
    """Read manual points and comments; make the file, or add the lines that it does not have.

    Args:
        path: The table.
        wanted: Id, name and exercise of all who are to have a line.

    Returns:
        Points and comments by student and exercise, and notes about lines for nobody.

    Raises:
        CourseError: It cannot be read or written, or points in it are no number.
    """
    people = list(wanted)
    if not is_there(path):
        make_folder(path.parent)
        if write_new(path, csv_text([COLUMNS, *map(_line, people)]).encode("utf-8-sig")):
            return {}, []
    sheet = read_sheet(path)
    manuals = _manuals(path, sheet)
    missing = [one for one in people if (one[0], one[2]) not in manuals]
    if missing:
        _append(path, sheet, missing)
    known = {(student, exercise) for student, _, exercise in people}
    used = {key for key, value in manuals.items() if value != Manual()}
    exercises = {exercise for _, exercise in known}
    strangers = sorted(s for s, exercise in used - known if exercise in exercises)
    notes = [f"{path}: points or a comment for nobody here: {', '.join(strangers)}"]
    return manuals, notes if strangers else []


def _line(one: tuple[str, str, str]) -> Sequence[str]:
    student, name, exercise = one
    return student, name, exercise, "", ""


def _manuals(path: Path, sheet: Sheet) -> dict[tuple[str, str], Manual]:
    require_columns(path, sheet, *((column,) for column in COLUMNS if column != "name"))
    found: dict[tuple[str, str], Manual] = {}
    lines: dict[tuple[str, str], int] = {}
    for row in sheet.rows:
        key = (_restored(row.values["student"]), row.values["exercise"])
        if key in found:
            raise CourseError(
                f"{path}:{row.line}: {key[0]} and {key[1]} stand on line {lines[key]}, too",
                "one line for a student and an exercise",
            )
        lines[key] = row.line
        found[key] = Manual(_points(path, row), _restored(row.values["comment"]))
    return found


def _restored(text: str) -> str:
    """Return a value without the apostrophe by which it was kept from being a formula."""
    return text[1:] if text[:1] == "'" and text[1:2] in tuple("=+-@") else text


def _points(path: Path, row: Row) -> float | None:
    text = row.values["points"]
    if not text:
        return None
    try:
        value = float(text.replace(",", "."))
    except ValueError:
        value = math.nan
    if not math.isfinite(value):
        raise CourseError(
            f"{path}:{row.line}: the points are {text!r}", "a number such as 2.5, or nothing"
        )
    return value


def _append(path: Path, sheet: Sheet, people: Iterable[tuple[str, str, str]]) -> None:
    """Add lines at the end, in the order of the columns that the table has now."""
    values = [dict(zip(COLUMNS, _line(one), strict=True)) for one in people]
    rows = [[value.get(column, "") for column in sheet.columns] for value in values]
    text = csv_text(rows, sheet.delimiter, sheet.newline)
    before = read_bytes(path)
    encoding = "utf-8"
    if sheet.encoding == "utf-16":
        encoding = "utf-16-le" if before.startswith(b"\xff\xfe") else "utf-16-be"
    end = sheet.newline.encode(encoding)
    gap = b"" if before.endswith("\n".encode(encoding)) else end
    write_bytes(path, before + gap + text.encode(encoding, "backslashreplace"))
