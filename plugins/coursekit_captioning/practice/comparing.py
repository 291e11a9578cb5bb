"""Compares what several searches wrote: how often they repeat themselves, and charts of scores."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from coursekit_captioning.practice.counting import DESCRIBING

if TYPE_CHECKING:
    from matplotlib.figure import Figure


def repeating(captions: Sequence[Sequence[str]]) -> float:
    """Return the share of captions that name or describe something twice in the same word."""
    said = [[word for word in words if word in DESCRIBING] for words in captions]
    return sum(len(set(words)) < len(words) for words in said) / len(said)


def bars(scores: Mapping[str, Sequence[float]], titles: Sequence[str]) -> Figure:
    """Return a chart for each score, with a bar for each search.

    Args:
        scores: By the search's name, the scores in the order of the titles.
        titles: Of the charts.
    """
    from matplotlib.figure import Figure

    figure = Figure(figsize=(10, 0.6 + 0.6 * len(scores)), layout="constrained")
    for number, (panel, title) in enumerate(
        zip(figure.subplots(1, len(titles)), titles, strict=True)
    ):
        panel.barh(list(scores), [values[number] for values in scores.values()])
        panel.invert_yaxis()
        panel.set_title(title, fontsize=10)
        if number:
            panel.set_yticks([])
    return figure
