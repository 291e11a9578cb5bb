"""Bytes from a web address, with a clock that nothing on the way can stop.

The timeouts of an HTTP client count from one piece to the next. A server that sends a byte a
second never runs into them, neither in its body nor in its headers. Here a thread of its own
makes the request, and the one who waits for its pieces has the clock.
"""

import math
import os
import re
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from functools import lru_cache
from queue import Empty, Queue
from typing import TYPE_CHECKING

from coursekit.errors import CourseError
from coursekit.paths import without_login
from coursekit.printable import shortened

if TYPE_CHECKING:
    import ssl

    import httpx

CONNECT_SECONDS = 5.0
READ_SECONDS = 15.0  # without a byte
AHEAD = 16  # pieces that may wait; each is 64 kB at most


class SlowError(Exception):
    """Too little came in the time that there was."""


class Patience:
    """How long is waited: until enough has come, then for as long again.

    Args:
        seconds: The time.
        enough: The bytes that must come in it; by default there is one time for all.
    """

    def __init__(self, seconds: float, enough: float = math.inf) -> None:
        self.seconds = seconds
        self.enough = enough
        self.came = 0
        self._until = time.monotonic() + seconds

    @property
    def left(self) -> float:
        """The seconds that are left, 0 if none are."""
        return max(0.0, self._until - time.monotonic())

    def heed(self, count: int) -> None:
        """Count bytes that came and are new."""
        self.came += count
        if self.came >= self.enough:
            self.came = 0
            self._until = time.monotonic() + self.seconds


@dataclass(frozen=True)
class Answer:
    """The beginning of what a server answers, and its body as it comes.

    Attributes:
        status: Such as 200.
        reason: Such as ``"Not Found"``.
        url: Where redirects led to.
        headers: By their names, in any case.
        pieces: The body, as it was sent.
    """

    status: int
    reason: str
    url: str
    headers: Mapping[str, str]
    pieces: Iterator[bytes]

    @property
    def length(self) -> int | None:
        """The bytes of the body as they are announced, None if they are not."""
        announced = self.headers.get("content-length", "")
        return int(announced) if re.fullmatch("[0-9]{1,18}", announced) else None

    @property
    def is_page(self) -> bool:
        """Whether it is a web page."""
        return "text/html" in self.headers.get("content-type", "").lower()


@contextmanager
def request(url: str, headers: Mapping[str, str], patience: Patience) -> Iterator[Answer]:
    """Ask for an address, following redirects.

    Args:
        url: The address, http or https.
        headers: To send.
        patience: Whoever reads the pieces tells it what is new.

    Raises:
        SlowError: There is no patience left, now or while the pieces are read.
        httpx.TransportError: The connection failed.
        CourseError: The address, a proxy's or the certificates of this machine are not usable.
    """
    courier = _Courier(url, headers)
    courier.start()
    try:
        response = courier.receive(patience)
        assert not isinstance(response, bytes)
        assert response is not None
        yield Answer(
            response.status_code,
            shortened(response.reason_phrase),
            without_login(str(response.url)),
            response.headers,
            courier.pieces(patience),
        )
    finally:
        courier.dismiss()


class _Courier(threading.Thread):
    """Makes one request and hands over the response, its pieces, and None at the end."""

    def __init__(self, url: str, headers: Mapping[str, str]) -> None:
        super().__init__(daemon=True)
        self.url = url
        # Compressed on the way, a byte range would not be one of the file.
        self.headers = {"Accept-Encoding": "identity", "User-Agent": "coursekit", **headers}
        self.timeouts = READ_SECONDS, CONNECT_SECONDS
        self.brought: Queue[httpx.Response | bytes | Exception | None] = Queue(AHEAD)
        self.dismissed = threading.Event()

    def run(self) -> None:
        try:
            for item in self._fetched():
                self.brought.put(item)
                if self.dismissed.is_set():
                    return
            self.brought.put(None)
        except Exception as error:  # it is raised again where it is waited for
            self.brought.put(error)

    def _fetched(self) -> "Iterator[httpx.Response | bytes]":
        import httpx

        read, connect = self.timeouts
        with (
            _client(httpx.Timeout(read, connect=connect)) as client,
            client.stream("GET", self.url, headers=self.headers) as response,
        ):
            yield response
            yield from response.iter_raw()

    def receive(self, patience: Patience) -> "httpx.Response | bytes | None":
        """Return the next thing that was brought, or raise what went wrong."""
        import httpx

        try:
            item = self.brought.get(timeout=patience.left)
        except Empty:
            raise SlowError from None
        if isinstance(
            item,
            (
                httpx.InvalidURL,
                httpx.LocalProtocolError,
                httpx.TooManyRedirects,
                httpx.UnsupportedProtocol,
                UnicodeError,  # the name of a host that a redirect led to
            ),
        ):
            raise not_an_address(self.url, item) from item
        if isinstance(item, Exception):
            raise item
        return item

    def pieces(self, patience: Patience) -> Iterator[bytes]:
        while (piece := self.receive(patience)) is not None:
            assert isinstance(piece, bytes)
            yield piece

    def dismiss(self) -> None:
        """Let the thread come to its end: nobody will take what it still brings."""
        self.dismissed.set()
        while not self.brought.empty():
            self.brought.get_nowait()


def _client(timeout: "httpx.Timeout") -> "httpx.Client":
    """Return a client that heeds the proxies and certificates of this machine.

    Raises:
        CourseError: These are not usable.
    """
    import httpx

    files = (os.environ.get(name, "") for name in ("SSL_CERT_FILE", "SSL_CERT_DIR"))
    verify = _certificates(*files)
    try:
        return httpx.Client(follow_redirects=True, timeout=timeout, verify=verify)
    except (ValueError, ImportError, httpx.InvalidURL) as error:
        raise CourseError(
            f"the proxy in HTTP_PROXY, HTTPS_PROXY or ALL_PROXY cannot be used: {error}",
            "http://HOST:PORT",
            "correct the variable, or unset it",
        ) from error


@lru_cache(maxsize=1)
def _certificates(file: str, folder: str) -> "ssl.SSLContext":
    """Return whom to trust, which takes long to read; the variables of the system name it."""
    import httpx

    try:
        return httpx.create_ssl_context()
    except OSError as error:  # the errors of ssl are of this kind
        raise CourseError(
            f"the certificates in {file or folder} cannot be read: {error}",
            "certificates at the place that SSL_CERT_FILE or SSL_CERT_DIR names",
            "correct the variable, or unset it",
        ) from error


def not_an_address(url: str, error: Exception) -> CourseError:
    """Return the error that says that nothing can be asked for at an address."""
    return CourseError(
        f"{shortened(without_login(url))} is not the address of a file: {error}",
        "http://... or https://...",
    )
