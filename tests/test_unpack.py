"""Archives, honest and hostile."""

import io
import json
import shutil
import stat
import tarfile
import zipfile
from collections.abc import Mapping
from pathlib import Path

import pytest

from coursekit import CourseError
from coursekit.cache import MARKER
from coursekit.unpack import unpack

FILES = {"set/a.txt": b"first", "set/deep/b.bin": bytes(range(256)) * 500, "empty": b""}


def make_zip(path: Path, files: Mapping[str, bytes]) -> Path:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as pack:
        for name, content in files.items():
            info = zipfile.ZipInfo("placeholder")
            info.filename = name  # as it stands: the constructor would mend it
            info.compress_type = zipfile.ZIP_DEFLATED
            pack.writestr(info, content)
    return path


def make_tar(path: Path, files: Mapping[str, bytes], mode: str = "w:gz") -> Path:
    with tarfile.open(path, mode) as pack:  # type: ignore[call-overload]
        for name, content in files.items():
            info = tarfile.TarInfo(name)
            info.size = len(content)
            pack.addfile(info, io.BytesIO(content))
    return path


def contents(folder: Path) -> dict[str, bytes]:
    return {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in folder.rglob("*")
        if path.is_file() and path.name != MARKER
    }


def names(folder: Path) -> set[str]:
    return {path.name for path in folder.iterdir()}


@pytest.mark.parametrize("kind", ["zip", "w:", "w:gz", "w:bz2", "w:xz"])
def test_unpacks(tmp_path: Path, kind: str) -> None:
    archive = tmp_path / "archive"
    archive = make_zip(archive, FILES) if kind == "zip" else make_tar(archive, FILES, kind)
    folder = unpack(archive, tmp_path / "cache" / "set")
    assert folder == tmp_path / "cache" / "set"
    assert contents(folder) == FILES
    assert names(folder.parent) == {"set", "set.lock"}


def test_folders_and_either_slash(tmp_path: Path) -> None:
    archive = make_zip(tmp_path / "a.zip", {"one/": b"", "two\\three.txt": b"3"})
    folder = unpack(archive, tmp_path / "set")
    assert (folder / "one").is_dir()
    assert contents(folder) == {"two/three.txt": b"3"}


def test_same_archive_is_unpacked_once(tmp_path: Path) -> None:
    archive = make_zip(tmp_path / "a.zip", FILES)
    folder = unpack(archive, tmp_path / "set")
    (folder / "empty").write_bytes(b"touched")
    assert contents(unpack(archive, folder))["empty"] == b"touched"


def test_newer_archive_replaces_the_older(tmp_path: Path) -> None:
    folder = unpack(make_zip(tmp_path / "a.zip", FILES), tmp_path / "set")
    unpack(make_zip(tmp_path / "a.zip", {"new.txt": b"new"}), folder)
    assert contents(folder) == {"new.txt": b"new"}


def test_folder_of_someone_else_is_left(tmp_path: Path) -> None:
    (tmp_path / "set").mkdir()
    archive = make_zip(tmp_path / "a.zip", FILES)
    assert contents(unpack(archive, tmp_path / "set")) == FILES, "an empty one may be taken"
    own = tmp_path / "own"
    own.mkdir()
    (own / "thesis.txt").write_text("mine")
    with pytest.raises(CourseError, match="left as it is"):
        unpack(archive, own)
    assert names(own) == {"thesis.txt"}


@pytest.mark.parametrize("make", [make_zip, make_tar])
@pytest.mark.parametrize(
    "name",
    [
        "../out.txt",
        "set/../../out.txt",
        "/tmp/out.txt",
        "..\\out.txt",
        "set\\..\\..\\out.txt",
        "\\out.txt",
        "C:\\out.txt",
        "C:out.txt",
        "//server/share/out.txt",
        "..",
    ],
)
def test_name_that_leads_out(tmp_path: Path, make: object, name: str) -> None:
    assert callable(make)
    archive = make(tmp_path / "a", {"fine.txt": b"fine", name: b"out"})
    with pytest.raises(CourseError, match="leads out of its folder"):
        unpack(archive, tmp_path / "cache" / "set")
    assert names(tmp_path / "cache") == {"set.lock"}, "not even the fine one is left"
    assert names(tmp_path) == {"a", "cache"}


