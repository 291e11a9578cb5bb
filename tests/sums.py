"""A plugin without TensorFlow, with one exercise, for the tests of notebooks and checks."""

from pathlib import Path
from typing import Any

import pytest

PLUGIN = """
from pathlib import Path
from coursekit import Dataset, Lesson, Metric, Settings, hookimpl


class Sums(Lesson):
    name, title, question = "sums", "Sums", "Can you add?"
    presets = {"quick": Settings(epochs=1, batch_size=1)}
    datasets = (Dataset("none", "nothing", "public domain"),)
    metrics = (Metric("m", "nothing"),)
    data = model = train_step = evaluate = demo = lambda self, *args: None

    @property
    def templates(self):
        return Path(__file__).parent / "templates"


@hookimpl
def coursekit_lessons():
    return [Sums()]
"""

ADDING = '''"""What the exercise is about."""

import functools
from typing import Any


@functools.lru_cache
def total(numbers: tuple[float, ...]) -> float:
    """Add numbers.

    Args:
        numbers: Any.
    """
    # One pass is enough.
    found_so_far = 0.0
    for number in numbers:
        found_so_far += number
    return found_so_far


def mean(numbers: tuple[float, ...]) -> float:
    """Return the mean."""
    count = len(numbers)
    # BEGIN SOLUTION
    whole = total(tuple(numbers))
    result = whole / count
    # END SOLUTION
    return result


class Tally:
    """Counts."""

    def __init__(self) -> None:
        self.count = 0

    @property
    def double(self) -> int:
        """Twice the count."""
        return 2 * self.count

    def add(self, number: int) -> "Tally":
        """Add and return itself."""
        self.count += number  # not a copy
        return self
'''

TEMPLATE = """# %% [markdown]
# # Adding
#
# **Goal.** Add, and know
# what a mean is.
#
# **Time.** 5 minutes
#
# **Before.** nothing
#
# **Kind.** predict, complete

# %%
import functools
from typing import Any

# %%
guess = 4  # exercise

# %% [markdown] tags=["why"]
# Two and two *make* four.

# %%
from sums_code import total  # exercise

# %% [markdown] tags=["why"]
# Each number is added once: $\\sum_i n_i$.
#
# A second paragraph.

# %%
from sums_code import mean  # exercise

# %% [markdown] tags=["why"]
# The mean shares the total.

# %%
print(mean((1.0, 3.0)))

# %%
from coursekit.practice import assert_close, check, misconception, probe
import numpy as np

HINTS = ("What?", "Which way?", "Nearly: add.")


@probe
def both(numbers):
    return {"total": total(tuple(numbers)), "mean": mean(tuple(numbers))}


@misconception("guess", "Five is a slip.")
def five():
    return 5


@misconception("total", "Only the first number is taken.")
def first(numbers):
    return float(numbers[0])


@misconception("both", "The mean divides by two.")
def by_two(numbers):
    return {"total": sum(numbers), "mean": sum(numbers) / 2}


@check("The guess is right", points=1, hints=HINTS)
def guessed(student):
    assert student["guess"] == 4, "it is not"


@check("The total is right", points=2, hints=HINTS, limit=3)
def totals(student):
    assert student.total((1.0, 2.0, 3.0)) == 6, "1 + 2 + 3 is 6"


@check("The mean is right", points=3, hints=HINTS, after="totals", limit=3)
def means(student):
    found = student.both(np.arange(4.0))
    assert_close(found["mean"], 1.5, "the mean of 0 1 2 3")
    assert_close(found["total"], 6, "the total of 0 1 2 3")
"""

SOLVED = {
    "exercise-guess": "guess = 4",
    "exercise-total": "def total(numbers):\n    return sum(numbers)",
    "exercise-mean": "def mean(numbers):\n    return total(numbers) / len(numbers)",
}


def install(folder: Path, monkeypatch: pytest.MonkeyPatch, template: str = TEMPLATE) -> Path:
    """Install the plugin into this process; return its exercise's template."""
    meta = folder / "sums-1.0.dist-info"
    meta.mkdir(parents=True)
    (meta / "METADATA").write_text("Metadata-Version: 2.1\nName: sums\nVersion: 1.0\n")
    (meta / "entry_points.txt").write_text("[coursekit]\nsums = sums_plugin\n")
    (folder / "sums_plugin.py").write_text(PLUGIN)
    (folder / "sums_code.py").write_text(ADDING)
    (folder / "templates").mkdir()
    path = folder / "templates" / "1_adding.py"
    path.write_text(template)
    monkeypatch.syspath_prepend(str(folder))
    monkeypatch.setenv("PYTHONPATH", str(folder))
    from coursekit.notebooks.source import find, module_text

    find.cache_clear()
    module_text.cache_clear()
    return path


def forget() -> None:
    """Forget the plugin's modules, which lie in another folder at the next test."""
    import sys

    for name in ("sums_plugin", "sums_code"):
        sys.modules.pop(name, None)


def write(book: dict[str, Any], answers: dict[str, str]) -> dict[str, Any]:
    """Put answers into a notebook's cells, by id."""
    for cell in book["cells"]:
        cell["source"] = answers.get(cell["id"], cell["source"])
    return book
