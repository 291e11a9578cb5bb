"""The student's loop: start, check and watch. None imports TensorFlow."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path

from rich.text import Text

from coursekit.atomic import make_folder, write_new
from coursekit.commands.checking import Checked, checked, show_notes
from coursekit.commands.saves import saves
from coursekit.commands.stranded import show_stranded
from coursekit.console import Consoles, table
from coursekit.errors import CourseError
from coursekit.notebooks.notebook import build_notebook, notebook_text
from coursekit.notebooks.template import Template, addresses, templates
from coursekit.plugins import catalogue
from coursekit.practice.locate import Place, named, place
from coursekit.practice.records import Record, changing
from coursekit.practice.worker_process import Worker
from coursekit.printable import quoted
from coursekit.readable import readable

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
        show_stranded(known, out)
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
    lead = ("#", "result", "points")
    grid = table("#", "check", "result", "points", right=("#", "points"), lead=lead)
    for number, result in enumerate(results, 1):
        word, style = SIGNS[result.status]
        points = f"{result.points}/{result.check.points}"
        title = readable(result.check.title)
        grid.add_row(Text(str(number)), Text(title), Text(word, style=style), Text(points))
    out.show(grid)
    for result in results:
        if result.status == "wrong":
            out.result()
            out.result(f"{readable(result.check.title)}:", "bold")
            out.result("\n".join(f"  {line}" for line in result.words.splitlines()))
    earned, total = sum(r.points for r in results), sum(r.check.points for r in results)
    out.result()
    out.result(f"{earned} of {total} points")
    show_notes(found, out)
    step = f"coursekit hint {word_of(where)}" if found.failing else "coursekit next"
    out.result(f"next: {step}", "bold")


def word_of(where: Place) -> str:
    """Return what names a notebook in a command: the exercise, or the path of one of another's."""
    return where.template.name if where.own else quoted(where.path)


def watch(name: str | None, out: Consoles) -> None:
    """Check a notebook at each save, until Ctrl-C."""
    where = place(name)
    out.say(f"watching {where.path}; Ctrl-C ends it")
    for _ in saves(lambda: [where.path]):
        try:
            check(str(where.path), out)
        except CourseError as error:  # half a file: the next save fixes it
            out.say(str(error), "yellow")
