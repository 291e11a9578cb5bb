"""Continue writing where a person stopped, and show what the network did not expect.

As in coursekit_transformer: `stream`.
"""

from __future__ import annotations

import math
import unicodedata
from collections.abc import Iterator
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt
from matplotlib.figure import Figure
from rich.cells import cell_len
from rich.color import Color
from rich.style import Style
from rich.text import Text

from coursekit import CourseError
from coursekit_textgen.data import TextgenData, Vocabulary
from coursekit_textgen.decode import Taste, texts
from coursekit_textgen.evaluate import losses_of
from coursekit_textgen.model import CharacterModel

if TYPE_CHECKING:
    from coursekit import Showable
    from coursekit_textgen import TextgenDemoOptions

SHADES = " ░▒▓█"  # readable without colour
MOST_BITS = 8.0  # and more: the darkest shade
COLUMNS = 64  # characters in a line of the picture
SIGNS = {"\n": "⏎", "\t": "→"}

Bits = npt.NDArray[np.float32]


def demo(
    model: CharacterModel, data: TextgenData, request: str | None, options: TextgenDemoOptions
) -> list[Showable]:
    """Continue a text, or with ``--surprise`` show how unexpected each of its characters is.

    Args:
        model: A trained network.
        data: For its characters.
        request: A beginning; None: the first line of the held-out text, and the picture of
            surprise over a passage of it.
        options: How to write.

    Returns:
        What cannot be read in the request, as a text if there is such a thing; then the text as
        it is written, or several texts; or a map for the terminal and a figure.

    Raises:
        CourseError: The request has no character that the network knows.
    """
    if options.surprise:
        passage = data.passage if request is None else request
        prompt, remarks = readable(passage, data.vocabulary)
        return [*remarks, *surprise(model, data, prompt)]
    prompt, remarks = readable(
        data.opening if request is None else request or "\n", data.vocabulary
    )
    taste = Taste(options.temperature, options.top_k, options.top_p)
    output: list[Showable] = [*remarks]
    pieces = texts(
        model, data.vocabulary, prompt, options.length, options.count, taste, options.seed
    )
    if options.count == 1:
        output.append(stream(prompt, pieces))
    else:
        samples = ["".join(parts) for parts in zip(*pieces, strict=True)]
        output += [f"── {number} ──\n{prompt}{text}" for number, text in enumerate(samples, 1)]
    if request is None:
        output += surprise(model, data, data.passage)[1:]
    return output


def stream(prompt: str, pieces: Iterator[list[str]]) -> Iterator[str]:
    """Yield the prompt, then what is written after it, as it is written."""
    yield prompt
    for piece in pieces:
        yield piece[0]


def readable(text: str, vocabulary: Vocabulary) -> tuple[str, list[str]]:
    """Return a text in characters that the network knows, and what to say about the others.

    A character that it never saw is read as the same without its accent, or left out.

    Raises:
        CourseError: Nothing is left.
    """
    instead = {}
    for character in dict.fromkeys(text):
        if character not in vocabulary:
            plain = unicodedata.normalize("NFKD", character)
            instead[character] = "".join(part for part in plain if part in vocabulary)
    plain_text = "".join(instead.get(character, character) for character in text)
    if not plain_text:
        raise CourseError(
            f"the network knows none of the characters of {text[:40]!r}",
            f"some of {vocabulary.characters.strip()[:80]}",
            "write in the language that it was trained on",
        )
    if not instead:
        return plain_text, []
    remarks = (f"{c!r} as {as_!r}" if as_ else f"{c!r} left out" for c, as_ in instead.items())
    return plain_text, [f"never seen in training: {', '.join(remarks)}"]


def surprise(model: CharacterModel, data: TextgenData, text: str) -> list[Showable]:
    """Return the surprise of each character of a text, in bits, as a map and as a figure."""
    # A line break before it: the first character is expected or not, too.
    before = "\n" if "\n" in data.vocabulary else data.vocabulary.characters[0]
    bits = losses_of(model, data.vocabulary.encode(before + text)) / math.log(2)
    return [surprise_map(text, bits), surprise_plot(text, bits)]


def lines_of(text: str, bits: Bits) -> list[tuple[str, Bits]]:
    """Part a text into lines of at most `COLUMNS` characters, breaks and tabs made visible."""
    lines, start = [], 0
    for end, character in enumerate(text, 1):
        if character == "\n" or end - start == COLUMNS or end == len(text):
            visible = "".join(SIGNS.get(c, c) for c in text[start:end])
            lines.append((visible, bits[start:end]))
            start = end
    return lines


def surprise_map(text: str, bits: Bits) -> Text:
    """Return a text for the terminal: under each character a shade, the darker the less expected.

    Args:
        text: The characters.
        bits: Of each, ``(characters,)``.
    """
    lines = Text()
    for line, surprises in lines_of(text, bits):
        shades = Text()
        for character, bit in zip(line, surprises, strict=True):
            share = min(float(bit) / MOST_BITS, 1.0)
            red = Style(bgcolor=Color.from_rgb(255, 255 - 190 * share, 255 - 190 * share))
            lines.append(character, Style(color="black") + red)
            shades.append(SHADES[round(share * (len(SHADES) - 1))] * cell_len(character))
        lines.append("\n").append(shades).append("\n")
    mean = f"{bits.mean():.2f} bits per character on average; {SHADES[-1]} {MOST_BITS:g} and more"
    return lines.append(mean)


def surprise_plot(text: str, bits: Bits) -> Figure:
    """Draw a text, each character on a ground that is the darker the less it was expected.

    Args:
        text: The characters.
        bits: Of each, ``(characters,)``.
    """
    lines = lines_of(text, bits)
    grid = np.full((len(lines), COLUMNS), np.nan)
    for row, (_, surprises) in enumerate(lines):
        grid[row, : len(surprises)] = surprises
    figure = Figure(figsize=(9.5, 0.8 + 0.24 * len(lines)), layout="constrained")
    axes = figure.subplots()
    image = axes.imshow(grid, cmap="OrRd", vmin=0, vmax=MOST_BITS, aspect="auto")
    for row, (line, surprises) in enumerate(lines):
        for column, (character, bit) in enumerate(zip(line, surprises, strict=True)):
            colour = "white" if bit > 0.7 * MOST_BITS else "black"
            axes.text(
                column, row, character, ha="center", va="center", color=colour,
                family="monospace", fontsize=9, parse_math=False,
            )  # fmt: skip
    axes.set_axis_off()
    axes.set_title(f"surprise: {bits.mean():.2f} bits per character on average", fontsize=10)
    figure.colorbar(image, ax=axes, label="bits", pad=0.01)
    return figure
