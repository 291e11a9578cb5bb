"""Runs a lesson from data to demo: a new run, or one that is gone on with."""

import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from rich.text import Text

from coursekit import checkpoint, runs, settings, show, sources
from coursekit.console import Consoles
from coursekit.display import PlainDisplay, display, duration
from coursekit.errors import CourseError
from coursekit.lesson import Lesson
from coursekit.prepare import check_preset, preset_settings
from coursekit.quiet import native_log
from coursekit.runs import Manifest, Run
from coursekit.settings import Settings

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


def run(lesson: Lesson, request: Request, out: Consoles) -> Run:
    """Train, evaluate and show a lesson; return its finished run.

    Raises:
        CourseError: Something that the user can mend.
    """
    return resume(lesson, request, out) if request.resume else start(lesson, request, out)


def start(lesson: Lesson, request: Request, out: Consoles) -> Run:
    """Make a new run and take it to its end."""
    folder = request.out or runs.new_folder(lesson.name)
    runs.check_vacant(folder)
    preset = request.preset or "quick"
    check_preset(lesson, preset)
    changes = settings.parse_overrides(type(lesson.presets[preset]), request.assignments)
    lesson.presets[preset].replace(changes)  # a bad value is told before any download
    chosen = sources.choose(lesson, request.data, out.stderr)
    if chosen.note:
        out.say(chosen.note, "yellow")
    values = preset_settings(lesson, chosen.dataset, preset).replace(changes)
    name = chosen.local.name
    out.say(f"{lesson.name} · {name} · {preset} · seed {values.seed} → {folder}", "bold")
    data = load_data(lesson, chosen.local, values, out)
    with out.stderr.status("starting TensorFlow"), native_log():
        signatures = lesson.signatures()
    manifest = Manifest(
        lesson=lesson.name,
        dataset=name,
        own_path=str(chosen.local.path or ""),
        fingerprint=data.fingerprint,
        preset=preset,
        settings=values.as_dict(),
        eager=request.eager,
        command=runs.command_line(),
        created=runs.now(),
        versions=runs.versions(),
        signatures=signatures,
        notes=tuple(([chosen.note] if chosen.note else []) + list(data.notes)),
    )
    made = Run.create(folder, manifest)
    return finish(lesson, made, data, values, out)


def resume(lesson: Lesson, request: Request, out: Consoles) -> Run:
    """Go on with a run from its newest whole checkpoint."""
    made = resumable(lesson, request)
    made.lock()
    try:
        made.__dict__.pop("manifest", None)  # it may have changed before the lock was ours
        values = resumed_settings(lesson, made, request, out)
        manifest = made.manifest
        chosen = sources.choose(lesson, manifest.own_path or manifest.dataset, out.stderr)
        done = len(made.history())
        out.say(f"going on with {made.path} after epoch {done} of {values.epochs}", "bold")
        data = load_data(lesson, chosen.local, values, out)
        if data.fingerprint != manifest.fingerprint:
            raise CourseError(
                f"the data set {manifest.dataset} is not the one that this run was trained on",
                f"data with the fingerprint {manifest.fingerprint[:12]}, "
                f"not {data.fingerprint[:12]}",
                "bring the old data back, or start a new run without --resume",
            )
        return finish(lesson, made, data, values, out)
    finally:
        made.unlock()


def resumable(lesson: Lesson, request: Request) -> Run:
    """Return the run to go on with: the one in ``--out``, else the newest unfinished."""
    if request.out is not None:
        made = Run(request.out)
        if made.manifest.lesson != lesson.name:
            raise CourseError(
                f"{request.out} is a run of {made.manifest.lesson}, not of {lesson.name}",
                remedy=f"coursekit run {made.manifest.lesson} --resume --out {request.out}",
            )
        return made
    unfinished = [made for made in runs.find(lesson=lesson.name) if not made.finished]
    for made in unfinished:
        if not made.in_use():
            return made
    if unfinished:
        return unfinished[0]  # whose lock will say that it is in use
    raise CourseError(
        f"there is no unfinished run of {lesson.name} under {Path('runs').resolve()}",
        remedy=f"start one with `coursekit run {lesson.name}`, or name its folder with --out",
    )


def resumed_settings(lesson: Lesson, made: Run, request: Request, out: Consoles) -> Settings:
    """Return the settings of a run that is gone on with; only its epochs may grow.

    Raises:
        CourseError: The request asks for other settings than the run has.
    """
    manifest = made.manifest
    check_preset(lesson, manifest.preset)
    kind = type(lesson.presets[manifest.preset])
    values = kind.from_dict(manifest.settings)
    asked = settings.parse_overrides(kind, request.assignments)
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
            f"the run {made.path} has other settings: {'; '.join(changed)}",
            "the settings that it was started with",
            "leave them out to go on with it, or start a new run without --resume",
        )
    return _resumed_epochs(made, values, asked.get("epochs"), out)


