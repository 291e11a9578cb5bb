"""Something that is computed once and kept in the cache: weights, features of pictures.

One process computes it while others wait. It has its name only when it is whole, so a file
of that name is complete; whether it is undamaged is for its reader to say.
"""

from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

from coursekit.store.cache import cache_dir, locked, storage
from coursekit.store.progress import active_console

T = TypeVar("T")


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
        CourseError: The cache cannot be written, or the disk is full.
    """
    with storage(path.parent):
        kept = read(path)  # no lock is needed to read, so that a read-only cache serves
    if kept is not None:
        return kept

    def tell() -> None:
        active_console().print(
            f"another process is computing {path.name}; waiting", markup=False, soft_wrap=True
        )

    with storage(path.parent):
        path.parent.mkdir(parents=True, exist_ok=True)
        with locked(path, tell):
            kept = read(path)
            if kept is None:
                compute(path)
                kept = read(path)
    if kept is None:
        raise RuntimeError(f"{path} was computed but cannot be read")
    return kept
