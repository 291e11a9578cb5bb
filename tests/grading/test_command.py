"""The command from end to end: the example, its reports, and words that do not go together."""

import json
import shlex
from pathlib import Path

import pytest

from coursekit.grading.walls import no_bubblewrap
from tests.conftest import Command, Process

ISOLATION = "process" if no_bubblewrap() else "bubblewrap"


@pytest.mark.slow
def test_the_example_is_graded_as_it_says(process: Process) -> None:
    done = process("grade", "--example", "class")
    _, *words = shlex.split(done.stdout.splitlines()[-1].removeprefix("next: "))
    graded = process(*words, "--isolation", ISOLATION, code=1)  # a file in it is no notebook
    assert "Max Mustermann" in graded.stdout
    assert "14 of 15 handed in" in graded.stdout
    reports = process.folder / "class" / "reports"
    assert graded.stdout.splitlines()[-1].startswith("next: open ")
    stored = json.loads((reports / "grades.json").read_text(encoding="utf-8"))
    marks = {mark["student"]: mark for mark in stored["marks"]}
    assert [marks[student]["earned"] for student in ("s1001", "s1002")] == [13, 13]
    alarmed = {student for student, mark in marks.items() if mark.get("alarms")}
    assert alarmed == {"s1010", "s1011"}  # one imports the answer, one replaced the checks
    assert marks["s1010"]["earned"] < 13
    assert len(list((reports / "students").iterdir())) == 15
    # Once more: nothing is overwritten, and nothing has changed.
    refused = process(*words, "--isolation", ISOLATION, code=1)
    assert "has something in it" in refused.stderr
    again = process(*words, "--isolation", ISOLATION, "--replace", "--json", code=1)
    found = json.loads(again.stdout)
    assert [mark["mark"] for mark in found["marks"]] == [m["mark"] for m in stored["marks"]]
    assert "the earlier reports are in" in again.stderr
    names = sorted(path.name for path in (process.folder / "class").iterdir())
    assert names == ["due.toml", "reports", "reports-earlier-1", "roster.csv", "submissions"]


@pytest.mark.parametrize(
    ("words", "code", "told"),
    [
        ((), 2, "missing argument 'SUBMISSIONS'"),
        (("in",), 2, "missing option '--exercise'"),
        (("in", "--exercise", "nmt/none"), 1, "there is no exercise 'nmt/none'"),
        (("nowhere", "--exercise", "nmt/attention"), 1, "cannot look at"),
        (("in", "--exercise", "nmt/attention"), 1, "there is no notebook in in"),
        (("in", "--exercise", "nmt", "--hidden", "x.py"), 1, "private checks are of one exercise"),
        (("in", "--exercise", "nmt/attention", "--due", "no.toml"), 1, "cannot read no.toml"),
        (("--example", "in", "--exercise", "nmt/none"), 1, "there is no exercise 'nmt/none'"),
    ],
)
def test_words_that_lead_nowhere(
    coursekit: Command, tmp_path: Path, words: tuple[str, ...], code: int, told: str
) -> None:
    (tmp_path / "in").mkdir()
    assert told in coursekit("grade", *words, code=code).stderr
