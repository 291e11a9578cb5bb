"""The one writer of files: a file is whole under its name, or it is not there.

A file is written beside its place under a temporary name, flushed to the disk and then
renamed. What goes wrong with the disk is put into words by `coursekit.errors`.
"""

import contextlib
import errno
import json
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any, BinaryIO

from coursekit.errors import disk_errors


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
