"""Draws the page of a `coursekit.drawing.Drawing` with matplotlib."""

from __future__ import annotations

from typing import TYPE_CHECKING

from coursekit.drawing import Arrow, Box, Drawing, Line, Point, Tint, Words

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

# A light page that is as easy to read in a dark notebook as in a light one.
PAPER, INK = "#fbfaf7", "#20242c"
# A fill and an edge for each tint. The six are told apart by their lightness, too.
TINTS: dict[Tint, tuple[str, str]] = {
    "plain": ("#ffffff", "#4b5160"),
    "input": ("#d6e6f5", "#1f5f99"),
    "weights": ("#fbe0bf", "#a4540c"),
    "state": ("#d3ecd8", "#256b34"),
    "loss": ("#f6d3d8", "#a32440"),
    "faint": ("#f0efec", "#74788a"),
}
ROUNDING = 0.06  # inches


def inked(drawing: Drawing) -> Figure:
    """Return a drawing as a figure."""
    from matplotlib.figure import Figure

    figure = Figure((drawing.width, drawing.height), facecolor=PAPER)
    axes = figure.add_axes((0, 0, 1, 1))
    axes.set(xlim=(0, drawing.width), ylim=(drawing.height, 0))
    axes.set_axis_off()
    for item in drawing.items:
        if isinstance(item, Box):
            _box(axes, item)
        elif isinstance(item, Words):
            _words(axes, item)
        elif isinstance(item, Arrow):
            _arrow(axes, item)
        else:
            _line(axes, item)
    return figure


def _box(axes: Axes, box: Box) -> None:
    from matplotlib.colors import to_rgb
    from matplotlib.patches import Ellipse, FancyBboxPatch, Rectangle

    fill, edge = TINTS[box.tint]
    corner = (box.center.x - box.width / 2, box.center.y - box.height / 2)
    letters = INK
    if box.shade is not None:
        strong, weak = to_rgb(edge), to_rgb(TINTS["plain"][0])
        mixed = [a * box.shade + b * (1 - box.shade) for a, b in zip(strong, weak, strict=True)]
        fill = "#" + "".join(f"{round(255 * part):02x}" for part in mixed)
        letters = "#ffffff" if box.shade > 0.55 else INK
    if box.shape == "frame":
        style = f"round,pad=0,rounding_size={ROUNDING}"
        dashed = FancyBboxPatch(corner, box.width, box.height, style, fill=False, ec=edge, ls="--")
        axes.add_patch(dashed)
        place = Point(corner[0] + 0.1, corner[1] + 0.17)
        _words(axes, Words(place, box.words, box.size, box.tint, "left"))
        return
    if box.shape == "circle":
        axes.add_patch(Ellipse(box.center, box.width, box.height, fc=fill, ec=edge, lw=1.2))
    elif box.shape == "square":
        axes.add_patch(Rectangle(corner, box.width, box.height, fc=fill, ec=edge, lw=0.6))
    else:
        style = f"round,pad=0,rounding_size={ROUNDING}"
        axes.add_patch(
            FancyBboxPatch(corner, box.width, box.height, style, fc=fill, ec=edge, lw=1.2)
        )
    if box.words:
        axes.text(
            *box.center, box.words, size=box.size, color=letters, ha="center", va="center_baseline"
        )


def _words(axes: Axes, words: Words) -> None:
    colour = INK if words.tint == "plain" else TINTS[words.tint][1]
    axes.text(
        *words.place,
        words.text,
        size=words.size,
        color=colour,
        ha=words.align,
        va="center",
        weight="bold" if words.bold else "normal",
    )


def _arrow(axes: Axes, arrow: Arrow) -> None:
    from matplotlib.patches import FancyArrowPatch

    axes.add_patch(
        FancyArrowPatch(
            arrow.start,
            arrow.end,
            arrowstyle="-|>",
            connectionstyle=f"arc3,rad={arrow.bend}",
            mutation_scale=11,
            shrinkA=1,
            shrinkB=1,
            color=TINTS[arrow.tint][1],
            lw=arrow.width,
            ls="--" if arrow.dashed else "-",
        )
    )


def _line(axes: Axes, line: Line) -> None:
    xs, ys = zip(*line.points, strict=True)
    style = "--" if line.dashed else "-"
    axes.plot(xs, ys, style, color=TINTS[line.tint][1], lw=line.width)
