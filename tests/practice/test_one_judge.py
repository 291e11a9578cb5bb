"""`check` and a notebook's kernel give one verdict: on each case, and on each solved edition."""

import re
import subprocess
import textwrap
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from coursekit.notebooks.cells import cells
from coursekit.notebooks.notebook import Notebook, build_notebook
from coursekit.practice.checks import check_work
from coursekit.practice.gather import declared, exercise
from coursekit.practice.locate import all_exercises
from coursekit.practice.student_cells import code_of, work_of
from coursekit.practice.verify import code_of as gate_code
from coursekit.practice.worker_client import Child

pytestmark = pytest.mark.slow

BATCHES = "textgen/batches"
HOLE, SECOND = "exercise-ids_of_hole", "exercise-second_batch"
ROWS, PIECE = "exercise-side_by_side", "exercise-next_piece"
IMPORTS = "given-20e0c74579"


@dataclass
class Work:
    """A right solution of textgen/batches, and ways to change it."""

    cells: list[dict[str, Any]]

    def __getitem__(self, name: str) -> dict[str, Any]:
        return next(cell for cell in self.cells if cell["id"] == name)

    def write(self, name: str, code: str) -> None:
        self[name]["source"] = textwrap.dedent(code)

    def replace(self, name: str, old: str, new: str) -> None:
        assert old in self[name]["source"]
        self[name]["source"] = self[name]["source"].replace(old, new)

    def after(self, name: str, code: str) -> None:
        """Put a cell of the student's own behind another."""
        place = self.cells.index(self[name]) + 1
        source = textwrap.dedent(code)
        own = {"cell_type": "code", "id": f"own-{len(self.cells)}", "source": source}
        self.cells.insert(place, own | {"metadata": {}, "outputs": [], "execution_count": None})

    def before(self, name: str, code: str) -> None:
        """Put a cell of the student's own in front of another code cell."""
        self.after(self.cells[self.cells.index(self[name]) - 1]["id"], code)


Change = Callable[[Work], None]
CASES: dict[str, tuple[int, Change]] = {}


def case(points: int = 13) -> Callable[[Change], Change]:
    """Declare a case: how a right solution is changed, and the points that it still earns."""

    def declare(change: Change) -> Change:
        CASES[change.__name__] = (points, change)
        return change

    return declare


@case()
def unchanged(work: Work) -> None:
    pass


@case()
def import_in_a_given_cell(work: Work) -> None:
    given = next(c for c in work.cells if c["source"].startswith("from dataclasses"))
    given["source"] = given["source"].replace(
        "import numpy as", "import math\n\nimport numpy as", 1
    )
    work.replace(
        ROWS, "(len(ids) - first) // batch_size", "math.floor((len(ids) - first) / batch_size)"
    )


@case()
def constant_lambda_import_and_class_in_own_cells(work: Work) -> None:
    work.before(ROWS, "KEEP = 0\nshare = lambda n, k: n // k + KEEP\nimport operator as op, math")
    work.before(ROWS, "class Cut:\n    first: int = 0\ncut = Cut(); cut.first = 0")
    work.replace(
        ROWS, "(len(ids) - first) // batch_size", "share(op.sub(len(ids), first), batch_size)"
    )
    work.replace(PIECE, "step * length", "step * length + cut.first")


@case()
def tuple_that_answers_two_things(work: Work) -> None:
    work.write(HOLE, 'ids_of_hole, second_batch = [2, 4, 3, 1, 0], "def"')
    work.write(SECOND, "")


@case(12)
def tuple_above_an_untouched_cell(work: Work) -> None:
    work.write(HOLE, 'ids_of_hole, second_batch = [2, 4, 3, 1, 0], "def"')
    work.write(SECOND, "second_batch = ...  # your answer in place of the dots")


@case()
def answer_in_a_new_cell_below_the_untouched_one(work: Work) -> None:
    work.write(SECOND, "second_batch = ...  # your answer in place of the dots")
    work.after(SECOND, 'second_batch = "def"')


