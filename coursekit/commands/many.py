"""Checks several notebooks in one call, for people or as JSON for scripts."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from coursekit.commands.checking import Checked, checked, notes
from coursekit.commands.exercises import show_checked
from coursekit.console import Consoles, print_json
from coursekit.errors import CourseError
from coursekit.practice.locate import Place, place
from coursekit.practice.start import taken
from coursekit.practice.worker_process import Worker


def check(names: Sequence[str | None], as_json: bool, out: Consoles) -> bool:
    """Check notebooks, one after another; a fault of one does not stop the others.

    Args:
        names: See `place`.
        as_json: Whether JSON is printed: an object for each notebook, in a list.
        out: Where to print.

    Returns:
        Whether every check of every notebook passes.

    Raises:
        CourseError: The only notebook cannot be checked.
    """
    values, passed = [], True
    for number, name in enumerate(names):
        with Worker(started=taken()) as worker:  # it starts while the notebook is read
            try:
                where = place(name)
                found = checked(where, worker)
            except CourseError as error:
                if len(names) == 1 and not as_json:
                    raise
                passed = False
                values.append({"notebook": name, "error": str(error)})
                if not as_json:
                    out.say(f"{name}: {error}", "red")
                continue
        passed = passed and not found.failing
        values.append(plain(where, found))
        if not as_json:
            if number:
                out.result()
            show_checked(where, found, out)
    if as_json:
        print_json(values)
    return passed


def plain(where: Place, found: Checked) -> dict[str, Any]:
    """Return what a check found as plain values."""
    return {
        "exercise": where.template.name,
        "notebook": str(where.path),
        "points": sum(result.points for result in found.results),
        "possible": sum(result.check.points for result in found.results),
        "recorded": where.own and found.unsaved is None,
        "checks": [
            {
                "number": number,
                "name": result.check.name,
                "title": result.check.title,
                "status": result.status,
                "points": result.points,
                "possible": result.check.points,
                "words": result.words,
                "misconception": result.misconception,
            }
            for number, result in enumerate(found.results, 1)
        ],
        "notes": list(notes(found)),
    }
