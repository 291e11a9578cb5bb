"""The table of a class in the terminal, readable at any width."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from rich.text import Text

from coursekit.console import Consoles, table
from coursekit.grading.marks import Mark
from coursekit.grading.record import Change
from coursekit.grading.statistics import out_of
from coursekit.grading.tables import points
from coursekit.printable import printable

COLUMNS = ("student", "points", "checks", "manual", "late", "look at")


def show_marks(marks: Sequence[Mark], out: Consoles) -> None:
    """Print the marks, a table for each exercise, and the median."""
    for exercise in dict.fromkeys(mark.exercise for mark in marks):
        own = [mark for mark in marks if mark.exercise == exercise]
        out.result(exercise, "bold")
        grid = table(*COLUMNS, right=COLUMNS[1:5], lead=COLUMNS[:2])
        for mark in own:
            grid.add_row(*_row(mark))
        out.show(grid)
        graded = [mark for mark in own if mark.grade]
        out.result(f"{len(graded)} of {len(own)} handed in")
        out.result()


def _row(mark: Mark) -> Iterable[Text]:
    """Return the values of a mark's line; the student and the points are never cut."""
    late = mark.lateness
    alarms = f"alarm: {mark.alarms}" if mark.alarms else ""
    words = "; ".join(filter(None, [alarms, mark.failure, late.doubt]))
    values = (
        mark.shown_name,
        out_of(mark.points, mark.possible),
        points(mark.earned) if mark.grade else "-",
        points(mark.manual.points) if mark.manual.points is not None else "",
        f"-{points(late.percent)} %" if late.percent else f"{late.days} d" if late.days else "",
    )
    style = "red" if alarms else "dim" if mark.grade is None else ""
    yield from (Text(printable(value)) for value in values)
    yield Text(printable(words, 200), style=style)


def show_changes(changed: Sequence[Change], out: Consoles) -> None:
    """Print whose marks differ from an earlier report, and by which checks."""
    if not changed:
        return
    out.result("changed since the earlier report", "bold")
    grid = table("student", "before", "now", "checks", right=("before", "now"))
    for change in changed:
        checks = "; ".join(f"{title}: {_or(a)} to {_or(b)}" for title, a, b in change.checks)
        who = f"{change.name or change.student} ({change.exercise})"
        values = (who, _or(change.before), _or(change.after), checks)
        grid.add_row(*(Text(printable(value)) for value in values))
    out.show(grid)
    out.result()


def _or(value: float | None) -> str:
    return "none" if value is None else points(value)
