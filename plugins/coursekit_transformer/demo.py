"""Continue writing where a person stopped, and show where every head of the attention looks.

As in coursekit_textgen: `stream`.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt
import tensorflow as tf
from matplotlib.colors import PowerNorm
from matplotlib.figure import Figure
from rich.cells import cell_len
from rich.style import Style
from rich.text import Text

from coursekit import CourseError
from coursekit_transformer.data import TransformerData, Vocabulary
from coursekit_transformer.decode import Cached, Taste, Uncached, texts
from coursekit_transformer.model import Transformer

if TYPE_CHECKING:
    from coursekit import Showable
    from coursekit_transformer import TransformerDemoOptions

SHADES = " ░▒▓█"  # readable without colour
COLUMNS = 64  # characters of a line of the map
LONGEST = 9  # characters of a word beside the picture of a map
PLOTTED = 40  # characters along the axes of the picture
SIGNS = {"\n": "⏎", "\t": "→", " ": "·"}

Weights = npt.NDArray[np.float32]


def demo(
    model: Transformer, data: TransformerData, request: str | None, options: TransformerDemoOptions
) -> list[Showable]:
    """Continue a text, or with ``--attention`` show where each head looks while it reads one.

    Args:
        model: A trained network.
        data: For its characters.
        request: A beginning; None: the first line of the held-out text, and the picture of
            attention over a passage of it.
        options: How to write.

    Returns:
        What cannot be read in the request, as a text if there is such a thing; then the text as
        it is written, or several texts; or a map for the terminal and a figure.

    Raises:
        CourseError: The request has no character that the network knows.
    """
    if options.attention:
        typed = data.passage[:PLOTTED] if request is None else request or "\n"
        prompt, said = readable(typed, data.vocabulary)
        return [*said, *attention(model, data, prompt)]
    prompt, said = readable(data.opening if request is None else request or "\n", data.vocabulary)
    shown: list[Showable] = [*said, *written(model, data, prompt, options)]
    if request is None:
        shown += attention(model, data, data.passage[:PLOTTED])[1:]
    return shown


def written(
    model: Transformer, data: TransformerData, prompt: str, options: TransformerDemoOptions
) -> Iterator[Showable]:
    """Yield the continuation of a prompt: one text as it is written, or several."""
    pieces = texts(
        model,
        data.vocabulary,
        prompt,
        options.length,
        options.count,
        Taste(options.temperature, options.top_k),
        options.seed,
        Uncached.after if options.without_cache else Cached.after,
    )
    if options.count == 1:
        yield stream(prompt, pieces)
        return
    whole = ["".join(parts) for parts in zip(*pieces, strict=True)]
    yield from (f"── {number} ──\n{prompt}{text}" for number, text in enumerate(whole, 1))


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
    found = "".join(instead.get(character, character) for character in text)
    if not found:
        raise CourseError(
            f"the network knows none of the characters of {text[:40]!r}",
            f"some of {vocabulary.characters.strip()[:80]}",
            "write in the language that it was trained on",
        )
    if not instead:
        return found, []
    told = (f"{c!r} as {as_!r}" if as_ else f"{c!r} left out" for c, as_ in instead.items())
    return found, [f"never seen in training: {', '.join(told)}"]


def weights_of(model: Transformer, ids: npt.NDArray[np.int32]) -> Weights:
    """Return where each head looks, ``(layers, heads, time, time)``.

    Args:
        model: The network.
        ids: Of a text, ``(characters,)``.
    """
    _, _, looks = model.read(tf.constant(ids[np.newaxis]))
    return np.stack([weights.numpy()[0] for weights in looks])


def attention(model: Transformer, data: TransformerData, text: str) -> list[Showable]:
    """Return the attention over a text's end, as a map and as a figure."""
    weights = weights_of(model, data.vocabulary.encode(text[-COLUMNS:]))
    plotted = weights_of(model, data.vocabulary.encode(text[-PLOTTED:]))
    return [attention_map(text[-COLUMNS:], weights), attention_plot(text[-PLOTTED:], plotted)]


def attention_map(text: str, weights: Weights) -> Text:
    """Return a text for the terminal: where each head looks from the last character.

    Args:
        text: The characters.
        weights: ``(layers, heads, time, time)``.
    """
    visible = "".join(SIGNS.get(character, character) for character in text)
    shown = Text(f"      {visible}\n")
    for layer, of_layer in enumerate(weights, 1):
        for head, of_head in enumerate(of_layer, 1):
            shown.append(f"{layer:3}.{head} ", Style(bold=head == 1))
            # The square root, so that a weight of a tenth can still be seen.
            for character, weight in zip(visible, np.sqrt(of_head[-1]), strict=True):
                shade = SHADES[round(float(weight) * (len(SHADES) - 1))]
                shown.append(shade * cell_len(character))
            shown.append("\n")
    return shown.append("layer.head: where it looks from the last character")


def words_of(text: str) -> dict[int, str]:
    """Return the words of a text by the place of their first character, long ones cut off."""
    found = re.finditer(r"\S+", text)
    return {word.start(): word[0][:LONGEST] for word in found}


def attention_plot(text: str, weights: Weights) -> Figure:
    """Draw where every head looks: from each character (a row) to those before it (columns).

    Args:
        text: The characters.
        weights: ``(layers, heads, time, time)``.
    """
    layers, heads = weights.shape[:2]
    labels = words_of(text)
    figure = Figure(figsize=(2.9 * heads + 0.6, 3.0 * layers + 1.0), layout="constrained")
    grid = figure.subplots(layers, heads, sharex=True, sharey=True, squeeze=False)
    norm = PowerNorm(0.5, 0, 1)  # small weights are seen, too
    style = {"fontsize": 9, "parse_math": False}
    for layer in range(layers):
        for head in range(heads):
            axes = grid[layer, head]
            image = axes.imshow(weights[layer, head], cmap="Blues", norm=norm)
            axes.set_title(f"layer {layer + 1}, head {head + 1}", fontsize=10)
            axes.set_xticks(list(labels), list(labels.values()), rotation=90, **style)
            axes.set_yticks(list(labels), list(labels.values()), **style)
    figure.colorbar(image, ax=grid.ravel().tolist(), label="attention weight", shrink=0.4)
    figure.supxlabel("the position looked at (words begin at their labels)", fontsize=10)
    figure.supylabel("the position that looks", fontsize=10)
    return figure
