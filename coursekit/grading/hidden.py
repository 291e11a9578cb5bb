"""An instructor's own checks: declared as in a template, in a file that is never shipped."""

from __future__ import annotations

import ast
from pathlib import Path
from typing import Any

from coursekit.errors import CourseError, disk_errors
from coursekit.practice.declare import Declared, gathering
from coursekit.practice.gather import probe_sources

FORM = "functions marked @check, @probe and @misconception of coursekit.practice"


def merged(known: Declared, path: Path | None) -> tuple[Declared, frozenset[str]]:
    """Return the checks of an exercise with those of a file, and the names of the latter.

    Raises:
        CourseError: The file cannot be used; the error names the file and the line.
    """
    if path is None:
        return known, frozenset()
    own = read_checks(path)
    for name in (*own.checks, *own.probes, *own.misconceptions):
        if name in known.checks or name in known.probes or name in known.misconceptions:
            raise CourseError(
                f"{path}:{_lines(path)[name]}: the exercise has a {name} already",
                "a different name for each check, probe and misconception",
            )
    together = Declared(
        known.checks | own.checks,
        known.probes | own.probes,
        known.misconceptions | own.misconceptions,
    )
    for check in own.checks.values():
        for earlier in check.after:
            if earlier not in together.checks:
                line = check.function.__code__.co_firstlineno
                raise CourseError(
                    f"{path}:{line}: {check.name} comes after {earlier}, and there is no such check"
                )
    return together, frozenset(own.checks)


def _lines(path: Path) -> dict[str, int]:
    """Return the lines on which the functions of a file begin, by name."""
    nodes = ast.parse(path.read_text(encoding="utf-8")).body
    return {node.name: node.lineno for node in nodes if isinstance(node, ast.FunctionDef)}


def read_checks(path: Path) -> Declared:
    """Run a file with checks and return what it declares.

    Raises:
        CourseError: It cannot be read, is not Python, fails, or declares no check.
    """
    with disk_errors("read", path):
        raw = path.read_bytes()
    try:
        text = raw.decode("utf-8")
        tree = ast.parse(text, str(path))
    except UnicodeDecodeError as error:
        line = raw.count(b"\n", 0, error.start) + 1
        raise CourseError(f"{path}:{line}: it is not UTF-8", "text in UTF-8") from None
    except (SyntaxError, ValueError, RecursionError) as error:
        line = getattr(error, "lineno", None) or 1
        raise CourseError(f"{path}:{line}: {error}", "valid Python", FORM) from None
    _require_points(path, tree)
    with gathering() as found:
        namespace: dict[str, Any] = {"__name__": path.stem}
        try:
            exec(compile(tree, str(path), "exec"), namespace)
        except Exception as error:
            raise _fault(path, error) from error
    found.probes |= probe_sources(text)
    if not found.checks:
        raise CourseError(f"{path}:1: it declares no check", FORM)
    return found


def _require_points(path: Path, tree: ast.Module) -> None:
    known: dict[str, int] = {}
    for node in tree.body:
        if isinstance(node, ast.FunctionDef):
            if node.name in known:
                raise CourseError(
                    f"{path}:{node.lineno}: {node.name} is declared a second time, "
                    f"after line {known[node.name]}"
                )
            known[node.name] = node.lineno


def _fault(path: Path, error: Exception) -> CourseError:
    lines = []
    trace = error.__traceback__
    while trace is not None:
        if trace.tb_frame.f_code.co_filename == str(path):
            lines.append(trace.tb_lineno)
        trace = trace.tb_next
    where = f"{path}:{(lines or [1])[-1]}"
    if isinstance(error, CourseError):
        return CourseError(f"{where}: {error.what}", error.expected, error.remedy)
    return CourseError(f"{where}: {type(error).__name__}: {error}", FORM)
