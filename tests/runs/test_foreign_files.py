"""Files of a run that were changed, damaged or replaced: words, never a traceback."""

import hashlib
import io
import json
import os
import shutil
import zipfile
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from coursekit import CourseError
from coursekit.runs.checkpoint import MAGIC, _read
from coursekit.runs.folder import Run, find_runs
from tests.conftest import Command

pytestmark = pytest.mark.tf

DEEP = b"[" * 100_000 + b"]" * 100_000
CONTENTS: dict[str, bytes] = {
    "empty": b"",
    "null": b"null",
    "number": b"5",
    "text": b'"a text"',
    "list": b"[1, 2]",
    "object": b"{}",
    "deep": DEEP,
    "deep-object": b'{"format": 1, "settings": ' + DEEP + b"}",
    "binary": bytes(range(256)) * 8,
    "zeros": b"\0" * 4096,
    "half": b'{"format": 1, "lesson": "do',
    "nan": b'{"format": 1, "metrics": {"accuracy": NaN}, "epochs": NaN}',
    "utf-16": '{"format": 1}'.encode("utf-16"),
    "lone-surrogate": b'{"format": 1, "lesson": "\\ud83d"}',
    "conflict": b"<<<<<<< HEAD\n{}\n=======\n[]\n>>>>>>> mine\n",
}
FILES = ("run.json", "history.csv", "results.json", "assets.json", "last.ckpt", "best.ckpt")


def damaged(finished_run: Path, folder: Path, name: str) -> Path:
    run = folder / "runs" / "dots" / "damaged"
    shutil.copytree(finished_run, run)
    (run / name).unlink()
    return run


def ask_all(coursekit: Command, run: Path) -> list[str]:
    """Give every command that reads a run this one; return what they say."""
    said = []
    for words in (
        ("runs",),
        ("runs", "dots", "--json"),
        ("demo", "dots", "--run", str(run), "1 2"),
        ("run", "dots", "--resume", "--out", str(run)),
    ):
        done = coursekit(*words, code=None)  # an error that is not in words is raised here
        said.append(done.stderr)
    return said


@pytest.mark.parametrize("content", CONTENTS, ids=str)
@pytest.mark.parametrize("name", FILES)
def test_a_file_with_other_content(
    coursekit: Command, finished_run: Path, name: str, content: str
) -> None:
    run = damaged(finished_run, coursekit.folder, name)
    (run / name).write_bytes(CONTENTS[content])
    said = ask_all(coursekit, run)
    if name == "run.json":
        assert all("run.json" in text or "was written in format" in text for text in said[::2])


def make_folder(path: Path) -> None:
    path.mkdir()


def make_loop(path: Path) -> None:
    path.symlink_to(path.name)


PLACES: tuple[Callable[[Path], None], ...] = (make_folder, make_loop) + (
    (os.mkfifo,) if hasattr(os, "mkfifo") else ()
)


@pytest.mark.parametrize("place", PLACES, ids=lambda place: place.__name__)
@pytest.mark.parametrize("name", FILES)
def test_no_regular_file(
    coursekit: Command, finished_run: Path, name: str, place: Callable[[Path], None]
) -> None:
    run = damaged(finished_run, coursekit.folder, name)
    place(run / name)
    ask_all(coursekit, run)


REQUIRED = ("lesson", "dataset", "own_path", "fingerprint", "preset", "settings", "format")
WRONG: tuple[object, ...] = (None, 5, "x", [], {"a": 1}, [[[]]], 1e400, True)


def test_each_field_of_the_manifest_has_its_type(finished_run: Path, tmp_path: Path) -> None:
    run = damaged(finished_run, tmp_path, "run.json")
    whole = json.loads((finished_run / "run.json").read_text())
    refused = 0
    for name, value in whole.items():
        for wrong in WRONG:
            if type(wrong) is type(value):
                continue
            (run / "run.json").write_text(json.dumps({**whole, name: wrong}))
            with pytest.raises(CourseError):
                _ = Run(run).manifest
            refused += 1
        left = {key: value for key, value in whole.items() if key != name}
        (run / "run.json").write_text(json.dumps(left))
        if name in REQUIRED:
            with pytest.raises(CourseError, match=name):
                _ = Run(run).manifest
            refused += 1
    assert refused > 80


