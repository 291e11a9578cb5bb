"""What a folder of pictures holds: everything is read, or named with the reason."""

import os
import sys
import unicodedata
from pathlib import Path

import pytest

from coursekit import CourseError
from coursekit.store import find_file, list_pictures, shown_name


def names(folder: Path) -> list[str]:
    listing = list_pictures(folder)
    return [listing.name(path) for path in listing.paths]


def touch(path: Path, content: bytes = b"x") -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)
    return path


def test_hidden_folders_and_what_systems_leave_behind_are_named(tmp_path: Path) -> None:
    for name in (
        "a.png",
        "deeper/b.JPG",
        ".hidden.png",
        ".ipynb_checkpoints/a-checkpoint.png",
        "__MACOSX/._a.png",
        "Thumbs.db",
    ):
        touch(tmp_path / name)
    listing = list_pictures(tmp_path)
    assert names(tmp_path) == ["a.png", "deeper/b.JPG"]
    assert listing.left_out == {
        "hidden, or created by the operating system": [
            ".hidden.png",
            ".ipynb_checkpoints",
            "Thumbs.db",
            "__MACOSX",
        ]
    }
    assert listing.notes() == [
        "left out, hidden, or created by the operating system: "
        ".hidden.png, .ipynb_checkpoints, Thumbs.db and 1 more"
    ]


def test_kinds_that_are_not_read_are_named_with_the_remedy(tmp_path: Path) -> None:
    for name in ("a.heic", "b.HEIF", "c.svg", "notes.txt"):
        touch(tmp_path / name)
    touch(tmp_path / "empty.png", b"")
    assert list_pictures(tmp_path).notes() == [
        "left out, HEIC is not supported, save them as JPEG in a photo program: a.heic, b.HEIF",
        "left out, SVG is not supported, save them as PNG or JPEG: c.svg",
        "left out, an empty file: empty.png",
    ]
    assert names(tmp_path) == []


@pytest.mark.skipif(sys.platform == "win32", reason="needs the links, pipes and names of POSIX")
def test_links_are_followed_and_special_files_named(tmp_path: Path) -> None:
    outside = touch(tmp_path / "outside" / "a.png")
    folder = tmp_path / "in"
    touch(folder / "z.png")
    (folder / "b.png").symlink_to(outside)
    (folder / "c").symlink_to(outside.parent)
    (folder / "loop").symlink_to(folder)
    (folder / "nowhere.png").symlink_to(tmp_path / "none")
    (folder / "circle.png").symlink_to(folder / "circle.png")
    (folder / "zero.png").symlink_to("/dev/zero")
    os.mkfifo(folder / "pipe.png")
    listing = list_pictures(folder)
    assert names(folder) == ["b.png", "c/a.png", "z.png"]
    assert listing.left_out == {
        "a broken link": ["circle.png", "nowhere.png"],
        "a folder that was read already": ["loop"],
        "a device, a pipe or a socket": ["pipe.png", "zero.png"],
    }


@pytest.mark.skipif(sys.platform != "linux", reason="other systems have no such names")
def test_names_that_are_not_utf_8_are_printable(tmp_path: Path) -> None:
    Path(os.fsdecode(os.fsencode(tmp_path) + b"/caf\xe9.png")).write_bytes(b"x")
    assert names(tmp_path) == [r"caf\xe9.png"]
    assert shown_name(os.fsdecode(b"caf\xe9")) == r"caf\xe9"


def test_a_name_is_found_however_it_is_composed(tmp_path: Path) -> None:
    apart = unicodedata.normalize("NFD", "für/Café.jpg")
    there = touch(tmp_path / apart)
    assert find_file(tmp_path, unicodedata.normalize("NFC", apart)) == there
    assert find_file(tmp_path, apart.replace("/", "\\")) == there
    assert find_file(tmp_path, "für") is None  # a folder
    assert find_file(tmp_path, "a caption " * 500) is None  # no file has so long a name
    assert find_file(tmp_path, "a\0b") is None


def test_a_file_is_no_folder(tmp_path: Path) -> None:
    with pytest.raises(CourseError, match=r"a\.png is not a folder"):
        list_pictures(touch(tmp_path / "a.png"))
