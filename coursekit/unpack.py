"""Unpacks zip and tar archives without ever leaving the folder that they are meant for."""

import gzip
import json
import lzma
import shutil
import stat
import tarfile
import zipfile
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path, PureWindowsPath
from typing import IO

from coursekit.cache import MARKER, beside, locked, require_space, storage
from coursekit.errors import CourseError

# A member of an archive: its name, its size, and what opens it (None: a folder).
Member = tuple[str, int, Callable[[], IO[bytes]] | None]

_DAMAGED = (
    zipfile.BadZipFile,
    tarfile.TarError,
    zlib.error,
    lzma.LZMAError,
    gzip.BadGzipFile,
    EOFError,
    NotImplementedError,  # a compression that Python does not know
    RuntimeError,  # an encrypted zip
)


def unpack(archive: Path, folder: Path) -> Path:
    """Unpack a zip or tar archive (plain, gz, bz2 or xz) into a folder of its own.

    The folder appears complete or not at all. When it was unpacked from this
    very archive before, nothing is done; when from another one, it is
    replaced. Two processes may unpack the same archive at once.

    Args:
        archive: The archive.
        folder: The folder to make, below the cache or anywhere else.

    Returns:
        The folder.

    Raises:
        CourseError: The archive is damaged, holds links or names that lead out
            of the folder, does not fit on the disk; the folder is someone else's
            or cannot be written.
    """
    if not archive.is_file():
        raise CourseError(f"there is no archive {archive}")
    with storage(folder.parent):
        folder.parent.mkdir(parents=True, exist_ok=True)
        with locked(folder, lambda: None):
            if not _is_done(archive, folder):
                workshop = beside(folder, ".unpacking")
                _delete(workshop)  # of a process that was killed
                try:
                    _extract(archive, workshop)
                    marker = json.dumps(_identity(archive))
                    (workshop / MARKER).write_text(marker, encoding="utf-8")
                    _delete(folder)
                    workshop.rename(folder)
                finally:
                    _delete(workshop)
    return folder


def _is_done(archive: Path, folder: Path) -> bool:
    if not folder.exists() or (folder.is_dir() and not any(folder.iterdir())):
        return False
    marker = folder / MARKER
    if not marker.is_file():
        raise CourseError(
            f"{folder} was not unpacked by coursekit and is left as it is",
            "no such folder, or an empty one",
            "move it elsewhere and run it again",
        )
    try:
        return bool(json.loads(marker.read_text(encoding="utf-8")) == _identity(archive))
    except ValueError:
        return False


def _identity(archive: Path) -> dict[str, object]:
    status = archive.stat()
    return {"archive": archive.name, "size": status.st_size, "mtime_ns": status.st_mtime_ns}


def _delete(folder: Path) -> None:
    if folder.is_dir():
        shutil.rmtree(folder)


def _extract(archive: Path, workshop: Path) -> None:
    """Check every member's name, kind and size, and only then write the first one."""
    with _damage_told(archive), _opened(archive) as pack:
        members = list(_members(archive, pack))
        targets = [workshop.joinpath(*_parts(archive, name)) for name, _, _ in members]
        require_space(workshop, sum(size for _, size, _ in members))
        workshop.mkdir()
        for (_, _, opened), target in zip(members, targets, strict=True):
            if opened is None:
                target.mkdir(parents=True, exist_ok=True)
                continue
            target.parent.mkdir(parents=True, exist_ok=True)
            with opened() as source, target.open("wb") as file:
                shutil.copyfileobj(source, file, 1 << 20)


@contextmanager
def _damage_told(archive: Path) -> Iterator[None]:
    try:
        yield
    except _DAMAGED as error:
        raise CourseError(
            f"{archive} cannot be unpacked: {error}",
            "a zip or tar archive that is whole and not encrypted",
            "download it again",
        ) from error


def _opened(archive: Path) -> zipfile.ZipFile | tarfile.TarFile:
    if zipfile.is_zipfile(archive):
        return zipfile.ZipFile(archive)
    return tarfile.open(archive)


def _members(archive: Path, pack: zipfile.ZipFile | tarfile.TarFile) -> Iterator[Member]:
    """Yield what an archive holds; only files and folders are allowed."""
    if isinstance(pack, zipfile.ZipFile):
        for info in pack.infolist():
            kind = stat.S_IFMT(info.external_attr >> 16)
            if kind not in (0, stat.S_IFREG, stat.S_IFDIR):
                raise _unsafe(archive, info.filename, "is a link or a device")
            yield info.filename, info.file_size, None if info.is_dir() else partial(pack.open, info)
        return
    for member in pack:
        if not (member.isreg() or member.isdir()):
            raise _unsafe(archive, member.name, "is a link or a device")
        yield member.name, member.size, None if member.isdir() else partial(_source, pack, member)
    while pack.fileobj is not None and pack.fileobj.read(1 << 20):
        pass  # the checksum of the compression stands behind the last member


def _parts(archive: Path, name: str) -> tuple[str, ...]:
    """Split a member's name, by either slash, into parts that stay in the folder."""
    path = PureWindowsPath(name)  # knows drives, and both slashes, on every system
    if path.drive or path.root or ".." in path.parts or "\0" in name:
        raise _unsafe(archive, name, "leads out of its folder")
    return path.parts


def _unsafe(archive: Path, name: str, fault: str) -> CourseError:
    return CourseError(
        f"{archive} was not unpacked: its member {name!r} {fault}",
        "an archive of plain files and folders",
    )


def _source(pack: tarfile.TarFile, member: tarfile.TarInfo) -> IO[bytes]:
    source = pack.extractfile(member)
    assert source is not None  # the member is a regular file
    return source
