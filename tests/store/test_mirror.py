"""A mirror, a folder or an address, stands in for the published address."""

from dataclasses import replace
from pathlib import Path
from random import Random

import pytest
from rich.console import Console

from coursekit import CourseError, Dataset, RemoteFile
from coursekit.store import transfer
from coursekit.store.cache import location
from coursekit.store.download import Unreachable, fetch
from tests.conftest import MIRROR, published
from tests.disks import fill_disk
from tests.loopback import (
    Server,
    closed_address,
    only_file,
    screen_fixture,
    server_fixture,
    shown,
    status,
)

__all__ = ["screen_fixture", "server_fixture"]

CONTENT = Random(1).randbytes(100_000)
WRONG = Random(2).randbytes(100_000)


@pytest.fixture
def folder(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """An empty mirror folder."""
    path = tmp_path / "mirror"
    (path / "pairs").mkdir(parents=True)
    monkeypatch.setenv("COURSEKIT_MIRROR", str(path))
    return path


def unpublished(dataset: Dataset) -> Dataset:
    """Return the data set with an address at which nobody listens."""
    (file,) = dataset.files
    return replace(dataset, files=(replace(file, url=f"{closed_address()}/pairs.zip"),))


@pytest.mark.parametrize("place", ["pairs/pairs.zip", "pairs.zip"])
def test_folder(server: Server, screen: Console, folder: Path, place: str) -> None:
    dataset = server.dataset(CONTENT)
    (folder / place).write_bytes(CONTENT)
    assert only_file(fetch(dataset, screen)) == CONTENT
    assert server.requests == []
    assert (folder / place).read_bytes() == CONTENT
    assert f"pairs.zip: from the mirror, {folder / place}" in shown(screen)
    (folder / place).unlink()
    assert only_file(fetch(dataset, screen)) == CONTENT, "the cache has a copy"


def test_folder_prefers_the_data_sets_own(server: Server, screen: Console, folder: Path) -> None:
    (folder / "pairs.zip").write_bytes(WRONG)
    (folder / "pairs/pairs.zip").write_bytes(CONTENT)
    assert only_file(fetch(server.dataset(CONTENT), screen)) == CONTENT
    assert server.requests == []


def test_folder_without_the_file(server: Server, screen: Console, folder: Path) -> None:
    assert only_file(fetch(server.dataset(CONTENT), screen)) == CONTENT
    assert len(server.requests) == 1


def test_bare_name_of_another_file(server: Server, screen: Console, folder: Path) -> None:
    (folder / "pairs.zip").write_bytes(WRONG)
    assert only_file(fetch(server.dataset(CONTENT), screen)) == CONTENT
    assert len(server.requests) == 1
    assert f"{folder / 'pairs.zip'} is not the file that was published" in shown(screen)


def test_wrong_bare_file_is_no_reason_to_fall_back(
    server: Server, screen: Console, folder: Path
) -> None:
    (folder / "pairs.zip").write_bytes(WRONG)
    with pytest.raises(CourseError, match=r"not the file that was published.*cannot reach") as e:
        fetch(unpublished(server.dataset(CONTENT)), screen)
    assert not isinstance(e.value, Unreachable)


def test_wrong_file_of_its_own_is_an_error(server: Server, screen: Console, folder: Path) -> None:
    wrong = folder / "pairs" / "pairs.zip"
    wrong.write_bytes(CONTENT[:500])
    with pytest.raises(CourseError, match="500 bytes") as caught:
        fetch(server.dataset(CONTENT), screen)
    assert str(wrong) in caught.value.what
    assert server.requests == []
    assert wrong.read_bytes() == CONTENT[:500], "a mirror is never touched"
    left = {path.name for path in location("pairs", "pairs.zip").parent.iterdir()}
    assert left == {"pairs.zip.lock"}


def test_copy_that_does_not_fit(
    server: Server, screen: Console, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (folder / "pairs.zip").write_bytes(CONTENT)
    fill_disk(monkeypatch, ".copy", 100)
    with pytest.raises(CourseError, match=r"the disk of .*pairs is full"):
        fetch(server.dataset(CONTENT), screen)
    left = {path.name for path in location("pairs", "pairs.zip").parent.iterdir()}
    assert left == {"pairs.zip.lock"}


def test_folder_that_is_not_there(
    server: Server, screen: Console, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("COURSEKIT_MIRROR", str(tmp_path / "none"))
    assert only_file(fetch(server.dataset(CONTENT), screen)) == CONTENT
    assert f"{tmp_path / 'none'}: No such file or directory" in shown(screen)
    assert "using the published address" in shown(screen)


@pytest.mark.parametrize("place", ["school/pairs/pairs.zip", "school/pairs.zip"])
def test_address(
    server: Server, screen: Console, monkeypatch: pytest.MonkeyPatch, place: str
) -> None:
    dataset = unpublished(server.dataset(CONTENT))
    server.files = {place: CONTENT}
    monkeypatch.setenv("COURSEKIT_MIRROR", f"{server.address}/school/")
    assert only_file(fetch(dataset, screen)) == CONTENT
    tried = ["school/pairs/pairs.zip", "school/pairs.zip"]
    assert [request.path for request in server.requests] == tried[: tried.index(place) + 1]


def test_address_without_the_file(
    server: Server, screen: Console, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COURSEKIT_MIRROR", f"{server.address}/school")
    assert only_file(fetch(server.dataset(CONTENT), screen)) == CONTENT
    assert server.requests[-1].path == "pairs.zip"


def test_address_with_another_bare_file(
    server: Server, screen: Console, monkeypatch: pytest.MonkeyPatch
) -> None:
    dataset = server.dataset(CONTENT)
    server.files["school/pairs.zip"] = WRONG
    monkeypatch.setenv("COURSEKIT_MIRROR", f"{server.address}/school")
    assert only_file(fetch(dataset, screen)) == CONTENT
    assert "school/pairs.zip is not the file that was published" in shown(screen)
    assert "using the published address" in shown(screen)


def test_address_that_cannot_be_reached(
    server: Server, screen: Console, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COURSEKIT_MIRROR", closed_address())
    assert only_file(fetch(server.dataset(CONTENT), screen)) == CONTENT
    assert "the mirror failed: cannot reach 127.0.0.1" in shown(screen)
    assert "using the published address" in shown(screen)


@pytest.mark.parametrize("mirror", ["http://school:99999", "http://[", "http://", "https://a b/"])
def test_address_that_is_none(
    server: Server, screen: Console, monkeypatch: pytest.MonkeyPatch, mirror: str
) -> None:
    monkeypatch.setenv("COURSEKIT_MIRROR", mirror)
    assert only_file(fetch(server.dataset(CONTENT), screen)) == CONTENT
    assert "the mirror failed: " in shown(screen)


def test_address_in_trouble(
    server: Server, screen: Console, monkeypatch: pytest.MonkeyPatch
) -> None:
    dataset = server.dataset(CONTENT)
    server.files["school/pairs/pairs.zip"] = CONTENT
    server.faults += [status(503)] * transfer.TRIES
    monkeypatch.setenv("COURSEKIT_MIRROR", f"{server.address}/school")
    assert only_file(fetch(dataset, screen)) == CONTENT
    assert server.requests[-1].path == "pairs.zip"


def test_published_sentence_pairs(
    server: Server, screen: Console, monkeypatch: pytest.MonkeyPatch
) -> None:
    published("tatoeba", "spa-eng.zip")
    monkeypatch.setenv("COURSEKIT_MIRROR", str(MIRROR))
    file = RemoteFile(
        f"{closed_address()}/spa-eng.zip",
        2_638_744,
        "sha256:0c4fd7825d3d872488d38c157f784e035edab4f2ff0df25a2a208790ecb5b58f",
    )
    local = fetch(Dataset("tatoeba", "Tatoeba", "CC BY 2.0 FR", (file,)), screen)
    assert len(only_file(local)) == file.size
