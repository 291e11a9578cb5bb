"""Whose notebook it is, by the names that learning platforms give to exported files.

Moodle names a folder for each student, ``Full name_12345_assignsubmission_file_``, or puts the
same before each file's name. Canvas names files ``lastfirst_LATE_user_attachment_name.ipynb``,
with ``LATE`` only where it is late, and ``name-1.ipynb`` for the second upload of ``name.ipynb``.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

Platform = Literal["moodle", "canvas", "flat"]

_MOODLE = re.compile(r"(?P<name>.+?)_(?P<id>\d+)_assignsubmission_[a-z]+_?(?P<file>.*)", re.DOTALL)
_CANVAS = re.compile(
    r"(?P<name>[^\W\d_].*?)_(?P<late>LATE_)?(?P<id>\d+)_(?P<attachment>\d+)_(?P<file>.+)"
)
_ANONYMOUS = re.compile(r"(?P<late>LATE_)?anon_(?P<id>[^\W_]+)_(?P<attachment>\d+)_(?P<file>.+)")
_UPLOAD = re.compile(r"(.+?)-(\d{1,3})(\.\w+)")  # Canvas counts further uploads of one name
_COPY = re.compile(r"(.+?)(?: \((\d{1,3})\)|[ _-]attempt[ _-]?(\d{1,3}))(\.\w+)?", re.IGNORECASE)


@dataclass(frozen=True)
class Sender:
    """Who handed a file in, as its name says.

    Attributes:
        platform: Whose names these are.
        id: The platform's number of the student, or the word that stands for one.
        name: As the platform spells it; empty if it does not.
        file: The file's own name.
        attempt: From 1.
        late: Whether the name marks it as late.
    """

    platform: Platform
    id: str
    name: str
    file: str
    attempt: int = 1
    late: bool = False


def sender(parts: Sequence[str]) -> Sender:
    """Return who handed a file in.

    Args:
        parts: The names of the folders and of the file, from the export's own folder on.
    """
    for place, part in enumerate(parts):
        found = _MOODLE.fullmatch(part)
        if found:
            own = parts[-1] if place < len(parts) - 1 else found["file"]
            return Sender("moodle", found["id"], readable(found["name"]), *_counted(own))
    last = parts[-1]
    if found := _CANVAS.fullmatch(last) or _ANONYMOUS.fullmatch(last):
        name = found.groupdict().get("name") or ""
        file, attempt = _uploaded(found["file"])
        return Sender("canvas", found["id"], name, file, attempt, bool(found["late"]))
    file, attempt = _counted(last)
    word = re.sub(r"\.(ipynb|zip)$", "", parts[0] if len(parts) > 1 else file, flags=re.I)
    return Sender("flat", readable(word) or readable(parts[0]) or "?", "", file, attempt)


def _uploaded(file: str) -> tuple[str, int]:
    found = _UPLOAD.fullmatch(file)
    return (found[1] + found[3], int(found[2]) + 1) if found else _counted(file)


def _counted(file: str) -> tuple[str, int]:
    """Return a file's name without ``(1)`` or ``attempt 2``, and which attempt that says."""
    found = _COPY.fullmatch(file)
    if found is None:
        return file, 1
    attempt = int(found[2]) + 1 if found[2] else max(int(found[3]), 1)
    return found[1] + (found[4] or ""), attempt


def readable(name: str) -> str:
    r"""Return a file's name as text on one line that can be written.

    It is composed; bytes that are no UTF-8, tabs and line feeds are shown by their numbers, such as
    ``\xe9``.
    """
    raw = name.encode("utf-8", "surrogateescape")
    text = unicodedata.normalize("NFC", raw.decode("utf-8", "backslashreplace")).strip()
    return re.sub(r"[\x00-\x1f\x7f]", lambda found: f"\\x{ord(found[0]):02x}", text)
