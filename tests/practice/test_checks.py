import subprocess
import sys
import textwrap
import time
from collections.abc import Iterator
from itertools import product
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from coursekit.notebooks.notebook import Notebook, build_notebook
from coursekit.notebooks.template import Template, read_template
from coursekit.practice.checks import Result, check_work
from coursekit.practice.gather import declared
from coursekit.practice.limits import Limits
from coursekit.practice.notebook_api import NotYetError, hint, require, run_checks
from coursekit.practice.plain_data import NotPlainError, equal, pack, plain, unpack
from coursekit.practice.student_cells import code_of
from coursekit.practice.worker_client import Child
from tests import sums


@pytest.fixture
def adding(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Template]:
    yield read_template(sums.install(tmp_path / "plugin", monkeypatch), "sums")
    sums.forget()


def results(
    adding: Template, folder: Path, limits: Limits | None = None, **changes: str
) -> dict[str, Result]:
    """Check the right answers with some of them changed."""
    written = sums.SOLVED | {f"exercise-{name}": code for name, code in changes.items()}
    return checked(adding, folder, sums.write(build_notebook(adding, "student"), written), limits)


def checked(
    adding: Template, folder: Path, book: Notebook, limits: Limits | None = None
) -> dict[str, Result]:
    known = declared(adding)
    with Child(code_of(adding, book), known.probes, folder, limits) as child:
        return {result.check.name: result for result in check_work(known, child)}


def passed(found: dict[str, Result]) -> list[str]:
    return [name for name, result in found.items() if result.status == "passed"]


def test_right_answers_earn_all_points(adding: Template, tmp_path: Path) -> None:
    found = results(adding, tmp_path)
    assert sum(result.points for result in found.values()) == 6


def test_a_misconception_is_named(adding: Template, tmp_path: Path) -> None:
    found = results(adding, tmp_path, mean="def mean(n):\n    return sum(n) / 2", guess="guess = 5")
    assert found["guessed"].words.startswith("Five is a slip.")
    assert found["means"].misconception == "by_two"
    assert "the mean of 0 1 2 3" in found["means"].words
    assert passed(found) == ["totals"]


def test_another_fault_is_told_without_a_misconception(adding: Template, tmp_path: Path) -> None:
    found = results(adding, tmp_path, total="def total(n):\n    return 7.0")
    assert found["totals"].words == "1 + 2 + 3 is 6"
    assert found["totals"].misconception == ""
    assert found["means"].status == "not reached"
    assert "The total is right" in found["means"].words


@pytest.mark.parametrize(
    ("code", "says"),
    [
        ("def mean(n):\n    while True: pass", "endless loop"),
        ("def mean(n):\n    import os; os._exit(0)", "ended the process"),
        ("def mean(n):\n    import ctypes; ctypes.string_at(0)", "ended the process"),
        ("def mean(n):\n    raise SystemExit", "SystemExit"),
        ("def mean(n):\n    return object()", "holds a object"),
        ("def mean(n):\n    return n[9]", "line 2 of the cell, in mean: return n[9]"),
        ("def mean(n)\n    return 1", "SyntaxError"),
        ("", "mean"),
    ],
)
def test_a_fault_costs_its_own_check_alone(
    adding: Template, tmp_path: Path, code: str, says: str
) -> None:
    started = time.monotonic()
    found = results(adding, tmp_path, Limits(cell=2.0), mean=code)
    assert passed(found) == ["guessed", "totals"]
    assert says in found["means"].words
    assert time.monotonic() - started < 15


def test_a_crash_leaves_the_checks_after_it(adding: Template, tmp_path: Path) -> None:
    template = adding.path
    template.write_text(template.read_text().replace(', after="totals"', ""))
    code = "import os\ndef total(n):\n    if len(n) == 3: os._exit(1)\n    return sum(n)"
    found = results(read_template(template, "sums"), tmp_path, total=code)
    assert passed(found) == ["guessed", "means"]


def test_a_flood_of_output_and_warnings_cost_nothing(adding: Template, tmp_path: Path) -> None:
    code = (
        "import sys, os, warnings\ndef total(n):\n    warnings.warn('x')\n"
        "    for _ in range(300): print('x' * 100_000); print('y' * 10_000, file=sys.stderr)\n"
        "    os.write(1, b'{\"value\": 1}\\n')\n    return sum(n)"
    )
    assert len(passed(results(adding, tmp_path, total=code))) == 3


