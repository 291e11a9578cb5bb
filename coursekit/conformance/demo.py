"""The demo: it returns what can be shown, prints nothing, and works on what a run has stored."""

from __future__ import annotations

import io
import json
import shlex
from collections.abc import Iterator
from contextlib import redirect_stderr, redirect_stdout
from pathlib import Path
from typing import Any

from coursekit.conformance.case import Case, NotApplicable, fault
from coursekit.conformance.subject import Subject
from coursekit.errors import CourseError
from coursekit.returned import assets_of, place, restored_of


def cases(subject: Subject) -> list[Case]:
    """Return the cases of this group."""
    return [
        Case("demo", "the standard sample is something to look at", standard),
        Case("demo", "the example that people are shown works", example),
        Case("demo", "a model restored from a run's files shows the same", restored),
    ]


def show(subject: Subject, model: Any, data: Any, request: str | None, options: Any) -> list[Any]:
    """Return what a demo shows, every text read to its end.

    Raises:
        CourseError: It is nothing to look at, or it was printed.
    """
    from coursekit.runs.pictures import gathered
    from coursekit.runs.preflight import shown_of

    lesson, out, errors = subject.lesson, io.StringIO(), io.StringIO()
    with subject.calling("demo"), redirect_stdout(out), redirect_stderr(errors):
        found = gathered(shown_of(lesson, lesson.demo(model, data, request, options)))
    if printed := (out.getvalue() or errors.getvalue()).strip():
        raise CourseError(
            f"`demo` of {lesson.name} printed {printed.splitlines()[0][:60]!r} "
            f"({place(lesson, 'demo')})",
            "what is to be seen as its return value: who calls it decides where it goes",
            "return the text instead of printing it",
        )
    return found


def standard(subject: Subject) -> Iterator[str]:
    """Ask for what the runner shows after each epoch."""
    _ = subject.sample
    yield from ()


def example(subject: Subject) -> Iterator[str]:
    """Ask for what ``coursekit run`` and the help suggest to type."""
    from coursekit.cli.demo_flags import demo_command

    lesson, seen = subject.lesson, []
    typed = subject.data.demo_example or lesson.demo_example
    if not typed:
        raise NotApplicable("the lesson has no demo_example")

    def handle(request: str | None, options: Any, folder: Path | None) -> None:
        seen.append((request, options))

    refused = io.StringIO()
    try:
        with redirect_stderr(refused):
            demo_command(lesson, handle)(shlex.split(typed), standalone_mode=False)
    except Exception as error:  # of the parser, which has several kinds
        yield fault(
            f"demo_example {typed!r} cannot be typed: {error} ({place(lesson, 'demo')})",
            "an input, or options that the demo has, as one types it in a shell",
        )
        return
    for request, options in seen:
        show(subject, subject.trained.model, subject.data, request, options)


def restored(subject: Subject) -> Iterator[str]:
    """Restore data from the assets, a model from the checkpoint, and compare what they show."""
    from coursekit.runs.checkpoint import load

    lesson, settings = subject.lesson, subject.settings
    assets = json.loads(json.dumps(assets_of(lesson, subject.data)))
    with subject.calling("restore"):
        data = restored_of(lesson, lesson.restore(assets, settings))
    if data is None:
        raise NotApplicable("`restore` returns None: the demo reads the data set again")
    expected = subject.sample
    with subject.calling("model"):
        model = lesson.model(data, settings)
    load(subject.trained.paths[2], model)
    found = show(subject, model, data, None, lesson.demo_options())
    if looks(found) != looks(expected):
        yield fault(
            f"the demo of a restored model shows something else: {brief(found)} instead of "
            f"{brief(expected)} ({place(lesson, 'restore')})",
            "the same, since the weights are the same",
            "let `assets` hold all that `model` and `demo` take from the data",
        )


def looks(shown: list[Any]) -> list[Any]:
    """Return what can be compared at once: texts, and how many axes a figure has."""
    return [len(item.axes) if hasattr(item, "savefig") else str(item) for item in shown]


def brief(shown: list[Any]) -> str:
    """Return in short what a demo showed."""
    parts = ["a figure" if hasattr(item, "savefig") else repr(str(item)[:40]) for item in shown]
    return ", ".join(parts)
