"""Use the trained model: key a word, let the network read it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from matplotlib.figure import Figure

from coursekit import CourseError, Showable
from coursekit_telegraph.data import (
    ALPHABET,
    CODES,
    LENGTH,
    Signals,
    TelegraphData,
    keyed,
    noisy,
    operator,
)
from coursekit_telegraph.evaluate import probabilities
from coursekit_telegraph.model import Reader

if TYPE_CHECKING:
    from coursekit_telegraph import TelegraphDemoOptions

SAMPLE = "HELLO"
BARS = " ▁▂▃▄▅▆▇█"
STRANGER = 1_000_003  # seeds operators of the demo, who are in no split


def demo(
    model: Reader, data: TelegraphData, request: str | None, options: TelegraphDemoOptions
) -> list[Showable]:
    """Key a word and show what arrives and what the network reads.

    Args:
        model: The trained network.
        data: The data; nothing of it is needed.
        request: A word; None: the standard sample.
        options: How noisy the line is, and who keys.

    Raises:
        CourseError: The word has a character that is no letter from A to Z.
    """
    word = letters_of(request or SAMPLE)
    random = np.random.default_rng([STRANGER, options.seed])
    by = operator(random)
    clean = np.stack([keyed(CODES[letter], by, random) for letter in word])
    signals = noisy(clean, options.noise, options.seed)
    found = probabilities(model, signals)
    read = "".join(ALPHABET[place] for place in found.argmax(1))
    lines = [
        f"{keyed_letter} {bars(signal)} {read_letter} ({certainty:.0%})"
        for keyed_letter, signal, read_letter, certainty in zip(
            word, signals, read, found.max(1), strict=True
        )
    ]
    return ["\n".join([*lines, f"keyed {word}, read {read}"]), plot(word, signals, read)]


def letters_of(text: str) -> str:
    """Return a text in capitals, without its spaces.

    Raises:
        CourseError: It has a character that is no letter from A to Z, or is empty.
    """
    word = "".join(text.upper().split())
    wrong = sorted(set(word) - set(ALPHABET))
    if wrong or not word:
        raise CourseError(
            f"no Morse code is known here for {' '.join(wrong) or 'an empty text'}",
            "letters from A to Z",
        )
    return word


def bars(signal: Signals) -> str:
    """Return a signal as a line of bars, two samples each."""
    heights = signal.reshape(LENGTH // 2, 2).mean(1).clip(0, 1) * (len(BARS) - 1)
    return "".join(BARS[round(float(height))] for height in heights)


def plot(word: str, signals: Signals, read: str) -> Figure:
    """Return a figure with the signal of each letter below the other."""
    figure = Figure(figsize=(7, 0.6 * len(word) + 0.8), layout="constrained")
    rows = figure.subplots(len(word), squeeze=False, sharex=True)[:, 0]
    for axes, letter, signal, guess in zip(rows, word, signals, read, strict=True):
        axes.plot(signal, drawstyle="steps-mid", linewidth=1)
        axes.set_yticks([])
        axes.set_ylabel(f"{letter} → {guess}", rotation=0, ha="right", va="center")
    rows[-1].set_xlabel("time (samples)")
    return figure
