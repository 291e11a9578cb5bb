"""What a template says of its exercise, read without running anything: fast, for overviews."""

from __future__ import annotations

import ast
import re
from dataclasses import dataclass

from coursekit.errors import CourseError
from coursekit.notebooks.cells import points_of
from coursekit.notebooks.template import Address, Template, decorator_names, headed, text_of


@dataclass(frozen=True)
class Outline:
    """An exercise at a glance.

    Attributes:
        template: Its title and fields; it has no cells.
        points: Of each check, by name.
    """

    template: Template
    points: dict[str, int]

    @property
    def total(self) -> int:
        """The points that can be earned."""
        return sum(self.points.values())


def outline(address: Address) -> Outline:
    """Return what a template says of its exercise.

    Raises:
        CourseError: It cannot be read, is not Python, or its first cell or the points of a check
            are wrong.
    """
    text = text_of(address.path)
    try:
        body = ast.parse(text).body
    except SyntaxError as error:
        raise CourseError(f"{address.path}:{error.lineno}: {error.msg}", "valid Python") from None
    template = headed(address.path, address.lesson, _first_cell(text), ())
    checks = [
        node
        for node in body
        if isinstance(node, ast.FunctionDef) and "check" in decorator_names(node)
    ]
    return Outline(template, {node.name: points_of(template, 1, node) for node in checks})


def _first_cell(text: str) -> str:
    """Return the Markdown of the first cell."""
    found = re.match(r"# %% \[markdown\].*\n((?:#.*\n?)*)", text)
    return re.sub(r"^# ?", "", found[1], flags=re.MULTILINE) if found else ""
