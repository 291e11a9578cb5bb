"""The command line: parses, and hands over. Nothing here imports TensorFlow.

The commands for lessons are here, those for a student's notebooks in `practice`, those for
teachers in `grading`, those for authors in `authoring`.
"""

import io
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated, Any, NoReturn

import typer
from typer.core import TyperGroup

from coursekit import __version__
from coursekit.cli import authoring
from coursekit.cli import practice as learner
from coursekit.cli.arguments import AsJson, LessonName, lesson_names, lesson_of, screen, to_path
from coursekit.cli.grading import grade
from coursekit.errors import CourseError
from coursekit.practice.start import end_untaken

LEARN, PRACTISE, TEACH, AUTHOR = "Learn", "Practise", "Teach", "Author"


class Group(TyperGroup):
    """The one place where errors for the user are caught."""

    def invoke(self, ctx: Any) -> Any:
        """Run a command; print a `CourseError` to stderr and exit with 1."""
        with _told():
            return super().invoke(ctx)


@contextmanager
def _told() -> Iterator[None]:
    """Print a `CourseError` to stderr and exit with 1; exit with 130 on Ctrl-C."""
    try:
        yield
    except CourseError as error:
        _fail(error)
    except KeyboardInterrupt:
        raise SystemExit(130) from None


app = typer.Typer(
    cls=Group,
    name="coursekit",
    help="Hands-on lessons on generative and sequence models: run them, watch them learn, take "
    "them apart.",
    epilog="Examples: coursekit run nmt · coursekit runs --json · coursekit data nmt · "
    "coursekit bench nmt",
    context_settings={"help_option_names": ["-h", "--help"]},
    pretty_exceptions_enable=False,
    rich_markup_mode="rich",
)


def _version(wanted: bool) -> None:
    if wanted:
        print(f"coursekit {__version__}")
        raise typer.Exit


DataName = Annotated[
    str | None,
    typer.Option(
        "--data", metavar="NAME|PATH", help="The name of a data set, or the path of your own data."
    ),
]
PresetName = Annotated[
    str | None,
    typer.Option("--preset", help="quick (minutes), full (the best result) or tiny (a test)."),
]
Assignments = Annotated[
    list[str] | None,
    typer.Option("--set", metavar="KEY=VALUE", help="Change a setting; can be repeated."),
]


@app.callback(invoke_without_command=True)
def start(
    ctx: typer.Context,
    version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Print the version.")
    ] = False,
) -> None:
    """Learn generative and sequence models by running them."""
    if ctx.invoked_subcommand is None:
        from coursekit.commands.listing import welcome

        welcome(screen())


@app.command("list", rich_help_panel=LEARN)
def list_(as_json: AsJson = False) -> None:
    """List the lessons.

    Example: coursekit list
    """
    from coursekit.commands.listing import list_lessons

    list_lessons(as_json, screen())


@app.command(rich_help_panel=LEARN)
def info(lesson: LessonName, as_json: AsJson = False) -> None:
    """Show a lesson's question, data sets and settings.

    Example: coursekit info nmt
    """
    from coursekit.commands import listing

    listing.show_info(lesson_of(lesson), as_json, screen())


@app.command(rich_help_panel=LEARN)
def run(
    lesson: LessonName,
    data: DataName = None,
    preset: PresetName = None,
    assignments: Assignments = None,
    epochs: Annotated[int | None, typer.Option(help="Passes over the training data.")] = None,
    seed: Annotated[int | None, typer.Option(help="The seed of all random numbers.")] = None,
    eager: Annotated[bool, typer.Option("--eager", help="Do not compile the train step.")] = False,
    out: Annotated[
        Path | None,
        typer.Option(parser=to_path, metavar="DIR", help="The run's folder: new or empty."),
    ] = None,
    resume: Annotated[
        bool,
        typer.Option("--resume", help="Resume the run in --out or the newest one."),
    ] = False,
) -> None:
    """Train a lesson's model while you watch, evaluate it and show what it can do.

    Examples:
    coursekit run nmt

    coursekit run nmt --data phrasebook --set units=128

    coursekit run nmt --preset full --out runs/mine

    coursekit run nmt --resume
    """
    from coursekit.runs.resume import Request
    from coursekit.runs.runner import run_lesson

    run_lesson(
        lesson_of(lesson),
        Request(data, preset, _assignments(assignments, epochs, seed), eager, out, resume),
        screen(),
    )


def _assignments(texts: list[str] | None, epochs: int | None, seed: int | None) -> tuple[str, ...]:
    """Return ``--set`` followed by ``--epochs`` and ``--seed``, which take precedence."""
    extra = {"epochs": epochs, "seed": seed}
    return (*(texts or ()), *(f"{k}={v}" for k, v in extra.items() if v is not None))


