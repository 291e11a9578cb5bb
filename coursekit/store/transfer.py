"""Brings the bytes of one address into a ``.part`` file, over connections that break.

It resumes by range, so that nothing is moved twice, and only where the server
confirms that the file is still the same one. Whether the bytes are right is
not decided here: the caller compares the checksum.
"""

import json
import re
import threading
import time
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from rich.filesize import decimal

from coursekit.errors import CourseError
from coursekit.store.cache import beside, require_space
from coursekit.store.progress import Meter

if TYPE_CHECKING:
    import httpx

CONNECT_SECONDS = 5.0
READ_SECONDS = 30.0  # without a byte
BACKOFF_SECONDS = 1.0  # doubles with every failure
TRIES = 5
WORTHWHILE = 1 << 20  # bytes: a try that brought as much is not counted as a failure


class Unreachable(CourseError):  # noqa: N818 - the state of the network, not a mistake
    """The network, or the server, cannot be reached at all."""


class RefusedError(CourseError):
    """The server was reached and answered that it will not give the file."""


class _BrokenOffError(Exception):
    """One try failed in a way that may pass."""


class _StaleError(Exception):
    """What is in the part file is not the beginning of what the server has."""


def transfer(url: str, part: Path, meter: Meter) -> bool:
    """Complete a part file from an address, going on from what is in it.

    Args:
        url: The address, http or https.
        part: The file that grows; ``<part>.json`` remembers whose bytes it has.
        meter: Shows how far it is.

    Returns:
        Whether older bytes were kept, so that a wrong checksum may be their fault.

    Raises:
        Unreachable: No connection could be made in `CONNECT_SECONDS`.
        RefusedError: The server answered with a client error such as 404.
        CourseError: It broke off too often, or the disk is full or not writable.
    """
    import httpx

    _probe(url)
    began_with = _size(part)
    furthest, failures = began_with, 0
    timeout = httpx.Timeout(READ_SECONDS, connect=CONNECT_SECONDS)
    # Compressed on the way, a byte range would not be one of the file.
    headers = {"Accept-Encoding": "identity", "User-Agent": "coursekit"}
    with httpx.Client(follow_redirects=True, timeout=timeout, headers=headers) as client:
        while True:
            try:
                return _attempt(client, url, part, meter)
            except _StaleError:
                _forget(part)
                continue
            except (_BrokenOffError, httpx.TransportError) as error:
                reason = _explain(url, error, is_first=failures == 0 and _size(part) == began_with)
            if _size(part) >= furthest + WORTHWHILE:
                furthest, failures = _size(part), 0
            failures += 1
            _wait(part, meter, reason, failures)


def _attempt(client: "httpx.Client", url: str, part: Path, meter: Meter) -> bool:
    """Make one request and append, or write anew, what it brings."""
    import httpx

    source = _source(part, url)
    start = _size(part) if source is not None else 0
    request = {"Range": f"bytes={start}-"} if start else {}
    if start and source and (validator := _validator(source)):
        request["If-Range"] = validator
    try:
        with client.stream("GET", url, headers=request) as response:
            if response.status_code == 416 and start:
                if _total(response) == start:
                    return True  # it broke off after the last byte
                raise _StaleError
            _require_success(response, url)
            if response.status_code == 206:
                _require_continuation(response, start, source or {})
            else:
                start = 0
            _save(response, url, part, start, meter)
    except (httpx.TooManyRedirects, httpx.InvalidURL) as error:
        raise _no_address(url, error) from error
    return start > 0


def _require_success(response: "httpx.Response", url: str) -> None:
    status = f"{response.status_code} {response.reason_phrase}".strip()
    if response.status_code in (408, 429) or response.status_code >= 500:
        raise _BrokenOffError(f"the server answered {status}")
    if response.status_code not in (200, 206):
        raise RefusedError(
            f"the server answered {status} for {url}",
            "the file",
            "look whether a newer version of the lesson has a newer address, "
            "or set COURSEKIT_MIRROR to a folder that has the file",
        )


def _require_continuation(
    response: "httpx.Response", start: int, source: Mapping[str, str | None]
) -> None:
    """Check that an answer to a range request begins where the part ends, in the same file."""
    span = re.match(r"bytes (\d+)-", response.headers.get("content-range", ""))
    changed = any(
        source.get(key) and header in response.headers and response.headers[header] != source[key]
        for key, header in (("etag", "etag"), ("last_modified", "last-modified"))
    )
    if changed or span is None or int(span[1]) != start:
        if not start:
            raise RefusedError(f"the server sent a piece of {response.url} that nobody asked for")
        raise _StaleError


