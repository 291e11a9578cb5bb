"""The command line: parses, and hands over. Nothing here imports TensorFlow."""

import io
import sys
from pathlib import Path
from typing import Annotated, Any

import typer
from typer.core import TyperGroup

from coursekit import __version__
from coursekit.errors import CourseError

LEARN, PRACTISE, TEACH, AUTHOR = "Learn", "Practise", "Teach", "Author"


class Group(TyperGroup):
    """The one place where errors for the user are caught."""

    def invoke(self, ctx: Any) -> Any:
        """Run a command; print a `CourseError` to stderr and exit with 1."""
        from rich.text import Text

        try:
            return super().invoke(ctx)
        except CourseError as error:
            stderr = _consoles().stderr
            stderr.print(Text("error: ", style="bold red") + Text(str(error)), soft_wrap=True)
            raise SystemExit(1) from None
        except KeyboardInterrupt:
            raise SystemExit(130) from None


app = typer.Typer(
    cls=Group,
    name="coursekit",
    help="Hands-on lessons on generative and sequence models: run them, look, take them apart.",
    epilog="Examples: coursekit run nmt · coursekit runs --json · coursekit data nmt · "
    "coursekit bench nmt",
    context_settings={"help_option_names": ["-h", "--help"]},
    pretty_exceptions_enable=False,
    rich_markup_mode="rich",
)


def _consoles() -> Any:
    from coursekit.console import consoles

    return consoles()


def _lesson(name: str) -> Any:
    from coursekit.plugins import catalogue

    return catalogue().lesson(name)


def _names() -> list[str]:
    from coursekit.plugins import catalogue

    return list(catalogue().lessons)


def _version(wanted: bool) -> None:
    if wanted:
        print(f"coursekit {__version__}")
        raise typer.Exit


LessonName = Annotated[
    str, typer.Argument(metavar="LESSON", help="A lesson's name.", autocompletion=_names)
]
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON for scripts.")]
DataName = Annotated[
    str | None,
    typer.Option("--data", metavar="NAME|PATH", help="A data set's name, or your own data."),
]
PresetName = Annotated[
    str | None,
    typer.Option("--preset", help="quick (minutes), full (the best result), tiny (a test)."),
]
Assignments = Annotated[
    list[str] | None,
    typer.Option("--set", metavar="KEY=VALUE", help="Change a setting; may be repeated."),
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

        welcome(_consoles())


@app.command("list", rich_help_panel=LEARN)
def list_(as_json: AsJson = False) -> None:
    """List the lessons.

    Example: coursekit list
    """
    from coursekit.commands.listing import list_lessons

    list_lessons(as_json, _consoles())


@app.command(rich_help_panel=LEARN)
def info(lesson: LessonName, as_json: AsJson = False) -> None:
    """Tell what a lesson asks, its data sets, and every setting.

    Example: coursekit info nmt
    """
    from coursekit.commands import listing

    listing.info(_lesson(lesson), as_json, _consoles())


@app.command(rich_help_panel=LEARN)
def run(
    lesson: LessonName,
    data: DataName = None,
    preset: PresetName = None,
    assignments: Assignments = None,
    epochs: Annotated[int | None, typer.Option(help="Passes over the training data.")] = None,
    seed: Annotated[int | None, typer.Option(help="Seed of everything random.")] = None,
    eager: Annotated[bool, typer.Option("--eager", help="Do not compile the train step.")] = False,
    out: Annotated[
        Path | None, typer.Option(metavar="DIR", help="The run's folder: new or empty.")
    ] = None,
    resume: Annotated[
        bool, typer.Option("--resume", help="Go on with the run in --out, or the newest one.")
    ] = False,
) -> None:
    """Train a lesson's model before your eyes, evaluate it, and show what it can do.

    Examples:
    coursekit run nmt

    coursekit run nmt --data phrasebook --set units=128

    coursekit run nmt --preset full --out runs/mine

    coursekit run nmt --resume
    """
    from coursekit import running

    running.run(
        _lesson(lesson),
        running.Request(data, preset, _assignments(assignments, epochs, seed), eager, out, resume),
        _consoles(),
    )


def _assignments(texts: list[str] | None, epochs: int | None, seed: int | None) -> tuple[str, ...]:
    """Return ``--set`` with ``--epochs`` and ``--seed`` behind it, which win."""
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
    lesson: Annotated[str | None, typer.Argument(metavar="LESSON", autocompletion=_names)] = None,
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
            f"{lesson} stands before the lesson", "coursekit demo LESSON [INPUT] [OPTIONS]"
        )
    from coursekit.commands.demo import demo as show_demo
    from coursekit.commands.flags import demo_command

    chosen = _lesson(lesson)

    def handle(request: str | None, options: Any, folder: Path | None) -> None:
        show_demo(chosen, request, options, folder, _consoles())

    demo_command(chosen, handle)(ctx.args, prog_name=f"coursekit demo {lesson}")


WorkName = Annotated[
    str | None,
    typer.Argument(
        metavar="[NOTEBOOK]",
        help="lesson/topic, lesson/number, a topic, a lesson, or a file; else what was saved last.",
    ),
]


@app.command("start", rich_help_panel=PRACTISE)
def start_work(
    name: Annotated[str, typer.Argument(metavar="LESSON[/TOPIC]", autocompletion=_names)],
    folder: Annotated[Path | None, typer.Argument(metavar="[DIR]")] = None,
) -> None:
    """Write the notebooks of a lesson into a folder, by default one of its name.

    Examples:
    coursekit start nmt

    coursekit start nmt/attention ~/course
    """
    from coursekit.commands import practice

    practice.start(name, folder, _consoles())


