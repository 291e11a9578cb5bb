"""The map of a course: how long its lessons take, which comes before which, and who can skip what.

The minutes are those that the templates state. The drawing is an SVG that shows itself in light
and dark, on a page of its own or within another.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from html import escape

from coursekit.lesson import Lesson
from coursekit.notebooks.template import Template

WIDTH, HEIGHT = 168, 64  # of a box
GAP_X, GAP_Y = 50, 20
FIXED = "\N{NO-BREAK SPACE}"
_MINUTES = re.compile(r"(\d+) minutes")
# The colours of the drawing where no page gives it others.
STYLE = """<style>
rect { fill: #eef3fa; stroke: #2c5f9e; stroke-width: 1.5 }
text { fill: #1b1f24; font: 600 16px system-ui, sans-serif; text-anchor: middle }
text.hours { fill: #4a5560; font: 13px system-ui, sans-serif }
.arrow { fill: none; stroke: #6b7680; stroke-width: 1.5; marker-end: url(#tip) }
marker path { fill: #6b7680 }
@media (prefers-color-scheme: dark) {
  rect { fill: #1d2733; stroke: #79aee8 }
  text { fill: #eceff2 }
  text.hours { fill: #b4bec8 }
  .arrow { stroke: #98a4af }
  marker path { fill: #98a4af }
}
</style>"""


@dataclass(frozen=True)
class Stop:
    """A lesson on the map.

    Attributes:
        name: The lesson's.
        before: Names of the lessons that come before it.
        worked: Minutes of the worked notebook.
        exercises: Minutes of each exercise.
        skip: Who can skip it or a part of it; empty if its author does not say.
    """

    name: str
    before: tuple[str, ...]
    worked: int
    exercises: tuple[int, ...]
    skip: str = ""

    @property
    def minutes(self) -> int:
        """What all of it takes."""
        return self.worked + sum(self.exercises)


def stop_of(lesson: Lesson, found: Sequence[Template]) -> Stop:
    """Return a lesson on the map.

    Args:
        lesson: The lesson.
        found: Its templates, the worked lesson among them or not.

    Raises:
        CourseError: A template does not say how many minutes it takes.
    """
    worked = [template for template in found if not template.number]
    return Stop(
        lesson.name,
        lesson.prerequisites,
        sum(map(_minutes, worked)),
        tuple(_minutes(template) for template in found if template.number),
        next((template.fields.get("skip", "") for template in worked), ""),
    )


def _minutes(template: Template) -> int:
    try:
        return minutes_of(template.fields["time"])
    except ValueError as error:
        raise template.error(1, f"**Time.**: {error}", "such as `25 minutes`") from None


def minutes_of(text: str) -> int:
    """Return the minutes that a template's field ``Time`` states.

    Raises:
        ValueError: It states none.
    """
    found = _MINUTES.search(text)
    if found is None:
        raise ValueError(f"{text!r} does not say how many minutes")
    return int(found[1])


def hours(minutes: int) -> str:
    """Return minutes as people say them, such as ``3 h 35 min``, with spaces that break no line."""
    whole, rest = divmod(minutes, 60)
    parts = [f"{whole} h" if whole else "", f"{rest} min" if rest or not whole else ""]
    return " ".join(filter(None, parts)).replace(" ", FIXED)


def exercises_of(count: int) -> str:
    """Return how many exercises there are, in words."""
    return f"{count} exercise" if count == 1 else f"{count} exercises"


def in_words(stops: Iterable[Stop]) -> str:
    """Return what the drawing shows as text: each lesson, its time, and what comes before it."""
    return "; ".join(
        f"{stop.name}{' after ' if stop.before else ''}{' and '.join(stop.before)}"
        f" ({hours(stop.minutes).replace(FIXED, ' ')})"
        for stop in stops
    )


def overview(stops: Sequence[Stop], links: Mapping[str, str]) -> list[str]:
    """Return the lines of a Markdown table: each lesson's minutes, their sums, who can skip it.

    Args:
        stops: The lessons, in their order.
        links: Where each lesson's name leads, by name; a name may be missing.
    """
    lines = [
        "| lesson | after | worked notebook | exercises | together | who can skip what |",
        "| --- | --- | --- | --- | --- | --- |",
    ]
    for stop in stops:
        name = f"[{stop.name}]({links[stop.name]})" if stop.name in links else stop.name
        each = f"{len(stop.exercises)}: {hours(sum(stop.exercises))}"
        row = (name, ", ".join(stop.before) or "-", hours(stop.worked), each, hours(stop.minutes))
        lines.append(f"| {' | '.join(row)} | {stop.skip or '-'} |")
    worked, done = sum(s.worked for s in stops), sum(sum(s.exercises) for s in stops)
    count = sum(len(stop.exercises) for stop in stops)
    sums = ("**all**", "", hours(worked), f"{count}: {hours(done)}", f"**{hours(worked + done)}**")
    return [*lines, f"| {' | '.join(sums)} | |"]


def columns(before: Mapping[str, Sequence[str]]) -> dict[str, int]:
    """Return how many lessons come before each, at the least: its column in the map.

    Args:
        before: By lesson, each after those that it needs.
    """
    found: dict[str, int] = {}
    for name, needed in before.items():
        known = [found[each] for each in needed if each in found]
        found[name] = max(known) + 1 if known else 0
    return found


def drawing(stops: Sequence[Stop], links: Mapping[str, str], *, alone: bool = True) -> str:
    """Return the map as SVG: a box for each lesson, an arrow from each that comes before it.

    Args:
        stops: The lessons, in their order, at least one.
        links: Where each box leads, by name; a name may be missing.
        alone: Whether it is a file of its own, with its colours; within a page, that gives them.
    """
    column = columns({stop.name: stop.before for stop in stops})
    row: dict[str, int] = {}
    for name in column:
        row[name] = sum(column[other] == column[name] for other in row)
    corner = {
        name: (column[name] * (WIDTH + GAP_X) + 5, row[name] * (HEIGHT + GAP_Y) + 5)
        for name in column
    }
    width = (max(column.values()) + 1) * (WIDTH + GAP_X) - GAP_X + 10
    height = (max(row.values()) + 1) * (HEIGHT + GAP_Y) - GAP_Y + 10
    size = f' xmlns="http://www.w3.org/2000/svg" width="{width}" height="{height}"' if alone else ""
    return "\n".join(
        [
            f'<svg{size} class="course-map" viewBox="0 0 {width} {height}" role="img" '
            f'style="max-width: {width}px" aria-label="{escape(in_words(stops))}">',
            *([STYLE] if alone else []),
            '<defs><marker id="tip" viewBox="0 0 8 8" refX="8" refY="4" markerWidth="8" '
            'markerHeight="8" orient="auto"><path d="M0 0 L8 4 L0 8 z"/></marker></defs>',
            *(
                _arrow(corner[before], corner[stop.name])
                for stop in stops
                for before in stop.before
                if before in corner
            ),
            *(_box(stop, n, links, *corner[stop.name]) for n, stop in enumerate(stops, 1)),
            "</svg>",
        ]
    )


def _box(stop: Stop, number: int, links: Mapping[str, str], x: int, y: int) -> str:
    middle = x + WIDTH // 2
    below = f"{exercises_of(len(stop.exercises))}, {hours(stop.minutes)}"
    box = (
        f'<rect x="{x}" y="{y}" width="{WIDTH}" height="{HEIGHT}" rx="8"/>'
        f'<text x="{middle}" y="{y + 27}">{number}. {escape(stop.name)}</text>'
        f'<text class="hours" x="{middle}" y="{y + 48}">{below}</text>'
    )
    return f'<a href="{escape(links[stop.name])}">{box}</a>' if stop.name in links else box


def _arrow(start: tuple[int, int], stop: tuple[int, int]) -> str:
    x, y = start[0] + WIDTH, start[1] + HEIGHT // 2
    to_x, to_y = stop[0] - 2, stop[1] + HEIGHT // 2
    half = (x + to_x) // 2
    return f'<path class="arrow" d="M{x} {y} C{half} {y} {half} {to_y} {to_x} {to_y}"/>'
