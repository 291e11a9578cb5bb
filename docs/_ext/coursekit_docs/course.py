"""What the pages of the course are made from: lessons, their notebooks, and their pictures."""

from __future__ import annotations

import base64
import json
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from coursekit import Lesson
from coursekit.notebooks.course_map import Stop, minutes_of, stop_of
from coursekit.notebooks.syllabus import place_of
from coursekit.notebooks.template import Template, templates
from coursekit.plugins import catalogue

MOST_PICTURES = 4  # of a lesson's gallery


@dataclass(frozen=True)
class Unit:
    """A worked lesson or an exercise.

    Attributes:
        template: Its title and its fields.
        place: Its notebook, from the root of the repository.
        minutes: What it takes.
    """

    template: Template
    place: Path
    minutes: int


@dataclass(frozen=True)
class Chapter:
    """A lesson with all its notebooks.

    Attributes:
        lesson: The lesson.
        worked: Its worked notebook.
        exercises: Its exercises, by number.
    """

    lesson: Lesson
    worked: Unit
    exercises: tuple[Unit, ...]

    @property
    def units(self) -> tuple[Unit, ...]:
        """The worked notebook and the exercises."""
        return (self.worked, *self.exercises)

    @property
    def minutes(self) -> int:
        """What all of it takes."""
        return sum(unit.minutes for unit in self.units)

    @property
    def stop(self) -> Stop:
        """The lesson as the map shows it."""
        return stop_of(self.lesson, [unit.template for unit in self.units])


@dataclass(frozen=True)
class Picture:
    """A picture that a notebook shows.

    Attributes:
        name: The file that it is written to.
        content: The PNG.
        section: The heading above it.
        alt: What it shows, in words.
    """

    name: str
    content: bytes
    section: str
    alt: str


def chapters(root: Path) -> list[Chapter]:
    """Return the lessons whose notebooks are in the repository, in the order of the course."""
    found = []
    for lesson in catalogue().lessons.values():
        if not (root / "lessons" / f"{lesson.name}.ipynb").exists():
            continue
        units = [
            Unit(template, place_of(template), minutes_of(template.fields["time"]))
            for template in templates(lesson)
        ]
        found.append(Chapter(lesson, units[0], tuple(units[1:])))
    return found


def read_book(path: Path) -> dict[str, Any]:
    """Return a notebook as it is stored."""
    book: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    return book


def describe_pictures(book: dict[str, Any]) -> None:
    """Give each picture of a notebook a text alternative: its own, else the section it is in."""
    section = ""
    for cell in book["cells"]:
        section = _last_heading(cell) or section
        if any("image/png" in output.get("data", {}) for output in cell.get("outputs", [])):
            alt = {"alt": _alt(cell, section)}
            cell["metadata"].setdefault("mystnb", {}).setdefault("image", alt)


def pictures_of(name: str, book: dict[str, Any]) -> list[Picture]:
    """Return the last pictures of a notebook: what a trained network does comes at the end."""
    section = ""
    found: list[Picture] = []
    for cell in book["cells"]:
        section = _last_heading(cell) or section
        for output in cell.get("outputs", []):
            if "image/png" in output.get("data", {}):
                content = base64.b64decode(output["data"]["image/png"])
                file = f"{name}-{len(found) + 1}.png"
                found.append(Picture(file, content, section, _alt(cell, section)))
    return found[-MOST_PICTURES:]


def _last_heading(cell: dict[str, Any]) -> str:
    if cell["cell_type"] != "markdown":
        return ""
    headings = re.findall(r"^#+ (.+)$", "".join(cell["source"]), re.MULTILINE)
    return headings[-1] if headings else ""


def _alt(cell: dict[str, Any], section: str) -> str:
    given = [o.get("metadata", {}).get("image/png", {}).get("alt") for o in cell["outputs"]]
    return next(filter(None, given), f"A figure of the section “{section}”")
