"""What goes back to learning platforms: Canvas's gradebook and Gradescope's results."""

import csv
import io
import random
from pathlib import Path

import pytest

from coursekit.errors import CourseError
from coursekit.grading.canvas import fields, fill
from coursekit.grading.due import Lateness
from coursekit.grading.gradescope import results
from coursekit.grading.manual import Manual
from coursekit.grading.marks import Mark
from coursekit.grading.results import Grade, Submission, Verdict
from coursekit.grading.roster import Student

HEAD = 'Student,ID,SIS User ID,SIS Login ID,Section,"HW 1, batches (77)",HW 2 (78),Final Score\r\n'
POSTING = ",,,,,Manual Posting,,\r\n"
POSSIBLE = "    Points Possible,,,,,13.00,10,(read only)\r\n"
LINES = (
    '"Lee, Ann",345,s1,ann@x.org,"A, B",,7.5,\r\n'
    'Núñez "Pepe",346,s2,jn,A,"12.00",,"77.1"\r\n'
    '"Ott, Cleo",347,s3,cleo,A,EX,,\r\n'
    "Test Student,348,,,A,,,"
)
BOOK = HEAD + POSTING + POSSIBLE + LINES
ANN, NUNEZ, OTT = Student("s1", "Ann Lee"), Student("x", "", "JN"), Student("347", "C. Ott")


def book(path: Path, text: str = BOOK, encoding: str = "utf-8") -> Path:
    path.write_bytes(text.encode(encoding))
    return path


def test_one_column_is_filled_and_every_other_byte_stays(tmp_path: Path) -> None:
    path = book(tmp_path / "g.csv")
    marks = {"s1": 9.0, "x": 12.5, "347": 1.0, "ghost": 3.0}
    people = [ANN, NUNEZ, OTT, Student("ghost", "Nobody")]
    filled = fill(path, "HW 1, batches", marks, people, 12)
    expected = BOOK.replace('"A, B",,7.5', '"A, B",9,7.5').replace('"12.00"', "12.5")
    assert filled.content.decode() == expected
    assert filled.notes == [
        "x: 12.00 in the gradebook becomes 12.5",
        "C. Ott: EX stays in the gradebook",
        "not in the gradebook: Nobody",
        "the gradebook gives 13 points for HW 1, batches (77), the checks give 12",
    ]
    assert path.read_bytes() == BOOK.encode()


@pytest.mark.parametrize("mark", ["", "\ufeff"])
def test_byte_order_marks_semicolons_and_foreign_bytes(tmp_path: Path, mark: str) -> None:
    text = mark + "Student;ID;HW (1)\nA;1;\nB\udcff;2;3,5\n"
    path = tmp_path / "g.csv"
    path.write_bytes(text.encode("utf-8", "surrogateescape"))
    filled = fill(path, "HW (1)", {"1": 2.25, "2": 3.5}, [Student("1"), Student("2")], 4)
    wanted = text.replace("1;\n", "1;2,25\n")
    assert filled.content == wanted.encode("utf-8", "surrogateescape")
    assert filled.notes == []


def test_two_students_never_share_a_line(tmp_path: Path) -> None:
    path = book(tmp_path / "g.csv")
    people = [Student("7", "Lee Ann"), Student("8", "Ann Lee"), OTT]
    filled = fill(path, "HW 2", {"7": 9.0, "8": 4.0, "347": 1.5}, people, 10)
    assert filled.content.decode() == BOOK.replace("EX,,", "EX,1.5,")
    assert filled.notes == ["more than one of them means the same line: Lee Ann (7), Ann Lee (8)"]


def test_the_marks_of_nobody_leave_the_file_as_it_is(tmp_path: Path) -> None:
    path = book(tmp_path / "g.csv")
    assert fill(path, "HW 2 (78)", {}, [], 10).content == path.read_bytes()


@pytest.mark.parametrize(
    ("text", "column", "words"),
    [
        (BOOK, "HW 3", "no column is called 'HW 3'"),
        ("Student,ID,HW (1),HW (2)\n", "HW", "2 columns are called 'HW'"),
        ("Name,Points\n", "Points", "has no column ID"),
        ('Student,ID\n"A,1\n', "HW", "a quote is not closed"),
        ("", "HW", "has no column ID"),
    ],
)
def test_a_gradebook_with_a_fault(tmp_path: Path, text: str, column: str, words: str) -> None:
    with pytest.raises(CourseError) as caught:
        fill(book(tmp_path / "g.csv", text), column, {}, [], 10)
    assert words in caught.value.what


def test_values_and_places_agree_with_pythons_reader() -> None:
    draw = random.Random(5)
    for _ in range(200):
        rows = [
            ["".join(draw.choices('ab,"\n é;', k=draw.randrange(5))) for _ in range(3)]
            for _ in range(draw.randrange(1, 5))
        ]
        rows = [row if any(row) else ["x", "", ""] for row in rows]
        out = io.StringIO(newline="")
        csv.writer(out, lineterminator=draw.choice(["\n", "\r\n"])).writerows(rows)
        text = out.getvalue()
        found = list(fields(text, ","))
        assert [[one.text for one in row] for row in found] == rows
        places = [one for row in found for one in row]
        for one in places:
            (again,) = list(csv.reader(io.StringIO(text[one.start : one.end], newline=""))) or [
                [""]
            ]
            assert again == [one.text]


SECRET = Verdict(
    "secret", "Secret title", 1, 0, "wrong", "secret words", "secret idea", ("psst",), 0, True
)


def test_gradescope_gets_every_check_and_no_private_text() -> None:
    checks = (
        Verdict("a", "First", 2, 2, "passed", seconds=0.25),
        Verdict("b", "Second", 3, 0, "wrong", "a fault\x1b[31m", "", ("Why?", "So.", "x = 1")),
        SECRET,
        Verdict("c", "Third", 1, 0, "not reached", "comes after “Second”"),
    )
    grade = Grade(Submission("7", Path("x.ipynb")), "nmt/attention", checks, seconds=1.5)
    late = Lateness(1, 50, "handed in late: 50 % taken off")
    mark = Mark("7", "Ann", "nmt/attention", 7, 2, Manual(1, "Good."), late, grade)
    found = results([mark])
    assert found["score"] == 1.5  # (2 + 1) / 2
    assert found["execution_time"] == 1.5
    assert [(t["number"], t["score"], t["max_score"], t["status"]) for t in found["tests"]] == [
        ("1.1", 2, 2, "passed"),
        ("1.2", 0, 3, "failed"),
        ("1.3", 0, 1, "failed"),
        ("1.4", 0, 1, "failed"),
    ]
    assert found["tests"][1]["output"] == "a fault\n\nHint 1: Why?\n\nHint 2: So.\n\nHint 3: x = 1"
    assert found["tests"][2]["name"] == "nmt/attention: Private check 1"
    assert "50 % taken off" in found["output"]
    assert "secret" not in str(found).lower()
    assert "psst" not in str(found)
