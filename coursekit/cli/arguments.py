"""What both halves of the command line share: arguments, names of lessons, the screen."""

from typing import Annotated, Any

import typer


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


LessonName = Annotated[
    str, typer.Argument(metavar="LESSON", help="A lesson's name.", autocompletion=lesson_names)
]
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON for scripts.")]
