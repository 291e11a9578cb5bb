"""A cache that cannot be used is told in words by every command; a read-only one serves."""

import os
from collections.abc import Iterator
from pathlib import Path
from random import Random

import pytest
from rich.console import Console

from coursekit import CourseError
from coursekit.commands import doctor
from coursekit.store import cache
from coursekit.store.cache import StorageError, beside, location
from coursekit.store.download import fetch
from tests.conftest import Command
from tests.disks import fill_disk, locked_away, open_folder_fixture
from tests.loopback import Server, only_file, screen_fixture, server_fixture, shown

__all__ = ["open_folder_fixture", "screen_fixture", "server_fixture"]

CONTENT = Random(1).randbytes(100_000)
COMMANDS = [
    ("data", "nmt"),
    ("data", "nmt", "--show"),
    ("data", "nmt", "--verify"),
    ("data", "nmt", "--remove"),
    ("run", "nmt"),
    ("bench", "nmt"),
]
UNUSABLE = {
    "another user's": ("~nobody-of-this-name/cache", "begins with ~nobody-of-this-name"),
    "a long name": ("HERE/" + "x" * 300, "the name is too long"),
    "a long path": ("HERE/" + "x/" * 5000, "the name is too long"),
    "another machine": ("file://elsewhere/cache", "names another machine"),
    "an address": ("https://host.example/cache", "is an address that cannot be used here"),
    "a link to itself": ("HERE/loop/in", "its links form a loop"),
    "a file": ("HERE/file", "a part of its path is a file"),
    "a path below a file": ("HERE/file/below", "a part of its path is a file"),
    "a device": ("/dev/null", "a part of its path is a file"),
}


