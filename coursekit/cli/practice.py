"""The half of the command line for a student's notebooks; the other half is `app`."""

import os
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Annotated

import typer

from coursekit.cli.arguments import AsJson, lesson_names, screen, to_path
from coursekit.errors import CourseError
from coursekit.practice.start import start_ahead

WorkName = Annotated[
    str | None,
    typer.Argument(
        metavar="[NOTEBOOK]",
        help="lesson/topic, lesson/number, a topic, a lesson or a file; by default the notebook "
        "saved last.",
    ),
]


def start_work(
    name: Annotated[str, typer.Argument(metavar="LESSON[/TOPIC]", autocompletion=lesson_names)],
    folder: Annotated[Path | None, typer.Argument(parser=to_path, metavar="[DIR]")] = None,
) -> None:
    """Write a lesson's notebooks into a folder, by default one named after the lesson.

    Examples:
    coursekit start nmt

    coursekit start nmt/attention ~/course
    """
    from coursekit.commands import exercises

    exercises.start(name, folder, screen())


def check(
    names: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="[NOTEBOOK]...",
            help="lesson/topic, lesson/number, a topic, a lesson or a file; by default the "
            "notebook saved last. Several may be named.",
        ),
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Check a notebook, or several, and explain what is wrong.

    Runs what the notebook's kernel would run, except training cells and shell commands.
    Exits with status 0 if every check passes, else with 1. Your progress counts the notebooks
    that `coursekit start` wrote, even if you moved them; any other file is checked, but not
    recorded.

    Examples:
    coursekit check nmt/attention

    coursekit check *.ipynb --json
    """
    from coursekit.commands import many

    if not many.check(names or [None], as_json, screen()):
        raise typer.Exit(1)


def is_plain_check(words: Sequence[str]) -> bool:
    """Return whether what was typed is ``check`` with names, with ``--json`` or without.

    Typer needs a tenth of a second to read even that, for which a student would wait each time.
    On Windows it also expands ``*.ipynb``, and for a shell's completion it has other work.
    """
    wanted = words[:1] == ["check"] and sys.platform != "win32"
    usual = all(word == "--json" or not word.startswith("-") for word in words[1:])
    return wanted and usual and "_COURSEKIT_COMPLETE" not in os.environ


def plain_check(words: Sequence[str]) -> None:
    """Run ``check`` as Typer would.

    Raises:
        SystemExit: A check does not pass.
    """
    start_ahead()
    try:
        check([word for word in words[1:] if word != "--json"], "--json" in words)
    except typer.Exit as done:
        raise SystemExit(done.exit_code) from None


def hint(
    name: WorkName = None,
    check: Annotated[
        str | None,
        typer.Argument(
            metavar="[CHECK]",
            help="Its number in the table of `coursekit check`, its name, or the beginning of its "
            "title; by default the first check that fails.",
        ),
    ] = None,
) -> None:
    """Show the next of three hints for a check.

    Without CHECK it is the first check that fails. A prediction whose three hints you have seen
    gives way to the checks after it.

    Examples:
    coursekit hint nmt/attention

    coursekit hint nmt/attention 4

    coursekit hint nmt/attention padding
    """
    from coursekit.commands import helping

    helping.hint(name, check, screen())


def solution(
    name: WorkName = None,
    give_up: Annotated[
        bool, typer.Option("--give-up", help="Show it even if the exercise is not solved.")
    ] = False,
) -> None:
    """Show the solution of an exercise that you have solved, and why it is right.

    Example: coursekit solution nmt/attention
    """
    from coursekit.commands import helping

    helping.solution(name, give_up, screen())


def next_() -> None:
    """Show the next exercise.

    Example: coursekit next
    """
    from coursekit.commands import progress

    progress.next_step(screen())


def progress(
    file: Annotated[
        Path | None,
        typer.Argument(
            parser=to_path,
            metavar="[FILE]",
            help="With --html: by default coursekit-progress.html.",
        ),
    ] = None,
    as_page: Annotated[
        bool, typer.Option("--html", help="Write a page that you can show or print.")
    ] = False,
    learner: Annotated[
        str, typer.Option("--name", metavar="TEXT", help="Your name, for the page's title.")
    ] = "",
) -> None:
    """Show your progress in all exercises, or write it as a page.

    Examples:
    coursekit progress

    coursekit progress --html --name "Ada Lovelace"
    """
    from coursekit.commands import progress as command

    if as_page:
        command.write_page(file or Path(command.PAGE), learner, screen())
    elif file or learner:
        raise CourseError("FILE and --name belong to a page", remedy="add --html")
    else:
        command.progress(screen())


def review(
    everything: Annotated[
        bool, typer.Option("--all", help="Also ask what is not due yet, or was answered.")
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Answer your earlier predictions again, days after you made them.

    They are your guesses in the lessons' `predict` cells, and your answers to
    questions of exercises. Each is due after 2 days, then after 7, then after 21;
    a wrong answer starts over. Without a terminal, what is due is listed.

    Example: coursekit review
    """
    from coursekit.commands import review as command

    command.review(everything, as_json, screen())


def reset(name: WorkName = None) -> None:
    """Start an exercise over; your work is saved beside it as a backup.

    Example: coursekit reset nmt/attention
    """
    from coursekit.commands import renew

    renew.reset(name, screen())


def update(name: WorkName = None) -> None:
    """Update a notebook to the installed edition; your cells are kept.

    Example: coursekit update nmt/attention
    """
    from coursekit.commands import renew

    renew.update(name, screen())


def watch(name: WorkName = None) -> None:
    """Check a notebook each time it is saved.

    Example: coursekit watch nmt/attention
    """
    from coursekit.commands import exercises

    exercises.watch(name, screen())


def doctor() -> None:
    """Check that this machine can run the lessons.

    Example: coursekit doctor
    """
    from coursekit.commands import doctor as command

    if command.doctor(screen()):
        raise typer.Exit(1)


COMMANDS: dict[str, Callable[..., None]] = {
    "start": start_work,
    "check": check,
    "hint": hint,
    "solution": solution,
    "next": next_,
    "progress": progress,
    "review": review,
    "reset": reset,
    "update": update,
    "watch": watch,
    "doctor": doctor,
}
