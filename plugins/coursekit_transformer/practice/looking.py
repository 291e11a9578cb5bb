"""What the notebooks measure and draw of a network that reads: its heads, its next character."""

from __future__ import annotations

import textwrap
from collections.abc import Mapping, Sequence
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
import tensorflow as tf  # noqa: TID253 - only notebooks import this module
from matplotlib.colors import PowerNorm  # noqa: TID253
from matplotlib.figure import Figure  # noqa: TID253

from coursekit_transformer.data import Vocabulary
from coursekit_transformer.practice.figures import SIGNS

BARS = 20  # the most likely characters that are drawn


class Habits(NamedTuple):
    """Where a head looks on average.

    Attributes:
        back: How far back, in characters.
        itself: The share of its weight on the position that looks.
        before: The share on the position before.
        blanks: The share on spaces and line breaks.
    """

    back: float
    itself: float
    before: float
    blanks: float


def habits(looks: Sequence[tf.Tensor], blank: npt.NDArray[np.bool_]) -> dict[str, Habits]:
    """Return where each head looks on average, by its layer and number, such as ``"1.4"``.

    Only the second half of each window counts, whose positions see many others.

    Args:
        looks: The weights of each layer, ``(windows, heads, time, time)``.
        blank: Which characters are spaces or line breaks, ``(windows, time)``.
    """
    time = blank.shape[1]
    late = slice(time // 2, None)
    distance = (np.arange(time)[:, np.newaxis] - np.arange(time))[late]
    found = {}
    for layer, weights in enumerate(looks, 1):
        for head, of_head in enumerate(np.swapaxes(np.asarray(weights), 0, 1), 1):
            mean = of_head[:, late].mean(axis=0)  # (time / 2, time)
            found[f"{layer}.{head}"] = Habits(
                back=float((mean * distance).sum(axis=1).mean()),
                itself=float(mean[distance == 0].mean()),
                before=float(mean[distance == 1].mean()),
                blanks=float((of_head[:, late] * blank[:, np.newaxis]).sum(axis=-1).mean()),
            )
    return found


def large_maps(text: str, weights: Mapping[str, npt.NDArray[np.float32]]) -> Figure:
    """Draw where some heads look, with every character labelled.

    Args:
        text: The characters.
        weights: The title of each map, and the weights ``(time, time)``.
    """
    figure = Figure(figsize=(6.2 * len(weights) + 0.8, 6.2), layout="constrained")
    letters, places = list(text.translate(SIGNS)), range(len(text))
    style = {"fontsize": 9, "parse_math": False}
    for axes, (title, map_) in zip(figure.subplots(1, len(weights)), weights.items(), strict=True):
        image = axes.imshow(map_, cmap="Blues", norm=PowerNorm(0.5, 0, 1))
        axes.set_title(title)
        axes.set_xticks(places, letters, **style)
        axes.set_yticks(places, letters, **style)
        axes.set(xlabel="the character looked at", ylabel="the character that looks")
    figure.colorbar(image, ax=figure.axes, label="attention weight", shrink=0.6)
    return figure


def next_character(
    vocabulary: Vocabulary, chances: npt.NDArray[np.float64], prompt: str, text: str
) -> Figure:
    """Draw how likely the next characters are, and below them a text that begins with one.

    Args:
        vocabulary: The characters.
        chances: The probability of each, ``(characters,)``.
        prompt: What was read; its end is shown.
        text: What was written after it.
    """
    order = np.argsort(-chances, kind="stable")[:BARS]
    figure = Figure(figsize=(7.5, 4.4), layout="constrained")
    axes, below = figure.subplots(2, height_ratios=(3, 1))
    axes.bar(range(len(order)), chances[order])
    letters = [vocabulary.decode(order[place : place + 1]) for place in range(len(order))]
    shown = [
        letter.translate(SIGNS) if chances[place] else ""
        for place, letter in zip(order, letters, strict=True)
    ]
    axes.set_xticks(range(len(order)), shown, fontsize=11, parse_math=False)
    axes.set(xlabel="next character", ylabel="probability", ylim=(0, 1))
    axes.set_title(f"after “{prompt[-30:].translate(SIGNS)}”", fontsize=11, parse_math=False)
    below.set_axis_off()
    wrapped = "\n".join(textwrap.wrap(text.replace("\n", "↵"), 66, drop_whitespace=False))
    below.text(0, 1, wrapped, va="top", family="monospace", fontsize=10, parse_math=False)
    return figure
