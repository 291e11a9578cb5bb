"""Every exercise of the course: no answer that nobody worked for earns a point."""

from contextlib import suppress

import pytest

from coursekit.notebooks.cells import cells
from coursekit.practice.declare import Declared
from coursekit.practice.gather import declared, exercise
from coursekit.practice.locate import all_exercises
from coursekit.practice.namespace import Here, StudentError
from coursekit.practice.solved_work import Recorded
from coursekit.practice.verify import unearned

pytestmark = pytest.mark.tf

SLOW = {"seven_clouds"}  # trains two networks


@pytest.mark.parametrize("name", all_exercises())
def test_no_stub_earns_a_point(name: str) -> None:
    template = exercise(name)
    known = declared(template)
    quick = {check.name: check for check in known.checks.values() if check.name not in SLOW}
    here = Here({"__name__": "__main__"}, known.probes)
    for cell in cells(template):
        if cell.role in ("given", "student"):
            with suppress(StudentError):  # a name that a cell of training defines
                here.run(cell.solved, cell.id)
    chosen = Declared(quick, known.probes, known.misconceptions)
    assert list(unearned(chosen, Recorded(here))) == []
