import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

from coursekit.errors import CourseError
from coursekit.notebooks import names
from coursekit.notebooks.cells import cells
from coursekit.notebooks.holes import hollow, without_regions
from coursekit.notebooks.source import Source, find
from coursekit.notebooks.template import misnamed, read_template
from coursekit.practice.gather import declared
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


ENDS = '''
def area(side: float) -> float:
    """Return the area."""
    known = side
    # BEGIN SOLUTION
    return known * side
    # END SOLUTION

# of another function
def other():
    pass


class Square:
    def area(self):
        # BEGIN SOLUTION
        return self.side**2
        # END SOLUTION

    def border(self):
        return 4 * self.side
'''


def test_a_region_may_end_a_function(template: Path) -> None:
    (template.parents[1] / "ends_code.py").write_text(ENDS)
    found = find("ends_code", "area")
    assert found.text.endswith("    # END SOLUTION")
    student, removed = hollow(found)
    assert removed == ["    return known * side"]
    assert "    known = side" in student
    assert "of another function" not in student
    assert student.endswith('raise NotImplementedError("area is still to be written")')
    student, removed = hollow(find("ends_code", "Square"))
    assert removed == ["        return self.side**2"]
    assert student.endswith("    def border(self):\n        return 4 * self.side")
    ast.parse(student)


def test_a_region_may_end_a_function_of_the_template(template: Path) -> None:
    own = "# %%\ndef area(side):  # exercise\n    # BEGIN SOLUTION\n    return side * side\n"
    text = template.read_text()
    text = text.replace("# %%\nprint", f"{own}    # END SOLUTION\n\n\nside = 1\n\n# %%\nprint")
    template.write_text(text)
    cell = next(c for c in cells(read_template(template, "sums")) if c.names == ("area",))
    assert cell.solved == "def area(side):\n    return side * side\n\n\nside = 1"
    assert "SOLUTION" not in cell.student
    assert cell.removed == ("    return side * side",)
    assert cell.student.endswith('still to be written")\n\n\nside = 1')


@pytest.mark.parametrize(
    ("body", "says"),
    [
        ("    # BEGIN SOLUTION\n    return 1", "is not closed"),
        ("    x = 1\n    # END SOLUTION\n    return x", "without # BEGIN SOLUTION"),
        ('    """Only words."""', "nothing to remove"),
        (
            "    ### BEGIN SOLUTION\n    return 1\n    ### END SOLUTION",
            "`### BEGIN SOLUTION` is not",
        ),
        ("    # BEGIN SOLUTION\n    return 1\n    # END SOLUTON", "`# END SOLUTON` is not a mark"),
        ("    # begin_solution\n    return 1\n    # end_solution", "`# begin_solution` is not"),
    ],
)
def test_faulty_regions(body: str, says: str) -> None:
    with pytest.raises(CourseError, match=says):
        hollow(Source("f", f"def f():\n{body}", "file.py:1"))


def test_a_comment_about_a_solution_is_no_mark() -> None:
    body = "    # the solution\n    # and solutions\n    # begin here\n    return 1"
    _, removed = hollow(Source("f", f"def f():\n{body}", "file.py:1"))
    assert removed == ["    return 1"]


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
        ("**Goal.** Add, and know", "Add.", "# Adding", r"is missing \*\*Goal"),
        ("**Kind.** predict", "**Kind.** guess", "# Adding", "unknown kind guess"),
        ("**Kind.** predict", "**Kind.** fill in", "# Adding", "unknown kind fill in"),
        ("guess = 4  # exercise", "guess = 4 +  # exercise", "4 +", "invalid syntax"),
        ("guess = 4  # exercise", "guess = 4  # exercize", "exercize", "write `# exercise`"),
        ("guess = 4  # exercise", "guess = 4  # Exercise", "Exercise", "write `# exercise`"),
        ("import mean  # exercise", "import mean  # exercize: mean", "exercize:", "# exercise: m"),
        ("import mean  # exercise", "import mean  # exercise mean", "exercise mean", "exercise: m"),
        ("import mean  # exercise", "import mean  # shwo", "shwo", "write `# show`"),
        ("# %%\nprint", '# %% tags=["trian"]\nprint', "trian", "unknown tag trian"),
        ("# %%\nprint", '# %% tags=["fault"]\ndef totl():\n    return 1\n\n# %%\nprint',
         "def totl", "totl replaces nothing"),
        ("points=2, hints=HINTS", "hints=HINTS", "def totals", "totals has no points"),
        ("def first(numbers)", "def five(numbers)", "def five(numbers)", "five is declared a sec"),
        ("@check(\"The total is right\", points=2", "@practice.check(\"x\", points=TWO",
         "points=TWO", "points of the check totals"),
        ("import functools\nfrom", "# %matplotlib inline\nimport functools\nfrom", "# %mat",
         "invalid syntax in a cell by itself"),
        ("print(mean((1.0, 3.0)))", "def f():\n    x = 1\n# %%\n    return x", "    return x",
         "unexpected indent in a cell by itself"),
        ("points=2, hints=HINTS", "points=2", "def totals", "totals has no hints"),
        ("points=2, hints=HINTS", "points=TWO, hints=HINTS", "points=TWO", "totals are TWO"),
        ("points=2, hints=HINTS", "points='2', hints=HINTS", "points='2'", "totals are '2'"),
        ("points=2, hints=HINTS", "points=-2, hints=HINTS", "points=-2", "totals are -2"),
    ],
)  # fmt: skip
def test_errors_name_file_and_line(template: Path, old: str, new: str, at: str, says: str) -> None:
    text = template.read_text()
    assert old in text
    text = text.replace(old, new, 1)
    template.write_text(text)
    line = next(n for n, row in enumerate(text.splitlines(), 1) if at in row)
    with pytest.raises(CourseError, match=says) as caught:
        cells(read_template(template, "sums"))
    assert str(caught.value).startswith(f"{template}:{line}:")


