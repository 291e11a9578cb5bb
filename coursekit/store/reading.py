"""Reading what was downloaded: a file that was damaged on this disk is named and replaced.

A file of the cache is believed as long as its size and time are those of its stamp, so that a
large one is not read twice at every start. A disk that loses a block, or a program that writes
into the file, is therefore noticed only where the file is read. Whatever goes wrong there, the
checksum is compared again, and if the file has changed, that is the error.
"""

import lzma
import tarfile
import zipfile
import zlib
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from coursekit.datasets import LocalDataset
from coursekit.errors import CourseError
from coursekit.lesson import Lesson
from coursekit.returned import data_of
from coursekit.store.cache import ALGORITHMS, beside, checksum, read_sidecar

UNREADABLE = (
    OSError,
    EOFError,
    UnicodeDecodeError,
    zlib.error,
    zipfile.BadZipFile,
    lzma.LZMAError,
    tarfile.TarError,
)


class DamagedError(CourseError):
    """A file of the cache is no longer what was published."""


@contextmanager
def reading(path: Path) -> Iterator[None]:
    """Turn what goes wrong while a file of the cache is read into words.

    Args:
        path: The file, of `LocalDataset.files` or from `coursekit.store.fetch_file`.

    Raises:
        DamagedError: The file has changed since it was downloaded; it is no longer believed,
            so the next command downloads it again.
        CourseError: The file is an archive or a text that cannot be read.
    """
    try:
        yield
    except Exception as error:
        _blame([path], error)
        if isinstance(error, UNREADABLE):
            raise CourseError(
                f"{path} cannot be read: {getattr(error, 'strerror', None) or error}",
                "the file as it was published",
                "compare it with what was published: coursekit data LESSON --verify",
            ) from error
        raise


def lesson_data(lesson: Lesson, local: LocalDataset, settings: Any) -> Any:
    """Return what `Lesson.data` returns, checked.

    Raises:
        DamagedError: It failed, and one of the downloaded files has changed since it came.
        CourseError: The lesson cannot read the data set, or returned something else than `Data`.
    """
    try:
        return data_of(lesson, lesson.data(local, settings))
    except Exception as error:
        _blame(local.files.values(), error)
        raise


def _blame(paths: Iterable[Path], error: Exception) -> None:
    """Raise a `DamagedError` if one of the files is damaged: whatever happened, it explains it."""
    for path in paths:
        if not is_damaged(path):
            continue
        if beside(path, ".stamp").exists():
            remedy = "it cannot be replaced there; set COURSEKIT_CACHE to another folder"
        else:
            remedy = "run the same command again: the file is then downloaded again"
        raise DamagedError(
            f"{path} has been damaged on this disk since it was downloaded",
            "the file as it was published",
            remedy,
        ) from error


def is_damaged(target: Path) -> bool:
    """Return whether a file is no longer what its stamp says; its stamp is then no longer believed.

    A file without a stamp is nothing that this cache vouches for.
    """
    stamp = read_sidecar(beside(target, ".stamp")) or {}
    published = str(stamp.get("checksum", "")).lower()
    algorithm = published.partition(":")[0]
    if algorithm not in ALGORITHMS:
        return False
    try:
        if checksum(target, algorithm) == published:
            return False
    except OSError:
        pass  # a disk that cannot read it any more has lost it
    with suppress(OSError):
        beside(target, ".stamp").unlink(missing_ok=True)
    return True
