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
    texts = copy.deepcopy(solved)
    texts["cells"] = [cell for cell in texts["cells"] if cell["cell_type"] == "code"]
    yield Honest("without the texts", _bytes(texts), True)
    if others:
        for number, (name, code) in enumerate(_other_methods(template)):
            built = next(c for c in asked if name in c.names)
            yield Honest(
                f"another {name} ({number})", _bytes(_with(solved, {built.id: code})), True
            )


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
