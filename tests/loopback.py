"""A web server on this machine that serves bytes and misbehaves on demand."""

import hashlib
import io
import json
import re
import socket
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from rich.console import Console

from coursekit import Dataset, LocalDataset, RemoteFile
from coursekit.store import stream, transfer
from coursekit.store.cache import beside, location


@dataclass(frozen=True)
class Request:
    path: str
    range: str | None
    if_range: str | None


@dataclass
class Server:
    """What is served, what was asked for, and what goes wrong.

    Each entry of `faults` replaces the answer to one request, in their order;
    when there are none left, the server behaves.
    """

    address: str = ""
    files: dict[str, bytes] = field(default_factory=dict)
    etag: str | None = '"one"'
    modified: str | None = None
    faults: list[Callable[["Handler", bytes], None]] = field(default_factory=list)
    requests: list[Request] = field(default_factory=list)
    released: threading.Event = field(default_factory=threading.Event)

    def add(self, path: str, content: bytes) -> RemoteFile:
        """Serve bytes under a path and return them as a lesson declares them."""
        self.files[path] = content
        checksum = "sha256:" + hashlib.sha256(content).hexdigest()
        return RemoteFile(f"{self.address}/{path}", len(content), checksum)

    def dataset(self, content: bytes, name: str = "pairs", file: str = "pairs.zip") -> Dataset:
        return Dataset(name, "Pairs", "CC BY 2.0", (self.add(file, content),))

    @property
    def ranges(self) -> list[str | None]:
        return [request.range for request in self.requests]


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    state: Server

    def do_GET(self) -> None:
        path = self.path.lstrip("/")
        state = self.state
        state.requests.append(Request(path, self.headers["Range"], self.headers["If-Range"]))
        fault = state.faults.pop(0) if state.faults else None
        if path not in state.files:
            self.answer(404, b"no such file")
        elif fault:
            fault(self, state.files[path])
        else:
            self.behave(state.files[path])

    def behave(self, content: bytes) -> None:
        """Answer as RFC 9110 has it: a range only if the file is still the same."""
        wanted = re.fullmatch(r"bytes=(\d+)-", self.headers["Range"] or "")
        same = self.headers["If-Range"] in (None, self.state.etag, self.state.modified)
        if not wanted or not same:
            self.answer(200, content)
            return
        start = int(wanted[1])
        if start >= len(content):
            self.answer(416, b"", {"Content-Range": f"bytes */{len(content)}"})
        else:
            span = f"bytes {start}-{len(content) - 1}/{len(content)}"
            self.answer(206, content[start:], {"Content-Range": span})

    def answer(
        self,
        status: int,
        body: bytes,
        headers: Mapping[str, str | None] | None = None,
        sent: int | None = None,
    ) -> None:
        """Send a body, or only its first bytes; a header that is None is left out."""
        self.send_response(status)
        known = {
            "Content-Length": str(len(body)),
            "ETag": self.state.etag,
            "Last-Modified": self.state.modified,
        }
        for name, value in (known | dict(headers or {})).items():
            if value is not None:
                self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body[:sent])
        self.wfile.flush()

    def log_message(self, format: str, *args: object) -> None:
        """Say nothing."""


def drop(after: int) -> Callable[[Handler, bytes], None]:
    """Cut the connection after some bytes of the file, wherever the answer starts."""

    def fault(handler: Handler, content: bytes) -> None:
        wanted = re.fullmatch(r"bytes=(\d+)-", handler.headers["Range"] or "")
        start = int(wanted[1]) if wanted else 0
        span = {"Content-Range": f"bytes {start}-{len(content) - 1}/{len(content)}"}
        handler.answer(206 if start else 200, content[start:], span if start else {}, after)
        handler.close_connection = True

    return fault


def stall(after: int) -> Callable[[Handler, bytes], None]:
    """Send some bytes and then nothing more until the test releases it."""

    def fault(handler: Handler, content: bytes) -> None:
        handler.answer(200, content, sent=after)
        handler.state.released.wait(20)
        handler.close_connection = True

    return fault


