"""Which run is meant by ``--resume``, and with which settings it may be resumed."""

from dataclasses import dataclass
from pathlib import Path

from coursekit.console import Consoles
from coursekit.errors import CourseError
from coursekit.lesson import Data, Lesson
from coursekit.paths import local_path
from coursekit.prepare import check_preset
from coursekit.printable import quoted
from coursekit.runs.folder import Manifest, Run, find_runs
from coursekit.settings import Settings, parse_overrides


@dataclass(frozen=True)
class Request:
    """What ``coursekit run`` was asked for; None means not said.

    Attributes:
        data: Name of a data set, or path of the user's own.
        preset: Name of a preset.
        assignments: The ``key=value`` texts of ``--set``.
        eager: Whether the step runs uncompiled.
        out: The run's folder.
        resume: Whether to resume a run.
    """

    data: str | None = None
    preset: str | None = None
    assignments: tuple[str, ...] = ()
    eager: bool = False
    out: Path | None = None
    resume: bool = False


def resumable(lesson: Lesson, request: Request) -> Run:
    """Return the run to resume: the one in ``--out``, else the newest unfinished."""
    if request.out is not None:
        run = Run(request.out)
        if run.manifest.lesson != lesson.name:
            raise CourseError(
                f"{request.out} is a run of {run.manifest.lesson}, not of {lesson.name}",
                remedy=f"coursekit run {run.manifest.lesson} --resume --out {quoted(request.out)}",
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
    """Return the settings of a run that is resumed; only its epochs may grow.

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
    if request.data is not None and not _is_named(request.data, manifest):
        changed.append(f"data set {manifest.dataset}, not {request.data}")
    if request.eager and not manifest.eager:
        changed.append("a compiled step, not an eager one")
    if changed:
        raise CourseError(
            f"the run {run.path} has other settings: {'; '.join(changed)}",
            "the settings that it was started with",
            "leave them out to resume it, or start a new run without --resume",
        )
    return _resumed_epochs(run, values, asked.get("epochs"), out)


def check_same_data(manifest: Manifest, data: Data) -> None:
    """Check that the data that was read is what a run was trained on.

    Raises:
        CourseError: Its fingerprint is another.
    """
    if data.fingerprint != manifest.fingerprint:
        raise CourseError(
            f"the data set {manifest.dataset} is not the one that this run was trained on",
            f"data with the fingerprint {manifest.fingerprint[:12]}, not {data.fingerprint[:12]}",
            "bring the old data back, or start a new run without --resume",
        )


def _is_named(asked: str, manifest: Manifest) -> bool:
    if manifest.own_path:
        return local_path(asked, "--data").resolve() == Path(manifest.own_path)
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
            "started with that many, since schedules depend on it",
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
