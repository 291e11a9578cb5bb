"""``coursekit demo``: use a trained model."""

import sys
from pathlib import Path
from typing import Any

from coursekit.console import Consoles
from coursekit.errors import CourseError
from coursekit.lesson import Lesson
from coursekit.prepare import check_preset
from coursekit.printable import quoted
from coursekit.returned import restored_of
from coursekit.runs import checkpoint, pictures
from coursekit.runs.folder import ASSETS, Run, find_runs
from coursekit.runs.native_log import native_log
from coursekit.runs.preflight import shown_of
from coursekit.runs.resume import Request
from coursekit.runs.runner import run_lesson
from coursekit.settings import Settings
from coursekit.store.choose import choose
from coursekit.store.progress import busy
from coursekit.store.reading import lesson_data
from coursekit.stored import read_json


def show_demo(
    lesson: Lesson, request: str | None, options: Any, folder: Path | None, out: Consoles
) -> None:
    """Show a trained model's answer to a request.

    Args:
        lesson: The lesson.
        request: What the user typed, None for the lesson's standard sample.
        options: An instance of the lesson's `demo_options`.
        folder: A run's folder, None for the newest finished run.
        out: Where to print.
    """
    run = trained_run(lesson, folder, out)
    with native_log():
        with busy(out.stderr, f"loading {run.path}"):
            model, data = load(lesson, run, out)
        result = shown_of(lesson, lesson.demo(model, data, request, options))
        pictures.present(result, out.stdout, out.stderr, run.path / "demo")


def trained_run(lesson: Lesson, folder: Path | None, out: Consoles) -> Run:
    """Return the run to use; without any, offer the quick one.

    Raises:
        CourseError: The folder is another lesson's, has no checkpoint, or the
            offer was not taken.
    """
    if folder is not None:
        run = Run(folder)
        if run.manifest.lesson != lesson.name:
            raise CourseError(
                f"{folder} is a run of {run.manifest.lesson}, not of {lesson.name}",
                remedy=f"coursekit demo {run.manifest.lesson} --run {quoted(folder)}",
            )
        if not (folder / checkpoint.LAST).exists():
            raise CourseError(
                f"the run {folder} has no finished epoch yet",
                remedy=f"coursekit run {lesson.name} --resume --out {quoted(folder)}",
            )
        return run
    for run in find_runs(lesson=lesson.name):
        if run.finished:
            return run
    return offer(lesson, out)


def offer(lesson: Lesson, out: Consoles) -> Run:
    """Say how long the quick run takes, and start it if the user agrees."""
    expected = lesson.datasets[0].expected.get("quick")
    takes = f"takes about {expected.minutes:g} minutes" if expected else "takes a few minutes"
    what = f"there is no finished run of {lesson.name} under {Path('runs').resolve()}"
    if not (sys.stdin.isatty() and out.stderr.is_terminal):
        raise CourseError(
            what, f"a trained model; the quick one {takes}", f"coursekit run {lesson.name}"
        )
    out.say(f"{what}; the quick one {takes} on two cores")
    answer = out.stderr.input("train it now? [Y/n] ").strip().lower()
    if answer not in ("", "y", "yes"):
        raise CourseError("nothing to show yet", remedy=f"coursekit run {lesson.name}")
    return run_lesson(lesson, Request(), out)


def load(lesson: Lesson, run: Run, out: Consoles) -> tuple[Any, Any]:
    """Return a run's best model, and the data that its demo needs."""
    manifest = run.manifest
    check_preset(lesson, manifest.preset)
    values = type(lesson.presets[manifest.preset]).from_dict(manifest.settings)
    data = restored(lesson, run, values)
    if data is None:
        chosen = choose(lesson, manifest.own_path or manifest.dataset, out.stderr)
        data = lesson_data(lesson, chosen.local, values)
    model = lesson.model(data, values)
    _, said = checkpoint.load_best(run.path, model)
    if said:
        out.say(said, "yellow")
    return model, data


def restored(lesson: Lesson, run: Run, settings: Settings) -> Any:
    """Return what a lesson restores from a run's assets; None if it needs the data set.

    Raises:
        CourseError: The file is missing, damaged, or not what the lesson wrote.
    """
    path = run.path / ASSETS
    remedy = f"coursekit run {lesson.name} trains a new one"
    assets = read_json(path, dict[str, Any], remedy)
    try:
        return restored_of(lesson, lesson.restore(assets, settings))
    except (KeyError, IndexError, TypeError, ValueError, AttributeError) as error:
        raise CourseError(
            f"{path} does not hold what the demo of {lesson.name} needs "
            f"({type(error).__name__}: {error})",
            remedy=remedy,
        ) from error
