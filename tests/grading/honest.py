"""Honest submissions of any exercise: solved, partly solved, solved in other ways, lived in."""

from __future__ import annotations

import copy
from collections.abc import Iterator
from importlib import import_module
from typing import Any, NamedTuple

from coursekit.notebooks.cells import cells
from coursekit.notebooks.notebook import Notebook, build_notebook, notebook_text
from coursekit.notebooks.template import Template
from coursekit.practice.gather import exercise

HABITS = {
    "prints and plots": """
import matplotlib.pyplot as plt
import numpy as np
figure = plt.figure()
plt.plot([1, 2, 3])
plt.show()
print(np.arange(3), globals().keys() and 1)
""",
    "looks at help and time": """
%time sum(range(10))
help(len)
!ls
""",
    "imports much": """
import os, sys, time, math, random, json, copy, itertools, functools, collections, inspect
from pathlib import Path
random.seed(1)
print(os.getcwd(), sys.version, Path(".").exists(), os.environ.get("HOME"))
""",
    "asks for the checks in a loop": """
from coursekit.practice import hint, run_checks
for _ in range(2):
    run_checks("any", globals())
hint("any")
""",
    "writes and reads a file": """
with open("notes.txt", "w") as file:
    file.write("hello")
print(open("notes.txt").read())
""",
    "defines a class with a comparison": """
class Pair:
    def __init__(self, a, b):
        self.a, self.b = a, b
    def __eq__(self, other):
        return (self.a, self.b) == (other.a, other.b)
    def __repr__(self):
        return f"Pair({self.a}, {self.b})"
assert Pair(1, 2) == Pair(1, 2)
""",
    "fails": "1 / 0",
    "is empty": "",
    "measures, installs and logs": """
%matplotlib inline
!pip list
import logging
logging.basicConfig(level=logging.DEBUG)
logging.getLogger(__name__).info("started")
%timeit -n 1 -r 1 sum(range(10))
from IPython.display import HTML, display
display(HTML("<b>done</b>"))
!!echo done
""",
    "is strict": """
import warnings
import numpy as np
warnings.simplefilter("error")
np.seterr(all="raise")
""",
    "imports all of some modules": """
from math import *
from itertools import *
from string import *
print(sqrt(2), pi, [*chain([1], [2])])
""",
    "decorates, and sets attributes of its own class": """
import functools
count: int = 0
def counted(function):
    @functools.wraps(function)
    def inner(*args, **kwargs):
        global count
        count += 1
        return function(*args, **kwargs)
    return inner
class Own:
    pass
@counted
def doubled(self, x: float = 1.5) -> float:
    return 2 * x
Own.doubled = doubled
setattr(Own, "other", staticmethod(lambda: 3))
print(Own().doubled(), Own.other(), count, [*map(lambda x: x, [1])])
""",
    "names in other letters, line ends of Windows": """
größe = 3\r\nλ = größe * 2\r\nif λ:\r\n    print("日本", λ)\r
""",
    "was at work in other programs": """
try:
    from google.colab import drive
    drive.mount("/content/drive")
except ImportError:
    COLAB = False
import os
for folder, _, names in os.walk("/kaggle/input"):
    print(folder, names)
os.environ["TF_CPP_MIN_LOG_LEVEL"] = "2"
%load_ext autoreload
%autoreload 2
%config InlineBackend.figure_format = "retina"
""",
    "looks at the source": """
import inspect
def mine(x):
    return x + 1
print(inspect.getsource(mine), mine.__name__, mine.__doc__)
""",
}


class Honest(NamedTuple):
    """A submission, and whether all points are due."""

    name: str
    content: bytes
    whole: bool


