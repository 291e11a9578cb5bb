"""Puts the files of a data set into the cache: from a mirror, else from where they are published.

Whatever the way, a file has its name in the cache only after its checksum was
found right.
"""

import os
import shutil
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import quote

from rich.filesize import decimal

from coursekit.datasets import Dataset, LocalDataset, RemoteFile
from coursekit.errors import CourseError
from coursekit.store.cache import (
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
from coursekit.store.progress import Meter, active_console
from coursekit.store.transfer import RefusedError, Unreachable, transfer

if TYPE_CHECKING:
    from rich.console import Console

__all__ = ["ChecksumError", "Unreachable", "fetch", "fetch_file"]


class ChecksumError(CourseError):
    """A file that came is not the one that was published."""


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
    parts = (beside(location(dataset_name, file.name), ".part") for file in missing)
    require_space(folder, size - sum(part.stat().st_size for part in parts if part.is_file()))
    for file in missing:
        _obtain(dataset_name, file, console)


def _obtain(dataset_name: str, file: RemoteFile, console: "Console") -> None:
    """Bring one file into the cache while no other process does."""
    target = location(dataset_name, file.name)

    def tell() -> None:
        _say(console, f"{file.name}: another process is downloading it; waiting")

    with storage(target.parent):
        target.parent.mkdir(parents=True, exist_ok=True)
        with locked(target, tell):
            if holds(dataset_name, file):
                return  # the other process brought it
            faults = []
            if target.exists():
                faults.append(f"{target} is not the file that was published")
                _say(console, f"{faults[0]}; downloading it again")
            try:
                _from_anywhere(dataset_name, file, target, console, faults)
            except Unreachable as error:
                if faults:  # silence about a fault would be worse than no answer
                    raise CourseError(
                        "; ".join([*faults, error.what]), error.expected, error.remedy
                    ) from error
                raise


def _from_anywhere(
    dataset_name: str, file: RemoteFile, target: Path, console: "Console", faults: list[str]
) -> None:
    """Try the mirror, then the published address; note in `faults` what was wrong on the way."""
    for place, is_its_own in _mirrored(dataset_name, file, console):
        try:
            if isinstance(place, Path):
                _copy(place, file, target)
            else:
                _download(place, file, target, console)
        except RefusedError:
            continue  # the mirror does not have it there
        except ChecksumError as error:
            if is_its_own:
                raise
            # Under its bare name it may well be the file of something else.
            faults.append(error.what)
            _say(console, f"{error.what}; not used")
        except CourseError as error:
            _say(console, f"the mirror failed: {error.what}; using the published address")
            break
        else:
            _say(console, f"{file.name}: from the mirror, {place}")
            return
    _download(file.url, file, target, console)


def _mirrored(
    dataset_name: str, file: RemoteFile, console: "Console"
) -> Iterator[tuple[Path | str, bool]]:
    """Yield where ``COURSEKIT_MIRROR`` may have a file, and whether that place is its own.

    First below the data set's name, which is its own, then by its bare name.
    """
    mirror = os.environ.get("COURSEKIT_MIRROR", "").strip()
    if mirror.lower().startswith(("http://", "https://")):
        root = mirror.rstrip("/")
        yield f"{root}/{quote(dataset_name)}/{quote(file.name)}", True
        yield f"{root}/{quote(file.name)}", False
    elif mirror:
        folder = Path(mirror).expanduser()
        if not folder.is_dir():
            _say(console, f"the mirror {folder} is not a folder; using the published address")
            return
        yield folder / dataset_name / file.name, True
        yield folder / file.name, False


def _copy(source: Path, file: RemoteFile, target: Path) -> None:
    """Copy a file of a mirror folder into the cache, if it is there and is right."""
    try:
        original = source.open("rb")
    except FileNotFoundError as error:
        raise RefusedError(f"there is no {source}") from error
    except OSError as error:
        raise CourseError(f"cannot read {source}: {error.strerror or error}") from error
    copy = beside(target, ".copy")
    try:
        with original, copy.open("wb") as written:
            shutil.copyfileobj(original, written, 1 << 20)
        _settle(copy, str(source), file, target)
    finally:
        copy.unlink(missing_ok=True)


def _download(url: str, file: RemoteFile, target: Path, console: "Console") -> None:
    """Download a file into its part file and give it its name if it is right."""
    part = beside(target, ".part")
    with Meter(console, file.name, file.size) as meter:
        was_resumed = transfer(url, part, meter)
        if was_resumed and checksum_like(part, file) != file.checksum.lower():
            meter.say(f"{file.name}: its pieces do not fit together; starting over")
            part.unlink()
            transfer(url, part, meter)
    _settle(part, url, file, target)


def _settle(part: Path, source: str, file: RemoteFile, target: Path) -> None:
    """Give a complete file its name in the cache; take it away if its checksum is wrong.

    Raises:
        ChecksumError: It is not the file that was published.
    """
    found = checksum_like(part, file)
    if found != file.checksum.lower():
        error = _wrong(part, source, file, found)
        part.unlink()
        beside(part, ".json").unlink(missing_ok=True)
        raise error
    with part.open("r+b") as complete:
        os.fsync(complete.fileno())  # or a power cut could leave the name without the bytes
    part.replace(target)
    beside(part, ".json").unlink(missing_ok=True)
    record(target, file)


def _wrong(part: Path, source: str, file: RemoteFile, found: str) -> ChecksumError:
    with part.open("rb") as wrong:
        beginning = wrong.read(1024).lower()
    is_page = b"<html" in beginning or b"<!doctype html" in beginning
    return ChecksumError(
        f"{source} is not the file that was published: {part.stat().st_size:,} bytes, {found}"
        + (" (it is a web page, perhaps the sign-in page of this network)" if is_page else ""),
        f"{file.size:,} bytes, {file.checksum}",
        "it was thrown away; run it again, and if it stays so, take another data set "
        "or a newer version of the lesson",
    )


def _say(console: "Console", text: str) -> None:
    console.print(text, markup=False, highlight=False, soft_wrap=True)
