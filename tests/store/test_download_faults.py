"""Downloads from servers that misbehave, and without any network."""

import hashlib
import socket
import threading
import time
from random import Random

import pytest
from rich.console import Console

from coursekit import CourseError, Dataset, RemoteFile
from coursekit.store import stream, transfer
from coursekit.store.cache import beside, location
from coursekit.store.download import Unreachable, fetch
from coursekit.store.part import Part
from coursekit.store.progress import Meter
from tests.loopback import (
    Server,
    closed_address,
    drop,
    only_file,
    screen_fixture,
    server_fixture,
    shown,
    stall,
    status,
)

__all__ = ["screen_fixture", "server_fixture"]

CONTENT = Random(1).randbytes(300_000)


def test_dropped_connection_is_taken_up_again(server: Server, screen: Console) -> None:
    server.faults += [drop(100_000), drop(50_000), drop(0)]
    assert only_file(fetch(server.dataset(CONTENT), screen)) == CONTENT
    assert server.ranges == [None, "bytes=100000-", "bytes=150000-", "bytes=150000-"]
    assert "trying again in 0.01 s (2 of 5)" in shown(screen)


def test_dropped_too_often_then_run_again(server: Server, screen: Console) -> None:
    dataset = server.dataset(CONTENT)
    server.faults += [drop(1000)] * transfer.TRIES
    with pytest.raises(CourseError, match=r"failed 5 times.*with 5\.0 kB here") as caught:
        fetch(dataset, screen)
    assert "resumes where it stopped" in caught.value.remedy
    assert not isinstance(caught.value, Unreachable)
    assert len(server.requests) == transfer.TRIES
    assert only_file(fetch(dataset, screen)) == CONTENT
    assert server.ranges[-1] == "bytes=5000-"


