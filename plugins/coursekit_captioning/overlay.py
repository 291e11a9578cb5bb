"""A picture once for each word, marked where the network looked: as a figure, and as text."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt
from PIL import Image
from rich.text import Text

from coursekit import half_blocks
from coursekit.store import Pixels
from coursekit_captioning.scenes import Box

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure, FigureBase

WIDE, SMALL = 32, 14  # columns of the picture in the terminal, and of one for a word
ACROSS = 5  # pictures in a row
DARKEST = 0.2  # in the terminal, how bright a part is where the network did not look at all
PALEST, PALER = 0.95, 0.35  # the greys of white and black, so that colour shows on both
COLOUR = (0.90, 0.33, 0.0)  # where the network looked most
COVER = 0.8  # how much of the picture the colour covers there

Map = npt.NDArray[np.float32]


def attention_map(weights: Map, size: int, offset: float = 0.0) -> Map:
    """Return weights ``(cells,)`` as a smooth map ``(size, size)`` from 0 to 1, its highest.

    Args:
        weights: Of the cells of a square grid.
        size: The pixels of a side of the map.
        offset: How far below and to the right of its middle a cell looks, in cells.
    """
    side = round(len(weights) ** 0.5)
    grid = (weights / max(float(weights.max()), 1e-9)).reshape(side, side).astype(np.float32)
    image = Image.fromarray(np.pad(grid, ((1, 0), (1, 0)), mode="edge"))
    box = (1 - offset, 1 - offset, side + 1 - offset, side + 1 - offset)
    smooth = image.resize((size, size), Image.Resampling.BICUBIC, box=box)
    smooth_map: Map = np.clip(np.asarray(smooth, np.float32), 0.0, 1.0)
    return smooth_map


def lit(pixels: Pixels, weights: Map, size: int, offset: float) -> Pixels:
    """Return a picture ``(size, size, 3)`` that is dark where the network did not look."""
    small = np.asarray(Image.fromarray(pixels).resize((size, size), Image.Resampling.BOX))
    light = DARKEST + (1 - DARKEST) * attention_map(weights, size, offset)[:, :, np.newaxis]
    overlay: Pixels = np.round(small * light).astype(np.uint8)
    return overlay


def tinted(pixels: Pixels, weights: Map, size: int, offset: float) -> npt.NDArray[np.float64]:
    """Return a pale grey picture ``(size, size, 3)``, coloured where the network looked."""
    grey = Image.fromarray(pixels).resize((size, size), Image.Resampling.BOX).convert("L")
    pale = PALER + (PALEST - PALER) * np.asarray(grey)[:, :, np.newaxis] / 255
    cover = COVER * attention_map(weights, size, offset)[:, :, np.newaxis]
    overlay: npt.NDArray[np.float64] = (1 - cover) * pale + cover * np.array(COLOUR)
    return overlay


def grid_of(panels: int) -> tuple[int, int]:
    """Return the rows and columns of a grid for some pictures, at least one.

    A row has at most five pictures, and there are as few rows as possible.
    """
    down = math.ceil(panels / ACROSS)
    return down, min(panels, ACROSS)


def draw_look(
    axes: Axes,
    pixels: Pixels,
    weights: Map,
    offset: float = 0.0,
    boxes: Sequence[Box] = (),
    aspect: float = 1.0,
) -> None:
    """Draw a picture in grey that is coloured where the network looked.

    A white cross marks the peak of the attention, if there is one, and a frame each thing that the
    word names.

    Args:
        axes: Where to draw.
        pixels: ``(size, size, 3)``.
        weights: Of the cells, ``(cells,)``.
        offset: See `attention_map`.
        boxes: Where the things are that the word names, if that is known.
        aspect: The height by the width that the picture is shown with.
    """
    from matplotlib.patches import Rectangle
    from matplotlib.patheffects import withStroke

    from coursekit_captioning.evaluate import peak

    size = pixels.shape[0]
    axes.imshow(tinted(pixels, weights, size, offset), aspect=aspect)
    rim = [withStroke(linewidth=3, foreground="black")]
    for box in boxes:
        corner = box.left * size - 0.5, box.top * size - 0.5  # a pixel's middle has whole numbers
        wide, high = (box.right - box.left) * size, (box.bottom - box.top) * size
        frame = Rectangle(corner, wide, high, fill=False, edgecolor="white", path_effects=rim)
        axes.add_patch(frame)
    if not np.allclose(weights, weights[0]):  # equal weights have no peak
        x, y = (share * size - 0.5 for share in peak(weights, offset))
        axes.plot(x, y, "P", color="white", markeredgecolor="black", markersize=10)


def weight_bar(figure: FigureBase, panels: Iterable[Axes]) -> None:
    """Add a bar beside some overlays that says which colour means which weight."""
    from matplotlib.cm import ScalarMappable
    from matplotlib.colors import LinearSegmentedColormap

    grey = (PALER + PALEST) / 2
    most = tuple((1 - COVER) * grey + COVER * part for part in COLOUR)
    colours = LinearSegmentedColormap.from_list("looked", [(grey,) * 3, most])
    bar = figure.colorbar(ScalarMappable(cmap=colours), ax=list(panels), label="attention weight")
    bar.set_ticks([0, 1], labels=["0", "peak"])


def attention_figure(
    pixels: Pixels,
    words: Sequence[str],
    attention: Map,
    aspect: float = 1.0,
    offset: float = 0.0,
    boxes: Sequence[Sequence[Box]] = (),
) -> Figure:
    """Draw the picture, and an overlay for each word, as in the 2018 article.

    A cross marks the peak of each word's attention, a frame each thing that the word names.

    Args:
        pixels: ``(height, width, 3)``.
        words: The caption.
        attention: ``(words, cells)``.
        aspect: The height by the width that the picture is shown with.
        offset: See `attention_map`.
        boxes: For each word the boxes of what it names, see `Example.boxes`; empty where they are
            unknown.
    """
    from matplotlib.figure import Figure

    tall = min(max(aspect, 0.4), 2.0)  # a strip is made a little less of one
    down, across = grid_of(len(words) + 1)
    figure = Figure(figsize=(2.2 * across, (2.2 * tall + 0.3) * down + 0.5), layout="constrained")
    figure.suptitle(" ".join(words), fontsize=12, wrap=True)
    axes = figure.subplots(down, across, squeeze=False).ravel()
    for axis in axes:
        axis.set_axis_off()
    axes[0].imshow(pixels, aspect=tall)
    axes[0].set_title("the picture", fontsize=10, color="0.4")
    known = boxes or [()] * len(words)
    for axis, word, weights, named in zip(axes[1:], words, attention, known, strict=False):
        draw_look(axis, pixels, weights, offset, named, tall)
        axis.set_title(word, fontsize=12)
    weight_bar(figure, axes)
    return figure


def attention_text(
    pixels: Pixels, words: Sequence[str], attention: Map, offset: float = 0.0
) -> Text:
    """Draw the picture in half blocks, and below it a small one for each word.

    Args:
        pixels: ``(height, width, 3)``.
        words: The caption.
        attention: ``(words, cells)``.
        offset: See `attention_map`.
    """
    whole = Image.fromarray(pixels).resize((WIDE, WIDE), Image.Resampling.BOX)
    text = half_blocks(np.asarray(whole))
    for start in range(0, len(words), ACROSS):
        row = range(start, min(start + ACROSS, len(words)))
        small = [half_blocks(lit(pixels, attention[k], SMALL, offset)).split("\n") for k in row]
        text.append("\n\n")
        for place in row:
            text.append(f"{words[place][:SMALL]:<{SMALL + 1}}", style="bold")
        for lines in zip(*small, strict=True):
            text.append("\n")
            for line in lines:
                text.append_text(line)
                text.append(" ")
    return text
