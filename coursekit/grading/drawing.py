"""The figures of the class report, as SVG that stands in the page and takes its colours."""

from __future__ import annotations

from collections.abc import Sequence
from xml.sax.saxutils import escape

from markupsafe import Markup

from coursekit.grading.statistics import Bar, CheckCount

WIDTH, HEIGHT = 640, 210  # of the distribution, in units of its own
TOP, BOTTOM, SIDE = 22, 42, 8
THIN = 5  # a share of the bars' width, in percent, that is left free on each side


def distribution(bars: Sequence[Bar], median: str) -> Markup:
    """Draw how many have which points.

    Args:
        bars: At least one.
        median: Told to those who cannot see the figure.
    """
    most = max(max(bar.count for bar in bars), 1)
    slot = (WIDTH - 2 * SIDE) / len(bars)
    floor = HEIGHT - BOTTOM
    parts = [f'<line class="axis" x1="{SIDE}" y1="{floor}" x2="{WIDTH - SIDE}" y2="{floor}"/>']
    for place, bar in enumerate(bars):
        middle = SIDE + slot * (place + 0.5)
        parts.append(_text(middle, floor + 16, bar.label))
        if bar.count:
            height = (floor - TOP) * bar.count / most
            wide = slot * (1 - 2 * THIN / 100)
            parts.append(_column(middle - wide / 2, floor, wide, height))
            parts.append(_text(middle, floor - height - 6, str(bar.count), "count"))
    parts.append(_text(WIDTH / 2, HEIGHT - 6, "points", "label"))
    told = ", ".join(f"{bar.label}: {bar.count}" for bar in bars if bar.count)
    title = f"How many have which points ({told or 'nobody'}); the median is {median}"
    return Markup(
        f'<svg class="distribution" viewBox="0 0 {WIDTH} {HEIGHT}" role="img">'
        f"<title>{escape(title)}</title>{''.join(parts)}</svg>"
    )


def _column(left: float, floor: float, wide: float, height: float) -> str:
    """Draw a column with rounded upper corners."""
    r = min(4.0, height, wide / 2)
    return (
        f'<path class="bar" d="M{left:.1f} {floor}v{-(height - r):.1f}'
        f"q0 {-r:.1f} {r:.1f} {-r:.1f}h{wide - 2 * r:.1f}"
        f'q{r:.1f} 0 {r:.1f} {r:.1f}v{height - r:.1f}z"/>'
    )


def _text(x: float, y: float, text: str, kind: str = "tick") -> str:
    return f'<text class="{kind}" x="{x:.1f}" y="{y:.1f}">{escape(text)}</text>'


def share(check: CheckCount) -> Markup:
    """Draw which part of a class a check stopped: wrong, then not reached, then passed."""
    total = max(check.passed + check.wrong + check.unreached, 1)
    parts, left = [], 0.0
    for kind, count in (("wrong", check.wrong), ("unreached", check.unreached)):
        wide = 100 * count / total
        if count:
            parts.append(
                f'<rect class="{kind}" x="{left:.2f}" y="0" width="{wide:.2f}" height="8"/>'
            )
        left += wide
    told = f"{check.wrong} of {total} wrong, {check.unreached} not reached"
    return Markup(
        '<svg class="share" viewBox="0 0 100 8" preserveAspectRatio="none" role="img">'
        f"<title>{told}</title>"
        f'<rect class="rest" x="0" y="0" width="100" height="8"/>{"".join(parts)}</svg>'
    )