def test_a_cell_that_never_ends_costs_what_needs_it(adding: Template, tmp_path: Path) -> None:
    found = results(adding, tmp_path, Limits(cell=1.0), mean="while True: pass")
    assert passed(found) == ["guessed", "totals"]
    assert "endless loop" in found["means"].words


def test_duplicated_split_reordered_and_stripped_cells_are_recognised(
    adding: Template, tmp_path: Path
) -> None:
    book = sums.write(build_notebook(adding, "student"), sums.SOLVED)
    cells = {cell["id"]: cell for cell in book["cells"]}
    for cell in book["cells"]:
        del cell["id"]
        cell["metadata"] = {}
    total, mean = cells["exercise-total"], cells["exercise-mean"]
    head, body = mean["source"].split("\n")
    own: dict[str, Any] = {
        "cell_type": "code",
        "metadata": {},
        "outputs": [],
        "execution_count": None,
    }
    book["cells"] = [
        own | {"source": "%matplotlib inline\nimport math\nbroken ="},
        own | {"source": head},
        own | {"source": body},
        own | {"source": "def total(numbers):\n    return 0"},
        total,
        cells["exercise-guess"],
        own | {"source": "raise RuntimeError('scratch')"},
    ]
    book["metadata"] = {}
    run = {code.name: code.source for code in code_of(adding, book)}
    assert run["exercise-guess"] == "guess = 4"
    assert run["exercise-total"] == total["source"]
    assert run["exercise-mean"] == f"{head}\n{body}"
    assert len(passed(checked(adding, tmp_path, book))) == 3


def test_a_helper_of_the_students_own_is_there(adding: Template, tmp_path: Path) -> None:
    answers_ = sums.SOLVED | {"exercise-total": "def total(n):\n    return helped(n)"}
    book = sums.write(build_notebook(adding, "student"), answers_)
    own = "import math\nprint(math.pi)\n\ndef helped(n):\n    return math.fsum(n)"
    book["cells"].insert(3, {"cell_type": "code", "id": "x", "metadata": {}, "source": own})
    assert len(passed(checked(adding, tmp_path, book))) == 3


def test_the_same_checks_in_the_notebook(
    adding: Template, capsys: pytest.CaptureFixture[str]
) -> None:
    namespace: dict[str, object] = {}
    for code in sums.SOLVED.values():
        exec(code, namespace)
    run_checks("sums/adding", namespace, "totals", "means")
    assert "✓ 3. The mean is right (3/3)" in capsys.readouterr().out
    namespace["guess"] = 5
    with pytest.raises(NotYetError, match="Five is a slip"):
        run_checks("sums/adding", namespace)
    namespace["guess"] = ...
    with pytest.raises(NotYetError, match="in their place"):
        run_checks("sums/adding", namespace, "guessed")


