"""The pictures that a run leaves behind."""

import warnings
from pathlib import Path

import pytest

from coursekit.runs import pictures
from tests.conftest import Command


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


@pytest.mark.tf
def test_what_to_type_next_suits_the_data(coursekit: Command, tmp_path: Path) -> None:
    lines = [f"Der Hund {number} bellt am Abend." for number in range(3_000)]
    (tmp_path / "buch.txt").write_text("\n".join(lines), encoding="utf-8")
    words = "--data buch.txt --preset tiny --set epochs=1 --set batch_size=64 --set length=64"
    done = coursekit("run", "textgen", *words.split())
    assert done.stdout.splitlines()[-1].startswith("next: coursekit demo textgen 'Der Hund 2")
    assert "as read: 'Der Hund 0 bellt am Abend.'" in done.stderr
