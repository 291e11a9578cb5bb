"""From what a student types (or nothing) to an exercise and its notebook."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import NamedTuple

from coursekit.errors import CourseError, did_you_mean, disk_errors
from coursekit.notebooks.cells import cells
from coursekit.notebooks.notebook import Notebook
from coursekit.notebooks.reading import read_notebook
from coursekit.notebooks.template import Address, Template, addresses
from coursekit.plugins import catalogue
from coursekit.practice.cell_code import bound
from coursekit.practice.former import Former, former_named, former_of, replaced, stranded
from coursekit.practice.records import Record, record_of, records
from coursekit.printable import quoted


class Place(NamedTuple):
    """An exercise and the notebook in which a student works on it.

    Attributes:
        template: The exercise.
        path: The notebook.
        own: Whether it is the notebook by which the student's progress is counted.
    """

    template: Template
    path: Path
    own: bool = True


def all_exercises() -> dict[str, Address]:
    """Return where every exercise is, by ``lesson/topic``, in the order of the course."""
    lessons = catalogue().lessons.values()
    return {a.name: a for lesson in lessons for a in addresses(lesson) if a.number}


def named(text: str) -> Template:
    """Return the exercise that ``nmt/attention``, ``nmt/2`` or ``attention`` means.

    Raises:
        CourseError: None, or more than one.
    """
    known = all_exercises()
    short = [a for a in known.values() if text in (a.name, f"{a.lesson}/{a.number}", a.topic)]
    if len(short) == 1:
        return short[0].read()
    if short:
        raise CourseError(
            f"{text!r} is in several lessons", remedy=" or ".join(a.name for a in short)
        )
    if former := former_named(text):
        record = _known().get(former, Record())
        raise replaced(former, Path(record.path) if is_there(record) else None)
    own = [a for a in known.values() if a.lesson == text.partition("/")[0]]
    there = ", ".join(f"{a.lesson}/{a.number} ({a.topic})" for a in own)
    near = "" if there and text.rpartition("/")[2].isdigit() else did_you_mean(text, known)
    raise CourseError(f"there is no exercise {text!r}", there, near)


def place(text: str | None, *, damaged: bool = False) -> Place:
    """Return the exercise and the notebook that are meant.

    Args:
        text: A notebook's path, an exercise's name, a lesson's name for its first unsolved
            exercise; None: the notebook that was saved last.
        damaged: Whether a notebook that cannot be read will do, if its path is recorded.

    Raises:
        CourseError: There is none.
    """
    known = catalogue().lessons
    if text and (text.endswith(".ipynb") or (text not in known and _exists(text))):
        return _of_path(text, damaged)
    started = {n: r for n, r in records().items() if is_there(r)}
    if text is None:
        address, path = newest()
        return Place(address.read(), path)
    if text in known:
        there = [n for n in all_exercises() if n.startswith(f"{text}/")]
        if not there:
            raise CourseError(f"the lesson {text} has no exercises", remedy="coursekit progress")
        own = [name for name in there if name in started]
        if not own:
            raise CourseError(f"{text} has not been started", remedy=f"coursekit start {text}")
        text = next((name for name in own if not started[name].solved), own[0])
    template = named(text)
    if template.name not in started:
        raise CourseError(
            f"{template.name} has not been started, or its notebook was moved",
            remedy=f"coursekit start {template.name}, or name the file: coursekit check PATH",
        )
    return Place(template, Path(started[template.name].path))


def former_place(text: str | None) -> Former | None:
    """Return the notebook of a former exercise, if a name or a path means one.

    Raises:
        CourseError: The notebook cannot be read.
    """
    if text and text.endswith(".ipynb") and _exists(text):
        path = Path(text).absolute()
        name = former_of(open_notebook(path))
        return Former(name, path) if name else None
    name = former_named(text or "")
    record = _known().get(name, Record())
    return Former(name, Path(record.path)) if is_there(record) else None


def _exists(text: str) -> bool:
    return os.path.exists(text)  # noqa: PTH110 (it raises for no path, however long)


def is_there(record: Record) -> bool:
    """Return whether the notebook of a record is where it was."""
    return os.path.isfile(record.path)  # noqa: PTH113


def _of_path(text: str, damaged: bool) -> Place:
    with disk_errors("read", Path(text)):
        path = Path(text).absolute()
    if not os.path.lexists(path):
        raise CourseError(f"there is no notebook {path}", remedy="coursekit progress")
    try:
        template = exercise_of(open_notebook(path), path)
    except CourseError:
        recorded = _recorded(path)
        if not damaged or recorded not in all_exercises():
            raise
        template = all_exercises()[recorded].read()
    return Place(template, path, _is_own(template, path))


def open_notebook(path: Path) -> Notebook:
    """Read a notebook; an error names the command that writes this notebook again.

    Raises:
        CourseError: See `read_notebook`.
    """
    name = _recorded(path)
    again = (
        f"coursekit reset {name} writes a fresh one and keeps this file as a backup"
        if name
        else "coursekit start LESSON DIR writes a fresh one into another folder"
    )
    return read_notebook(path, again)


def _known() -> dict[str, Record]:
    """Return the records; none if they cannot be read, which saving them will report."""
    try:
        return records()
    except CourseError:
        return {}


def _recorded(path: Path) -> str:
    """Return the exercise whose recorded notebook this is; empty if it is none's."""
    return next((name for name, record in _known().items() if _is_same(record, path)), "")


