"""What is in the cache is what was published, or it is found out."""

import errno
import io
import os
import shutil
from pathlib import Path
from random import Random
from typing import Any

import pytest
from rich.console import Console

from coursekit import CourseError, Dataset, RemoteFile
from coursekit.store import cache
from coursekit.store.cache import beside, cached, holds, location, remove, verify_files
from coursekit.store.download import Unreachable, fetch
from tests.loopback import (
    Server,
    leave_part,
    only_file,
    screen_fixture,
    server_fixture,
    shown,
)

__all__ = ["screen_fixture", "server_fixture"]

CONTENT = Random(1).randbytes(100_000)


def quiet() -> Console:
    return Console(file=io.StringIO())


def test_folder_by_the_environment(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("COURSEKIT_CACHE", str(tmp_path))
    assert cache.cache_dir() == tmp_path
    monkeypatch.setenv("COURSEKIT_CACHE", "~/course")
    assert cache.cache_dir() == Path.home() / "course"
    monkeypatch.delenv("COURSEKIT_CACHE")
    assert cache.cache_dir().name.lower() in ("coursekit", "cache")
    assert cache.cache_dir().is_absolute()


@pytest.mark.parametrize("name", ["", ".", "..", "../up", "a/b", "a\\b", "/a", "C:", "C:a"])
def test_names_stay_in_the_cache(name: str) -> None:
    with pytest.raises(CourseError, match="cannot name"):
        location(name, "file")
    with pytest.raises(CourseError, match="cannot name"):
        location("pairs", name)


@pytest.mark.parametrize("checksum", ["", "0c4f", "sha256:", "sha1:0c4f", "crc32:00"])
def test_checksum_that_is_none(server: Server, checksum: str) -> None:
    file = RemoteFile(server.add("pairs.zip", CONTENT).url, 1, checksum)
    with pytest.raises(CourseError, match="is not a checksum"):
        fetch(Dataset("pairs", "Pairs", "MIT", (file,)), quiet())


def test_big_file_is_read_once(server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    dataset = server.dataset(CONTENT)
    (file,) = dataset.files
    path = fetch(dataset, quiet()).files["pairs.zip"]
    reads: list[Path] = []
    read = cache.checksum

    def counted(path: Path, algorithm: str) -> str:
        reads.append(path)
        return read(path, algorithm)

    monkeypatch.setattr(cache, "checksum", counted)
    assert holds("pairs", file)
    assert reads == []
    os.utime(path, ns=(0, 0))
    assert holds("pairs", file)
    assert holds("pairs", file)
    assert len(reads) == 1, "a changed time has it read once more"


def test_file_put_there_by_hand(server: Server) -> None:
    dataset = server.dataset(CONTENT)
    path = location("pairs", "pairs.zip")
    path.parent.mkdir(parents=True)
    path.write_bytes(CONTENT)
    assert only_file(fetch(dataset, quiet())) == CONTENT
    assert server.requests == []


@pytest.mark.parametrize(
    "spoilt",
    [
        pytest.param(CONTENT[:-1], id="truncated"),
        pytest.param(CONTENT[:-1] + b"\0", id="corrupt"),
        pytest.param(b"", id="empty"),
    ],
)
def test_damaged_file_is_replaced(server: Server, screen: Console, spoilt: bytes) -> None:
    dataset = server.dataset(CONTENT)
    path = fetch(dataset, quiet()).files["pairs.zip"]
    path.write_bytes(spoilt)
    assert only_file(fetch(dataset, screen)) == CONTENT
    assert f"{path} is not the file that was published; downloading it again" in shown(screen)
    assert len(server.requests) == 2


def test_damaged_file_without_a_network_is_an_error(server: Server, screen: Console) -> None:
    dataset = server.dataset(CONTENT)
    path = fetch(dataset, quiet()).files["pairs.zip"]
    path.write_bytes(b"spoilt")
    server.address = "gone"
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("socket.create_connection", refuse)
        with pytest.raises(CourseError, match=r"not the file that was published; cannot") as e:
            fetch(dataset, screen)
    assert not isinstance(e.value, Unreachable), "no reason to fall back on another set"
    assert path.read_bytes() == b"spoilt"


def refuse(*_: object, **__: object) -> None:
    raise OSError(errno.ENETUNREACH, "Network is unreachable")


def test_newer_lesson_with_a_newer_file(server: Server) -> None:
    fetch(server.dataset(CONTENT), quiet())
    assert only_file(fetch(server.dataset(b"newer"), quiet())) == b"newer"


def test_what_is_there(server: Server) -> None:
    dataset = server.dataset(CONTENT)
    path = location("pairs", "pairs.zip")
    assert cached(dataset) == {"pairs.zip": None}
    (missing,) = verify_files(dataset)
    assert (missing.state, missing.path, missing.found) == ("missing", path, "")
    fetch(dataset, quiet())
    assert cached(dataset) == {"pairs.zip": path}
    assert verify_files(dataset)[0].state == "right"


def test_verify_finds_what_the_stamp_hides(server: Server) -> None:
    dataset = server.dataset(CONTENT)
    path = fetch(dataset, quiet()).files["pairs.zip"]
    before = path.stat()
    path.write_bytes(CONTENT[:-1] + b"\0")
    os.utime(path, ns=(before.st_atime_ns, before.st_mtime_ns))
    assert holds("pairs", dataset.files[0]), "same size, same time: believed"
    (verdict,) = verify_files(dataset)
    assert verdict.state == "damaged"
    assert verdict.found.startswith("sha256:")
    assert not holds("pairs", dataset.files[0]), "and no longer believed"


def test_remove_takes_its_own_and_nothing_else(server: Server) -> None:
    dataset = server.dataset(CONTENT)
    other = server.dataset(CONTENT, "other", "other.zip")
    path = fetch(dataset, quiet()).files["pairs.zip"]
    kept = fetch(other, quiet()).files["other.zip"]
    mine = path.parent / "notes"
    mine.mkdir()
    (mine / "own.txt").write_text("my own")
    size = path.stat().st_size
    assert size < remove(dataset) < size + 1000  # the stamp, too
    assert [child.name for child in path.parent.iterdir()] == ["notes"]
    assert kept.is_file()
    shutil.rmtree(mine)
    assert remove(dataset) == 0
    assert not path.parent.exists() or not any(path.parent.iterdir())


def test_remove_what_broke_off(server: Server) -> None:
    dataset = server.dataset(CONTENT)
    part = leave_part(dataset, CONTENT[:5000])
    assert 5000 < remove(dataset) < 5200
    assert not part.parent.exists()
    assert remove(dataset) == 0


def test_remove_while_another_process_downloads(server: Server) -> None:
    dataset = server.dataset(CONTENT)
    path = fetch(dataset, quiet()).files["pairs.zip"]
    with (
        cache.locked(path, lambda: None),
        pytest.raises(CourseError, match="downloaded by another process"),
    ):
        remove(dataset)
    assert path.is_file()


def test_disk_without_room(
    server: Server, screen: Console, monkeypatch: pytest.MonkeyPatch
) -> None:
    usage = shutil.disk_usage(Path.cwd())
    monkeypatch.setattr(shutil, "disk_usage", lambda _: usage._replace(free=60_000))
    dataset = server.dataset(CONTENT)
    with pytest.raises(CourseError, match=r"100\.0 kB needed, 60\.0 kB free") as caught:
        fetch(dataset, screen)
    assert "COURSEKIT_CACHE" in caught.value.remedy
    assert server.requests == []
    leave_part(dataset, CONTENT[:50_000])
    assert only_file(fetch(dataset, screen)) == CONTENT, "half of it is here already"


def test_disk_that_fills_up(
    server: Server, screen: Console, monkeypatch: pytest.MonkeyPatch
) -> None:
    dataset = server.dataset(CONTENT)
    opened = Path.open

    def nearly_full(path: Path, mode: str = "r", *args: Any, **options: Any) -> Any:
        file = opened(path, mode, *args, **options)
        if path.suffix == ".part" and "a" in mode:
            monkeypatch.setattr(Path, "open", opened)
            file.write(CONTENT[:7])
            file.close()
            raise OSError(errno.ENOSPC, "No space left on device")
        return file

    monkeypatch.setattr(Path, "open", nearly_full)
    with pytest.raises(CourseError, match=r"the disk of .*pairs is full") as caught:
        fetch(dataset, screen)
    assert "COURSEKIT_CACHE" in caught.value.remedy
    assert only_file(fetch(dataset, screen)) == CONTENT
    assert server.ranges == [None, "bytes=7-"]


def test_cache_that_is_no_folder(
    server: Server, screen: Console, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("COURSEKIT_CACHE", str(tmp_path / "file" / "cache"))
    with pytest.raises(CourseError, match="cannot use the folder") as caught:
        fetch(server.dataset(CONTENT), screen)
    assert "COURSEKIT_CACHE" in caught.value.remedy


@pytest.mark.parametrize("number", [errno.EROFS, errno.EACCES])
def test_read_only_cache(
    server: Server, screen: Console, monkeypatch: pytest.MonkeyPatch, number: int
) -> None:
    dataset = server.dataset(CONTENT)

    def forbidden(*_: object, **__: object) -> None:
        raise OSError(number, os.strerror(number))

    with monkeypatch.context() as patch:
        patch.setattr(Path, "mkdir", forbidden)
        reason = {errno.EROFS: "the disk is read-only", errno.EACCES: "Permission denied"}[number]
        with pytest.raises(CourseError, match=reason) as caught:
            fetch(dataset, screen)
    assert "COURSEKIT_CACHE" in caught.value.remedy
    path = fetch(dataset, screen).files["pairs.zip"]
    beside(path, ".stamp").unlink()
    monkeypatch.setattr(Path, "mkdir", forbidden)
    monkeypatch.setattr(Path, "write_text", forbidden)
    assert fetch(dataset, screen).files["pairs.zip"] == path, "it can be read all the same"
