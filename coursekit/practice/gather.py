"""From an exercise's template to what its check cells declare; imports no TensorFlow."""

from __future__ import annotations

import ast
import traceback
from functools import lru_cache
from typing import Any

from coursekit.errors import CourseError, did_you_mean
from coursekit.notebooks.cells import cells
from coursekit.notebooks.template import Template, addresses, decorator_names
from coursekit.plugins import catalogue
from coursekit.practice.declare import Declared, gathering


def exercise(name: str) -> Template:
    """Return a template by ``lesson/topic`` or ``lesson/number``.

    Raises:
        CourseError: There is none of that name.
    """
    lesson, _, topic = name.partition("/")
    known = addresses(catalogue().lesson(lesson))
    for address in known:
        if topic in (address.topic, str(address.number)):
            return address.read()
    raise CourseError(
        f"the lesson {lesson} has no exercise {topic!r}",
        remedy=did_you_mean(topic, [address.topic for address in known]),
    )


@lru_cache(maxsize=32)
def declared(template: Template) -> Declared:
    """Run the check cells of a template and return what they declare.

    Raises:
        CourseError: A check cell fails.
    """
    namespace: dict[str, Any] = {"__name__": template.name}
    built = cells(template)
    with gathering() as found:
        try:
            for cell in built:
                if cell.role == "check":
                    code = "\n" * (cell.line - 1) + cell.origin
                    exec(compile(code, str(template.path), "exec"), namespace)
                    found.probes |= probe_sources(cell.origin)
                    found.predictions |= _predictions(cell.origin, found)
        except Exception as error:
            raise _fault(template, error) from error
    return found


def _fault(template: Template, error: Exception) -> CourseError:
    """Return in words what ended a check cell, and where."""
    frames = traceback.extract_tb(error.__traceback__)
    lines = [frame.lineno for frame in frames if frame.filename == str(template.path)]
    if isinstance(error, CourseError):
        return template.error(lines[-1] or 1, error.what, error.expected, error.remedy)
    return template.error(
        (lines and lines[-1]) or 1,
        f"this check cell fails: {type(error).__name__}: {error}",
        "check cells that run by themselves, one after another",
    )


def _predictions(code: str, found: Declared) -> set[str]:
    """Return the checks in code that only read values, and presuppose no other check."""
    nodes = [node for node in ast.parse(code).body if isinstance(node, ast.FunctionDef)]
    checks = [node for node in nodes if "check" in decorator_names(node) and node.args.args]
    return {
        node.name
        for node in checks
        if not found.checks[node.name].after and not _calls(node, node.args.args[0].arg)
    }


def _calls(check: ast.FunctionDef, student: str) -> bool:
    """Return whether a check uses the student's work in another way than ``student["name"]``."""
    read = {
        id(node.value)
        for node in ast.walk(check)
        if isinstance(node, ast.Subscript) and isinstance(node.value, ast.Name)
    }
    used = [n for n in ast.walk(check) if isinstance(n, ast.Name) and n.id == student]
    return any(id(node) not in read for node in used)


@lru_cache(maxsize=32)
def probes_of(template: Template) -> dict[str, str]:
    """Return the sources of a template's probes, by name, without running its check cells."""
    checks = [cell.origin for cell in cells(template) if cell.role == "check"]
    return {name: source for code in checks for name, source in probe_sources(code).items()}


def probe_sources(code: str) -> dict[str, str]:
    """Return the sources of the probes in code, by name."""
    nodes = [node for node in ast.parse(code).body if isinstance(node, ast.FunctionDef)]
    return {
        node.name: ast.get_source_segment(code, node) or ""
        for node in nodes
        if "probe" in decorator_names(node)
    }
