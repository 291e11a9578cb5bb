"""Solutions of exercises with one cell of somebody else's."""

from collections.abc import Collection
from contextlib import suppress

from coursekit.notebooks.cells import cells
from coursekit.practice.checks import Result, check_work
from coursekit.practice.gather import declared, exercise
from coursekit.practice.namespace import NotebookNamespace, StudentError


def results(name: str, cell: str, code: str, slow: Collection[str] = ()) -> dict[str, Result]:
    """Check the solution of an exercise with one cell's code changed.

    Args:
        name: Of the exercise, such as ``nmt/attention``.
        cell: What the cell defines.
        code: What stands in it.
        slow: The checks that are left out.
    """
    template = exercise(name)
    known = declared(template)
    here = NotebookNamespace({"__name__": "__main__"}, known.probes)
    for built in cells(template):
        if built.role == "given":
            with suppress(StudentError):  # a cell that shows what the wrong code does
                here.run_cell(built.solved, built.id)
        elif built.role == "student":
            here.run_cell(code if cell in built.names else built.solved, built.id)
    chosen = [check for check in known.checks if check not in slow]
    return {result.check.name: result for result in check_work(known, here, chosen)}


def solved(name: str, cell: str) -> str:
    """Return the solution's code of the cell that defines something."""
    return next(c.solved for c in cells(exercise(name)) if cell in c.names)
