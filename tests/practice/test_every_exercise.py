"""Every exercise of the course: a point must be worked for."""

from contextlib import suppress
from functools import cache

import pytest

from coursekit.notebooks.cells import Edition, cells
from coursekit.practice.checks import check_work
from coursekit.practice.declare import Declared
from coursekit.practice.gather import declared, exercise
from coursekit.practice.locate import all_exercises
from coursekit.practice.namespace import NotebookNamespace, StudentError
from coursekit.practice.solved_work import Recorded
from coursekit.practice.verify import unearned

pytestmark = pytest.mark.tf

SLOW = {"seven_clouds"}  # trains two networks


@cache
def quick_checks(name: str) -> Declared:
    """Return what an exercise declares, without the slow checks."""
    known = declared(exercise(name))
    quick = {check.name: check for check in known.checks.values() if check.name not in SLOW}
    return Declared(quick, known.probes, known.misconceptions)


def done(name: str, edition: Edition) -> NotebookNamespace:
    """Run the cells of an exercise, in this process, without its training."""
    here = NotebookNamespace({"__name__": "__main__"}, quick_checks(name).probes)
    for cell in cells(exercise(name)):
        if cell.role in ("given", "student"):
            with suppress(StudentError):  # a hole, or a name that a cell of training defines
                here.run_cell(cell.source(edition), cell.id)
    return here


@pytest.mark.parametrize("name", all_exercises())
def test_no_stub_earns_a_point(name: str) -> None:
    assert list(unearned(quick_checks(name), Recorded(done(name, "solved")))) == []


@pytest.mark.parametrize("name", all_exercises())
def test_the_unsolved_notebook_earns_no_point(name: str) -> None:
    results = check_work(quick_checks(name), done(name, "student"))
    assert [result.check.name for result in results if result.points] == []
