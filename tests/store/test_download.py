"""Downloads that succeed: shown, resumed, checked, kept."""

import hashlib
import io
from dataclasses import replace
from pathlib import Path
from random import Random

from rich.console import Console

from coursekit import Dataset, LocalDataset
from coursekit.store.cache import location
from coursekit.store.download import fetch, fetch_file
from tests.loopback import (
    Server,
    drop,
    leave_part,
    only_file,
    screen_fixture,
    server_fixture,
    shown,
    unmeasured,
    whole,
)

__all__ = ["screen_fixture", "server_fixture"]

CONTENT = Random(1).randbytes(300_000)


def test_built_in_set_needs_no_server(screen: Console) -> None:
    assert fetch(Dataset("drawn", "Drawn", "MIT"), screen) == LocalDataset("drawn", {})
    assert shown(screen) == ""


def test_announced_downloaded_and_kept(server: Server, screen: Console, tmp_path: Path) -> None:
    dataset = server.dataset(CONTENT)
    local = fetch(dataset, screen)
    assert local.files == {"pairs.zip": tmp_path / "cache" / "pairs" / "pairs.zip"}
    assert only_file(local) == CONTENT
    first, *others = shown(screen).splitlines()
    assert first == "downloading pairs: 300.0 kB (pairs.zip); licence: CC BY 2.0"
    quarters = [f"pairs.zip: {percent} %" for percent in (25, 50, 75, 100)]
    assert others == [line for line in quarters if line in others]
    assert others[-1] == quarters[-1]
    again = Console(file=io.StringIO())
    assert fetch(dataset, again) == local
    assert shown(again) == "", "what is in the cache is not announced"
    assert len(server.requests) == 1


def test_bar_on_a_terminal(server: Server) -> None:
    terminal = Console(file=io.StringIO(), width=100, force_terminal=True)
    server.faults.append(drop(100_000))
    fetch(server.dataset(CONTENT, file="[bold]pairs.zip"), terminal)
    text = shown(terminal)
    assert "300.0/300.0 kB" in text
    assert "\x1b[" in text
    assert "[bold]pairs.zip" in text, "a name is not markup"


def test_one_file_with_md5(server: Server, screen: Console) -> None:
    file = server.add("weights.h5", CONTENT)
    file = replace(file, checksum="md5:" + hashlib.md5(CONTENT).hexdigest().upper())
    path = fetch_file("inception", file, "Apache-2.0", screen)
    assert path == location("inception", "weights.h5")
    assert path.read_bytes() == CONTENT
    assert "licence: Apache-2.0" in shown(screen)


def test_resumes_where_it_broke_off(server: Server, screen: Console) -> None:
    dataset = server.dataset(CONTENT)
    leave_part(dataset, CONTENT[:120_000])
    assert only_file(fetch(dataset, screen)) == CONTENT
    assert [(r.range, r.if_range) for r in server.requests] == [("bytes=120000-", '"one"')]
    assert "resuming at 40 %" in shown(screen)


def test_weak_etag_is_replaced_by_the_date(server: Server, screen: Console) -> None:
    server.etag, server.modified = 'W/"one"', "Mon, 01 Jan 2024 00:00:00 GMT"
    dataset = server.dataset(CONTENT)
    leave_part(dataset, CONTENT[:5], etag='W/"one"', last_modified=server.modified)
    assert only_file(fetch(dataset, screen)) == CONTENT
    assert [(r.range, r.if_range) for r in server.requests] == [("bytes=5-", server.modified)]


def test_changed_file_is_taken_from_the_start(server: Server, screen: Console) -> None:
    dataset = server.dataset(CONTENT)
    leave_part(dataset, b"old" * 1000, etag='"old"')
    assert only_file(fetch(dataset, screen)) == CONTENT
    assert len(server.requests) == 1, "If-Range makes the server send the whole file at once"


def test_server_that_sends_a_piece_of_a_changed_file(server: Server, screen: Console) -> None:
    dataset = server.dataset(CONTENT)
    leave_part(dataset, b"old" * 1000, etag='"old"')
    server.faults.append(drop(100))  # answers 206 whatever If-Range says
    assert only_file(fetch(dataset, screen)) == CONTENT
    assert server.ranges == ["bytes=3000-", None]


def test_server_without_ranges(server: Server, screen: Console) -> None:
    dataset = server.dataset(CONTENT)
    leave_part(dataset, CONTENT[:1000])
    server.faults.append(whole)
    assert only_file(fetch(dataset, screen)) == CONTENT
    assert server.ranges == ["bytes=1000-"]


def test_server_that_begins_elsewhere(server: Server, screen: Console) -> None:
    dataset = server.dataset(CONTENT)
    leave_part(dataset, CONTENT[:1000])
    span = {"Content-Range": f"bytes 0-{len(CONTENT) - 1}/{len(CONTENT)}"}
    server.faults.append(lambda handler, content: handler.answer(206, content, span))
    assert only_file(fetch(dataset, screen)) == CONTENT
    assert server.ranges == ["bytes=1000-", None]
    assert "starting over" not in shown(screen), "seen before a byte was written"


def test_part_that_was_complete(server: Server, screen: Console) -> None:
    dataset = server.dataset(CONTENT)
    leave_part(dataset, CONTENT)
    assert only_file(fetch(dataset, screen)) == CONTENT
    assert server.ranges == [f"bytes={len(CONTENT)}-"], "the answer 416 is enough"


def test_part_longer_than_the_file(server: Server, screen: Console) -> None:
    dataset = server.dataset(CONTENT)
    leave_part(dataset, CONTENT + b"more")
    assert only_file(fetch(dataset, screen)) == CONTENT
    assert server.ranges == [None], "too long to be a beginning of it"


def test_pieces_that_do_not_fit_together(server: Server, screen: Console) -> None:
    server.etag = None  # nothing tells that the file has changed
    dataset = server.dataset(CONTENT)
    leave_part(dataset, b"x" * 1000, etag=None)
    assert only_file(fetch(dataset, screen)) == CONTENT
    assert server.ranges == ["bytes=1000-", None]
    assert "starting over" in shown(screen)


def test_part_of_another_address_is_not_used(server: Server, screen: Console) -> None:
    dataset = server.dataset(CONTENT)
    leave_part(dataset, CONTENT[:1000], url="http://elsewhere.example/pairs.zip")
    assert only_file(fetch(dataset, screen)) == CONTENT
    assert server.ranges == [None]


def test_redirect_is_followed(server: Server, screen: Console) -> None:
    dataset = server.dataset(CONTENT)
    server.files["moved.zip"] = CONTENT
    server.faults.append(lambda handler, _: handler.answer(302, b"", {"Location": "/moved.zip"}))
    assert only_file(fetch(dataset, screen)) == CONTENT


def test_file_shorter_than_declared_is_judged_by_its_checksum(
    server: Server, screen: Console
) -> None:
    dataset = server.dataset(CONTENT)
    dataset = replace(dataset, files=(replace(dataset.files[0], size=len(CONTENT) + 9),))
    assert only_file(fetch(dataset, screen)) == CONTENT
    assert only_file(fetch(dataset, screen)) == CONTENT
    assert len(server.requests) == 1


def test_answer_without_a_length(server: Server, screen: Console) -> None:
    server.faults.append(unmeasured)
    assert only_file(fetch(server.dataset(CONTENT), screen)) == CONTENT
