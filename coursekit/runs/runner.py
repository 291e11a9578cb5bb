"""Runs a lesson from data to demo: a new run, or one that is resumed."""

import time
from contextlib import suppress
from dataclasses import asdict
from typing import Any

from coursekit.atomic import write_json
from coursekit.console import Consoles
from coursekit.errors import CourseError
from coursekit.lesson import Lesson
from coursekit.prepare import Settled, assigned, read_data, settle
from coursekit.printable import quoted
from coursekit.returned import assets_of, signatures_of
from coursekit.runs import checkpoint, pictures
from coursekit.runs.display import display
from coursekit.runs.folder import (
    ASSETS,
    FULL_DISK,
    RESULTS,
    Manifest,
    Results,
    Run,
    check_vacant,
    command_line,
    cores,
    new_folder,
    now,
    versions,
)
from coursekit.runs.native_log import native_log
from coursekit.runs.preflight import measure
from coursekit.runs.report import report
from coursekit.runs.resume import Request, check_same_data, resumable, resumed_settings
from coursekit.settings import Settings
from coursekit.store.choose import choose
from coursekit.store.progress import busy

LOG = "tensorflow.log"


def run_lesson(lesson: Lesson, request: Request, out: Consoles) -> Run:
    """Train, evaluate and show a lesson; return its finished run.

    Raises:
        CourseError: Something that the user can fix.
    """
    return resume_run(lesson, request, out) if request.resume else start_run(lesson, request, out)


def start_run(lesson: Lesson, request: Request, out: Consoles) -> Run:
    """Make a new run and take it to its end."""
    if request.out is not None:
        check_vacant(request.out)
    changes = assigned(lesson, request.preset, request.assignments)
    settled = settle(lesson, request.data, request.preset, changes, out)
    folder = request.out or new_folder(lesson.name)
    name, values = settled.local.name, settled.settings
    out.say(f"{lesson.name} · {name} · {settled.preset} · seed {values.seed} → {folder}", "bold")
    try:
        data = read_data(lesson, settled.local, values, out)
        run = Run.create(folder, new_manifest(lesson, settled, data, request, out))
    except BaseException:
        with suppress(OSError):  # a folder that has got nothing of a run
            folder.rmdir()
        raise
    return finish(lesson, run, data, values, out)


def new_manifest(
    lesson: Lesson, settled: Settled, data: Any, request: Request, out: Consoles
) -> Manifest:
    """Return what a new run is, and where it runs."""
    with busy(out.stderr, "starting TensorFlow"), native_log():
        signatures = signatures_of(lesson)
    return Manifest(
        lesson=lesson.name,
        dataset=settled.local.name,
        own_path=str(settled.local.path or ""),
        fingerprint=data.fingerprint,
        preset=settled.preset,
        settings=settled.settings.as_dict(),
        eager=request.eager,
        command=command_line(),
        created=now(),
        versions=versions(),
        signatures=signatures,
        notes=(*([settled.note] if settled.note else []), *data.notes),
        cores=cores(),
    )


def resume_run(lesson: Lesson, request: Request, out: Consoles) -> Run:
    """Resume a run from its newest whole checkpoint."""
    run = resumable(lesson, request)
    run.lock()
    try:
        values = resumed_settings(lesson, run, request, out)
        manifest = run.manifest
        chosen = choose(lesson, manifest.own_path or manifest.dataset, out.stderr)
        done = len(run.history())
        out.say(f"resuming {run.path} after epoch {done} of {values.epochs}", "bold")
        if manifest.cores not in (0, cores()):
            out.say(
                f"the run was started on {manifest.cores} cores, this process has {cores()}: "
                "sums are rounded differently, so the result may differ in its last digits",
                "yellow",
            )
        data = read_data(lesson, chosen.local, values, out)
        check_same_data(manifest, data)
        return finish(lesson, run, data, values, out)
    finally:
        run.unlock()


def finish(lesson: Lesson, run: Run, data: Any, values: Settings, out: Consoles) -> Run:
    """Take a run from where it is to its end, and print its results."""
    write_json(run.path / ASSETS, assets_of(lesson, data), remedy=FULL_DISK)
    view = display(out.stderr, lesson, values.epochs)
    try:
        with native_log(run.path / LOG):
            with busy(out.stderr, "starting TensorFlow"):
                from coursekit.runs import loop

                loop.make_deterministic(values.seed)
                model = lesson.model(data, values)
            with view.shown():
                loop.fit(lesson, model, data, values, run, view, run.manifest.eager)
            conclude(lesson, run, model, data, values, out)
    except KeyboardInterrupt:
        with suppress(CourseError):  # a picture never hides what is said next
            pictures.save_curves(run, lesson.headline.name)
        out.say("")
        out.say(
            f"stopped; {len(run.history())} finished epochs are kept in {run.path}\n"
            f"resume with: coursekit run {lesson.name} --resume --out {quoted(run.path)}"
        )
        raise
    finally:
        run.unlock()
    return run


def conclude(
    lesson: Lesson,
    run: Run,
    model: Any,
    data: Any,
    values: Settings,
    out: Consoles,
) -> None:
    """Evaluate the best checkpoint on test, once, and leave results and pictures."""
    from coursekit.runs import loop

    with busy(out.stderr, "evaluating the best epoch on the test split"):
        progress, said = checkpoint.load_best(run.path, model)
        started = time.monotonic()
        metrics = measure(lesson, model, data, "test")
        seconds = time.monotonic() - started
        sample = loop.sample_of(lesson, model, data)
    if said:
        out.say(said, "yellow")
    rows = run.history()
    trained = sum(row["train_seconds"] for row in rows)
    results = Results(
        metrics=metrics,
        best_epoch=progress.best_epoch,
        epochs=len(rows),
        epochs_asked=values.epochs,
        train_seconds=trained,
        evaluate_seconds=seconds,
        finished=now(),
    )
    write_json(run.path / RESULTS, asdict(results), remedy=FULL_DISK)
    report(lesson, run, results, sample, data.demo_example or lesson.demo_example, out)
