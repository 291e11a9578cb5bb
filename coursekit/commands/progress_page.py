"""The page of ``coursekit progress --html``: one file, without scripts, to show and to print."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Sequence
from datetime import date, datetime
from itertools import groupby
from pathlib import Path
from typing import TYPE_CHECKING, Any

from coursekit import __version__
from coursekit.plugins import catalogue
from coursekit.printable import printable
from coursekit.readable import readable
from coursekit.stored import is_there, read_bytes

if TYPE_CHECKING:
    from coursekit.commands.progress import Standing

TEMPLATES = Path(__file__).parent / "templates"
MARK = '<meta name="generator" content="coursekit progress">'
HEAD = 4_000  # bytes of a file in which the mark of such a page stands


def is_ours(path: Path) -> bool:
    """Return whether a path is free, or has an earlier page of this kind.

    Raises:
        CourseError: What is there cannot be read, or is a folder.
    """
    return not is_there(path) or MARK.encode() in read_bytes(path)[:HEAD]


def page(found: Sequence[Standing], learner: str = "") -> str:
    """Return the page as HTML.

    All text is escaped. A content security policy forbids everything but the page's own style.

    Args:
        found: How the student stands in each exercise, those of a lesson one after another.
        learner: The student's name; it may be empty.
    """
    from jinja2 import Environment, FileSystemLoader, StrictUndefined
    from markupsafe import Markup

    style = (TEMPLATES / "progress.css").read_text(encoding="utf-8")
    environment = Environment(
        loader=FileSystemLoader(TEMPLATES),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    return environment.get_template("progress.html").render(
        mark=Markup(MARK),
        style=Markup(style),
        style_hash=Markup(base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()),
        learner=" ".join(printable(learner).split()),
        lessons=[
            _lesson(name, list(own))
            for name, own in groupby(found, lambda one: one.outline.template.lesson)
        ],
        points=sum(one.points for one in found),
        total=sum(one.outline.total for one in found),
        solved=sum(one.record.solved for one in found),
        exercises=len(found),
        version=__version__,
        made=_day(f"{datetime.now().astimezone():%Y-%m-%d}"),
    )


def _lesson(name: str, found: list[Standing]) -> dict[str, Any]:
    lesson = catalogue().lessons.get(name)
    return {
        "name": name,
        "title": lesson.title if lesson else name,
        "question": lesson.question if lesson else "",
        "points": sum(one.points for one in found),
        "total": sum(one.outline.total for one in found),
        "exercises": [
            {
                "number": one.outline.template.number,
                "title": readable(one.outline.template.title).replace("`", ""),
                "state": one.state,
                "points": one.points,
                "total": one.outline.total,
                "day": _day(one.record.solved_on) if one.record.solved else "",
            }
            for one in found
        ],
    }


def _day(written: str) -> str:
    """Return ``2026-11-29`` as ``29 November 2026``; empty if it is no date."""
    try:
        day = date.fromisoformat(written)
    except ValueError:
        return ""
    return f"{day.day} {day:%B %Y}"
