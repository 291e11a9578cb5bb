"""Writes the reports of a class into a folder, whole or not at all.

REPORTS/
  class.html            for the instructor, to look at and to print
  students/NAME.html    one for each student, to give away
  grades.csv            a line for each student and exercise
  checks.csv            a line for each check
  grades.json           everything, read back to see what a later grading changes
  gradescope/NAME/results.json
  canvas.csv            the exported gradebook with its column filled, if one was given
"""

from __future__ import annotations

import os
import re
import shutil
import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from coursekit.atomic import free_name, make_folder, write_bytes, write_json, write_text
from coursekit.errors import CourseError, disk_errors
from coursekit.grading import canvas, gradescope
from coursekit.grading.due import DueDates, check_due
from coursekit.grading.manual import Manuals, keep_manual
from coursekit.grading.marks import Mark, marks_of
from coursekit.grading.pages import class_page, student_page
from coursekit.grading.record import FILE, Change, as_json, changes, read_grades
from coursekit.grading.results import Grade
from coursekit.grading.roster import Roster, Student
from coursekit.grading.similarity import MOST_PAIRS, Pair, similar
from coursekit.grading.statistics import figures
from coursekit.grading.submissions import Handed
from coursekit.grading.tables import csv_bytes
from coursekit.practice.locate import all_exercises
from coursekit.stored import is_there

GRADES = (
    *("student", "name", "email", "exercise", "mark", "possible", "checks", "manual"),
    *("late days", "late percent", "attempt", "submitted", "alarms", "failure", "comment"),
)
CHECKS = (
    *("student", "name", "exercise", "check", "title", "private", "status"),
    *("points", "possible", "misconception"),
)


@dataclass(frozen=True)
class Gradebook:
    """A gradebook that Canvas exported.

    Attributes:
        path: The file; it is not changed.
        column: The title of the assignment whose column is filled.
    """

    path: Path
    column: str


@dataclass(frozen=True)
class Written:
    """What was written, and what to tell.

    Attributes:
        folder: The reports; None if none were asked for.
        marks: For each student and exercise.
        changed: Whose marks differ from an earlier report.
        notes: What the instructor should know, a sentence each.
        kept: Where a report that had the folder's name is now; None if there was none.
    """

    folder: Path | None
    marks: tuple[Mark, ...]
    changed: tuple[Change, ...] = ()
    notes: tuple[str, ...] = ()
    kept: Path | None = None


@dataclass
class _Class:
    """All that the reports are written from."""

    marks: tuple[Mark, ...]
    roster: Roster
    pairs: Sequence[Pair]
    changed: tuple[Change, ...]
    notes: list[str]
    pages: Mapping[str, str] = field(default_factory=dict)  # names of files by student

    def __post_init__(self) -> None:
        self._of: dict[str, list[Mark]] = {}
        for mark in self.marks:
            self._of.setdefault(mark.student, []).append(mark)

    def of(self, student: str) -> list[Mark]:
        """Return a student's marks, by exercise."""
        return self._of[student]


def write_reports(
    grades: Sequence[Grade],
    folder: Path | None,
    *,
    handed: Handed | None = None,
    dues: DueDates | None = None,
    manual: Path | None = None,
    earlier: Path | None = None,
    gradebook: Gradebook | None = None,
    replace: bool = False,
) -> Written:
    """Write all reports of a class.

    Args:
        grades: What grading found, one for each student and exercise.
        folder: Where the reports go; it must not be there, or be empty. None: the marks are made,
            and no report.
        handed: What was handed in: who is missing, the class list, notes about files.
        dues: Due dates and what lateness costs.
        manual: The table of manual points and comments; it is made, or lines are added to it.
        earlier: An earlier report to compare with; it is not changed.
        gradebook: A gradebook of Canvas to fill.
        replace: Whether a report of the folder's name may be moved aside. It is compared with,
            unless `earlier` says otherwise.

    Raises:
        CourseError: The folder has something in it, or a file cannot be read or written. Then
            there is no new report, and the earlier one is where it was.
    """
    there = folder is not None and require_free(folder, replace)
    known = handed or Handed({})
    if there and folder and earlier is None and is_there(folder / FILE):
        earlier = folder
    found = _class(grades, known, dues, manual, earlier)
    kept = _whole(found, folder.absolute(), gradebook, there) if folder else None
    return Written(folder, found.marks, found.changed, tuple(found.notes), kept)


def require_free(folder: Path, replace: bool = False) -> bool:
    """Return whether something is where reports are to go, and may be moved aside.

    Raises:
        CourseError: Something is there, other than an empty folder, and may not.
    """
    taken = _taken(folder)
    if taken and not replace:
        raise CourseError(
            f"{folder} has something in it",
            "a folder that is not there, or is empty",
            "choose another name, or add --replace: what is there is kept under another name",
        )
    return taken


def _whole(found: _Class, folder: Path, gradebook: Gradebook | None, there: bool) -> Path | None:
    """Write a report beside its place, then give it its name; return where an earlier one is."""
    make_folder(folder.parent)
    draft = free_name(folder.parent, f".{folder.name}-new")
    try:
        make_folder(draft)
        _write(found, draft, gradebook)
        return _put(draft, folder, there)
    finally:
        shutil.rmtree(draft, ignore_errors=True)


def _taken(folder: Path) -> bool:
    with disk_errors("look at", folder):
        if not os.path.lexists(folder):
            return False
        return not folder.is_dir() or any(folder.iterdir())


