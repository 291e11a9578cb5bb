"""Puts the files of a data set into the cache: from a mirror, else from where they are published.

In every case a file has its name in the cache only after its checksum was
found right.
"""

import os
import time
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from rich.filesize import decimal

from coursekit.datasets import Dataset, LocalDataset, RemoteFile
from coursekit.errors import CourseError
from coursekit.paths import without_login
from coursekit.store import mirror
from coursekit.store.cache import (
    SIDECARS,
    StorageError,
    beside,
    cache_dir,
    checksum_like,
    holds,
    location,
    locked,
    record,
    require_space,
    storage,
)
from coursekit.store.part import Part
from coursekit.store.progress import Meter, active_console
from coursekit.store.transfer import (
    PAGE,
    AbsentError,
    RefusedError,
    Transfer,
    Unreachable,
    WrongFileError,
)

if TYPE_CHECKING:
    from rich.console import Console

__all__ = ["Unreachable", "fetch", "fetch_file"]

HALT_SECONDS = 600.0  # that a process may keep a file without writing anything


def fetch(dataset: Dataset, console: "Console") -> LocalDataset:
    """Return a data set whose files are in the cache, checked, downloading what is missing.

    Args:
        dataset: What to fetch; one that is built in has no files.
        console: Where size, licence and progress are shown.

    Raises:
        Unreachable: The network cannot be reached.
        CourseError: A checksum is wrong, the disk is full or not writable, the
            server refuses or breaks off too often.
    """
    _ensure(dataset.name, dataset.files, dataset.licence, console)
    files = {file.name: location(dataset.name, file.name) for file in dataset.files}
    return LocalDataset(dataset.name, files)


def fetch_file(
    dataset_name: str, file: RemoteFile, licence: str, console: "Console | None" = None
) -> Path:
    """Return one file in the cache, checked, downloading it if it is missing.

    It is what `fetch` does, for a file such as a model's weights; raises the same.

    Args:
        dataset_name: The folder of the cache that it is kept in.
        file: The file.
        licence: Its licence, and whom to attribute.
        console: Where size, licence and progress are shown; None: on stderr.
    """
    _ensure(dataset_name, (file,), licence, console or active_console())
    return location(dataset_name, file.name)


def _ensure(
    dataset_name: str, files: Sequence[RemoteFile], licence: str, console: "Console"
) -> None:
    missing = [file for file in files if not holds(dataset_name, file)]
    if not missing:
        return
    folder = cache_dir() / dataset_name
    names = ", ".join(file.name for file in missing)
    size = sum(file.size for file in missing)
    _say(console, f"downloading {dataset_name}: {decimal(size)} ({names}); licence: {licence}")
    parts = (Part(beside(location(dataset_name, file.name), ".part")) for file in missing)
    with storage(folder):
        here = sum(part.size for part in parts)
    require_space(folder, size - here)
    for file in missing:
        _obtain(dataset_name, file, console)


def _obtain(dataset_name: str, file: RemoteFile, console: "Console") -> None:
    """Bring one file into the cache while no other process does."""
    target = location(dataset_name, file.name)

    def tell() -> None:
        _say(console, f"{file.name}: another process is downloading it; waiting")

    with storage(target.parent):
        target.parent.mkdir(parents=True, exist_ok=True)
        with locked(target, tell, _Watch(target).look):
            if holds(dataset_name, file):
                return  # the other process brought it
            fault = ""
            if target.exists():
                fault = f"{target} is not the file that was published"
                _say(console, f"{fault}; downloading it again")
            try:
                _from_anywhere(dataset_name, file, target, console)
            except Unreachable as error:
                if fault:  # silence about a fault would be worse than no answer
                    what = f"{fault}; {error.what}"
                    raise CourseError(what, error.expected, error.remedy) from error
                raise


class _Watch:
    """Checks whether the process that is waited for still makes progress."""

    def __init__(self, target: Path) -> None:
        self.target = target
        self.seen: object = None
        self.until = 0.0

    def look(self) -> None:
        """Raise a `CourseError` when nothing has moved for `HALT_SECONDS`."""
        now = time.monotonic()
        written = [self.target, *(beside(self.target, ending) for ending in SIDECARS)]
        seen = [(path.stat().st_size, path.stat().st_mtime_ns) for path in written if path.exists()]
        if seen != self.seen:
            self.seen, self.until = seen, now + HALT_SECONDS
        elif now > self.until:
            raise CourseError(
                f"another process keeps {beside(self.target, '.lock')} and has written nothing "
                f"for {HALT_SECONDS / 60:g} minutes",
                remedy="look for a stopped coursekit process and end it",
            )


