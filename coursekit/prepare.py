"""From what was asked for (a data set, a preset, changes) to a lesson's settings and data.

The one place where that is decided: `prepare` for notebooks and scripts, `settle` and
`read_data` for the commands.
"""

import time
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from coursekit.console import Consoles, consoles, duration
from coursekit.datasets import Dataset, LocalDataset
from coursekit.errors import CourseError, did_you_mean
from coursekit.exploring import explore
from coursekit.lesson import Lesson
from coursekit.predictions import begin, predict, reveal
from coursekit.runs.native_log import native_log
from coursekit.settings import Settings, parse_overrides
from coursekit.showing import show
from coursekit.store.choose import choose
from coursekit.store.progress import busy
from coursekit.store.reading import lesson_data

__all__ = ["explore", "has_xla", "predict", "prepare", "reveal", "show"]


@dataclass(frozen=True)
class Settled:
    """What a lesson will learn from, and with which settings.

    Attributes:
        local: The files of the data set, or the user's own path.
        preset: The preset's name.
        settings: The hyper-parameters, after preset, data set and changes.
        note: The line to show when the built-in set is used instead, else empty.
    """

    local: LocalDataset
    preset: str
    settings: Settings
    note: str = ""


def settle(
    lesson: Lesson,
    dataset: str | None,
    preset: str | None,
    changes: Mapping[str, object],
    out: Consoles,
) -> Settled:
    """Decide on data and settings, downloading the data if necessary.

    Args:
        lesson: The lesson.
        dataset: What ``--data`` takes: a data set's name or a path. None takes the
            lesson's default, or its built-in set when there is no network.
        preset: The name of a preset; None: ``quick``.
        changes: Fields of the settings to set differently.
        out: Where downloads and the choice of another data set are shown.

    Raises:
        CourseError: There is no such data set, path or preset, a download failed, or
            a field is unknown or out of range.
    """
    preset = "quick" if preset is None else preset
    check_preset(lesson, preset)
    lesson.presets[preset].replace(changes)  # a bad value is reported before any download
    chosen = choose(lesson, dataset, out.stderr)
    if chosen.note:
        out.say(chosen.note, "yellow")
    settings = preset_settings(lesson, chosen.dataset, preset).replace(changes)
    return Settled(chosen.local, preset, settings, chosen.note)


def assigned(lesson: Lesson, preset: str | None, assignments: Iterable[str]) -> dict[str, object]:
    """Parse the ``key=value`` texts of ``--set`` for a preset of a lesson.

    Raises:
        CourseError: There is no such preset, or a text is not an assignment.
    """
    preset = "quick" if preset is None else preset
    check_preset(lesson, preset)
    return parse_overrides(type(lesson.presets[preset]), assignments)


def read_data(lesson: Lesson, local: LocalDataset, settings: Settings, out: Consoles) -> Any:
    """Read a data set and report what it is."""
    started = time.monotonic()
    with busy(out.stderr, f"reading {local.name}"), native_log():
        data = lesson_data(lesson, local, settings)
    out.say(f"data ready in {duration(time.monotonic() - started)}", "dim")
    for note in data.notes:
        out.say(f"  {note}", "dim")
    return data


def prepare(
    lesson: Lesson, dataset: str | None = None, preset: str = "quick", **changes: object
) -> tuple[Any, Any]:
    """Return the settings and the data, as ``coursekit run`` would take them.

    Args:
        lesson: The lesson.
        dataset: What ``--data`` takes: a data set's name or a path. None takes the
            lesson's default, or its built-in set when there is no network.
        preset: The name of a preset.
        **changes: Fields to set differently, as ``--set`` does.

    Raises:
        CourseError: There is no such data set, path or preset, a download failed, or
            a field is unknown or out of range.
    """
    settled = settle(lesson, dataset, preset, changes, consoles())
    begin(lesson.name)
    return settled.settings, lesson_data(lesson, settled.local, settled.settings)


def check_preset(lesson: Lesson, preset: str) -> None:
    """Raise a `CourseError` unless the lesson has that preset."""
    if preset not in lesson.presets:
        raise CourseError(
            f"{lesson.name} has no preset {preset!r}", remedy=did_you_mean(preset, lesson.presets)
        )


def preset_settings(lesson: Lesson, dataset: Dataset | None, preset: str) -> Settings:
    """Return a preset's settings with the overrides of a data set (None: the user's own)."""
    base: Settings = lesson.presets[preset]
    return dataset.settings(preset, base) if dataset is not None else base


def has_xla() -> bool:
    """Return whether this TensorFlow can compile with XLA (some builds cannot)."""
    import tensorflow as tf

    try:
        tf.function(lambda x: x + 1.0, jit_compile=True)(tf.constant(1.0))
    except (tf.errors.OpError, RuntimeError, ValueError):
        return False
    return True