def _same_data(asked: str, manifest: Manifest) -> bool:
    if manifest.own_path:
        return Path(asked).resolve() == Path(manifest.own_path)
    return asked == manifest.dataset


def _resumed_epochs(made: Run, values: Settings, asked: object, out: Consoles) -> Settings:
    done = len(made.history())
    if asked is not None and asked != values.epochs:
        values = values.replace({"epochs": asked})
        if values.epochs < done:
            raise CourseError(
                f"{made.path} has {done} epochs already, more than the {values.epochs} asked for",
                f"--epochs {done} or more",
            )
        out.say(
            f"--epochs is now {values.epochs}: the result may differ from that of a run "
            "started with so many, since schedules depend on it",
            "yellow",
        )
        made.update(settings=values.as_dict())
    elif made.finished:
        raise CourseError(
            f"the run {made.path} is finished",
            "an unfinished run",
            f"train it further with --epochs {values.epochs * 2}",
        )
    return values


def load_data(lesson: Lesson, local: Any, values: Settings, out: Consoles) -> Any:
    """Read the data set and tell what it is."""
    started = time.monotonic()
    with out.stderr.status(f"reading {local.name}"), native_log():
        data = lesson.data(local, values)
    out.say(f"data ready in {duration(time.monotonic() - started)}", "dim")
    for note in data.notes:
        out.say(f"  {note}", "dim")
    return data


def finish(lesson: Lesson, made: Run, data: Any, values: Settings, out: Consoles) -> Run:
    """Take a run from where it stands to its end, and print what it came to."""
    runs.write_json(made.path / runs.ASSETS, lesson.assets(data))
    view = display(out.stderr, lesson, values.epochs)
    try:
        with native_log(made.path / LOG):
            with out.stderr.status("starting TensorFlow"):
                from coursekit import training

                training.make_deterministic(values.seed)
                model = lesson.model(data, values)
            with view.shown():
                training.fit(lesson, model, data, values, made, view, made.manifest.eager)
            conclude(lesson, made, model, data, values, view, out)
    except KeyboardInterrupt:
        show.save_curves(made, lesson.headline.name)
        out.say("")
        out.say(
            f"stopped; {len(made.history())} finished epochs are kept in {made.path}\n"
            f"go on with: coursekit run {lesson.name} --resume --out {made.path}"
        )
        raise
    finally:
        made.unlock()
    return made


def conclude(
    lesson: Lesson,
    made: Run,
    model: Any,
    data: Any,
    values: Settings,
    view: PlainDisplay,
    out: Consoles,
) -> None:
    """Evaluate the best checkpoint on test, once, and leave results and pictures."""
    with out.stderr.status("evaluating the best epoch on the test split"):
        progress, said = checkpoint.load_best(made.path, model)
        started = time.monotonic()
        metrics = lesson.evaluate(model, data, "test")
        seconds = time.monotonic() - started
        sample = show.gathered(lesson.demo(model, data, None, lesson.demo_options()))
    if said:
        out.say(said, "yellow")
    rows = made.history()
    trained = sum(row["train_seconds"] for row in rows)
    runs.write_json(
        made.path / runs.RESULTS,
        {
            "metrics": metrics,
            "best_epoch": progress.best_epoch,
            "epochs": len(rows),
            "epochs_asked": values.epochs,
            "train_seconds": trained,
            "evaluate_seconds": seconds,
            "finished": runs.now(),
        },
    )
    report(lesson, made, metrics, sample, out)


def report(
    lesson: Lesson,
    made: Run,
    metrics: dict[str, float],
    sample: list[Any],
    out: Consoles,
) -> None:
    """Print the results to stdout, the last line being the next thing to type."""
    results = made.results() or {}
    out.result()
    out.result(
        f"{lesson.question} On the test split of {made.manifest.dataset} "
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
        for path in pictures(lesson, made, sample):
            out.say(f"picture: {path}", "dim")
    except CourseError as error:  # the results are safe without them
        out.say(str(error), "yellow")
    out.result(f"next: coursekit demo {lesson.name} {lesson.demo_example}".rstrip(), "bold")


def pictures(lesson: Lesson, made: Run, sample: list[Any]) -> Iterator[Path]:
    """Draw the curves, the GIF of the samples and the last sample, yielding their paths.

    Raises:
        CourseError: A picture cannot be written.
    """
    drawn = [show.save_curves(made, lesson.headline.name), show.save_gif(made)]
    yield from (path for path in drawn if path)
    figure = next((item for item in sample if show.is_figure(item)), None)
    if figure is not None:
        yield show.save_figure(figure, made.path / "sample.png")
