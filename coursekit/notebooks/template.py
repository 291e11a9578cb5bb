"""Reads templates: Python files in the percent format, whose cells carry markers.

A template runs as it is. Its first cell is Markdown: the title, then lines such as
``**Goal.** ...``, ``**Time.** 25 minutes``, ``**Before.** the lesson nmt`` and, in an
exercise, ``**Kind.** complete, measure``.
"""

from __future__ import annotations

import ast
import re
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any, Literal, NamedTuple

from coursekit.errors import CourseError
from coursekit.lesson import Lesson
from coursekit.notebooks.percent import marks_of, percent_cells

Role = Literal["text", "given", "student", "check", "train", "fault", "why"]

TAGS = ("train", "fault", "why")
KINDS = ("predict", "complete", "debug", "measure", "invent")
MARKER = re.compile(r"#\s*(show|exercise)\b(?::\s*([\w\s,.]+?))?\s*$")
CHECK_MARKS = frozenset({"check", "probe", "misconception"})
_EXERCISE = re.compile(r"(0*[1-9]\d*)_(\w+)\.py")
_FIELD = re.compile(r"^\*\*(\w+)\.\*\* (.+?)(?=\n\s*\n|\Z)", re.MULTILINE | re.DOTALL)


@dataclass(frozen=True)
class Cell:
    """One cell of a template.

    Attributes:
        role: ``text`` for Markdown; else what the code is for.
        source: As it is in the template.
        line: The number of its first line there.
    """

    role: Role
    source: str
    line: int


@dataclass(frozen=True, eq=False)
class Template:
    """A template that was read.

    Attributes:
        path: The file.
        lesson: The lesson's name.
        number: Of the exercise, from 1; 0 for the worked lesson.
        topic: The exercise's word, ``lesson`` for the worked lesson.
        title: The first heading.
        fields: ``goal``, ``time``, ``before`` and ``kind`` of the first cell, by lower-case name.
        cells: All cells in order.
    """

    path: Path
    lesson: str
    number: int
    topic: str
    title: str
    fields: dict[str, str]
    cells: tuple[Cell, ...]

    @property
    def name(self) -> str:
        """``nmt/attention``: how people and notebooks name it."""
        return f"{self.lesson}/{self.topic}"

    @property
    def file_name(self) -> str:
        """``2-attention.ipynb``."""
        return f"{self.number}-{self.topic}.ipynb"

    @property
    def origin(self) -> str:
        """The template as notebooks name it: the plugin's folder and what is below it."""
        return "/".join(self.path.parts[-3:])

    def error(self, line: int, what: str, expected: str = "", remedy: str = "") -> CourseError:
        """Return an error that starts with the file and the line."""
        return CourseError(f"{self.path}:{line}: {what}", expected, remedy)


class Address(NamedTuple):
    """Where a template is, and what its file's name says; it is read when it is needed.

    Attributes:
        path: The file.
        lesson: The lesson's name.
        number: Of the exercise, from 1; 0 for the worked lesson.
        topic: The exercise's word, ``lesson`` for the worked lesson.
    """

    path: Path
    lesson: str
    number: int
    topic: str

    @property
    def name(self) -> str:
        """``nmt/attention``."""
        return f"{self.lesson}/{self.topic}"

    def read(self) -> Template:
        """Read the template.

        Raises:
            CourseError: It cannot be read.
        """
        return read_template(self.path, self.lesson)


def addresses(lesson: Lesson) -> list[Address]:
    """Return where a lesson's templates are: the worked lesson first, the exercises by number."""
    paths = [path for path in lesson.templates.glob("*.py") if _is_template(path)]
    return sorted(
        (Address(path, lesson.name, *_numbered(path)) for path in paths),
        key=lambda address: (address.number, address.path.name),
    )


def misnamed(lesson: Lesson) -> list[str]:
    """Return what is wrong with the names of a lesson's templates, a sentence for each."""
    files = sorted(p for p in lesson.templates.glob("*.py") if not p.name.startswith("_"))
    faults = [
        f"{path}: no template has such a name: call it 1_topic.py with its number, or lesson.py"
        for path in files
        if not _is_template(path)
    ]
    known: dict[int | str, Path] = {}
    for address in addresses(lesson):
        for what, key in (("number", address.number), ("topic", address.topic)):
            other = known.setdefault(key, address.path)
            if other != address.path:
                faults.append(f"{address.path}: {other.name} has the {what} {key}: give it another")
    return faults


def templates(lesson: Lesson) -> list[Template]:
    """Return the lesson's templates: the worked lesson first, then the exercises by number.

    Raises:
        CourseError: A template cannot be read.
    """
    return [address.read() for address in addresses(lesson)]


def _is_template(path: Path) -> bool:
    return path.name == "lesson.py" or _EXERCISE.fullmatch(path.name) is not None


