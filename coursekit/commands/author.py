"""The author's commands: `build` and `verify`."""

from __future__ import annotations

from pathlib import Path

from coursekit.console import Consoles
from coursekit.errors import CourseError
from coursekit.lesson import Lesson
from coursekit.notebooks import build
from coursekit.notebooks.template import misnamed, templates
from coursekit.plugins import catalogue
from coursekit.practice.verify import faults_of


def build_notebooks(
    lesson: str | None, solutions: Path | None, check: bool, force: bool, out: Consoles
) -> None:
    """Build, or compare, the notebooks of one lesson or of all.

    Args:
        lesson: Its name; None: all.
        solutions: A folder for the solved exercises; then nothing else is built.
        check: Only compare.
        force: Also overwrite files that the kit did not write.
        out: Where to print.

    Raises:
        CourseError: A template is wrong, a file is in the way, or with `check` something is out
            of date.
    """
    known = catalogue()
    chosen = [known.lesson(lesson)] if lesson else list(known.lessons.values())
    if check and solutions is not None:
        raise CourseError("--check and --solutions cannot be combined")
    if check:
        build.check_up_to_date(chosen, out)
    else:
        build.build(chosen, solutions, force, out)


def verify_lesson(lesson: Lesson, out: Consoles) -> None:
    """Put each template of a lesson through the author's gate.

    Raises:
        CourseError: An exercise does not pass.
    """
    found = templates(lesson)
    if not found:
        raise CourseError(f"the lesson {lesson.name} has no templates in {lesson.templates}")
    passed_over = misnamed(lesson)
    for fault in passed_over:
        out.result(f"wrong {fault}")
    wrong = len(passed_over)
    for template in found:
        faults = faults_of(template)
        out.result(f"{'wrong' if faults else 'right':6}{template.name}")
        for fault in faults:
            out.result(f"      {fault}")
        wrong += len(faults)
    if wrong:
        raise CourseError(f"the exercises of {lesson.name} have faults: {wrong}")