def _save(response: "httpx.Response", url: str, part: Path, start: int, meter: Meter) -> None:
    headers = response.headers
    length = headers.get("content-length", "")
    is_known = length.isdecimal()
    require_space(part.parent, int(length) if is_known else 0)
    meter.begin(start, start + int(length) if is_known else None)
    if not start:
        source = {
            "url": url,
            "etag": headers.get("etag"),
            "last_modified": headers.get("last-modified"),
        }
        _forget(part)
        beside(part, ".json").write_text(json.dumps(source), encoding="utf-8")
    with part.open("ab") as file:
        for chunk in response.iter_raw():
            file.write(chunk)
            meter.advance(len(chunk))
    total = _total(response)
    if total is not None and _size(part) < total:
        raise _BrokenOffError("the server sent less than was asked for")


def _total(response: "httpx.Response") -> int | None:
    """Return the size of the whole file as an answer to a range request states it."""
    stated = re.search(r"/(\d+)$", response.headers.get("content-range", ""))
    return int(stated[1]) if stated else None


def _validator(source: Mapping[str, str | None]) -> str | None:
    etag = source.get("etag")
    if etag and not etag.startswith("W/"):  # If-Range takes strong ones only (RFC 9110, 13.1.5)
        return etag
    return source.get("last_modified")


def _source(part: Path, url: str) -> dict[str, str | None] | None:
    """Return whose bytes a part file has, None when they are not this address's."""
    try:
        source = json.loads(beside(part, ".json").read_text(encoding="utf-8"))
        return source if source["url"] == url else None
    except (OSError, ValueError, KeyError, TypeError):
        return None


def _forget(part: Path) -> None:
    part.unlink(missing_ok=True)
    beside(part, ".json").unlink(missing_ok=True)


def _size(part: Path) -> int:
    return part.stat().st_size if part.is_file() else 0


def _explain(url: str, error: Exception, is_first: bool) -> str:
    """Return why a try failed, in words, or raise what no second try can mend."""
    import ssl

    import httpx

    causes = [error]
    while cause := causes[-1].__cause__ or causes[-1].__context__:
        causes.append(cause)  # type: ignore[arg-type]
    if any(isinstance(cause, ssl.SSLCertVerificationError) for cause in causes):
        raise CourseError(
            f"the certificate of {urlsplit(url).hostname} cannot be trusted: {error}",
            remedy="look at this machine's clock; where a proxy reads along, set SSL_CERT_FILE "
            "to its certificate",
        ) from error
    if isinstance(error, (httpx.UnsupportedProtocol, httpx.LocalProtocolError)):
        raise _no_address(url, error) from error
    if isinstance(error, (httpx.ConnectError, httpx.ConnectTimeout, httpx.ProxyError)) and is_first:
        raise unreachable(url, str(error)) from error
    if isinstance(error, httpx.ReadTimeout):
        return f"the server sent nothing for {READ_SECONDS:g} s"
    return str(error) or type(error).__name__


def _no_address(url: str, error: Exception) -> CourseError:
    return CourseError(f"{url} is not the address of a file: {error}", "http://... or https://...")


def _wait(part: Path, meter: Meter, reason: str, failures: int) -> None:
    name = part.name.removesuffix(".part")
    if failures >= TRIES:
        raise CourseError(
            f"the download of {name} failed {failures} times in a row, "
            f"with {decimal(_size(part))} here: {reason}",
            remedy="run it again later: it goes on where it stopped",
        )
    seconds = BACKOFF_SECONDS * 2 ** (failures - 1)
    meter.say(f"{name}: {reason}; trying again in {seconds:g} s ({failures + 1} of {TRIES})")
    time.sleep(seconds)


def unreachable(url: str, reason: str) -> Unreachable:
    """Return the error that says a server cannot be reached, and why."""
    return Unreachable(
        f"cannot reach {urlsplit(url).hostname or url} ({reason})",
        "a connection to the internet",
        "connect and run it again, or set COURSEKIT_MIRROR to a folder that has the file",
    )


def _probe(url: str) -> None:
    """Make sure within `CONNECT_SECONDS` that there is somebody to talk to.

    A look-up without an answer knows no timeout, and a connection has one for
    each of the server's addresses: a network that swallows packets would hold
    the learner up for a minute and more.

    Raises:
        Unreachable: There is nobody.
    """
    import socket
    from urllib.request import getproxies

    try:
        address = urlsplit(url)
        port = address.port or (443 if address.scheme == "https" else 80)
    except ValueError as error:
        raise _no_address(url, error) from error
    if not address.hostname or {"http", "https", "all"} & getproxies().keys():
        return  # a proxy looks names up itself
    endpoint = address.hostname, port
    failure: list[str] = ["no answer"]

    def knock() -> None:
        try:
            socket.create_connection(endpoint, timeout=CONNECT_SECONDS / 2).close()
            failure.clear()
        except (OSError, UnicodeError) as error:
            failure[0] = getattr(error, "strerror", "") or str(error)

    visitor = threading.Thread(target=knock, daemon=True)
    visitor.start()
    visitor.join(CONNECT_SECONDS)
    if failure:
        raise unreachable(url, failure[0])
