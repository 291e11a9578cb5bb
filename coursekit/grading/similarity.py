"""Which submissions resemble each other more than their exercise explains.

Winnowing (Schleimer, Wilkerson and Aiken, "Winnowing: local algorithms for document
fingerprinting", SIGMOD 2003): of the hashes of all runs of `RUN` tokens, the lowest of each
`WINDOW` is kept as a fingerprint, so that any shared passage of ``RUN + WINDOW - 1`` tokens is
found. Names that a student chose count as one and the same token, so that renaming hides nothing.
What the stub gave is discounted, and so are the solution, to which honest work comes by itself, and
what a good part of the class wrote.

Resemblance proves nothing: it says where to look.
"""

from __future__ import annotations

import builtins
import hashlib
import io
import keyword
import tokenize
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations

from coursekit.errors import CourseError
from coursekit.grading.results import Grade
from coursekit.notebooks.cells import cells
from coursekit.notebooks.notebook import Notebook
from coursekit.notebooks.reading import read_notebook
from coursekit.practice.locate import all_exercises

RUN = 8  # tokens of a fragment
WINDOW = 4  # fragments of which one is kept
FEWEST = 8  # shared fingerprints below which a likeness means nothing
LEAST = 0.3  # share of the shorter one's own fingerprints from which a pair is named
COMMON, MANY = 0.25, 10  # share of the class, and students: what more have is common property
MOST_CODE = 200_000  # characters of a notebook that are compared
MOST_PAIRS = 50
_LAYOUT = {tokenize.NEWLINE, tokenize.NL, tokenize.INDENT, tokenize.DEDENT, tokenize.ENDMARKER}
_KNOWN = frozenset({*keyword.kwlist, *dir(builtins), "self", "cls"})

Prints = frozenset[int]


@dataclass(frozen=True)
class Pair:
    """Two submissions that resemble each other.

    Attributes:
        exercise: For which both were handed in.
        students: The ids of the two.
        share: Of the shorter one's own fingerprints, without the stub's, those that both have and
            that nothing else explains; from 0 to 1.
        fragments: How many that are.
    """

    exercise: str
    students: tuple[str, str]
    share: float
    fragments: int


def similar(grades: Sequence[Grade]) -> tuple[Pair, ...]:
    """Return the pairs of submissions that resemble each other, the most alike first.

    Notebooks that cannot be read are left out.
    """
    by_exercise: dict[str, dict[str, list[str]]] = defaultdict(dict)
    for grade in grades:
        try:
            code = code_of(read_notebook(grade.submission.path))
        except CourseError:  # grading it has told why
            continue
        by_exercise[grade.exercise][grade.submission.student] = code
    found = [
        pair
        for exercise, codes in by_exercise.items()
        for pair in similar_code(exercise, codes, *given_code(exercise))
    ]
    return tuple(sorted(found, key=lambda pair: (-pair.share, -pair.fragments, pair.students)))


def code_of(book: Notebook) -> list[str]:
    """Return the sources of a notebook's code cells."""
    return [str(cell["source"]) for cell in book["cells"] if cell["cell_type"] == "code"]


def given_code(exercise: str) -> tuple[list[str], list[str]]:
    """Return the code of an exercise's stub, and of its solution; nothing if it is unknown."""
    address = all_exercises().get(exercise)
    built = [cell for cell in cells(address.read()) if cell.role != "text"] if address else []
    return [cell.student for cell in built], [cell.solved for cell in built]


def similar_code(
    exercise: str,
    codes: Mapping[str, Sequence[str]],
    stub: Sequence[str],
    solution: Sequence[str] = (),
) -> list[Pair]:
    """Return the pairs of students whose code resembles each other's.

    Args:
        exercise: For which it is.
        codes: The cells of each student.
        stub: The cells that all were given.
        solution: The cells of the solution.
    """
    known = _names(stub)
    given = _all_hashes(stub, known)
    prints: dict[str, Prints] = {}
    for student, found in codes.items():
        own = [cell for cell in found if cell not in stub]
        prints[student] = fingerprints(own, known) - given
    explained = _common(prints) | _all_hashes(solution, known)
    return list(_pairs(exercise, prints, explained))


def _all_hashes(code: Iterable[str], known: frozenset[str]) -> Prints:
    return frozenset(print_ for cell in code for print_ in _hashes(_tokens(cell, known)))


def fingerprints(code: Iterable[str], known: frozenset[str] = _KNOWN) -> Prints:
    """Return the fingerprints of cells.

    Args:
        code: The cells.
        known: The names that are told apart; all others count as one.
    """
    found: set[int] = set()
    left = MOST_CODE
    for cell in code:
        hashes = _hashes(_tokens(cell[:left], known))
        left = max(left - len(cell), 0)
        windows = range(max(len(hashes) - WINDOW + 1, min(len(hashes), 1)))
        found.update(min(hashes[start : start + WINDOW]) for start in windows)
    return frozenset(found)


def _hashes(tokens: Sequence[str]) -> list[int]:
    """Return a number for each run of tokens, the same on every machine."""
    runs = ("\0".join(tokens[n : n + RUN]) for n in range(len(tokens) - RUN + 1))
    return [
        int.from_bytes(hashlib.blake2b(run.encode("utf-8", "replace"), digest_size=8).digest())
        for run in runs
    ]


def _read(code: str) -> list[tokenize.TokenInfo]:
    """Return the tokens of a cell, as far as it is Python."""
    found = []
    try:
        for token in tokenize.generate_tokens(io.StringIO(code).readline):
            found.append(token)
    except (tokenize.TokenError, SyntaxError, ValueError, RecursionError):
        pass  # half a cell is compared, too
    return [token for token in found if token.type not in _LAYOUT]


def _tokens(code: str, known: frozenset[str]) -> list[str]:
    tokens, dotted = [], False
    for token in _read(code):
        if token.type == tokenize.COMMENT:
            tokens += ["#", *token.string.lstrip("# ").split()]
        elif token.type == tokenize.NAME and not dotted and token.string not in known:
            tokens.append("name")
        else:
            tokens.append(token.string)
        dotted = token.string == "."
    return tokens


def _names(code: Iterable[str]) -> frozenset[str]:
    names = (t.string for cell in code for t in _read(cell) if t.type == tokenize.NAME)
    return _KNOWN.union(names)


def _common(prints: Mapping[str, Prints]) -> Prints:
    """Return what so many have that it tells nothing: the obvious way to write it."""
    count: dict[int, int] = defaultdict(int)
    for found in prints.values():
        for print_ in found:
            count[print_] += 1
    most = max(min(COMMON * len(prints), MANY), 3)
    return frozenset(print_ for print_, number in count.items() if number > most)


def _pairs(exercise: str, prints: Mapping[str, Prints], explained: Prints) -> Iterable[Pair]:
    owners: dict[int, list[str]] = defaultdict(list)
    for student, found in prints.items():
        for print_ in found - explained:
            owners[print_].append(student)
    shared: dict[tuple[str, str], int] = defaultdict(int)
    for students in owners.values():
        for pair in combinations(students, 2):
            shared[pair] += 1
    for (one, other), number in shared.items():
        share = number / min(len(prints[one]), len(prints[other]))
        if number >= FEWEST and share >= LEAST:
            yield Pair(exercise, (one, other), share, number)
