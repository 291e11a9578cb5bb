"""A fresh start, and a newer edition: `reset` and `update`. The student's work is kept."""

from __future__ import annotations

from pathlib import Path

from coursekit.atomic import disk_errors, free_name, write_new, write_text
from coursekit.console import Consoles
from coursekit.notebooks.notebook import Notebook, build_notebook, notebook_text, read_notebook
from coursekit.practice.locate import place
from coursekit.practice.records import Record, changing
from coursekit.practice.student_cells import answers


def backup(path: Path) -> Path:
    """Copy a notebook beside itself under a name that is free, and return that.

    Raises:
        CourseError: It cannot be read, or the copy cannot be written.
    """
    with disk_errors("read", path):
        content = path.read_bytes()
    number = 1
    while True:
        copy = free_name(path.parent, f"{path.stem}.backup", path.suffix, number)
        if write_new(copy, content):
            return copy
        number += 1  # another process was quicker


def reset(name: str | None, out: Consoles) -> None:
    """Write an exercise anew; what was there stays as a backup."""
    where = place(name)
    copy = backup(where.path)
    write_text(where.path, notebook_text(build_notebook(where.template, "student")))
    with changing() as known:
        known[where.template.name] = Record(path=str(where.path))
    out.result(f"{where.path} is as at the start; your work is in {copy.name}")


def update(name: str | None, out: Consoles) -> None:
    """Bring a notebook to the installed edition; the student's cells are kept."""
    where = place(name)
    there = read_notebook(where.path)
    book = build_notebook(where.template, "student")
    written = answers(where.template, there)
    own = {cell["id"]: cell for cell in there["cells"] if "id" in cell}
    for cell in book["cells"]:
        cell["source"] = written.get(cell["id"], cell["source"])
        old = own.get(cell["id"])
        if old and old["source"] == cell["source"] and "outputs" in cell:
            cell |= {k: old.get(k) for k in ("outputs", "execution_count")}
    book["cells"] = _with_own(book["cells"], there["cells"], set(written.values()))
    old_text = [(c.get("id"), c["source"]) for c in there["cells"]]
    same_edition = there["metadata"].get("coursekit") == book["metadata"]["coursekit"]
    if same_edition and old_text == [(c["id"], c["source"]) for c in book["cells"]]:
        out.result(f"{where.path} is up to date")
        return
    copy = backup(where.path)
    write_text(where.path, notebook_text(book))
    out.result(f"{where.path} is of this edition now, with your cells; before: {copy.name}")


def _with_own(new: list[Notebook], old: list[Notebook], written: set[str]) -> list[Notebook]:
    """Put the student's further cells behind those that they followed."""
    made, known = list(new), {cell["id"] for cell in new}
    sources = {cell["source"] for cell in new} | written
    behind = ""
    for number, cell in enumerate(old):
        if cell.get("id") in known:
            behind = cell["id"]
        elif not str(cell.get("id", "")).startswith(("text-", "given-", "check-", "train-")) and (
            cell["source"] not in sources and cell["source"].strip()
        ):
            own = cell | {"id": str(cell.get("id") or f"own-{number}")}
            places = [i for i, c in enumerate(made) if c["id"] == behind]
            made.insert(places[0] + 1 if places else len(made), own)
            behind = own["id"]
    return made
