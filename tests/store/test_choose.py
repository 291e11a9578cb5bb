"""Which data a lesson learns from: named, the user's own, or the built-in set."""

import os
from pathlib import Path
from typing import Any

import pytest
from rich.console import Console

from coursekit import CourseError, Dataset, Lesson, RemoteFile
from coursekit.store.choose import Chosen, choose
from coursekit.store.transfer import Unreachable
from tests.loopback import Server, closed_address, screen_fixture, server_fixture, shown

__all__ = ["screen_fixture", "server_fixture"]

PHRASES = Dataset("phrasebook", "Phrases", "MIT")


class Small(Lesson):
    """A lesson that has data sets and nothing else."""

    name = "small"
    own_data = "a TSV of pairs"

    def __init__(self, *datasets: Dataset) -> None:
        self.datasets = datasets

    def data(self, dataset: Any, settings: Any) -> Any: ...
    def model(self, data: Any, settings: Any) -> Any: ...
    def train_step(self, model: Any, batch: Any) -> Any: ...
    def evaluate(self, model: Any, data: Any, split: Any) -> Any: ...
    def demo(self, model: Any, data: Any, request: Any, options: Any) -> Any: ...


@pytest.fixture
def lesson(server: Server) -> Lesson:
    return Small(server.dataset(b"hola\thello\n", "tatoeba", "spa.zip"), PHRASES)


@pytest.fixture
def offline(server: Server) -> Lesson:
    file = RemoteFile(f"{closed_address()}/spa.zip", 11, "sha256:00")
    return Small(Dataset("tatoeba", "Tatoeba", "CC BY 2.0 FR", (file,)), PHRASES)


