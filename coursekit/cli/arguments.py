"""What both halves of the command line share: arguments, names of lessons, the screen."""

from pathlib import Path
from typing import Annotated, Any

import typer

from coursekit.errors import CourseError
from coursekit.paths import local_path
from coursekit.printable import is_text


def screen() -> Any:
    """Return where to print."""
    from coursekit.console import consoles

    return consoles()


def lesson_of(name: str) -> Any:
    """Return a lesson by its name."""
    from coursekit.plugins import catalogue

    return catalogue().lesson(name)


def lesson_names() -> list[str]:
    """Return the names of all lessons, for the shell's completion."""
    from coursekit.plugins import catalogue

    return list(catalogue().lessons)


def to_path(typed: str | Path) -> Path:
    """Return what was typed as a path; see `local_path`.

    Raises:
        typer.BadParameter: It is empty, not valid UTF-8, or no path on this machine.
    """
    text = str(typed)
    if not text.strip():
        raise typer.BadParameter("the path is empty")
    if not is_text(text):
        raise typer.BadParameter("the name is not valid UTF-8; rename it")
    try:
        return local_path(text, "the path")
    except CourseError as error:
        raise typer.BadParameter(f"{error.what} (expected: {error.expected})") from None


LessonName = Annotated[
    str, typer.Argument(metavar="LESSON", help="A lesson's name.", autocompletion=lesson_names)
]
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON for scripts.")]
