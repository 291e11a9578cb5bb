"""What of a notebook counts: the student's own, wherever it is, and nothing that was given."""

import ast
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from coursekit.notebooks.notebook import Notebook, build_notebook
from coursekit.notebooks.template import Template, read_template
from coursekit.practice.align import align
from coursekit.practice.checks import check_work
from coursekit.practice.gather import declared
from coursekit.practice.student_cells import StudentWork, work_of
from coursekit.practice.worker_client import Child
from tests import sums

MORE = '''# %%
import math as given_math

LIMIT = 7
SHOWN = 3


def helper(x):
    """Return more, at most the limit."""
    return min(x + 1, LIMIT)

# %%
for row in range(2):
    print(row, helper(row), SHOWN)

# %% tags=["train"]
import collections

STEPS = 400
losses = [total((1.0, 2.0))] * STEPS
model = collections.Counter(losses)
'''
TEMPLATE = sums.TEMPLATE.replace("# %%\nprint(mean((1.0, 3.0)))\n", MORE)


@pytest.fixture
def adding(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Template]:
    yield read_template(sums.install(tmp_path / "plugin", monkeypatch, TEMPLATE), "sums")
    sums.forget()


@pytest.fixture
def book(adding: Template) -> Notebook:
    return sums.write(build_notebook(adding, "student"), sums.SOLVED)


def cell(book: Notebook, start: str) -> dict[str, Any]:
    """Return the cell that begins so."""
    return next(cell for cell in book["cells"] if cell["source"].startswith(start))


def own(book: Notebook, before: str, source: str) -> None:
    """Put a cell of the student's own in front of the one that begins so."""
    place = book["cells"].index(cell(book, before))
    book["cells"].insert(place, {"cell_type": "code", "metadata": {}, "source": source})


def run(adding: Template, book: Notebook, folder: Path) -> tuple[StudentWork, dict[str, str], int]:
    """Return the work, what went wrong in a cell, and the points."""
    work, known = work_of(adding, book), declared(adding)
    with Child(work.code, known.probes, folder) as child:
        points = sum(result.points for result in check_work(known, child))
        return work, child.faults, points


def value(adding: Template, book: Notebook, folder: Path, name: str) -> Any:
    with Child(work_of(adding, book).code, {}, folder) as child:
        return child.value(name)


def test_everything_counts_in_the_notebooks_order(
    adding: Template, book: Notebook, tmp_path: Path
) -> None:
    own(book, "guess", "seen = ['first']; START = 4")
    cell(book, "guess")["source"] = "seen.append('guess')\nguess = START"
    own(book, "def total", "seen.append('own'); share = lambda x, n: x / n")
    cell(book, "def mean")["source"] = "def mean(n):\n    return share(total(n), len(n))"
    given = cell(book, "for row")
    given["source"] = "import cmath\n" + given["source"] + "\nseen.append(str(row))"
    work, faults, points = run(adding, book, tmp_path)
    assert (points, faults, work.replaced, work.missing) == (6, {}, {}, [])
    assert value(adding, book, tmp_path, "seen") == ["first", "guess", "own", "1"]


def test_given_definitions_stay_and_that_is_told(
    adding: Template, book: Notebook, tmp_path: Path
) -> None:
    given = cell(book, "import math as")
    given["source"] = given["source"].replace("LIMIT = 7", "LIMIT = 1")
    own(book, "for row", "import math as given_math, cmath\nSHOWN = 5\nrow = 9")
    own(book, "for row", "def helper(x):\n    return x")
    own(book, "for row", "import decimal as given_math; kept = 2")
    work, faults, points = run(adding, book, tmp_path)
    assert points == 6
    assert faults == {}
    assert work.replaced == {
        "the cell “import math as given_math”": ["LIMIT"],
        "the cell “def helper(x):”": ["helper"],
        "the cell “import decimal as given_math; kept = 2”": ["given_math"],
    }
    with Child(work.code, {}, tmp_path) as child:
        assert child.call("helper", [20]) == 7
        assert child.value("LIMIT") == 7
        assert child.value("SHOWN") == 5  # an example: nothing that was given reads it
        assert child.value("kept") == 2


