"""The student's loop: start, check, hint, solution, next, progress. None imports TensorFlow."""

from __future__ import annotations

import hashlib
import time
from pathlib import Path

from rich.text import Text

from coursekit.atomic import make_folder, write_new
from coursekit.console import Consoles, table
from coursekit.console import cells as texts
from coursekit.errors import CourseError
from coursekit.notebooks.notebook import Notebook, build_notebook, notebook_text, read_notebook
from coursekit.notebooks.template import Template, addresses, templates
from coursekit.plugins import catalogue
from coursekit.practice.checks import Result, check_work
from coursekit.practice.gather import declared
from coursekit.practice.locate import Place, all_exercises, named, newest, place, readable
from coursekit.practice.records import Record, changing, next_hint, records
from coursekit.practice.student_cells import answers, code_of, exercises
from coursekit.practice.worker_client import Child
from coursekit.practice.worker_process import Worker

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
        told = [_write_new(t, folder / t.file_name) for t in reversed(chosen)][::-1]
        for template, word in zip(chosen, told, strict=True):
            path = folder / template.file_name
            if template.number:
                known.setdefault(template.name, Record()).path = str(path)
            out.result(f"{word:8}{path}")
    first = next((t for t in chosen if t.number), chosen[0])
    out.result(f"next: open {folder / chosen[0].file_name} in JupyterLab, VS Code or Colab", "bold")
    out.result(f"then: coursekit check {first.name}")


def _write_new(template: Template, path: Path) -> str:
    text = notebook_text(build_notebook(template, "student" if template.number else "solved"))
    return "written" if write_new(path, text.encode()) else "kept"


def checked(where: Place, worker: Worker | None = None) -> list[Result]:
    """Run the checks of a notebook, and remember what they found.

    Args:
        where: The exercise and the notebook.
        worker: The process that runs the student's code, if it was started ahead.
    """
    book = read_notebook(where.path)
    known = declared(where.template)
    code = code_of(where.template, book)
    with Child(code, known.probes, where.path.parent, worker=worker) as child:
        results = check_work(known, child)
    first = next((r.check.name for r in results if r.status != "passed"), "")
    with changing() as kept:
        record = kept.setdefault(where.template.name, Record())
        record.path = str(where.path)
        record.points = sum(result.points for result in results)
        record.total = sum(result.check.points for result in results)
        record.passed = [r.check.name for r in results if r.status == "passed"]
        record.failing, record.answers = first, fingerprint(where.template, book)
    return results


def fingerprint(template: Template, book: Notebook) -> str:
    """Return the hash of what the student wrote."""
    written = sorted(answers(template, book).items())
    return hashlib.sha256(repr(written).encode()).hexdigest()


def check(name: str | None, out: Consoles) -> bool:
    """Show what passes, what is wrong in words, the points, and the next step.

    Returns:
        Whether every check passes.
    """
    with Worker() as worker:  # it starts while the notebook is read
        where = place(name)
        results = checked(where, worker)
    out.result(f"{where.template.name}  {where.path}", "bold")
    grid = table("check", "result", "points", right=("points",))
    for result in results:
        word, style = SIGNS[result.status]
        points = f"{result.points}/{result.check.points}"
        grid.add_row(Text(result.check.title), Text(word, style=style), Text(points))
    out.stdout.print(grid)
    for result in results:
        if result.status == "wrong":
            out.result()
            out.result(f"{result.check.title}:", "bold")
            out.result("\n".join(f"  {line}" for line in result.words.splitlines()))
    earned, total = sum(r.points for r in results), sum(r.check.points for r in results)
    out.result()
    out.result(f"{earned} of {total} points")
    passed = all(result.status == "passed" for result in results)
    step = "coursekit next" if passed else f"coursekit hint {where.template.name}"
    out.result(f"next: {step}", "bold")
    return passed


def _record(where: Place) -> Record:
    """Return what the last check found; check again if the student's cells have changed."""
    record = records().get(where.template.name, Record())
    if record.total == 0 or record.answers != fingerprint(
        where.template, read_notebook(where.path)
    ):
        checked(where)
        record = records()[where.template.name]
    return record


def hint(name: str | None, out: Consoles) -> None:
    """Show the next hint for the first check that does not pass."""
    where = place(name)
    record = _record(where)
    if not record.failing:
        out.result(f"{where.template.name}: every check passes")
        out.result("next: coursekit next", "bold")
        return
    wanted = declared(where.template).checks[record.failing]
    title, *words = next_hint(where.template.name, wanted)
    out.result(title, "bold")
    out.result("\n".join(words))


def solution(name: str | None, give_up: bool, out: Consoles) -> None:
    """Print the solution: after all checks have passed, or to who gives up.

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
    """Name the first exercise that is not solved, of the lesson at hand before the others."""
    template = _unsolved()
    if template is not None:
        out.result(f"{template.name}: {template.title} ({template.fields['time']})")
        out.result(template.fields["goal"])
    out.result(_action(template), "bold")


def _unsolved() -> Template | None:
    """Return the first exercise that is not solved: of the lesson that was saved last, if any."""
    known = records()
    left = [a for n, a in all_exercises().items() if not known.get(n, Record()).solved]
    started = any(_is_there(known[name]) for name in all_exercises() if name in known)
    lesson = newest()[0].lesson if started else ""
    own = [address for address in left if address.lesson == lesson]
    return next(readable([*own, *left]), None)


def _is_there(record: Record) -> bool:
    return Path(record.path).is_file()


def _action(template: Template | None) -> str:
    """Return what to do for an exercise, as a line that can be followed."""
    if template is None:
        return "every exercise is solved: make it yours with a lesson of your own"
    record = records().get(template.name, Record())
    if _is_there(record):
        return f"next: open {record.path}, then coursekit check {template.name}"
    return f"next: coursekit start {template.name}"


def progress(out: Consoles) -> None:
    """Show all exercises at a glance, with the share of the points.

    A template that cannot be read is named, and does not stand in the way of the others.
    """
    known, earned, total = records(), 0, 0
    grid = table("exercise", "title", "state", "points", right=("points",))
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
    out.stdout.print(grid)
    out.result()
    share = earned / total if total else 0
    out.result(f"{earned} of {total} points, {share:.0%}", "bold")
    out.result(_action(_unsolved()))


def watch(name: str | None, out: Consoles) -> None:
    """Check a notebook at each save, until Ctrl-C."""
    where = place(name)
    saved = 0
    out.say(f"watching {where.path}; Ctrl-C ends it")
    while True:
        try:
            now = where.path.stat().st_mtime_ns
        except FileNotFoundError:  # an editor that replaces the file
            now = saved
        if now != saved:
            saved = now
            try:
                check(str(where.path), out)
            except CourseError as error:  # half a file: the next save mends it
                out.say(str(error), "yellow")
        time.sleep(0.3)
