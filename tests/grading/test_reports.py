"""The folder of reports, the table in the terminal, and the class that anybody can try."""

import csv
import io
import json
from pathlib import Path

import pytest
from rich.console import Console

from coursekit.console import Consoles
from coursekit.errors import CourseError
from coursekit.grading.due import read_due
from coursekit.grading.example import EXERCISE, write_example
from coursekit.grading.marks import marks_of
from coursekit.grading.reports import Gradebook, Written, write_reports
from coursekit.grading.results import Alarm, Grade, Submission, Verdict
from coursekit.grading.roster import read_roster
from coursekit.grading.show import show_changes, show_marks
from coursekit.grading.submissions import Handed, Missing, read_submissions
from tests.disks import fill_disk
from tests.grading.hostile import ATTACK, hostile_class
from tests.grading.judge import judged


def tree(folder: Path) -> dict[str, bytes]:
    return {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


def names(folder: Path) -> list[str]:
    return [path.name for path in folder.iterdir()]


def grades(earned: float = 1) -> list[Grade]:
    verdict = Verdict("a", "First", 1, earned, "passed" if earned else "wrong")
    return [Grade(Submission("7", Path("x.ipynb"), "=Ann"), "nmt/attention", (verdict,))]


def test_a_folder_that_exists_is_never_overwritten(tmp_path: Path) -> None:
    folder = tmp_path / "reports"
    folder.mkdir()
    write_reports(grades(), folder)  # an empty one will do
    before = tree(folder)
    with pytest.raises(CourseError, match="has something in it"):
        write_reports(grades(0), folder)
    assert tree(folder) == before
    assert names(tmp_path) == ["reports"]


def test_a_report_that_may_be_replaced_is_kept_and_compared_with(tmp_path: Path) -> None:
    folder = tmp_path / "reports"
    write_reports(grades(), folder)
    before = tree(folder)
    written = write_reports(grades(0), folder, replace=True)
    assert written.kept == tmp_path / "reports-earlier-1"
    assert tree(tmp_path / "reports-earlier-1") == before
    assert [(c.before, c.after) for c in written.changed] == [(1, 0)]
    assert "What changed" in (folder / "class.html").read_text(encoding="utf-8")


def test_a_file_of_that_name_is_not_replaced(tmp_path: Path) -> None:
    (tmp_path / "reports").write_text("mine", encoding="utf-8")
    with pytest.raises(CourseError, match="has something in it"):
        write_reports(grades(), tmp_path / "reports")
    written = write_reports(grades(), tmp_path / "reports", replace=True)
    assert written.kept is not None
    assert written.kept.read_text(encoding="utf-8") == "mine"


@pytest.mark.parametrize("last", ["", "class.html"])
def test_a_full_disk_leaves_nothing_half(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, last: str
) -> None:
    """It is full at the first file, or after all pages but the largest."""
    folder = tmp_path / "reports"
    write_reports(grades(), folder)
    before = tree(folder)
    fill_disk(monkeypatch, ".tmp", len(before[last]) - 1 if last else 0)
    with pytest.raises(CourseError, match="the disk is full"):
        write_reports(grades(0), folder, replace=True)
    with pytest.raises(CourseError, match="the disk is full"):
        write_reports(grades(0), tmp_path / "new")
    assert tree(folder) == before
    assert names(tmp_path) == ["reports"]


def test_an_earlier_report_that_is_not_there_stops_it_at_once(tmp_path: Path) -> None:
    with pytest.raises(CourseError, match="cannot read"):
        write_reports(grades(), tmp_path / "reports", earlier=tmp_path / "nowhere")
    assert names(tmp_path) == []


def test_tables_hold_no_formulas(tmp_path: Path) -> None:
    hostile = [*grades(), *hostile_class(tmp_path / "in")]
    write_reports(hostile, tmp_path / "reports")
    for name in ("grades.csv", "checks.csv"):
        raw = (tmp_path / "reports" / name).read_bytes()
        assert raw.startswith(b"\xef\xbb\xbf")
        rows = list(csv.reader(io.StringIO(raw.decode("utf-8-sig"), newline=""), strict=True))
        assert len({len(row) for row in rows}) == 1
        assert not [value for row in rows for value in row if value[:1] in tuple("=+-@")]
        assert raw.replace(b"\r\n", b"").count(b"\r") == 0
    assert "'=Ann" in raw.decode()


def test_no_grades_at_all(tmp_path: Path) -> None:
    nothing = Handed({}, (Missing("7", "Ann", "nmt/attention", "nothing was handed in"),))
    write_reports([], tmp_path / "reports", handed=nothing)
    assert "nothing was handed in" in (tmp_path / "reports" / "class.html").read_text(
        encoding="utf-8"
    )


def test_the_gradebook_gets_the_sum_of_the_exercises(tmp_path: Path) -> None:
    book = tmp_path / "g.csv"
    book.write_bytes(b"Student,ID,HW (1)\r\nAnn,7,\r\n")
    first = grades()[0]
    both = [first, Grade(first.submission, "nmt/beam", first.verdicts)]
    write_reports(both, tmp_path / "r", gradebook=Gradebook(book, "HW"))
    assert (tmp_path / "r" / "canvas.csv").read_bytes() == b"Student,ID,HW (1)\r\nAnn,7,2\r\n"
    with pytest.raises(CourseError, match="no column is called 'HW 9'"):
        write_reports(both, tmp_path / "r2", gradebook=Gradebook(book, "HW 9"))
    assert not (tmp_path / "r2").exists()


def printed(width: int, written: Written) -> str:
    out = io.StringIO()
    console = Console(file=out, width=width, highlight=False)
    show_marks(written.marks, Consoles(console, console))
    show_changes(written.changed, Consoles(console, console))
    return out.getvalue()


@pytest.mark.parametrize("width", [30, 40, 80, 120])
def test_points_never_vanish_from_the_terminal(width: int) -> None:
    name = "Wolfeschlegelsteinhausenbergerdorff, Hubert Blaine the Elder"
    verdict = Verdict("a", "First", 12.5, 12.25, "wrong")
    alarm = Alarm("forged reply", "what was found is told here at length")
    long = Grade(Submission("7", Path("x"), name), "nmt/attention", (verdict,), (alarm,))
    hostile = Grade(Submission("8", Path("x"), ATTACK[:200]), "nmt/attention", (verdict,))
    missing = Missing("9", "Zoë", "nmt/attention", "nothing was handed in")
    text = printed(width, Written(Path("r"), marks_of([long, hostile], [missing])))
    assert text.count("12.25 of 12.5") == 2
    assert "0 of 12.5" in text
    assert name in text
    assert "forged reply" in " ".join(text.split())
    assert "\x1b" not in text


@pytest.fixture(scope="module")
def example(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("example") / "class"
    command = write_example(folder)
    assert command.startswith(f"coursekit grade {folder}/submissions --exercise {EXERCISE} ")
    return folder


def test_the_example_is_a_class_with_all_that_classes_have(example: Path, tmp_path: Path) -> None:
    roster, dues = read_roster(example / "roster.csv"), read_due(example / "due.toml")
    handed = read_submissions(
        example / "submissions", (EXERCISE,), scratch=tmp_path / "scratch", roster=roster
    )
    assert handed.notes == ()
    found = [judged(one, EXERCISE) for one in handed.submissions[EXERCISE]]
    written = write_reports(found, tmp_path / "reports", handed=handed, dues=dues)
    assert written.notes == ()
    marks = {mark.student: mark for mark in written.marks}
    assert len(marks) == 15
    points = {student: mark.points for student, mark in marks.items()}
    assert points["s1001"] == points["s1002"] == 13  # honest, and right
    assert points["s1014"] == 0  # the stub
    assert points["s1009"] == 0  # half a file
    assert points["s1011"] == 0  # a claim in place of the checks
    assert points["s1004"] == pytest.approx(marks["s1004"].earned * 0.8)  # two days late
    assert marks["s1006"].lateness.percent == 0  # within the time of grace
    assert marks["s1007"].lateness.percent == 0  # late, but with an extension
    assert {m for v in marks["s1003"].grade.verdicts if (m := v.misconception)} == {"two_zeros"}  # type: ignore[union-attr]
    page = (tmp_path / "reports" / "class.html").read_text(encoding="utf-8")
    assert "The targets are the inputs themselves" in page
    text = json.loads((tmp_path / "reports" / "grades.json").read_text(encoding="utf-8"))
    assert len(text["marks"]) == 15
    (alike,) = [line for line in page.splitlines() if "% of the shorter one" in line]
    assert "Noor Haddad" in alike
    assert "Sam O&#39;Neil" in alike


@pytest.mark.parametrize("exercise", ["nmt/attention", "transformer/leak"])
def test_the_example_can_be_of_any_exercise(tmp_path: Path, exercise: str) -> None:
    write_example(tmp_path / "class", exercise)
    handed = read_submissions(
        tmp_path / "class" / "submissions", (exercise,), scratch=tmp_path / "scratch"
    )
    assert len(handed.submissions[exercise]) == 14


def test_the_example_overwrites_nothing(example: Path) -> None:
    before = tree(example)
    with pytest.raises(CourseError, match="has something in it"):
        write_example(example)
    assert tree(example) == before
