"""Answers that no web server should give, byte by byte: the kit answers in words."""

import pytest
from rich.console import Console

from coursekit import CourseError
from coursekit.store import read_address, transfer
from coursekit.store.cache import location
from coursekit.store.download import fetch
from tests.loopback import Handler, Server, screen_fixture, server_fixture

__all__ = ["screen_fixture", "server_fixture"]

OK, MOVED = b"HTTP/1.1 200 OK\r\n", b"HTTP/1.1 301 Moved\r\nContent-Length: 0\r\n"
REST = b"Content-Length: 4\r\n\r\nabcd"
ANSWERS = {
    "nothing": b"",
    "empty lines": b"\r\n\r\n",
    "zeros": bytes(5000),
    "another protocol": b"SSH-2.0-OpenSSH_9\r\n",
    "status without a reason": b"HTTP/1.1 200\r\n\r\n",
    "status of letters": b"HTTP/1.1 abc OK\r\n" + REST,
    "status 0": b"HTTP/1.1 000 OK\r\n" + REST,
    "status 999": b"HTTP/1.1 999 OK\r\n" + REST,
    "switching": b"HTTP/1.1 101 Switch\r\n\r\n",
    "not modified": b"HTTP/1.1 304 Not Modified\r\n\r\n",
    "no content": b"HTTP/1.1 204 No Content\r\n\r\n",
    "range that was not requested": b"HTTP/1.1 416 Range\r\nContent-Length: 0\r\n\r\n",
    "piece that was not requested": b"HTTP/1.1 206 P\r\nContent-Range: bytes 5-4/3\r\n" + REST,
    "piece of no range": b"HTTP/1.1 206 P\r\n" + REST,
    "length below zero": OK + b"Content-Length: -4\r\n\r\nabcd",
    "length of letters": OK + b"Content-Length: 1e9\r\n\r\nabcd",
    "two lengths": OK + b"Content-Length: 5\r\n" + REST,
    "length of 19 digits": OK + b"Content-Length: " + b"9" * 19 + b"\r\n\r\nabcd",
    "length of 5000 digits": OK + b"Content-Length: " + b"9" * 5000 + b"\r\n\r\nabcd",
    "chunks of letters": OK + b"Transfer-Encoding: chunked\r\n\r\nzz\r\nabc",
    "huge chunk": OK + b"Transfer-Encoding: chunked\r\n\r\nFFFFFFFFFFFFFFFF\r\nabc",
    "unknown encoding": OK + b"Transfer-Encoding: gzip\r\n\r\nabc",
    "header without a name": OK + b": novalue\r\n\r\n",
    "header without a colon": OK + b"Bad Header\r\n\r\n",
    "header without an end": OK + b"X: " + b"y" * 200_000,
    "redirect to nowhere": MOVED + b"\r\n",
    "redirect to no address": MOVED + b"Location: http://[\r\n\r\n",
    "redirect to a file": MOVED + b"Location: file:///etc/passwd\r\n\r\n",
    "redirect to a port of five nines": MOVED + b"Location: http://127.0.0.1:99999/\r\n\r\n",
    "redirect to a long label": MOVED + b"Location: http://" + b"a" * 70 + b".de/\r\n\r\n",
    "redirect to a long name": MOVED + b"Location: http://" + b"x" * 300 + b"/\r\n\r\n",
    "redirect to a zero byte": MOVED + b"Location: \0\r\n\r\n",
    "control characters": b"HTTP/1.1 403 \x1b]0;title\x07\x9b31m\r\nContent-Length: 0\r\n\r\n",
    "long reason": b"HTTP/1.1 403 " + b"z" * 5000 + b"\r\nContent-Length: 0\r\n\r\n",
}


@pytest.mark.parametrize("kind", ANSWERS)
def test_answer(
    server: Server, screen: Console, kind: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(transfer, "TRIES", 2)

    def raw(handler: Handler, content: bytes) -> None:
        handler.wfile.write(ANSWERS[kind])
        handler.close_connection = True

    dataset = server.dataset(b"x" * 1000)
    server.faults += [raw] * 9
    with pytest.raises(CourseError) as caught:
        fetch(dataset, screen)
    text = str(caught.value)
    server.faults[:] = [raw] * 9
    try:
        assert read_address(dataset.files[0].url, "a picture", 5000, 5) in (b"", b"abcd")
    except CourseError as error:
        text += str(error)
    assert not any((ord(c) < 32 and c != "\n") or 127 <= ord(c) < 160 for c in text)
    assert len(text) < 3000
    assert not location("pairs", "pairs.zip").exists()
