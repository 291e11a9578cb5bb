"""A mirror that misbehaves: what it did is named first, and is never lost."""

import os
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from random import Random
from typing import Any

import pytest
from rich.console import Console

from coursekit import CourseError, Dataset
from coursekit.store import mirror, transfer
from coursekit.store.cache import StorageError, location
from coursekit.store.choose import choose
from coursekit.store.download import Unreachable, fetch
from tests.disks import WornDisk, fill_disk
from tests.loopback import (
    Handler,
    Server,
    closed_address,
    drip,
    drop,
    endless,
    garbage,
    only_file,
    screen_fixture,
    server_fixture,
    shown,
    stall,
    status,
)
from tests.store.test_choose import PHRASES, Small

__all__ = ["screen_fixture", "server_fixture"]

CONTENT = Random(1).randbytes(100_000)


@pytest.fixture
def mirrored(server: Server, monkeypatch: pytest.MonkeyPatch) -> Dataset:
    """A data set that only the mirror has: at its published address nobody listens."""
    server.files["pairs/pairs.zip"] = CONTENT
    monkeypatch.setenv("COURSEKIT_MIRROR", server.address)
    (file,) = server.dataset(CONTENT).files
    del server.files["pairs.zip"]
    return Dataset("pairs", "Pairs", "MIT", (replace(file, url=f"{closed_address()}/pairs.zip"),))


