"""``coursekit review``: asks earlier predictions again, and says how the answers were."""

from __future__ import annotations

import sys
from datetime import date
from itertools import takewhile

from coursekit.console import Consoles, cells, print_json, table
from coursekit.errors import CourseError
from coursekit.practice.judging import judge
from coursekit.practice.reviews import Review, answered, begin_earlier, due_day, reviews
from coursekit.readable import readable

TRIES = 3  # to type an answer that can be read


def review(everything: bool, as_json: bool, out: Consoles) -> None:
    """Ask what is due, or list it where nobody can answer.

    Args:
        everything: Whether to ask also what is not due.
        as_json: Whether to list all as JSON instead.
        out: Where to ask, and to say what is wrong.

    Raises:
        CourseError: What was predicted cannot be read or saved.
    """
    today = date.today()
    begin_earlier(today)
    if as_json:
        return print_json([_values(one, today) for one in reviews()])
    known = reviews()
    chosen = list(known) if everything else list(takewhile(lambda one: one.is_due(today), known))
    if not chosen:
        return _say_when(next(reviews(), None), today, out)
    if not sys.stdin.isatty():
        return _list(chosen, today, out)
    _ask_all(chosen, today, out)
    return None


def _values(one: Review, today: date) -> dict[str, object]:
    return {
        "name": one.question.key,
        "due": one.due.isoformat() if one.due else None,
        "is_due": one.is_due(today),
        "asked": one.known.asked or None,
        "right_in_a_row": one.known.stage,
    }


def _say_when(first: Review | None, today: date, out: Consoles) -> None:
    """Say when the next question is due."""
    if first is None:
        out.result("there are no predictions yet")
        out.result("they come from the cells `predict(...)` of the lessons and from the exercises")
        out.result("next: coursekit next", "bold")
        return
    if first.due is not None:
        out.result(f"nothing is due; the next is due {_when(first.due, today)}")
    else:
        out.result("you have answered each prediction rightly three times")
    out.result("to answer now: coursekit review --all", "dim")


def _when(due: date, today: date) -> str:
    days = (due - today).days
    if days <= 0:
        return "today"
    return f"on {due.isoformat()}, " + ("tomorrow" if days == 1 else f"in {days} days")


def _list(chosen: list[Review], today: date, out: Consoles) -> None:
    grid = table("prediction", "due", "last asked", whole=("due", "last asked"))
    for one in chosen:
        due = "answered" if one.due is None else _when(one.due, today)
        grid.add_row(*cells(one.question.key, due, one.known.asked or "never"))
    out.show(grid)
    out.result("next: coursekit review, in a terminal", "bold")


def _ask_all(chosen: list[Review], today: date, out: Consoles) -> None:
    """Ask one after another; each answer is saved before the next question."""
    out.result("An empty line skips a question; Ctrl-C ends the review.", "dim")
    rights: list[bool] = []
    try:
        for number, one in enumerate(chosen, 1):
            out.result()
            out.result(f"{number} of {len(chosen)}  {one.question.key}", "bold")
            verdict = _ask(one, today, out)
            rights += [] if verdict is None else [verdict]
    except (KeyboardInterrupt, EOFError):
        out.result()
    out.result()
    out.result(f"{sum(rights)} of {len(rights)} answered correctly", "bold")


def _ask(one: Review, today: date, out: Consoles) -> bool | None:
    """Ask a question; return whether the answer was right, None if there was none."""
    if one.question.earlier:
        out.result(readable(one.question.earlier), "dim")
        out.result()
    out.result(readable(one.question.text))
    unit = f" ({one.known.unit})" if one.known.unit else ""
    out.result()
    for _ in range(TRIES):
        typed = input(f"{one.question.name}{unit} = ").strip()
        if not typed:
            return None
        try:
            verdict = judge(one, typed)
        except CourseError as error:
            out.say(str(error), "yellow")
            continue
        first, *rest = verdict.words
        out.result(first, "green" if verdict.right else "yellow")
        for line in rest:
            out.result(f"  {line}")
        due = due_day(answered(one, verdict.right, today))
        out.result(
            f"it is asked again {_when(due, today)}" if due else "done: not asked again", "dim"
        )
        return verdict.right
    return None
