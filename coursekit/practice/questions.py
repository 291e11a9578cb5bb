"""Finds the predictions that templates ask for, each with its question."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from dataclasses import dataclass

from coursekit.notebooks import names
from coursekit.notebooks.cells import BuiltCell, cells
from coursekit.notebooks.template import Cell, Template, decorator_names
from coursekit.practice.gather import declared

HEADING = re.compile(r"#{1,6} ")


@dataclass(frozen=True)
class Question:
    """A question whose answer is predicted.

    Attributes:
        key: ``lesson/name`` of a worked lesson's, ``lesson/topic/name`` of an exercise's.
        name: The name of the prediction, or of the variable that holds the answer.
        template: Where it is asked.
        text: The question in Markdown.
        earlier: What stands above it under the same heading and may be needed, in Markdown.
        check: The exercise's check of the answer; empty: it was measured.
        solved: The solution's line.
    """

    key: str
    name: str
    template: Template
    text: str
    earlier: str = ""
    check: str = ""
    solved: str = ""


@dataclass(frozen=True)
class Call:
    """A call of ``predict`` or ``reveal`` in a template.

    Attributes:
        function: Which of the two.
        name: Its first argument as it is written; empty if that is no text.
        line: Of the template.
        place: The number of the cell, from 0.
        node: The call.
    """

    function: str
    name: str
    line: int
    place: int
    node: ast.Call


def calls(template: Template) -> list[Call]:
    """Return the calls of the kit's ``predict`` and ``reveal`` in a template, in order."""
    found, imported = [], set[str]()
    for place, cell in enumerate(template.cells):
        if cell.role in ("text", "why"):
            continue
        for node in ast.walk(ast.parse(cell.source)):
            if isinstance(node, ast.ImportFrom) and node.module == "coursekit.prepare":
                imported |= {alias.name for alias in node.names} & {"predict", "reveal"}
            name = getattr(node.func, "id", "") if isinstance(node, ast.Call) else ""
            if isinstance(node, ast.Call) and name in imported:
                line = cell.line + node.lineno - 1
                found.append(Call(name, _first_text(node), line, place, node))
    return sorted(found, key=lambda call: call.line)


def _first_text(node: ast.Call) -> str:
    first = node.args[0] if node.args else None
    return first.value if isinstance(first, ast.Constant) and isinstance(first.value, str) else ""


def questions(template: Template) -> list[Question]:
    """Return what a template asks to predict and what can be asked again without its notebook.

    Of a worked lesson: each ``predict``. Of an exercise: each answer in one line below a question,
    if its check needs nothing else.

    Raises:
        CourseError: The template cannot be built.
    """
    return [*(_of_exercise(template) if template.number else _of_lesson(template))]


def _of_lesson(template: Template) -> Iterator[Question]:
    for call in calls(template):
        above = template.cells[call.place - 1]
        if call.function == "predict" and call.name and above.role == "text":
            name = call.name.rpartition("/")[2]
            yield Question(f"{template.lesson}/{name}", name, template, last_question(above.source))


def _of_exercise(template: Template) -> Iterator[Question]:
    judges = _judges(template)
    built = [cell for cell in cells(template) if cell.id]
    for place, cell in enumerate(built):
        if cell.role != "student" or len(cell.names) != 1 or cell.names[0] not in judges:
            continue
        (name,) = cell.names
        above = _texts_above(built[:place])
        if above and "?" in above[-1]:
            text, earlier = above[-1], "\n\n".join(above[:-1])
            key = f"{template.name}/{name}"
            yield Question(key, name, template, text, earlier, judges[name], cell.solved)


def _texts_above(built: list[BuiltCell]) -> list[str]:
    """Return the texts of a section up to its end, if nothing but answers is below the last."""
    found: list[str] = []
    for cell in reversed(built):
        if cell.role == "text":
            own, is_whole = below_heading(cell.solved)
            found.insert(0, own)
            if is_whole:
                break
        elif cell.role != "student" and not (found and cell.role == "check"):
            break
    return found


def below_heading(markdown: str) -> tuple[str, bool]:
    """Return what stands below the last heading of a text, and whether it has one."""
    lines = markdown.strip().split("\n")
    headings = [number for number, line in enumerate(lines) if HEADING.match(line)]
    return "\n".join(lines[headings[-1] + 1 if headings else 0 :]).strip(), bool(headings)


