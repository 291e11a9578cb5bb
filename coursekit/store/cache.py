"""The cache folder: what is in it, whether it is what was published, and how to clear it.

A file of a data set is kept as ``<cache>/<dataset>/<file>``. Beside it may lie
``<file>.stamp`` (its checksum was found right when it had this size and this
time), ``<file>.part`` with ``<file>.part.json`` (a download that broke off) and
``<file>.lock``. Nothing here touches the network.
"""

import errno
import hashlib
import json
import os
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from functools import partial
from pathlib import Path, PureWindowsPath
from typing import Literal

from rich.filesize import decimal

from coursekit.datasets import Dataset, RemoteFile
from coursekit.errors import CourseError

SIDECARS = (".part", ".part.json", ".copy", ".stamp", ".lock")


@dataclass(frozen=True)
class Verdict:
    """What `verify_files` found of one file.

    Attributes:
        name: The file's name.
        path: Where it is, or would be.
        state: Whether it is there and is what was published.
        found: The checksum found; empty when it is missing.
    """

    name: str
    path: Path
    state: Literal["right", "missing", "damaged"]
    found: str = ""


def cache_dir() -> Path:
    """Return the folder that ``COURSEKIT_CACHE`` names, else the system's cache folder."""
    named = os.environ.get("COURSEKIT_CACHE", "").strip()
    if named:
        return Path(named).expanduser().absolute()
    from platformdirs import user_cache_path

    return user_cache_path("coursekit", appauthor=False)


def location(dataset_name: str, file_name: str) -> Path:
    """Return where a file of a data set is kept.

    Raises:
        CourseError: A name could lead out of the cache folder.
    """
    for name in (dataset_name, file_name):
        pure = PureWindowsPath(name)
        if pure.drive or pure.parts != (name,) or name in (".", ".."):
            raise CourseError(f"{name!r} cannot name a data set or its file", "a plain name")
    return cache_dir() / dataset_name / file_name


def beside(target: Path, ending: str) -> Path:
    """Return the path of one of a file's `SIDECARS`."""
    return target.with_name(target.name + ending)


def checksum(path: Path, algorithm: str) -> str:
    """Return a file's checksum as ``"sha256:..."`` or ``"md5:..."``."""
    with path.open("rb") as file:
        digest = hashlib.file_digest(file, lambda: hashlib.new(algorithm, usedforsecurity=False))
    return f"{algorithm}:{digest.hexdigest()}"


def checksum_like(path: Path, file: RemoteFile) -> str:
    """Return the checksum of a path by the algorithm that was published for a file.

    Raises:
        CourseError: What was declared as the file's checksum is not one.
    """
    algorithm, colon, digest = file.checksum.partition(":")
    if algorithm not in ("sha256", "md5") or not colon or not digest:
        raise CourseError(
            f"{file.checksum!r} is not a checksum of {file.name}", '"sha256:..." or "md5:..."'
        )
    return checksum(path, algorithm)


def holds(dataset_name: str, file: RemoteFile) -> bool:
    """Say whether the cache has a file as it was published.

    A stamp that fits (same checksum asked, size and time unchanged) is
    believed; otherwise the whole file is read once, and the stamp renewed.
    """
    target = location(dataset_name, file.name)
    if not target.is_file():
        return False
    if _read_stamp(target) == _stamp(target, file):
        return True
    return _check(target, file) == file.checksum.lower()


def cached(dataset: Dataset) -> dict[str, Path | None]:
    """Return where each file of a data set is, None for those that are not in the cache."""
    paths = {file.name: location(dataset.name, file.name) for file in dataset.files}
    return {name: path if path.is_file() else None for name, path in paths.items()}


def verify_files(dataset: Dataset) -> list[Verdict]:
    """Read every file of a data set in the cache and compare it with its checksum."""
    verdicts = []
    for file in dataset.files:
        target = location(dataset.name, file.name)
        if not target.is_file():
            verdicts.append(Verdict(file.name, target, "missing"))
            continue
        found = _check(target, file)
        state: Literal["right", "damaged"] = (
            "right" if found == file.checksum.lower() else "damaged"
        )
        verdicts.append(Verdict(file.name, target, state, found))
    return verdicts


