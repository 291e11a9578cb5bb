"""Looks at a drawing as a reader does: is every text on the page, in its box, and alone there?"""

from collections.abc import Iterator
from itertools import combinations, pairwise
from typing import Any

import numpy as np

from coursekit.drawing import SMALL, Arrow, Box, Drawing, Line, Point


def faults_of(drawing: Drawing) -> list[str]:
    """Return what makes a drawing hard to read."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg

    figure = drawing.figure()
    canvas = FigureCanvasAgg(figure)
    axes = figure.axes[0]
    inches = axes.transData.inverted()
    texts = {text: _extent(text, canvas, inches) for text in axes.texts}
    faults = [
        f"{t.get_text()!r} has {t.get_fontsize():g} points"
        for t in texts
        if t.get_fontsize() < SMALL
    ]
    for text, (left, top, right, bottom) in texts.items():
        if min(left, top) < 0.02 or right > drawing.width - 0.02 or bottom > drawing.height - 0.02:
            faults.append(f"{text.get_text()!r} leaves the page")
    for one, other in combinations(texts, 2):
        if _overlap(texts[one], texts[other]):
            faults.append(f"{one.get_text()!r} and {other.get_text()!r} overlap")
    boxes = [item for item in drawing.items if isinstance(item, Box) and item.shape != "frame"]
    for box in boxes:
        x, y = box.center
        edges = (x - box.width / 2, y - box.height / 2, x + box.width / 2, y + box.height / 2)
        for text, extent in texts.items():
            inside = text.get_text() == box.words and text.get_position() == tuple(box.center)
            slack = 0.02
            if inside and not (
                edges[0] - slack <= extent[0]
                and extent[2] <= edges[2] + slack
                and edges[1] - slack <= extent[1]
                and extent[3] <= edges[3] + slack
            ):
                faults.append(f"{box.words!r} does not fit in its box")
            elif not inside and box.words and _overlap(edges, extent):
                faults.append(f"{text.get_text()!r} lies on the box {box.words!r}")
    for start, end in _segments(drawing):
        for text, extent in texts.items():
            if _crosses(start, end, extent):
                faults.append(f"a line runs through {text.get_text()!r}")
    return faults


def small_texts(figure: Any) -> list[str]:
    """Return what is written in a figure of matplotlib in letters of less than `SMALL` points."""
    from matplotlib.text import Text

    texts = figure.findobj(Text) if hasattr(figure, "findobj") else ()
    return [t.get_text() for t in texts if t.get_text().strip() and t.get_fontsize() < SMALL]


def _segments(drawing: Drawing) -> Iterator[tuple[Point, Point]]:
    """Yield the straight lines of a drawing, those of straight arrows included."""
    for item in drawing.items:
        if isinstance(item, Line):
            yield from pairwise(item.points)
        elif isinstance(item, Arrow) and not item.bend:
            yield item.start, item.end


def _crosses(start: Point, end: Point, extent: tuple[float, ...], slack: float = 0.01) -> bool:
    """Return whether a line meets a rectangle, a little smaller than that of a text."""
    left, top, right, bottom = extent
    for share in np.linspace(0, 1, 200):
        x, y = start.x + share * (end.x - start.x), start.y + share * (end.y - start.y)
        if left + slack < x < right - slack and top + slack < y < bottom - slack:
            return True
    return False


def _extent(text: Any, canvas: Any, inches: Any) -> tuple[float, float, float, float]:
    box = text.get_window_extent(canvas.get_renderer())
    (left, bottom), (right, top) = inches.transform(box.get_points())
    return left, top, right, bottom


def _overlap(one: tuple[float, ...], other: tuple[float, ...], slack: float = 0.01) -> bool:
    return (
        one[0] + slack < other[2]
        and other[0] + slack < one[2]
        and one[1] + slack < other[3]
        and other[1] + slack < one[3]
    )