@pytest.fixture(autouse=True)
def elsewhere(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Start in a folder in which nothing has the name of a data set."""
    monkeypatch.chdir(tmp_path)


@pytest.mark.parametrize("requested", [None, "tatoeba"])
def test_downloads(lesson: Lesson, screen: Console, requested: str | None) -> None:
    chosen = choose(lesson, requested, screen)
    assert chosen.dataset is lesson.datasets[0]
    assert chosen.local.name == "tatoeba"
    assert chosen.local.files["spa.zip"].read_bytes() == b"hola\thello\n"
    assert chosen.note == ""


def test_built_in_by_name_asks_no_server(server: Server, lesson: Lesson, screen: Console) -> None:
    assert choose(lesson, "phrasebook", screen).dataset is PHRASES
    assert server.requests == []


def test_built_in_default(screen: Console) -> None:
    chosen = choose(Small(PHRASES), None, screen)
    assert (chosen.dataset, chosen.local.name, chosen.note) == (PHRASES, "phrasebook", "")


def test_no_network_falls_back_and_says_so(offline: Lesson, screen: Console) -> None:
    chosen = choose(offline, None, screen)
    assert chosen.dataset is PHRASES
    assert chosen.local.name == "phrasebook"
    assert chosen.note == (
        "no network: using the built-in set 'phrasebook' instead of 'tatoeba' "
        "(`--data tatoeba` to insist)"
    )


def test_no_network_and_insisting_is_an_error(offline: Lesson, screen: Console) -> None:
    with pytest.raises(Unreachable) as caught:
        choose(offline, "tatoeba", screen)
    assert "--data phrasebook" in caught.value.remedy


def test_no_network_is_no_matter_once_it_is_cached(
    server: Server, lesson: Lesson, screen: Console, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = choose(lesson, None, screen)
    monkeypatch.setattr("coursekit.store.download.Transfer", None)
    assert choose(lesson, None, screen) == first


@pytest.mark.parametrize("requested", [None, "tatoeba"])
@pytest.mark.parametrize("content", [b"swapped", None])
def test_faults_never_fall_back(
    server: Server, lesson: Lesson, screen: Console, requested: str | None, content: bytes | None
) -> None:
    server.files = {"spa.zip": content} if content else {}
    with pytest.raises(CourseError, match=r"not the file that was published|404") as caught:
        choose(lesson, requested, screen)
    assert not isinstance(caught.value, Unreachable)


@pytest.mark.parametrize("requested", [None, "tatoeba"])
def test_unusable_cache_never_falls_back(
    offline: Lesson,
    screen: Console,
    requested: str | None,
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
) -> None:
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("COURSEKIT_CACHE", str(tmp_path / "file"))
    with pytest.raises(CourseError, match="cannot use the folder"):
        choose(offline, requested, screen)


@pytest.mark.parametrize("requested", ["pairs.tsv", "./pairs.tsv", "sub/pairs", "photos"])
def test_own_data(lesson: Lesson, screen: Console, tmp_path: Path, requested: str) -> None:
    (tmp_path / "sub").mkdir()
    (tmp_path / "photos").mkdir()
    for name in ("pairs.tsv", "sub/pairs"):
        (tmp_path / name).write_text("hola\thello\n")
    chosen = choose(lesson, requested, screen)
    assert chosen == Chosen(None, chosen.local, "")
    assert chosen.local.name == requested
    assert chosen.local.path == (tmp_path / requested).resolve()
    assert shown(screen) == ""


@pytest.mark.skipif(os.name != "posix", reason="addresses of this form")
def test_own_data_by_its_address(lesson: Lesson, screen: Console, tmp_path: Path) -> None:
    file = tmp_path / "my pairs.tsv"
    file.write_text("hola\thello\n")
    for address in (file.as_uri(), f"FILE://localhost{file.as_uri()[7:]}"):
        chosen = choose(lesson, address, screen)
        assert (chosen.local.name, chosen.local.path) == (str(file), file)
    assert not (tmp_path / "file:").exists()


@pytest.mark.skipif(os.name != "posix", reason="files of this kind")
@pytest.mark.parametrize(
    ("requested", "said"),
    [
        ("https://me:secret@host/pairs.tsv", "no web address, and https://host/pairs.tsv is one"),
        ("ftp://host/pairs.tsv", "cannot be used here: ftp://host/pairs.tsv"),
        ("file://host/pairs.tsv", "names another machine, host"),
        ("~nobody-of-this-name/pairs.tsv", "begins with ~nobody-of-this-name"),
        ("pairs\0.tsv", "has a zero byte"),
        ("x/" * 5000, "the name is too long"),
        ("./loop", "its links form a loop"),
        ("./pipe", "is a device, a pipe or a socket"),
        ("/dev/zero", "is a device, a pipe or a socket"),
    ],
)
def test_own_data_that_cannot_be_read(
    lesson: Lesson, screen: Console, tmp_path: Path, requested: str, said: str
) -> None:
    os.mkfifo(tmp_path / "pipe")
    (tmp_path / "loop").symlink_to(tmp_path / "loop")
    with pytest.raises(CourseError) as caught:
        choose(lesson, requested, screen)
    assert said in caught.value.what
    assert len(str(caught.value)) < 600
    assert "secret" not in str(caught.value)


def test_name_goes_before_a_path(lesson: Lesson, screen: Console, tmp_path: Path) -> None:
    (tmp_path / "phrasebook").mkdir()
    assert choose(lesson, "phrasebook", screen).dataset is PHRASES


@pytest.mark.parametrize("requested", ["pairs.tsv", "no/pairs", "no\\pairs"])
def test_own_data_that_is_not_there(lesson: Lesson, screen: Console, requested: str) -> None:
    with pytest.raises(CourseError) as caught:
        choose(lesson, requested, screen)
    assert caught.value.what == f"there is no {requested}"
    assert caught.value.expected == "the path of a TSV of pairs"


def test_lesson_without_own_data(
    lesson: Lesson, screen: Console, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(Small, "own_data", "")
    (tmp_path / "pairs.tsv").write_text("hola\thello\n")
    with pytest.raises(CourseError, match="cannot use your own data") as caught:
        choose(lesson, "pairs.tsv", screen)
    assert caught.value.expected == "one of tatoeba, phrasebook"


@pytest.mark.parametrize(
    ("requested", "tip"),
    [
        ("tatoba", "did you mean 'tatoeba'?"),
        ("coco", "available: phrasebook, tatoeba"),
        ("", "available: phrasebook, tatoeba"),
        (" ", "available: phrasebook, tatoeba"),
        ("x" * 5000, "available: phrasebook, tatoeba"),
    ],
)
def test_unknown_name(lesson: Lesson, screen: Console, requested: str, tip: str) -> None:
    with pytest.raises(CourseError, match="has no data set named") as caught:
        choose(lesson, requested, screen)
    assert caught.value.remedy == tip
    assert caught.value.expected == "a name, or the path of a TSV of pairs"
