"""The command that grades a class."""

from pathlib import Path
from typing import Annotated, Any

import typer

from coursekit.cli.arguments import AsJson, screen, to_path


def _file(words: str, metavar: str = "FILE") -> Any:
    """Return an option that takes a path."""
    return typer.Option(parser=to_path, metavar=metavar, help=words)


def grade(
    submissions: Annotated[
        Path | None,
        typer.Argument(
            parser=to_path,
            metavar="SUBMISSIONS",
            help="What Moodle or Canvas exported, a folder or a zip file of notebooks, or one.",
        ),
    ] = None,
    exercise: Annotated[
        str,
        typer.Option(
            "--exercise", metavar="NAME", help="Such as nmt/attention; a lesson; or course."
        ),
    ] = "",
    roster: Annotated[Path | None, _file("The class list: id, name, email.")] = None,
    due: Annotated[Path | None, _file("Due dates and what lateness costs.")] = None,
    manual: Annotated[
        Path | None, _file("Points and comments of your own; it is made if it is not there.")
    ] = None,
    reports: Annotated[
        Path | None, _file("Where the reports go: pages, tables, JSON.", "DIR")
    ] = None,
    replace: Annotated[
        bool, typer.Option("--replace", help="Keep reports that are there under another name.")
    ] = False,
    earlier: Annotated[
        Path | None, _file("Earlier reports: show whose marks changed.", "DIR")
    ] = None,
    canvas: Annotated[
        Path | None, _file("A gradebook that Canvas exported; a filled copy is in the reports.")
    ] = None,
    column: Annotated[
        str, typer.Option(metavar="TITLE", help="The column of the gradebook to fill.")
    ] = "",
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
    example: Annotated[
        Path | None, _file("Write a class of made-up submissions here, and grade nothing.", "DIR")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Grade a class. The students' code runs behind walls.

    What was graded before is not run again. Exits with status 0 if every submission could
    be graded, else with 1.

    Examples:
    coursekit grade --example class

    coursekit grade submissions.zip --exercise nmt/attention --reports reports
    """
    from coursekit.commands import grading
    from coursekit.commands.reporting import ClassOptions

    if example is not None:
        grading.make_example(example, exercise, screen())
        return
    if submissions is None or not exercise:
        missing = "argument 'SUBMISSIONS'" if submissions is None else "option '--exercise'"
        raise typer.BadParameter(f"missing {missing}; or try --example DIR")
    request = grading.Request(
        submissions, exercise, isolation, jobs, hidden, again, image, scheduler
    )
    options = ClassOptions(roster, due, manual, reports, earlier, canvas, column, replace, as_json)
    if not grading.grade_class(request, options, screen()):
        raise typer.Exit(1)
