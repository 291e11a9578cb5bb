"""Translate what a person types, and show which source word each word came from."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt
from matplotlib.figure import Figure
from rich.cells import cell_len
from rich.style import Style
from rich.text import Text

from coursekit import CourseError, quoted
from coursekit_nmt.data import NmtData
from coursekit_nmt.decode import LONG, Translation, translate
from coursekit_nmt.model import Translator
from coursekit_nmt.text import ARTICLE_SENTENCES, normalize

if TYPE_CHECKING:
    from coursekit import Showable

SHADES = " ░▒▓█"  # readable without colour
SENTENCE_END = re.compile(r"(?<=[.?!])\s+|(?<=[。？！।])\s*|\n")
LONGEST_LABEL = 12  # columns of a word beside the map in the terminal
MOST_COLUMNS = 24  # source words that a map in the terminal has room for


def demo(model: Translator, data: NmtData, request: str | None, beam: int) -> list[Showable]:
    """Translate one or several sentences.

    Args:
        model: A trained translator.
        data: For its vocabularies.
        request: One sentence a line, or several ended by ``. ? !``; None: the first
            sentence of the 2018 article, or a held-out one of the user's own data.
        beam: The width of the beam search; 1 is greedy search.

    Returns:
        For each sentence the translation as text, the attention as a map for the terminal,
        and as a figure.

    Raises:
        CourseError: There is no word in the request.
    """
    originals = sentences(data.sample if request is None else request, data.keeps_accents)
    if not originals:
        raise CourseError(
            "there is no word to translate",
            "a sentence in the language that the model has learnt",
            f"for example: coursekit demo nmt {data.demo_example or quoted(ARTICLE_SENTENCES[2])}",
        )
    sources = [" ".join(sentence.split()[:LONG]) for sentence in originals]
    translations = translate(model, data.source_vocabulary, data.target_vocabulary, sources, beam)
    answers: list[Showable] = []
    for whole, source, translation in zip(originals, sources, translations, strict=True):
        answers.append(answer(data, whole, source, translation))
        words = source.split(), translation.text.split()
        if all(words):
            answers.append(heat_map(*words, translation.attention))
            answers.append(attention_plot(*words, translation.attention))
    return answers


def sentences(request: str, keep_accents: bool = False) -> list[str]:
    """Part a request into sentences in normal form, without the empty ones."""
    normal = (normalize(part, keep_accents) for part in SENTENCE_END.split(request))
    return [sentence for sentence in normal if re.search(r"\w", sentence)]


def with_punctuation(sentence: str) -> str:
    """Return a sentence in normal form with its punctuation where people write it."""
    return re.sub(r"(?<=[¿¡]) | (?=[.?!,;])", "", sentence)


def answer(data: NmtData, whole: str, source: str, translation: Translation) -> str:
    """Return source and translation in one line, and what should be known about them."""
    lines = [f"{with_punctuation(source)} → {with_punctuation(translation.text) or '(nothing)'}"]
    unknown = [w for w in dict.fromkeys(source.split()) if w not in data.source_vocabulary]
    if unknown:
        listing = ", ".join(f"'{word}'" for word in unknown[:8])
        more = f" and {len(unknown) - 8} more" if len(unknown) > 8 else ""
        lines.append(f"I do not know the word{'s'[: len(unknown) > 1]} {listing}{more}.")
    if whole != source:
        lines.append(f"The sentence has {len(whole.split())} words; I read the first {LONG}.")
    return "\n".join(lines)


def shorten(word: str, columns: int) -> str:
    """Return a word that is at most so many terminal columns wide."""
    if cell_len(word) <= columns:
        return word
    while cell_len(word) >= columns:
        word = word[:-1]
    return word + "…"


def heat_map(source: list[str], target: list[str], weights: npt.NDArray[np.float32]) -> Text:
    """Draw the attention weights for a terminal: a row for each target word.

    A block is a shade and a colour, so that it can be read where there is no colour; the
    source words are numbered, and named below in the same order.

    Args:
        source: The words along the top.
        target: The words down the side.
        weights: ``(target, source)``.
    """
    across = source[:MOST_COLUMNS]
    labels = [shorten(word, LONGEST_LABEL) for word in target]
    width = max(map(cell_len, labels))
    columns = [shorten(word, LONGEST_LABEL if len(across) <= 8 else 4) for word in across]
    widths = [max(3, cell_len(column)) for column in columns]
    text = Text(" " * width, no_wrap=True)
    for column, size in zip(columns, widths, strict=True):
        text.append(" " + column + " " * (size - cell_len(column)), style="bold")
    for label, row in zip(labels, weights, strict=True):
        text.append("\n" + " " * (width - cell_len(label)) + label, style="bold")
        for weight, size in zip(row, widths, strict=False):
            text.append(" ")
            text.append(SHADES[shade(float(weight))] * size, style=colour(float(weight)))
    if len(source) > MOST_COLUMNS:
        text.append(f"\n{len(source) - MOST_COLUMNS} more source words: see the picture")
    return text


def shade(weight: float) -> int:
    """Return which of the `SHADES` a weight has."""
    return min(int(weight * len(SHADES)), len(SHADES) - 1)


def colour(weight: float) -> Style:
    """Return a style from dark blue (0) over green to yellow (1)."""
    dark, bright = np.array([[68, 1, 84], [253, 231, 37]])
    middle = np.array([33, 145, 140])
    low, high, share = (
        (dark, middle, 2 * weight) if weight < 0.5 else (middle, bright, 2 * weight - 1)
    )
    red, green, blue = (low + (high - low) * min(max(share, 0.0), 1.0)).astype(int)
    return Style(color=f"rgb({red},{green},{blue})")


def attention_plot(
    source: list[str], target: list[str], weights: npt.NDArray[np.float32]
) -> Figure:
    """Draw the attention weights like the 2018 article: source across, target down.

    A dot marks the peak of each row.

    Args:
        source: The words along the top.
        target: The words down the side.
        weights: ``(target, source)``.
    """
    wide, high = (max(3.0, 0.45 * len(words)) for words in (source, target))
    figure = Figure(figsize=(min(wide, 24) + 1.5, min(high, 24) + 1.2), layout="constrained")
    axes = figure.add_subplot()
    image = axes.imshow(weights, cmap="viridis", vmin=0, vmax=1, aspect="auto")
    axes.plot(weights.argmax(axis=1), range(len(weights)), ".", color="tab:red")
    axes.xaxis.tick_top()
    size = 11 if max(len(source), len(target)) <= 40 else 9
    axes.set_xticks(range(len(source)), source, rotation=90, fontsize=size)
    axes.set_yticks(range(len(target)), target, fontsize=size)
    figure.colorbar(image, label="attention weight", shrink=0.8)
    return figure


def attention_bars(
    source: list[str], target: list[str], weights: npt.NDArray[np.float32], place: int
) -> Figure:
    """Draw how much one word of a translation looked at each source word, as bars.

    Args:
        source: The words along the bottom.
        target: The words of the translation.
        weights: ``(target, source)``.
        place: Of the word in the translation, from 0.
    """
    figure = Figure(figsize=(min(max(4.5, 0.9 * len(source)), 24), 2.8), layout="constrained")
    axes = figure.add_subplot()
    peak = int(weights[place].argmax())
    colours = ["tab:orange" if at == peak else "tab:blue" for at in range(len(source))]
    bars = axes.bar(range(len(source)), weights[place], color=colours)
    axes.bar_label(bars, fmt="%.2f", fontsize=9)
    axes.set(title=f"what “{target[place]}” looked at", ylabel="attention weight", ylim=(0, 1.12))
    axes.set_xticks(range(len(source)), source, fontsize=11)
    return figure