@pytest.fixture
def command(coursekit: Command, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Command:
    (tmp_path / "loop").symlink_to(tmp_path / "loop")
    (tmp_path / "file").write_text("")
    return coursekit


@pytest.mark.parametrize("words", COMMANDS, ids=" ".join)
@pytest.mark.parametrize("kind", UNUSABLE)
def test_every_command_says_what_is_wrong(
    command: Command, tmp_path: Path, words: tuple[str, ...], kind: str
) -> None:
    named, said = UNUSABLE[kind]
    command.environment["COURSEKIT_CACHE"] = named.replace("HERE", str(tmp_path))
    done = command(*words, code=1)
    assert done.stderr.startswith("error: ")
    assert said in done.stderr
    assert "COURSEKIT_CACHE" in done.stderr
    assert len(done.stderr) < 800


@pytest.mark.parametrize("words", COMMANDS, ids=" ".join)
def test_folder_that_cannot_be_entered(
    command: Command, open_folder: Path, words: tuple[str, ...]
) -> None:
    command.folder = open_folder
    command.environment["COURSEKIT_CACHE"] = str(open_folder / "cache")
    (open_folder / "cache" / "tatoeba").mkdir(parents=True)
    with locked_away(open_folder / "cache", 0o000):
        done = command(*words, code=1)
    assert "error: cannot use the folder" in done.stderr
    assert "Permission denied" in done.stderr
    assert "set COURSEKIT_CACHE to another folder" in done.stderr


def test_address_of_a_folder(server: Server, screen: Console, tmp_path: Path) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("COURSEKIT_CACHE", (tmp_path / "my cache").as_uri())
        assert cache.cache_dir() == tmp_path / "my cache"
        assert only_file(fetch(server.dataset(CONTENT), screen)) == CONTENT


def test_user_without_a_home(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("COURSEKIT_CACHE", raising=False)
    monkeypatch.setattr("platformdirs.user_cache_path", lambda *_, **__: Path("~/.cache/coursekit"))
    with pytest.raises(CourseError, match="has no home folder") as caught:
        cache.cache_dir()
    assert caught.value.remedy == "set COURSEKIT_CACHE to a folder"


def test_doctor_goes_through_to_the_end(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    for named, found in [
        ("~nobody-of-this-name", "begins with ~nobody-of-this-name"),
        ("ftp://host/cache", "cannot be used here"),
        (str(tmp_path / "file" / "cache"), "a part of its path is a file"),
        (str(tmp_path / ("x" * 300)), "the name is too long"),
    ]:
        monkeypatch.setenv("COURSEKIT_CACHE", named)
        finding = doctor._place("cache", cache.cache_dir, "COURSEKIT_CACHE")
        assert finding.what == "cache"
        assert found in finding.found
        assert "COURSEKIT_CACHE" in finding.remedy
    monkeypatch.setenv("COURSEKIT_CACHE", str(tmp_path))
    finding = doctor._place("cache", cache.cache_dir, "COURSEKIT_CACHE")
    assert finding.found.startswith(str(tmp_path))


@pytest.fixture
def filled(server: Server, open_folder: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A cache that a teacher filled, and in which a student may only read."""
    monkeypatch.setenv("COURSEKIT_CACHE", str(open_folder))
    path = fetch(server.dataset(CONTENT), Console(quiet=True)).files["pairs.zip"]
    fetch(server.dataset(CONTENT, "more", "more.zip"), Console(quiet=True))
    yield path
    for folder in open_folder.iterdir():
        folder.chmod(0o755)


@pytest.mark.parametrize("left", ["all", "no stamp", "no lock"])
def test_read_only_cache_serves(server: Server, screen: Console, filled: Path, left: str) -> None:
    ending = {"no stamp": ".stamp", "no lock": ".lock"}.get(left, ".none")
    beside(filled, ending).unlink(missing_ok=True)
    dataset = server.dataset(CONTENT)
    asked = len(server.requests)
    with locked_away(filled.parent):
        assert fetch(dataset, screen).files["pairs.zip"].read_bytes() == CONTENT
        assert [verdict.state for verdict in cache.verify_files(dataset)] == ["right"]
        assert cache.cached(dataset) == {"pairs.zip": filled}
        with pytest.raises(StorageError, match="Permission denied"):
            cache.remove(dataset)
    assert shown(screen) == ""
    assert len(server.requests) == asked
    assert filled.is_file()


def test_read_only_cache_without_the_file(server: Server, screen: Console, filled: Path) -> None:
    wanted = server.dataset(CONTENT, "others", "others.zip")
    with locked_away(filled.parents[1]):
        assert cache.remove(wanted) == 0, "there is nothing that one would have to write for"
        with pytest.raises(StorageError, match=r"cannot use the folder .*others: Permission"):
            fetch(wanted, screen)
    assert not location("others", "others.zip").parent.exists()


def test_damaged_file_of_a_read_only_cache(server: Server, screen: Console, filled: Path) -> None:
    filled.write_bytes(CONTENT[:-1])
    with locked_away(filled.parent), pytest.raises(StorageError, match="Permission denied"):
        fetch(server.dataset(CONTENT), screen)


@pytest.mark.parametrize(("suffix", "room"), [(".part", 0), (".part", 60_000), (".tmp", 5)])
def test_full_disk(
    server: Server, screen: Console, monkeypatch: pytest.MonkeyPatch, suffix: str, room: int
) -> None:
    dataset = server.dataset(CONTENT)
    with monkeypatch.context() as patch:
        fill_disk(patch, suffix, room)
        with pytest.raises(StorageError, match=r"the disk.* is full") as caught:
            fetch(dataset, screen)
    assert "COURSEKIT_CACHE" in caught.value.remedy
    assert not location("pairs", "pairs.zip").exists()
    assert only_file(fetch(dataset, screen)) == CONTENT
    if suffix == ".part" and room:
        assert server.ranges == [None, "bytes=60000-"]


def test_disk_without_room_for_a_stamp(
    server: Server, screen: Console, monkeypatch: pytest.MonkeyPatch
) -> None:
    fill_disk(monkeypatch, ".stamp", 3)
    assert only_file(fetch(server.dataset(CONTENT), screen)) == CONTENT
    assert only_file(fetch(server.dataset(CONTENT), screen)) == CONTENT
    assert len(server.requests) == 1


def test_disk_that_cannot_lock(
    server: Server, screen: Console, monkeypatch: pytest.MonkeyPatch
) -> None:
    def missing(*_: object, **__: object) -> None:
        raise NotImplementedError("FileSystem does not appear to support flock")

    monkeypatch.setattr("filelock.FileLock.acquire", missing)
    with pytest.raises(StorageError, match="cannot lock files") as caught:
        fetch(server.dataset(CONTENT), screen)
    assert "COURSEKIT_CACHE" in caught.value.remedy


def test_home_that_is_shared_by_two_users(server: Server, screen: Console, filled: Path) -> None:
    """Another user's lock and stamp lie in a folder that both may write in."""
    filled.unlink()
    beside(filled, ".lock").touch(mode=0o600)
    with locked_away(filled.parent, 0o777), pytest.raises(StorageError, match="Permission denied"):
        fetch(server.dataset(CONTENT), screen)
    assert os.access(filled.parent, os.W_OK)