def last_question(markdown: str) -> str:
    """Return the end of a text that asks something: its last paragraphs.

    They begin where the text says **Predict**, else one paragraph before the last question mark.
    """
    paragraphs = re.split(r"\n\s*\n", below_heading(markdown)[0])
    marked = [n for n, text in enumerate(paragraphs) if text.lstrip().startswith("**Predict")]
    asking = [n for n, text in enumerate(paragraphs) if "?" in text]
    first = marked[-1] if marked else max(asking[-1] - 1, 0) if asking else -1
    return "\n\n".join(paragraphs[first:])


def _judges(template: Template) -> dict[str, str]:
    """Return the checks that judge one answer alone, by the answer's name."""
    probes = declared(template).probes
    found: dict[str, str] = {}
    for cell in template.cells:
        for node in ast.parse(cell.source).body if cell.role == "check" else ():
            if isinstance(node, ast.FunctionDef) and "check" in decorator_names(node):
                read, called = _asked(node)
                alone = len(read) == 1 and all(_needs_only(probes.get(p), read) for p in called)
                if alone:
                    found.setdefault(read.pop(), node.name)
    return found


def _asked(check: ast.FunctionDef) -> tuple[set[str], set[str]]:
    """Return the values that a check reads, and what it calls."""
    student = check.args.args[0].arg if check.args.args else ""
    read: set[str] = set()
    called: set[str] = set()
    for node in ast.walk(check):
        value = getattr(node, "value", None)
        if not isinstance(value, ast.Name) or value.id != student:
            continue
        if isinstance(node, ast.Subscript) and isinstance(node.slice, ast.Constant):
            read.add(str(node.slice.value))
        elif isinstance(node, ast.Attribute):
            called.add(node.attr)
    return read, called


def _needs_only(probe: str | None, given: set[str]) -> bool:
    return probe is not None and names.needed(probe) <= given


def prediction_faults(template: Template) -> list[str]:
    """Return what is wrong with the calls of ``predict`` and ``reveal`` in a template."""
    return [f"{template.path}:{line}: {what}" for line, what in _faults(template)]


def _faults(template: Template) -> Iterator[tuple[int, str]]:
    made = calls(template)
    known: set[tuple[str, str]] = set()
    for call in made:
        if fault := _fault_of_name(template, call):
            yield call.line, fault
            continue
        name = call.name.rpartition("/")[2]
        if (call.function, name) in known:
            yield call.line, f"{call.function}({name!r}, ...) again: give it another name"
        elif call.function == "predict":
            if not any(c.function == "reveal" and _named(c) == name for c in _after(made, call)):
                missing = f"reveal({name!r}, ...) in a later cell"
                yield call.line, f"predict({name!r}, ...) without {missing}"
            yield from _faults_of_place(template, call)
        elif not any(k == ("predict", name) for k in known):
            yield call.line, f"reveal({name!r}, ...) without predict({name!r}, ...) in a cell above"
        known.add((call.function, name))


def _named(call: Call) -> str:
    return call.name.rpartition("/")[2]


def _after(made: list[Call], call: Call) -> list[Call]:
    return [other for other in made if other.place > call.place]


def _fault_of_name(template: Template, call: Call) -> str:
    if template.number:
        return f"{call.function} belongs in a worked lesson; here write `name = 3  # exercise`"
    if not call.name:
        wanted = f'{call.function}("loss", ...)'
        return f"the first argument of {call.function} is not a text: write {wanted}"
    lesson, slash, _ = call.name.rpartition("/")
    if slash and lesson != template.lesson:
        return f"{call.name!r} names another lesson: write {_named(call)!r}"
    return ""


def _faults_of_place(template: Template, call: Call) -> Iterator[tuple[int, str]]:
    cell: Cell = template.cells[call.place]
    guess = call.node.args[1] if len(call.node.args) == 2 else None
    if not isinstance(guess, ast.Constant) or guess.value is not ...:
        yield call.line, f"the guess is the student's: write predict({call.name!r}, ...), with dots"
    if len(ast.parse(cell.source).body) != 1:
        yield call.line, "predict needs a cell of its own, which the student fills"
    above = template.cells[call.place - 1]
    if above.role != "text" or "?" not in last_question(above.source):
        yield call.line, "the cell above predict asks nothing: end it with a question"
