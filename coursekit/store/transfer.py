"""Brings the bytes of one address into a part file, over connections that break.

It resumes by range, so that nothing is moved twice, and only where the server
confirms that the file is still the same one. Never are more bytes written than the file has.
Whether they are right is not decided here: the caller compares the checksum.

A download ends: it has a size, and so many bytes must come in so many seconds, however often
the connection breaks.
"""

import re
import threading
import time
from contextlib import suppress
from urllib.parse import urlsplit

from rich.filesize import decimal

from coursekit.errors import CourseError
from coursekit.paths import without_login
from coursekit.printable import shortened
from coursekit.store import stream
from coursekit.store.cache import require_space
from coursekit.store.part import Origin, Part, as_header
from coursekit.store.progress import Meter

STALL_SECONDS = 30.0  # in which ENOUGH bytes must come, all tries together
ENOUGH = 64_000  # bytes: a little more than 2 kB a second
BACKOFF_SECONDS = 1.0  # doubles with every failure
TRIES = 5
WORTHWHILE = 1 << 20  # bytes: a try that brought as much is not counted as a failure


class Unreachable(CourseError):  # noqa: N818 - the state of the network, not a mistake
    """The network, or the server, cannot be reached at all."""


class RefusedError(CourseError):
    """The server was reached and answered that it will not give the file."""


class AbsentError(RefusedError):
    """The server, or the folder, does not have the file."""


class WrongFileError(CourseError):
    """What came, or was announced, is not the file that was published."""


class _BrokenOffError(Exception):
    """One try failed in a way that may pass."""


class _StaleError(Exception):
    """What is in the part file is not the beginning of what the server has."""


