"""The commands for authors of lessons: new, build, verify."""

from pathlib import Path
from typing import Annotated

import typer

from coursekit.cli.arguments import LessonName, lesson_names, lesson_of, screen, to_path


def new(
    name: Annotated[str, typer.Argument(metavar="NAME", help="The name of the new lesson.")],
    folder: Annotated[
        Path | None,
        typer.Argument(
            parser=to_path,
            metavar="[DIR]",
            help="The folder of the project, by default one named after the lesson.",
        ),
    ] = None,
    source: Annotated[
        str | None,
        typer.Option(
            "--from",
            metavar="LESSON",
            autocompletion=lesson_names,
            help="Copy this lesson, instead of the small one made for it.",
        ),
    ] = None,
    exercise: Annotated[
        bool, typer.Option("--exercise/--no-exercise", help="With exercises, or without.")
    ] = True,
) -> None:
    """Write a lesson of your own: a project that runs and passes its tests at once.

    Examples:
    coursekit new weather

    coursekit new german ~/german --from nmt
    """
    from coursekit.commands.new import new_lesson

    new_lesson(name, folder, source, exercise, screen())


def build(
    lesson: Annotated[
        str | None, typer.Argument(metavar="[LESSON]", autocompletion=lesson_names)
    ] = None,
    solutions: Annotated[
        Path | None,
        typer.Option(
            parser=to_path, metavar="DIR", help="Write the solved exercises here instead."
        ),
    ] = None,
    check: Annotated[
        bool, typer.Option("--check", help="Write nothing; only report what is out of date.")
    ] = False,
    watch: Annotated[
        bool, typer.Option("--watch", help="Build the exercises at each save, until Ctrl-C.")
    ] = False,
    force: Annotated[
        bool, typer.Option("--force", help="Also overwrite files that coursekit did not write.")
    ] = False,
) -> None:
    """Build the notebooks of lessons and exercises in the current folder.

    Examples:
    coursekit build nmt

    coursekit build --check

    coursekit build nmt --watch
    """
    from coursekit.commands import author

    author.build_notebooks(lesson, solutions, check, watch, force, screen())


def _group_names() -> list[str]:
    from coursekit.testing import GROUPS

    return list(GROUPS)


def verify(
    lesson: LessonName,
    only: Annotated[
        list[str] | None,
        typer.Option(
            "--only",
            metavar="GROUP",
            help="Look at this group alone, such as contract or exercises; can be repeated.",
            autocompletion=_group_names,
        ),
    ] = None,
) -> None:
    """Check all that a lesson promises, on its built-in data, and that its exercises are ready.

    Examples:
    coursekit verify nmt

    coursekit verify nmt --only metrics --only demo
    """
    from coursekit.commands import author

    author.verify_lesson(lesson_of(lesson), only or (), screen())
