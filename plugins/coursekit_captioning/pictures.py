"""Where photographs are: in files, or in the archives of data sets."""

from __future__ import annotations

import hashlib
import zipfile
import zlib
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from coursekit import CourseError
from coursekit.store import Pixels, read_bytes, rgb_picture


@dataclass(frozen=True)
class Source:
    """Where the bytes of a picture are.

    Attributes:
        path: The picture's file, or the zip archive that holds it.
        member: Its name in the archive; empty for a file.
    """

    path: Path
    member: str = ""

    @property
    def name(self) -> str:
        """What error messages call it."""
        return f"{self.member} in {self.path}" if self.member else str(self.path)

    def read(self) -> bytes:
        """Return the picture's bytes.

        Raises:
            CourseError: There is no such picture.
        """
        if not self.member:
            return read_bytes(self.path)
        try:
            return open_archive(self.path, self.path.stat().st_mtime_ns).read(self.member)
        except (OSError, KeyError, RuntimeError, zipfile.BadZipFile, zlib.error) as error:
            reason = getattr(error, "strerror", None) or error
            raise CourseError(f"cannot read the picture {self.name}: {reason}") from error


@lru_cache(maxsize=2)
def open_archive(archive: Path, mtime_ns: int) -> zipfile.ZipFile:
    """Return an archive that stays open: its table of contents is long. Threads may share it."""
    return zipfile.ZipFile(archive)


def digests_of(sources: Sequence[Source]) -> list[str]:
    """Return for each picture a text that changes when its bytes do.

    Of a member of an archive it is the checksum that is in the archive.

    Raises:
        CourseError: A picture cannot be read.
    """
    digests = []
    for source in sources:
        if source.member:
            info = open_archive(source.path, source.path.stat().st_mtime_ns).getinfo(source.member)
            digests.append(f"{info.CRC:08x}{info.file_size:x}")
        else:
            digests.append(hashlib.sha256(source.read()).hexdigest())
    return digests


def load_picture(source: Source, size: int) -> Pixels:
    """Read and decode a picture, see `coursekit.store.rgb_picture`."""
    return rgb_picture(source.read(), size, source.name)