@case()
def function_in_a_new_cell_below_the_untouched_one(work: Work) -> None:
    right = work[PIECE]["source"]
    hole = next(c.student for c in cells(exercise(BATCHES)) if c.id == PIECE)
    work.write(PIECE, hole)
    work.after(PIECE, right)


@case()
def magic_inside_a_block(work: Work) -> None:
    work[ROWS]["source"] += (
        "\n\nfor k in (2, 3):\n    %timeit -n1 -r1 side_by_side(np.arange(6), k)"
    )


@case()
def shell_command_inside_a_block(work: Work) -> None:
    work[ROWS]["source"] += "\n\nif True:\n    !echo hidden\n    %cd .\n    pass"


@case()
def output_of_a_shell_command(work: Work) -> None:
    work.write(SECOND, 'x = !echo hello\nlisted = len(x.n)\nsecond_batch = "def"')


@case()
def help_on_a_function(work: Work) -> None:
    work[ROWS]["source"] += "\n\nside_by_side?"
    work.after(ROWS, "side_by_side??\n?side_by_side")


@case()
def await_at_top_level(work: Work) -> None:
    work.write(
        HOLE,
        """
        import asyncio

        async def thought():
            await asyncio.sleep(0)
            return [2, 4, 3, 1, 0]

        ids_of_hole = await thought()
        """,
    )
    work.write(SECOND, 'async def later(): return "def"\ntask = asyncio.create_task(later())')
    work.after(SECOND, "second_batch = await task")


@case()
def asynchronous_blocks(work: Work) -> None:
    work.write(
        HOLE,
        """
        async def ids():
            for number in (2, 4, 3, 1, 0):
                yield number

        ids_of_hole = [number async for number in ids()]
        """,
    )
    work.write(SECOND, 'async for number in ids():\n    second_batch = "def"')


@case(12)
def another_loop_in_the_kernels_loop(work: Work) -> None:
    work.write(
        SECOND, 'import asyncio\nasync def f(): return "def"\nsecond_batch = asyncio.run(f())'
    )


@case()
def cell_indented_as_a_whole(work: Work) -> None:
    work[ROWS]["source"] = textwrap.indent(work[ROWS]["source"], "    ")
    work[SECOND]["source"] = "\n\n\t" + work[SECOND]["source"]


@case()
def other_ends_of_lines_in_texts(work: Work) -> None:
    odd = "\u2028\u2029\x85\x0b\x0c\x1c"
    work.replace("exercise-Vocabulary", "set(text)", f'(set(text) - set("{odd}"))')
    work.write(SECOND, f'odd = "{odd}"; second_batch = "def" if len(odd) == 6 else ""')


@case()
def line_ends_of_windows(work: Work) -> None:
    for name in (ROWS, HOLE):
        work[name]["source"] = work[name]["source"].replace("\n", "\r\n")


@case()
def expression_whose_line_begins_with_a_sign(work: Work) -> None:
    work.replace(PIECE, "step * length", "(step * length\n% 1_000_000)")
    work.write(SECOND, 'second_batch = ("def"\n!= "x") and "%s" \\\n% "def"')


@case()
def magics_that_time_and_capture(work: Work) -> None:
    work[ROWS]["source"] = "%%time\n" + work[ROWS]["source"]
    work[PIECE]["source"] = "%%capture said\n" + work[PIECE]["source"]
    work.write(HOLE, "%time ids_of_hole = [2, 4, 3, 1, 0]")
    work.write(SECOND, 'second_batch = %time "def"')
    work.after(PIECE, "assert said.stdout == ''\n%time\n%prun -q next_piece(np.ones((2, 9)), 0, 2)")


@case(12)
def what_a_timed_cell_binds_is_its_own(work: Work) -> None:
    work.write(SECOND, '%%timeit -n1 -r1\nsecond_batch = "def"')


