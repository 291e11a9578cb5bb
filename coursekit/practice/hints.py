"""Which check a hint is about, and which of its hints is shown next."""

from __future__ import annotations

from collections.abc import Iterable

from coursekit.errors import CourseError, did_you_mean
from coursekit.practice.declare import Check, Declared
from coursekit.practice.records import Record, changing, record_of
from coursekit.readable import readable


def chosen(exercise: str, known: Declared, wanted: str | int) -> Check:
    """Return the check that a student chose.

    Args:
        exercise: Its name, ``lesson/topic``.
        known: Its checks.
        wanted: The number of a check, its name, or the beginning of its title.

    Raises:
        CourseError: There is none of that kind, or more than one.
    """
    checks = list(known.checks.values())
    text = str(wanted).strip()
    if text.isdecimal():
        found = [check for number, check in enumerate(checks, 1) if number == int(text)]
    else:
        found = [check for check in checks if check.name == text]
        found = found or [check for check in checks if text and _begins(check, text)]
    if len(found) == 1:
        return found[0]
    numbered = [f"  {n}  {check.name}: {check.title}" for n, check in enumerate(checks, 1)]
    expected = "a number, a name, or the beginning of a title:\n" + "\n".join(numbered)
    if found:
        raise CourseError(f"{len(found)} checks of {exercise} begin with {text!r}", expected)
    names = [name for check in checks for name in (check.name, check.title)]
    near = "" if text.isdecimal() else did_you_mean(text, names)
    raise CourseError(
        f"{exercise} has no check {text!r}",
        expected,
        near if near.startswith("did you mean") else "",
    )


def _begins(check: Check, text: str) -> bool:
    return readable(check.title).replace("`", "").casefold().startswith(text.casefold())


def to_explain(exercise: str, known: Declared, failing: Iterable[str]) -> Check:
    """Return the check that a hint is about if the student chose none.

    It is the first that does not pass. A prediction whose hints were all shown gives way to
    what comes after it: nothing depends on a prediction.

    Args:
        exercise: Its name.
        known: Its checks.
        failing: The names of the checks that do not pass, in order; at least one.
    """
    shown = record_of(exercise).hints
    checks = [known.checks[name] for name in failing]
    for check in checks:
        used_up = shown.get(check.name, 0) >= len(check.hints)
        if not (check.name in known.predictions and used_up):
            return check
    return checks[0]


def comes_after(known: Declared, check: Check, passed: Iterable[str]) -> str:
    """Say which checks to pass before this one; empty if it can be reached."""
    missing = [name for name in check.after if name not in set(passed)]
    titles = " and ".join(
        f"{known.number(name)}, “{readable(known.checks[name].title)}”" for name in missing
    )
    return f"this check comes after {titles}: pass that first" if titles else ""


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
    title = f"{readable(check.title)}: hint {level + 1} of {len(check.hints)}"
    lines = [title, readable(check.hints[level])]
    if level + 1 == len(check.hints):
        lines.append(
            f"that was the last hint; to see the solution: coursekit solution {exercise} --give-up"
        )
    return [*lines, unsaved] if unsaved else lines


def others(known: Declared, check: Check, failing: Iterable[str], how: str) -> str:
    """Say how to choose among the other checks that do not pass; empty if there are none.

    Args:
        known: The checks of the exercise.
        check: The one that was explained.
        failing: The names of all that do not pass, in order.
        how: What to type, without the check.
    """
    left = [f"{known.number(name)} ({name})" for name in failing if name != check.name]
    return f"for a hint on {', '.join(left)}: {how}" if left else ""
