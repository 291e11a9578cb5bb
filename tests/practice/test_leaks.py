"""Whether a student edition gives away its own solution."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from coursekit.notebooks.notebook import build_notebook, notebook_text
from coursekit.notebooks.template import read_template
from coursekit.practice.leaks import leaks, revealed
from coursekit.practice.locate import all_exercises
from tests import sums


@pytest.fixture
def adding(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    yield sums.install(tmp_path / "plugin", monkeypatch)
    sums.forget()


@pytest.mark.parametrize("place", ["text", "output", "metadata", "attachment"])
def test_a_line_is_found_wherever_it_is(adding: Path, place: str) -> None:
    template = read_template(adding, "sums")
    secret = "found_so_far += number"
    book = json.loads(notebook_text(build_notebook(template, "student")))
    assert leaks(template, book) == []
    cell = book["cells"][0]
    if place == "text":
        cell["source"] += f"\n{secret}"
    elif place == "output":
        book["cells"][2]["outputs"] = [
            {"output_type": "stream", "name": "stdout", "text": [secret]}
        ]
    elif place == "metadata":
        book["metadata"]["x"] = {secret: 1}
    else:
        cell["attachments"] = {"a.txt": {"text/plain": secret}}
    (fault,) = leaks(template, book)
    assert fault.endswith(f"contains a line of the solution: {secret}")


def found(adding: Path, given: str, where: str = "# %%\nprint") -> list[str]:
    """Return the leaks with another given cell, by default below the exercises."""
    text = adding.read_text()
    assert where in text
    adding.write_text(text.replace(where, f"# %%\n{given}\n\n{where}", 1))
    template = read_template(adding, "sums")
    return leaks(template, build_notebook(template, "student"))


@pytest.mark.parametrize(
    ("given", "names"),
    [
        ("def add(numbers):\n    found_so_far = 0.0\n    for number in numbers:\n"
         "        found_so_far += number\n    return found_so_far", "total"),
        ("def middle(numbers, total):\n    whole = total(tuple(numbers))\n    return 2", "mean"),
        ("from sums_code import total  # show", "total"),
        ("guess = 4", "guess"),
        ("def middle(numbers, total):\n    whole = total(\n        tuple(numbers),  # all\n    )\n"
         "    return 2", "mean"),
        ("1\n\n# %% [markdown]\n# ```python\n# found_so_far = 0.0\n# for number in numbers:\n"
         "#     found_so_far += number  # so\n# return found_so_far\n# ```\n\n# %%\n2", "total"),
    ],
)  # fmt: skip
@pytest.mark.parametrize("where", ["# %%\nguess", "# %%\nprint"])
def test_a_given_cell_may_not_hold_a_solution(
    adding: Path, given: str, names: str, where: str
) -> None:
    faults = found(adding, given, where)
    begins = "# ```python" if "```" in given else given.split("\n")[0]
    line = next(n for n, row in enumerate(adding.read_text().splitlines(), 1) if row == begins)
    assert f"{adding}:{line}: this cell gives away the solution of {names}" in faults[0]


def test_a_line_that_given_code_happens_to_share_is_no_leak(adding: Path) -> None:
    code = adding.parents[1] / "sums_code.py"
    more = "".join(f"    step_number_{n} = found_so_far + {n}\n" for n in range(6))
    code.write_text(
        code.read_text().replace("    return found_so_far\n", f"{more}    return found_so_far\n")
    )
    shared = "for number in range(3):\n    found_so_far = 0.0\n    found_so_far += number"
    assert found(adding, shared) == []
    assert len(found(adding, "def f(found_so_far):\n" + more.rstrip())) == 1


@pytest.mark.parametrize(
    ("code", "names"),
    [
        ("def line(numbers):\n    found_so_far = 0.0\n    for number in numbers:\n"
         "        found_so_far += number  # up\n    return found_so_far\n", ["total"]),
        ("def drawn(numbers):\n    return sum(numbers)\n", []),
        ("FIGURE = 'found_so_far += number'\n", []),
    ],
)  # fmt: skip
def test_modules_for_notebooks_hold_no_solution(adding: Path, code: str, names: list[str]) -> None:
    folder = adding.parent.parent / "practice"
    folder.mkdir()
    (folder / "figures.py").write_text(code)
    faults = revealed(read_template(adding, "sums"))
    assert len(faults) == len(names)
    for fault, name in zip(faults, names, strict=True):
        assert f"figures.py:1: line gives away the solution of {name} in sums/" in fault


def test_no_module_for_notebooks_of_the_course_holds_a_solution() -> None:
    for address in all_exercises().values():
        assert revealed(address.read()) == []
