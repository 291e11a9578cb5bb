"""A small class of made-up submissions, to try grading on: ``coursekit grade --example DIR``.

The notebooks are made by program from an exercise's stub, its solution and its misconceptions.
The people do not exist.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

from coursekit.atomic import make_folder, write_bytes, write_text
from coursekit.errors import CourseError, disk_errors
from coursekit.grading.made_up import answers, mistakes, solved, written
from coursekit.grading.tables import csv_bytes
from coursekit.notebooks.notebook import Notebook, notebook_text
from coursekit.notebooks.template import Template
from coursekit.practice.locate import named
from coursekit.printable import quoted

EXERCISE = "textgen/batches"
DUE = datetime(2026, 3, 2, 23, 59)
COPIED = (1, 11, 26)  # the mistakes of the one who copied, and of the other
CHEAT_BOAST = "print('All checks passed. 99 of 99 points.')"


@dataclass(frozen=True)
class Person:
    """A made-up student.

    Attributes:
        id: In the class list.
        name: With all that names may hold.
        write: Makes what is handed in; None: nothing is handed in.
        hours: Before it is due; negative: late.
    """

    id: str
    name: str
    write: Callable[[Template], str] | None
    hours: float = 20.0


def write_example(folder: Path, exercise: str = EXERCISE) -> str:
    """Write a class: submissions as Moodle exports them, a class list, due dates.

    Args:
        folder: Where; it must not be there, or be empty.
        exercise: Of which the submissions are.

    Returns:
        The command that grades it.

    Raises:
        CourseError: The folder has something in it, or cannot be written.
    """
    template = named(exercise)
    with disk_errors("look at", folder):
        if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
            raise CourseError(
                f"{folder} has something in it",
                "a folder that is not there, or is empty",
                "choose another name",
            )
    for place, person in enumerate(PEOPLE):
        if person.write is not None:
            name = f"{person.name}_{41200 + 7 * place}_assignsubmission_file_"
            own = make_folder(folder / "submissions" / name)
            write_text(own / template.file_name, person.write(template))
    write_bytes(folder / "roster.csv", csv_bytes(_roster()))
    write_text(folder / "due.toml", _due(template.name))
    return (
        f"coursekit grade {quoted(folder / 'submissions')} --exercise {template.name} "
        f"--roster {quoted(folder / 'roster.csv')} --due {quoted(folder / 'due.toml')} "
        f"--reports {quoted(folder / 'reports')}"
    )


def _roster() -> list[tuple[str, ...]]:
    rows: list[tuple[str, ...]] = [("id", "name", "email", "submitted")]
    for person in PEOPLE:
        handed = DUE - timedelta(hours=person.hours)
        time = f"{handed:%Y-%m-%d %H:%M}" if person.write else ""
        rows.append((person.id, person.name, f"{person.id}@example.org", time))
    return rows


def _due(exercise: str) -> str:
    return (
        "# Times without a zone are local time.\n"
        "[late]\n"
        "percent_a_day = 10    # of the points, for each day that has begun\n"
        "grace_minutes = 15    # that cost nothing\n"
        "most_percent = 50     # that lateness costs at the most\n\n"
        f'[due]\n"{exercise}" = {DUE:%Y-%m-%d %H:%M:%S}\n\n'
        f'[extensions."{exercise}"]\ns1007 = {DUE + timedelta(days=3):%Y-%m-%d %H:%M:%S}\n'
    )


def _text(book: Notebook) -> str:
    return notebook_text(book)


def honest(template: Template) -> str:
    """Return a notebook in which everything is right."""
    return _text(written(template, solved(template)))


def half(template: Template) -> str:
    """Return a notebook whose second half is still to be written."""
    own = answers(template)
    return _text(written(template, {cell.id: cell.solved for cell in own[: (len(own) + 1) // 2]}))


def untouched(template: Template) -> str:
    """Return the notebook as it was given."""
    return _text(written(template, {}))


def mistaken(*places: int) -> Callable[[Template], str]:
    """Return what makes a notebook with misconceptions, by their places among all of them."""

    def write(template: Template) -> str:
        known = mistakes(template)
        chosen = [known[place % len(known)] for place in places] if known else []
        return _text(written(template, solved(template) | {cell: code for _, cell, code in chosen}))

    return write


def no_python(template: Template) -> str:
    """Return a notebook with a cell that is no Python."""
    last = answers(template)[-1]
    broken = last.solved.replace(":\n", "\n", 1) if ":\n" in last.solved else f"{last.solved} ="
    return _text(written(template, solved(template) | {last.id: broken}))


def torn(template: Template) -> str:
    """Return half of a notebook's file, as a lost connection leaves it."""
    whole = honest(template)
    return whole[: len(whole) // 2]


def importer(template: Template) -> str:
    """Return a notebook that imports the answer in place of writing it."""
    plugin = template.path.parent.parent.name
    code = solved(template)
    last = answers(template)[-1]
    where = f"import sys\n{last.names[0]} = sys.modules['{plugin}.data'].{last.names[0]}"
    return _text(written(template, code | {last.id: where}))


def boaster(template: Template) -> str:
    """Return a stub whose checks were replaced by a claim."""
    book = written(template, {})
    for cell in book["cells"]:
        if "check" in cell["metadata"].get("tags", []):
            cell["source"] = CHEAT_BOAST
    return _text(book)


def copied(template: Template) -> str:
    """Return the work of another with other names of its variables."""
    book = json.loads(mistaken(*COPIED)(template))
    for cell in book["cells"]:
        if "student" in cell["metadata"].get("tags", []):
            for old, new in (("width", "columns"), ("start", "begin"), ("piece", "part")):
                cell["source"] = cell["source"].replace(f"{old} =", f"{new} =")
                cell["source"] = cell["source"].replace(f"{old},", f"{new},")
    return _text(book)


PEOPLE = (
    Person("s1001", "Amara Okafor", honest),
    Person("s1002", "Núñez, José María", honest, hours=2),
    Person("s1003", "Zoë Lindqvist", mistaken(1)),
    Person("s1004", "李 小龙", mistaken(13, 24), hours=-30),
    Person("s1005", "Priya Raman", half),
    Person("s1006", "Ó Briain, Dara", mistaken(24), hours=-0.1),
    Person("s1007", "Tomasz Wiśniewski", mistaken(6, 16), hours=-40),
    Person("s1008", "Lena Hoffmann", no_python),
    Person("s1009", "Yuki Tanaka", torn, hours=1),
    Person("s1010", "Max Mustermann", importer),
    Person("s1011", "Ivy Lee", boaster),
    Person("s1012", "Noor Haddad", mistaken(*COPIED)),
    Person("s1013", "Sam O'Neil", copied),
    Person("s1014", "Grace Mbeki", untouched),
    Person("s1015", "Olu Adeyemi", None),
)
