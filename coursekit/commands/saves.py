"""Waits for files to be saved, by looking at them several times a second, on every system."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

TICK = 0.3  # seconds between two looks

Stamp = tuple[int, int, int]  # when a file was changed, its size, which file it is


def saves(files: Callable[[], Iterable[Path]]) -> Iterator[set[Path]]:
    """Yield the files that changed at each save: at first all, then those written, new or gone.

    It waits in between, and ends with Ctrl-C alone.

    Args:
        files: Returns the files to look at, which may be others each time. A file that joins
            them after a save, and is older than that save, is looked at from then on.
    """
    known: dict[Path, Stamp | None] = {}
    while True:
        now = {path: _stamp(path) or known.get(path) for path in files()}
        changed = {path for path in {*known, *now} if known.get(path) != now.get(path)}
        known = now
        if changed:
            began = time.time_ns()
            yield changed
            for path in files():
                stamp = _stamp(path)
                if path not in known and stamp and stamp[0] < began:
                    known[path] = stamp
        time.sleep(TICK)


def _stamp(path: Path) -> Stamp | None:
    """Return when a file was saved; None while an editor replaces it."""
    try:
        found = path.stat()
    except OSError:
        return None
    return found.st_mtime_ns, found.st_size, found.st_ino
