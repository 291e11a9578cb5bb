"""A file of the cache that was damaged behind its stamp: named, and downloaded again."""

import gzip
import io
import os
import shutil
import zipfile
from collections.abc import Callable
from pathlib import Path
from random import Random
from typing import Any

import pytest
from rich.console import Console

from coursekit import CourseError, Data, LocalDataset, RemoteFile, fingerprint
from coursekit.store import DamagedError, cache, reading
from coursekit.store.cache import beside, location
from coursekit.store.download import fetch
from coursekit.store.reading import lesson_data
from tests.conftest import MIRROR, Command, published
from tests.loopback import Server, only_file, screen_fixture, server_fixture, shown
from tests.store.test_choose import Small

__all__ = ["screen_fixture", "server_fixture"]

TEXT = b"".join(b"%d\tn\xc3\xbamero %d\n" % (n, n) for n in range(5000))


def zipped() -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("pairs.txt", TEXT)
    return buffer.getvalue()


def damage(path: Path, start: int = 0, count: int = 10_000) -> None:
    """Overwrite a part of a file as a failing disk would: its size and time stay."""
    before = path.stat()
    content = bytearray(path.read_bytes())
    piece = slice(start, min(len(content), start + count))
    content[piece] = Random(3).randbytes(len(content[piece]))
    path.write_bytes(content)
    os.utime(path, ns=(before.st_atime_ns, before.st_mtime_ns))


def unzip(path: Path) -> bytes:
    with zipfile.ZipFile(path) as archive:
        return archive.read("pairs.txt")


def load(path: Path) -> Any:
    import numpy as np

    return np.load(path)


READERS = [
    pytest.param(unzip, zipped(), 0, id="the whole of a zip"),
    pytest.param(unzip, zipped(), 200, id="the middle of a zip"),
    pytest.param(lambda path: gzip.decompress(path.read_bytes()), gzip.compress(TEXT), 0, id="gz"),
    pytest.param(lambda path: gzip.decompress(path.read_bytes()), gzip.compress(TEXT), 50, id="z"),
    pytest.param(lambda path: path.read_text("utf-8"), TEXT, 0, id="text"),
    pytest.param(lambda path: path.read_bytes().index(b"4999"), TEXT, 80_000, id="any error"),
]


@pytest.mark.parametrize(("read", "content", "start"), READERS)
def test_damage_behind_the_stamp(
    server: Server, screen: Console, read: Callable[[Path], Any], content: bytes, start: int
) -> None:
    dataset = server.dataset(content)
    path = fetch(dataset, screen).files["pairs.zip"]
    with reading(path):
        read(path)
    damage(path, start, 40_000)
    assert fetch(dataset, screen).files["pairs.zip"] == path, "it is believed"
    with pytest.raises(DamagedError) as caught, reading(path):
        read(path)
    assert caught.value.what == f"{path} has been damaged on this disk since it was downloaded"
    assert "downloaded again" in caught.value.remedy
    assert caught.value.__cause__ is not None
    assert only_file(fetch(dataset, screen)) == content, "the promise is kept"
    assert "is not the file that was published; downloading it again" in shown(screen)
    with reading(path):
        read(path)


def test_error_of_a_sound_file_stays_what_it_is(server: Server, screen: Console) -> None:
    path = fetch(server.dataset(TEXT), screen).files["pairs.zip"]
    with pytest.raises(ZeroDivisionError), reading(path):
        raise ZeroDivisionError
    with pytest.raises(CourseError, match=r"cannot be read: File is not") as caught, reading(path):
        unzip(path)
    assert not isinstance(caught.value, DamagedError)
    assert "coursekit data LESSON --verify" in caught.value.remedy
    assert beside(path, ".stamp").exists(), "still believed"


def test_file_that_the_cache_does_not_vouch_for(tmp_path: Path) -> None:
    own = tmp_path / "own.zip"
    own.write_bytes(b"no zip")
    with pytest.raises(CourseError, match="cannot be read") as caught, reading(own):
        unzip(own)
    assert not isinstance(caught.value, DamagedError)


def test_file_that_vanished_or_cannot_be_read(server: Server, screen: Console) -> None:
    path = fetch(server.dataset(TEXT), screen).files["pairs.zip"]
    path.unlink()
    with pytest.raises(DamagedError), reading(path):
        path.read_bytes()


def test_damage_where_nothing_can_be_replaced(
    server: Server, screen: Console, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = fetch(server.dataset(zipped()), screen).files["pairs.zip"]
    damage(path)

    def forbidden(*_: object, **__: object) -> None:
        raise PermissionError

    monkeypatch.setattr(Path, "unlink", forbidden)
    with pytest.raises(DamagedError) as caught, reading(path):
        unzip(path)
    assert "COURSEKIT_CACHE" in caught.value.remedy


class Careless(Small):
    """A lesson that trusts its file, as an author elsewhere may write one."""

    def data(self, dataset: LocalDataset, settings: Any) -> Any:
        return Data(fingerprint([unzip(dataset.files["pairs.zip"])]))


def test_lesson_that_trusts_its_file(server: Server, screen: Console) -> None:
    dataset = server.dataset(zipped())
    lesson = Careless(dataset)
    local = fetch(dataset, screen)
    right = fingerprint([TEXT])
    assert lesson_data(lesson, local, None).fingerprint == right
    damage(local.files["pairs.zip"])
    with pytest.raises(DamagedError, match=r"pairs\.zip has been damaged"):
        lesson_data(lesson, local, None)
    assert lesson_data(lesson, fetch(dataset, screen), None).fingerprint == right
    with pytest.raises(KeyError):
        lesson_data(lesson, LocalDataset("pairs"), None)


COURSE = {
    "nmt": ("tatoeba", "spa-eng.zip"),
    "dcgan": ("mnist", "train-images-idx3-ubyte.gz"),
    "textgen": ("shakespeare", "tinyshakespeare.txt"),
}


@pytest.mark.parametrize("lesson", COURSE)
def test_damaged_files_of_the_course(
    lesson: str, coursekit: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    name, file = COURSE[lesson]
    declared = published_files(lesson, name)
    for each in declared:
        published(name, each)
    coursekit.environment["COURSEKIT_MIRROR"] = str(MIRROR)
    coursekit("data", lesson, "--data", name)
    monkeypatch.setenv("COURSEKIT_CACHE", coursekit.environment["COURSEKIT_CACHE"])
    path = location(name, file)
    damage(path, count=path.stat().st_size)
    run = ("run", lesson, "--data", name, "--preset", "tiny", "--out", "it")
    done = coursekit(*run, code=1)
    assert f"{path} has been damaged on this disk" in done.stderr
    assert "run the same command again" in done.stderr
    assert not cache.holds(name, declared[file])
    shutil.rmtree(coursekit.folder / "it", ignore_errors=True)
    coursekit("data", lesson, "--data", name)
    assert cache.holds(name, declared[file])


def published_files(lesson: str, name: str) -> dict[str, RemoteFile]:
    """Return the files of a data set by their names."""
    from coursekit.plugins import catalogue

    dataset = next(d for d in catalogue().lesson(lesson).datasets if d.name == name)
    return {file.name: file for file in dataset.files}
