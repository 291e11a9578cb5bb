"""Exercises of earlier editions: what became of them, so that no student's work is stranded."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from typing import NamedTuple

from coursekit.errors import CourseError
from coursekit.notebooks.cells import cells
from coursekit.notebooks.notebook import Notebook
from coursekit.notebooks.template import Template
from coursekit.plugins import catalogue
from coursekit.practice.cell_code import bound
from coursekit.practice.records import Record
from coursekit.printable import quoted


class Former(NamedTuple):
    """A notebook of an exercise that no longer exists under its name.

    Attributes:
        name: Of the exercise, ``lesson/topic``.
        path: The notebook.
    """

    name: str
    path: Path


def former_exercises() -> dict[str, tuple[str, ...]]:
    """Return the names of the exercises that replace a former one, by its ``lesson/topic``."""
    return {
        f"{lesson.name}/{topic}": tuple(f"{lesson.name}/{one}" for one in topics)
        for lesson in catalogue().lessons.values()
        for topic, topics in lesson.former_exercises.items()
    }


def former_named(text: str) -> str:
    """Return the former exercise that ``captioning/decoding`` or ``decoding`` means, or nothing."""
    own = [name for name in former_exercises() if text in (name, name.partition("/")[2])]
    return own[0] if len(own) == 1 else ""


def former_of(book: Notebook) -> str:
    """Return the former exercise that a notebook's metadata names, or nothing."""
    name = book["metadata"].get("coursekit", {}).get("exercise", "")
    return name if isinstance(name, str) and name in former_exercises() else ""


def replaced(name: str, path: Path | None) -> CourseError:
    """Return the error of a former exercise: what it became, and what to do.

    Args:
        name: Of the former exercise.
        path: The student's notebook of it, if it is known.
    """
    new = former_exercises()[name]
    return CourseError(
        f"{name} is now {' and '.join(new)}",
        remedy=f"coursekit update {quoted(path)} writes your answers into new notebooks; the old "
        "one stays as it is"
        if path
        else f"coursekit start {new[0]}",
    )


def stranded(known: Mapping[str, Record]) -> list[Former]:
    """Return a student's notebooks of former exercises of which nothing new was checked yet.

    Args:
        known: The records, by exercise.
    """
    return [
        Former(name, Path(known[name].path))
        for name, new in former_exercises().items()
        if name in known
        and os.path.isfile(known[name].path)  # noqa: PTH113 (it raises for no path)
        and not any(known.get(one, Record()).total for one in new)
    ]


def part_of(book: Notebook, template: Template, others: list[Template]) -> Notebook:
    """Return a notebook of a former exercise without the answers that belong to other parts.

    Args:
        book: The student's notebook.
        template: The part.
        others: The other parts.
    """
    own = _asked(template)
    foreign = {name for other in others for name in _asked(other)} - own
    kept = [cell for cell in book["cells"] if not _answers(cell, foreign) or _answers(cell, own)]
    return {**book, "cells": kept}


def _asked(template: Template) -> set[str]:
    return {name for cell in cells(template) if cell.role == "student" for name in cell.names}


def _answers(cell: Mapping[str, object], names: set[str]) -> bool:
    return cell["cell_type"] == "code" and not names.isdisjoint(bound(str(cell["source"])))
