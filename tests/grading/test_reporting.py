"""The instructor's files around a grading: faults first, marks and reports last; and the how-to."""

import io
import json
import re
from dataclasses import replace
from pathlib import Path

import pytest
from rich.console import Console

from coursekit.commands.reporting import ClassOptions, read_class, report
from coursekit.console import Consoles, consoles
from coursekit.errors import CourseError
from coursekit.grading.due import read_due
from coursekit.grading.exports import sender
from coursekit.grading.results import Grade, Submission, Verdict
from coursekit.grading.roster import read_roster
from coursekit.grading.submissions import Handed, Missing
from tests.conftest import ROOT

HOW_TO = ROOT / "docs" / "howto" / "grading.md"


def put(path: Path, text: str) -> Path:
    path.write_text(text, encoding="utf-8")
    return path


def test_each_fault_is_told_before_anything_is_graded(tmp_path: Path) -> None:
    full = put(tmp_path / "taken", "mine")
    bad = put(tmp_path / "bad.csv", "a,b\n")
    book = put(tmp_path / "book.csv", "Student,ID,HW (1)\n")
    for options, words in (
        (ClassOptions(reports=full), "has something in it"),
        (ClassOptions(roster=bad), "no column is called 'id'"),
        (ClassOptions(due=bad), "is not TOML"),
        (ClassOptions(manual=bad), "no column is called 'student'"),
        (ClassOptions(earlier=tmp_path / "nowhere"), "cannot read"),
        (ClassOptions(gradebook=book), "needs a column"),
        (ClassOptions(gradebook=book, column="HW 9", reports=tmp_path / "r"), "no column is"),
    ):
        with pytest.raises(CourseError) as caught:
            read_class(options)
        assert words in caught.value.what
    assert sorted(path.name for path in tmp_path.iterdir()) == ["bad.csv", "book.csv", "taken"]


def test_marks_are_shown_and_reports_written(tmp_path: Path) -> None:
    handed = Submission("7", tmp_path / "x.ipynb", "Ann [bold]Lee")
    grade = Grade(handed, "nmt/attention", (Verdict("a", "First", 2, 2, "passed"),))
    missing = Missing("8", "Ben", "nmt/attention", "nothing was handed in")
    found = Handed({"nmt/attention": (handed,)}, (missing,), ("Zed is not in the class list",))
    options = ClassOptions(
        roster=put(tmp_path / "r.csv", "id,name\n7,Ann\n8,Ben\n"),
        due=put(
            tmp_path / "due.toml", "[due]\nall = 2026-01-01\n[extensions.all]\n99 = 2026-01-02"
        ),
        manual=tmp_path / "manual.csv",
        reports=tmp_path / "reports",
    )
    first, errors = io.StringIO(), io.StringIO()
    out = Consoles(Console(file=first, width=100), Console(file=errors, width=100))
    report([grade], found, read_class(options), options, out)
    assert "Ann [bold]Lee" in first.getvalue()
    assert "2 of 2" in first.getvalue()
    assert first.getvalue().endswith(f"next: open {tmp_path}/reports/class.html\n")
    assert errors.getvalue() == (
        "note: Zed is not in the class list\nnote: due dates: an extension for nobody here: 99\n"
    )
    manual = (tmp_path / "manual.csv").read_text(encoding="utf-8-sig")
    put(tmp_path / "manual.csv", manual.replace("nmt/attention,,", "nmt/attention,-0.5,", 1))
    again = replace(options, reports=None, earlier=tmp_path / "reports")
    report([grade], found, read_class(again), again, out)
    assert "1.5 of 2" in first.getvalue()
    assert "changed since the earlier report" in first.getvalue()


def test_json_is_all_that_stdout_gets(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    grade = Grade(Submission("7", tmp_path / "x.ipynb"), "nmt/attention", ())
    options = ClassOptions(as_json=True, reports=tmp_path / "reports")
    report([grade], Handed({}, notes=("a note",)), read_class(options), options, consoles())
    printed = capsys.readouterr()
    assert json.loads(printed.out)["marks"][0]["student"] == "7"
    assert printed.err == "note: a note\n"
    assert options.private == (tmp_path / "reports",)


def blocks(kind: str) -> list[str]:
    return re.findall(rf"```{kind}\n(.*?)```", HOW_TO.read_text(encoding="utf-8"), re.DOTALL)


def test_the_files_of_the_how_to_can_be_read(tmp_path: Path) -> None:
    (due,), (roster,) = blocks("toml"), blocks("text")
    dues = read_due(put(tmp_path / "due.toml", due))
    assert (dues.percent_a_day, dues.grace_minutes, dues.most_percent) == (10, 15, 50)
    students = read_roster(put(tmp_path / "roster.csv", roster)).students
    assert [s.name for s in students.values()] == ["Amara Okafor", "Núñez, José María"]


def test_the_names_of_the_how_to_are_those_of_exports() -> None:
    text = HOW_TO.read_text(encoding="utf-8")
    names = re.findall(r"^\| (?:an export of (\w+)|a .*?) \| `([^`]+)`", text, re.MULTILINE)
    assert len(names) == 4
    for platform, name in names:
        found = sender(name.split("/"))
        assert found.platform == (platform.lower() or "flat")
        assert found.file in ("2-attention.ipynb", "ann.ipynb")
