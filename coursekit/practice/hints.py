"""Which hint of a check is shown next."""

from __future__ import annotations

from coursekit.errors import CourseError
from coursekit.practice.declare import Check
from coursekit.practice.records import Record, changing


def next_hint(exercise: str, check: Check) -> list[str]:
    """Return the title and the words of the next hint of a check, and remember it as shown.

    Args:
        exercise: Its name, ``lesson/topic``.
        check: A check of it that does not pass.

    Returns:
        The lines to show; the last tells if what was shown could not be saved.
    """
    level, unsaved = 0, ""
    try:
        with changing() as known:
            shown = known.setdefault(exercise, Record()).hints
            level = min(max(shown.get(check.name, 0), 0), len(check.hints) - 1)
            shown[check.name] = level + 1
    except CourseError as error:
        unsaved = f"the next hint will be this one again: {error.what}"
    lines = [f"{check.title}: hint {level + 1} of {len(check.hints)}", check.hints[level]]
    if level + 1 == len(check.hints):
        lines.append(
            f"that was the last hint; to see the solution: coursekit solution {exercise} --give-up"
        )
    return [*lines, unsaved] if unsaved else lines
