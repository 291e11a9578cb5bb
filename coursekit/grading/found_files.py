"""Finds the notebooks of an export: a folder, one notebook, a zip file, zip files inside.

What an archive holds is somebody else's: names that leave the folder, links, locked files and
files that unpack to more than they should are never written.
"""

from __future__ import annotations

import hashlib
import os
import re
import stat
import zipfile
import zlib
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

from coursekit.atomic import make_folder, writing
from coursekit.errors import CourseError, disk_errors
from coursekit.grading.exports import readable
from coursekit.notebooks.reading import MOST_READ
from coursekit.stored import require_file

MOST_UNPACKED = 4_000_000_000  # bytes of all notebooks of one archive
MOST_INNER = 200_000_000  # bytes of a zip file inside the export, and of all that it holds
MOST_INNER_FILES = 100  # notebooks of it
DEEPEST = 20  # folders inside one another
DAMAGED = (zipfile.BadZipFile, zlib.error, NotImplementedError, EOFError)
UTF8_FLAG = 0x800  # in a zip entry: its name is UTF-8


@dataclass(frozen=True)
class Found:
    """A notebook of the export.

    Attributes:
        parts: The names of its folders and its own, as exported.
        path: Where it can be read.
        modified: Orders files that nothing else orders, in seconds.
    """

    parts: tuple[str, ...]
    path: Path
    modified: float = 0.0


@dataclass
class Findings:
    """All that an export holds.

    Attributes:
        notebooks: In the order of their names.
        others: The names of files that are no notebooks.
        notes: What was left out, and why.
    """

    notebooks: list[Found] = field(default_factory=list)
    others: list[tuple[str, ...]] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)


def find_notebooks(path: Path, scratch: Path) -> Findings:
    """Find the notebooks of an export.

    Args:
        path: A folder, a notebook, or a zip file.
        scratch: A folder for what archives hold; it is made where it is needed.

    Raises:
        CourseError: There is nothing, or no notebook.
    """
    found = Findings()
    if _is_folder(path):
        _search(path, (), found, scratch)
    elif path.suffix.lower() == ".zip":
        require_file(path)
        _unpack(path, (), found, scratch, path)
        found.notebooks = _without_wrapper(found.notebooks)
    elif path.suffix.lower() == ".ipynb":
        require_file(path)
        found.notebooks.append(Found((path.name,), path))
    else:
        require_file(path)
        raise CourseError(f"{path} is no notebook", "a folder, a notebook or a zip file")
    if not found.notebooks and not found.others:
        raise CourseError(
            f"there is no notebook in {path}",
            "the folder or the zip file that Moodle or Canvas exported, or notebooks in a folder",
            "name the folder in which the students' folders or files are",
        )
    found.notebooks.sort(key=lambda one: one.parts)
    return found


def _is_folder(path: Path) -> bool:
    with disk_errors("look at", path):
        return stat.S_ISDIR(path.stat().st_mode)


def left_out(name: str) -> bool:
    """Return whether a name is one that programs leave behind: nobody hands such a file in."""
    return name.startswith((".", "~$")) or name == "__MACOSX" or "-checkpoint.ipynb" in name


def _search(folder: Path, parts: tuple[str, ...], found: Findings, scratch: Path) -> None:
    with disk_errors("read", folder):
        entries = sorted(os.scandir(folder), key=lambda entry: entry.name)
    if parts and not entries:
        found.others.append(parts)
    for entry in entries:
        own = (*parts, entry.name)
        if left_out(entry.name):
            continue
        if entry.is_symlink():
            found.notes.append(f"{_shown(own)} is a link; links are not followed")
        elif entry.is_dir():
            _search_inner(Path(entry.path), own, found, scratch)
        elif not entry.is_file():
            found.notes.append(f"{_shown(own)} is no regular file; it is left out")
        elif entry.name.lower().endswith(".ipynb"):
            found.notebooks.append(Found(own, Path(entry.path), entry.stat().st_mtime))
        elif entry.name.lower().endswith(".zip"):
            _inner(Path(entry.path), own, found, scratch)
        else:
            found.others.append(own)


def _search_inner(folder: Path, parts: tuple[str, ...], found: Findings, scratch: Path) -> None:
    if len(parts) > DEEPEST:
        found.notes.append(f"{_shown(parts)[:80]}... is too deep; it is left out")
        return
    try:
        _search(folder, parts, found, scratch)
    except CourseError as error:  # one folder that cannot be read is one student's
        found.others.append(parts)
        found.notes.append(error.what)


def _inner(path: Path, parts: tuple[str, ...], found: Findings, scratch: Path) -> None:
    """Unpack a student's archive; a fault of it is the student's, and stops nothing."""
    before = len(found.notebooks) + len(found.others)
    try:
        _unpack(path, parts, found, scratch, path)
        if len(found.notebooks) + len(found.others) == before:
            raise CourseError("there is nothing in this archive")
    except CourseError as error:
        found.others.append(parts)
        found.notes.append(f"{_shown(parts)}: {error.what.replace(str(path), 'this archive')}")


