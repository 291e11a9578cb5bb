"""Marks, and what a later grading changes in them."""

import json
from datetime import UTC, datetime
from pathlib import Path

import pytest

from coursekit.errors import CourseError
from coursekit.grading.due import DueDates
from coursekit.grading.manual import Manual
from coursekit.grading.marks import marks_of
from coursekit.grading.record import Change, as_json, changes, read_grades
from coursekit.grading.results import Alarm, Grade, Status, Submission, Verdict
from coursekit.grading.statistics import bars, figures
from coursekit.grading.submissions import Missing
from coursekit.practice.gather import exercise

DUE = datetime(2026, 3, 2, 12, tzinfo=UTC)
DUES = DueDates(percent_a_day=15, due={"all": DUE})


def verdict(name: str, earned: float, possible: float = 2, misconception: str = "") -> Verdict:
    status: Status = "passed" if earned == possible else "wrong"
    return Verdict(name, f"Title of {name}", possible, earned, status, "", misconception)


def grade(student: str, *verdicts: Verdict, hours_late: float = 0, name: str = "") -> Grade:
    at = datetime.fromtimestamp(DUE.timestamp() + 3600 * hours_late, UTC)
    handed = Submission(student, Path(f"/class/{student}/x.ipynb"), name, submitted=at)
    return Grade(handed, "nmt/attention", verdicts, isolation="bubblewrap", seconds=0.5)


def test_a_mark_is_checks_and_manual_points_without_what_lateness_costs() -> None:
    manuals = {("7", "nmt/attention"): Manual(1.5, "Nice.")}
    late = grade("7", verdict("a", 2), verdict("b", 0.5), hours_late=3)
    (mark,) = marks_of([late], (), DUES, manuals)
    assert (mark.earned, mark.possible, mark.lateness.percent) == (2.5, 4, 15)
    assert mark.points == 3.4  # (2.5 + 1.5) * 0.85


@pytest.mark.parametrize(
    ("earned", "manual", "expected"),
    [(0.1, 0.2, 0.26), (1.0, -3.0, 0.0), (0.7, None, 0.6), (0.3, None, 0.26)],
)
def test_marks_are_rounded_once_half_up_and_never_negative(
    earned: float, manual: float | None, expected: float
) -> None:
    """0.3 * 0.85 is 0.255, and 0.7 * 0.85 is 0.595: a half is rounded up."""
    manuals = {("7", "nmt/attention"): Manual(manual)}
    (mark,) = marks_of([grade("7", verdict("a", earned), hours_late=1)], (), DUES, manuals)
    assert mark.points == expected


def test_who_handed_in_nothing_has_a_mark_too() -> None:
    nothing = Missing("8", "Zoë", "nmt/attention", "nothing was handed in")
    found = marks_of([grade("7", verdict("a", 2), name="Émile")], [nothing])
    assert [(m.shown_name, m.points, m.possible, m.failure) for m in found] == [
        ("Émile", 2, 2, ""),
        ("Zoë", 0, 2, "nothing was handed in"),
    ]


def test_a_failure_does_not_tell_the_instructors_folders() -> None:
    handed = Submission("7", Path("/home/teacher/secret/x.ipynb"))
    broken = Grade(handed, "nmt/attention", (), failure=f"{handed.path} is empty")
    (mark,) = marks_of([broken])
    assert mark.failure == "x.ipynb is empty"


def test_the_distribution_counts_every_mark_once() -> None:
    found = bars([0, 0.5, 1, 3, 3, 4.5], 3)
    assert [(bar.label, bar.count) for bar in found] == [("0", 2), ("1", 1), ("2", 0), ("3", 3)]
    wide = bars([0, 4, 5, 99, 100, 104], 100)
    assert [bar.label for bar in wide][:2] == ["0–4", "5–9"]
    assert [bar.label for bar in wide][-1] == "100"
    assert [bar.count for bar in wide if bar.count] == [2, 1, 1, 2]


