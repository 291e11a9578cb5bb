"""Disks that are full and users who may not write, without either."""

import errno
import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Self

import pytest

NOBODY = 65534  # the user id that may do nothing on most systems


class Disk:
    """A file on a disk with a fault."""

    def __init__(self, file: Any) -> None:
        self.file = file

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.file.close()

    def __getattr__(self, name: str) -> Any:
        return getattr(self.file, name)


class FullDisk(Disk):
    """It has room for some more bytes."""

    def __init__(self, file: Any, room: int) -> None:
        super().__init__(file)
        self.room = room

    def write(self, data: bytes) -> int:
        fits = data[: self.room]
        self.room -= self.file.write(fits)
        if len(fits) < len(data):
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        return len(data)


class WornDisk(Disk):
    """It cannot be read any more."""

    def read(self, count: int = -1) -> bytes:
        raise OSError(errno.EIO, os.strerror(errno.EIO))


def fill_disk(monkeypatch: pytest.MonkeyPatch, end: str, room: int) -> None:
    """Let files whose name ends so take some bytes, and no more."""
    opened = Path.open

    def full(path: Path, mode: str = "r", *args: Any, **options: Any) -> Any:
        file = opened(path, mode, *args, **options)
        return FullDisk(file, room) if path.name.endswith(end) and set(mode) & set("wa") else file

    monkeypatch.setattr(Path, "open", full)


@contextmanager
def locked_away(folder: Path, mode: int = 0o555) -> Iterator[None]:
    """Take a folder's permissions away, from root too, until the block ends."""
    if not hasattr(os, "geteuid"):
        pytest.skip("this system has no permissions of this kind")
    is_root = os.geteuid() == 0
    folder.chmod(mode)
    if is_root:
        os.seteuid(NOBODY)
    try:
        yield
    finally:
        if is_root:
            os.seteuid(0)
        folder.chmod(0o755)


@pytest.fixture(name="open_folder")
def open_folder_fixture() -> Iterator[Path]:
    """A folder that every user may walk into; pytest's own is closed to all but one."""
    folder = Path(tempfile.mkdtemp(prefix="coursekit-test-"))
    folder.chmod(0o755)
    yield folder
    shutil.rmtree(folder)
