"""`update` keeps what the student wrote where it stood, and says what it could not place."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from coursekit.notebooks.notebook import Notebook, build_notebook, notebook_text
from coursekit.notebooks.template import Template, read_template
from coursekit.practice.renewal import renewed
from tests import sums
from tests.conftest import Command
from tests.practice.test_student_cells import TEMPLATE, cell, own


@pytest.fixture
def adding(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Template]:
    yield read_template(sums.install(tmp_path / "plugin", monkeypatch, TEMPLATE), "sums")
    sums.forget()


@pytest.fixture
def book(adding: Template) -> Notebook:
    return sums.write(build_notebook(adding, "student"), sums.SOLVED)


def edition(adding: Template, *changes: tuple[str, str]) -> Template:
    """Return the template with changes: a newer edition."""
    text = adding.path.read_text()
    for old, new in changes:
        assert old in text
        text = text.replace(old, new)
    adding.path.write_text(text)
    return read_template(adding.path, "sums")


def sources(book: Notebook) -> list[str]:
    return [cell["source"] for cell in book["cells"]]


def stripped(book: Notebook) -> Notebook:
    """Return a notebook as Colab writes it: other ids, in the metadata."""
    made: Notebook = json.loads(notebook_text(book))
    for number, one in enumerate(made["cells"]):
        one.pop("id", None)
        one["metadata"] = {"id": f"colab{number}"}
    return made


def test_notes_and_imports_in_given_cells_stay(adding: Template, book: Notebook) -> None:
    given = cell(book, "import math as")
    given["source"] = "import cmath  # mine\n" + given["source"].replace(
        "LIMIT = 7", "LIMIT = 7  # seven"
    )
    text = cell(book, "# Adding")
    text["source"] += "\n\nMy note."
    train = cell(book, "import collections")
    train["source"] = train["source"].replace("STEPS = 400", "STEPS = 40")
    found = renewed(adding, book)
    assert sources(found.book) == sources(book)
    assert found.lost == {}


def test_a_changed_definition_is_given_again_and_named(adding: Template, book: Notebook) -> None:
    given = cell(book, "import math as")
    whole = given["source"]
    given["source"] = (
        "# A note.\nimport cmath\n"
        + whole.replace("LIMIT = 7", "LIMIT = 9").replace("x + 1", "x + 2")
        + "\nMINE = LIMIT\nprint(MINE)"
    )
    found = renewed(adding, book)
    made = cell(found.book, "import math as")["source"]
    assert made == f"{whole}\n\n# A note.\nimport cmath\nMINE = LIMIT"
    assert found.lost == {
        "# A note.": ["LIMIT = 9", "return min(x + 2, LIMIT)", "print(MINE)"]
    }  # fmt: skip


def test_additions_move_to_the_new_edition(adding: Template, book: Notebook) -> None:
    given = cell(book, "import math as")
    given["source"] = "import cmath\n# Seven!\n" + given["source"]
    text = cell(book, "# Adding")
    text["source"] += "\n\nMy note."
    train = cell(book, "import collections")
    train["source"] += "\nprint(model, 'mine')"
    new = edition(
        adding, ("LIMIT = 7", "LIMIT = 8"), ("STEPS = 400", "STEPS = 300"),
        ("# **Time.** 5 minutes", "# **Time.** 6 minutes"),
    )  # fmt: skip
    found = renewed(new, book)
    made = cell(found.book, "import math as")["source"]
    assert "LIMIT = 8" in made
    assert made.endswith("\n\nimport cmath\n# Seven!")
    assert "6 minutes" in sources(found.book)[0]
    assert sources(found.book)[1].endswith("5 minutes\n\n**Before.** nothing\n\n"
                                           "**Kind.** predict, complete\n\nMy note.")  # fmt: skip
    assert cell(found.book, "import collections")["source"].count("STEPS = 300") == 1
    # Nothing says that the student did not write the first of them.
    assert found.lost == {
        "import cmath": ["LIMIT = 7"],
        "import collections": ["STEPS = 400", "print(model, 'mine')"],
    }


def test_cells_of_an_earlier_edition_go(adding: Template, book: Notebook) -> None:
    new = edition(adding, ("LIMIT = 7", "LIMIT = 8"), ("STEPS = 400", "STEPS = 300"))
    found = renewed(new, book)
    fresh = sums.write(build_notebook(new, "student"), sums.SOLVED)
    assert sources(found.book) == sources(fresh)
    assert found.lost == {}


def test_cells_of_colab_stay_where_they_stood(adding: Template, book: Notebook) -> None:
    given = cell(book, "import math as")
    given["source"] = "import cmath\n" + given["source"]
    own(book, "def total", "first = 1")
    own(book, "def total", "second = 2")
    own(book, "for row", "third = 3")
    own(book, "# Adding", "zero = 0")
    book["cells"].append({"cell_type": "markdown", "metadata": {}, "source": "The end."})
    found = renewed(adding, stripped(book))
    assert sources(found.book) == sources(book)
    assert found.lost == {}
    ids = [cell["id"] for cell in found.book["cells"]]
    assert len(set(ids)) == len(ids)
    assert sources(renewed(adding, found.book).book) == sources(book)


def test_an_answer_in_a_cell_of_ones_own_is_not_set_back(adding: Template, book: Notebook) -> None:
    book["cells"].remove(cell(book, "guess"))
    own(book, "def total", "guess, other = 4, 5")
    found = renewed(adding, book)
    assert sources(found.book) == sources(book)
    book["cells"].remove(cell(book, "guess, other"))
    assert cell(renewed(adding, book).book, "guess")["source"].startswith("guess = ...")


def test_both_halves_of_a_split_cell_are_kept(adding: Template, book: Notebook) -> None:
    head, body = cell(book, "def mean")["source"].split("\n")
    cell(book, "def mean")["source"] = head
    own(book, "import math as", body)
    found = renewed(adding, book)
    assert f"{head}\n{body}" in sources(found.book)
    assert body not in sources(found.book)


def test_outputs_and_pictures_are_kept_with_what_made_them(
    adding: Template, book: Notebook
) -> None:
    output: list[dict[str, Any]] = [{"output_type": "stream", "name": "stdout", "text": "7"}]
    given = cell(book, "for row")
    given |= {"outputs": output, "execution_count": 5}
    text = cell(book, "# Adding")
    text |= {"source": text["source"] + "\n![](attachment:a.png)", "attachments": {"a.png": {}}}
    own(book, "for row", "mine = 1")
    cell(book, "mine")["outputs"] = output
    made = renewed(adding, book).book
    assert cell(made, "for row")["outputs"] == output
    assert cell(made, "for row")["execution_count"] == 5
    assert cell(made, "mine")["outputs"] == output
    assert cell(made, "# Adding")["attachments"] == {"a.png": {}}
    changed = renewed(edition(adding, ("helper(row), SHOWN", "SHOWN")), book).book
    assert cell(changed, "for row")["outputs"] == []


def test_what_has_no_place_is_shown(
    coursekit: Command, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    sums.install(tmp_path / "plugin", monkeypatch, TEMPLATE)
    coursekit.environment["COURSEKIT_STATE"] = str(tmp_path / "state")
    coursekit("start", "sums", "work")
    path = tmp_path / "work" / "1-adding.ipynb"
    path.write_text(path.read_text().replace("LIMIT = 7", "LIMIT = 9"))
    shown = coursekit("update").stdout
    assert "these lines of “import math as given_math” could not be placed:" in shown
    assert "  LIMIT = 9\n" in shown
    assert shown.endswith("they are kept in 1-adding.backup-1.ipynb\n")
    assert "LIMIT = 9" in path.with_name("1-adding.backup-1.ipynb").read_text()
    assert "LIMIT = 7" in path.read_text()
    assert "up to date" in coursekit("update").stdout
    sums.forget()
