"""The files that an instructor keeps: class list, due dates, manual points."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from coursekit.errors import CourseError
from coursekit.grading.due import DueDates, check_due, read_due
from coursekit.grading.manual import Manual, keep_manual
from coursekit.grading.results import Submission
from coursekit.grading.roster import read_roster
from coursekit.grading.tables import csv_text, harmless, points, read_sheet
from tests.disks import fill_disk


def put(path: Path, text: str, encoding: str = "utf-8") -> Path:
    path.write_bytes(text.encode(encoding))
    return path


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
def test_a_table_from_any_spreadsheet(tmp_path: Path, encoding: str, delimiter: str) -> None:
    text = 'ID,Name,Email\r\n7,"Núñez, José",\r\n\r\n'.replace(",", delimiter, 2)
    text = text.replace("7,", f"7{delimiter}").replace('",', f'"{delimiter}')
    sheet = read_sheet(put(tmp_path / "t.csv", text, encoding))
    assert [row.values for row in sheet.rows] == [{"id": "7", "name": "Núñez, José", "email": ""}]


FAULTS = [
    ("", "is empty"),
    ("id,name\n7,Ann,Lee\n", "t.csv:2: this line has 3 values"),
    ("id,name,id\n", "two columns are called 'id'"),
    ('id,name\n7,"Ann\n', "t.csv:2: unexpected end of data"),
    ("id,name\n7,Jos\xe9\n", "t.csv:2: this line is not UTF-8"),
]


@pytest.mark.parametrize(("text", "words"), FAULTS, ids=lambda value: str(value)[:20])
def test_a_table_with_a_fault(tmp_path: Path, text: str, words: str) -> None:
    with pytest.raises(CourseError) as caught:
        read_sheet(put(tmp_path / "t.csv", text, "latin-1"))
    assert words in caught.value.what


def test_no_value_becomes_a_formula() -> None:
    formulas = ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1", "＝1"]
    assert [harmless(text) for text in formulas] == [f"'{text}" for text in formulas]
    assert [harmless(value) for value in ("Ann", "", -2.5, 10.0, "O'Neil")] == [
        *("Ann", "", "-2.5", "10", "O'Neil"),
    ]


def test_csv_is_that_of_rfc_4180() -> None:
    assert csv_text([["a", 'b "c"'], ["d,e", "f\ng"]]) == 'a,"b ""c"""\r\n"d,e","f\ng"\r\n'


def test_points_are_written_as_people_do() -> None:
    assert [points(value) for value in (0, 12.0, 0.5, 2.666, -1.0, -0.001)] == [
        *("0", "12", "0.5", "2.67", "-1", "0"),
    ]


def test_a_class_list(tmp_path: Path) -> None:
    text = "id,name,email,submitted\n7,Ann Lee,a@b.org,2026-03-02 23:59\n8,Ben,,\n"
    found = read_roster(put(tmp_path / "r.csv", text)).students
    assert list(found) == ["7", "8"]
    assert found["7"].submitted == datetime(2026, 3, 2, 23, 59).astimezone()
    assert found["8"].submitted is None


def test_accents_that_macos_takes_apart_are_the_same(tmp_path: Path) -> None:
    apart = "jose\N{COMBINING ACUTE ACCENT}"
    roster = read_roster(put(tmp_path / "r.csv", f"id,name\n{apart},Somebody\n"))
    student, count = roster.find("jos\N{LATIN SMALL LETTER E WITH ACUTE}")
    assert student is not None
    assert (student.id, count) == (apart, 1)


def test_the_grading_worksheet_of_moodle(tmp_path: Path) -> None:
    text = (
        "Identifier,Full name,Email address,Status,Grade,Last modified (submission)\n"
        'Participant 41200,"Núñez, José",j@n.org,Submitted,-,"Monday, 2 March 2026, 11:59 PM"\n'
        "Participant 41201,Ann Lee,a@l.org,No submission,-,-\n"
    )
    found = read_roster(put(tmp_path / "r.csv", text)).students
    assert list(found) == ["41200", "41201"]
    assert found["41200"].submitted == datetime(2026, 3, 2, 23, 59).astimezone()


