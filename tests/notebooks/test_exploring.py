"""Sliders change a picture in a kernel; everywhere else there is the picture of the start."""

import json
import subprocess
import sys
from typing import Any

import pytest
from matplotlib.figure import Figure

from coursekit import CourseError
from coursekit.exploring import WIDGET, Menu, Slider
from coursekit.notebooks.build import execute
from coursekit.prepare import explore

ALT = "One bar, as high as the slider says."
CELL = f"""
from matplotlib.figure import Figure
from coursekit.prepare import explore
asked = []
def bar(height, name):
    asked.append((height, name))
    if height > 2:
        raise ValueError("too high")
    figure = Figure((height, 1))
    figure.subplots().set(title=name)
    return figure
explore(bar, alt="{ALT}", height=(0.5, 3.0, 0.25, 1.0), name=["a", "b"])
"""
MOVE = """
from ipywidgets import Dropdown, FloatSlider, Label, Widget
try:
    from ipywidgets.widgets.widget import _instances as known
except ImportError:  # ipywidgets 7
    known = Widget.widgets
slider, = (w for w in known.values() if isinstance(w, FloatSlider))
menu, = (w for w in known.values() if isinstance(w, Dropdown))
line, = (w for w in known.values() if isinstance(w, Label))
"""


def notebook(*cells: str) -> Any:
    from nbformat.v4 import new_code_cell, new_notebook

    return new_notebook(cells=[new_code_cell(cell) for cell in cells])  # type: ignore[no-untyped-call]


def run(*cells: str) -> list[list[Any]]:
    """Run cells in a kernel; return the outputs of each."""
    from nbclient import NotebookClient

    book = notebook(*cells)
    NotebookClient(book, timeout=60, kernel_name="python3").execute(stderr=subprocess.DEVNULL)
    return [cell.outputs for cell in book.cells]


def shown_width(output: Any) -> int:
    """Return the width of a PNG picture in pixels: bytes 16 to 20 of the file."""
    from base64 import b64decode

    return int.from_bytes(b64decode(output["data"]["image/png"])[16:20], "big")


@pytest.mark.slow
def test_a_slider_that_is_moved_replaces_the_picture() -> None:
    pytest.importorskip("ipywidgets")
    move = MOVE + "slider.value = 2.0\nmenu.value = 1\nprint(asked, repr(line.value))"
    (panel, picture), (printed,) = run(CELL, move)
    assert WIDGET in panel["data"]
    assert shown_width(picture) == 220  # 2 inches of 110 dots
    assert picture["metadata"]["image/png"]["alt"] == f"{ALT} (height = 2.0, name = b)"
    assert printed["text"] == "[(1.0, 'a'), (2.0, 'a'), (2.0, 'b')] ''\n"


@pytest.mark.slow
def test_an_error_is_a_line_and_the_next_value_is_drawn() -> None:
    pytest.importorskip("ipywidgets")
    move = MOVE + "slider.value = 2.25\ntold = line.value\nslider.value = 1.5\n"
    move += "print(f'{told}{[line.value]}')"
    (_, picture), (printed,) = run(CELL, move)
    assert printed["text"] == (
        "No picture for height = 2.25, name = a: ValueError: too high. "
        "The picture below is an earlier one.['']\n"
    )
    assert shown_width(picture) == 165


@pytest.mark.slow
def test_a_stored_lesson_keeps_the_picture_and_no_widget() -> None:
    pytest.importorskip("ipywidgets")
    book = json.loads(json.dumps(notebook(CELL)))
    book["metadata"]["coursekit"] = {"exercise": "sums/lesson"}
    done = execute(book)
    panel, picture = done["cells"][0]["outputs"]
    told = "".join(panel["data"].pop("text/plain"))
    assert told == "Run this cell to change height (0.5 to 3.0) and name (a, b)."
    assert panel["data"] == {}
    assert shown_width(picture) == 110
    assert picture["metadata"]["image/png"]["alt"] == f"{ALT} (height = 1.0, name = a)"
    assert "widget" not in json.dumps(done)


