"""For which exercise a notebook counts: the grader says so, and the notebook's content.

What the metadata of a notebook and the name of its file claim decides only where the content
says nothing: both are easily changed. Whatever a notebook counts for, the pristine checks of that
exercise are run on it, so that no claim earns a point.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from functools import lru_cache

from coursekit.errors import CourseError
from coursekit.notebooks.cells import cells
from coursekit.notebooks.notebook import Notebook
from coursekit.notebooks.template import Address
from coursekit.plugins import catalogue
from coursekit.practice.locate import all_exercises, named

COURSE = "course"  # the word for all exercises of all lessons
# By lines, not by a parser: a notebook may hold anything, of any size.
_BOUND = re.compile(
    r"^(?:(?:async[ \t]+)?def|class)[ \t]+(\w+)|^(\w+)[ \t]*(?::[^=\n]+)?=(?!=)", re.MULTILINE
)


@dataclass(frozen=True)
class Belongs:
    """For which exercise a notebook counts.

    Attributes:
        exercise: Its name, one of those that are graded; empty: for none of them.
        other: The exercise that it is of instead, if it is of any.
    """

    exercise: str
    other: str = ""


def chosen_exercises(word: str) -> tuple[str, ...]:
    """Return the names of the exercises that a grader's word means, in the course's order.

    Args:
        word: An exercise, such as ``nmt/attention``; a lesson; or ``course``.

    Raises:
        CourseError: It means none.
    """
    known = all_exercises()
    if word == COURSE:
        return tuple(known)
    if word in catalogue().lessons:
        own = tuple(name for name, address in known.items() if address.lesson == word)
        if not own:
            raise CourseError(f"the lesson {word} has no exercises", "a lesson that has")
        return own
    return (named(word).name,)


@dataclass(frozen=True)
class _Content:
    """What of a notebook tells whose exercise it is."""

    ids: frozenset[str]
    calls: frozenset[str]
    names: frozenset[str]
    claimed: str


def _content(book: Notebook) -> _Content:
    code = [str(cell["source"]) for cell in book["cells"] if cell["cell_type"] == "code"]
    ids = {str(cell.get("id", "")) for cell in book["cells"]}
    calls = {name for text in code for name in re.findall(r'run_checks\(\s*["\']([\w/]+)', text)}
    names = {found[1] or found[2] for text in code for found in _BOUND.finditer(text)}
    claimed = book["metadata"].get("coursekit", {}).get("exercise", "")
    return _Content(
        frozenset(ids),
        frozenset(calls),
        frozenset(names),
        claimed if isinstance(claimed, str) else "",
    )


@lru_cache(maxsize=64)
def _signs(address: Address) -> tuple[frozenset[str], frozenset[str]]:
    """Return the ids of an exercise's own cells, and the names that it asks for."""
    built = cells(address.read())
    own = [cell for cell in built if cell.role in ("student", "check") and cell.id]
    asked = (name for cell in built if cell.role == "student" for name in cell.names)
    return frozenset(cell.id for cell in own), frozenset(asked)


def _likeness(address: Address, content: _Content) -> int:
    ids, asked = _signs(address)
    return len(ids & content.ids) + len(asked & content.names) + (address.name in content.calls)


def belongs(
    book: Notebook | None, file: str, chosen: Sequence[str], known: Mapping[str, Address]
) -> Belongs:
    """Return for which of the exercises that are graded a notebook counts.

    A notebook counts for the one exercise that the grader has named, unless its content is
    another's and not that one's.

    Args:
        book: The notebook; None if it cannot be read.
        file: The name under which it was handed in.
        chosen: The names of the exercises that are graded.
        known: All exercises, see `all_exercises`.
    """
    graded = [known[name] for name in chosen]
    if book is None:
        return Belongs(_by_file(file, graded) or (chosen[0] if len(chosen) == 1 else ""))
    content = _content(book)
    best = max(graded, key=lambda one: (_likeness(one, content), one.name == content.claimed))
    own = _likeness(best, content)
    if own and _signs(best)[1] <= content.names:
        return Belongs(best.name)
    other = _other(content, [one for one in known.values() if one not in graded], 2 * own)
    if other:
        return Belongs("", other)
    if own or len(chosen) == 1:
        return Belongs(best.name)
    return Belongs(content.claimed if content.claimed in chosen else _by_file(file, graded))


def _other(content: _Content, rest: Iterable[Address], more_than: int) -> str:
    """Return an exercise that is not graded and whose content a notebook has; empty if none."""
    likeness = {}
    for address in rest:
        with suppress(CourseError):  # one with a fault is not what students hand in
            likeness[address.name] = _likeness(address, content)
    best = max(likeness, key=lambda name: likeness[name], default="")
    return best if best and likeness[best] > max(more_than, 1) else ""


def _by_file(file: str, graded: Iterable[Address]) -> str:
    """Return the exercise that a file's name means; empty if none."""
    words = file.lower().removesuffix(".ipynb")
    addresses = list(graded)
    for stem in (lambda a: f"{a.number}-{a.topic}", lambda a: a.topic):
        for address in addresses:
            if re.search(rf"(?<![a-z0-9]){re.escape(stem(address))}(?![a-z0-9])", words):
                return address.name
    return ""
