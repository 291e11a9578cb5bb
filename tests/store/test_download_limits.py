"""Downloads have an end: in bytes, whatever a server sends, and in time, however it is sent."""

import os
import threading
import time
from random import Random

import pytest
from rich.console import Console

from coursekit import CourseError
from coursekit.store import cache, download, stream, transfer
from coursekit.store.cache import beside, location
from coursekit.store.download import Unreachable, fetch
from coursekit.store.progress import Meter
from coursekit.store.stream import Patience
from tests.loopback import (
    Handler,
    Server,
    cut,
    drip,
    drip_headers,
    drop,
    endless,
    leave_part,
    only_file,
    screen_fixture,
    server_fixture,
    shown,
    stall,
    status,
    unmeasured,
)

__all__ = ["screen_fixture", "server_fixture"]

CONTENT = Random(1).randbytes(300_000)


@pytest.fixture
def largest(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """The sizes that the part file had, in a list that grows."""
    sizes: list[int] = []
    advance = Meter.advance

    def noted(meter: Meter, count: int) -> None:
        sizes.append(beside(location("pairs", "pairs.zip"), ".part").stat().st_size)
        advance(meter, count)

    monkeypatch.setattr(Meter, "advance", noted)
    return sizes


def test_body_longer_than_expected_is_refused_before_a_byte_is_written(
    server: Server, screen: Console, largest: list[int]
) -> None:
    dataset = server.dataset(CONTENT)
    server.files["pairs.zip"] = CONTENT + b"x"
    with pytest.raises(CourseError, match="it has 300,001 bytes") as caught:
        fetch(dataset, screen)
    assert caught.value.expected == "300,000 bytes"
    assert not isinstance(caught.value, Unreachable)
    assert largest == []
    assert {path.name for path in location("pairs", "pairs.zip").parent.iterdir()} == {
        "pairs.zip.lock"
    }


def test_endless_body_is_cut_at_the_expected_size(
    server: Server, screen: Console, largest: list[int]
) -> None:
    dataset = server.dataset(CONTENT)
    server.faults.append(endless)
    with pytest.raises(CourseError, match="it continues after 300,000 bytes"):
        fetch(dataset, screen)
    assert 0 < max(largest) <= len(CONTENT)
    assert len(server.requests) == 1
    assert not beside(location("pairs", "pairs.zip"), ".part").exists()
    assert only_file(fetch(dataset, screen)) == CONTENT


def test_longer_body_that_is_a_web_page(server: Server, screen: Console) -> None:
    dataset = server.dataset(b"short")
    page = {"Content-Type": "text/html; charset=utf-8"}
    server.faults.append(lambda handler, _: handler.answer(200, b"<html>" * 99, page))
    with pytest.raises(CourseError, match="sign-in page of this network"):
        fetch(dataset, screen)


def test_continuation_that_is_too_long_is_started_over(server: Server, screen: Console) -> None:
    dataset = server.dataset(CONTENT)
    leave_part(dataset, CONTENT[:1000])
    span = {"Content-Range": f"bytes 1000-{len(CONTENT)}/{len(CONTENT) + 1}"}
    server.faults.append(lambda handler, content: handler.answer(206, content[1000:] + b"x", span))
    assert only_file(fetch(dataset, screen)) == CONTENT
    assert server.ranges == ["bytes=1000-", None]


def test_body_without_a_length_that_ends_early_is_resumed(server: Server, screen: Console) -> None:
    server.faults.append(lambda handler, content: unmeasured(handler, content[:1000]))
    assert only_file(fetch(server.dataset(CONTENT), screen)) == CONTENT
    assert server.ranges == [None, "bytes=1000-"]
    assert "the connection ended after 1,000 of 300,000 bytes" in shown(screen)


@pytest.mark.parametrize("header", ["Content-Length", "Content-Range"])
def test_size_that_no_number_holds(server: Server, screen: Console, header: str) -> None:
    dataset = server.dataset(CONTENT)
    leave_part(dataset, CONTENT[:1000])
    huge = {header: f"bytes 1000-{'9' * 5000}/{'9' * 5000}" if "Range" in header else "9" * 5000}
    server.faults.append(lambda handler, content: handler.answer(206, content[1000:], huge))
    assert only_file(fetch(dataset, screen)) == CONTENT


def test_stall_has_one_time_for_all_tries(
    server: Server, screen: Console, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(transfer, "STALL_SECONDS", 1.2)
    monkeypatch.setattr(transfer, "TRIES", 50)
    server.faults += [stall(1000), *[stall(0)] * transfer.TRIES]
    start = time.monotonic()
    with pytest.raises(CourseError, match=r"has stalled: 1,000 bytes in 1\.2 s") as caught:
        fetch(server.dataset(CONTENT), screen)
    assert 1.1 < time.monotonic() - start < 8
    assert not isinstance(caught.value, Unreachable)
    assert "resumes where it stopped" in caught.value.remedy
    assert 1 < len(server.requests) < transfer.TRIES, "it tried again, but not to the last"


def test_failures_have_the_same_time(
    server: Server, screen: Console, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(transfer, "STALL_SECONDS", 1.0)
    monkeypatch.setattr(transfer, "BACKOFF_SECONDS", 0.6)
    server.faults += [status(503)] * transfer.TRIES
    with pytest.raises(CourseError, match=r"stalled: nothing in .*503 Service Unavailable"):
        fetch(server.dataset(CONTENT), screen)


@pytest.mark.parametrize(
    "fault", [pytest.param(drip(0.02), id="body"), pytest.param(drip_headers, id="headers")]
)
def test_server_that_drips(
    server: Server, screen: Console, monkeypatch: pytest.MonkeyPatch, fault: object
) -> None:
    monkeypatch.setattr(transfer, "STALL_SECONDS", 0.5)
    server.faults += [fault] * 9  # type: ignore[list-item]
    start = time.monotonic()
    with pytest.raises(CourseError, match="has stalled") as caught:
        fetch(server.dataset(CONTENT), screen)
    assert time.monotonic() - start < 8
    assert caught.value.expected == "at least 64.0 kB in that time"
    assert len(server.requests) <= 1, "a byte now and then never runs into a timeout"


def test_decent_rate_may_take_long(
    server: Server, screen: Console, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Ten pieces of 30 kB, one every 0.15 s: in all it takes longer than a stall may."""
    monkeypatch.setattr(transfer, "STALL_SECONDS", 1.2)
    monkeypatch.setattr(transfer, "ENOUGH", 30_000)

    def slowly(handler: Handler, content: bytes) -> None:
        handler.answer(200, content, sent=0)
        for start in range(0, len(content), 30_000):
            time.sleep(0.15)
            handler.wfile.write(content[start : start + 30_000])

    server.faults.append(slowly)
    start = time.monotonic()
    assert only_file(fetch(server.dataset(CONTENT), screen)) == CONTENT
    assert time.monotonic() - start > 1.2
    assert len(server.requests) == 1


def test_bytes_that_come_again_are_no_progress(
    server: Server, screen: Console, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(transfer, "STALL_SECONDS", 0.8)
    monkeypatch.setattr(transfer, "ENOUGH", 1000)
    monkeypatch.setattr(transfer, "TRIES", 1000)
    server.etag = None
    server.faults += [cut] * 1000
    with pytest.raises(CourseError, match="has stalled: nothing in"):
        fetch(server.dataset(CONTENT), screen)


def test_patience(monkeypatch: pytest.MonkeyPatch) -> None:
    now = 100.0
    monkeypatch.setattr(time, "monotonic", lambda: now)
    patience = Patience(30, enough=10)
    assert patience.left == 30
    now = 129.0
    patience.heed(9)
    assert patience.left == 1, "nine bytes are not enough"
    patience.heed(1)
    assert patience.left == 30
    now = 200.0
    assert patience.left == 0
    once = Patience(60)
    once.heed(10**12)
    now = 250.0
    assert once.left == 10, "one time for all of it"


def test_connection_is_given_up_with_the_download(server: Server, screen: Console) -> None:
    """The thread that fetches ends soon after the one that waits has had enough."""
    server.faults.append(endless)
    with pytest.raises(CourseError):
        fetch(server.dataset(CONTENT), screen)
    for thread in threading.enumerate():
        if isinstance(thread, stream._Courier):
            thread.join(2)
            assert not thread.is_alive()


def test_process_that_keeps_the_file_and_does_nothing(
    server: Server, screen: Console, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(download, "HALT_SECONDS", 0.0)
    dataset = server.dataset(CONTENT)
    target = location("pairs", "pairs.zip")
    target.parent.mkdir(parents=True)
    with (
        cache.locked(target, lambda: None),
        pytest.raises(CourseError, match=r"another process keeps .* has written nothing") as caught,
    ):
        fetch(dataset, screen)
    assert "end it" in caught.value.remedy
    assert server.requests == []
    assert only_file(fetch(dataset, screen)) == CONTENT


@pytest.mark.parametrize(
    "spoilt",
    [
        pytest.param("[" * 200_000, id="nested"),
        pytest.param('{"url": 5, "etag": 5}', id="numbers"),
        pytest.param("null", id="null"),
        pytest.param("\udcff", id="not UTF-8"),
        pytest.param('{"url": "URL", "etag": 7, "last_modified": ["x"]}', id="other types"),
        pytest.param('{"url": "URL", "etag": "\\r\\nX: y"}', id="a header of its own"),
        pytest.param('{"url": "URL", "etag": "\\"\\u00e9\\u4e2d\\""}', id="not ASCII"),
    ],
)
def test_damaged_memory_of_a_download(server: Server, screen: Console, spoilt: str) -> None:
    dataset = server.dataset(CONTENT)
    part = leave_part(dataset, CONTENT[:1000])
    text = spoilt.replace("URL", dataset.files[0].url)
    beside(part, ".json").write_text(text, errors="surrogateescape")
    assert only_file(fetch(dataset, screen)) == CONTENT
    target = location("pairs", "pairs.zip")
    beside(target, ".stamp").write_text(text, errors="surrogateescape")
    assert only_file(fetch(dataset, screen)) == CONTENT
    assert len(server.requests) == 1


def test_etag_that_cannot_be_sent_back(server: Server, screen: Console) -> None:
    server.etag = '"caf\xe9"'
    server.faults.append(drop(1000))
    assert only_file(fetch(server.dataset(CONTENT), screen)) == CONTENT
    assert [(r.range, r.if_range) for r in server.requests] == [(None, None), ("bytes=1000-", None)]


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="this system has no named pipes")
@pytest.mark.parametrize("ending", [".part", ".part.json", ".stamp", ""])
def test_pipe_in_the_place_of_a_file(server: Server, screen: Console, ending: str) -> None:
    dataset = server.dataset(CONTENT)
    target = location("pairs", "pairs.zip")
    target.parent.mkdir(parents=True)
    os.mkfifo(target.with_name(target.name + ending))
    if ending == ".stamp":
        target.write_bytes(CONTENT)
        assert cache.holds("pairs", dataset.files[0])
        return
    assert only_file(fetch(dataset, screen)) == CONTENT
