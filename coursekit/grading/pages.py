"""The pages of the report: one for each student, one for the class. None runs a script.

All that students wrote is text to Jinja's autoescape, and a content security policy forbids
everything but the page's own style sheet and pictures that are written into the page.
"""

from __future__ import annotations

import base64
import hashlib
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup, escape

from coursekit import __version__
from coursekit.grading.drawing import distribution, share
from coursekit.grading.marks import Mark
from coursekit.grading.pictures import as_data
from coursekit.grading.record import Change
from coursekit.grading.results import Verdict
from coursekit.grading.similarity import Pair
from coursekit.grading.statistics import ClassFigures, out_of
from coursekit.grading.tables import points
from coursekit.printable import printable

TEMPLATES = Path(__file__).parent / "templates"
MOST_OUTPUT = 20_000  # characters of what a student's code printed that a page shows
MOST_PICTURES = 8
STATES = {
    "passed": ("✓", "passed"),
    "wrong": ("✗", "not passed"),
    "not reached": ("–", "not reached"),
    "not run": ("–", "not run"),
}


@dataclass(frozen=True)
class Shown:
    """A check as a student sees it.

    Attributes:
        title: What it asks; of a private check nothing but that it is one.
        sign: ✓, ✗ or –.
        state: In words.
        status: As in `Verdict`.
        points: Such as ``1 of 2``.
        words: What is wrong.
        hints: If it is not passed.
    """

    title: str
    sign: str
    state: str
    status: str
    points: str
    words: str = ""
    hints: tuple[str, ...] = ()


def shown(verdicts: Sequence[Verdict]) -> list[Shown]:
    """Return checks as a student may see them: of private ones neither text, words nor hints."""
    found, private = [], 0
    for verdict in verdicts:
        sign, state = STATES[verdict.status]
        score = out_of(verdict.earned, verdict.possible)
        if verdict.hidden:
            private += 1
            found.append(Shown(f"Private check {private}", sign, state, verdict.status, score))
            continue
        hints = verdict.hints if verdict.status == "wrong" else ()
        found.append(Shown(verdict.title, sign, state, verdict.status, score, verdict.words, hints))
    return found


def student_page(marks: Sequence[Mark], titles: Mapping[str, str]) -> str:
    """Return the page of a student.

    Args:
        marks: For each exercise; at least one.
        titles: The headings of the exercises.
    """
    return _render(
        "student.html",
        name=marks[0].shown_name,
        student=marks[0].student,
        works=[_work(mark, titles[mark.exercise]) for mark in marks],
        total=sum(mark.points for mark in marks),
        possible=sum(mark.possible for mark in marks),
    )


def _work(mark: Mark, title: str) -> dict[str, Any]:
    grade = mark.grade
    pictures = [as_data(one) for one in grade.pictures[:MOST_PICTURES]] if grade else []
    return {
        "mark": mark,
        "title": title,
        "checks": shown(grade.verdicts) if grade else [],
        "notes": grade.notes if grade else (),
        "output": printable(grade.output, MOST_OUTPUT) if grade else "",
        "pictures": [Markup(one) for one in pictures if one],
        "lost": sum(not one for one in pictures),
    }


def class_page(
    found: Sequence[ClassFigures],
    *,
    pairs: Sequence[Pair] = (),
    notes: Sequence[str] = (),
    changed: Sequence[Change] = (),
    addresses: Mapping[str, str] | None = None,
) -> str:
    """Return the page of the class, for the instructor.

    Args:
        found: What is known about each exercise.
        pairs: Submissions that resemble each other.
        notes: What the instructor should know, a sentence each.
        changed: Whose marks differ from an earlier report.
        addresses: The page of each student.
    """
    names = {mark.student: mark.shown_name for one in found for mark in one.marks}
    graded = [mark.grade for one in found for mark in one.graded if mark.grade]
    return _render(
        "class.html",
        exercises=found,
        drawings=[distribution(one.bars, points(one.median)) for one in found],
        pairs=pairs,
        names=names,
        notes=notes,
        changed=changed,
        addresses=addresses or {},
        isolation=sorted({grade.isolation for grade in graded} - {""}),
        seconds=sum(grade.seconds for grade in graded),
    )


def _render(template: str, **values: Any) -> str:
    style = (TEMPLATES / "page.css").read_text(encoding="utf-8")
    digest = base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()
    return (
        _environment()
        .get_template(template)
        .render(
            style=Markup(style),
            style_hash=Markup(digest),
            version=__version__,
            made=f"{datetime.now().astimezone():%Y-%m-%d %H:%M}",
            **values,
        )
    )


@lru_cache(maxsize=1)
def _environment() -> Environment:
    environment = Environment(
        loader=FileSystemLoader(TEMPLATES),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        finalize=_visible,
    )
    environment.filters |= {"points": points, "marked": marked}
    environment.globals.update(out_of=out_of, share=share)
    return environment


def marked(text: str) -> Markup:
    """Return a text of an exercise with its `code` and its *emphasis* set off, and nothing more.

    What is HTML in it is shown, not obeyed.
    """
    safe = str(escape(printable(text)))
    safe = re.sub(r"`([^`\n]+)`", r"<code>\1</code>", safe)
    return Markup(re.sub(r"(?<![\w*])\*(\w[^*\n<>]*?)\*(?![\w*])", r"<em>\1</em>", safe))


def _visible(value: Any) -> Any:
    """Return a text in which nothing hides: no control characters, none that turn the writing."""
    return printable(value) if type(value) is str else value
