"""What people mistype, and places that cannot be used: every command answers in words."""

import os
import sys
from pathlib import Path

import pytest

from tests.conftest import Command, Process

LONG = "x" * 300
LONGER = "a/" * 2_500
NOBODY = "~nobody-of-this-name/x"
NOT_UTF8 = os.fsdecode(b"caf\xe9") if sys.platform != "win32" else "\udce9"

PATHS = {
    "empty": "",
    "blank": "  ",
    "long": LONG,
    "longer": LONGER,
    "nobody": NOBODY,
    "not-utf-8": NOT_UTF8,
    "nul": "a\0b",
    "loop": "loop/x",
    "inside-a-file": "file/x",
    "device": "/dev/null/x",
    "proc": "/proc/x",
}

WORDS: tuple[tuple[str, ...], ...] = (
    ("run",),
    ("run", ""),
    ("run", "nmtt"),
    ("run", LONG),
    ("run", "dots", "--preset", ""),
    ("run", "dots", "--preset", "quik"),
    ("run", "dots", "--data", ""),
    ("run", "dots", "--data", "plan"),
    ("run", "dots", "--data", "file://elsewhere/etc/hostname"),
    ("run", "dots", "--data", "https://example.org/a.txt"),
    ("run", "dots", "--data", "/dev/zero"),
    ("run", "dots", "--data", "pipe"),
    ("run", "dots", "--set", "units"),
    ("run", "dots", "--set", "=3"),
    ("run", "dots", "--set", "unit=3"),
    ("run", "dots", "--set", "units=three"),
    ("run", "dots", "--set", "units=-1"),
    ("run", "dots", "--set", "units=1e99"),
    ("run", "dots", "--set", "units=" + "9" * 5_000),
    ("run", "dots", "--set", "learning_rate=nan"),
    ("run", "dots", "--set", "learning_rate=inf"),
    ("run", "dots", "--set", "seed=-1"),
    ("run", "dots", "--epochs", "0"),
    ("run", "dots", "--epochs", "x"),
    ("run", "dots", "--seed", "1.5"),
    ("run", "dots", "--resume"),
    ("run", "dots", "--resume", "--out", "nothing"),
    ("run", "dots", "--resume", "--out", "file"),
    ("run", "dots", "--out", "file"),
    ("run", "dots", "--out", "full"),
    ("run", "dots", "extra"),
    ("info",),
    ("info", "nmtt"),
    ("list", "extra"),
    ("runs", "nmtt"),
    ("demo", "dots"),
    ("demo", "dots", "--run", "nothing"),
    ("demo", "dots", "--run", "file"),
    ("demo", "dots", "--times", "9"),
    ("demo", "dots", "--unknown"),
    ("demo", "dots", "1 2" * 10_000),
    ("demo", "--loud", "dots"),
    ("data", "dots", "--data", "nothing"),
    ("data", "dots", "--show", "--remove"),
    ("bench", "dots", "--preset", "no"),
    ("bench", "dots", "--data", "/dev/zero"),
    ("build", "nmtt"),
    ("build", "dots", "--check", "--solutions", "x"),
    ("verify", "nmtt"),
    ("verify", "dots", "--only", "nothing"),
    ("start", "nmtt"),
    ("start", "dots"),
    ("start", "nmt/nothing"),
    ("start", ""),
    ("check",),
    ("check", ""),
    ("check", "nmt/nothing"),
    ("check", "nothing.ipynb"),
    ("check", "file"),
    ("check", "full"),
    ("check", "pipe"),
    ("check", "/dev/zero"),
    ("check", NOT_UTF8 + ".ipynb"),
    ("hint", "nmt/nothing"),
    ("solution", "nmt/padding"),
    ("reset", "nmt/padding"),
    ("update", "nmt/padding"),
)


@pytest.fixture
def places(coursekit: Command) -> Command:
    """A command line in a folder with a file, a full folder, a circle of links and a pipe."""
    folder = coursekit.folder
    (folder / "file").write_text("not a folder")
    (folder / "full").mkdir()
    (folder / "full" / "mine.txt").write_text("mine")
    (folder / "loop").symlink_to("loop")
    if hasattr(os, "mkfifo"):
        os.mkfifo(folder / "pipe")
    coursekit.environment["COURSEKIT_STATE"] = str(folder / "state")
    return coursekit


@pytest.mark.parametrize("words", WORDS, ids=lambda words: " ".join(words)[:40])
def test_words(places: Command, words: tuple[str, ...]) -> None:
    done = places(*words, code=None if words[0] == "list" else (1, 2))
    assert done.stderr.strip()
    assert "Traceback" not in done.stderr
    assert (places.folder / "full" / "mine.txt").read_text() == "mine"
    assert (places.folder / "file").read_text() == "not a folder"


@pytest.mark.parametrize("path", PATHS, ids=str)
@pytest.mark.parametrize(
    "words",
    [
        ("run", "dots", "--epochs", "1", "--out"),
        ("run", "dots", "--epochs", "1", "--data"),
        ("demo", "dots", "--run"),
        ("start", "nmt"),
        ("build", "nmt", "--solutions"),
    ],
    ids=lambda words: f"{words[0]} {words[-1]}",
)
def test_paths(places: Command, words: tuple[str, ...], path: str) -> None:
    done = places(*words, PATHS[path], code=(1, 2))
    assert "Traceback" not in done.stderr
    assert done.stderr.strip()


@pytest.mark.parametrize("path", ["long", "nobody", "inside-a-file", "device", "proc"])
@pytest.mark.parametrize("variable", ["COURSEKIT_STATE", "COURSEKIT_CACHE", "COURSEKIT_MIRROR"])
@pytest.mark.parametrize(
    "words",
    [("start", "nmt/padding", "work"), ("progress",), ("data", "textgen"), ("list",)],
    ids=str,
)
def test_environment(places: Command, variable: str, path: str, words: tuple[str, ...]) -> None:
    value = PATHS[path]
    if path == "inside-a-file":
        value = str(places.folder / value)
    places.environment[variable] = value
    done = places(*words, code=None)
    assert "Traceback" not in done.stderr


@pytest.mark.skipif(sys.platform == "win32", reason="Windows keeps a folder that is in use")
def test_the_current_folder_was_deleted(process: Process) -> None:
    import subprocess

    script = "cd gone && rmdir ../gone && exec " + " ".join(
        f"'{word}'" for word in process.arguments("list")
    )
    (process.folder / "gone").mkdir()
    done = subprocess.run(
        ["sh", "-c", script],
        cwd=process.folder,
        env=process.environment,
        capture_output=True,
        text=True,
    )
    assert done.returncode == 1
    assert "current folder was deleted" in done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="there is no /dev/full here")
def test_a_full_stdout(process: Process) -> None:
    import subprocess

    with Path("/dev/full").open("w") as full:
        done = subprocess.run(
            process.arguments("info", "nmt"),
            env=process.environment,
            cwd=process.folder,
            stdout=full,
            stderr=subprocess.PIPE,
            text=True,
        )
    assert done.returncode == 1
    assert "Traceback" not in done.stderr
    assert "No space left" in done.stderr


@pytest.mark.skipif(sys.platform != "linux", reason="names are text there")
@pytest.mark.parametrize(
    "words", [("start", "nmt/padding"), ("progress",), ("runs",), ("doctor",), ("check",)], ids=str
)
def test_a_folder_whose_name_is_not_utf_8(places: Command, words: tuple[str, ...]) -> None:
    places.folder = places.folder / NOT_UTF8
    places.folder.mkdir()
    done = places(*words, code=None)
    assert "Traceback" not in done.stderr
