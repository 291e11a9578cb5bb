"""Something that is computed once and kept in the cache: weights, features of pictures.

One process computes it while others wait. It has its name only when it is whole, so a file
of that name is complete; whether it is undamaged is for its reader to say.
"""

import os
import socket
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TypeVar

from coursekit.errors import CourseError
from coursekit.printable import printable
from coursekit.store.cache import beside, cache_dir, locked, storage
from coursekit.store.progress import active_console

T = TypeVar("T")

TELL_AFTER = 15.0  # seconds of waiting, then it is said how to proceed
HALT_AFTER = 1800.0  # seconds in which the other process writes nothing: it is given up
OWNER = ".owner"  # ending of the small file that says who computes


def artefact_path(folder: str, name: str) -> Path:
    """Return where an artefact is kept: ``<cache>/<folder>/<name>``."""
    return cache_dir() / folder / name


def computed_once(
    path: Path, read: Callable[[Path], T | None], compute: Callable[[Path], None]
) -> T:
    """Return what is kept under a path, computing it first if it is missing or damaged.

    Args:
        path: Its place in the cache, see `artefact_path`.
        read: Returns what the file holds; None if it is missing or damaged.
        compute: Writes the file under its name, whole or not at all (`coursekit.atomic`).

    Raises:
        CourseError: The cache cannot be written, the disk is full, or another process has the lock
            and makes no progress.
    """
    with storage(path.parent):
        kept = read(path)  # no lock is needed to read, so that a read-only cache serves
    if kept is not None:
        return kept

    waiting = _Waiting(path)
    with storage(path.parent):
        path.parent.mkdir(parents=True, exist_ok=True)
        with locked(path, waiting.begin, waiting.look):
            kept = read(path)
            if kept is None:
                with _owned(path):
                    compute(path)
                kept = read(path)
    if kept is None:
        raise RuntimeError(f"{path} was computed but cannot be read")
    return kept


@contextmanager
def _owned(path: Path) -> Iterator[None]:
    """Let those who wait know which process computes."""
    owner = beside(path, OWNER)
    owner.write_text(f"process {os.getpid()} on {socket.gethostname()}", "utf-8")
    try:
        yield
    finally:
        with suppress(OSError):
            owner.unlink(missing_ok=True)


class _Waiting:
    """Waits for another process: says for whom, and not without end."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.started = 0.0
        self.told = False
        self.seen: object = None
        self.until = 0.0

    def begin(self) -> None:
        """Say that somebody else is at it."""
        self.started = time.monotonic()
        self._say(f"another process is computing {self.path.name}; waiting")

    def look(self) -> None:
        """Say how to proceed after a while; raise a `CourseError` when nothing moves any more."""
        now = time.monotonic()
        if not self.told and now > self.started + TELL_AFTER:
            self.told = True
            self._say(
                f"still waiting: {self._owner()} holds {beside(self.path, '.lock')}. It may take "
                "some minutes; Ctrl-C stops waiting. If that process hangs, end it and run this "
                "again"
            )
        seen = self._written()
        if seen != self.seen:
            self.seen, self.until = seen, now + HALT_AFTER
        elif now > self.until:
            raise CourseError(
                f"{self._owner()} keeps {beside(self.path, '.lock')} and has written nothing for "
                f"{HALT_AFTER / 60:g} minutes",
                remedy="look for a stopped coursekit process and end it",
            )

    def _written(self) -> list[tuple[int, int]]:
        """Return the sizes and times of what the other process writes beside the lock."""
        written = (beside(self.path, ending) for ending in ("", ".part", ".tmp", OWNER))
        found = []
        for path in written:
            with suppress(FileNotFoundError):
                found.append((path.stat().st_size, path.stat().st_mtime_ns))
        return found

    def _owner(self) -> str:
        """Return who computes, in words."""
        with suppress(OSError), beside(self.path, OWNER).open("rb") as file:
            return printable(file.read(200).decode("utf-8", "replace"), 200)
        return "another process"

    def _say(self, text: str) -> None:
        active_console().print(text, markup=False, highlight=False, soft_wrap=True)