@case(12)
def await_below_a_magic(work: Work) -> None:
    work.write(SECOND, '%%time\nasync def f(): return "def"\nsecond_batch = await f()')


@case()
def cells_of_other_languages(work: Work) -> None:
    work.after(HOLE, "%%html\n<b>second_batch = 3</b>")
    work.after(HOLE, "%%bash\nexit 0")
    work.after(HOLE, "%%script --no-raise-error false\nids_of_hole = 3")


@case()
def last_value(work: Work) -> None:
    work.before(HOLE, "[2, 4, 3, 1, 0]")
    work.write(HOLE, "ids_of_hole = _")


@case()
def file_that_is_run_and_module_beside(work: Work) -> None:
    work.before(ROWS, "%run beside_run.py\nfrom beside_module import one")
    work.replace(PIECE, "step * length", "step * length * one * run_one")


@case()
def file_that_the_notebook_writes(work: Work) -> None:
    work.before(ROWS, "%%writefile written_module.py\nunit = 1\ndef half(n): return n // 2")
    work.before(ROWS, "%%writefile -a written_module.py\nunit += 0")
    work.before(ROWS, "import written_module\nfrom written_module import half\n%run written_module")
    work.replace(PIECE, "step * length", "half(2 * step * length) * written_module.unit * unit")


@case()
def variables_of_the_environment(work: Work) -> None:
    work.write(
        SECOND,
        """
        %env MY_BATCH=def
        %set_env MY_LETTER x
        import os
        second_batch = os.environ["MY_BATCH"] if os.environ["MY_LETTER"] == "x" else ""
        """,
    )


@case()
def what_a_kernel_offers(work: Work) -> None:
    work.write(
        HOLE,
        """
        import pickle, typing

        class Pair:
            one: int

        display(Pair())
        pickle.loads(pickle.dumps(Pair()))
        assert typing.get_type_hints(Pair) == {"one": int}
        import __main__
        __main__.ids_of_hole = [2, 4, 3, 1, 0]
        get_ipython().run_line_magic("matplotlib", "inline")
        assert get_ipython().user_ns["Pair"] is Pair
        """,
    )
    work.write(SECOND, "get_ipython().run_cell('second_batch = \"def\"')")


@case()
def statements_of_every_kind(work: Work) -> None:
    work.write(
        HOLE,
        """
        import math; ids_of_hole = []; from __future__ import annotations
        for number in (2, 4):
            ids_of_hole.append(number)
        try:
            import no_such_library
        except ImportError as missing:
            ids_of_hole += [3]
        with open(math.__name__, "w") as file:
            ids_of_hole.append(1)
        match ids_of_hole:
            case [*_, one]:
                ids_of_hole.append(one - 1)
        if (batch := "def"):
            pass
        """,
    )
    work.write(SECOND, "def name():\n    global second_batch\n    second_batch = batch\nname()")


@case()
def pasted_prompts(work: Work) -> None:
    work.write(SECOND, '>>> def f():\n...     return "def"\n>>> second_batch = f()')


@case(12)
def last_definition(work: Work) -> None:
    work.after(SECOND, 'second_batch = "ghi"')


@case(12)
def error_before_the_answer(work: Work) -> None:
    work.write(SECOND, 'first = 1\nfirst / 0\nsecond_batch = "def"')


@case()
def error_after_the_answer(work: Work) -> None:
    work.write(SECOND, 'second_batch = "def"\nundefined_name')
    work.write(HOLE, "ids_of_hole = [2, 4, 3, 1, 0]\nreturn 3")


@case(12)
def syntax_error(work: Work) -> None:
    work.write(SECOND, 'second_batch = "def"\nif True\n    pass')


@case(9)
def error_in_the_first_class(work: Work) -> None:
    work.replace("exercise-Vocabulary", "@dataclass(frozen=True)", "@dataclass(frozen=1/0)")
    work.write(SECOND, "second_batch = 3")


