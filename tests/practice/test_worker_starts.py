"""How the process starts: its folder, environment, import path, and what keeps it from starting."""

import os
import sys
from contextlib import chdir
from pathlib import Path

import pytest

from coursekit.practice.limits import Limits
from coursekit.practice.worker_client import Child, Code
from coursekit.practice.worker_process import Worker, WorkerStartError
from tests.workers import LIMITS, POSIX, child, is_gone

pytestmark = pytest.mark.slow

BESIDE = {
    "random.py": "print('my own exercise')\ndef f(x):\n    return x\n",
    "secrets.py": "raise RuntimeError('mine')",
    "numpy.py": "raise RuntimeError('mine')",
    "helper.py": "def six(): return 6",
    "test.py": "raise RuntimeError('mine')",
}


def test_files_beside_the_notebook_hide_no_library_and_are_named(tmp_path: Path) -> None:
    for name, text in BESIDE.items():
        (tmp_path / name).write_text(text)
    (tmp_path / "json").mkdir()
    (tmp_path / "json" / "__init__.py").write_text("raise RuntimeError('mine')")
    code = """
        import json, random, secrets
        import numpy
        import helper, sys
        numbers = numpy.random.default_rng(0).integers(1, 2, 3)
        six, last, first = helper.six(), sys.path[-1], sys.path[0]
    """
    with child(tmp_path, code) as made:
        assert made.value("six") == 6
        assert list(made.value("numbers")) == [1, 1, 1]
        assert made.value("last") == str(tmp_path.resolve())
        assert made.faults == {}
    named = [warning.split(" beside")[0] for warning in made.warnings]
    assert named == ["json", "numpy.py", "random.py", "secrets.py"]  # nothing imports test
    assert "has the same name as the library random: Jupyter imports your file" in made.warnings[2]


def test_the_folder_environment_and_command_line_are_the_callers(tmp_path: Path) -> None:
    (tmp_path / "data.txt").write_text("in the folder")
    (tmp_path / "wrap.py").write_text(
        "import os, sys\nos.environ['WRAPPED'] = 'yes'\nos.execv(sys.argv[1], sys.argv[1:])"
    )
    own = {"PATH": os.defpath, "SECRET": "only this"}
    code = "import os\ndef f(): return open('data.txt').read(), os.environ['SECRET'], [*os.environ]"

    def start() -> Worker:
        return Worker(LIMITS, wrap=(sys.executable, str(tmp_path / "wrap.py")), environment=own)

    with Child([Code("the cell", code, True)], {}, tmp_path, LIMITS, start=start) as made:
        text, secret, names = made.call("f", [])
    assert (text, secret) == ("in the folder", "only this")
    assert "WRAPPED" in names
    assert not {"HOME", "USER", "COURSEKIT_CACHE"} & set(names)


@POSIX
@pytest.mark.parametrize(
    ("code", "says"),
    [
        (
            "import ctypes; ctypes.string_at(0)",
            r"in the given cell first, the code ended the process: .*\(SIGSEGV\)",
        ),
        ("while True: pass", r"the given cell first, no answer within 0\.3 seconds"),
    ],
)
def test_a_given_cell_that_ends_the_process_is_no_fault_of_the_students(
    tmp_path: Path, code: str, says: str
) -> None:
    cells = [Code("first", code, False), Code("second", "x = 1", True)]
    limits = Limits(given=60 if "ctypes" in code else 0.3)
    made = Child(cells, {}, tmp_path, limits, Worker(LIMITS))
    with made, pytest.raises(WorkerStartError, match=says):
        made.value("x")


def test_a_library_that_cannot_be_imported_is_told_as_such(tmp_path: Path) -> None:
    (tmp_path / "broken").mkdir()
    (tmp_path / "broken" / "numpy.py").write_text("raise ImportError('built for another Python')")
    code = """
import os, sys
os.environ["PYTHONPATH"] = sys.argv[1]
os.execv(sys.argv[2], sys.argv[2:])
"""
    wrap = (sys.executable, "-c", code, str(tmp_path / "broken"))
    with pytest.raises(WorkerStartError, match="ImportError: built for another Python"):
        Child([], {}, tmp_path, start=lambda: Worker(LIMITS, wrap)).prepare()


@POSIX
def test_the_current_folder_may_be_deleted(tmp_path: Path) -> None:
    (tmp_path / "gone").mkdir()
    with chdir(tmp_path / "gone"):
        (tmp_path / "gone").rmdir()
        with child(tmp_path, "x = 1") as made:
            assert made.value("x") == 1


def test_a_process_that_was_started_ahead_is_used_and_ended(tmp_path: Path) -> None:
    ahead = Worker(LIMITS)
    with ahead, Child([Code("the cell", "x = 1", True)], {}, tmp_path, LIMITS, ahead) as made:
        assert made.value("x") == 1
        assert made.worker is ahead
    assert is_gone(ahead.process.pid)
    with Worker(LIMITS) as unused:
        pass
    assert is_gone(unused.process.pid)


def test_it_gets_ready_beside_what_else_is_done(tmp_path: Path) -> None:
    with Child([Code("the cell", "x = 1", True)], {}, tmp_path, LIMITS) as made:
        with made.preparing():
            assert made.left > 0
        assert made.worker is not None
        assert made.value("x") == 1


def test_a_fault_beside_it_ends_it_and_starts_no_other(tmp_path: Path) -> None:
    ahead, started = Worker(LIMITS), list[Worker]()

    def another() -> Worker:
        started.append(Worker(LIMITS))
        return started[-1]

    cells = [Code("the cell", "while True: pass", True)]
    made = Child(cells, {}, tmp_path, LIMITS, ahead, another)
    with pytest.raises(ZeroDivisionError), made.preparing():
        raise ZeroDivisionError
    assert is_gone(ahead.process.pid)
    assert (made.worker, made.left, started) == (None, 0, [])


def test_a_process_that_cannot_start_beside_it_is_told(tmp_path: Path) -> None:
    wrap = (sys.executable, "-c", "raise SystemExit(3)")
    made = Child([], {}, tmp_path, start=lambda: Worker(LIMITS, wrap))
    with pytest.raises(WorkerStartError, match="cannot start"), made.preparing():
        pass
