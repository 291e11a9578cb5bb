"""Runs a lesson from data to demo: a new run, or one that is gone on with."""

import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from rich.text import Text

from coursekit.atomic import write_json
from coursekit.console import Consoles, duration
from coursekit.errors import CourseError
from coursekit.lesson import Lesson
from coursekit.prepare import assigned, check_preset, read_data, settle
from coursekit.runs import checkpoint, pictures
from coursekit.runs.display import PlainDisplay, display
from coursekit.runs.folder import (
    ASSETS,
    RESULTS,
    Manifest,
    Run,
    check_vacant,
    command_line,
    find_runs,
    new_folder,
    now,
    versions,
)
from coursekit.runs.native_log import native_log
from coursekit.settings import Settings, parse_overrides
from coursekit.store.choose import choose
from coursekit.store.progress import busy

LOG = "tensorflow.log"


@dataclass(frozen=True)
class Request:
    """What ``coursekit run`` was asked for; None means not said.

    Attributes:
        data: Name of a data set, or path of the user's own.
        preset: Name of a preset.
        assignments: The ``key=value`` texts of ``--set``.
        eager: Whether the step runs uncompiled.
        out: The run's folder.
        resume: Whether to go on with a run.
    """

    data: str | None = None
    preset: str | None = None
    assignments: tuple[str, ...] = ()
    eager: bool = False
    out: Path | None = None
    resume: bool = False


def run_lesson(lesson: Lesson, request: Request, out: Consoles) -> Run:
    """Train, evaluate and show a lesson; return its finished run.

    Raises:
        CourseError: Something that the user can mend.
    """
    return resume_run(lesson, request, out) if request.resume else start_run(lesson, request, out)


def start_run(lesson: Lesson, request: Request, out: Consoles) -> Run:
    """Make a new run and take it to its end."""
    folder = request.out or new_folder(lesson.name)
    check_vacant(folder)
    changes = assigned(lesson, request.preset, request.assignments)
    settled = settle(lesson, request.data, request.preset, changes, out)
    name, values = settled.local.name, settled.settings
    out.say(f"{lesson.name} · {name} · {settled.preset} · seed {values.seed} → {folder}", "bold")
    data = read_data(lesson, settled.local, values, out)
    with busy(out.stderr, "starting TensorFlow"), native_log():
        signatures = lesson.signatures()
    manifest = Manifest(
        lesson=lesson.name,
        dataset=name,
        own_path=str(settled.local.path or ""),
        fingerprint=data.fingerprint,
        preset=settled.preset,
        settings=values.as_dict(),
        eager=request.eager,
        command=command_line(),
        created=now(),
        versions=versions(),
        signatures=signatures,
        notes=(*([settled.note] if settled.note else []), *data.notes),
    )
    run = Run.create(folder, manifest)
    return finish(lesson, run, data, values, out)


def resume_run(lesson: Lesson, request: Request, out: Consoles) -> Run:
    """Go on with a run from its newest whole checkpoint."""
    run = resumable(lesson, request)
    run.lock()
    try:
        run.__dict__.pop("manifest", None)  # it may have changed before the lock was ours
        values = resumed_settings(lesson, run, request, out)
        manifest = run.manifest
        chosen = choose(lesson, manifest.own_path or manifest.dataset, out.stderr)
        done = len(run.history())
        out.say(f"going on with {run.path} after epoch {done} of {values.epochs}", "bold")
        data = read_data(lesson, chosen.local, values, out)
        if data.fingerprint != manifest.fingerprint:
            raise CourseError(
                f"the data set {manifest.dataset} is not the one that this run was trained on",
                f"data with the fingerprint {manifest.fingerprint[:12]}, "
                f"not {data.fingerprint[:12]}",
                "bring the old data back, or start a new run without --resume",
            )
        return finish(lesson, run, data, values, out)
    finally:
        run.unlock()


def resumable(lesson: Lesson, request: Request) -> Run:
    """Return the run to go on with: the one in ``--out``, else the newest unfinished."""
    if request.out is not None:
        run = Run(request.out)
        if run.manifest.lesson != lesson.name:
            raise CourseError(
                f"{request.out} is a run of {run.manifest.lesson}, not of {lesson.name}",
                remedy=f"coursekit run {run.manifest.lesson} --resume --out {request.out}",
            )
        return run
    unfinished = [run for run in find_runs(lesson=lesson.name) if not run.finished]
    for run in unfinished:
        if not run.in_use():
            return run
    if unfinished:
        return unfinished[0]  # whose lock will say that it is in use
    raise CourseError(
        f"there is no unfinished run of {lesson.name} under {Path('runs').resolve()}",
        remedy=f"start one with `coursekit run {lesson.name}`, or name its folder with --out",
    )


