"""The pictures that a run leaves behind."""

import warnings
from pathlib import Path
from types import SimpleNamespace

import pytest

from coursekit.runs import pictures
from tests.conftest import ROOT, Command


def test_a_curve_over_decades_gets_a_logarithmic_axis() -> None:
    assert pictures.spans_decades([1_000.0, None, 10.0])
    assert not pictures.spans_decades([1.5, 1.2])
    assert not pictures.spans_decades([100.0, 0.0])
    assert not pictures.spans_decades([None])


def test_letters_of_every_script_are_drawn_without_a_warning(tmp_path: Path) -> None:
    from matplotlib.figure import Figure

    figure = Figure()
    figure.subplots().set_title("房子 घर บ้าน")
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert pictures.save_figure(figure, tmp_path / "a.png").stat().st_size > 1000


def test_the_last_frame_of_a_gif_holds_and_every_figure_has_110_dots_per_inch(
    tmp_path: Path,
) -> None:
    from matplotlib.figure import Figure
    from PIL import Image

    run = SimpleNamespace(path=tmp_path)
    for epoch in (1, 2, 10):
        figure = Figure(figsize=(2, 1))
        figure.suptitle(str(epoch))
        pictures.save_frames(run, epoch, ["words", figure])  # type: ignore[arg-type]
    path = pictures.save_gif(run)  # type: ignore[arg-type]
    assert path is not None
    with Image.open(path) as gif:
        durations = []
        for frame in range(3):
            gif.seek(frame)
            durations.append(gif.info["duration"])
        assert (gif.size, gif.info["loop"]) == ((220, 110), 0)
    assert durations == [400, 400, 2000]  # milliseconds


def test_the_gif_of_the_documentation_holds_its_last_frame() -> None:
    from PIL import Image

    for path in sorted((ROOT / "docs" / "images").glob("*.gif")):
        with Image.open(path) as gif:
            gif.seek(gif.n_frames - 1)  # type: ignore[attr-defined]
            assert gif.info["duration"] == 2000, path


@pytest.mark.tf
def test_what_to_type_next_suits_the_data(coursekit: Command, tmp_path: Path) -> None:
    lines = [f"Der Hund {number} bellt am Abend." for number in range(3_000)]
    (tmp_path / "buch.txt").write_text("\n".join(lines), encoding="utf-8")
    words = "--data buch.txt --preset tiny --set epochs=1 --set batch_size=64 --set length=64"
    done = coursekit("run", "textgen", *words.split())
    assert done.stdout.splitlines()[-1].startswith("next: coursekit demo textgen 'Der Hund 2")
    assert "as read: 'Der Hund 0 bellt am Abend.'" in done.stderr