class Transfer:
    """Completes a part file from an address, resuming after what is in it.

    Args:
        url: The address, http or https.
        part: The file that grows.
        size: The bytes of the whole file.
        meter: Shows how far it is.
    """

    def __init__(self, url: str, part: Part, size: int, meter: Meter) -> None:
        self.url = url
        self.shown = without_login(url)
        self.part = part
        self.size = size
        self.meter = meter
        self.patience = stream.Patience(STALL_SECONDS, ENOUGH)
        self.furthest = part.size
        self.reason = ""  # why the last try failed

    def run(self) -> bool:
        """Bring all of it.

        Returns:
            Whether older bytes were kept, so that a wrong checksum may be their fault.

        Raises:
            Unreachable: No connection could be made in `stream.CONNECT_SECONDS`.
            RefusedError: The server answered with a client error such as 404.
            WrongFileError: The server has more bytes than the file.
            CourseError: It was too slow or broke off too often, or the disk is full.
        """
        import httpx

        probe(self.url)
        began_with = self.furthest
        worth, failures = began_with + WORTHWHILE, 0
        while True:
            try:
                return self._attempt()
            except _StaleError:
                self.part.forget()
                continue
            except stream.SlowError:
                raise self._too_slow() from None
            except (_BrokenOffError, httpx.TransportError) as error:
                is_first = failures == 0 and self.part.size == began_with
                self.reason = explained(self.url, error, is_first)
            if self.part.size >= worth:
                worth, failures = self.part.size + WORTHWHILE, 0
            failures += 1
            self._wait(failures)

    def _attempt(self) -> bool:
        """Make one request and append, or write from the start, what it brings."""
        if self.part.size > self.size:
            self.part.forget()
        origin = self.part.origin(self.url)
        start = self.part.size if origin is not None else 0
        headers = {"Range": f"bytes={start}-"} if start else {}
        if start and origin and origin.validator:
            headers["If-Range"] = origin.validator
        with stream.request(self.url, headers, self.patience) as answer:
            if answer.status == 416 and start:
                if _whole(answer) == start:
                    return True  # it broke off after the last byte
                raise _StaleError
            _require_success(answer, self.shown)
            if answer.status == 206:
                _require_continuation(answer, start, origin)
            else:
                start = 0
            self._save(answer, start)
        return start > 0

    def _save(self, answer: stream.Answer, start: int) -> None:
        """Write the body, of which the first byte is byte `start` of the file."""
        announced = _announced(answer, start)
        if announced is not None and announced > self.size:
            raise self._too_long(answer, start, f"has {announced:,} bytes")
        require_space(self.part.path.parent, self.size - start)
        self.meter.begin(start, announced)
        if not start:
            etag, modified = (as_header(answer.headers.get(h)) for h in ("etag", "last-modified"))
            self.part.begin(Origin(self.url, etag, modified))
        here = start
        with self.part.open() as file:
            for piece in answer.pieces:
                if here + len(piece) > self.size:
                    file.close()
                    raise self._too_long(answer, start, f"continues after {self.size:,} bytes")
                file.write(piece)
                here += len(piece)
                self.meter.advance(len(piece))
                self.patience.heed(max(0, here - self.furthest))
                self.furthest = max(self.furthest, here)
        if here < (self.size if announced is None else announced):
            raise _BrokenOffError(f"the connection ended after {here:,} of {self.size:,} bytes")

    def _too_long(self, answer: stream.Answer, start: int, what: str) -> Exception:
        """Return the error for a body that does not end where the file does."""
        if start:  # the bytes that were here may be those of another file
            return _StaleError()
        self.part.forget()
        return WrongFileError(
            f"{self.shown} is not the file that was published: it {what}"
            + (PAGE if answer.is_page else ""),
            f"{self.size:,} bytes",
            "nothing of it was kept; use another data set or a newer version of the lesson",
        )

    def _wait(self, failures: int) -> None:
        if failures >= TRIES:
            raise CourseError(
                f"the download of {self.part.name} from {self.shown} failed {failures} times in "
                f"a row, with {decimal(self.part.size)} here: {self.reason}",
                remedy="run it again later: it resumes where it stopped",
            )
        seconds = min(BACKOFF_SECONDS * 2 ** (failures - 1), self.patience.left)
        again = f"trying again in {seconds:.2g} s ({failures + 1} of {TRIES})"
        self.meter.say(f"{self.part.name}: {self.reason}; {again}")
        time.sleep(seconds)

    def _too_slow(self) -> CourseError:
        came = f"{self.patience.came:,} bytes" if self.patience.came else "nothing"
        return CourseError(
            f"the download of {self.part.name} from {self.shown} has stalled: {came} in "
            f"{self.patience.seconds:g} s, with {decimal(self.part.size)} here"
            + (f"; before that, {self.reason}" if self.reason else ""),
            f"at least {decimal(ENOUGH)} in that time",
            "run it again later: it resumes where it stopped",
        )


PAGE = " (it is a web page, perhaps the sign-in page of this network)"


def _require_success(answer: stream.Answer, shown: str) -> None:
    """Check that a server gives what it was asked for; `shown` is the address in messages."""
    status = f"{answer.status} {answer.reason}".strip()
    if answer.status in (408, 429) or answer.status >= 500:
        raise _BrokenOffError(f"the server answered {status}")
    if answer.status not in (200, 206):
        kind = AbsentError if answer.status in (404, 410) else RefusedError
        raise kind(
            f"the server answered {status} for {shown}",
            "the file",
            "see whether a newer version of the lesson has a newer address, "
            "or set COURSEKIT_MIRROR to a folder that has the file",
        )


def _require_continuation(answer: stream.Answer, start: int, origin: Origin | None) -> None:
    """Check that an answer to a range request begins where the part ends, in the same file."""
    span = re.match(r"bytes (\d{1,18})-", answer.headers.get("content-range", ""))
    known = (("etag", origin.etag), ("last-modified", origin.last_modified)) if origin else ()
    changed = any(
        value and header in answer.headers and answer.headers[header] != value
        for header, value in known
    )
    if changed or span is None or int(span[1]) != start:
        if not start:
            raise RefusedError(f"the server sent a piece of {answer.url} that was not requested")
        raise _StaleError