def _unpack(
    path: Path, parts: tuple[str, ...], found: Findings, scratch: Path, named: Path
) -> None:
    digest = hashlib.sha256("/".join(parts or (str(path),)).encode("utf-8", "surrogateescape"))
    folder = scratch / digest.hexdigest()[:16]
    with disk_errors("read", path):
        try:
            with zipfile.ZipFile(path) as archive:
                _entries(archive, parts, found, folder)
        except DAMAGED as error:
            raise CourseError(
                f"{named} is damaged, or no zip file: {error}", remedy="download it again"
            ) from None


def _entries(
    archive: zipfile.ZipFile, parts: tuple[str, ...], found: Findings, folder: Path
) -> None:
    total, count = 0, 0
    for number, entry in enumerate(archive.infolist()):
        names = _names(entry)
        if entry.is_dir() or any(map(left_out, names)) or not names:
            continue
        own = (*parts, *names)
        lower = names[-1].lower()
        if not lower.endswith((".ipynb", ".zip")) or (lower.endswith(".zip") and parts):
            found.others.append(own)
        elif why := _refused(entry, total, count, inner=bool(parts)):
            found.others.append(own)
            found.notes.append(f"{_shown(own)} {why}; it is left out")
            if count >= MOST_INNER_FILES and parts:
                return
        else:
            total, count = total + entry.file_size, count + 1
            try:
                _entry(archive, entry, own, found, folder / f"{number}")
            except DAMAGED as error:
                found.others.append(own)
                found.notes.append(f"{_shown(own)} is damaged in the archive: {error}")


def _entry(
    archive: zipfile.ZipFile,
    entry: zipfile.ZipInfo,
    own: tuple[str, ...],
    found: Findings,
    to: Path,
) -> None:
    """Write one file of an archive, and list it; a zip file is opened in its turn."""
    make_folder(to)
    inner = own[-1].lower().endswith(".zip")
    target = to / ("inner.zip" if inner else _plain(own[-1]))
    with writing(target) as file:
        for piece in _pieces(archive, entry):
            file.write(piece)
    if inner:
        _inner(target, own, found, to)
    else:
        found.notebooks.append(Found(own, target, _stamp(entry)))


def _stamp(entry: zipfile.ZipInfo) -> float:
    try:
        return datetime(*entry.date_time).timestamp()
    except (ValueError, OverflowError, OSError):  # a month 0: the archive does not say
        return 0.0


def _names(entry: zipfile.ZipInfo) -> tuple[str, ...]:
    """Return an entry's folders and name; what was written as UTF-8 without saying so is read so.

    Python takes names without the flag for code page 437; programs of macOS write UTF-8.
    """
    name = entry.filename
    if not entry.flag_bits & UTF8_FLAG:
        try:
            name = name.encode("cp437").decode("utf-8")
        except UnicodeError:
            name = entry.filename
    return tuple(part for part in re.split(r"[/\\]", name) if part not in ("", ".", ".."))


def _refused(entry: zipfile.ZipInfo, total: int, count: int, *, inner: bool) -> str:
    """Return why an entry is not unpacked; empty if it is."""
    most = MOST_INNER if entry.filename.lower().endswith(".zip") else MOST_READ
    if stat.S_ISLNK(entry.external_attr >> 16):
        return "is a link"
    if entry.flag_bits & 1:
        return "is locked with a password"
    if entry.file_size > most:
        return f"has {entry.file_size:,} bytes, more than {most:,}"
    if total + entry.file_size > (MOST_INNER if inner else MOST_UNPACKED):
        return "does not fit: the archive holds too much"
    return "is one too many for a student" if inner and count >= MOST_INNER_FILES else ""


def _pieces(archive: zipfile.ZipFile, entry: zipfile.ZipInfo) -> Iterator[bytes]:
    left = entry.file_size  # zipfile gives no more than this, whatever the data unpack to
    with archive.open(entry) as stream:
        while left > 0 and (piece := stream.read(min(left, 1 << 20))):
            left -= len(piece)
            yield piece


def _plain(name: str) -> str:
    """Return a name that every file system takes."""
    kept = re.sub(r"[^\w.-]+", "_", readable(name), flags=re.ASCII).strip("._")[-80:]
    return f"{kept.removesuffix('.ipynb') or 'notebook'}.ipynb"


def _without_wrapper(notebooks: list[Found]) -> list[Found]:
    """Return the files of an archive without the one folder that holds them all."""
    tops = {one.parts[0] for one in notebooks}
    if len(tops) != 1 or any(len(one.parts) < 2 for one in notebooks):
        return notebooks
    if "_assignsubmission_" in next(iter(tops)):
        return notebooks
    return [Found(one.parts[1:], one.path, one.modified) for one in notebooks]


def _shown(parts: tuple[str, ...]) -> str:
    return readable("/".join(parts))
