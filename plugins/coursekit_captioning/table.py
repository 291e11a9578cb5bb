"""The table of captions, ``captions.csv``: read as spreadsheets write it, and looked at."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

from coursekit import CourseError
from coursekit.store import find_file, read_bytes, refuse_numbers

NAME = "captions.csv"
FORM = (
    "a line `image,caption` or `image,caption,split` on top, then a line for each caption: "
    "the picture's path below the folder, and what it shows"
)
MOST_NAMED = 5  # faults that an error spells out
MOST_BYTES = 1_000_000_000
QUOTE_IT = 'put captions with a comma into double quotes: dog.jpg,"a dog, running"'


class Row(NamedTuple):
    """A row of the table.

    Attributes:
        number: Of its first line in the file, from 1.
        cells: By the column's name; empty texts for missing columns.
        surplus: The columns that the header does not have.
    """

    number: int
    cells: dict[str, str]
    surplus: list[str]


def read_table(file: Path) -> Iterator[Row]:
    """Yield the rows of the file that are not empty.

    Columns are parted by commas, or by semicolons or tabs if the header has them instead.

    Raises:
        CourseError: It cannot be read, or has no columns image and caption.
    """
    if not file.exists():
        raise CourseError(f"there is no {file}", f"a file {NAME}: {FORM}")
    try:
        text = read_bytes(file, MOST_BYTES).decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise unreadable(file, error, "save it again with the encoding UTF-8") from error
    stream = io.StringIO(text.replace("\r\n", "\n").replace("\r", "\n"))
    head = text[:1000].splitlines()[0] if text.strip() else ""
    mark = next((mark for mark in ",;\t" if mark in head), ",")
    rows = csv.reader(stream, delimiter=mark)
    try:
        columns = [name.strip().lower() for name in next(rows, [])]
        if not {"image", "caption"} <= set(columns):
            raise CourseError(f"{file} has no columns image and caption", FORM)
        end = rows.line_num
        for cells in rows:
            first, end = end + 1, rows.line_num
            if any(cell.strip() for cell in cells):
                padded = [cell.strip() for cell in cells] + [""] * len(columns)
                named = dict(zip(columns, padded, strict=False))
                yield Row(first, named, cells[len(columns) :])
    except csv.Error as error:
        raise unreadable(file, error, QUOTE_IT) from error


def unreadable(file: Path, error: Exception, remedy: str) -> CourseError:
    """Return the error for a file that is no table."""
    return CourseError(f"{file} cannot be read: {error}", f"UTF-8 text, {FORM}", remedy)


def look_at_table(file: Path, rows: Sequence[Row]) -> None:
    """Refuse a table that was not read as it was meant.

    Raises:
        CourseError: A quote swallowed lines, rows have more columns than the header, the
            columns are swapped, or the captions are numbers.
    """
    swallowed = [
        f"line {row.number} to {row.number + row.cells['caption'].count(chr(10))}: "
        f"{row.cells['caption'][:40]!r}..."
        for row in rows
        if swallows(file.parent, row.cells["caption"])
    ]
    remedy = "close the quote in its first line, or double it inside a caption"
    complain(file, "swallow the lines after them: a double quote is not closed", swallowed, remedy)
    wide = [f"line {row.number}: {row.cells['caption']!r}, then {row.surplus}" for row in rows]
    wide = [line for line, row in zip(wide, rows, strict=True) if any(map(str.strip, row.surplus))]
    complain(file, "have more columns than the header", wide, QUOTE_IT)
    look_for_swapped(file, rows)
    refuse_numbers([row.cells["caption"] for row in rows], f"the column caption of {file}", FORM)


def swallows(folder: Path, caption: str) -> bool:
    """Say whether lines of a caption but the first begin with the name of a picture."""
    later = (re.split("[,;\t]", line)[0].strip() for line in caption.split("\n")[1:])
    return any(name and find_file(folder, name) for name in later)


def look_for_swapped(file: Path, rows: Sequence[Row]) -> None:
    """Raise if the captions are in the column of pictures, and the other way round."""
    sample = rows[:20]
    there = [find_file(file.parent, row.cells["image"]) is not None for row in sample]
    instead = [find_file(file.parent, row.cells["caption"] or ".") is not None for row in sample]
    if sample and not any(there) and any(instead):
        raise CourseError(
            f"the columns of {file} are swapped: {sample[instead.index(True)].cells['caption']!r} "
            "is in the column caption, but is a picture",
            FORM,
            "swap the words image and caption in its first line",
        )


def complain(
    file: Path,
    fault: str,
    where: Sequence[str],
    remedy: str = "correct these lines, or remove them",
) -> None:
    """Raise a `CourseError` that names the first faulty lines or pictures, if there are any."""
    if where:
        listing = "\n  ".join(where[:MOST_NAMED])
        more = f"\n  and {len(where) - MOST_NAMED} more" if len(where) > MOST_NAMED else ""
        raise CourseError(
            f"{len(where)} entries of {file} {fault}:\n  {listing}{more}",
            FORM,
            remedy,
        )
