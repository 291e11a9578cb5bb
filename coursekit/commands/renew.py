"""Start over, or move to a newer edition: `reset` and `update`. The student's work is kept."""

from __future__ import annotations

from pathlib import Path

from coursekit.atomic import free_name, write_new, write_text
from coursekit.console import Consoles
from coursekit.notebooks.notebook import Notebook, build_notebook, notebook_text
from coursekit.practice.locate import open_notebook, place
from coursekit.practice.records import Record, changing
from coursekit.practice.renewal import renewed
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
    for cell, lines in found.lost.items():
        out.result(f"these lines of “{cell}” could not be placed:", "yellow")
        for line in lines:
            out.result(f"  {line}")
    if found.lost:
        out.result(f"they are kept in {copy.name}")


def _texts(book: Notebook) -> list[tuple[str | None, str]]:
    return [(cell.get("id"), cell["source"]) for cell in book["cells"]]
