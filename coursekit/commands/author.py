"""The author's commands: `build` and `verify`."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

from coursekit.commands.rebuild import watch_build
from coursekit.conformance.case import Outcome, Verdict
from coursekit.conformance.groups import cases_of
from coursekit.conformance.suite import looking_at, outcome
from coursekit.console import Consoles, duration
from coursekit.errors import CourseError
from coursekit.lesson import Lesson
from coursekit.notebooks import build
from coursekit.plugins import catalogue
from coursekit.runs.native_log import native_log
from coursekit.store.progress import busy

LONG = 0.1  # seconds that are worth showing


def build_notebooks(
    lesson: str | None,
    solutions: Path | None,
    check: bool,
    watch: bool,
    force: bool,
    out: Consoles,
) -> None:
    """Build, compare or watch the notebooks of one lesson or of all.

    Args:
        lesson: Its name; None: all.
        solutions: A folder for the solved exercises; then nothing else is built.
        check: Only compare.
        watch: Build the exercises at each save, until Ctrl-C.
        force: Also overwrite files that the kit did not write.
        out: Where to print.

    Raises:
        CourseError: A template is wrong, a file is in the way, or with `check` something is out
            of date.
    """
    known = catalogue()
    chosen = [known.lesson(lesson)] if lesson else list(known.lessons.values())
    given = {"--check": check, "--solutions": solutions is not None, "--watch": watch}
    if sum(given.values()) > 1:
        flags = " and ".join(flag for flag, is_given in given.items() if is_given)
        raise CourseError(f"{flags} cannot be combined", "one of them")
    if watch:
        watch_build(chosen, force, out)
    elif check:
        build.check_up_to_date(chosen, out)
    else:
        build.build(chosen, solutions, force, out)


def verify_lesson(lesson: Lesson, only: Sequence[str], out: Consoles) -> None:
    """Show what comes of each case of the suite that every lesson must pass.

    Args:
        lesson: The lesson.
        only: The names of groups; none means all.
        out: Where to print: verdicts to stdout, what is being looked at to stderr.

    Raises:
        CourseError: There is no such group, or the lesson does not pass.
    """
    started = time.monotonic()
    counts: Counter[Verdict] = Counter()
    group = ""
    with looking_at(lesson) as subject, native_log():
        for case in cases_of(subject, only):
            if case.group != group:
                group = case.group
                out.result(group, "bold")
            with busy(out.stderr, f"{group}: {case.title}"):
                found = outcome(case, subject)
            counts[found.verdict] += 1
            show_outcome(found, out)
    summary = ", ".join(f"{count} {verdict}" for verdict, count in sorted(counts.items()))
    out.result(f"{lesson.name}: {summary} in {duration(time.monotonic() - started)}")
    if wrong := counts["wrong"]:
        raise CourseError(
            f"{lesson.name} does not pass {wrong} of {counts.total()} cases",
            remedy="fix what is named above; --only GROUP looks at one group again",
        )


def show_outcome(found: Outcome, out: Consoles) -> None:
    """Print the verdict on a case, what it took, and a line for each fault."""
    seconds = f"  {found.seconds:.1f} s" if found.seconds >= LONG else ""
    style = {"right": "green", "wrong": "red", "skipped": "dim"}[found.verdict]
    out.result(f"  {found.verdict} {found.case.title}{seconds}", style)
    for line in (*found.faults, *([found.skipped] if found.skipped else ())):
        out.result(f"        {line}", "dim" if found.skipped else "")
