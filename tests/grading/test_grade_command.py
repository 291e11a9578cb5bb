"""``coursekit grade`` as an instructor types it."""

from __future__ import annotations

from pathlib import Path

import pytest

from coursekit.grading.walls import no_bubblewrap
from tests.conftest import Command
from tests.grading.cases import ALL, EXERCISE, notebook

ISOLATION = "process" if no_bubblewrap() else "bubblewrap"


@pytest.fixture
def handed(tmp_path: Path) -> Path:
    folder = tmp_path / "handed in"
    folder.mkdir()
    (folder / "ada.ipynb").write_bytes(notebook(solved=True))
    (folder / "zoë.ipynb").write_bytes(notebook())
    return folder


def test_a_folder_is_graded(coursekit: Command, handed: Path) -> None:
    done = coursekit("grade", str(handed), "--exercise", EXERCISE)
    lines = [line.split() for line in done.stdout.splitlines()]
    assert ["ada", f"{ALL}", "of", f"{ALL}", f"{ALL}"] in lines
    assert ["zoë", "0", "of", f"{ALL}", "0"] in lines
    assert f"isolation: {ISOLATION}" in done.stderr


def test_as_json(coursekit: Command, handed: Path) -> None:
    found = coursekit.json("grade", str(handed), "--exercise", EXERCISE)["marks"]
    assert [(one["student"], one["earned"]) for one in found] == [("ada", ALL), ("zoë", 0)]
    assert found[0]["verdicts"][0]["check"] == "numbered"
    assert found[0]["isolation"] == ISOLATION


def test_without_walls_it_says_what_is_not_stopped(coursekit: Command, handed: Path) -> None:
    done = coursekit("grade", str(handed), "--exercise", EXERCISE, "--isolation", "process")
    assert "does not stop" in done.stderr


def test_one_notebook(coursekit: Command, handed: Path) -> None:
    found = coursekit.json("grade", str(handed / "ada.ipynb"), "--exercise", EXERCISE)["marks"]
    assert [one["earned"] for one in found] == [ALL]


def test_a_notebook_that_cannot_be_read_is_named(coursekit: Command, handed: Path) -> None:
    (handed / "bad.ipynb").write_text("no notebook")
    done = coursekit("grade", str(handed), "--exercise", EXERCISE, code=1)
    assert "bad.ipynb is not a notebook that can be read" in " ".join(done.stdout.split())
    assert f"{ALL} of {ALL}" in done.stdout


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("empty",), "there is no notebook in"),
        (("nowhere",), "cannot look at nowhere"),
        (("handed in", "--exercise", "textgen/nothing"), "there is no exercise 'textgen/nothing'"),
        (("handed in", "--isolation", "jail"), "there is no isolation 'jail'"),
        (("handed in", "--isolation", "container"), "neither docker nor podman"),
        (("handed in", "--hidden", "none.py"), "cannot read"),
    ],
)
def test_bad_input(
    words: tuple[str, ...],
    said: str,
    coursekit: Command,
    handed: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    (tmp_path / "empty").mkdir()
    coursekit.environment["PATH"] = str(tmp_path)
    named = () if "--exercise" in words else ("--exercise", EXERCISE)
    assert said in coursekit("grade", *words, *named, code=1).stderr


def test_a_full_disk_is_told(coursekit: Command, handed: Path) -> None:
    coursekit.environment["COURSEKIT_CACHE"] = "/dev/full/x"
    done = coursekit("grade", str(handed), "--exercise", EXERCISE, code=1)
    assert done.stderr.splitlines()[-2].startswith("error: cannot make the folder /dev/full")