def _is_same(record: Record, path: Path) -> bool:
    if Path(record.path) == path:
        return True
    return is_there(record) and os.path.isfile(path) and os.path.samefile(record.path, path)  # noqa: PTH113, PTH121


def _is_own(template: Template, path: Path) -> bool:
    """Return whether a notebook counts for the student's progress (started, possibly moved)."""
    try:
        record = records().get(template.name, Record())
    except CourseError:
        return True  # whoever records it says why that is impossible
    return bool(record.path) and (_is_same(record, path) or not is_there(record))


def why_not_own(where: Place) -> str:
    """Say why a notebook does not count, and what would make it count."""
    record = record_of(where.template.name)
    if record.path:
        return f"not recorded in your progress: your notebook is {record.path}"
    start = f"coursekit start {where.template.name} {quoted(where.path.parent)}"
    takes = f"; {start} makes it yours" if where.path.name == where.template.file_name else ""
    return f"not recorded in your progress: `coursekit start` did not write it{takes}"


def newest() -> tuple[Address, Path]:
    """Return the exercise whose notebook was saved last, and the notebook.

    Raises:
        CourseError: None is started.
    """
    known = all_exercises()
    paths = {Path(r.path): n for n, r in records().items() if n in known and is_there(r)}
    if not paths:
        for former in stranded(records()):
            raise replaced(*former)
        raise CourseError("no exercise has been started", remedy="coursekit start LESSON")
    # The folder that the student is in decides first, then what was saved last.
    here = [path for path in paths if path.is_relative_to(Path.cwd())]
    path = max(here or paths, key=_saved)
    return known[paths[path]], path


def usable(addresses: Iterable[Address]) -> Iterator[Template]:
    """Yield the templates that are without a fault: one of another plugin is not the student's."""
    for address in addresses:
        try:
            template = address.read()
            cells(template)
        except CourseError:
            continue
        yield template


def _saved(path: Path) -> float:
    with disk_errors("read", path):
        return path.stat().st_mtime


def exercise_of(book: Notebook, path: Path) -> Template:
    """Return the exercise of a notebook: by its metadata, else by its cells.

    Raises:
        CourseError: It is none of an installed lesson's.
    """
    known = all_exercises()
    name = book["metadata"].get("coursekit", {}).get("exercise", "")
    if isinstance(name, str) and name in known:
        return known[name].read()
    if former := former_of(book):
        raise replaced(former, path)
    ids = {str(cell.get("id", "")) for cell in book["cells"]}
    code = [cell["source"] for cell in book["cells"] if cell["cell_type"] == "code"]
    bound_here = {name for source in code for name in bound(source)}

    def likeness(template: Template) -> tuple[int, int]:
        built = cells(template)
        asked = {name for cell in built for name in cell.names}
        return len(ids & {c.id for c in built if c.role != "text"}), len(asked & bound_here)

    best = max(usable(known.values()), key=likeness, default=None)
    if best is None or likeness(best) == (0, 0):
        raise CourseError(
            f"{path} is not a notebook of an exercise",
            "one that `coursekit start` wrote",
            "if it is the worked lesson, it has no checks",
        )
    return best
