"""Students who worked on an exercise that was split or renumbered: nothing is lost, all is told."""

import json
from pathlib import Path
from typing import Any

import pytest

from coursekit.notebooks.template import addresses
from coursekit.plugins import catalogue
from coursekit.practice.former import former_exercises
from coursekit.practice.locate import all_exercises
from tests.conftest import Command

ANSWERS = {
    "hearts": "hearts = 0.3 / 0.6",
    "log_probabilities": "def log_probabilities(logits, time, limit):\n    return logits  # mine",
    "my_search": "def my_search(step, state, limit, describing):\n    return [7]  # mine, too",
}


def cell(kind: str, source: str, name: str) -> dict[str, Any]:
    """Return a cell as a notebook file has it."""
    code: dict[str, Any] = {"outputs": [], "execution_count": None} if kind == "code" else {}
    return {"cell_type": kind, "id": name, "metadata": {}, "source": source, **code}


@pytest.fixture
def old(tmp_path: Path) -> Path:
    """A notebook of the exercise `decoding`, half solved, with a note and a cell of one's own."""
    path = tmp_path / "work" / "4-decoding.ipynb"
    path.parent.mkdir()
    cells = [
        cell("markdown", "# From probabilities to a caption\n\nMy note.", "text-0123456789"),
        *(cell("code", code, f"exercise-{name}") for name, code in ANSWERS.items()),
        cell("code", "tried = 12  # my own", "abc"),
    ]
    book = {
        "cells": cells,
        "metadata": {"coursekit": {"exercise": "captioning/decoding"}},
        "nbformat": 4,
        "nbformat_minor": 5,
    }
    path.write_text(json.dumps(book))
    return path


@pytest.fixture
def loop(coursekit: Command, old: Path, tmp_path: Path) -> Command:
    """The command line of somebody whose records name the old notebook."""
    state = tmp_path / "state"
    state.mkdir()
    record = {"path": str(old), "points": 9, "total": 18, "passed": ["prediction"]}
    (state / "coursework.json").write_text(json.dumps({"captioning/decoding": record}))
    coursekit.environment["COURSEKIT_STATE"] = str(state)
    return coursekit


def written(path: Path) -> str:
    """Return all that the cells of a notebook say."""
    return "\n".join("".join(one["source"]) for one in json.loads(path.read_text())["cells"])


def test_what_replaces_an_exercise_exists_and_the_former_one_does_not() -> None:
    known = all_exercises()
    assert former_exercises()["captioning/decoding"] == ("captioning/greedy", "captioning/search")
    for name, topics in former_exercises().items():
        assert name not in known
        assert set(topics) <= set(known)


@pytest.mark.parametrize("name", ["captioning/decoding", "decoding", "PATH"])
@pytest.mark.parametrize("command", ["check", "hint", "reset", "solution"])
def test_a_former_exercise_is_told_by_every_command(
    loop: Command, old: Path, command: str, name: str
) -> None:
    before = old.read_bytes()
    said = loop(command, str(old) if name == "PATH" else name, code=1).stderr
    assert "captioning/decoding is now captioning/greedy and captioning/search" in said
    assert f"coursekit update {old}" in said
    assert old.read_bytes() == before


def test_without_a_notebook_it_says_which_to_start(loop: Command, old: Path) -> None:
    old.unlink()
    assert "coursekit start captioning/greedy" in loop("check", "decoding", code=1).stderr
    assert "is now" not in loop("progress").stdout


def test_progress_next_and_a_bare_check_name_the_old_notebook(loop: Command, old: Path) -> None:
    for command, code in (("progress", 0), ("next", 0), ("check", 1)):
        done = loop(command, code=code)
        assert f"coursekit update {old}" in done.stdout + done.stderr


@pytest.mark.parametrize("name", ["captioning/decoding", "PATH"])
def test_update_writes_the_answers_into_both_parts(loop: Command, old: Path, name: str) -> None:
    before = old.read_bytes()
    said = loop("update", str(old) if name == "PATH" else name).stdout
    greedy, search = (written(old.parent / f"{n}.ipynb") for n in ("5-greedy", "6-search"))
    assert old.read_bytes() == before
    assert ANSWERS["hearts"] in greedy
    assert ANSWERS["log_probabilities"] in greedy
    assert ANSWERS["my_search"] in search
    assert "return [7]" not in greedy
    assert "return logits  # mine" not in search
    assert "hearts = 0.3" not in search
    for part in (greedy, search):
        assert "tried = 12  # my own" in part
        assert "My note." in part
    assert "next: coursekit check captioning/greedy" in said
    known = json.loads((old.parent.parent / "state" / "coursework.json").read_text())
    assert known["captioning/greedy"]["path"] == str(old.parent / "5-greedy.ipynb")
    assert known["captioning/search"]["path"] == str(old.parent / "6-search.ipynb")
    assert known["captioning/decoding"]["points"] == 9
    assert loop("update", str(old)).stdout == said  # the same again does no harm


def test_update_takes_the_place_of_a_fresh_notebook_alone(loop: Command, old: Path) -> None:
    loop("start", "captioning/greedy", "work")
    loop("update", str(old))
    greedy = old.parent / "5-greedy.ipynb"
    assert ANSWERS["hearts"] in written(greedy)
    changed = greedy.read_text().replace("0.3 / 0.6", "0.42")
    greedy.write_text(changed)
    (old.parent / "6-search.ipynb").unlink()
    said = loop("update", str(old), code=1).stderr
    assert "5-greedy.ipynb is there already and holds work" in said
    assert greedy.read_text() == changed
    assert not (old.parent / "6-search.ipynb").exists()


def test_start_keeps_a_notebook_under_its_earlier_number(loop: Command, old: Path) -> None:
    """`pointing` was the fifth exercise, and is the fourth."""
    loop("start", "captioning/pointing", "work")
    new, earlier = old.parent / "4-pointing.ipynb", old.parent / "5-pointing.ipynb"
    new.rename(earlier)
    state = old.parent.parent / "state" / "coursework.json"
    state.write_text(state.read_text().replace("4-pointing", "5-pointing"))
    said = loop("start", "captioning", "work").stdout
    assert f"kept    {earlier}" in said
    assert not new.exists()
    assert f"coursekit update {old}" in said
    lesson = catalogue().lessons["captioning"]
    numbers = {a.topic: a.number for a in addresses(lesson)}
    assert numbers["pointing"] == 4