@pytest.mark.parametrize("kind", [tarfile.SYMTYPE, tarfile.LNKTYPE, tarfile.FIFOTYPE])
def test_link_in_a_tar(tmp_path: Path, kind: bytes) -> None:
    with tarfile.open(tmp_path / "a.tar", "w") as pack:
        info = tarfile.TarInfo("link")
        info.type, info.linkname = kind, str(tmp_path)
        pack.addfile(info)
        info = tarfile.TarInfo("link/out.txt")
        info.size = 3
        pack.addfile(info, io.BytesIO(b"out"))
    with pytest.raises(CourseError, match="'link' is a link or a device"):
        unpack(tmp_path / "a.tar", tmp_path / "cache" / "set")
    assert names(tmp_path) == {"a.tar", "cache"}


def test_link_in_a_zip(tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "a.zip", "w") as pack:
        info = zipfile.ZipInfo("link")
        info.external_attr = (stat.S_IFLNK | 0o777) << 16
        pack.writestr(info, str(tmp_path))
    with pytest.raises(CourseError, match="'link' is a link or a device"):
        unpack(tmp_path / "a.zip", tmp_path / "set")


@pytest.mark.parametrize("make", [make_zip, make_tar])
def test_bomb_is_not_lit(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, make: object) -> None:
    assert callable(make)
    archive = make(tmp_path / "a", {"zeros": bytes(50_000_000)})
    assert archive.stat().st_size < 100_000
    usage = shutil.disk_usage(tmp_path)
    monkeypatch.setattr(shutil, "disk_usage", lambda _: usage._replace(free=40_000_000))
    with pytest.raises(CourseError, match=r"50\.0 MB needed, 40\.0 MB free"):
        unpack(archive, tmp_path / "cache" / "set")
    assert names(tmp_path / "cache") == {"set.lock"}


def test_bomb_that_lies_about_its_size(tmp_path: Path) -> None:
    archive = make_zip(tmp_path / "a.zip", {"zeros": bytes(5_000_000)})
    lie = archive.read_bytes().replace((5_000_000).to_bytes(4, "little"), b"\x10\0\0\0")
    archive.write_bytes(lie)
    with pytest.raises(CourseError, match="cannot be unpacked"):
        unpack(archive, tmp_path / "set")
    assert names(tmp_path) == {"a.zip", "set.lock"}


@pytest.mark.parametrize("make", [make_zip, make_tar])
@pytest.mark.parametrize("fault", ["truncated", "flipped", "text", "empty"])
def test_damaged_archive(tmp_path: Path, make: object, fault: str) -> None:
    assert callable(make)
    archive = make(tmp_path / "a", FILES)
    whole = archive.read_bytes()
    middle = len(whole) // 2
    spoilt = {
        "truncated": whole[:middle],
        "flipped": whole[:middle] + bytes(40) + whole[middle + 40 :],
        "text": b"<html>Sign in",
        "empty": b"",
    }
    archive.write_bytes(spoilt[fault])
    with pytest.raises(CourseError, match="cannot be unpacked") as caught:
        unpack(archive, tmp_path / "cache" / "set")
    assert str(archive) in caught.value.what
    assert names(tmp_path / "cache") == {"set.lock"}


def test_archive_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(CourseError, match="there is no archive"):
        unpack(tmp_path / "a.zip", tmp_path / "set")


def test_what_a_killed_process_left_is_swept_up(tmp_path: Path) -> None:
    (tmp_path / "set.unpacking").mkdir()
    (tmp_path / "set.unpacking" / "half").write_text("half")
    folder = unpack(make_zip(tmp_path / "a.zip", FILES), tmp_path / "set")
    assert contents(folder) == FILES
    assert names(tmp_path) == {"a.zip", "set", "set.lock"}
    assert json.loads((folder / MARKER).read_text())["archive"] == "a.zip"
