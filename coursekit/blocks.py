"""Small pictures in a terminal: each character is two pixels, one above the other."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
from rich.color import Color
from rich.style import Style
from rich.text import Text

BRIGHT = 110  # from here on a pixel is drawn where there is no colour


def half_blocks(image: npt.NDArray[np.uint8]) -> Text:
    """Return a picture as lines of half blocks, in colour where the terminal has it.

    Without colour the bright pixels are still drawn, the dark ones left blank.

    Args:
        image: Grey ``(height, width)`` or RGB ``(height, width, 3)``, from 0 to 255.
    """
    rgb = image if image.ndim == 3 else np.repeat(image[..., np.newaxis], 3, axis=2)
    if len(rgb) % 2:
        rgb = np.concatenate([rgb, np.zeros_like(rgb[:1])])
    text = Text(no_wrap=True)
    for top, bottom in zip(rgb[::2], rgb[1::2], strict=True):
        for upper, lower in zip(top, bottom, strict=True):
            text.append(*_cell(upper, lower))
        text.append("\n")
    text.right_crop(1)
    return text


def _cell(upper: Any, lower: Any) -> tuple[str, Style]:
    above, below = upper.mean() >= BRIGHT, lower.mean() >= BRIGHT
    if above == below:  # one shape for both: the two are alike
        both = (upper.astype(int) + lower) // 2
        return ("█" if above else " ", Style(color=_color(both), bgcolor=_color(both)))
    fore, back = (upper, lower) if above else (lower, upper)
    return ("▀" if above else "▄", Style(color=_color(fore), bgcolor=_color(back)))


def _color(pixel: Any) -> Color:
    return Color.from_rgb(*(int(part) for part in pixel))