@pytest.mark.slow
def test_a_kernel_without_ipywidgets_shows_the_picture_alone() -> None:
    block = "import sys\nsys.modules['ipywidgets'] = None\n"
    ((picture,),) = run(block + CELL)
    assert picture["metadata"]["image/png"]["alt"] == f"{ALT} (height = 1.0, name = a)"
    assert shown_width(picture) == 110


def test_a_script_gets_the_words_of_the_picture_and_imports_no_widgets() -> None:
    code = CELL + "import sys\nprint('ipywidgets' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == f"{ALT} (height = 1.0, name = a)\nFalse\n"


def test_a_text_is_printed_where_there_is_no_kernel(capsys: pytest.CaptureFixture[str]) -> None:
    explore(lambda count: "ha" * count, alt="Laughter.", count=(1, 5, 1, 3))
    assert capsys.readouterr().out == "hahaha\n"


def test_what_is_neither_figure_nor_text_is_refused() -> None:
    with pytest.raises(TypeError, match="a figure or a text, not 3"):
        explore(lambda count: count, alt="Nothing.", count=(1, 5, 1, 3))


@pytest.mark.parametrize(
    ("control", "words"),
    [
        ([], "list of choices for x is empty"),
        ((1, 0, 0.1, 0.5), "goes from 1 to 0"),
        ((1, 1, 0.1, 1), "goes from 1 to 1"),
        ((0, 1, 0.1, 1.5), r"starts at 1.5\nexpected: from 0 to 1"),
        ((0, 1, 0, 0.5), "step of the slider x is 0"),
        ((0, 1, 2, 0.5), "at most 1"),
        ((0, 1, 0.1), "neither a slider nor a list"),
        ((0, 1, 0.1, float("nan")), "neither a slider nor a list"),
        ((0, 1, 0.1, "0.5"), "neither a slider nor a list"),
        (3, r"x=3 is neither a slider nor a list\nexpected: \(low, high, step, start\)"),
    ],
)
def test_a_bad_control_is_an_error_before_anything_is_drawn(control: Any, words: str) -> None:
    asked: list[Any] = []
    with pytest.raises(CourseError, match=words):
        explore(asked.append, alt="Nothing.", x=control)
    assert not asked


def test_something_must_be_changeable() -> None:
    with pytest.raises(CourseError, match="nothing to change"):
        explore(lambda: Figure(), alt="Nothing.")


@pytest.mark.parametrize(
    ("numbers", "told", "value"),
    [
        ((0.2, 2.0, 0.1, 0.8), 0.30000000000000004, 0.3),
        ((0.0, 1.0, 0.25, 0.5), 0.75, 0.75),
        ((0.0, 1.0, 0.1, 0.85), 0.85, 0.85),
        ((1e-5, 1e-3, 1e-5, 1e-4), 0.00012000000000000002, 0.00012),
        ((0, 100, 10, 50), 60, 60),
    ],
)
def test_the_value_is_the_number_beside_the_slider(
    numbers: tuple[float, ...], told: float, value: float
) -> None:
    assert Slider("x", *numbers).value(told) == value


def test_whole_numbers_stay_whole_and_choices_keep_their_type() -> None:
    assert isinstance(Slider("x", 0, 9, 1, 3).value(4), int)
    choices = (None, ("a", 2))
    assert Menu("x", choices).value(1) is choices[1]


def test_the_sliders_wait_until_they_are_let_go() -> None:
    pytest.importorskip("ipywidgets")
    slider = Slider("x", 0.0, 1.0, 0.05, 0.5).widget()
    assert (slider.continuous_update, slider.readout_format) == (False, ".2f")
    whole = Slider("x", 0, 9, 1, 3).widget()
    assert (type(whole).__name__, whole.readout_format) == ("IntSlider", "d")
