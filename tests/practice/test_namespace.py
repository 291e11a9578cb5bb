"""How an error of a student's is told, wherever the kernel's files are, and how cells run."""

import linecache
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from coursekit.practice.namespace import NotebookNamespace, StudentError, told

CODE = "def mean(n):\n    whole = sum(n)\n    return whole / 0\n"
FILES = {
    "Linux": "/tmp/ipykernel_1234/567890.py",
    "macOS": "/var/folders/zz/zyx_9vw1/T/ipykernel_1234/567890.py",
    "Windows": "C:\\Users\\Ana Maria\\AppData\\Local\\Temp\\ipykernel_1234\\567890.py",
    "another TMPDIR": "/scratch/job/ipykernel_1/2.py",
    "an older kernel": "<ipython-input-3-0a1b2c3d4e5f>",
    "xeus": "/tmp/xpython_1234/567890.py",
    "the check": "<cell exercise-mean>",
    "a cell about probes": "<cell the cell “probe = 1”>",
}


@pytest.fixture
def mean() -> Iterator[Callable[[str], Any]]:
    """Return a function of a cell whose code is in a file."""
    made: list[str] = []

    def make(file: str) -> Any:
        made.append(file)
        linecache.cache[file] = (len(CODE), None, CODE.splitlines(keepends=True), file)
        space: dict[str, Any] = {}
        exec(compile(CODE, file, "exec"), space)
        return space["mean"]

    yield make
    for file in made:
        linecache.cache.pop(file, None)


@pytest.mark.parametrize("system", FILES)
def test_the_line_of_the_cell_is_told(mean: Callable[[str], Any], system: str) -> None:
    here = NotebookNamespace({"mean": mean(FILES[system])}, {})
    with pytest.raises(StudentError) as found:
        here.call("mean", [(1.0, 2.0)])
    assert str(found.value) == (
        "ZeroDivisionError: float division by zero\n(line 3 of the cell, in mean: return whole / 0)"
    )


@pytest.mark.parametrize(
    "file", ["/tmp/ipykernel/567890.py", "/home/a/course.py", "<string>", "<probe mean>"]
)
def test_other_files_are_no_cells(mean: Callable[[str], Any], file: str) -> None:
    with pytest.raises(StudentError) as found:
        NotebookNamespace({"mean": mean(file)}, {}).call("mean", [(1.0, 2.0)])
    assert "of the cell" not in str(found.value)


def test_a_kernel_that_names_the_file_of_its_cells(
    mean: Callable[[str], Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("IPYKERNEL_CELL_NAME", "/elsewhere/cell.py")
    with pytest.raises(StudentError, match="line 3 of the cell, in mean"):
        NotebookNamespace({"mean": mean("/elsewhere/cell.py")}, {}).call("mean", [(1.0, 2.0)])


def test_the_kernel_that_is_installed_names_its_files_so() -> None:
    from ipykernel.compiler import get_file_name

    space: dict[str, Any] = {}
    exec(compile(CODE, get_file_name(CODE), "exec"), space)  # type: ignore[no-untyped-call]
    with pytest.raises(StudentError, match="line 3 of the cell, in mean"):
        NotebookNamespace(space, {}).call("mean", [(1.0, 2.0)])


@pytest.mark.parametrize(
    ("code", "says"),
    [
        ("x = 1\n\nraise ValueError('no')", "ValueError: no\n(line 3 of the cell, in <module>"),
        ("x = 1\nnext(iter(()))", "StopIteration\n(line 2 of the cell"),
        ("raise SystemExit(3)", "SystemExit: 3"),
        ("x = '\u2028\x85'\n1 / 0", "(line 2 of the cell"),
        ("x = 1\nif True\n    y = 2", "SyntaxError: expected ':', line 2: if True"),
        ("x = 1\n<<<<<<< mine\ny = 2", "git's conflict markers are in this cell, line 2"),
        ("await missing", "NameError: name 'missing' is not defined"),
    ],
)
def test_what_goes_wrong_in_a_cell(code: str, says: str) -> None:
    here = NotebookNamespace({}, {})
    with pytest.raises(StudentError) as found:
        here.run_cell(code, "one")
    assert says in str(found.value)


def test_statements_run_one_by_one() -> None:
    here = NotebookNamespace({}, {})
    with pytest.raises(StudentError, match="outside function"):
        here.run_cell("x = 1\nreturn 2\ny = 3", "one")
    assert "x" in here.namespace
    assert "y" not in here.namespace


def test_the_last_value_has_a_name_until_the_student_uses_it() -> None:
    here = NotebookNamespace({}, {})
    here.run_cell("[1, 2]", "one")
    here.run_cell("None", "two")
    assert here.namespace["_"] == [1, 2]
    here.run_cell("for _ in range(3): pass", "three")
    here.run_cell("'shown'", "four")
    assert here.namespace["_"] == 2


def test_an_error_without_words() -> None:
    class OddError(Exception):
        def __str__(self) -> str:
            raise KeyError

    assert told(OddError()).startswith("OddError")
