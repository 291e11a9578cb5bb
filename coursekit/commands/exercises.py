"""The student's loop: start, check, hint, solution, next, progress. None imports TensorFlow."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import date
from pathlib import Path

from rich.text import Text

from coursekit.atomic import make_folder, write_new
from coursekit.commands.checking import Checked, checked, fingerprint, show_notes
from coursekit.commands.saves import saves
from coursekit.console import Consoles, table
from coursekit.console import cells as texts
from coursekit.errors import CourseError
from coursekit.notebooks.notebook import build_notebook, notebook_text
from coursekit.notebooks.template import Template, addresses, templates
from coursekit.plugins import catalogue
from coursekit.practice.former import replaced, stranded
from coursekit.practice.gather import declared
from coursekit.practice.hints import next_hint
from coursekit.practice.locate import (
    Place,
    all_exercises,
    is_there,
    named,
    newest,
    open_notebook,
    place,
    readable,
)
from coursekit.practice.records import Record, changing, record_of, records
from coursekit.practice.reviews import is_any_due
from coursekit.practice.student_cells import exercises
from coursekit.practice.worker_process import Worker
from coursekit.printable import quoted

SIGNS = {
    "passed": ("passes", "green"),
    "wrong": ("not yet", "yellow"),
    "not reached": ("later", "dim"),
}


def start(name: str, folder: Path | None, out: Consoles) -> None:
    """Write the notebooks of a lesson, or of one exercise; what exists is kept.

    Raises:
        CourseError: There is no such lesson or exercise, or it has no notebooks.
    """
    lesson = catalogue().lesson(name.partition("/")[0])
    chosen = [named(name)] if "/" in name else templates(lesson)
    if not chosen:
        there = [one.name for one in catalogue().lessons.values() if addresses(one)]
        raise CourseError(
            f"the lesson {lesson.name} has no notebooks",
            f"one that has: {', '.join(there)}",
            f"coursekit run {lesson.name} trains it",
        )
    folder = (folder or Path(lesson.name)).absolute()
    make_folder(folder)
    with changing() as known:
        # The first exercise is written last: a bare `check` takes what was saved last.
        paths = [_path_of(template, folder, known) for template in chosen]
        pairs = list(zip(chosen, paths, strict=True))
        told = [_write_new(template, path) for template, path in reversed(pairs)][::-1]
        for (template, path), word in zip(pairs, told, strict=True):
            if template.number:
                known.setdefault(template.name, Record()).path = str(path)
            out.result(f"{word:8}{path}")
        _show_stranded(known, out)
    first = next((t for t in chosen if t.number), chosen[0])
    out.result(f"next: open {paths[0]} in JupyterLab, VS Code or Colab", "bold")
    out.result(f"then: coursekit check {first.name}")


def _path_of(template: Template, folder: Path, known: Mapping[str, Record]) -> Path:
    """Return where a notebook is written, or is: an earlier edition may have given it a number."""
    there = Path(known.get(template.name, Record()).path)
    renumbered = re.fullmatch(rf"\d+-{re.escape(template.topic)}\.ipynb", there.name)
    if renumbered and there.parent == folder and there.is_file():
        return there
    return folder / template.file_name


def _show_stranded(known: Mapping[str, Record], out: Consoles) -> None:
    """Name the notebooks of exercises that have been replaced, and what to do with them."""
    for former in stranded(known):
        out.result(str(replaced(*former)), "yellow")


def _write_new(template: Template, path: Path) -> str:
    text = notebook_text(build_notebook(template, "student" if template.number else "solved"))
    return "written" if write_new(path, text.encode()) else "kept"


def check(name: str | None, out: Consoles) -> bool:
    """Show what passes, what is wrong, the points, and the next step.

    Returns:
        Whether every check passes.
    """
    with Worker() as worker:  # it starts while the notebook is read
        where = place(name)
        found = checked(where, worker)
    show_checked(where, found, out)
    return not found.failing


def show_checked(where: Place, found: Checked, out: Consoles) -> None:
    """Show what a check found."""
    results = found.results
    out.result(f"{where.template.name}  {where.path}", "bold")
    grid = table("check", "result", "points", right=("points",), lead=("result", "points"))
    for result in results:
        word, style = SIGNS[result.status]
        points = f"{result.points}/{result.check.points}"
        grid.add_row(Text(result.check.title), Text(word, style=style), Text(points))
    out.show(grid)
    for result in results:
        if result.status == "wrong":
            out.result()
            out.result(f"{result.check.title}:", "bold")
            out.result("\n".join(f"  {line}" for line in result.words.splitlines()))
    earned, total = sum(r.points for r in results), sum(r.check.points for r in results)
    out.result()
    out.result(f"{earned} of {total} points")
    show_notes(found, out)
    step = f"coursekit hint {_word(where)}" if found.failing else "coursekit next"
    out.result(f"next: {step}", "bold")


def _word(where: Place) -> str:
    """Return what names a notebook in a command: the exercise, or the path of one of another's."""
    return where.template.name if where.own else quoted(where.path)


