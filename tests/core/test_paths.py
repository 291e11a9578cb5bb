"""Paths and addresses as people write them."""

import os
from pathlib import Path

import pytest
import typer

from coursekit import CourseError
from coursekit.cli.arguments import to_path
from coursekit.paths import is_web_address, local_path, without_login
from coursekit.printable import shortened
from coursekit.stored import is_there


def test_what_is_written_as_a_path(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", "/home/me")
    assert local_path("a/b.txt", "it") == Path("a/b.txt")
    assert local_path("~/b.txt", "it") == Path("/home/me/b.txt")
    assert local_path("/a/b.txt", "it") == Path("/a/b.txt")
    assert local_path("notes: a.txt", "it") == Path("notes: a.txt"), "a colon is no address"


@pytest.mark.skipif(os.name != "posix", reason="paths of this kind")
@pytest.mark.parametrize(
    "address",
    [
        "file:///a/my%20b.txt",
        "FILE:///a/my%20b.txt",
        "file://localhost/a/my%20b.txt",
        "file:/a/my b.txt",
    ],
)
def test_address_of_a_file(address: str) -> None:
    assert local_path(address, "it") == Path("/a/my b.txt")


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("file://elsewhere/a", "--data names another machine, elsewhere"),
        ("file://[/a", "--data is not an address"),
        ("https://host/a", "--data is an address that cannot be used here: https://host/a"),
        ("s3://me:secret@bucket/a", "cannot be used here: s3://bucket/a"),
        ("~nobody-of-this-name/a", "--data begins with ~nobody-of-this-name"),
        ("a\0b", "--data has a zero byte"),
        ("file:///a%00b", "--data has a zero byte"),
    ],
)
def test_what_cannot_be_a_path(text: str, said: str) -> None:
    with pytest.raises(CourseError) as caught:
        local_path(text, "--data")
    assert said in caught.value.what
    assert "file:///..." in caught.value.expected


def test_what_is_shown() -> None:
    assert without_login("http://me:secret@host:80/a?b#c") == "http://host:80/a?b#c"
    assert without_login("http://host/a@b") == "http://host/a@b"
    assert without_login("http://[") == "http://["
    assert shortened("x" * 400) == "x" * 400
    assert shortened("x" * 401) == "x" * 400 + "... (1 more characters)"
    assert is_web_address("HTTPS://host")
    assert not is_web_address("file:///a")


def test_what_is_there(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    assert is_there(tmp_path)
    assert is_there(tmp_path / "file")
    assert not is_there(tmp_path / "none")
    assert not is_there(tmp_path / "file" / "below")
    with pytest.raises(CourseError, match=r"cannot look at .*: the name is too long") as caught:
        is_there(tmp_path / ("x" * 5000))
    assert len(caught.value.what) < 500, "what nobody can read is not repeated"


@pytest.mark.skipif(os.name != "posix", reason="paths of this kind")
def test_folder_of_an_option_by_its_address() -> None:
    assert to_path("file:///a/my%20run") == Path("/a/my run")
    with pytest.raises(typer.BadParameter, match="cannot be used here: ftp://host/run"):
        to_path("ftp://host/run")
