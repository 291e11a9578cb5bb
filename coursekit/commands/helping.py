"""What helps a student who is stuck: hints, and the solution with its reasons."""

from __future__ import annotations

from rich.syntax import Syntax
from rich.text import Text

from coursekit.commands.checking import checked, fingerprint
from coursekit.commands.exercises import word_of
from coursekit.console import Consoles
from coursekit.errors import CourseError
from coursekit.notebooks.cells import BuiltCell
from coursekit.practice.declare import Declared
from coursekit.practice.gather import declared
from coursekit.practice.hints import chosen, comes_after, next_hint, others, to_explain
from coursekit.practice.locate import Place, all_exercises, named, open_notebook, place
from coursekit.practice.records import Record, record_of, records
from coursekit.practice.student_cells import exercises
from coursekit.printable import printable
from coursekit.readable import INDENT, readable


def hint(name: str | None, check: str | None, out: Consoles) -> None:
    """Show the next hint of a check.

    Args:
        name: See `place`; a number alone is a check of the notebook that was saved last.
        check: Its number, its name or the beginning of its title; None: the first check that
            does not pass. A prediction gives way to the checks after it once its hints are used up.
        out: Where to print.

    Raises:
        CourseError: There is no such notebook, or no such check.
    """
    if check is None and name and name.isdecimal():
        name, check = None, name
    where = place(name)
    known, exercise = declared(where.template), where.template.name
    if check is not None:
        asked, failing = chosen(exercise, known, check), []
        passed = set(record_of(exercise).passed) if where.own else set()
    else:
        failing = _failing(where, known)
        if not failing:
            out.result(f"{exercise}: every check passes")
            out.result("next: coursekit next", "bold")
            return
        asked, passed = to_explain(exercise, known, failing), known.checks.keys() - set(failing)
    title, *words = next_hint(exercise, asked)
    out.result(title, "bold")
    _show_paragraph(words[0].splitlines(), out)
    for further in words[1:]:
        out.result(further)
    how = f"coursekit hint {word_of(where)} NUMBER"
    for line in (comes_after(known, asked, passed), others(known, asked, failing, how)):
        if line:
            out.result(line, "dim")


def _failing(where: Place, known: Declared) -> list[str]:
    """Return the checks that do not pass, by the record if the cells are as they were."""
    record = record_of(where.template.name) if where.own else Record()
    recorded = {*record.passed, *filter(None, [record.failing])}
    if record.total == 0 or not recorded <= known.checks.keys():
        return checked(where).all_failing
    if record.answers != fingerprint(where.template, open_notebook(where.path)):
        return checked(where).all_failing
    return [name for name in known.checks if name not in record.passed]


def solution(name: str | None, give_up: bool, out: Consoles) -> None:
    """Print the solution and why it is right: when all checks passed, or if the student gives up.

    Raises:
        CourseError: Not all checks pass, and the student does not give up.
    """
    by_name = name in all_exercises() or (name and "/" in name and not name.endswith(".ipynb"))
    template = named(str(name)) if by_name else place(name).template
    if not give_up and not (records().get(template.name, Record())).solved:
        raise CourseError(
            f"{template.name} is not solved yet",
            remedy=f"coursekit hint {template.name}; or add --give-up",
        )
    for number, cell in enumerate(exercises(template)):
        if number:
            out.result()
        _show_answer(cell, out)


def _show_answer(cell: BuiltCell, out: Consoles) -> None:
    """Print the code of an answer, in colours on a terminal, and then its reason."""
    out.result(f"# {', '.join(cell.names)}", "bold")
    code = printable(cell.solved)
    if out.stdout.is_terminal and not out.stdout.no_color:
        colours = Syntax(code, "python", theme="ansi_dark", background_color="default")
        lines = colours.highlight(code)
        lines.rstrip()
        out.stdout.print(lines, soft_wrap=True)
    else:
        out.result(code)
    for paragraph in filter(None, readable(cell.why).split("\n\n")):
        out.result()
        _show_paragraph(paragraph.splitlines(), out)


def _show_paragraph(lines: list[str], out: Consoles) -> None:
    """Print a paragraph as wide as the terminal; what is indented or a list keeps its lines."""
    if any(line.startswith((INDENT, "• ")) for line in lines):
        out.result("\n".join(lines))
        return
    text = Text(printable(" ".join(line.strip() for line in lines)))
    for line in text.wrap(out.stdout, out.stdout.width):
        line.rstrip()
        out.stdout.print(line, soft_wrap=True)
