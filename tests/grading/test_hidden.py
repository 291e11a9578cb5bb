"""Private checks: graded like the others, and told with file and line if they are faulty."""

from __future__ import annotations

from pathlib import Path

import pytest

from coursekit.errors import CourseError
from coursekit.grading.exam import Exam
from coursekit.grading.grade import grade
from coursekit.grading.hidden import read_checks
from coursekit.grading.results import Submission
from coursekit.grading.walls import no_bubblewrap
from tests.grading.cases import ALL, notebook, solution, template

ISOLATION = "process" if no_bubblewrap() else "bubblewrap"
HINTS = 'hints=("Why?", "Where?", "How?")'
LONGER = f"""
import numpy as np

from coursekit.practice import assert_equal, check, misconception, probe


@probe
def laid_out(ids, rows):
    return side_by_side(ids, rows)


@misconception("laid_out", "The secret fault.")
def secretly_turned(ids, rows):
    return np.reshape(ids, (-1, rows)).T


@check("A secret about long texts", points=5, {HINTS})
def long_texts(student):
    found = student.laid_out(np.arange(1000), 4)
    assert_equal(found, np.arange(1000).reshape(4, 250), "1000 characters in four rows")
"""


def graded(content: bytes, hidden: str, folder: Path) -> tuple[float, dict[str, str], set[str]]:
    path, file = folder / "a.ipynb", folder / "private.py"
    path.write_bytes(content)
    file.write_text(hidden)
    with Exam(template(), ISOLATION, hidden=file) as exam:
        made = grade(Submission("a", path), exam)
    words = {verdict.check: verdict.words for verdict in made.verdicts}
    return made.earned, words, {v.check for v in made.verdicts if v.hidden}


def test_they_add_to_the_points(tmp_path: Path) -> None:
    earned, words, hidden = graded(notebook(solved=True), LONGER, tmp_path)
    assert earned == ALL + 5
    assert hidden == {"long_texts"}
    assert words["long_texts"] == ""


def test_they_find_what_the_others_do_not(tmp_path: Path) -> None:
    wrong = solution("side_by_side").replace("width =", "ids = ids[:900]\n    width =")
    content = notebook(solved=True, code={"side_by_side": wrong})
    earned, words, _ = graded(content, LONGER, tmp_path)
    assert earned == ALL
    assert "1000 characters in four rows" in words["long_texts"]


@pytest.mark.parametrize(
    ("text", "line", "what"),
    [
        ("def f(:\n", 1, "invalid syntax"),
        ("import numpy\n\nnope\n", 3, "name 'nope' is not defined"),
        ("import numpy\n", 1, "declares no check"),
        (LONGER + "\n\ndef laid_out():\n    pass\n", 23, "declared a second time, after line 8"),
        (LONGER.replace("points=5, ", ""), 18, "points"),
        (LONGER.replace("long_texts", "rows"), 18, "already"),
        (LONGER.replace("def laid_out", "def laid"), 7, "already"),
        (LONGER.replace("points=5", 'points=5, after="nowhere"'), 17, "nowhere"),
        (LONGER.replace("(4, 250)", "(4, 251)"), 17, "cannot reshape"),
        (LONGER.replace("np.arange(1000).reshape", "np.ones(1000).reshape"), 17, "does not pass"),
    ],
)
def test_a_fault_is_told_with_file_and_line_before_any_mark(
    text: str, line: int, what: str, tmp_path: Path
) -> None:
    file = tmp_path / "private.py"
    file.write_text(text)
    with pytest.raises(CourseError) as caught, Exam(template(), ISOLATION, hidden=file) as exam:
        exam.ready()
    told = str(caught.value)
    assert told.startswith(f"{file}:")
    assert abs(int(told.removeprefix(f"{file}:").partition(":")[0]) - line) <= 1, told
    assert what in told


def test_a_file_that_is_not_there_or_no_text(tmp_path: Path) -> None:
    with pytest.raises(CourseError, match="cannot read"):
        read_checks(tmp_path / "none.py")
    (tmp_path / "x.py").write_bytes(b"# ok\n# \xff\n")
    with pytest.raises(CourseError, match=r"x\.py:2: it is not UTF-8"):
        read_checks(tmp_path / "x.py")


TELLS = """
import sys
heard = []
def side_by_side(*args):
    print("asked for", len(args[0]))
    frame = sys._getframe()
    while frame:
        here = frame.f_locals.get("self")
        if hasattr(here, "probes"):
            print(here.probes)
        frame = frame.f_back
    return args[0]
"""
PRINTS = """
import sys
frame = sys._getframe()
while frame:
    here = frame.f_locals.get("self")
    if hasattr(here, "probes"):
        print(here.probes)
        raise RuntimeError(str(here.probes))
    frame = frame.f_back
"""
ENDS = "import os\ndef side_by_side(*args): os._exit(0) if len(args[0]) == 1236 else print(args)"


@pytest.mark.parametrize(("code", "extra"), [(TELLS, ""), (TELLS, PRINTS), (ENDS, PRINTS)])
def test_a_students_report_has_nothing_of_what_they_ask(
    code: str, extra: str, tmp_path: Path
) -> None:
    path, file = tmp_path / "a.ipynb", tmp_path / "private.py"
    path.write_bytes(notebook(solved=True, code={"side_by_side": code}, extra=extra))
    file.write_text(LONGER.replace("1000", "1236").replace("250", "309"))
    with Exam(template(), ISOLATION, hidden=file) as exam:
        made = grade(Submission("a", path), exam)
    shown = [made.output, *made.notes, made.failure, *(v.words for v in made.verdicts[:-1])]
    assert made.verdicts[-1].hidden
    assert "laid_out" not in "".join(shown)
    assert "1236" not in "".join(shown)
    assert ("def laid(" if code == TELLS else "'made'") in "".join(shown)  # of those that ship
