"""Reads files back: bytes and text with words for every fault, and the kit's own JSON by schema.

Each file that the kit writes and reads back has one schema, a dataclass, that is checked
where the file is read. A file may have been changed by hand, damaged, or be another program's.
"""

import os
import stat
from pathlib import Path
from typing import Any, TypeVar

from coursekit.errors import CourseError, disk_errors
from coursekit.paths import local_path

T = TypeVar("T")

MOST_JSON = 64_000_000  # bytes of a JSON file of the kit's own


def is_there(path: Path) -> bool:
    """Return whether there is anything at a path, links followed.

    Raises:
        CourseError: The system does not let one look, or the path is too long.
    """
    with disk_errors("look at", path):
        try:
            path.stat()
        except (FileNotFoundError, NotADirectoryError):
            return False
    return True


def require_file(path: Path, what: str = "read") -> int:
    """Return the size of a regular file in bytes.

    Raises:
        CourseError: It is missing, a folder, or a device, pipe or socket, whose reading
            may never end.
    """
    with disk_errors(what, path):
        found = path.stat()
    if stat.S_ISDIR(found.st_mode):
        raise CourseError(f"{path} is a folder", "a file")
    if not stat.S_ISREG(found.st_mode):
        raise CourseError(f"{path} is a device, a pipe or a socket", "a regular file")
    return found.st_size


def read_bytes(path: Path, most: int | None = None) -> bytes:
    """Return what a regular file holds.

    Args:
        path: The file.
        most: The largest size in bytes that makes sense.

    Raises:
        CourseError: It cannot be read, is no regular file, or is too large.
    """
    size = require_file(path)
    if most is not None and size > most:
        raise CourseError(f"{path} has {size:,} bytes", f"at most {most:,}")
    with disk_errors("read", path):
        return path.read_bytes()


def read_json(path: Path, kind: type[T], remedy: str = "") -> T:
    """Return what a JSON file of the kit's own holds.

    Args:
        path: The file.
        kind: Its schema: a dataclass, or a plain type such as ``dict[str, Any]``.
        remedy: What to do if the file is not of this schema.

    Raises:
        CourseError: The file cannot be read, or does not fit its schema.
    """
    import msgspec

    content = read_bytes(path, MOST_JSON)
    try:
        return msgspec.json.decode(content, type=kind)
    except (msgspec.MsgspecError, UnicodeError, RecursionError) as error:
        raise CourseError(
            f"{path} is damaged, or another program changed it: {error}", remedy=remedy
        ) from error


def environment_path(variable: str) -> Path | None:
    """Return the path that an environment variable names, None if it is unset or blank.

    Raises:
        CourseError: It cannot be a path on this machine.
    """
    named = os.environ.get(variable, "").strip()
    return local_path(named, variable).absolute() if named else None


def as_plain(value: Any, kind: type[T]) -> T:
    """Return plain values as what a schema says.

    Raises:
        ValueError: They do not fit.
    """
    import msgspec

    return msgspec.convert(value, type=kind)
