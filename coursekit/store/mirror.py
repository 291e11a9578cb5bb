"""What stands in for the published addresses: a folder, or a web server of the classroom.

``COURSEKIT_MIRROR`` names it. A mirror that misbehaves is never passed over in silence: what
it did is said where it happens, and again in front of whatever fails after it.
"""

import os
import stat
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote

from coursekit.errors import CourseError, disk_errors
from coursekit.paths import is_web_address, local_path
from coursekit.store.transfer import AbsentError, Unreachable, WrongFileError
from coursekit.stored import is_there, require_file

NAME = "COURSEKIT_MIRROR"
FORM = "a folder, file:///... with one, or an address http://... or https://..."
PIECE = 1 << 20  # bytes that are copied at once


class MirrorError(CourseError):
    """The mirror failed, and nobody else has the file."""


@dataclass(frozen=True)
class Place:
    """Where a mirror may have a file.

    Attributes:
        where: A path, or a web address.
        is_own: Whether it lies below the data set's name. A bare name may well be that of
            another file.
    """

    where: Path | str
    is_own: bool


def named() -> str:
    """Return what ``COURSEKIT_MIRROR`` says, empty if there is no mirror."""
    return os.environ.get(NAME, "").strip()


def places(dataset_name: str, file_name: str) -> list[Place]:
    """Return where the mirror may have a file; nothing if there is no mirror.

    Raises:
        CourseError: What it names is neither a folder nor an address.
    """
    mirror = named()
    if not mirror:
        return []
    if is_web_address(mirror):
        root = mirror.rstrip("/")
        own = f"{root}/{quote(dataset_name)}/{quote(file_name)}"
        return [Place(own, True), Place(f"{root}/{quote(file_name)}", False)]
    folder = local_path(mirror, NAME)
    with disk_errors(f"use the folder that {NAME} names,", folder, expected=FORM):
        if not stat.S_ISDIR(folder.stat().st_mode):
            raise CourseError(f"{folder}, which {NAME} names, is not a folder", FORM)
    return [Place(folder / dataset_name / file_name, True), Place(folder / file_name, False)]


def copy(source: Path, target: Path, size: int) -> None:
    """Copy a file of a mirror folder, never more than the bytes that it should have.

    Args:
        source: In the mirror.
        target: What is written.
        size: The bytes of the file as published.

    Raises:
        AbsentError: It is not there.
        WrongFileError: It is too long.
        CourseError: It is not a file, or cannot be read.
        OSError: The target cannot be written.
    """
    if not is_there(source):
        raise AbsentError(f"there is no {source}")
    if require_file(source) > size:
        raise _too_long(source, size)
    with target.open("wb") as written:
        for piece in _pieces(source, size):
            written.write(piece)


def _pieces(source: Path, size: int) -> Iterator[bytes]:
    """Yield what is in a file; what goes wrong in here is the mirror's fault, not the cache's."""
    with disk_errors("read", source), source.open("rb") as file:
        left = size
        while piece := file.read(min(PIECE, left + 1)):
            left -= len(piece)
            if left < 0:  # it has grown meanwhile
                raise _too_long(source, size)
            yield piece


def _too_long(source: Path, size: int) -> WrongFileError:
    return WrongFileError(
        f"{source} is not the file that was published: it is too long", f"{size:,} bytes"
    )


def wrong(error: WrongFileError) -> MirrorError:
    """Return the error for a file of the mirror that is not the one that was published."""
    return MirrorError(
        f"the mirror has a wrong file: {error.what}",
        error.expected,
        f"replace it in the mirror, or unset {NAME}",
    )


def failed(errors: Sequence[CourseError], then: CourseError) -> CourseError:
    """Return the error of a file that neither the mirror nor its published address gave.

    Args:
        errors: What went wrong at the mirror, in this order.
        then: What went wrong at the published address.

    Returns:
        `Unreachable` if nothing is wrong but that nobody who has the file can be reached;
        else `MirrorError`.
    """
    is_absence = all(isinstance(error, (AbsentError, Unreachable)) for error in errors)
    kind = Unreachable if is_absence and isinstance(then, Unreachable) else MirrorError
    return kind(
        f"the mirror did not provide the file: {told(errors)}; the published address: {then.what}",
        "a mirror that has the file, or a connection to the internet",
        f"correct the mirror, or {NAME}; or connect and run it again",
    )


def told(errors: Sequence[CourseError]) -> str:
    """Return what went wrong at the mirror, in one line."""
    return "; ".join(dict.fromkeys(error.what for error in errors))
