"""Turns a lesson's demo options into a command of its own, with flags and help."""

import dataclasses
import inspect
from collections.abc import Callable
from pathlib import Path
from typing import Annotated, Any

import typer

from coursekit.cli.arguments import to_path
from coursekit.errors import CourseError
from coursekit.lesson import Lesson
from coursekit.settings import limits

Handler = Callable[[str | None, Any, Path | None], None]


def demo_command(lesson: Lesson, handler: Handler) -> typer.Typer:
    """Return an app whose one command is the lesson's demo.

    Args:
        lesson: Its `demo_options` become flags.
        handler: Called with the input, the options, and the run's folder.
    """
    kinds = lesson.demo_options.kinds()

    def command(**values: Any) -> None:
        words, folder = values.pop("_input"), values.pop("_folder")
        if words and not lesson.demo_request:
            raise typer.BadParameter("this demo takes no input, only options", param_hint="INPUT")
        options = lesson.demo_options().replace(values)
        request = " ".join(words) if words else None
        if request is not None and len(request) > lesson.demo_limit:
            raise CourseError(
                f"the input has {len(request):,} characters", f"at most {lesson.demo_limit:,}"
            )
        handler(request, options, folder)

    parameters = [
        _parameter(
            "_input",
            list[str] | None,
            typer.Argument(
                metavar="[INPUT]",
                help=lesson.demo_request or "this demo takes no input",
                show_default=False,
            ),
            None,
        ),
        _parameter(
            "_folder",
            Path | None,
            typer.Option(
                "--run",
                help="Use this run instead of the newest finished one.",
                parser=to_path,
                metavar="DIR",
            ),
            None,
        ),
    ]
    for field in dataclasses.fields(lesson.demo_options):
        text = field.metadata.get("help", "")
        span = limits(field.metadata)
        option = typer.Option(help=f"{text} ({span})" if span else text)
        parameters.append(_parameter(field.name, kinds[field.name], option, field.default))
    command.__signature__ = inspect.Signature(parameters)  # type: ignore[attr-defined]
    command.__annotations__ = {item.name: item.annotation for item in parameters}
    app = typer.Typer(
        add_completion=False,
        pretty_exceptions_enable=False,
        context_settings={"help_option_names": ["-h", "--help"]},
    )
    app.command(help=f"Show what a trained {lesson.name} does. {lesson.question}")(command)
    return app


def _parameter(name: str, kind: Any, declared: Any, default: Any) -> inspect.Parameter:
    return inspect.Parameter(
        name,
        inspect.Parameter.KEYWORD_ONLY,
        default=default,
        annotation=Annotated[kind, declared],
    )