def test_all_names_that_are_missing_are_named_with_their_lines(template: Path) -> None:
    text = template.read_text().replace("import functools\n", "")
    text = text.replace("print(mean((1.0, 3.0)))", "print(median(3))\nprint(median(5), top)")
    template.write_text(text)
    rows = text.splitlines()
    total = next(n for n, row in enumerate(rows, 1) if "import total" in row)
    after = rows.index("print(median(3))") + 1
    with pytest.raises(CourseError) as caught:
        cells(read_template(template, "sums"))
    assert caught.value.what == (
        f"{template}:{total}: functools: used here, but not defined or imported before; "
        f"in line {after}: median, top"
    )


def test_a_mark_inside_a_text_begins_no_cell(template: Path) -> None:
    before = len(read_template(template, "sums").cells)
    text = 'text = """\n# %%\n# not a cell\n"""'
    template.write_text(template.read_text().replace("print(mean((1.0, 3.0)))", text))
    after = read_template(template, "sums").cells
    assert len(after) == before
    assert text in [cell.source for cell in after]
    last = after[-1]
    assert template.read_text().splitlines()[last.line - 1] == last.source.splitlines()[0]


@pytest.mark.parametrize(
    "comment",
    [
        "# a number",
        "# exercised by many, and by no one twice",
        "# see exercise 2",
        "# 'shown'",
        "#",
    ],
)
def test_a_comment_is_no_marker(template: Path, comment: str) -> None:
    template.write_text(
        template.read_text().replace("import functools\n", f"import functools  {comment}\n")
    )
    assert cells(read_template(template, "sums"))


@pytest.mark.parametrize(
    ("old", "new", "at", "says"),
    [
        ("points=2, hints=HINTS", "points=2, hints='abc'", "points=2", "the hints are one text"),
        ("points=2, hints=HINTS", "points=2, hint=1, hints=HINTS", "points=2", "TypeError: .*hint"),
        ('HINTS = ("What?"', 'HINTS = (1 / 0, "What?"', "HINTS = (", "ZeroDivisionError"),
    ],
)
def test_a_check_cell_that_fails_is_told(
    template: Path, old: str, new: str, at: str, says: str
) -> None:
    text = template.read_text().replace(old, new, 1)
    template.write_text(text)
    line = next(n for n, row in enumerate(text.splitlines(), 1) if at in row)
    with pytest.raises(CourseError, match=says) as caught:
        declared(read_template(template, "sums"))
    assert str(caught.value).startswith(f"{template}:{line}:")


def test_names_of_templates_that_would_be_passed_over(template: Path) -> None:
    from coursekit.plugins import catalogue

    lesson = catalogue().lesson("sums")
    assert misnamed(lesson) == []
    folder = template.parent
    for name in ("attention.py", "1_taking.py", "2_adding.py", "0_first.py", "_shared.py"):
        (folder / name).write_text("")
    found = misnamed(lesson)
    assert [fault.split(":")[0].rpartition("/")[2] for fault in found] == [
        "0_first.py", "attention.py", "1_taking.py", "2_adding.py",
    ]  # fmt: skip
    assert "call it 1_topic.py with its number" in found[1]
    assert "1_adding.py has the number 1" in found[2]
    assert "1_adding.py has the topic adding" in found[3]


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