def resumed_settings(lesson: Lesson, run: Run, request: Request, out: Consoles) -> Settings:
    """Return the settings of a run that is gone on with; only its epochs may grow.

    Raises:
        CourseError: The request asks for other settings than the run has.
    """
    manifest = run.manifest
    check_preset(lesson, manifest.preset)
    kind = type(lesson.presets[manifest.preset])
    values = kind.from_dict(manifest.settings)
    asked = parse_overrides(kind, request.assignments)
    changed = [
        f"{name} {getattr(values, name)}, not {value}"
        for name, value in asked.items()
        if name != "epochs" and value != getattr(values, name)
    ]
    if request.preset not in (None, manifest.preset):
        changed.append(f"preset {manifest.preset}, not {request.preset}")
    if request.data is not None and not _same_data(request.data, manifest):
        changed.append(f"data set {manifest.dataset}, not {request.data}")
    if request.eager and not manifest.eager:
        changed.append("a compiled step, not an eager one")
    if changed:
        raise CourseError(
            f"the run {run.path} has other settings: {'; '.join(changed)}",
            "the settings that it was started with",
            "leave them out to go on with it, or start a new run without --resume",
        )
    return _resumed_epochs(run, values, asked.get("epochs"), out)


def _same_data(asked: str, manifest: Manifest) -> bool:
    if manifest.own_path:
        return Path(asked).resolve() == Path(manifest.own_path)
    return asked == manifest.dataset


def _resumed_epochs(run: Run, values: Settings, asked: object, out: Consoles) -> Settings:
    done = len(run.history())
    if asked is not None and asked != values.epochs:
        values = values.replace({"epochs": asked})
        if values.epochs < done:
            raise CourseError(
                f"{run.path} has {done} epochs already, more than the {values.epochs} asked for",
                f"--epochs {done} or more",
            )
        out.say(
            f"--epochs is now {values.epochs}: the result may differ from that of a run "
            "started with so many, since schedules depend on it",
            "yellow",
        )
        run.update(settings=values.as_dict())
    elif run.finished:
        raise CourseError(
            f"the run {run.path} is finished",
            "an unfinished run",
            f"train it further with --epochs {values.epochs * 2}",
        )
    return values


def finish(lesson: Lesson, run: Run, data: Any, values: Settings, out: Consoles) -> Run:
    """Take a run from where it stands to its end, and print what it came to."""
    write_json(run.path / ASSETS, lesson.assets(data))
    view = display(out.stderr, lesson, values.epochs)
    try:
        with native_log(run.path / LOG):
            with busy(out.stderr, "starting TensorFlow"):
                from coursekit.runs import loop

                loop.make_deterministic(values.seed)
                model = lesson.model(data, values)
            with view.shown():
                loop.fit(lesson, model, data, values, run, view, run.manifest.eager)
            conclude(lesson, run, model, data, values, view, out)
    except KeyboardInterrupt:
        pictures.save_curves(run, lesson.headline.name)
        out.say("")
        out.say(
            f"stopped; {len(run.history())} finished epochs are kept in {run.path}\n"
            f"go on with: coursekit run {lesson.name} --resume --out {run.path}"
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
    view: PlainDisplay,
    out: Consoles,
) -> None:
    """Evaluate the best checkpoint on test, once, and leave results and pictures."""
    with busy(out.stderr, "evaluating the best epoch on the test split"):
        progress, said = checkpoint.load_best(run.path, model)
        started = time.monotonic()
        metrics = lesson.evaluate(model, data, "test")
        seconds = time.monotonic() - started
        sample = pictures.gathered(lesson.demo(model, data, None, lesson.demo_options()))
    if said:
        out.say(said, "yellow")
    rows = run.history()
    trained = sum(row["train_seconds"] for row in rows)
    write_json(
        run.path / RESULTS,
        {
            "metrics": metrics,
            "best_epoch": progress.best_epoch,
            "epochs": len(rows),
            "epochs_asked": values.epochs,
            "train_seconds": trained,
            "evaluate_seconds": seconds,
            "finished": now(),
        },
    )
    report(lesson, run, metrics, sample, out)


def report(
    lesson: Lesson,
    run: Run,
    metrics: dict[str, float],
    sample: list[Any],
    out: Consoles,
) -> None:
    """Print the results to stdout, the last line being the next thing to type."""
    results = run.results() or {}
    out.result()
    out.result(
        f"{lesson.question} On the test split of {run.manifest.dataset} "
        f"(best epoch {results['best_epoch']} of {results['epochs']}, "
        f"trained in {duration(results['train_seconds'])}):"
    )
    for metric in lesson.metrics:
        if metric.name in metrics:
            line = f"  {metric.name:<22}{metric.text(metrics[metric.name]):>8}   {metric.meaning}"
            out.result(line, "bold green" if metric is lesson.headline else "")
    out.result()
    for item in sample:
        if isinstance(item, (str, Text)):
            out.stdout.print(item if isinstance(item, Text) else Text(item), soft_wrap=True)
    out.result()
    try:
        for path in draw_pictures(lesson, run, sample):
            out.say(f"picture: {path}", "dim")
    except CourseError as error:  # the results are safe without them
        out.say(str(error), "yellow")
    out.result(f"next: coursekit demo {lesson.name} {lesson.demo_example}".rstrip(), "bold")


def draw_pictures(lesson: Lesson, run: Run, sample: list[Any]) -> Iterator[Path]:
    """Draw the curves, the GIF of the samples and the last sample, yielding their paths.

    Raises:
        CourseError: A picture cannot be written.
    """
    drawn = [pictures.save_curves(run, lesson.headline.name), pictures.save_gif(run)]
    yield from (path for path in drawn if path)
    figure = next((item for item in sample if pictures.is_figure(item)), None)
    if figure is not None:
        yield pictures.save_figure(figure, run.path / "sample.png")