def test_a_damaged_run_ends_no_list(coursekit: Command, finished_run: Path) -> None:
    run = damaged(finished_run, coursekit.folder, "run.json")
    (run / "run.json").write_bytes(b"null")
    shutil.copytree(finished_run, coursekit.folder / "runs" / "dots" / "whole")
    done = coursekit("runs")
    assert "whole" in done.stdout
    assert "run.json is damaged" in done.stderr
    assert len(coursekit.json("runs")) == 1


def test_runs_are_sorted_by_moment_not_by_text(finished_run: Path, tmp_path: Path) -> None:
    times = {  # in the order of the moments; as text they sort otherwise
        "first": "2026-03-01T12:00:00+02:00",  # 10:00 UTC
        "second": "2026-03-01T06:30:00-05:00",  # 11:30 UTC
        "third": "2026-03-01T12:00:00+00:00",
        "by hand": "yesterday",
    }
    for name, created in times.items():
        shutil.copytree(finished_run, tmp_path / name)
        values = json.loads((finished_run / "run.json").read_text())
        (tmp_path / name / "run.json").write_text(json.dumps({**values, "created": created}))
    assert [run.path.name for run in find_runs(tmp_path)] == ["third", "second", "first", "by hand"]


def sealed(arrays: bytes) -> bytes:
    return MAGIC + hashlib.sha256(arrays).hexdigest().encode() + b"\n" + arrays


def archive(members: dict[str, bytes], compression: int = zipfile.ZIP_STORED) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", compression) as opened:
        for name, content in members.items():
            opened.writestr(name, content)
    return buffer.getvalue()


def npy(shape: str, dtype: str, data: bytes = b"") -> bytes:
    """Return an array file whose header may promise more than it holds."""
    header = f"{{'descr': '{dtype}', 'fortran_order': False, 'shape': {shape}, }}".encode()
    return b"\x93NUMPY\x01\x00" + len(header).to_bytes(2, "little") + header + data


HEADER = json.dumps({"progress": {"epochs": 1}, "variables": [["w", [2], "float32"]]}).encode()
GOOD = npy(f"({len(HEADER)},)", "|u1", HEADER)


@pytest.mark.parametrize(
    ("payload", "words"),
    [
        (b"no archive", "not a zip"),
        (archive({"header.npy": GOOD, "v0.npy": npy("(34359738368,)", "<f4")}), "does not hold"),
        (archive({"header.npy": GOOD, "v0.npy": npy("(2,)", "|O", b"12345678")}), "not hold"),
        (archive({"header.npy": GOOD, "v0.npy": b"PK"}), "magic"),
        (archive({"header.npy": GOOD}), "v0"),
        (archive({"header.npy": GOOD, "v0.npy": npy("(3,)", "<f4", b"0" * 12)}), "shape"),
        (archive({"v0.npy": npy("(2,)", "<f4", b"0" * 8)}), "header"),
        (archive({"header.npy": npy("(2,)", "|u1", b"[]")}), "Expected"),
        (archive({"header.npy": npy(f"({len(DEEP)},)", "|u1", DEEP)}), "recursion"),
        (archive({"header.npy": GOOD}, zipfile.ZIP_DEFLATED), "compressed"),
    ],
)
def test_a_sealed_checkpoint_that_lies(tmp_path: Path, payload: bytes, words: str) -> None:
    from coursekit.runs.checkpoint import load

    path = tmp_path / "last.ckpt"
    path.write_bytes(sealed(payload))
    with pytest.raises(CourseError, match=f"(?i)last.ckpt cannot be used.*{words}"):
        load(path, None)


def test_an_honest_checkpoint_of_this_form_is_read(tmp_path: Path) -> None:
    path = tmp_path / "last.ckpt"
    data = np.array([1.5, -2.0], "<f4").tobytes()
    path.write_bytes(sealed(archive({"header.npy": GOOD, "v0.npy": npy("(2,)", "<f4", data)})))
    header, arrays = _read(path)
    assert header.progress.epochs == 1
    assert arrays["v0"].tolist() == [1.5, -2.0]
