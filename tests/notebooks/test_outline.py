"""What is read of a template without running it is what running it gives."""

from __future__ import annotations

import time
from pathlib import Path

import pytest

from coursekit.errors import CourseError
from coursekit.notebooks.notebook import build_notebook
from coursekit.notebooks.outline import outline
from coursekit.practice.gather import declared, exercise
from coursekit.practice.locate import all_exercises
from tests import sums


def test_points_and_fields_are_those_of_the_template() -> None:
    for name, address in all_exercises().items():
        template, found = address.read(), outline(address)
        assert found.template.name == name
        assert found.template.title == template.title
        assert found.template.fields == template.fields
        checks = declared(template).checks
        assert found.points == {check: checks[check].points for check in checks}, name


def test_all_outlines_of_the_course_take_less_than_a_second() -> None:
    start = time.process_time()
    assert sum(outline(address).total for address in all_exercises().values()) > 250
    assert time.process_time() - start < 1


@pytest.mark.parametrize(
    ("old", "new", "says"),
    [
        ("points=2,", "points=TWO,", "the points of the check totals are TWO"),
        ("guess = 4  #", "guess = 4 + #", "invalid syntax"),
        ("**Goal.**", "Goal:", "the first cell is missing **Goal.**"),
        (
            "# %% [markdown]\n# # Adding",
            "# %%\n# # Adding",
            "the first cell is missing **Goal.** ...",
        ),
    ],
)
def test_a_template_with_a_fault_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, old: str, new: str, says: str
) -> None:
    sums.install(tmp_path, monkeypatch)
    path = tmp_path / "templates" / "1_adding.py"
    path.write_text(path.read_text().replace(old, new, 1))
    with pytest.raises(CourseError) as error:
        outline(all_exercises()["sums/adding"])
    sums.forget()
    assert str(error.value).startswith(f"{path}:")
    assert says in str(error.value)


def test_only_the_solved_edition_says_why(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    sums.install(tmp_path, monkeypatch)
    template = exercise("sums/adding")
    solved, student = (build_notebook(template, edition) for edition in ("solved", "student"))
    whys = {c["id"]: c["source"] for c in solved["cells"] if c["id"].startswith("why-")}
    sums.forget()
    assert list(whys) == ["why-exercise-guess", "why-exercise-total", "why-exercise-mean"]
    assert whys["why-exercise-guess"] == "Two and two *make* four."
    ids = [cell["id"] for cell in solved["cells"]]
    assert ids.index("why-exercise-total") == ids.index("exercise-total") + 1
    assert [c["id"] for c in student["cells"]] == [i for i in ids if i not in whys]
    assert "make* four" not in str(student)


@pytest.mark.parametrize(
    ("old", "new", "says"),
    [
        ("# %%\nguess = 4  # exercise", "# %%\nguess = 4", "this cell explains no solution"),
        ("# Two and two *make* four.", "#", "this cell explains no solution"),
        ('# %% tags=["why"]\nx = 1', "", "the tag why belongs to a text"),
        ('# %% [markdown] tags=["train"]\n# x', "", "the tag train belongs to code"),
    ],
)
def test_a_reason_in_the_wrong_place(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, old: str, new: str, says: str
) -> None:
    sums.install(tmp_path, monkeypatch)
    path = tmp_path / "templates" / "1_adding.py"
    text = path.read_text()
    path.write_text(text.replace(old, new, 1) if new else f"{text}\n\n{old}\n")
    with pytest.raises(CourseError) as error:
        build_notebook(exercise("sums/adding"), "student")
    sums.forget()
    assert says in str(error.value)
