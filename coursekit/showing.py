"""Shows what a demo returned where a notebook or a script is run."""

from __future__ import annotations

import io
from collections.abc import Iterator
from typing import TYPE_CHECKING

from coursekit.console import consoles
from coursekit.runs.pictures import is_figure, items

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from coursekit.lesson import Showable

DOTS_PER_INCH = 80  # of a figure in a notebook


def show(shown: Showable | list[Showable], told: str = "") -> None:
    """Show what `Lesson.demo` returns: texts, figures, iterators of text, or a list of these.

    A text is printed, an iterator of text piece by piece as it arrives; a figure becomes a
    picture in the notebook. Outside a notebook only its name is printed.

    Args:
        shown: What to show.
        told: What can be seen in the figures, for people who cannot see them.

    Raises:
        TypeError: It is nothing that a demo may return.
    """
    for item in items(shown):
        if isinstance(item, Iterator):
            for piece in item:
                print(piece, end="", flush=True)
            print()
        elif is_figure(item):
            _display(item, told)
        elif isinstance(item, str):
            print(item)
        else:
            consoles().stdout.print(item, soft_wrap=True)


def _display(figure: Figure, told: str) -> None:
    from IPython.display import Image, display

    display(Image(png(figure), alt=told or None))  # type: ignore[no-untyped-call]


def png(figure: Figure) -> bytes:
    """Return a figure as the bytes of a PNG picture."""
    file = io.BytesIO()
    figure.savefig(file, format="png", dpi=DOTS_PER_INCH)
    return file.getvalue()
