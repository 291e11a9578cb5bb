"""Parts of an answer that no check looks at: one is replaced, and all else stays right."""

from __future__ import annotations

import re
import warnings
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from coursekit.practice.checks import check_one
from coursekit.practice.declare import Declared
from coursekit.practice.plain_data import equal
from coursekit.practice.solved_work import Changed, Recorded
from coursekit.practice.stubs import STUBS, Stub, stubbed

Place = tuple[Any, ...]  # keys of a dict and numbers of a tuple, from the outside in; * of a list
EACH = "*"
# In one part alone, an argument is too often right by chance, and an order too often free. What
# could have been measured may be within what a check allows, but not all of it.
MEASURED = ("zeros", "ones", "the mean as a constant", "the first number as a constant")
SENSELESS = [title for title in STUBS if not re.search("argument|reverse|zeros|ones|const", title)]


def places(value: Any, above: Place = ()) -> Iterator[Place]:
    """Yield where the parts of an answer are: the entries of its dicts and tuples.

    A list has as many entries as there are things to tell of: its entries are one part together.
    """
    if isinstance(value, dict) and len(value) > 1:
        inner = list(value.items())
    elif isinstance(value, tuple) and len(value) > 1:
        inner = list(enumerate(value))
    elif isinstance(value, list) and value and isinstance(value[0], dict | tuple):
        inner = [(EACH, value[0])]
    else:
        if above and above != (EACH,):
            yield above
        return
    for key, part in inner:
        yield from places(part, (*above, key))


def with_part(place: Place, stub: Stub, args: list[Any], right: Any, first: Any) -> Any:
    """Return the right answer with a stub in place of one part; without that part, as it is."""
    if not place:
        return stubbed(stub, args, right, first)
    key, *inner = place
    if key == EACH and isinstance(right, list):
        return [with_part(tuple(inner), stub, args, part, _at(first, 0)) for part in right]
    if isinstance(right, dict) and key in right:
        return right | {
            key: with_part(tuple(inner), stub, args, right[key], _at(first, key, right[key]))
        }
    if isinstance(right, tuple) and isinstance(key, int) and key < len(right):
        made = with_part(tuple(inner), stub, args, right[key], _at(first, key, right[key]))
        return (*right[:key], made, *right[key + 1 :])
    return right


def _at(value: Any, key: Any, other: Any = None) -> Any:
    """Return an entry of an answer that may have another form than the one that was looked at."""
    try:
        return value[key]
    except (LookupError, TypeError):
        return other


@dataclass
class _Parted:
    """Replaces one part of what a name gives, and remembers whether that made a difference."""

    name: str
    place: Place
    stub: Stub
    differs: bool = False
    first: list[Any] = field(default_factory=list)

    def __call__(self, name: str, args: list[Any], answer: Any) -> Any:
        if name != self.name:
            return answer
        self.first.append(answer)
        given = with_part(self.place, self.stub, args, answer, self.first[0])
        self.differs = self.differs or not equal(given, answer)
        return given


def unexamined(known: Declared, right: Recorded) -> Iterator[str]:
    """Yield the parts of answers that may be anything: no check of the exercise rejects it.

    A check may well look at one part alone; another must then look at the others. What need not
    be examined is left out of what a probe gives. A value that the student chooses is one answer
    of many, and not looked at here.

    Args:
        known: The checks of the exercise.
        right: The solved work.
    """
    for name, found in sorted(_forms(known, right).items()):
        for place in sorted(found, key=repr):
            passing = {
                title: _passes(known, right, name, place, STUBS[title])
                for title in (*MEASURED, *SENSELESS)
            }
            differing = [title for title in MEASURED if passing[title] is not None]
            titles = differing if all(passing[title] for title in differing) else []
            titles += [title for title in SENSELESS if passing[title]]
            if titles:
                part = "".join(f"[{key!r}]" for key in place if key != EACH)
                yield (
                    f"no check rejects {', '.join(titles)} in place of {part} of what `{name}` "
                    "gives: compare that part in one of them, or let a probe leave it out"
                )


def _forms(known: Declared, right: Recorded) -> dict[str, set[Place]]:
    """Return where the parts of the answers are, for each name that the checks ask for."""
    found: dict[str, set[Place]] = {}

    def listen(name: str, args: list[Any], answer: Any) -> Any:
        if args or name in known.probes:
            found.setdefault(name, set()).update(places(answer))
        return answer

    for check in known.checks.values():
        check_one(check, (), Changed(right, listen))
    return found


def _passes(known: Declared, right: Recorded, name: str, place: Place, stub: Stub) -> bool | None:
    """Return whether all checks pass although a part is other than right; None if it is right."""
    change = _Parted(name, place, stub)
    with warnings.catch_warnings(), np.errstate(all="ignore"):
        warnings.simplefilter("ignore")
        for check in known.checks.values():
            change.first.clear()
            if check_one(check, (), Changed(right, change)).status != "passed":
                return False
    return True if change.differs else None