@case()
def check_and_hint_in_own_cells(work: Work) -> None:
    work.after(ROWS, f'run_checks("{BATCHES}", globals())\nKEEP = 0')
    work.after(ROWS, f'hint("{BATCHES}")')
    work.replace(PIECE, "step * length", "step * length")


@case()
def leaving(work: Work) -> None:
    work.after(HOLE, "raise SystemExit")
    work.after(HOLE, "raise KeyboardInterrupt")


def changed(change: Change) -> Notebook:
    book = build_notebook(exercise(BATCHES), "solved")
    change(Work(book["cells"]))
    return book


def by_check(book: Notebook, folder: Path) -> dict[str, bool]:
    """Return which checks pass, by their titles, as `coursekit check` finds."""
    known = declared(exercise(BATCHES))
    with Child(work_of(exercise(BATCHES), book).code, known.probes, folder) as child:
        return {r.check.title: r.status == "passed" for r in check_work(known, child)}


def by_kernel(books: dict[str, Notebook], folder: Path) -> dict[str, dict[str, bool]]:
    """Return the same as the notebooks' own check cells find, all in one kernel."""
    import nbformat.v4
    from nbclient import NotebookClient

    order: list[tuple[str, Any]] = []
    node: Any = nbformat.v4.new_notebook()  # type: ignore[no-untyped-call]
    for name, book in books.items():
        code = [c for c in book["cells"] if c["cell_type"] == "code"]
        for cell in code:
            if "train" not in cell["metadata"].get("tags", ()):
                made: Any = nbformat.v4.new_code_cell(cell["source"])  # type: ignore[no-untyped-call]
                node.cells.append(made)
                if "check" in cell["metadata"].get("tags", ()):
                    order.append((name, made))
        node.cells.append(nbformat.v4.new_code_cell("%reset -f"))  # type: ignore[no-untyped-call]
    place = {"metadata": {"path": str(folder)}}
    client = NotebookClient(node, timeout=120, allow_errors=True, resources=place)
    client.execute(stderr=subprocess.DEVNULL)
    found: dict[str, dict[str, bool]] = {name: {} for name in books}
    for name, cell in order:
        shown = "\n".join(o.get("text") or o.get("evalue", "") for o in cell.outputs)
        for sign, title in re.findall(r"^([✓✗·]) \d+\. (.+) \(\d+/\d+\)$", shown, re.MULTILINE):
            found[name][title] = sign == "✓"
    return found


def with_files(folder: Path) -> Path:
    (folder / "beside_run.py").write_text("run_one = 1")
    (folder / "beside_module.py").write_text("one = 1")
    return folder


@pytest.fixture(scope="module")
def kernels(tmp_path_factory: pytest.TempPathFactory) -> dict[str, dict[str, bool]]:
    folder = with_files(tmp_path_factory.mktemp("kernel"))
    return by_kernel({name: changed(change) for name, (_, change) in CASES.items()}, folder)


@pytest.mark.parametrize("name", CASES)
def test_check_and_the_kernel_agree(
    name: str, tmp_path: Path, kernels: dict[str, dict[str, bool]]
) -> None:
    points, change = CASES[name]
    found = by_check(changed(change), with_files(tmp_path))
    assert found == kernels[name]
    worth = {check.title: check.points for check in declared(exercise(BATCHES)).checks.values()}
    assert sum(worth[title] for title, passes in found.items() if passes) == points


@pytest.mark.tf
def test_solved_editions(tmp_path: Path) -> None:
    """The kernel finds each right; the child runs the same code in the same order.

    That the child finds each right is tested beside each lesson, by the author's gate.
    """
    books = {a.name: build_notebook(a.read(), "solved") for a in all_exercises().values()}
    found = by_kernel(books, tmp_path)
    for name, book in books.items():
        known = declared(exercise(name)).checks.values()
        assert found[name] == {check.title: True for check in known}, name
        gate = gate_code(exercise(name), "solved")
        assert [c.source for c in code_of(exercise(name), book)] == [c.source for c in gate], name