def test_given_cells_that_are_not_there_run_where_they_were(
    adding: Template, book: Notebook, tmp_path: Path
) -> None:
    book["cells"].remove(cell(book, "import math as"))
    book["cells"].remove(cell(book, "import functools"))
    work, faults, points = run(adding, book, tmp_path)
    assert points == 6
    assert faults == {}
    assert work.missing == ["import functools", "import math as given_math"]
    names = [code.name for code in work.code]
    assert names.index("exercise-mean") + 1 == names.index(
        next(code.name for code in work.code if "LIMIT = 7" in code.source)
    )


def test_half_of_a_given_cell_is_made_whole(
    adding: Template, book: Notebook, tmp_path: Path
) -> None:
    cell(book, "import math as")["source"] = "import cmath\nLIMIT = 7\nmine = helper(1)"
    _, faults, points = run(adding, book, tmp_path)
    assert (points, faults) == (6, {})
    assert value(adding, book, tmp_path, "mine") == 2


def test_training_and_what_needs_it_is_left_out(
    adding: Template, book: Notebook, tmp_path: Path
) -> None:
    train = cell(book, "import collections")
    train["source"] = (
        "import statistics\nSTEPS = 5\nFACTOR = 3\nshare = lambda x: x * FACTOR\n"
        + train["source"]
        + "\nraise SystemError"
    )
    after = (
        "print(losses[-1], model)\nlast = losses[-1]\nprint(last)\ndef shown():\n    return losses"
    )
    book["cells"].append({"cell_type": "code", "metadata": {}, "source": f"{after}\nown = FACTOR"})
    copy = {"cell_type": "code", "metadata": {"tags": ["train"]}, "source": "import no_such_one"}
    book["cells"].append(copy)
    work, faults, points = run(adding, book, tmp_path)
    assert (points, faults) == (6, {})
    assert work.training == 2
    assert work.needs_training
    with Child(work.code, {}, tmp_path) as child:
        assert child.value("own") == 3
        assert child.call("share", [2]) == 6
        for name in ("losses", "last", "collections"):
            with pytest.raises(Exception, match="is not defined"):
                child.value(name)


def test_an_answer_that_needs_the_training_is_named(
    adding: Template, book: Notebook, tmp_path: Path
) -> None:
    answer = cell(book, "guess")
    answer["source"] = "guess = round(losses[0]) + 1"
    book["cells"].append(book["cells"].pop(book["cells"].index(answer)))
    work, faults, points = run(adding, book, tmp_path)
    assert (points, faults, work.untrained) == (5, {}, ["guess"])


def test_an_answer_in_a_text_cell_is_named(adding: Template, book: Notebook) -> None:
    cell(book, "guess")["cell_type"] = "raw"
    cell(book, "def mean")["cell_type"] = "markdown"
    assert work_of(adding, book).not_code == ["guess", "mean"]


@pytest.mark.parametrize("stripped", ["nothing", "ids", "ids and tags"])
def test_an_earlier_edition_is_not_the_students_own(
    adding: Template, book: Notebook, tmp_path: Path, stripped: str
) -> None:
    adding.path.write_text(
        TEMPLATE.replace("LIMIT = 7", "LIMIT = 8").replace("STEPS = 400", "STEPS = 300")
        .replace("import functools\nfrom", "import functools, operator\nfrom")
    )  # fmt: skip
    new = read_template(adding.path, "sums")
    for one in book["cells"]:
        if "ids" in stripped:
            one.pop("id")
        if "tags" in stripped:
            one["metadata"].pop("tags", None)
    work, faults, points = run(new, book, tmp_path)
    assert points == 6
    assert faults == {}
    assert work.replaced == {}
    assert work.training == 1
    assert work.earlier
    with Child(work.code, {}, tmp_path) as child:
        assert child.value("LIMIT") == 8
        with pytest.raises(Exception, match="is not defined"):
            child.value("STEPS")