def test_figures_of_a_class() -> None:
    grades = [
        grade("1", verdict("a", 2), verdict("b", 2)),
        grade("2", verdict("a", 0, misconception="shifted"), verdict("b", 2)),
        grade(
            "3", verdict("a", 0, misconception="shifted"), verdict("b", 0, misconception="other")
        ),
    ]
    nothing = Missing("4", "Dan", "nmt/attention", "nothing was handed in")
    (found,) = figures(marks_of(grades, [nothing]))
    assert (found.median, found.mean, found.full) == (2, 2, 1)  # of 4, 2 and 0
    assert [(c.title, c.passed, c.wrong) for c in found.checks] == [
        ("Title of a", 1, 2),
        ("Title of b", 2, 1),
    ]
    assert [(b.name, b.students) for b in found.beliefs] == [
        ("shifted", ("2", "3")),
        ("other", ("3",)),
    ]


def test_misconceptions_have_their_sentences() -> None:
    handed = Submission("7", Path("x.ipynb"))
    found = Grade(handed, "textgen/batches", (verdict("inputs", 0, misconception="gap"),))
    (one,) = figures(marks_of([found]))
    assert one.title == exercise("textgen/batches").title
    assert one.beliefs[0].sentence.startswith("The pieces are `length + 1` apart")


def stored(path: Path, *grades: Grade) -> Path:
    path.mkdir()
    text = json.dumps(as_json(marks_of(grades)))
    (path / "grades.json").write_text(text, encoding="utf-8")
    return path


def test_a_later_grading_shows_what_changed(tmp_path: Path) -> None:
    folder = stored(
        tmp_path / "first",
        grade("1", verdict("a", 2), verdict("old", 1, 1)),
        grade("2", verdict("a", 0), verdict("old", 1, 1)),
        grade("3", verdict("a", 2)),
    )
    before = (folder / "grades.json").read_bytes()
    now = marks_of(
        [
            grade("1", verdict("a", 2), verdict("new", 3, 3)),
            grade("2", verdict("a", 2), verdict("old", 1, 1)),
            grade("4", verdict("a", 2)),
        ]
    )
    found = changes(read_grades(folder), now)
    assert found == (
        Change(
            "1", "", "nmt/attention", 3, 5, (("Title of old", 1, None), ("Title of new", None, 3))
        ),
        Change("2", "", "nmt/attention", 1, 3, (("Title of a", 0, 2),)),
        Change("4", "", "nmt/attention", None, 2),
        Change("3", "", "nmt/attention", 2, None),
    )
    assert (folder / "grades.json").read_bytes() == before
    assert changes(read_grades(folder / "grades.json"), marks_of([])) == ()


def test_the_same_grading_changes_nothing(tmp_path: Path) -> None:
    same = [grade("1", verdict("a", 2)), grade("2", verdict("a", 0.5))]
    folder = stored(tmp_path / "first", *same)
    assert changes(read_grades(folder), marks_of(same)) == ()


def test_stored_grades_hold_what_the_marks_rest_on() -> None:
    cheat = grade("7", verdict("a", 0, misconception="gap"), name="Ann")
    alarmed = Grade(
        cheat.submission, cheat.exercise, cheat.verdicts, (Alarm("forged", "a reply", "c"),)
    )
    found = as_json(marks_of([alarmed]), ["a note"])
    assert (found["schema"], found["version"], found["notes"]) == (
        "coursekit grades",
        1,
        ["a note"],
    )
    (one,) = found["marks"]
    assert one["alarms"] == [{"kind": "forged", "words": "a reply", "cell": "c"}]
    assert one["verdicts"][0]["misconception"] == "gap"
    assert one["submitted"] == "2026-03-02T12:00:00+00:00"


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("{", "is damaged, or another program changed it"),
        ('{"schema": "coursekit grades", "version": 99}', "version 99"),
        ('{"schema": "other", "version": 1}', "has the schema 'other'"),
        ('{"schema": "coursekit grades", "version": 1, "marks": [{}]}', "is damaged"),
    ],
)
def test_grades_that_cannot_be_compared_with(tmp_path: Path, text: str, words: str) -> None:
    (tmp_path / "grades.json").write_text(text, encoding="utf-8")
    with pytest.raises(CourseError) as caught:
        read_grades(tmp_path)
    assert words in caught.value.what
