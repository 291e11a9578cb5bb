"""The one lister of a folder of pictures: what is read, and what is left out and why."""

from __future__ import annotations

import os
import stat
import unicodedata
from collections import defaultdict
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path

from coursekit.errors import CourseError
from coursekit.stored import read_bytes

PICTURES = frozenset(
    {".png", ".jpg", ".jpeg", ".jpe", ".jfif", ".gif", ".bmp", ".webp", ".tif", ".tiff"}
)
HEIC = frozenset({".heic", ".heif"})
OTHER_PICTURES = frozenset({".avif", ".svg", ".psd", ".pdf", ".eps", ".dng", ".cr2", ".nef"})
SYSTEM = frozenset({"__MACOSX", "Thumbs.db", "desktop.ini", "__pycache__", "$RECYCLE.BIN"})
MOST_BYTES = 1_000_000_000  # of a picture's file
MOST_NAMED = 3


@dataclass
class Listing:
    """The pictures below a folder.

    Attributes:
        folder: The folder.
        paths: The pictures' files, in the order of their names.
        left_out: For each reason, the names of what was left out.
    """

    folder: Path
    paths: list[Path] = field(default_factory=list)
    left_out: dict[str, list[str]] = field(default_factory=lambda: defaultdict(list))

    def name(self, path: Path) -> str:
        """Return the name of something in the folder, fit to be printed."""
        return shown_name(path.relative_to(self.folder))

    def pictures(self) -> Iterator[tuple[str, Callable[[], bytes]]]:
        """Yield each picture's name, and a function that reads its file."""
        for path in self.paths:
            yield self.name(path), lambda path=path: read_bytes(path, MOST_BYTES)  # type: ignore[misc]

    def notes(self) -> list[str]:
        """Return a line for each reason for which something was left out."""
        lines = []
        for reason, names in self.left_out.items():
            more = f" and {len(names) - MOST_NAMED} more" if len(names) > MOST_NAMED else ""
            lines.append(f"left out, {reason}: {', '.join(names[:MOST_NAMED])}{more}")
        return lines


def shown_name(path: Path | str) -> str:
    r"""Return a name fit to be printed: bytes that are not UTF-8 become ``\xe9``."""
    return os.fsencode(path).decode("utf-8", "backslashreplace")


def list_pictures(folder: Path) -> Listing:
    """Find the pictures of a folder and of the folders in it.

    Links are followed, each folder is read once. Hidden files and those that systems leave
    behind, empty files, pipes and devices, dead links and kinds of pictures that cannot be read
    are left out and named.

    Raises:
        CourseError: It is not a folder.
    """
    if not folder.is_dir():
        raise CourseError(f"{shown_name(folder)} is not a folder", "a folder of pictures")
    listing = Listing(folder)
    _walk(folder, listing, set())
    return listing


def find_file(folder: Path, name: str) -> Path | None:
    r"""Return a file below a folder by the name that somebody wrote; None: there is none.

    A name that differs only in how its accents are composed is found (macOS takes them apart),
    and so is one with ``\`` between folders.
    """
    for written in dict.fromkeys((name, name.replace("\\", "/"))):
        if is_file(folder / written):
            return folder / written
    place = folder
    for part in name.replace("\\", "/").split("/"):
        try:
            index = _composed(place, place.stat().st_mtime_ns)
        except (OSError, ValueError):
            return None
        found = index.get(unicodedata.normalize("NFC", part))
        if found is None:
            return None
        place = place / found
    return place if is_file(place) else None


@lru_cache(maxsize=8)
def _composed(folder: Path, mtime_ns: int) -> dict[str, str]:
    """Return the names in a folder by how they read when they are composed."""
    return {unicodedata.normalize("NFC", path.name): path.name for path in folder.iterdir()}


def is_file(path: Path) -> bool:
    """Return whether there is a regular file; a name that no file can have is none."""
    try:
        return path.is_file()
    except (OSError, ValueError):  # too long, links in a circle, a NUL
        return False


def _walk(folder: Path, listing: Listing, entered: set[tuple[int, int]]) -> None:
    here = folder.stat()
    if (here.st_dev, here.st_ino) in entered:
        listing.left_out["a folder that was read already"].append(listing.name(folder))
        return
    entered.add((here.st_dev, here.st_ino))
    try:
        paths = sorted(folder.iterdir())
    except OSError as error:
        listing.left_out[f"cannot be opened ({error.strerror})"].append(listing.name(folder))
        return
    for path in paths:
        reason = _reason(path)
        if reason:
            listing.left_out[reason].append(listing.name(path))
        elif path.is_dir():
            _walk(path, listing, entered)
        elif path.suffix.lower() in PICTURES:
            listing.paths.append(path)


def _reason(path: Path) -> str:
    """Return why a file or folder is left out; empty if it is not, or is no picture at all."""
    if path.name.startswith(".") or path.name in SYSTEM:
        return "hidden, or created by the operating system"
    try:
        found = path.stat()
    except OSError:
        return "a broken link"
    if stat.S_ISDIR(found.st_mode):
        return ""
    suffix = path.suffix.lower()
    if not stat.S_ISREG(found.st_mode):
        return "a device, a pipe or a socket"
    if suffix in HEIC:
        return "HEIC is not supported, save them as JPEG in a photo program"
    if suffix in OTHER_PICTURES:
        return f"{suffix[1:].upper()} is not supported, save them as PNG or JPEG"
    return "an empty file" if suffix in PICTURES and not found.st_size else ""