@app.command(rich_help_panel=PRACTISE)
def check(name: WorkName = None) -> None:
    """Say what is right in a notebook, and what is wrong in words.

    Example: coursekit check nmt/attention
    """
    from coursekit.commands import practice

    practice.check(name, _consoles())


@app.command(rich_help_panel=PRACTISE)
def hint(name: WorkName = None) -> None:
    """Show the next of three hints for the first check that does not pass.

    Example: coursekit hint nmt/attention
    """
    from coursekit.commands import practice

    practice.hint(name, _consoles())


@app.command(rich_help_panel=PRACTISE)
def solution(
    name: WorkName = None,
    give_up: Annotated[bool, typer.Option("--give-up", help="Show it unsolved, too.")] = False,
) -> None:
    """Show the solution of an exercise that is solved.

    Example: coursekit solution nmt/attention
    """
    from coursekit.commands import practice

    practice.solution(name, give_up, _consoles())


@app.command("next", rich_help_panel=PRACTISE)
def next_() -> None:
    """Name the next exercise.

    Example: coursekit next
    """
    from coursekit.commands import practice

    practice.next_step(_consoles())


@app.command(rich_help_panel=PRACTISE)
def progress() -> None:
    """Show all exercises at a glance.

    Example: coursekit progress
    """
    from coursekit.commands import practice

    practice.progress(_consoles())


@app.command(rich_help_panel=PRACTISE)
def reset(name: WorkName = None) -> None:
    """Write an exercise anew; your work stays beside it as a backup.

    Example: coursekit reset nmt/attention
    """
    from coursekit.commands import editions

    editions.reset(name, _consoles())


@app.command(rich_help_panel=PRACTISE)
def update(name: WorkName = None) -> None:
    """Bring a notebook to the installed edition; your cells are kept.

    Example: coursekit update nmt/attention
    """
    from coursekit.commands import editions

    editions.update(name, _consoles())


@app.command(rich_help_panel=PRACTISE)
def watch(name: WorkName = None) -> None:
    """Check a notebook each time that it is saved.

    Example: coursekit watch nmt/attention
    """
    from coursekit.commands import practice

    practice.watch(name, _consoles())


@app.command(rich_help_panel=PRACTISE)
def doctor() -> None:
    """Look whether this machine has what the lessons need.

    Example: coursekit doctor
    """
    from coursekit.commands import doctor as command

    if command.doctor(_consoles()):
        raise typer.Exit(1)


@app.command(rich_help_panel=PRACTISE)
def runs(
    lesson: Annotated[str | None, typer.Argument(metavar="[LESSON]", autocompletion=_names)] = None,
    root: Annotated[
        Path, typer.Option("--in", metavar="DIR", help="The folder to look below.")
    ] = Path("runs"),
    as_json: AsJson = False,
) -> None:
    """List what was trained, with the headline metric.

    Example: coursekit runs nmt --json
    """
    from coursekit.commands.listing import list_runs

    list_runs(root, lesson, as_json, _consoles())


@app.command(rich_help_panel=TEACH)
def data(
    lesson: LessonName,
    name: DataName = None,
    show: Annotated[bool, typer.Option("--show", help="Only show what is there.")] = False,
    verify: Annotated[bool, typer.Option("--verify", help="Check the checksums again.")] = False,
    remove: Annotated[bool, typer.Option("--remove", help="Delete it from the cache.")] = False,
    as_json: AsJson = False,
) -> None:
    """Download a lesson's data ahead, show where it is, verify or remove it.

    Examples:
    coursekit data nmt

    coursekit data nmt --data tatoeba --verify
    """
    from coursekit.commands import data as command

    action = command.action(show, verify, remove)
    command.data(_lesson(lesson), name, action, as_json, _consoles())


@app.command(rich_help_panel=AUTHOR)
def bench(
    lesson: LessonName,
    data: DataName = None,
    preset: PresetName = None,
    assignments: Assignments = None,
    as_json: AsJson = False,
) -> None:
    """Time the train step eagerly, as a graph and with XLA: why tf.function exists.

    Example: coursekit bench nmt --data phrasebook
    """
    from coursekit.commands import bench as command
    from coursekit.running import Request

    request = Request(data, preset, _assignments(assignments, None, None))
    command.bench(_lesson(lesson), request, as_json, _consoles())


@app.command(rich_help_panel=AUTHOR)
def build(
    lesson: Annotated[str | None, typer.Argument(metavar="[LESSON]", autocompletion=_names)] = None,
    solutions: Annotated[
        Path | None, typer.Option(metavar="DIR", help="Write the solved exercises here instead.")
    ] = None,
    check: Annotated[bool, typer.Option("--check", help="Only compare what is there.")] = False,
) -> None:
    """Make the notebooks of the lessons and exercises, in the current folder.

    Examples:
    coursekit build nmt

    coursekit build --check
    """
    from coursekit.commands import author

    author.build(lesson, solutions, check, _consoles())


@app.command(rich_help_panel=AUTHOR)
def verify(lesson: LessonName) -> None:
    """Hold a lesson's exercises against the author's gate.

    Example: coursekit verify nmt
    """
    from coursekit.commands import author

    author.verify(_lesson(lesson), _consoles())


def main() -> None:
    """Run the command line; what is piped or redirected is UTF-8 on every system."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper) and not stream.isatty():
            stream.reconfigure(encoding="utf-8")
    app(prog_name="coursekit")