def submissions(name: str, others: bool = False) -> Iterator[Honest]:
    """Yield honest submissions of an exercise.

    Args:
        name: Of the exercise.
        others: Whether the tests' other methods are among them; they import TensorFlow.
    """
    template = exercise(name)
    solved = build_notebook(template, "solved")
    yield Honest("solved", _bytes(solved), True)
    yield Honest("as it was given", _bytes(build_notebook(template, "student")), False)
    asked = [cell for cell in cells(template) if cell.role == "student"]
    for cell in asked:
        book = _with(solved, {cell.id: cell.student})
        yield Honest(f"without {cell.id}", _bytes(book), False)
        rest = {other.id: other.student for other in asked if other is not cell}
        if len(rest) > 1:
            yield Honest(f"with {cell.id} alone", _bytes(_with(solved, rest)), False)
    for habit, code in HABITS.items():
        for place in (2, len(solved["cells"])):
            book = copy.deepcopy(solved)
            book["cells"].insert(place, _own(code))
            yield Honest(f"{habit}, at {place}", _bytes(book), True)
    yield Honest("saved by other programs", _bytes(_saved_elsewhere(solved)), True)
    texts = copy.deepcopy(solved)
    texts["cells"] = [cell for cell in texts["cells"] if cell["cell_type"] == "code"]
    yield Honest("without the texts", _bytes(texts), True)
    if others:
        for number, (name, code) in enumerate(_other_methods(template)):
            built = next(c for c in asked if name in c.names)
            yield Honest(
                f"another {name} ({number})", _bytes(_with(solved, {built.id: code})), True
            )


def _saved_elsewhere(book: Notebook) -> Notebook:
    """Return a notebook with what Colab, VS Code, Deepnote and Kaggle leave in its metadata."""
    made = copy.deepcopy(book)
    made["metadata"] |= {
        "colab": {"provenance": [], "toc_visible": True},
        "kaggle": {"dataSources": [], "isGpuEnabled": False},
        "deepnote_notebook_id": "1f",
        "vscode": {"interpreter": {"hash": "aee8"}},
        "accelerator": "GPU",
    }
    for number, cell in enumerate(made["cells"]):
        cell["metadata"] |= {"execution": {"iopub.status.busy": "2026"}, "id": f"x{number}"}
        cell["metadata"] |= {"colab": {"base_uri": "https://localhost/"}, "scrolled": True}
        cell["metadata"] |= {"vscode": {"languageId": "python"}, "jupyter": {"outputs_hidden": 1}}
        if cell["cell_type"] == "markdown":
            cell["attachments"] = {"a.png": {"image/png": "iVBORw0KGgo="}}
    made["cells"].insert(1, {"cell_type": "raw", "id": "raw", "metadata": {}, "source": "%% x"})
    return made


def _other_methods(template: Template) -> Iterator[tuple[str, str]]:
    """Yield the right answers that the lesson's tests have beside the solution."""
    tests: Any = import_module(f"tests.lessons.{template.lesson}.test_exercises")
    asked = {name: cell for cell in cells(template) for name in cell.names}
    for row in tests.OTHER:
        if row[0] != template.topic:
            continue
        code = row[-1]
        defined = [name for name in asked if f"def {name}(" in code or f"class {name}" in code]
        if any(f"class {name}({name})" in code for name in defined):
            continue  # it is put behind the solution, not in its place
        if own := (row[1] if len(row) > 2 else next(iter(defined), "")):
            yield own, code
    for row in getattr(tests, "AS_RIGHT", ()):
        if row[0] == template.topic:
            yield row[1], asked[row[1]].solved.replace(row[2], row[3])


def _with(book: Notebook, code: dict[str, str]) -> Notebook:
    made = copy.deepcopy(book)
    for cell in made["cells"]:
        cell["source"] = code.get(cell["id"], cell["source"])
    return made


def _own(code: str) -> dict[str, Any]:
    kept = {"metadata": {}, "outputs": [], "execution_count": 3}
    return {"cell_type": "code", "id": "own", "source": code.strip(), **kept}


def _bytes(book: Notebook) -> bytes:
    return notebook_text(book).encode()