def test_a_notebook_whose_file_is_far_away_has_the_same_hints(
    adding: Template,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """In Colab the notebook is not on the machine of its kernel."""
    monkeypatch.setenv("COURSEKIT_STATE", str(tmp_path / "state"))
    monkeypatch.setattr("coursekit.practice.notebook_api._failing", {})
    hint("sums/adding")
    assert "run the checks" in capsys.readouterr().out
    with pytest.raises(NotYetError, match=r'in a cell: hint\("sums/adding", "guessed"\)'):
        run_checks("sums/adding", {"guess": 5}, "guessed")
    asked = declared(adding).checks["guessed"]
    for number in (1, 2, 3):
        hint("sums/adding")
        out = capsys.readouterr().out
        assert f"hint {number} of 3" in out
        assert asked.hints[number - 1] in out
    assert "--give-up" in out
    run_checks("sums/adding", {"guess": 4}, "guessed")
    hint("sums/adding")
    assert "nothing has failed" in capsys.readouterr().out


def test_in_a_notebook_any_check_can_be_chosen(
    adding: Template,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setenv("COURSEKIT_STATE", str(tmp_path / "state"))
    monkeypatch.setattr("coursekit.practice.notebook_api._failing", {})
    monkeypatch.setattr("coursekit.practice.notebook_api._passed", {})
    hint("sums/adding", 3)
    out = capsys.readouterr().out
    assert "The mean is right: hint 1 of 3\nWhat?" in out
    assert "comes after 2, “The total is right”: pass that first" in out
    hint("sums/adding", "the mean")
    assert "The mean is right: hint 2 of 3" in capsys.readouterr().out
    namespace: dict[str, object] = {"guess": 5}
    exec(sums.SOLVED["exercise-total"], namespace)
    run_checks("sums/adding", namespace, "totals")
    hint("sums/adding", "means")
    assert "comes after" not in capsys.readouterr().out
    with pytest.raises(NotYetError, match=r"in a terminal: coursekit hint sums/adding guessed"):
        run_checks("sums/adding", namespace)
    for _ in range(3):  # the prediction comes first, until its hints are used up
        hint("sums/adding")
        out = capsys.readouterr().out
        assert out.startswith("The guess is right")
        assert 'for a hint on 3 (means): hint("sums/adding", NUMBER)' in out
    hint("sums/adding")
    assert capsys.readouterr().out.startswith("The mean is right: hint 3 of 3")


def test_a_check_that_only_reads_values_and_depends_on_none_is_a_prediction(
    adding: Template,
) -> None:
    assert declared(adding).predictions == {"guessed"}


def test_keys_that_share_a_hash_do_not_hold_up_the_border() -> None:
    keys = list(product((-1, -2), repeat=16))
    assert len({hash(key) for key in keys}) == 1  # a dict of all 65,536 would take a minute
    few = dict.fromkeys(keys[:64], 0)
    assert unpack(pack(plain(few))) == few
    many = dict.fromkeys(keys[:65], 0)
    with pytest.raises(NotPlainError, match="share a hash"):
        plain(many)
    with pytest.raises(ValueError, match="share a hash"):
        unpack(pack(many))
    others = {(row, column): 0 for row in range(-50, 50) for column in range(100)}
    assert unpack(pack(plain(others))) == others


def test_plain_data_survives_the_border() -> None:
    value = {"a": (1, 2.5, None, "x"), "b": [np.arange(6.0).reshape(2, 3), np.array([True])], 3: ()}
    there = unpack(pack(plain(value)))
    assert equal(there, value)
    assert isinstance(there["a"], tuple)
    assert there["b"][0].dtype == np.float64
    assert there["b"][0].shape == (2, 3)
    with pytest.raises(NotPlainError, match="holds a function"):
        plain(lambda: 1)
    with pytest.raises(ValueError, match="an array of"):
        unpack(b"a\x02\x01|O" + bytes(8))


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        (np.ones(3), [1.0, 1.0, 1.000001], True),
        (np.ones(3), np.ones(4), False),
        ((1, 2), (1, 2, 3), False),
        ("1", 1, False),
        (None, 0, False),
        ({"a": 1}, {"b": 1}, False),
        (float("nan"), float("nan"), True),
    ],
)
def test_equal_values(one: object, other: object, same: bool) -> None:
    assert equal(one, other) is same


def test_an_array_of_anything_is_told_what_is_in_it() -> None:
    with pytest.raises(NotPlainError, match="the array holds NoneType, int; numbers"):
        plain(np.array([4, None, 6]))


def test_versions_that_are_missing_or_too_old(capsys: pytest.CaptureFixture[str]) -> None:
    from coursekit.errors import CourseError

    require("numpy>=1.26")
    assert "numpy" in capsys.readouterr().out
    with pytest.raises(CourseError, match=r"numpy>=99 \(here"):
        require("numpy>=99", "coursekit>=0.1.0rc1")
    with pytest.raises(CourseError, match="none"):
        require("no-such-package>=1")


def test_a_notebook_shows_what_python_prints_and_not_what_native_code_logs() -> None:
    from nbclient import NotebookClient
    from nbformat.v4 import new_code_cell, new_notebook

    code = """
        import logging, os, sys
        from coursekit.practice import require
        os.write(2, b"before\\n")
        require("numpy>=1")
        os.write(2, b"native\\n")
        print("said")
        print("warned", file=sys.stderr)
        log = logging.getLogger("tensorflow")  # as TensorFlow's import leaves it in a notebook
        log.addHandler(logging.StreamHandler(sys.stdout))
        log.setLevel("INFO")
        log.warning("advised")
        log.error("failed")
    """
    book: Any = new_notebook(cells=[new_code_cell(textwrap.dedent(code))])  # type: ignore[no-untyped-call]
    NotebookClient(book, timeout=60).execute()
    shown = "".join(output["text"] for output in book.cells[0].outputs)
    assert "native" not in shown
    assert "advised" not in shown
    assert {"said", "warned", "failed"} <= set(shown.split())


def test_checking_imports_no_tensorflow() -> None:
    code = (
        "import sys\nfrom coursekit.practice.gather import declared, exercise\n"
        "from coursekit.commands import author, doctor, exercises, renew\n"
        "declared(exercise('nmt/attention'))\n"
        "print([m for m in ('tensorflow', 'keras', 'matplotlib') if m in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
