"""Tables that teachers keep in spreadsheets: reads what any program saved, writes plain CSV."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from coursekit.errors import CourseError
from coursekit.stored import read_bytes

MOST_TABLE = 20_000_000  # bytes of a table that a teacher keeps
DELIMITERS = (",", ";", "\t")
# What a spreadsheet takes for the beginning of a formula, in both widths of the signs.
FORMULA = frozenset("=+-@\t\r\n＝＋－＠")


@dataclass(frozen=True)
class Row:
    """A row of a table.

    Attributes:
        line: The number of its last line in the file.
        values: By the column's title, in lower case and without blanks around it.
    """

    line: int
    values: dict[str, str]

    def first(self, *columns: str) -> str:
        """Return the first of these columns that is not empty; empty if all are."""
        return next((self.values[c] for c in columns if self.values.get(c)), "")


@dataclass(frozen=True)
class Sheet:
    """A table as a file holds it.

    Attributes:
        columns: The titles as they are read: lower case, no blanks around them.
        rows: The rows that are not empty.
        delimiter: Between two values.
        newline: At the end of a line.
        encoding: Of the file.
    """

    columns: tuple[str, ...]
    rows: tuple[Row, ...]
    delimiter: str = ","
    newline: str = "\r\n"
    encoding: str = "utf-8"


def read_sheet(path: Path) -> Sheet:
    """Read a table with a line of titles: CSV with commas, semicolons or tabs, in UTF-8 or UTF-16.

    Raises:
        CourseError: It cannot be read, or is not such a table.
    """
    raw = read_bytes(path, MOST_TABLE)
    encoding = _encoding(raw)
    text = decoded(path, raw, encoding)
    delimiter = delimiter_of(text)
    lines = _records(path, text, delimiter)
    if not lines:
        raise CourseError(f"{path} is empty", "a table whose first line has the titles")
    titles = tuple(title.strip().lower() for title in lines[0][1])
    twice = sorted({title for title in titles if title and titles.count(title) > 1})
    if twice:
        raise CourseError(f"{path}:1: two columns are called {twice[0]!r}", "different titles")
    rows = tuple(_row(path, line, titles, values) for line, values in lines[1:] if any(values))
    newline = "\r\n" if "\r\n" in text else "\n"
    return Sheet(titles, rows, delimiter, newline, encoding)


def _encoding(raw: bytes) -> str:
    if raw.startswith((b"\xff\xfe", b"\xfe\xff")):
        return "utf-16"
    return "utf-8-sig" if raw.startswith(b"\xef\xbb\xbf") else "utf-8"


def decoded(path: Path, raw: bytes, encoding: str = "utf-8-sig") -> str:
    """Return the text of a table's bytes.

    Raises:
        CourseError: They are not in that encoding.
    """
    try:
        return raw.decode(encoding)
    except UnicodeDecodeError as error:
        line = raw.count(b"\n", 0, error.start) + 1
        raise CourseError(
            f"{path}:{line}: this line is not UTF-8",
            "text in UTF-8",
            'save it as "CSV UTF-8" in your spreadsheet',
        ) from None


def delimiter_of(text: str) -> str:
    """Return what separates the titles of a table; a comma if nothing does."""
    first = text.lstrip("\ufeff").splitlines()[:1] or [""]
    plain = "".join(first[0].split('"')[::2])  # what stands outside of quotes
    return max(DELIMITERS, key=plain.count)


def _records(path: Path, text: str, delimiter: str) -> list[tuple[int, list[str]]]:
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    try:
        return [(reader.line_num, [value.strip() for value in row]) for row in reader]
    except csv.Error as error:
        raise CourseError(
            f"{path}:{reader.line_num}: {error}", "a table as a spreadsheet saves it (CSV)"
        ) from None


def _row(path: Path, line: int, titles: Sequence[str], values: Sequence[str]) -> Row:
    if any(values[len(titles) :]):
        raise CourseError(
            f"{path}:{line}: this line has {len(values)} values",
            f"{len(titles)}, as many as there are titles",
            'put a value that holds a comma in quotes: "Lee, Ann"',
        )
    padded = [*values, *[""] * (len(titles) - len(values))]
    return Row(line, dict(zip(titles, padded, strict=False)))


def require_columns(path: Path, sheet: Sheet, *groups: tuple[str, ...]) -> None:
    """Fail unless a table has a column of each group.

    Raises:
        CourseError: It has none of a group's titles.
    """
    for group in groups:
        if not set(group) & set(sheet.columns):
            raise CourseError(
                f"{path}:1: no column is called {group[0]!r}",
                f"one of {', '.join(group)}; there are {', '.join(filter(None, sheet.columns))}",
            )


def points(value: float) -> str:
    """Return points as people write them: at most two decimals, none that say nothing."""
    text = f"{value:.2f}".rstrip("0").rstrip(".")
    return "0" if text == "-0" else text


def harmless(value: object) -> str:
    """Return a value of a table as text that no spreadsheet takes for a formula.

    A text that begins like a formula gets an apostrophe before it, as the OWASP page on CSV
    injection advises; a number stays as it is.
    """
    if isinstance(value, float | int) and not isinstance(value, bool):
        return points(value)
    text = str(value)
    return f"'{text}" if text[:1] in FORMULA and text else text


def csv_bytes(rows: Iterable[Sequence[object]]) -> bytes:
    """Return a table as RFC 4180 says, with a byte order mark, by which Excel knows UTF-8."""
    return csv_text(rows).encode("utf-8-sig", "backslashreplace")


def csv_text(rows: Iterable[Sequence[object]], delimiter: str = ",", newline: str = "\r\n") -> str:
    """Return rows as CSV, in which nothing is a formula."""
    out = io.StringIO(newline="")
    writer = csv.writer(out, delimiter=delimiter, lineterminator=newline)
    writer.writerows([harmless(value) for value in row] for row in rows)
    return out.getvalue()