def remove(dataset: Dataset) -> int:
    """Delete what was downloaded for a data set and return the bytes freed.

    Nothing that `coursekit.store` did not put there is deleted.

    Raises:
        CourseError: Another process is downloading, or a file cannot be deleted.
    """
    freed = 0
    for file in dataset.files:
        target = location(dataset.name, file.name)
        if not target.parent.is_dir():
            return freed
        with storage(target.parent):
            with locked(target, partial(_in_use, target)):
                doomed = [target, *(beside(target, ending) for ending in SIDECARS[:-1])]
                freed += sum(_delete(path) for path in doomed)
            beside(target, ".lock").unlink(missing_ok=True)
    if dataset.files:
        _remove_empty(cache_dir() / dataset.name)
    return freed


def record(target: Path, file: RemoteFile) -> None:
    """Leave the stamp that says a file's checksum was found right."""
    with suppress(OSError):  # a cache that cannot be written is only slower
        beside(target, ".stamp").write_text(json.dumps(_stamp(target, file)), encoding="utf-8")


def require_space(folder: Path, needed: int) -> None:
    """Check that the disk of a folder, which need not exist yet, has room.

    Raises:
        CourseError: It has not; says how much is needed and how much is free.
    """
    there = next((path for path in (folder, *folder.parents) if path.is_dir()), Path())
    with storage(folder):
        free = shutil.disk_usage(there).free
    if needed > free:
        raise CourseError(
            f"not enough room on the disk of {folder}: "
            f"{decimal(needed)} needed, {decimal(free)} free",
            remedy="free some, or set COURSEKIT_CACHE to a folder on a larger disk",
        )


@contextmanager
def storage(folder: Path) -> Iterator[None]:
    """Turn what goes wrong with the disk into errors that say what to do.

    Raises:
        CourseError: The disk is full, or the folder cannot be written.
    """
    try:
        yield
    except OSError as error:
        if error.errno in (errno.ENOSPC, getattr(errno, "EDQUOT", errno.ENOSPC)):
            raise CourseError(
                f"the disk of {folder} is full",
                remedy="free some room and run it again (a download goes on where it stopped), "
                "or set COURSEKIT_CACHE to a folder on a larger disk",
            ) from error
        raise CourseError(
            f"cannot use the folder {folder}: {error.strerror or error}",
            "a folder that this user may write in",
            "mend its permissions, or set COURSEKIT_CACHE to another folder",
        ) from error


@contextmanager
def locked(target: Path, on_wait: Callable[[], None]) -> Iterator[None]:
    """Keep a file to one process at a time; `on_wait` is called before waiting for another."""
    from filelock import FileLock, Timeout

    lock = FileLock(beside(target, ".lock"))
    try:
        lock.acquire(timeout=0)
    except Timeout:
        on_wait()
        lock.acquire()
    try:
        yield
    finally:
        lock.release()


def _check(target: Path, file: RemoteFile) -> str:
    """Return a file's checksum and renew or take away its stamp accordingly."""
    with storage(target.parent):
        found = checksum_like(target, file)
    if found == file.checksum.lower():
        record(target, file)
    else:
        with suppress(OSError):
            beside(target, ".stamp").unlink(missing_ok=True)
    return found


def _stamp(target: Path, file: RemoteFile) -> dict[str, object]:
    stat = target.stat()
    return {"checksum": file.checksum, "size": stat.st_size, "mtime_ns": stat.st_mtime_ns}


def _read_stamp(target: Path) -> object:
    try:
        return json.loads(beside(target, ".stamp").read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None


def _delete(path: Path) -> int:
    size = path.lstat().st_size if path.is_file() else 0
    path.unlink(missing_ok=True)
    return size


def _in_use(target: Path) -> None:
    raise CourseError(
        f"{target} is being downloaded by another process",
        remedy="wait until it is done, or stop it",
    )


def _remove_empty(folder: Path) -> None:
    with storage(folder):
        if folder.is_dir() and not any(folder.iterdir()):
            folder.rmdir()
