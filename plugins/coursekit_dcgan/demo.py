"""Draw digits, walk from one to another, and check whether they are copies."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt
from matplotlib.figure import Figure
from rich.text import Text

from coursekit import half_blocks
from coursekit_dcgan.data import DcganData
from coursekit_dcgan.evaluate import draw
from coursekit_dcgan.load import SIZE, Floats, Pixels
from coursekit_dcgan.model import Gan

if TYPE_CHECKING:
    from coursekit import Showable
    from coursekit_dcgan import DcganDemoOptions

COLUMNS = 9  # of the grid
LETTER = 0.08  # inches, of a label
WIDTH = 6.0  # inches: in a notebook, twelve digits side by side are 55 pixels wide each
IN_TERMINAL = 10  # images
WALK = 9  # images from one end of a walk to the other
SHOWN_NEAREST = 10
HELD_OUT = 200  # real images whose nearest training images are found, for comparison


def demo(model: Gan, data: DcganData, options: DcganDemoOptions) -> list[Showable]:
    """Draw images.

    Args:
        model: Two networks, of which the average of the first draws.
        data: For the size of the latents, and for the images that are looked through.
        options: How many, from which seed; or a walk, or what they resemble.

    Returns:
        Some of the images for the terminal, and a figure.
    """
    noise = model.latents.draw(options.count, options.seed)
    if options.interpolate:
        rows = max(2, min(options.count // WALK, 12))
        noise = model.latents.draw(rows + 1, options.seed)
        walks = np.concatenate(
            [walk(noise[row], noise[row + 1], WALK) for row in range(rows)]
        )  # (rows * WALK, size)
        images = draw(model, walks)
        return [in_terminal(images[:WALK]), grid(images, WALK, "from one latent to the next")]
    images = draw(model, noise)
    if options.nearest:
        first = images[:SHOWN_NEAREST]
        places, distances = nearest(first, data.parts.train.pixels)
        neighbours = data.parts.train.pixels[places]
        _, real = nearest(data.parts.test.pixels[:HELD_OUT], data.parts.train.pixels)
        texts = nearest_texts(first, neighbours, distances, float(real.mean()))
        return [*texts, nearest_figure(first, neighbours, distances)]
    return [in_terminal(images[:IN_TERMINAL]), grid(images, COLUMNS)]


def walk(start: Floats, end: Floats, steps: int) -> Floats:
    """Walk from one latent vector to another along an arc, ``(steps, size)``.

    A straight line would leave the shell on which nearly all normal vectors lie: halfway it is
    only 0.71 times as long as they are (spherical linear interpolation, White 2016).

    Args:
        start: ``(size,)``.
        end: ``(size,)``.
        steps: The number of vectors, including both ends.
    """
    cosine = float(start @ end / (np.linalg.norm(start) * np.linalg.norm(end)))
    angle = np.arccos(np.clip(cosine, -1.0, 1.0))
    share = np.linspace(0.0, 1.0, steps)[:, np.newaxis]
    if np.sin(angle) < 1e-6:
        path = (1 - share) * start + share * end
    else:
        path = (np.sin((1 - share) * angle) * start + np.sin(share * angle) * end) / np.sin(angle)
    return path.astype(np.float32)


def nearest(
    images: Pixels, among: Pixels, at_once: int = 4_096
) -> tuple[npt.NDArray[np.int64], Floats]:
    """Find for each image the most similar one among others.

    Args:
        images: ``(images, 28, 28)``.
        among: ``(others, 28, 28)``.
        at_once: The number of others that are compared in one step.

    Returns:
        Its place among the others, and the root mean squared difference of the pixels (from 0
        to 1), both ``(images,)``.
    """
    flat = images.reshape(len(images), -1).astype(np.float32) / 255
    best = np.full(len(images), np.inf, np.float32)
    places = np.zeros(len(images), np.int64)
    for start in range(0, len(among), at_once):
        others = among[start : start + at_once].reshape(-1, flat.shape[1]).astype(np.float32) / 255
        squares = (flat**2).sum(1)[:, np.newaxis] - 2 * flat @ others.T + (others**2).sum(1)
        closer = squares.min(axis=1) < best
        places[closer] = start + squares.argmin(axis=1)[closer]
        best = np.minimum(best, squares.min(axis=1))
    return places, np.sqrt(np.maximum(best, 0) / flat.shape[1])


def half_size(image: Pixels) -> Pixels:
    """Make an image half as high and half as wide: the mean of each four pixels."""
    height, width = image.shape
    fours = image.reshape(height // 2, 2, width // 2, 2)
    means: Pixels = fours.mean(axis=(1, 3)).astype(np.uint8)
    return means


def in_terminal(images: Pixels, columns: int = 5) -> Text:
    """Return images in half blocks, half as large, `columns` beside each other."""
    parts = []
    for start in range(0, len(images), columns):
        row = np.zeros((SIZE, columns * (SIZE + 2)), np.uint8)
        for place, image in enumerate(images[start : start + columns]):
            row[:, place * (SIZE + 2) : place * (SIZE + 2) + SIZE] = image
        parts.append(half_blocks(half_size(row)))
    return Text("\n").join(parts)


def canvas(images: Pixels, columns: int) -> Pixels:
    """Put images into one picture, with a dark line between them."""
    rows = -(-len(images) // columns)
    whole = np.full((rows * (SIZE + 1) - 1, columns * (SIZE + 1) - 1), 40, np.uint8)
    for place, image in enumerate(images):
        top, left = (part * (SIZE + 1) for part in divmod(place, columns))
        whole[top : top + SIZE, left : left + SIZE] = image
    return whole


def grid(
    images: Pixels,
    columns: int,
    title: str = "",
    rows: Sequence[str] = (),
    below: Sequence[str] = (),
) -> Figure:
    """Draw images beside and below each other.

    Args:
        images: ``(images, 28, 28)``.
        columns: How many stand beside each other.
        title: Stands above.
        rows: A label for each row, at its left.
        below: A label for each column, at its foot.
    """
    whole = canvas(images, min(columns, len(images)))
    height, width = whole.shape
    left = 0.1 + LETTER * max(map(len, rows)) if rows else 0.0
    top, foot = (0.3 if title else 0.0), (0.25 if below else 0.0)
    size = (left + WIDTH, foot + WIDTH * height / width + top)
    figure = Figure(figsize=size)
    figure.subplots_adjust(left / size[0], foot / size[1], 1, 1 - top / size[1])
    axes = figure.subplots()
    axes.imshow(whole, cmap="gray", vmin=0, vmax=255, interpolation="nearest")
    axes.spines[:].set_visible(False)
    axes.tick_params(length=0, labelsize=9)
    middles = (SIZE + 1) * np.arange(len(whole)) + SIZE / 2
    axes.set_xticks(middles[: len(below)], below)
    axes.set_yticks(middles[: len(rows)], rows)
    if title:
        axes.set_title(title, fontsize=10)
    return figure


def nearest_texts(
    images: Pixels, neighbours: Pixels, distances: Floats, real: float
) -> list[str | Text]:
    """Return drawn images, what they resemble, and how much, for the terminal.

    Args:
        images: ``(images, 28, 28)``.
        neighbours: The nearest training image of each.
        distances: Between them, ``(images,)``.
        real: The mean distance of real held-out images from their nearest ones.
    """
    verdict = (
        f"they differ by {distances.mean():.2f} on average, the closest pair by "
        f"{distances.min():.2f} (0: a copy); real images that were held out differ from theirs "
        f"by {real:.2f}"
    )
    return [
        "drawn:",
        in_terminal(images[:5]),
        "nearest in training:",
        in_terminal(neighbours[:5]),
        verdict,
    ]


def nearest_figure(images: Pixels, neighbours: Pixels, distances: Floats) -> Figure:
    """Draw the images in a row, below each its nearest training image, and the difference."""
    figure = Figure(figsize=(1.0 * len(images), 2.5), layout="constrained")
    rows = figure.subplots(2, len(images), squeeze=False)
    for column, distance in enumerate(distances):
        for axes, image in zip(rows[:, column], (images[column], neighbours[column]), strict=True):
            axes.imshow(image, cmap="gray", vmin=0, vmax=255)
            axes.set(xticks=[], yticks=[])
        rows[1, column].set_xlabel(f"{distance:.2f}", fontsize=9)
    rows[0, 0].set_ylabel("drawn", fontsize=9)
    rows[1, 0].set_ylabel("nearest", fontsize=9)
    return figure