def test_an_addition_to_a_cell_of_an_earlier_edition_counts(
    adding: Template, book: Notebook, tmp_path: Path
) -> None:
    given = cell(book, "import math as")
    given["source"] = "import cmath\n" + given["source"]
    adding.path.write_text(TEMPLATE.replace("LIMIT = 7", "LIMIT = 8"))
    new = read_template(adding.path, "sums")
    work, faults, points = run(new, book, tmp_path)
    assert (points, faults) == (6, {})
    with Child(work.code, {}, tmp_path) as child:
        assert child.value("LIMIT") == 8
    assert any("import cmath" in code.source for code in work.code)


@pytest.mark.parametrize("strip", ["ids", "metadata", "both"])
def test_cells_without_ids_or_metadata_are_recognised(
    adding: Template, book: Notebook, strip: str
) -> None:
    whole = align(adding, book)
    for one in book["cells"]:
        if strip != "metadata":
            one.pop("id")
        if strip != "ids":
            one["metadata"] = {}
    given = cell(book, "import math as")
    given["source"] += "\nimport cmath  # mine"
    found = align(adding, book)
    assert [one.built and one.built.id for one in found] == [
        one.built and one.built.id for one in whole
    ]
    assert [one.role for one in found] == [one.role for one in whole]


def test_checks_and_hints_of_the_students_own_are_not_run(
    adding: Template, book: Notebook, tmp_path: Path
) -> None:
    own(book, "for row", 'hint("sums/adding")')
    check = cell(book, "run_checks")
    check["source"] += "\nextra = 5"
    own(book, "for row", 'run_checks("sums/adding", globals()); more = 6')
    work, faults, points = run(adding, book, tmp_path)
    assert (points, faults) == (6, {})
    called = [
        n.func for c in work.code for n in ast.walk(ast.parse(c.source)) if isinstance(n, ast.Call)
    ]
    assert not {"run_checks", "hint"} & {ast.unparse(function) for function in called}
    assert value(adding, book, tmp_path, "extra") == 5
    assert value(adding, book, tmp_path, "more") == 6


def test_an_untouched_cell_below_the_answer_is_named(
    adding: Template, book: Notebook, tmp_path: Path
) -> None:
    cell(book, "guess")["source"] = cell(build_notebook(adding, "student"), "guess")["source"]
    own(book, "guess", "guess = 4")
    work, _, points = run(adding, book, tmp_path)
    assert points == 5
    assert work.undone == ["guess"]


def test_the_fault_that_is_told_is_of_the_cell_that_should_define_it(
    adding: Template, book: Notebook, tmp_path: Path
) -> None:
    own(book, "def total", "print(undefined)")
    own(book, "def total", "unclosed = (")
    cell(book, "def mean")["source"] = "import no_such_library\ndef mean(n):\n    return 1"
    work, faults, points = run(adding, book, tmp_path)
    assert points == 3
    assert len(faults) == 3
    known = declared(adding)
    with Child(work.code, known.probes, tmp_path) as child:
        results = {r.check.name: r.words for r in check_work(known, child)}
    assert "no_such_library" in results["means"]
    assert "exercise-mean" in results["means"]


def test_names_of_cells_are_their_own(adding: Template, book: Notebook) -> None:
    for _ in range(3):
        own(book, "for row", "print(3)")
    own(book, "for row", "\n\n   # a note that is much longer than what fits on a line\nx = 1")
    names = [code.name for code in work_of(adding, book).code]
    assert len(set(names)) == len(names)
    assert "the cell “print(3)” (2)" in names
    assert "the cell “# a note that is much longer than what…”" in names


def test_what_is_not_run_is_listed_once(adding: Template, book: Notebook) -> None:
    own(book, "guess", "%matplotlib inline\n!ls\nx = !ls")
    own(book, "guess", "%matplotlib inline\n!ls")
    assert work_of(adding, book).left_out == ["%matplotlib inline", "!ls"]


def test_cells_of_one_name_are_told_apart_in_the_time_that_they_take() -> None:
    work = StudentWork()
    work.add("b (2)", "", student=True)
    for _ in range(3):
        work.add("b", "", student=True)
    assert [code.name for code in work.code] == ["b (2)", "b", "b (3)", "b (4)"]
    many = 20_000
    start = time.process_time()
    for _ in range(many):
        work.add("a", "x = 1", student=True)
    assert time.process_time() - start < 3  # one after another compared, 200,000,000 names
    assert work.code[-1].name == f"a ({many})"
