"""From what a student types (or nothing) to an exercise and its notebook."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import NamedTuple

from coursekit.errors import CourseError, did_you_mean
from coursekit.notebooks.cells import cells
from coursekit.notebooks.notebook import Notebook, read_notebook
from coursekit.notebooks.template import Address, Template, addresses
from coursekit.plugins import catalogue
from coursekit.practice.records import records
from coursekit.practice.student_cells import bound, code_cells


class Place(NamedTuple):
    """An exercise and the notebook in which a student works on it."""

    template: Template
    path: Path


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
    own = [a for a in known.values() if a.lesson == text.partition("/")[0]]
    there = ", ".join(f"{a.lesson}/{a.number} ({a.topic})" for a in own)
    near = "" if there and text.rpartition("/")[2].isdigit() else did_you_mean(text, known)
    raise CourseError(f"there is no exercise {text!r}", there, near)


def place(text: str | None) -> Place:
    """Return the exercise and the notebook that are meant.

    Args:
        text: A notebook's path, an exercise's name, a lesson's name for its first unsolved
            exercise; None: the notebook that was saved last.

    Raises:
        CourseError: There is none.
    """
    if text and (text.endswith(".ipynb") or Path(text).is_file()):
        path = Path(text).absolute()
        if not path.is_file():
            raise CourseError(f"there is no notebook {path}", remedy="coursekit progress")
        return Place(exercise_of(read_notebook(path), path), path)
    started = {n: r for n, r in records().items() if Path(r.path).is_file()}
    if text is None:
        address, path = newest()
        return Place(address.read(), path)
    if text in catalogue().lessons:
        there = [n for n in all_exercises() if n.startswith(f"{text}/")]
        if not there:
            raise CourseError(f"the lesson {text} has no exercises", remedy="coursekit progress")
        own = [name for name in there if name in started]
        if not own:
            raise CourseError(f"{text} is not started", remedy=f"coursekit start {text}")
        text = next((name for name in own if not started[name].solved), own[0])
    template = named(text)
    if template.name not in started:
        raise CourseError(
            f"{template.name} is not started, or its notebook was moved",
            remedy=f"coursekit start {template.name}, or name the file: coursekit check PATH",
        )
    return Place(template, Path(started[template.name].path))


def newest() -> tuple[Address, Path]:
    """Return the exercise whose notebook was saved last, and the notebook.

    Raises:
        CourseError: None is started.
    """
    known = all_exercises()
    paths = {Path(r.path): n for n, r in records().items() if n in known and Path(r.path).is_file()}
    if not paths:
        raise CourseError("no exercise is started", remedy="coursekit start LESSON")
    # Where the student stands says what is meant, before what was saved last.
    here = [path for path in paths if path.is_relative_to(Path.cwd())]
    path = max(here or paths, key=lambda path: path.stat().st_mtime)
    return known[paths[path]], path


def readable(addresses: Iterable[Address]) -> Iterator[Template]:
    """Yield the templates that are without a fault: one of another plugin is not the student's."""
    for address in addresses:
        try:
            template = address.read()
            cells(template)
        except CourseError:
            continue
        yield template


def exercise_of(book: Notebook, path: Path) -> Template:
    """Return the exercise of a notebook: by its metadata, else by its cells.

    Raises:
        CourseError: It is none of an installed lesson's.
    """
    known = all_exercises()
    name = (book.get("metadata", {}).get("coursekit") or {}).get("exercise", "")
    if name in known:
        return known[name].read()
    ids = {str(cell.get("id", "")) for cell in book["cells"]}
    bound_here = {name for cell in code_cells(book) for name in bound(cell.source)}

    def likeness(template: Template) -> tuple[int, int]:
        built = cells(template)
        asked = {name for cell in built for name in cell.names}
        return len(ids & {c.id for c in built if c.role != "text"}), len(asked & bound_here)

    best = max(readable(known.values()), key=likeness, default=None)
    if best is None or likeness(best) == (0, 0):
        raise CourseError(
            f"{path} is not a notebook of an exercise",
            "one that `coursekit start` wrote",
            "if it is the worked lesson, there is nothing to check in it",
        )
    return best
