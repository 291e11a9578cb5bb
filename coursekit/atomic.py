"""The one writer of files: a file is whole under its name, or it is not there.

A file is written beside its place under a temporary name, flushed to the disk and then
renamed. What goes wrong with the disk is explained here, in one place.
"""

import contextlib
import errno
import json
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any, BinaryIO

from coursekit.errors import CourseError
from coursekit.paths import shortened

FULL = {errno.ENOSPC, getattr(errno, "EDQUOT", errno.ENOSPC)}
# What the system's own words leave open, by error number.
REASONS = {
    **dict.fromkeys(FULL, "the disk is full"),
    errno.EROFS: "the disk is read-only",
    errno.ENAMETOOLONG: "the name is too long",
    errno.ELOOP: "its links form a loop",
    errno.ENOTDIR: "a part of its path is a file, not a folder",
    errno.EISDIR: "it is a folder",
}
REMEDIES = {
    **dict.fromkeys(FULL, "free some space, then try again"),
    errno.EACCES: "change its permissions, or choose another place",
    errno.EPERM: "change its permissions, or choose another place",
    errno.EROFS: "choose a place on another disk",
    errno.ENAMETOOLONG: "choose a shorter name",
    errno.ENOTDIR: "choose another place",
    errno.EISDIR: "choose another name",
}


def disk_error(
    error: OSError, what: str, path: Path, remedy: str = "", expected: str = ""
) -> CourseError:
    """Return an error of the operating system in words.

    Args:
        error: What the system reported.
        what: What could not be done, such as ``"write"``.
        path: To what.
        remedy: What to do about it; by default what fits the kind of error.
        expected: What was expected.
    """
    reason = REASONS.get(error.errno or 0, error.strerror or str(error))
    return CourseError(
        f"cannot {what} {shortened(str(path))}: {reason}",
        expected,
        remedy or REMEDIES.get(error.errno or 0, ""),
    )


@contextlib.contextmanager
def disk_errors(what: str, path: Path, remedy: str = "", expected: str = "") -> Iterator[None]:
    """Turn the system's errors inside a ``with`` block into words, see `disk_error`.

    Raises:
        CourseError: An `OSError` was raised in the block.
    """
    try:
        yield
    except OSError as error:
        raise disk_error(error, what, path, remedy, expected) from error


def make_folder(path: Path, remedy: str = "") -> Path:
    """Make a folder and the folders above it, if they are missing, and return it.

    Raises:
        CourseError: It cannot be made.
    """
    with disk_errors("make the folder", path, remedy):
        try:
            path.mkdir(parents=True, exist_ok=True)
        except FileExistsError:
            raise NotADirectoryError(errno.ENOTDIR, "it is a file", str(path)) from None
    return path


@contextlib.contextmanager
def writing(path: Path, *, remedy: str = "", keep: Path | None = None) -> Iterator[BinaryIO]:
    """Open a file for bytes that gets its name when the block has ended without an error.

    Args:
        path: Its name; a file that has it is replaced.
        remedy: What to do if it cannot be written.
        keep: Where the file that has that name so far goes, once the new one is whole.

    Raises:
        CourseError: It cannot be written; the file that had that name is still there.
    """
    temporary = path.with_name(path.name + ".tmp")
    with disk_errors("write", path, remedy):
        try:
            with temporary.open("wb") as file:
                yield file
                file.flush()
                os.fsync(file.fileno())
            if keep is not None and path.exists():
                os.replace(path, keep)  # noqa: PTH105
            os.replace(temporary, path)  # noqa: PTH105
        finally:
            with contextlib.suppress(OSError):
                temporary.unlink(missing_ok=True)


def write_bytes(path: Path, content: bytes, *, remedy: str = "") -> None:
    """Write a file, whole or not at all.

    Raises:
        CourseError: It cannot be written.
    """
    with writing(path, remedy=remedy) as file:
        file.write(content)


def write_text(path: Path, text: str, *, remedy: str = "") -> None:
    """Write UTF-8 text, whole or not at all, with a line feed as line end.

    Raises:
        CourseError: It cannot be written.
    """
    write_bytes(path, text.encode("utf-8", "backslashreplace"), remedy=remedy)


def write_json(path: Path, value: Any, *, remedy: str = "") -> None:
    """Write plain values as JSON, whole or not at all.

    Raises:
        CourseError: It cannot be written.
    """
    text = json.dumps(value, indent=2, ensure_ascii=False) + "\n"
    write_text(path, text, remedy=remedy)


def write_new(path: Path, content: bytes) -> bool:
    """Write a file unless there is one of that name; say whether it was written.

    Raises:
        CourseError: It cannot be written.
    """
    with disk_errors("write", path):
        try:
            with path.open("xb") as file:
                file.write(content)
        except FileExistsError:
            return False
    return True


def free_name(folder: Path, stem: str, suffix: str = "", first: int = 1) -> Path:
    """Return ``folder/stem-1.suffix``, or the first such name from `first` on that is free."""
    number = first
    while os.path.lexists(folder / f"{stem}-{number}{suffix}"):
        number += 1
    return folder / f"{stem}-{number}{suffix}"
