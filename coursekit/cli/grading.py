"""The command that grades a class."""

from pathlib import Path
from typing import Annotated

import typer

from coursekit.cli.arguments import AsJson, screen, to_path


def grade(
    submissions: Annotated[Path, typer.Argument(parser=to_path, metavar="SUBMISSIONS")],
    exercise: Annotated[
        str, typer.Option("--exercise", metavar="NAME", help="Which it is, such as nmt/attention.")
    ],
    isolation: Annotated[
        str,
        typer.Option(
            metavar="KIND",
            help="auto, bubblewrap, container or process; auto is the best there is.",
        ),
    ] = "auto",
    jobs: Annotated[
        int,
        typer.Option(min=0, metavar="N", help="How many at once; 0: one for each processor."),
    ] = 0,
    hidden: Annotated[
        Path | None,
        typer.Option(parser=to_path, metavar="FILE", help="A Python file with private checks."),
    ] = None,
    again: Annotated[
        bool, typer.Option("--again", help="Also grade what was graded before.")
    ] = False,
    image: Annotated[
        str, typer.Option(metavar="NAME", help="The image of the container, if that is used.")
    ] = "",
    scheduler: Annotated[
        str, typer.Option(metavar="ADDRESS", help="A Dask scheduler: grade on its workers.")
    ] = "",
    as_json: AsJson = False,
) -> None:
    """Grade a folder of notebooks. The students' code runs behind walls.

    What was graded before is not run again. Exits with status 0 if every submission could be
    graded, else with 1.

    Example: coursekit grade submissions --exercise nmt/attention
    """
    from coursekit.commands import grading

    request = grading.Request(
        submissions, exercise, isolation, jobs, hidden, again, image, scheduler
    )
    if not grading.grade_class(request, as_json, screen()):
        raise typer.Exit(1)
