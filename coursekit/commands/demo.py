"""``coursekit demo``: use a trained model."""

import sys
from pathlib import Path
from typing import Any

from coursekit import checkpoint, running, runs, show, sources
from coursekit.console import Consoles
from coursekit.errors import CourseError
from coursekit.lesson import Lesson
from coursekit.prepare import check_preset
from coursekit.quiet import native_log
from coursekit.running import Request
from coursekit.runs import Run


def demo(
    lesson: Lesson, request: str | None, options: Any, folder: Path | None, out: Consoles
) -> None:
    """Show what a lesson's trained model makes of a request.

    Args:
        lesson: The lesson.
        request: What the user typed, None for the lesson's standard sample.
        options: An instance of the lesson's `demo_options`.
        folder: A run's folder, None for the newest finished run.
        out: Where to print.
    """
    made = trained_run(lesson, folder, out)
    with native_log():
        with out.stderr.status(f"loading {made.path}"):
            model, data = load(lesson, made, out)
        result = lesson.demo(model, data, request, options)
        show.present(result, out.stdout, out.stderr, made.path / "demo")


def trained_run(lesson: Lesson, folder: Path | None, out: Consoles) -> Run:
    """Return the run to use; without any, offer the quick one.

    Raises:
        CourseError: The folder is another lesson's, has no checkpoint, or the
            offer was not taken.
    """
    if folder is not None:
        made = Run(folder)
        if made.manifest.lesson != lesson.name:
            raise CourseError(
                f"{folder} is a run of {made.manifest.lesson}, not of {lesson.name}",
                remedy=f"coursekit demo {made.manifest.lesson} --run {folder}",
            )
        if not (folder / checkpoint.LAST).exists():
            raise CourseError(
                f"the run {folder} has no finished epoch yet",
                remedy=f"coursekit run {lesson.name} --resume --out {folder}",
            )
        return made
    for made in runs.find(lesson=lesson.name):
        if made.finished:
            return made
    return offer(lesson, out)


def offer(lesson: Lesson, out: Consoles) -> Run:
    """Say how long the quick run takes, and start it if the user agrees."""
    expected = lesson.datasets[0].expected.get("quick")
    takes = f"takes about {expected.minutes:g} minutes" if expected else "takes some minutes"
    what = f"there is no finished run of {lesson.name} under {Path('runs').resolve()}"
    if not (sys.stdin.isatty() and out.stderr.is_terminal):
        raise CourseError(
            what, f"a trained model; the quick one {takes}", f"coursekit run {lesson.name}"
        )
    out.say(f"{what}; the quick one {takes} on two cores")
    answer = out.stderr.input("train it now? [Y/n] ").strip().lower()
    if answer not in ("", "y", "yes"):
        raise CourseError("nothing to show yet", remedy=f"coursekit run {lesson.name}")
    return running.run(lesson, Request(), out)


def load(lesson: Lesson, made: Run, out: Consoles) -> tuple[Any, Any]:
    """Return a run's best model, and the data that its demo needs."""
    import json

    manifest = made.manifest
    check_preset(lesson, manifest.preset)
    values = type(lesson.presets[manifest.preset]).from_dict(manifest.settings)
    try:
        assets = json.loads((made.path / runs.ASSETS).read_text("utf-8"))
    except (OSError, ValueError) as error:
        raise CourseError(f"{made.path / runs.ASSETS} cannot be read: {error}") from error
    data = lesson.restore(assets, values)
    if data is None:
        chosen = sources.choose(lesson, manifest.own_path or manifest.dataset, out.stderr)
        data = lesson.data(chosen.local, values)
    model = lesson.model(data, values)
    _, said = checkpoint.load_best(made.path, model)
    if said:
        out.say(said, "yellow")
    return model, data
