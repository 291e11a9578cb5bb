"""Draws which lesson comes before which, as an SVG in the colours of the page."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from html import escape

from coursekit_docs.course import Chapter
from coursekit_docs.markdown import hours

WIDTH, HEIGHT = 150, 56  # of a box
GAP_X, GAP_Y = 50, 20


def columns(prerequisites: Mapping[str, Sequence[str]]) -> dict[str, int]:
    """Return how many lessons stand, at the least, before each: its column in the map.

    Args:
        prerequisites: By lesson, each after those that it needs.
    """
    found: dict[str, int] = {}
    for name, before in prerequisites.items():
        known = [found[each] for each in before if each in found]
        found[name] = max(known) + 1 if known else 0
    return found


def drawing(chapters: Sequence[Chapter]) -> str:
    """Return the map of the course as SVG, each box a link to the lesson's page."""
    needs = {chapter.lesson.name: chapter.lesson.prerequisites for chapter in chapters}
    column = columns(needs)
    row: dict[str, int] = {}
    for name in needs:
        row[name] = sum(column[other] == column[name] for other in row)
    corner = {
        name: (column[name] * (WIDTH + GAP_X) + 5, row[name] * (HEIGHT + GAP_Y) + 5)
        for name in needs
    }
    width = (max(column.values()) + 1) * (WIDTH + GAP_X) - GAP_X + 10
    height = (max(row.values()) + 1) * (HEIGHT + GAP_Y) - GAP_Y + 10
    order = "; ".join(f"{n} after {' and '.join(b)}" for n, b in needs.items() if b)
    arrows = [
        _arrow(corner[before], corner[name])
        for name, needed in needs.items()
        for before in needed
        if before in corner
    ]
    return "\n".join(
        [
            f'<svg class="course-map" viewBox="0 0 {width} {height}" role="img" '
            f'style="max-width: {width}px" aria-label="{escape(order)}">',
            '<defs><marker id="tip" viewBox="0 0 8 8" refX="8" refY="4" markerWidth="8" '
            'markerHeight="8" orient="auto"><path d="M0 0 L8 4 L0 8 z"/></marker></defs>',
            *arrows,
            *(_box(chapter, *corner[chapter.lesson.name]) for chapter in chapters),
            "</svg>",
        ]
    )


def _box(chapter: Chapter, x: int, y: int) -> str:
    name, middle = escape(chapter.lesson.name), x + WIDTH // 2
    return (
        f'<a href="{name}.html"><rect x="{x}" y="{y}" width="{WIDTH}" height="{HEIGHT}" rx="8"/>'
        f'<text x="{middle}" y="{y + 24}">{name}</text>'
        f'<text class="hours" x="{middle}" y="{y + 43}">{hours(chapter.minutes)}</text></a>'
    )


def _arrow(start: tuple[int, int], stop: tuple[int, int]) -> str:
    x, y = start[0] + WIDTH, start[1] + HEIGHT // 2
    to_x, to_y = stop[0] - 2, stop[1] + HEIGHT // 2
    half = (x + to_x) // 2
    return f'<path class="arrow" d="M{x} {y} C{half} {y} {half} {to_y} {to_x} {to_y}"/>'
