import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

from coursekit.errors import CourseError
from coursekit.notebooks import names
from coursekit.notebooks.cells import cells
from coursekit.notebooks.source import Source, find, hollow, without_regions
from coursekit.notebooks.template import read_template
from tests import sums


@pytest.fixture
def template(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    yield sums.install(tmp_path / "plugin", monkeypatch)
    sums.forget()


def test_a_function_keeps_decorator_types_and_docstring(template: Path) -> None:
    student, removed = hollow(find("sums_code", "total"))
    assert student.startswith(
        "@functools.lru_cache\ndef total(numbers: tuple[float, ...]) -> float"
    )
    assert "numbers: Any." in student
    assert "found_so_far" not in student
    assert "One pass" not in student
    assert [line.strip() for line in removed][:2] == ["# One pass is enough.", "found_so_far = 0.0"]
    ast.parse(student)


def test_a_region_alone_is_taken_out(template: Path) -> None:
    student, removed = hollow(find("sums_code", "mean"))
    assert "count = len(numbers)" in student
    assert student.endswith("return result")
    assert [line.strip() for line in removed] == [
        "whole = total(tuple(numbers))",
        "result = whole / count",
    ]
    solved = without_regions(find("sums_code", "mean").text)
    assert "SOLUTION" not in solved
    assert "result = whole / count" in solved


def test_a_single_method_of_a_class(template: Path) -> None:
    student, removed = hollow(find("sums_code", "Tally"), ("add",))
    assert "return 2 * self.count" in student
    assert "Tally.add is still to be written" in student
    assert [line.strip() for line in removed] == [
        "self.count += number  # not a copy",
        "return self",
    ]
    everything, _ = hollow(find("sums_code", "Tally"))
    assert everything.count("is still to be written") == 3


@pytest.mark.parametrize(
    ("body", "says"),
    [
        ("    # BEGIN SOLUTION\n    return 1", "is not closed"),
        ("    x = 1\n    # END SOLUTION\n    return x", "without # BEGIN SOLUTION"),
        ('    """Only words."""', "nothing to take out"),
    ],
)
def test_faulty_regions(body: str, says: str) -> None:
    with pytest.raises(CourseError, match=says):
        hollow(Source("f", f"def f():\n{body}", "file.py:1"))


@pytest.mark.parametrize(
    ("old", "new", "at", "says"),
    [
        ("import total  # exercise", "import totl  # exercise", "totl", "did you mean 'total'"),
        (
            "import mean  # exercise",
            "import mean  # exercise: middle",
            ": middle",
            "no method middle",
        ),
        ("print(mean((1.0, 3.0)))", "print(3)  # show", "print(3)", "hides nothing"),
        ("print(mean((1.0, 3.0)))", "print(median(3))", "median", "median"),
        ("import functools\n", "", "import total", "functools"),
        ("found = student.both(np", "found = student.both(npy", "npy", "npy"),
        ('    return {"total": total', '    return {"total": totl', "totl", "totl"),
        ("**Goal.** Add, and know", "Add.", "# Adding", r"lacks \*\*Goal"),
        ("**Kind.** predict", "**Kind.** guess", "# Adding", "unknown kind guess"),
        ("guess = 4  # exercise", "guess = 4 +  # exercise", "4 +", "invalid syntax"),
    ],
)
def test_errors_name_file_and_line(template: Path, old: str, new: str, at: str, says: str) -> None:
    text = template.read_text()
    assert old in text
    text = text.replace(old, new, 1)
    template.write_text(text)
    line = next(n for n, row in enumerate(text.splitlines(), 1) if at in row)
    with pytest.raises(CourseError, match=says) as caught:
        cells(read_template(template, "sums"))
    assert str(caught.value).startswith(f"{template}:{line}:")


def test_a_single_method_is_shown_for_reading_beside_its_import(template: Path) -> None:
    template.write_text(
        template.read_text().replace(
            "print(mean", "from sums_code import Tally  # show: add\nprint(mean"
        )
    )
    shown = [cell.student for cell in cells(read_template(template, "sums"))]
    reading = next(text for text in shown if "`Tally.add`" in text)
    assert "self.count += number  # not a copy" in reading
    assert any(text.startswith("from sums_code import Tally\nprint") for text in shown)


def test_a_fault_stands_in_place_of_the_hole(template: Path) -> None:
    fault = '# %% tags=["fault"]\ndef total(numbers):\n    return max(numbers)\n\n# %%\n'
    text = template.read_text().replace(
        "# %%\nfrom sums_code import total", fault + "from sums_code import total"
    )
    template.write_text(text)
    cell = next(c for c in cells(read_template(template, "sums")) if c.names == ("total",))
    assert cell.student == "def total(numbers):\n    return max(numbers)"
    assert "found_so_far" in cell.solved


def test_names_that_code_needs() -> None:
    code = (
        "import a\ndef f(x: b) -> c:\n    y = [z for z in x]\n    return d + y + g\n"
        "@e\nclass K(h):\n    i = j\n"
    )
    assert names.needed(code) == {"b", "c", "d", "g", "e", "h", "j"}
    assert names.defined(code) == {"a", "f", "K"}