def _whole(answer: stream.Answer) -> int | None:
    """Return the size of the whole file as an answer to a range request states it."""
    stated = re.search(r"/(\d{1,18})$", answer.headers.get("content-range", ""))
    return int(stated[1]) if stated else None


def _announced(answer: stream.Answer, start: int) -> int | None:
    """Return where a body that begins at byte `start` of the file ends, None if it is not said."""
    whole = _whole(answer)
    if answer.length is None:
        return whole
    return max(start + answer.length, whole or 0)


def explained(url: str, error: Exception, is_first: bool) -> str:
    """Return why a try failed, in words, or raise what no second try can change.

    Args:
        url: What was asked for.
        error: What went wrong.
        is_first: Whether nothing has come so far.

    Raises:
        Unreachable: There is nobody to talk to.
        CourseError: The server's certificate cannot be trusted.
    """
    import ssl

    import httpx

    address = url
    with suppress(AttributeError, RuntimeError):  # not every error knows its request
        address = str(error.request.url)  # type: ignore[attr-defined] # redirects led there
    causes = [error]
    while cause := causes[-1].__cause__ or causes[-1].__context__:
        causes.append(cause)  # type: ignore[arg-type]
    if any(isinstance(cause, ssl.SSLCertVerificationError) for cause in causes):
        raise CourseError(
            f"the certificate of {urlsplit(address).hostname} cannot be trusted: {error}",
            remedy="check this machine's clock; if a proxy inspects the traffic, set SSL_CERT_FILE "
            "to its certificate",
        ) from error
    if isinstance(error, (httpx.ConnectError, httpx.ConnectTimeout, httpx.ProxyError)) and is_first:
        raise unreachable(address, str(error)) from error
    if isinstance(error, httpx.ReadTimeout):
        return f"the server sent nothing for {stream.READ_SECONDS:g} s"
    return shortened(str(error)) or type(error).__name__


def unreachable(url: str, reason: str) -> Unreachable:
    """Return the error that says a server cannot be reached, and why."""
    from urllib.request import getproxies

    by = {key: proxy for key, proxy in getproxies().items() if key in (urlsplit(url).scheme, "all")}
    through = f" through the proxy {without_login(next(iter(by.values())))}" if by else ""
    return Unreachable(
        f"cannot reach {urlsplit(url).hostname or url}{through} ({reason or 'no answer'})",
        "a connection to the internet",
        "connect and run it again, or set COURSEKIT_MIRROR to a folder that has the file",
    )


def probe(url: str) -> None:
    """Make sure within `stream.CONNECT_SECONDS` that there is somebody to talk to.

    A look-up without an answer knows no timeout, and a connection has one for
    each of the server's addresses: a network that swallows packets would hold
    the learner up for a minute and more.

    Raises:
        Unreachable: There is nobody.
        CourseError: It is not an address.
    """
    import socket
    from urllib.request import getproxies

    try:
        address = urlsplit(url)
        port = address.port or (443 if address.scheme == "https" else 80)
    except ValueError as error:
        raise stream.not_an_address(url, error) from error
    if not address.hostname or {"http", "https", "all"} & getproxies().keys():
        return  # a proxy looks names up itself
    endpoint = address.hostname, port
    failure: list[str] = ["no answer"]

    def knock() -> None:
        try:
            socket.create_connection(endpoint, timeout=stream.CONNECT_SECONDS / 2).close()
            failure.clear()
        except (OSError, UnicodeError) as error:
            failure[0] = getattr(error, "strerror", "") or str(error)

    visitor = threading.Thread(target=knock, daemon=True)
    visitor.start()
    visitor.join(stream.CONNECT_SECONDS)
    if failure:
        raise unreachable(url, failure[0])