def test_a_try_that_brings_much_is_no_failure(
    server: Server, screen: Console, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(transfer, "WORTHWHILE", 20_000)
    server.faults += [drop(30_000)] * 9
    assert only_file(fetch(server.dataset(CONTENT), screen)) == CONTENT
    assert len(server.requests) == 10


def test_server_that_always_starts_over_and_drops_comes_to_an_end(
    server: Server, screen: Console, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(transfer, "WORTHWHILE", 20_000)
    server.faults += [lambda handler, content: drop(30_000)(handler, content)] * 50
    server.etag = None
    monkeypatch.setattr(Part, "origin", lambda part, url: None)
    with pytest.raises(CourseError, match="failed 5 times in a row"):
        fetch(server.dataset(CONTENT), screen)
    assert len(server.requests) == transfer.TRIES


def test_server_that_stalls(server: Server, screen: Console) -> None:
    server.faults.append(stall(1000))
    assert only_file(fetch(server.dataset(CONTENT), screen)) == CONTENT
    assert server.ranges == [None, "bytes=1000-"]
    assert "the server sent nothing for 0.3 s; trying again" in shown(screen)


def test_server_that_never_answers(server: Server, screen: Console) -> None:
    server.faults += [stall(0)] * transfer.TRIES
    with pytest.raises(CourseError, match=r"sent nothing for 0\.3 s") as caught:
        fetch(server.dataset(CONTENT), screen)
    assert not isinstance(caught.value, Unreachable), "it was reached"


def test_server_in_trouble_is_asked_again(server: Server, screen: Console) -> None:
    server.faults += [status(500), status(503), status(429)]
    assert only_file(fetch(server.dataset(CONTENT), screen)) == CONTENT
    assert "the server answered 503 Service Unavailable; trying again" in shown(screen)


def test_server_in_lasting_trouble(server: Server, screen: Console) -> None:
    server.faults += [status(500)] * transfer.TRIES
    with pytest.raises(CourseError, match="500 Internal Server Error"):
        fetch(server.dataset(CONTENT), screen)
    assert len(server.requests) == transfer.TRIES


def test_file_that_is_not_there(server: Server, screen: Console) -> None:
    dataset = server.dataset(CONTENT)
    server.files.clear()
    with pytest.raises(CourseError, match="404 Not Found for http://127") as caught:
        fetch(dataset, screen)
    assert "COURSEKIT_MIRROR" in caught.value.remedy
    assert len(server.requests) == 1, "a definite answer is not asked for twice"


@pytest.mark.parametrize(
    ("sent", "said"),
    [
        pytest.param(Random(2).randbytes(300_000), "300,000 bytes", id="swapped"),
        pytest.param(CONTENT[:-1] + b"\0", "300,000 bytes", id="corrupt"),
        pytest.param(CONTENT[:1000], "1,000 bytes", id="truncated"),
        pytest.param(b"<!DOCTYPE html><p>Sign in", "it is a web page", id="web page"),
    ],
)
def test_wrong_file_is_found(server: Server, screen: Console, sent: bytes, said: str) -> None:
    dataset = server.dataset(CONTENT)
    server.files["pairs.zip"] = sent
    with pytest.raises(CourseError) as caught:
        fetch(dataset, screen)
    assert said in caught.value.what
    assert hashlib.sha256(sent).hexdigest() in caught.value.what
    assert caught.value.expected == f"300,000 bytes, {dataset.files[0].checksum}"
    assert "Try again" in caught.value.remedy
    target = location("pairs", "pairs.zip")
    assert {path.name for path in target.parent.iterdir()} == {"pairs.zip.lock"}
    server.files["pairs.zip"] = CONTENT
    assert only_file(fetch(dataset, screen)) == CONTENT


def test_ctrl_c_leaves_what_came(
    server: Server, screen: Console, monkeypatch: pytest.MonkeyPatch
) -> None:
    dataset = server.dataset(CONTENT)

    def interrupt(meter: Meter, count: int) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(Meter, "advance", interrupt)
        with pytest.raises(KeyboardInterrupt):
            fetch(dataset, screen)
    came = beside(location("pairs", "pairs.zip"), ".part").stat().st_size
    assert 0 < came < len(CONTENT)
    assert only_file(fetch(dataset, screen)) == CONTENT
    assert server.ranges == [None, f"bytes={came}-"]


def test_nobody_listens(server: Server, screen: Console) -> None:
    file = RemoteFile(f"{closed_address()}/pairs.zip", 10, "sha256:00")
    with pytest.raises(Unreachable, match=r"cannot reach 127\.0\.0\.1") as caught:
        fetch(Dataset("pairs", "Pairs", "MIT", (file,)), screen)
    assert "COURSEKIT_MIRROR" in caught.value.remedy


def test_name_that_nobody_knows(
    server: Server, screen: Console, monkeypatch: pytest.MonkeyPatch
) -> None:
    def unknown(*_: object, **__: object) -> None:
        raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")

    monkeypatch.setattr(socket, "getaddrinfo", unknown)
    file = RemoteFile("https://data.example/pairs.zip", 10, "sha256:00")
    with pytest.raises(Unreachable, match=r"data\.example \(Name or service not known\)"):
        fetch(Dataset("pairs", "Pairs", "MIT", (file,)), screen)


def test_network_that_swallows_packets(
    server: Server, screen: Console, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(stream, "CONNECT_SECONDS", 0.2)
    asked = threading.Event()

    def swallowed(*_: object, **__: object) -> None:
        asked.wait(3)
        raise socket.gaierror(socket.EAI_AGAIN, "too late")

    monkeypatch.setattr(socket, "getaddrinfo", swallowed)
    file = RemoteFile("https://data.example/pairs.zip", 10, "sha256:00")
    start = time.monotonic()
    with pytest.raises(Unreachable, match="no answer"):
        fetch(Dataset("pairs", "Pairs", "MIT", (file,)), screen)
    assert time.monotonic() - start < 2
    asked.set()


def test_proxy_that_cannot_be_reached(
    server: Server, screen: Console, monkeypatch: pytest.MonkeyPatch
) -> None:
    proxy = closed_address()
    monkeypatch.setenv("HTTP_PROXY", proxy.replace("//", "//me:secret@"))
    file = RemoteFile("http://data.example/pairs.zip", 10, "sha256:00")
    with pytest.raises(Unreachable, match=rf"data\.example through the proxy {proxy} "):
        fetch(Dataset("pairs", "Pairs", "MIT", (file,)), screen)