def test_the_gradebook_of_canvas_as_a_class_list(tmp_path: Path) -> None:
    text = (
        "Student,ID,SIS User ID,SIS Login ID,Section,HW 1 (12)\n"
        ",,,,,Manual Posting\n    Points Possible,,,,,13\n"
        '"Lee, Ann",345,s1,ann@x.org,A,\n'
    )
    found = read_roster(put(tmp_path / "r.csv", text)).students
    assert [(s.id, s.name, s.email) for s in found.values()] == [("345", "Lee, Ann", "ann@x.org")]


ROSTER_FAULTS = [
    ("name\nAnn\n", "no column is called 'id'"),
    ("id,name\n7,Ann\n7,Ben\n", "r.csv:3: the id '7' is that of line 2, too"),
    ("id,name\n", "has no students"),
    ("id,name\n,Ann\n", "r.csv:2: Ann has no id"),
    ("id,submitted\n7,yesterday\n", "r.csv:2: 'yesterday' is no time"),
]


@pytest.mark.parametrize(("text", "words"), ROSTER_FAULTS, ids=lambda value: str(value)[:20])
def test_a_class_list_with_a_fault(tmp_path: Path, text: str, words: str) -> None:
    with pytest.raises(CourseError) as caught:
        read_roster(put(tmp_path / "r.csv", text))
    assert words in caught.value.what


DUE = """
[late]
percent_a_day = 10
grace_minutes = 15
most_percent = 25
[due]
"nmt/attention" = 2026-03-02T12:00:00Z
nmt = 2026-04-01
[extensions."nmt/attention"]
7 = 2026-03-04T12:00:00Z
[extensions.all]
8 = 2030-01-01T00:00:00Z
"""
AT = datetime(2026, 3, 2, 12, tzinfo=UTC)


def handed(after: timedelta | None, student: str = "1", late: bool = False) -> Submission:
    at = None if after is None else AT + after
    return Submission(student, Path("x.ipynb"), submitted=at, late=late)


@pytest.mark.parametrize(
    ("after", "student", "days", "percent"),
    [
        (timedelta(), "1", 0, 0),
        (timedelta(minutes=15), "1", 0, 0),
        (timedelta(minutes=16), "1", 1, 10),
        (timedelta(days=1), "1", 1, 10),
        (timedelta(days=1, seconds=1), "1", 2, 20),
        (timedelta(days=9), "1", 9, 25),  # the most that lateness costs
        (timedelta(days=2), "7", 0, 0),  # has an extension of two days
        (timedelta(days=2, hours=1), "7", 1, 10),
        (timedelta(days=90), "8", 0, 0),
    ],
)
def test_lateness(
    tmp_path: Path, after: timedelta, student: str, days: int, percent: float
) -> None:
    dues = read_due(put(tmp_path / "due.toml", DUE))
    found = dues.lateness(handed(after, student), "nmt/attention")
    assert (found.days, found.percent) == (days, percent)
    assert bool(found.words) == bool(days)


def test_other_exercises_of_the_lesson_are_due_at_the_days_end(tmp_path: Path) -> None:
    dues = read_due(put(tmp_path / "due.toml", DUE))
    assert dues.due_of("nmt/beam", "1") == (datetime(2026, 4, 2).astimezone(), False)
    assert dues.due_of("textgen/batches", "1") == (None, False)


def test_a_late_mark_without_a_time_is_told(tmp_path: Path) -> None:
    dues = read_due(put(tmp_path / "due.toml", DUE))
    found = dues.lateness(handed(None, late=True), "nmt/attention")
    assert (found.days, found.percent) == (1, 10)
    assert "without a time" in found.doubt
    extended = dues.lateness(handed(None, "7", late=True), "nmt/attention")
    assert (extended.days, extended.percent) == (0, 0)
    assert "has an extension" in extended.doubt
    assert dues.lateness(handed(None), "nmt/attention").words == ""


def test_no_rules_take_nothing_off() -> None:
    found = DueDates(due={"all": AT}).lateness(handed(timedelta(hours=3)), "nmt/attention")
    assert (found.days, found.percent) == (1, 0)
    assert found.words == "handed in 3 hours after it was due: nothing taken off"


DUE_FAULTS = [
    ("[due", "is not TOML"),
    ("[duw]\n", "there is no table 'duw'"),
    ("due = 3", "due is no table"),
    ("[late]\npercent = 10", "there is no rule 'percent'"),
    ("[late]\npercent_a_day = 101", "percent_a_day is 101"),
    ("[late]\ngrace_minutes = nan", "grace_minutes is nan"),
    ('[due]\nnmt = "monday"', "the time of nmt is 'monday'"),
    ("[extensions]\n7 = 2026-03-02", "does not say for which exercise"),
]


