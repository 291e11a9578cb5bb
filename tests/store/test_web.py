"""A picture from the web: whole, or words, and never without an end."""

import time
from collections.abc import Callable

import pytest

from coursekit import CourseError
from coursekit.store import read_address, transfer
from tests.loopback import (
    Handler,
    Server,
    closed_address,
    drip,
    drip_headers,
    drop,
    endless,
    garbage,
    server_fixture,
    stall,
    status,
)

__all__ = ["server_fixture"]

PICTURE = bytes(range(256)) * 40


def read(server: Server, most: int = 20_000, seconds: float = 1.0) -> bytes:
    server.files["a.png"] = PICTURE
    return read_address(f"{server.address}/a.png", "a picture", most, seconds)


def test_whole(server: Server) -> None:
    assert read(server) == PICTURE
    assert read(server, most=len(PICTURE)) == PICTURE
    server.files["moved.png"] = PICTURE
    server.faults.append(lambda handler, _: handler.answer(302, b"", {"Location": "/moved.png"}))
    assert read(server) == PICTURE


@pytest.mark.parametrize(
    ("fault", "said"),
    [
        pytest.param(status(403), r"/a\.png answered 403 Forbidden", id="403"),
        pytest.param(status(404), r"/a\.png answered 404 Not Found", id="404"),
        pytest.param(status(500), r"/a\.png answered 500 Internal Server Error", id="500"),
        pytest.param(status(204), r"/a\.png answered 204 No Content", id="204"),
        pytest.param(endless, "is too large", id="endless"),
        pytest.param(
            lambda h, c: h.answer(200, c, {"Content-Length": "20001"}), "is too large", id="large"
        ),
        pytest.param(drip(0.02), r"is too slow: \d+ bytes came in 1 s", id="drip"),
        pytest.param(drip_headers, r"is too slow: 0 bytes came in 1 s", id="headers"),
        pytest.param(stall(100), "sent nothing for 0.3 s|too slow", id="stall"),
        pytest.param(garbage, "broke off: illegal status line", id="garbage"),
        pytest.param(drop(100), "broke off: peer closed connection", id="cut off"),
        pytest.param(
            lambda h, _: h.answer(302, b"", {"Location": "/a.png"}), "redirects", id="loop"
        ),
        pytest.param(
            lambda h, _: h.answer(302, b"", {"Location": "ftp://a/b"}), "not the address", id="ftp"
        ),
    ],
)
def test_fault(server: Server, fault: Callable[[Handler, bytes], None], said: str) -> None:
    server.faults += [fault] * 99
    start = time.monotonic()
    with pytest.raises(CourseError, match=said) as caught:
        read(server)
    assert time.monotonic() - start < 8
    assert caught.value.expected


def test_nobody(server: Server) -> None:
    with pytest.raises(transfer.Unreachable, match=r"cannot reach 127\.0\.0\.1") as caught:
        read_address(f"{closed_address()}/a.png", "a picture", 100, 1)
    assert caught.value.remedy == "save a picture in a file and name the file instead"
    server.faults.append(
        lambda handler, _: handler.answer(302, b"", {"Location": closed_address()})
    )
    with pytest.raises(CourseError, match=r"cannot reach 127\.0\.0\.1"):
        read(server)


@pytest.mark.parametrize(
    "address", ["http://", "http://[", "https://a b/", "http://host:99999/", "http:///a.png"]
)
def test_no_address(server: Server, address: str) -> None:
    with pytest.raises(CourseError, match=r"is not the address of a file|cannot reach"):
        read_address(address, "a picture", 100, 1)


@pytest.mark.parametrize(
    ("name", "value", "said"),
    [
        ("HTTP_PROXY", "nonsense://host", "the proxy in HTTP_PROXY"),
        ("ALL_PROXY", "socks4://host", "the proxy in HTTP_PROXY"),
        ("SSL_CERT_FILE", "/none/of/these.pem", "certificates in /none/of/these.pem cannot be"),
    ],
)
def test_variables_of_the_system(
    server: Server, monkeypatch: pytest.MonkeyPatch, name: str, value: str, said: str
) -> None:
    monkeypatch.setenv(name, value)
    with pytest.raises(CourseError, match=said) as caught:
        read(server)
    assert "variable" in caught.value.remedy