def _put(draft: Path, folder: Path, there: bool) -> Path | None:
    """Give a finished report its name; return where the one that had it is now."""
    kept = free_name(folder.parent, f"{folder.name}-earlier") if there else None
    with disk_errors("write", folder):
        if kept is not None:
            folder.rename(kept)
        elif folder.is_dir():
            folder.rmdir()
        try:
            draft.rename(folder)
        except OSError:
            if kept is not None:
                kept.rename(folder)
            raise
    return kept


def _class(
    grades: Sequence[Grade],
    handed: Handed,
    dues: DueDates | None,
    manual: Path | None,
    earlier: Path | None,
) -> _Class:
    """Return the marks of a class and all that is told about it."""
    notes = list(handed.notes)
    marks = marks_of(grades, handed.missing, dues)
    if dues is not None:
        notes += check_due(dues, list(all_exercises()), [mark.student for mark in marks])
    before = read_grades(earlier) if earlier is not None else None
    if manual is not None:
        manuals, told = _manual(manual, marks)
        notes += told
        marks = marks_of(grades, handed.missing, dues, manuals)
    pairs = similar(grades)
    if len(pairs) > MOST_PAIRS:
        notes.append(f"{len(pairs)} pairs are alike; the {MOST_PAIRS} most alike are shown")
    changed = changes(before, marks) if before is not None else ()
    found = _Class(marks, handed.roster, pairs[:MOST_PAIRS], changed, notes)
    found.pages = _page_names(marks)
    return found


def _manual(path: Path, marks: Iterable[Mark]) -> tuple[Manuals, list[str]]:
    return keep_manual(path, [(mark.student, mark.name, mark.exercise) for mark in marks])


def _page_names(marks: Iterable[Mark]) -> dict[str, str]:
    """Return a name of a file for each student: readable, and no other's on any disk."""
    names: dict[str, str] = {}
    taken: set[str] = set()
    for mark in marks:
        if mark.student in names:
            continue
        words = f"{mark.name} {mark.student}" if mark.name != mark.student else mark.student
        plain = unicodedata.normalize("NFKD", words).encode("ascii", "ignore").decode()
        stem = re.sub(r"[^a-z0-9]+", "-", plain.lower()).strip("-")[:60] or "student"
        name, number = stem, 1
        while name in taken:
            number += 1
            name = f"{stem}-{number}"
        taken.add(name)
        names[mark.student] = name
    return names


def _write(found: _Class, folder: Path, gradebook: Gradebook | None) -> None:
    """Write all files of a report."""
    if gradebook is not None:
        filled = _filled(found, gradebook)
        found.notes += [f"Canvas: {note}" for note in filled.notes]
        write_bytes(folder / "canvas.csv", filled.content)
    known = figures(found.marks)
    titles = {one.exercise: one.title for one in known}
    make_folder(folder / "students")
    for student, name in found.pages.items():
        own = found.of(student)
        write_text(folder / "students" / f"{name}.html", student_page(own, titles))
        make_folder(folder / "gradescope" / name)
        write_json(folder / "gradescope" / name / "results.json", gradescope.results(own))
    page = class_page(
        known,
        pairs=found.pairs,
        notes=found.notes,
        changed=found.changed,
        addresses={student: f"students/{name}.html" for student, name in found.pages.items()},
    )
    write_text(folder / "class.html", page)
    write_bytes(folder / "grades.csv", csv_bytes([GRADES, *_grade_rows(found)]))
    write_bytes(folder / "checks.csv", csv_bytes([CHECKS, *_check_rows(found)]))
    write_json(folder / FILE, as_json(found.marks, found.notes))


def _filled(found: _Class, gradebook: Gradebook) -> canvas.Filled:
    totals: dict[str, float] = {}
    people: dict[str, Student] = {}
    possible: dict[str, float] = {}
    for mark in found.marks:
        totals[mark.student] = totals.get(mark.student, 0.0) + mark.points
        known = found.roster.students.get(mark.student)
        people[mark.student] = known or Student(mark.student, mark.name)
        possible[mark.exercise] = max(possible.get(mark.exercise, 0.0), mark.possible)
    return canvas.fill(
        gradebook.path, gradebook.column, totals, people.values(), sum(possible.values())
    )


def _grade_rows(found: _Class) -> Iterable[Sequence[object]]:
    for mark in found.marks:
        grade, late = mark.grade, mark.lateness
        handed = grade.submission if grade else None
        student = found.roster.students.get(mark.student)
        yield (
            mark.student,
            mark.name,
            student.email if student else "",
            mark.exercise,
            mark.points,
            mark.possible,
            mark.earned,
            "" if mark.manual.points is None else mark.manual.points,
            late.days,
            late.percent,
            handed.attempt if handed else "",
            handed.submitted.isoformat() if handed and handed.submitted else "",
            mark.alarms,
            mark.failure,
            mark.manual.comment,
        )


def _check_rows(found: _Class) -> Iterable[Sequence[object]]:
    for mark in found.marks:
        for verdict in mark.grade.verdicts if mark.grade else ():
            yield (
                mark.student,
                mark.name,
                mark.exercise,
                verdict.check,
                verdict.title,
                "yes" if verdict.hidden else "no",
                verdict.status,
                verdict.earned,
                verdict.possible,
                verdict.misconception,
            )
