"""What a demo returned, put where people look: stdout, PNG files, a GIF of the training."""

import warnings
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from rich.console import Console
from rich.text import Text

from coursekit.atomic import free_name, make_folder, writing
from coursekit.errors import CourseError

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from coursekit.runs.folder import Run

FRAMES = "samples"
GIF = "training.gif"
# Fonts of Windows, macOS and Linux with letters that are missing from matplotlib's first choice.
FONTS = [
    "Noto Sans CJK SC",
    "Noto Sans CJK JP",
    "Noto Sans Devanagari",
    "Noto Sans Thai",
    "Noto Sans Arabic",
    "WenQuanYi Zen Hei",
    "Microsoft YaHei",
    "Yu Gothic",
    "Malgun Gothic",
    "Nirmala UI",
    "Leelawadee UI",
    "PingFang SC",
    "Hiragino Sans",
    "Kohinoor Devanagari",
    "Thonburi",
    "Arial Unicode MS",
]
DOTS_PER_INCH = 110  # of every figure, in a notebook and in a file
FRAME_MILLISECONDS, LAST_FRAME_MILLISECONDS = 400, 2000


def items(result: Any) -> list[Any]:
    """Return what a demo returned as a list of texts, figures and iterators of text."""
    found = list(result) if isinstance(result, (list, tuple)) else [result]
    for item in found:
        if not (isinstance(item, (str, Text, Iterator)) or is_figure(item)):
            raise TypeError(f"a demo returns texts, figures or iterators of text, not {item!r}")
    return found


def is_figure(item: Any) -> bool:
    """Return whether something is a matplotlib figure, without importing matplotlib."""
    return hasattr(item, "savefig")


def gathered(result: Any) -> list[Any]:
    """Return the items of a demo with every iterator of text read to its end."""
    return ["".join(item) if isinstance(item, Iterator) else item for item in items(result)]


def present(result: Any, stdout: Console, stderr: Console, pictures: Path) -> None:
    """Print texts to stdout as they arrive, and save figures, naming them on stderr.

    Args:
        result: What the demo returned.
        stdout: For results.
        stderr: For the names of the pictures.
        pictures: The folder for figures; nothing in it is overwritten.
    """
    for item in items(result):
        if isinstance(item, (str, Text)):
            stdout.print(item if isinstance(item, Text) else Text(item), soft_wrap=True)
        elif isinstance(item, Iterator):
            for piece in item:
                stdout.print(Text(piece), end="", soft_wrap=True)
                stdout.file.flush()
            stdout.print()
        else:
            try:
                path = save_figure(item, free_name(pictures, "demo", ".png"))
            except CourseError as error:  # the answer itself has been given
                stderr.print(Text(str(error), style="yellow"), soft_wrap=True)
            else:
                stderr.print(Text(f"picture: {path}", style="dim"), soft_wrap=True)


@contextmanager
def drawing(path: Path) -> Iterator[None]:
    """Turn any error in drawing a picture into a `CourseError`: it must not end a run.

    Raises:
        CourseError: The block raised an error of any kind.
    """
    try:
        yield
    except CourseError:
        raise
    except Exception as error:  # of whatever draws: a missing font, too many points
        raise CourseError(
            f"cannot draw the picture {path}: {type(error).__name__}: {error}"
        ) from error


@contextmanager
def every_script() -> Iterator[None]:
    """Draw letters of other scripts with fonts that systems have, and boxes without a warning."""
    import matplotlib

    usual = list(matplotlib.rcParams["font.sans-serif"])
    with warnings.catch_warnings(), matplotlib.rc_context({"font.sans-serif": usual[:1] + FONTS}):
        warnings.filterwarnings("ignore", message="Glyph .* missing from")
        warnings.filterwarnings("ignore", message="Matplotlib currently does not support")
        yield


def save_figure(figure: "Figure", path: Path) -> Path:
    """Save a figure as a PNG.

    Raises:
        CourseError: The file cannot be written.
    """
    make_folder(path.parent)
    with drawing(path), every_script(), writing(path) as file:
        figure.savefig(file, dpi=DOTS_PER_INCH, format=path.suffix.removeprefix("."))
    return path


def save_frames(run: "Run", epoch: int, sample: list[Any]) -> None:
    """Save the first figure of an epoch's sample as a frame of the run's GIF."""
    for item in sample:
        if is_figure(item):
            save_figure(item, run.path / FRAMES / f"epoch-{epoch:04}.png")
            return


def save_gif(run: "Run") -> Path | None:
    """Make an animated GIF of the frames of a run; None if there are fewer than two."""
    paths = sorted((run.path / FRAMES).glob("epoch-*.png"))
    if len(paths) < 2:
        return None
    from PIL import Image

    with drawing(run.path / GIF):
        pictures = [Image.open(path).convert("RGB") for path in paths]
    width = max(picture.width for picture in pictures)
    height = max(picture.height for picture in pictures)
    frames = []
    for picture in pictures:
        frame = Image.new("RGB", (width, height), "white")
        frame.paste(picture, ((width - picture.width) // 2, (height - picture.height) // 2))
        frames.append(frame.quantize(64))
    times = [FRAME_MILLISECONDS] * (len(frames) - 1) + [LAST_FRAME_MILLISECONDS]
    path = run.path / GIF
    with drawing(path), writing(path) as file:
        frames[0].save(file, "GIF", save_all=True, append_images=frames[1:], duration=times, loop=0)
    return path


def spans_decades(values: Sequence[float | None]) -> bool:
    """Whether a curve of these values needs a logarithmic axis to be read."""
    known = [value for value in values if value is not None]
    return bool(known) and min(known) > 0 and max(known) > 30 * min(known)


def save_curves(run: "Run", headline: str) -> Path | None:
    """Draw the losses and the validation metrics of a run's history as ``curves.png``."""
    rows = run.history()
    if not rows:
        return None
    from matplotlib.figure import Figure

    from coursekit.runs.display import losses_of

    epochs = [row["epoch"] for row in rows]
    figure = Figure(figsize=(9, 3.6), layout="constrained")
    left, right = figure.subplots(1, 2)
    for name in losses_of(rows[0]):
        left.plot(epochs, [row.get(name) for row in rows], "o-", markersize=3, label=name)
    left.set(title="training", xlabel="epoch", ylabel="loss")
    left.legend(frameon=False)
    column = f"validation_{headline}"
    values = [row.get(column) for row in rows]
    right.plot(epochs, values, "o-", markersize=3, color="tab:green")
    if spans_decades(values):
        right.set_yscale("log")
    right.set(title="validation", xlabel="epoch", ylabel=headline)
    for axes in (left, right):
        axes.grid(alpha=0.3)
        axes.spines[["top", "right"]].set_visible(False)
        axes.xaxis.get_major_locator().set_params(integer=True)
    return save_figure(figure, run.path / "curves.png")