@pytest.mark.parametrize(("text", "words"), DUE_FAULTS, ids=lambda value: str(value)[:20])
def test_due_dates_with_a_fault(tmp_path: Path, text: str, words: str) -> None:
    with pytest.raises(CourseError) as caught:
        read_due(put(tmp_path / "due.toml", text))
    assert words in caught.value.what


def test_slips_of_the_pen_in_due_dates_are_told() -> None:
    dues = DueDates(due={"nmt/attention2": AT}, extensions={"all": {"77": AT, "1": AT}})
    told = check_due(dues, ["nmt/attention", "nmt/beam"], ["1", "2"])
    assert told == [
        "due dates: there is no exercise 'nmt/attention2'; did you mean 'nmt/attention'?",
        "due dates: an extension for nobody here: 77",
    ]


ANN, BEN = ("7", "Ann, Lee", "nmt/attention"), ("=8", "Ben", "nmt/attention")


def test_manual_points_are_made_once_and_only_added_to(tmp_path: Path) -> None:
    path = tmp_path / "new" / "manual.csv"
    assert keep_manual(path, [ANN]) == ({}, [])
    text = path.read_text(encoding="utf-8-sig")
    assert text == 'student,name,exercise,points,comment\n7,"Ann, Lee",nmt/attention,,\n'
    before = text.replace(",,\n", ',1.5,"Well, done"').encode()  # no end of the last line
    path.write_bytes(before)
    found, notes = keep_manual(path, [ANN, BEN])
    assert found == {("7", "nmt/attention"): Manual(1.5, "Well, done")}
    assert notes == []
    after = path.read_bytes()
    assert after == before + b"\n'=8,Ben,nmt/attention,,\n"
    keep_manual(path, [ANN, BEN])
    assert path.read_bytes() == after  # who is in it is not added again


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16"])
def test_a_table_that_a_spreadsheet_saved_again(tmp_path: Path, encoding: str) -> None:
    text = "exercise;student;comment;points\r\nnmt/attention;7;gut;-0,5"
    path = put(tmp_path / "manual.csv", text, encoding)
    before = path.read_bytes()
    found, _ = keep_manual(path, [ANN, BEN])
    assert found == {("7", "nmt/attention"): Manual(-0.5, "gut")}
    assert path.read_bytes().startswith(before)
    assert path.read_bytes().decode(encoding) == f"{text}\r\nnmt/attention;'=8;;\r\n"


def test_points_for_nobody_are_told(tmp_path: Path) -> None:
    text = "student,name,exercise,points,comment\n99,Eve,nmt/attention,3,\n"
    _, notes = keep_manual(put(tmp_path / "manual.csv", text), [ANN])
    assert len(notes) == 1
    assert notes[0].endswith("points or a comment for nobody here: 99")


MANUAL_FAULTS = [
    ("7,Ann,nmt/attention,two,", ":2: the points are 'two'"),
    ("7,Ann,nmt/attention,nan,", ":2: the points are 'nan'"),
    ("7,Ann,nmt/attention,1,\n7,Ann,nmt/attention,2,", ":3: 7 and nmt/attention stand on line 2"),
]


@pytest.mark.parametrize(("lines", "words"), MANUAL_FAULTS, ids=lambda value: str(value)[:30])
def test_a_fault_in_manual_points_changes_nothing(tmp_path: Path, lines: str, words: str) -> None:
    text = f"student,name,exercise,points,comment\n{lines}\n"
    path = put(tmp_path / "manual.csv", text)
    with pytest.raises(CourseError) as caught:
        keep_manual(path, [ANN, BEN])
    assert words in caught.value.what
    assert path.read_text(encoding="utf-8") == text


def test_a_full_disk_leaves_manual_points_as_they_were(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    text = "student,name,exercise,points,comment\n7,Ann,nmt/attention,1,\n"
    path = put(tmp_path / "manual.csv", text)
    fill_disk(monkeypatch, ".tmp", 20)
    with pytest.raises(CourseError, match="the disk is full"):
        keep_manual(path, [ANN, BEN])
    assert path.read_text(encoding="utf-8") == text
