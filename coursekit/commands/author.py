"""The author's commands: `build` and `verify`."""

from __future__ import annotations

from pathlib import Path

from coursekit.console import Consoles
from coursekit.errors import CourseError
from coursekit.lesson import Lesson
from coursekit.notebooks import build
from coursekit.notebooks.cells import cells
from coursekit.notebooks.template import templates
from coursekit.plugins import catalogue
from coursekit.practice.verify import faults_of


def build_notebooks(lesson: str | None, solutions: Path | None, check: bool, out: Consoles) -> None:
    """Build, or compare, the notebooks of one lesson or of all.

    Raises:
        CourseError: A template is wrong, or with `check` something is out of date.
    """
    known = catalogue()
    chosen = [known.lesson(lesson)] if lesson else list(known.lessons.values())
    if check and solutions is not None:
        raise CourseError("--check and --solutions cannot be combined")
    if check:
        build.check_up_to_date(chosen, out)
    else:
        build.build(chosen, solutions, out)


def verify_lesson(lesson: Lesson, out: Consoles) -> None:
    """Hold each exercise of a lesson against the author's gate.

    Raises:
        CourseError: An exercise does not pass.
    """
    wrong = 0
    found = templates(lesson)
    if not found:
        raise CourseError(f"the lesson {lesson.name} has no templates in {lesson.templates}")
    for template in found:
        faults = faults_of(template) if template.number else []
        if not template.number:
            cells(template)  # raises where a marker or a name is wrong
        out.result(f"{'wrong' if faults else 'right':6}{template.name}")
        for fault in faults:
            out.result(f"      {fault}")
        wrong += len(faults)
    if wrong:
        raise CourseError(f"{wrong} faults in the exercises of {lesson.name}")