def drip(seconds: float) -> Callable[[Handler, bytes], None]:
    """Send a byte of the body now and then, until the test releases it."""

    def fault(handler: Handler, content: bytes) -> None:
        handler.answer(200, content, sent=0)
        for place in range(len(content)):
            handler.wfile.write(content[place : place + 1])
            if handler.state.released.wait(seconds):
                break
        handler.close_connection = True

    return fault


def drip_headers(handler: Handler, content: bytes) -> None:
    """Send headers that never end, a byte now and then."""
    handler.wfile.write(b"HTTP/1.1 200 OK\r\nX-Long: ")
    while not handler.state.released.wait(0.05):
        handler.wfile.write(b"x")
    handler.close_connection = True


def endless(handler: Handler, content: bytes) -> None:
    """Send the file and then more and more, without saying how much it will be."""
    handler.answer(200, content, {"Content-Length": None, "Connection": "close"})
    while not handler.state.released.is_set():
        handler.wfile.write(bytes(1 << 16))


def garbage(handler: Handler, content: bytes) -> None:
    """Answer in no protocol at all."""
    handler.wfile.write(b"\x15\x03\x01 this is not HTTP\r\n\r\n")
    handler.close_connection = True


def cut(handler: Handler, content: bytes) -> None:
    """Announce all and send the beginning, wherever one asked to begin."""
    handler.answer(200, content, sent=2000)
    handler.close_connection = True


def unmeasured(handler: Handler, content: bytes) -> None:
    """Send a body without saying how long it is."""
    handler.answer(200, content, {"Content-Length": None, "Connection": "close"})
    handler.close_connection = True


def hold(handler: Handler, content: bytes) -> None:
    """Wait until the test releases it, then behave."""
    handler.state.released.wait(20)
    handler.behave(content)


def status(code: int) -> Callable[[Handler, bytes], None]:
    return lambda handler, content: handler.answer(code, b"a fault")


def whole(handler: Handler, content: bytes) -> None:
    """Ignore that a range was asked for."""
    handler.answer(200, content)


class QuietServer(ThreadingHTTPServer):
    daemon_threads = True
    block_on_close = False

    def handle_error(self, request: object, client_address: object) -> None:
        """Say nothing of clients that go away: here they are meant to."""


@contextmanager
def serving() -> Iterator[Server]:
    state = Server()
    bound = type("BoundHandler", (Handler,), {"state": state})
    server = QuietServer(("127.0.0.1", 0), bound)
    state.address = f"http://127.0.0.1:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
    thread.start()
    try:
        yield state
    finally:
        state.released.set()
        server.shutdown()
        server.server_close()
        thread.join()


@pytest.fixture(name="server")
def server_fixture(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[Server]:
    """A server, an empty cache, and no patience."""
    monkeypatch.setenv("COURSEKIT_CACHE", str(tmp_path / "cache"))
    monkeypatch.delenv("COURSEKIT_MIRROR", raising=False)
    for name in ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.lower(), raising=False)
    monkeypatch.setattr(transfer, "BACKOFF_SECONDS", 0.01)
    monkeypatch.setattr(stream, "READ_SECONDS", 0.3)
    with serving() as state:
        yield state


@pytest.fixture(name="screen")
def screen_fixture() -> Console:
    return Console(file=io.StringIO(), width=60)


def shown(screen: Console) -> str:
    """Return what was printed on a screen."""
    assert isinstance(screen.file, io.StringIO)
    return screen.file.getvalue()


def only_file(local: LocalDataset) -> bytes:
    """Return the content of a data set's one file, and make sure that nothing is left over."""
    (path,) = local.files.values()
    beside_it = {other.name.removeprefix(path.name) for other in path.parent.iterdir()}
    assert beside_it <= {"", ".stamp", ".lock"}
    return path.read_bytes()


def leave_part(dataset: Dataset, content: bytes, **source: str | None) -> Path:
    """Leave what a download that broke off leaves."""
    part = beside(location(dataset.name, dataset.files[0].name), ".part")
    part.parent.mkdir(parents=True)
    part.write_bytes(content)
    known = {"url": dataset.files[0].url, "etag": '"one"', "last_modified": None}
    beside(part, ".json").write_text(json.dumps(known | source))
    return part


def closed_address() -> str:
    """Return an address at which nobody listens."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return f"http://127.0.0.1:{listener.getsockname()[1]}"
