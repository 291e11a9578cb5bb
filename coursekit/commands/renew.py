"""Start over, or move to a newer edition: `reset` and `update`. The student's work is kept."""

from __future__ import annotations

from pathlib import Path

from coursekit.atomic import free_name, write_new, write_text
from coursekit.console import Consoles
from coursekit.errors import CourseError
from coursekit.notebooks.notebook import Notebook, build_notebook, notebook_text
from coursekit.notebooks.reading import read_notebook
from coursekit.notebooks.template import Template
from coursekit.practice.former import Former, former_exercises, part_of
from coursekit.practice.locate import all_exercises, former_place, open_notebook, place
from coursekit.practice.records import Record, changing
from coursekit.practice.renewal import Renewed, renewed
from coursekit.stored import read_bytes


def backup(path: Path) -> Path:
    """Copy a notebook beside itself under a name that is free, and return that.

    Raises:
        CourseError: It cannot be read, or the copy cannot be written.
    """
    content = read_bytes(path)
    number = 1
    while True:
        copy = free_name(path.parent, f"{path.stem}.backup", path.suffix, number)
        if write_new(copy, content):
            return copy
        number += 1  # another process was quicker


def reset(name: str | None, out: Consoles) -> None:
    """Write a fresh exercise; what was there is kept as a backup."""
    where = place(name, damaged=True)
    copy = backup(where.path)
    write_text(where.path, notebook_text(build_notebook(where.template, "student")))
    if where.own:
        with changing() as known:
            known[where.template.name] = Record(path=str(where.path))
    out.result(f"Reset {where.path}; your work was saved as {copy.name}.")


def update(name: str | None, out: Consoles) -> None:
    """Update a notebook to the installed edition; what the student wrote is kept."""
    if old := former_place(name):
        split(old, out)
        return
    where = place(name)
    there = open_notebook(where.path)
    found = renewed(where.template, there)
    same_edition = there["metadata"].get("coursekit") == found.book["metadata"]["coursekit"]
    if same_edition and _texts(there) == _texts(found.book):
        out.result(f"{where.path} is up to date")
        return
    copy = backup(where.path)
    write_text(where.path, notebook_text(found.book))
    out.result(f"Updated {where.path}; your cells were kept. The old file is {copy.name}.")
    _show_lost(found, copy, out)


def _show_lost(found: Renewed, kept_in: Path, out: Consoles) -> None:
    for cell, lines in found.lost.items():
        out.result(f"these lines of “{cell}” could not be placed:", "yellow")
        for line in lines:
            out.result(f"  {line}")
    if found.lost:
        out.result(f"they are kept in {kept_in.name}")


def split(old: Former, out: Consoles) -> None:
    """Write the answers of a former exercise into notebooks of those that replaced it.

    The old notebook stays. A new notebook that is there already is kept if it holds work.

    Raises:
        CourseError: A new notebook is there and holds other work; nothing is written then.
    """
    known = all_exercises()
    parts = [known[name].read() for name in former_exercises()[old.name]]
    book = read_notebook(old.path)
    made = []
    for part in parts:
        others = [other for other in parts if other is not part]
        made.append((part, renewed(part, part_of(book, part, others))))
    for part, found in made:
        _check_free(part, old.path.parent / part.file_name, found)
    out.result(f"{old.name} is now {' and '.join(part.name for part in parts)}.")
    with changing() as records:
        for part, found in made:
            path = old.path.parent / part.file_name
            write_text(path, notebook_text(found.book))
            records.setdefault(part.name, Record()).path = str(path)
            out.result(f"Written: {path}, with your answers.")
            _show_lost(found, old.path, out)
    out.result(f"{old.path} was left as it is.")
    out.result(f"next: coursekit check {parts[0].name}", "bold")


def _check_free(part: Template, path: Path, found: Renewed) -> None:
    """Check that a new notebook may be written.

    Raises:
        CourseError: There is one that holds other work.
    """
    if path.exists():
        there = _texts(open_notebook(path))
        if there not in (_texts(found.book), _texts(build_notebook(part, "student"))):
            raise CourseError(
                f"{path} is there already and holds work",
                "a name that is free, or a notebook in which nothing was written",
                "rename it and run this again, or copy your answers into it yourself",
            )


def _texts(book: Notebook) -> list[tuple[str | None, str]]:
    return [(cell.get("id"), cell["source"]) for cell in book["cells"]]
