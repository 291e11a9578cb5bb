"""Data and settings of a lesson in one call, for notebooks and scripts."""

from typing import Any

from coursekit.console import consoles
from coursekit.datasets import Dataset
from coursekit.errors import CourseError, did_you_mean
from coursekit.lesson import Lesson
from coursekit.settings import Settings
from coursekit.store.choose import choose


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
    check_preset(lesson, preset)
    screen = consoles()
    chosen = choose(lesson, dataset, screen.stderr)
    if chosen.note:
        screen.say(chosen.note)
    settings = preset_settings(lesson, chosen.dataset, preset).replace(changes)
    return settings, lesson.data(chosen.local, settings)


def check_preset(lesson: Lesson, preset: str) -> None:
    """Raise a `CourseError` unless the lesson has that preset."""
    if preset not in lesson.presets:
        raise CourseError(
            f"{lesson.name} has no preset {preset!r}", remedy=did_you_mean(preset, lesson.presets)
        )


def preset_settings(lesson: Lesson, dataset: Dataset | None, preset: str) -> Settings:
    """Return a preset's settings with the overrides of a data set (None: the user's own)."""
    base = lesson.presets[preset]
    return dataset.settings(preset, base) if dataset is not None else base
