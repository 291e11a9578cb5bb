"""Files in the percent format: read as Jupytext reads them, without waiting for it."""

from __future__ import annotations

from typing import Any

import jupytext
import pytest

from coursekit.notebooks.percent import marks_of, percent_cells, plain_cells
from coursekit.notebooks.template import addresses
from coursekit.plugins import catalogue

TEXT = "# %% [markdown]\n# # Title\n#\n#indented\n"
USUAL = {
    "Markdown, then code": TEXT + "\n# %%\nx = 1\n",
    "no blank line between cells": TEXT + "# %%\nx = 1\n# %%\ny = 2",
    "two blank lines end a cell": TEXT + "\n\n# %%\ndef f():\n    pass\n\n\n# %%\ny = 2\n",
    "three blank lines": "# %%\nx = 1\n\n\n\n# %%\ny = 2\n\n",
    "blank lines begin a cell": "# %%\n\n\nx = 1\n",
    "an empty cell": "# %%\n# %%\n\n# %%\n\n\n# %%\nx = 1\n",
    "tags": '# %% tags=["train"]\nx = 1\n\n# %% tags=["fault", "slow"]\ny = 2\n',
    "a tag of Markdown": '# %% [markdown] tags=["why"]\n# Because.\n\n# %%\nx = 1\n',
    "a fence": TEXT + "# ```text\n# # a\n# ```\n\n# %%\nx = 1\n",
    "comments in code": "# %%\n# a comment\n## another\nx = 1  # % of all\n",
    "spaces end a cell": "# %%\nx = 1\n  \n# %%\ny = 2\n",
    "an empty line in Markdown": "# %% [markdown]\n# a\n\n# b\n# %%\nx = 1\n",
}
UNUSUAL = {
    "a header": "# ---\n# jupyter:\n#   jupytext:\n#     formats: ipynb\n# ---\n\n# %%\nx = 1\n",
    "text before the first cell": "x = 1\n\n# %%\ny = 2\n",
    "a magic": "# %%\n# %time f()\nx = 1\n",
    "a shell command": "# %%\n# !ls\nx = 1\n",
    "a command without a sign": "# %%\n# ls folder\nx = 1\n",
    "help": "# %%\n# list?\nx = 1\n",
    "an assigned magic": "# %%\n# t = %time f()\nx = 1\n",
    "a title": "# %% A title\nx = 1\n",
    "raw": "# %% [raw]\n# x\n\n# %%\nx = 1\n",
    "another option": '# %% slideshow={"slide_type": "slide"}\nx = 1\n',
    "an inactive cell": '# %% tags=["active-py"]\nx = 1\n',
    "an indented mark": "# %%\nif True:\n    # %%\n    x = 1\n",
    "Markdown in a text": '# %% [markdown]\n"""\n# a\n"""\n',
    "a mark in a fence": "# %% [markdown]\n# ```\n# %%\n# ```\n\n# %%\nx = 1\n",
    "a mark in a text": '# %%\nx = """\n# %%\n# a\n"""\n',
    "no marks": "x = 1\n",
    "nothing": "",
    "a form feed": "# %%\nx = 1\n\x0c\n# %%\ny = 2\n",
}


def by_jupytext(text: str) -> list[tuple[Any, ...]]:
    return [
        (cell["cell_type"], cell["source"], cell["metadata"].get("tags"))
        for cell in jupytext.reads(text, fmt="py:percent").cells
    ]


def parts(cells: list[dict[str, Any]]) -> list[tuple[Any, ...]]:
    return [(c["cell_type"], c["source"], c["metadata"].get("tags")) for c in cells]


@pytest.mark.parametrize("name", USUAL)
def test_the_usual_is_read_without_jupytext_and_as_it_reads_it(name: str) -> None:
    cells = plain_cells(USUAL[name], marks_of(USUAL[name]))
    assert cells is not None
    assert parts(cells) == by_jupytext(USUAL[name])


@pytest.mark.parametrize("name", UNUSUAL)
def test_the_unusual_is_left_to_jupytext(name: str) -> None:
    assert plain_cells(UNUSUAL[name], marks_of(UNUSUAL[name])) is None
    assert parts(percent_cells(UNUSUAL[name], marks_of(UNUSUAL[name]))) == by_jupytext(
        UNUSUAL[name]
    )


def test_every_exercise_of_the_course_is_read_without_jupytext() -> None:
    for lesson in catalogue().lessons.values():
        for address in addresses(lesson):
            text = address.path.read_text(encoding="utf-8")
            cells = plain_cells(text, marks_of(text))
            assert cells is not None, address.path
            assert parts(cells) == by_jupytext(text), address.path
