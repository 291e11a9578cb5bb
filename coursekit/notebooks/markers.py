"""Carries out the markers of a template's cell: what is shown, and what is left to write."""

from __future__ import annotations

import ast
import io
import re
import tokenize
from collections.abc import Iterator
from dataclasses import dataclass, field
from difflib import get_close_matches

from coursekit.errors import CourseError
from coursekit.notebooks import holes
from coursekit.notebooks import source as sources
from coursekit.notebooks.source import DEFINITIONS, Source
from coursekit.notebooks.template import MARKER, Cell, Template

WORDS = ("show", "exercise")
NEARLY = re.compile(r"#+\s*(\w+)((?:\s*:\s*|\s+)[\w.]+(?:\s*,\s*[\w.]+)*|\s*:?)\s*")


@dataclass
class Carried:
    """A cell whose markers were carried out.

    Attributes:
        solved: Its source in the worked and the solved edition.
        student: Its source in the student edition.
        names: What the student defines in it.
        removed: The lines that are missing from the student edition.
        reading: Sources that are shown for reading, each with its title.
    """

    solved: str
    student: str
    names: list[str] = field(default_factory=list)
    removed: list[str] = field(default_factory=list)
    reading: list[tuple[str, str]] = field(default_factory=list)


@dataclass(frozen=True)
class Marker:
    """A marker, the statement that carries it, and its arguments (names of methods)."""

    word: str
    statement: ast.stmt
    methods: tuple[str, ...]
    line: int


def markers(template: Template, cell: Cell) -> Iterator[Marker]:
    """Yield the markers of a cell, the last first.

    Raises:
        CourseError: A marker is where there is nothing to show or to write.
    """
    lines = cell.source.splitlines()
    found = {n: m for n, line in enumerate(lines, 1) if (m := MARKER.search(line))}
    # Text in a string may look like a marker: only what is on a statement's first line counts.
    statements = {node.lineno: node for node in ast.parse(cell.source).body}
    for number, comment in _comments(cell.source):
        if number in statements and number not in found:
            _fail_on_nearly_a_marker(template, cell.line + number - 1, comment)
    for number in sorted(found, reverse=True):
        word, names = found[number][1], found[number][2] or ""
        node = statements.get(number)
        takes = (ast.ImportFrom, *DEFINITIONS, ast.Assign, ast.AnnAssign)
        if not isinstance(node, takes[:1] if word == "show" else takes):
            raise template.error(
                cell.line + number - 1,
                f"the marker `# {word}` hides nothing",
                "`from module import name` on the same line, or for an exercise a function, "
                "a class or an assignment",
            )
        methods = tuple(name.strip() for name in names.split(",") if name.strip())
        yield Marker(word, node, methods, cell.line + number - 1)


def _comments(code: str) -> Iterator[tuple[int, str]]:
    """Yield the comments of code that stand behind something, each with its line."""
    for token in tokenize.generate_tokens(io.StringIO(code).readline):
        if token.type == tokenize.COMMENT and token.line[: token.start[1]].strip():
            yield token.start[0], token.string


def _fail_on_nearly_a_marker(template: Template, line: int, comment: str) -> None:
    """Fail on ``# exercize`` and ``# exercise call``, which would build without a word."""
    found = NEARLY.fullmatch(comment)
    near = get_close_matches(found[1].lower(), WORDS, n=1, cutoff=0.7) if found else []
    if found and near:
        rest = found[2].strip(" :")
        raise template.error(
            line,
            f"the comment `{comment}` is not a marker",
            "`# show` or `# exercise`, each with `: method, method` if it means methods",
            f"write `# {near[0]}{': ' if rest else ''}{rest}`, or reword the comment",
        )


def carry_out(template: Template, cell: Cell, faults: dict[str, str]) -> Carried:
    """Return a cell's source in both editions.

    Args:
        template: For the file's name in errors.
        cell: The cell.
        faults: Faulty versions by name, which stand in the student edition instead of holes.

    Raises:
        CourseError: An object does not exist, a marker hides nothing, a region is not closed.
    """
    done = Carried(cell.source, cell.source)
    for marker in markers(template, cell):
        try:
            solved, student = _pieces(marker, cell, faults, done)
        except CourseError as error:
            raise template.error(marker.line, error.what, error.expected, error.remedy) from None
        done.solved = _replace(done.solved, marker.statement, solved)
        done.student = _replace(done.student, marker.statement, student)
    return done


def _pieces(marker: Marker, cell: Cell, faults: dict[str, str], done: Carried) -> tuple[str, str]:
    """Return what replaces a marked statement in the solved and the student edition."""
    node = marker.statement
    if isinstance(node, ast.Assign | ast.AnnAssign):
        return _answer(node, cell, done)
    if isinstance(node, ast.ImportFrom):
        found = [sources.find(str(node.module), alias.name) for alias in node.names]
    else:
        assert isinstance(node, DEFINITIONS)
        text = sources.definition(cell.source, node)
        found = [Source(node.name, _unmarked(text), node.name)]
    solved = "\n\n\n".join(holes.without_regions(item.text) for item in found)
    if marker.word == "show":
        return _shown(marker, found, solved, cell, done)
    pieces = []
    for item in found:
        student, removed = holes.hollow(item, marker.methods)
        if item.name in faults:
            student = faults[item.name]
            if student.strip() == holes.without_regions(item.text).strip():
                raise CourseError(f"the fault {item.name} is the right answer")
        pieces.append(student)
        done.names.insert(0, item.name)
        done.removed += removed
    return solved, "\n\n\n".join(pieces)


def _unmarked(text: str) -> str:
    return "\n".join(MARKER.sub("", line).rstrip() for line in text.splitlines())


def _shown(
    marker: Marker, found: list[Source], solved: str, cell: Cell, done: Carried
) -> tuple[str, str]:
    """Show whole objects in place of their import; single methods beside it, for reading."""
    if not marker.methods:
        return solved, solved
    for item in found:
        for method in sources.methods(item, marker.methods):
            text = sources.definition(item.text, method)
            done.reading.append((f"{item.name}.{method.name}", holes.without_regions(text)))
    node = marker.statement
    kept = _unmarked(_text(cell.source, node.lineno, node.end_lineno))
    return kept, kept


def _answer(node: ast.Assign | ast.AnnAssign, cell: Cell, done: Carried) -> tuple[str, str]:
    """Leave an answer (a number or a choice) to the student."""
    target = node.targets[0] if isinstance(node, ast.Assign) else node.target
    if not isinstance(target, ast.Name) or node.value is None:
        raise CourseError("the marker `# exercise` hides nothing", "name = answer")
    text = _unmarked(_text(cell.source, node.lineno, node.end_lineno))
    done.names.insert(0, target.id)
    done.removed.append(text)
    return text, f"{target.id} = ...  # your answer in place of the dots"


def _text(text: str, start: int, stop: int | None) -> str:
    return "\n".join(text.splitlines()[start - 1 : stop])


def _replace(text: str, node: ast.stmt, new: str) -> str:
    lines = text.splitlines()
    start = sources.first_line(node) if isinstance(node, DEFINITIONS) else node.lineno
    lines[start - 1 : sources.last_line(lines, node)] = new.splitlines()
    return "\n".join(lines)