@pytest.fixture
def folder(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """An empty mirror folder."""
    path = tmp_path / "mirror"
    (path / "pairs").mkdir(parents=True)
    monkeypatch.setenv("COURSEKIT_MIRROR", str(path))
    return path


FAULTS = [
    pytest.param(status(403), "403 Forbidden", id="403"),
    pytest.param(status(500), "500 Internal Server Error", id="500"),
    pytest.param(garbage, "illegal status line", id="garbage"),
    pytest.param(lambda h, c: h.answer(200, b"no zip"), "not the file", id="another body"),
    pytest.param(lambda h, c: h.answer(200, c[:-1]), "99,999 bytes", id="short"),
    pytest.param(drop(0), "failed 5 times in a row", id="cut off"),
    pytest.param(endless, "it continues after 100,000 bytes", id="endless"),
    pytest.param(lambda h, c: h.answer(200, c + b"x"), "it has 100,001 bytes", id="long"),
    pytest.param(stall(5), "has stalled", id="stall"),
    pytest.param(drip(0.05), "has stalled", id="drip"),
    pytest.param(
        lambda h, c: h.answer(302, b"", {"Location": "/pairs/pairs.zip"}), "redirects", id="loop"
    ),
]


@pytest.mark.parametrize(
    ("fault", "said", "requested"),
    [
        *(pytest.param(*param.values, None, id=param.id) for param in FAULTS),
        pytest.param(status(403), "403 Forbidden", "pairs", id="403 and insisting"),
    ],
)
def test_fault_of_the_mirror_comes_first(
    server: Server,
    screen: Console,
    mirrored: Dataset,
    monkeypatch: pytest.MonkeyPatch,
    fault: Callable[[Handler, bytes], None],
    said: str,
    requested: str | None,
) -> None:
    monkeypatch.setattr(transfer, "STALL_SECONDS", 1.0)
    server.faults += [fault] * 99
    start = time.monotonic()
    with pytest.raises(mirror.MirrorError) as caught:
        choose(Small(mirrored, PHRASES), requested, screen)
    assert time.monotonic() - start < 9
    what, host = caught.value.what, server.address.removeprefix("http://")
    assert said in what
    assert what.index(host) < what.find("cannot reach") or "cannot reach" not in what
    assert "mirror" in what
    assert "--data phrasebook" in caught.value.remedy
    assert not location("pairs", "pairs.zip").exists()


@pytest.mark.parametrize(("fault", "said"), FAULTS[:3])
def test_published_address_helps_out(
    server: Server,
    screen: Console,
    monkeypatch: pytest.MonkeyPatch,
    fault: Callable[[Handler, bytes], None],
    said: str,
) -> None:
    dataset = server.dataset(CONTENT)
    server.files["school/pairs/pairs.zip"] = CONTENT
    server.files["school/pairs.zip"] = CONTENT
    monkeypatch.setenv("COURSEKIT_MIRROR", f"{server.address}/school")
    server.faults += [fault] * (2 if said.startswith("403") else transfer.TRIES)
    assert only_file(fetch(dataset, screen)) == CONTENT
    assert server.requests[-1].path == "pairs.zip"
    (line,) = [line for line in shown(screen).splitlines() if line.startswith("the mirror failed")]
    assert said in line
    assert line.endswith("using the published address")


def test_mirror_without_the_file_and_no_network(
    server: Server, screen: Console, mirrored: Dataset
) -> None:
    server.files.clear()
    with pytest.raises(Unreachable) as caught:
        fetch(mirrored, screen)
    assert f"404 Not Found for {server.address}/pairs/pairs.zip" in caught.value.what
    assert caught.value.what.index("404") < caught.value.what.index("cannot reach")
    chosen = choose(Small(mirrored, PHRASES), None, screen)
    assert chosen.dataset is PHRASES
    assert "404 Not Found" in chosen.note
    assert "(`--data pairs` to insist)" in chosen.note


def test_neither_mirror_nor_network(
    server: Server, screen: Console, mirrored: Dataset, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COURSEKIT_MIRROR", closed_address())
    with pytest.raises(Unreachable, match=r"mirror.*cannot reach.*published.*cannot reach"):
        fetch(mirrored, screen)
    assert choose(Small(mirrored, PHRASES), None, screen).dataset is PHRASES


def test_full_disk_is_not_the_mirrors_fault(
    server: Server, screen: Console, mirrored: Dataset, monkeypatch: pytest.MonkeyPatch
) -> None:
    fill_disk(monkeypatch, ".part", 100)
    with pytest.raises(StorageError, match=r"the disk of .* is full") as caught:
        fetch(mirrored, screen)
    assert "mirror" not in caught.value.what


def test_login_of_the_mirror_is_not_shown(
    server: Server, screen: Console, mirrored: Dataset, monkeypatch: pytest.MonkeyPatch
) -> None:
    address = server.address.replace("http://", "http://class:secret@")
    monkeypatch.setenv("COURSEKIT_MIRROR", address)
    server.faults += [status(403)] * 2
    with pytest.raises(CourseError) as caught:
        fetch(mirrored, screen)
    assert only_file(fetch(mirrored, screen)) == CONTENT
    assert "from the mirror, http://127.0.0.1" in shown(screen)
    assert "secret" not in shown(screen) + str(caught.value)


def test_address_of_a_folder(server: Server, screen: Console, folder: Path) -> None:
    spaced = folder.rename(folder.with_name("my mirror"))
    (spaced / "pairs.zip").write_bytes(CONTENT)
    for address in (spaced.as_uri(), f"FILE://localhost{spaced.as_uri()[7:]}"):
        with pytest.MonkeyPatch.context() as patch:
            patch.setenv("COURSEKIT_MIRROR", address)
            assert only_file(fetch(server.dataset(CONTENT), screen)) == CONTENT
        location("pairs", "pairs.zip").unlink()
    assert server.requests == []


@pytest.mark.parametrize(
    ("named", "said"),
    [
        ("file://elsewhere/mirror", "names another machine, elsewhere"),
        ("ftp://school.example/mirror", "an address that cannot be used here: ftp://school"),
        ("smb://me:secret@school/mirror", "cannot be used here: smb://school/mirror"),
        ("~nobody-of-this-name/mirror", "begins with ~nobody-of-this-name"),
        ("/" + "x" * 300, "the name is too long"),
        ("/none/of/these", "/none/of/these: No such file"),
        ("/dev/null", "is not a folder"),
        ("file:///dev/zero", "is not a folder"),
    ],
)
def test_mirror_that_cannot_be_one(
    server: Server,
    screen: Console,
    mirrored: Dataset,
    monkeypatch: pytest.MonkeyPatch,
    named: str,
    said: str,
) -> None:
    monkeypatch.setenv("COURSEKIT_MIRROR", named)
    with pytest.raises(mirror.MirrorError, match=r"COURSEKIT_MIRROR|too long") as caught:
        fetch(mirrored, screen)
    assert said in caught.value.what
    assert caught.value.what.index(said) < caught.value.what.index("cannot reach")
    assert "secret" not in str(caught.value)
    assert only_file(fetch(server.dataset(CONTENT), screen)) == CONTENT


def make_pipe(path: Path) -> None:
    os.mkfifo(path)


@pytest.mark.skipif(os.name != "posix", reason="this system has no such files")
@pytest.mark.parametrize(
    ("make", "said"),
    [
        pytest.param(make_pipe, "is a device, a pipe or a socket", id="pipe"),
        pytest.param(
            lambda p: p.symlink_to("/dev/zero"), "is a device, a pipe or a socket", id="zeros"
        ),
        pytest.param(lambda p: p.symlink_to(p), "links form a loop", id="a link to itself"),
        pytest.param(lambda p: p.mkdir(), "is a folder", id="folder"),
        pytest.param(lambda p: p.write_bytes(CONTENT + b"x"), "it is too long", id="long"),
    ],
)
def test_special_file_in_a_mirror_folder(
    server: Server,
    screen: Console,
    mirrored: Dataset,
    folder: Path,
    make: Callable[[Path], None],
    said: str,
) -> None:
    make(folder / "pairs" / "pairs.zip")
    with pytest.raises(mirror.MirrorError) as caught:
        fetch(mirrored, screen)
    assert said in caught.value.what
    assert str(folder / "pairs" / "pairs.zip") in caught.value.what
    left = {path.name for path in location("pairs", "pairs.zip").parent.iterdir()}
    assert left == {"pairs.zip.lock"}


def test_sparse_file_of_a_mirror_is_not_copied(
    server: Server, screen: Console, mirrored: Dataset, folder: Path
) -> None:
    """A terabyte that takes no room in the mirror would fill the cache."""
    with (folder / "pairs" / "pairs.zip").open("wb") as sparse:
        sparse.truncate(1 << 40)
    start = time.monotonic()
    with pytest.raises(mirror.MirrorError, match="it is too long"):
        fetch(mirrored, screen)
    assert time.monotonic() - start < 5


def test_mirror_folder_that_cannot_be_read_to_the_end(
    server: Server,
    screen: Console,
    mirrored: Dataset,
    folder: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    source = folder / "pairs" / "pairs.zip"
    source.write_bytes(CONTENT)
    opened = Path.open

    def worn(path: Path, *words: Any, **options: Any) -> Any:
        file = opened(path, *words, **options)
        return WornDisk(file) if path == source else file

    monkeypatch.setattr(Path, "open", worn)
    with pytest.raises(CourseError, match=f"cannot read {source}: Input/output error") as caught:
        fetch(mirrored, screen)
    assert "cannot use the folder" not in caught.value.what, "the cache is sound"


def test_resumed_after_the_mirror_is_repaired(
    server: Server, screen: Console, mirrored: Dataset
) -> None:
    server.faults += [drop(1000)] * transfer.TRIES
    with pytest.raises(mirror.MirrorError, match=r"with 5\.0 kB here"):
        fetch(mirrored, screen)
    assert only_file(fetch(mirrored, screen)) == CONTENT
    assert server.ranges[-1] == "bytes=5000-"