def _from_anywhere(dataset_name: str, file: RemoteFile, target: Path, console: "Console") -> None:
    """Try the mirror, then the published address.

    Raises:
        Unreachable: Nobody who has the file can be reached.
        CourseError: It failed; the message begins with what the mirror did.
    """
    errors = _from_mirror(dataset_name, file, target, console)
    if errors is None:
        return
    try:
        _download(file.url, file, target, console)
    except StorageError:
        raise
    except CourseError as error:
        if errors:
            raise mirror.failed(errors, error) from error
        raise


def _from_mirror(
    dataset_name: str, file: RemoteFile, target: Path, console: "Console"
) -> list[CourseError] | None:
    """Bring a file from the mirror, or return what went wrong there; None if it came.

    Raises:
        StorageError: The cache cannot be used.
        MirrorError: The mirror's own file is not the one that was published.
    """
    errors: list[CourseError] = []
    try:
        for place in mirror.places(dataset_name, file.name):
            try:
                _bring(place.where, file, target, console)
            except WrongFileError as error:
                if place.is_own:
                    raise mirror.wrong(error) from error
                errors.append(error)
            except RefusedError as error:
                errors.append(error)
            else:
                _say(console, f"{file.name}: from the mirror, {without_login(str(place.where))}")
                return None
    except (StorageError, mirror.MirrorError):
        raise
    except CourseError as error:
        errors.append(error)
    faults = [error for error in errors if not isinstance(error, AbsentError)]
    if faults:
        _say(console, f"the mirror failed: {mirror.told(faults)}; using the published address")
    return errors


def _bring(where: Path | str, file: RemoteFile, target: Path, console: "Console") -> None:
    """Bring a file from a place of the mirror."""
    if isinstance(where, str):
        _download(where, file, target, console)
        return
    copied = beside(target, ".copy")
    copied.unlink(missing_ok=True)
    try:
        mirror.copy(where, copied, file.size)
        _settle(copied, str(where), file, target)
    finally:
        copied.unlink(missing_ok=True)


def _download(url: str, file: RemoteFile, target: Path, console: "Console") -> None:
    """Download a file into its part file and give it its name if it is right."""
    part = Part(beside(target, ".part"))
    with Meter(console, file.name, file.size) as meter:
        was_resumed = Transfer(url, part, file.size, meter).run()
        if was_resumed and checksum_like(part.path, file) != file.checksum.lower():
            meter.say(f"{file.name}: its pieces do not fit together; starting over")
            part.forget()
            Transfer(url, part, file.size, meter).run()
    _settle(part.path, without_login(url), file, target)


def _settle(part: Path, source: str, file: RemoteFile, target: Path) -> None:
    """Give a complete file its name in the cache; delete it if its checksum is wrong.

    Raises:
        WrongFileError: It is not the file that was published.
    """
    found = checksum_like(part, file)
    if found != file.checksum.lower():
        error = _wrong(part, source, file, found)
        Part(part).forget()
        raise error
    with part.open("r+b") as complete:
        os.fsync(complete.fileno())  # or a power cut could leave the name without the bytes
    part.replace(target)
    beside(part, ".json").unlink(missing_ok=True)
    record(target, file)


def _wrong(part: Path, source: str, file: RemoteFile, found: str) -> WrongFileError:
    with part.open("rb") as wrong:
        beginning = wrong.read(1024).lower()
    is_page = b"<html" in beginning or b"<!doctype html" in beginning
    return WrongFileError(
        f"{source} is not the file that was published: {part.stat().st_size:,} bytes, {found}"
        + (PAGE if is_page else ""),
        f"{file.size:,} bytes, {file.checksum}",
        "The file was deleted. Try again; if it keeps failing, use another data set "
        "or a newer version of the lesson",
    )


def _say(console: "Console", text: str) -> None:
    console.print(text, markup=False, highlight=False, soft_wrap=True)