def _failing(where: Place) -> str:
    """Return the first check that does not pass, by the record if the cells are as they were."""
    record = record_of(where.template.name) if where.own else Record()
    known = declared(where.template).checks
    if record.total == 0 or (record.failing and record.failing not in known):
        return checked(where).failing
    if record.answers != fingerprint(where.template, open_notebook(where.path)):
        return checked(where).failing
    return record.failing


def hint(name: str | None, out: Consoles) -> None:
    """Show the next hint for the first check that does not pass."""
    where = place(name)
    failing = _failing(where)
    if not failing:
        out.result(f"{where.template.name}: every check passes")
        out.result("next: coursekit next", "bold")
        return
    wanted = declared(where.template).checks[failing]
    title, *words = next_hint(where.template.name, wanted)
    out.result(title, "bold")
    out.result("\n".join(words))


def solution(name: str | None, give_up: bool, out: Consoles) -> None:
    """Print the solution: after all checks have passed, or if the student gives up.

    Raises:
        CourseError: Not all checks pass, and the student does not give up.
    """
    by_name = name in all_exercises() or (name and "/" in name and not name.endswith(".ipynb"))
    template = named(str(name)) if by_name else place(name).template
    if not give_up and not (records().get(template.name, Record())).solved:
        raise CourseError(
            f"{template.name} is not solved yet",
            remedy=f"coursekit hint {template.name}; or add --give-up",
        )
    for cell in exercises(template):
        out.result(f"# {', '.join(cell.names)}", "bold")
        out.result(cell.solved)
        out.result()


def next_step(out: Consoles) -> None:
    """Name the first exercise that is not solved, the current lesson's before the others."""
    template = _unsolved()
    _show_stranded(records(), out)
    if template is not None:
        out.result(f"{template.name}: {template.title} ({template.fields['time']})")
        out.result(template.fields["goal"])
    _tell_due(out)
    out.result(_action(template), "bold")


def _tell_due(out: Consoles) -> None:
    """Say in a line that an earlier prediction is to be answered again, if one is."""
    if is_any_due(date.today()):
        out.result("an earlier prediction is due for review: coursekit review", "dim")


def _unsolved() -> Template | None:
    """Return the first exercise that is not solved: of the lesson that was saved last, if any."""
    known = records()
    left = [a for n, a in all_exercises().items() if not known.get(n, Record()).solved]
    started = any(is_there(known[name]) for name in all_exercises() if name in known)
    lesson = newest()[0].lesson if started else ""
    own = [address for address in left if address.lesson == lesson]
    return next(readable([*own, *left]), None)


def _action(template: Template | None) -> str:
    """Return what to do for an exercise, as a line that can be followed."""
    if template is None:
        return "every exercise is solved: now write a lesson of your own"
    record = records().get(template.name, Record())
    if is_there(record):
        return f"next: open {record.path}, then coursekit check {template.name}"
    return f"next: coursekit start {template.name}"


def progress(out: Consoles) -> None:
    """Show all exercises at a glance, with the share of the points.

    A template that cannot be read is named, and does not hide the others.
    """
    known, earned, total = records(), 0, 0
    columns = ("exercise", "title", "state", "points")
    grid = table(*columns, right=("points",), lead=("exercise", "state", "points"))
    for name, address in all_exercises().items():
        record = known.get(name, Record())
        try:
            template = address.read()
            points = sum(check.points for check in declared(template).checks.values())
        except CourseError as error:
            grid.add_row(*texts(name, "", "broken", "-"))
            out.say(str(error), "yellow")
            continue
        mine = min(record.points, points)
        state = "solved" if record.solved else "started" if record.path else "not started"
        earned, total = earned + mine, total + points
        grid.add_row(*texts(name, template.title, state, f"{mine}/{points}"))
    out.show(grid)
    out.result()
    _show_stranded(known, out)
    share = earned / total if total else 0
    out.result(f"{earned} of {total} points, {share:.0%}", "bold")
    _tell_due(out)
    out.result(_action(_unsolved()))


def watch(name: str | None, out: Consoles) -> None:
    """Check a notebook at each save, until Ctrl-C."""
    where = place(name)
    out.say(f"watching {where.path}; Ctrl-C ends it")
    for _ in saves(lambda: [where.path]):
        try:
            check(str(where.path), out)
        except CourseError as error:  # half a file: the next save fixes it
            out.say(str(error), "yellow")