def _numbered(path: Path) -> tuple[int, str]:
    match = _EXERCISE.fullmatch(path.name)
    return (int(match[1]), match[2].replace("_", "-")) if match else (0, "lesson")


def read_template(path: Path, lesson: str) -> Template:
    """Read one template.

    Raises:
        CourseError: It is not Python, or its first cell does not have what a syllabus needs.
    """
    return _parsed(path, lesson, text_of(path))


def text_of(path: Path) -> str:
    """Return the text of a template's file.

    Raises:
        CourseError: It cannot be read.
    """
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise CourseError(
            f"{path} cannot be read: {error}", "a Python file in UTF-8", "save it again"
        ) from None
    if "\0" in text:
        raise CourseError(f"{path} holds zero bytes", "a Python file in UTF-8", "save it again")
    return text


@lru_cache(maxsize=256)
def _parsed(path: Path, lesson: str, text: str) -> Template:
    try:
        ast.parse(text)
    except SyntaxError as error:
        raise CourseError(f"{path}:{error.lineno}: {error.msg}", "valid Python") from None
    lines = marks_of(text)
    read = percent_cells(text, lines)
    if len(lines) != len(read):
        raise CourseError(f"{path}:1: text before the first cell", "a first line `# %% [markdown]`")
    cells = []
    for cell, line in zip(read, lines, strict=True):
        _check_cell(path, line, cell)
        cells.append(Cell(_role(cell), cell["source"], line + 1))
    first = cells[0].source if cells and cells[0].role == "text" else ""
    return headed(path, lesson, first, tuple(cells))


def headed(path: Path, lesson: str, first: str, cells: tuple[Cell, ...]) -> Template:
    """Return a template with what its first cell, in Markdown, says of it.

    Raises:
        CourseError: The first cell does not have what a syllabus needs.
    """
    title = re.match(r"# (.+)", first)
    fields = {name.lower(): " ".join(value.split()) for name, value in _FIELD.findall(first)}
    template = Template(path, lesson, *_numbered(path), title[1] if title else "", fields, cells)
    _check_first_cell(template)
    return template


def _check_cell(path: Path, line: int, cell: Any) -> None:
    unknown = set(cell["metadata"].get("tags", [])) - set(TAGS)
    if unknown:
        raise CourseError(
            f"{path}:{line}: unknown tag {', '.join(sorted(unknown))}",
            f"one of {', '.join(TAGS)}, or none",
        )
    tags = set(cell["metadata"].get("tags", []))
    if tags and ("why" in tags) == (cell["cell_type"] == "code"):
        kind = "a text" if "why" in tags else "code"
        raise CourseError(f"{path}:{line}: the tag {tags.pop()} belongs to {kind}")
    if cell["cell_type"] == "code":
        try:
            ast.parse(cell["source"])
        except SyntaxError as error:
            raise CourseError(
                f"{path}:{line + (error.lineno or 1)}: {error.msg} in a cell by itself",
                "cells of whole statements in Python",
                "no `# %%` inside a function or a text, and no commands of the notebook",
            ) from None


def _check_first_cell(template: Template) -> None:
    needed = ["goal", "time", "before"] + (["kind"] if template.number else [])
    missing = [f"**{name.title()}.** ..." for name in needed if name not in template.fields]
    if not template.title or missing:
        raise template.error(
            template.cells[0].line if template.cells else 1,
            "the first cell is missing " + ", ".join(missing or ["its title"]),
            "Markdown with `# Title` and these lines, each a paragraph of its own",
        )
    kinds = {kind.strip() for kind in template.fields.get("kind", "").split(",")}
    unknown = kinds - {"", *KINDS}
    if unknown:
        raise template.error(
            template.cells[0].line, f"unknown kind {', '.join(sorted(unknown))}", ", ".join(KINDS)
        )


def _role(cell: Any) -> Role:
    source, tags = str(cell["source"]), cell["metadata"].get("tags", [])
    if cell["cell_type"] != "code":
        return "why" if "why" in tags else "text"
    if "train" in tags:
        return "train"
    if "fault" in tags:
        return "fault"
    marked = [MARKER.search(line) for line in source.splitlines()]
    if any(match and match[1] == "exercise" for match in marked):
        return "student"
    definitions = [n for n in ast.parse(source).body if isinstance(n, ast.FunctionDef)]
    if any(decorator_names(node) & CHECK_MARKS for node in definitions):
        return "check"
    return "given"


def decorator_names(node: ast.FunctionDef) -> set[str]:
    """Return the names of a function's decorators, without their modules."""
    called = (d.func if isinstance(d, ast.Call) else d for d in node.decorator_list)
    return {d.id if isinstance(d, ast.Name) else getattr(d, "attr", "") for d in called}
