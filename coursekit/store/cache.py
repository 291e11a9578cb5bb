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
import stat
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from functools import partial
from pathlib import Path, PureWindowsPath
from typing import Literal

from rich.filesize import decimal

from coursekit.atomic import write_json
from coursekit.datasets import Dataset, RemoteFile
from coursekit.errors import FULL, REASONS, CourseError
from coursekit.printable import shortened
from coursekit.stored import environment_path

SIDECARS = (".part", ".part.json", ".part.json.tmp", ".copy", ".stamp", ".stamp.tmp", ".lock")
ALGORITHMS = ("sha256", "md5")
MOST_SIDECAR = 1 << 16  # bytes of a sidecar that are read


class StorageError(CourseError):
    """The disk of the cache is full, or its folder cannot be used."""


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
    """Return the folder that ``COURSEKIT_CACHE`` names, else the system's cache folder.

    It need not exist yet.

    Raises:
        StorageError: It is there and is not a folder, or cannot be looked at.
        CourseError: What is named cannot be a path, or this user has no home folder.
    """
    folder = environment_path("COURSEKIT_CACHE") or _home_cache()
    with storage(folder), suppress(FileNotFoundError):
        if not stat.S_ISDIR(folder.stat().st_mode):
            raise NotADirectoryError(errno.ENOTDIR, os.strerror(errno.ENOTDIR))
    return folder


def _home_cache() -> Path:
    """Return the system's cache folder for the kit."""
    from platformdirs import user_cache_path

    found = user_cache_path("coursekit", appauthor=False)
    if found.parts[:1] == ("~",):
        raise CourseError(
            "this user has no home folder, so there is no place for data sets",
            remedy="set COURSEKIT_CACHE to a folder",
        )
    return found.absolute()


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
    """Return the checksum of a path by the algorithm that was published for a file."""
    return checksum(path, algorithm_of(file))


def algorithm_of(file: RemoteFile) -> str:
    """Return the algorithm of a file's published checksum.

    Raises:
        CourseError: What was declared as the file's checksum is not one.
    """
    algorithm, colon, digest = file.checksum.partition(":")
    if algorithm not in ALGORITHMS or not colon or not digest:
        raise CourseError(
            f"{file.checksum!r} is not a checksum of {file.name}", '"sha256:..." or "md5:..."'
        )
    return algorithm


def holds(dataset_name: str, file: RemoteFile) -> bool:
    """Return whether the cache has a file as it was published.

    A stamp that fits (same checksum asked, size and time unchanged) is
    believed; otherwise the whole file is read once, and the stamp renewed.
    """
    target = location(dataset_name, file.name)
    algorithm_of(file)  # before anything is downloaded in vain
    with storage(target.parent):
        if not target.is_file():
            return False
        if read_sidecar(beside(target, ".stamp")) == _stamp(target, file.checksum):
            return True
    return _check(target, file) == file.checksum.lower()


def cached(dataset: Dataset) -> dict[str, Path | None]:
    """Return where each file of a data set is, None for those that are not in the cache."""
    paths = {file.name: location(dataset.name, file.name) for file in dataset.files}
    with storage(cache_dir()):
        return {name: path if path.is_file() else None for name, path in paths.items()}


def verify_files(dataset: Dataset) -> list[Verdict]:
    """Read every file of a data set in the cache and compare it with its checksum."""
    verdicts = []
    there = cached(dataset)
    for file in dataset.files:
        target = location(dataset.name, file.name)
        if there[file.name] is None:
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
        doomed = [target, *(beside(target, ending) for ending in SIDECARS)]
        with storage(target.parent):
            if not any(map(os.path.lexists, doomed)):
                continue  # a cache that cannot be written has nothing to lose
            with locked(target, partial(_in_use, target)):
                freed += sum(_delete(path) for path in doomed[:-1])
            doomed[-1].unlink(missing_ok=True)
    if dataset.files:
        _remove_empty(cache_dir() / dataset.name)
    return freed


def record(target: Path, file: RemoteFile) -> None:
    """Write the stamp that says a file's checksum was found right."""
    with suppress(OSError, CourseError):  # a cache that cannot be written is only slower
        write_json(beside(target, ".stamp"), _stamp(target, file.checksum))


def require_space(folder: Path, needed: int) -> None:
    """Check that the disk of a folder, which need not exist yet, has room.

    Raises:
        CourseError: It has not; says how much is needed and how much is free.
    """
    with storage(folder):
        there = next((path for path in (folder, *folder.parents) if path.is_dir()), Path())
        free = shutil.disk_usage(there).free
    if needed > free:
        raise StorageError(
            f"not enough room on the disk of {folder}: "
            f"{decimal(needed)} needed, {decimal(free)} free",
            remedy="free some, or set COURSEKIT_CACHE to a folder on a larger disk",
        )


@contextmanager
def storage(folder: Path) -> Iterator[None]:
    """Turn disk errors into messages that say what to do.

    Raises:
        StorageError: The disk is full, or the folder cannot be used.
    """
    try:
        yield
    except OSError as error:
        if error.errno in FULL:
            raise StorageError(
                f"the disk of {folder} is full",
                remedy="free some room and run it again (a download resumes where it stopped), "
                "or set COURSEKIT_CACHE to a folder on a larger disk",
            ) from error
        reason = REASONS.get(error.errno or 0, error.strerror or str(error))
        raise StorageError(
            f"cannot use the folder {shortened(str(folder))}: {reason}",
            "a folder that you can write to",
            "fix its permissions, or set COURSEKIT_CACHE to another folder",
        ) from error


@contextmanager
def locked(
    target: Path,
    on_wait: Callable[[], None],
    check: Callable[[], None] = lambda: None,
) -> Iterator[None]:
    """Let only one process at a time use a file.

    Args:
        target: The file.
        on_wait: Called once, before waiting for another process.
        check: Called about once a second while waiting; may raise to end it.

    Raises:
        StorageError: The disk has no locks.
    """
    from filelock import FileLock, Timeout

    lock = FileLock(beside(target, ".lock"))
    try:
        try:
            lock.acquire(timeout=0)
        except Timeout:
            on_wait()
            while not lock.is_locked:
                check()
                with suppress(Timeout):
                    lock.acquire(timeout=1)
    except NotImplementedError as error:
        raise StorageError(
            f"the disk of {target.parent} cannot lock files, which keeps two processes apart",
            remedy="set COURSEKIT_CACHE to a folder on a disk of this machine",
        ) from error
    try:
        yield
    finally:
        lock.release()


def read_sidecar(path: Path) -> dict[str, object] | None:
    """Return what one of the small JSON files beside a data file says, None if it is of no use."""
    try:
        if not path.is_file():  # reading a pipe would never end
            return None
        with path.open("rb") as file:
            found = json.loads(file.read(MOST_SIDECAR))
    except (OSError, ValueError, RecursionError):
        return None
    return found if isinstance(found, dict) else None


def _check(target: Path, file: RemoteFile) -> str:
    """Return a file's checksum and renew or delete its stamp accordingly."""
    with storage(target.parent):
        found = checksum_like(target, file)
    if found == file.checksum.lower():
        record(target, file)
    else:
        with suppress(OSError):
            beside(target, ".stamp").unlink(missing_ok=True)
    return found


def _stamp(target: Path, published: str) -> dict[str, object]:
    now = target.stat()
    return {"checksum": published, "size": now.st_size, "mtime_ns": now.st_mtime_ns}


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