@app.command(
    rich_help_panel=LEARN,
    add_help_option=False,
    context_settings={
        "allow_extra_args": True,
        "ignore_unknown_options": True,
        "allow_interspersed_args": False,
    },
)
def demo(
    ctx: typer.Context,
    lesson: Annotated[
        str | None, typer.Argument(metavar="LESSON", autocompletion=lesson_names)
    ] = None,
) -> None:
    """Use a trained model: coursekit demo LESSON [INPUT]; LESSON --help shows its options.

    Examples:
    coursekit demo nmt "¿dónde está mi libro?"

    coursekit demo nmt --help
    """
    if lesson is None or lesson in ("-h", "--help"):
        print(ctx.get_help())
        raise typer.Exit(0 if lesson else 2)
    if lesson.startswith("-"):
        raise CourseError(
            f"{lesson} comes before the lesson", "coursekit demo LESSON [INPUT] [OPTIONS]"
        )
    from coursekit.cli.demo_flags import demo_command
    from coursekit.commands.demo import show_demo

    chosen = lesson_of(lesson)

    def handle(request: str | None, options: Any, folder: Path | None) -> None:
        show_demo(chosen, request, options, folder, screen())

    demo_command(chosen, handle)(ctx.args, prog_name=f"coursekit demo {lesson}")


# Practise is between Learn and Teach; doctor checks the machine, so it comes before the runs.
for _name, _command in learner.COMMANDS.items():
    app.command(_name, rich_help_panel=PRACTISE)(_command)


@app.command(rich_help_panel=LEARN)
def runs(
    lesson: Annotated[
        str | None, typer.Argument(metavar="[LESSON]", autocompletion=lesson_names)
    ] = None,
    root: Annotated[
        Path,
        typer.Option("--in", parser=to_path, metavar="DIR", help="The folder to search."),
    ] = Path("runs"),
    as_json: AsJson = False,
) -> None:
    """List the trained models with their main metric.

    Example: coursekit runs nmt --json
    """
    from coursekit.commands.listing import list_runs

    list_runs(root, lesson, as_json, screen())


@app.command(rich_help_panel=TEACH)
def data(
    lesson: LessonName,
    name: DataName = None,
    show: Annotated[
        bool, typer.Option("--show", help="Only show which files are downloaded.")
    ] = False,
    verify: Annotated[bool, typer.Option("--verify", help="Compute the checksums again.")] = False,
    remove: Annotated[bool, typer.Option("--remove", help="Delete it from the cache.")] = False,
    as_json: AsJson = False,
) -> None:
    """Download a lesson's data in advance, show where it is, verify it or remove it.

    Examples:
    coursekit data nmt

    coursekit data nmt --data tatoeba --verify
    """
    from coursekit.commands import data as command

    action = command.action(show, verify, remove)
    command.run_action(lesson_of(lesson), name, action, as_json, screen())


app.command(rich_help_panel=TEACH)(grade)


@app.command(rich_help_panel=AUTHOR)
def bench(
    lesson: LessonName,
    data: DataName = None,
    preset: PresetName = None,
    assignments: Assignments = None,
    as_json: AsJson = False,
) -> None:
    """Compare the speed of the train step run eagerly, as a graph and with XLA.

    Example: coursekit bench nmt --data phrasebook
    """
    from coursekit.commands.bench import bench_step
    from coursekit.runs.resume import Request

    request = Request(data, preset, _assignments(assignments, None, None))
    bench_step(lesson_of(lesson), request, as_json, screen())


for _made in (authoring.new, authoring.build, authoring.verify):
    app.command(rich_help_panel=AUTHOR)(_made)


def main() -> None:
    """Run the command line; what is piped or redirected is UTF-8 on every system."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            # A file's name need not be text: it is shown with its bytes as escapes.
            encoding = stream.encoding if stream.isatty() else "utf-8"
            stream.reconfigure(encoding=encoding, errors="backslashreplace")
    try:
        Path.cwd()
    except FileNotFoundError:
        _fail(CourseError("the current folder was deleted", remedy="cd to another folder"))
    try:
        if learner.is_plain_check(sys.argv[1:]):
            with _told():
                learner.plain_check(sys.argv[1:])
        else:
            app(prog_name="coursekit")
    except BrokenPipeError:  # whoever read the output has seen enough
        os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
        raise SystemExit(1) from None
    except OSError as error:
        if error.filename is not None:  # of a file, not of the output
            raise
        _lost(error)
    finally:
        end_untaken()
        _flush()


def _flush() -> None:
    """Write what is left to stdout; say so if that fails (`> /dev/full`)."""
    try:
        sys.stdout.flush()
    except BrokenPipeError:
        pass
    except OSError as error:
        _lost(error)


def _lost(error: OSError) -> NoReturn:
    """Say that the output cannot be written, and keep Python from trying again at its end."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
    _fail(CourseError(f"cannot write the output: {error.strerror}"))


def _fail(error: CourseError) -> NoReturn:
    from rich.text import Text

    text = Text("error: ", style="bold red") + Text(str(error))
    screen().stderr.print(text, soft_wrap=True)
    raise SystemExit(1)
