"""How far a student is: ``progress``, as a table or as a page, and ``next``.

Templates are read and not run, so that this takes no time. Nothing here imports TensorFlow.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from coursekit.atomic import make_folder, write_text
from coursekit.commands.progress_page import is_ours, page
from coursekit.commands.stranded import show_stranded
from coursekit.console import Consoles, cells, table
from coursekit.errors import CourseError
from coursekit.notebooks.outline import Outline, outline
from coursekit.notebooks.template import Address
from coursekit.practice.locate import all_exercises, is_there, newest
from coursekit.practice.records import Record, records
from coursekit.practice.reviews import is_any_due
from coursekit.readable import readable

PAGE = "coursekit-progress.html"


@dataclass(frozen=True)
class Standing:
    """How a student stands in one exercise.

    Attributes:
        outline: The exercise.
        record: What is known of the student's work.
    """

    outline: Outline
    record: Record

    @property
    def points(self) -> int:
        """The points that the student has, at most those that there are."""
        return min(max(self.record.points, 0), self.outline.total)

    @property
    def state(self) -> str:
        """In words."""
        if self.record.solved:
            return "solved"
        return "started" if self.record.path else "not started"


def standings(broken: dict[str, CourseError]) -> Iterator[Standing]:
    """Yield how the student stands in every exercise, in the order of the course.

    Args:
        broken: Takes up the templates that cannot be read, by the exercise's name.

    Raises:
        CourseError: The record cannot be read.
    """
    known = records()
    for name, address in all_exercises().items():
        try:
            yield Standing(outline(address), known.get(name, Record()))
        except CourseError as error:
            broken[name] = error


def progress(out: Consoles) -> None:
    """Show all exercises at a glance, with the share of the points.

    A template that cannot be read is named, and does not hide the others.
    """
    broken: dict[str, CourseError] = {}
    found = {one.outline.template.name: one for one in standings(broken)}
    columns = ("exercise", "title", "state", "points")
    grid = table(*columns, right=("points",), lead=("exercise", "state", "points"))
    for name in all_exercises():
        if name in broken:
            grid.add_row(*cells(name, "", "broken", "-"))
            continue
        one = found[name]
        title = readable(one.outline.template.title)
        grid.add_row(*cells(name, title, one.state, f"{one.points}/{one.outline.total}"))
    _tell(broken, out)
    out.show(grid)
    out.result()
    show_stranded(records(), out)
    earned, total = (
        sum(s.points for s in found.values()),
        sum(s.outline.total for s in found.values()),
    )
    out.result(f"{earned} of {total} points, {earned / total if total else 0:.0%}", "bold")
    _tell_due(out)
    out.result(_action(_unsolved()))


def _tell_due(out: Consoles) -> None:
    """Say in a line that an earlier prediction is to be answered again, if one is."""
    if is_any_due(date.today()):
        out.result("an earlier prediction is due for review: coursekit review", "dim")


def _tell(broken: dict[str, CourseError], out: Consoles) -> None:
    for error in broken.values():
        out.say(str(error), "yellow")


def write_page(path: Path, learner: str, out: Consoles) -> None:
    """Write the student's progress as a page.

    Args:
        path: Its name; an earlier such page of that name is replaced, and nothing else.
        learner: The student's name; it may be empty.
        out: Where to print.

    Raises:
        CourseError: A file of another kind has the name, or the page cannot be written.
    """
    if not is_ours(path):
        raise CourseError(
            f"{path} exists and is not a page of `coursekit progress`",
            "a free name, or an earlier page",
            "coursekit progress --html ANOTHER-NAME.html",
        )
    broken: dict[str, CourseError] = {}
    text = page(list(standings(broken)), learner)
    _tell(broken, out)
    make_folder(path.absolute().parent)
    write_text(path, text)
    out.result(f"written: {path}")
    out.result("next: open it in a browser, which also prints it", "bold")


def next_step(out: Consoles) -> None:
    """Name the first exercise that is not solved, the current lesson's before the others."""
    found = _unsolved()
    show_stranded(records(), out)
    if found is not None:
        template = found.template
        out.result(f"{template.name}: {readable(template.title)} ({template.fields['time']})")
        out.result(readable(template.fields["goal"]))
    _tell_due(out)
    out.result(_action(found), "bold")


def _unsolved() -> Outline | None:
    """Return the first exercise that is not solved: of the lesson that was saved last, if any."""
    known = records()
    left = [a for n, a in all_exercises().items() if not known.get(n, Record()).solved]
    started = any(is_there(known[name]) for name in all_exercises() if name in known)
    lesson = newest()[0].lesson if started else ""
    own = [address for address in left if address.lesson == lesson]
    return next(_outlines([*own, *left]), None)


def _outlines(addresses: list[Address]) -> Iterator[Outline]:
    """Yield the exercises that can be read: a fault of another plugin is not the student's."""
    for address in addresses:
        try:
            yield outline(address)
        except CourseError:
            continue


def _action(found: Outline | None) -> str:
    """Return what to do for an exercise, as a line that can be followed."""
    if found is None:
        return "every exercise is solved: now write a lesson of your own"
    name = found.template.name
    record = records().get(name, Record())
    if is_there(record):
        return f"next: open {record.path}, then coursekit check {name}"
    return f"next: coursekit start {name}"
