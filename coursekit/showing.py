"""Shows texts and pictures where a notebook or a script is run; every picture also in words."""

from __future__ import annotations

import io
from base64 import b64encode
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from coursekit.console import consoles
from coursekit.runs.pictures import DOTS_PER_INCH, is_figure, items

if TYPE_CHECKING:
    from coursekit.drawing import Drawing
    from coursekit.lesson import Showable


def show(shown: Showable | Drawing | list[Showable], alt: str = "") -> None:
    """Show a figure, a drawing, a text, or whatever `Lesson.demo` returns.

    A text is printed, an iterator of text piece by piece as it arrives. A figure becomes a picture
    in the notebook, and its text alternative is stored with it: screen readers read it aloud, and
    it is printed where no picture can be shown.

    Args:
        shown: What to show: a text, a figure, an iterator of text, or a list of these.
        alt: What can be seen in the figure, for people who cannot see it; without it, the titles
            in the figure.

    Raises:
        TypeError: It is nothing that a demo may return.
    """
    for item in items(shown):
        if isinstance(item, Iterator):
            for piece in item:
                print(piece, end="", flush=True)
            print()
        elif is_figure(item):
            _display(Picture(item, alt or titles(item)))
        elif isinstance(item, str):
            print(item)
        else:
            consoles().stdout.print(item, soft_wrap=True)


class Picture:
    """A figure that a notebook shows, with its text alternative.

    nbconvert's classic template reads the text alternative from the metadata of the output, VS Code
    from its plain text; both are written. The picture is a PNG, which every viewer of notebooks
    shows.

    Args:
        figure: What to show.
        alt: What can be seen in it.
    """

    def __init__(self, figure: Any, alt: str) -> None:
        self.figure = figure
        self.alt = alt

    def __repr__(self) -> str:
        return self.alt

    def _repr_mimebundle_(self, **_: Any) -> tuple[dict[str, str], dict[str, Any]]:
        """Return what Jupyter stores: the data of the output and its metadata."""
        picture = b64encode(png(self.figure)).decode()
        data = {"image/png": picture, "text/plain": self.alt}
        return data, {"image/png": {"alt": self.alt}}


def _display(picture: Picture) -> None:
    from IPython.display import display

    display(picture)  # type: ignore[no-untyped-call]


def titles(figure: Any) -> str:
    """Return the titles of a figure's parts; of a drawing, its own."""
    titles = [axes.get_title() for axes in getattr(figure, "axes", ())]
    return "; ".join(title for title in titles if title) or getattr(figure, "title", "") or "figure"


def png(figure: Any) -> bytes:
    """Return a figure or a drawing as the bytes of a PNG picture."""
    file = io.BytesIO()
    figure.savefig(file, format="png", dpi=DOTS_PER_INCH)
    return file.getvalue()
