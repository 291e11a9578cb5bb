"""A drawing writes down what is on the page, and is drawn when it is shown."""

import io
import subprocess
import sys
from typing import Any

import numpy as np
import pytest
from PIL import Image

from coursekit.drawing import Arrow, Box, Drawing, Point, Words, shape_text
from coursekit.prepare import show
from coursekit.showing import Picture, png
from tests.conftest import ROOT
from tests.pictures import faults_of


@pytest.mark.parametrize(
    ("shape", "text"),
    [((64,), "(64,)"), ((16, 64, 1280), "(16, 64, 1,280)"), ((None, "time"), "(–, time)")],
)
def test_a_shape_is_written_as_python_writes_it(shape: tuple[int | str | None], text: str) -> None:
    assert shape_text(shape) == text


def test_an_arrow_joins_the_sides_that_face_each_other() -> None:
    page = Drawing(6, 4)
    left, right, below = page.box(1, 1), page.box(4, 1), page.box(1, 3)
    assert page.arrow(left, right) == Arrow(Point(1.6, 1), Point(3.4, 1))
    assert page.arrow(right, left) == Arrow(Point(3.4, 1), Point(1.6, 1))
    assert page.arrow(left, below) == Arrow(Point(1, 1.25), Point(1, 2.75))
    assert page.arrow(below, left) == Arrow(Point(1, 2.75), Point(1, 1.25))
    assert page.arrow(left, Point(3, 1)) == Arrow(Point(1.6, 1), Point(3, 1))
    assert page.arrow(Point(0, 0), Point(3, 3)) == Arrow(Point(0, 0), Point(3, 3))


def test_a_grid_has_a_cell_for_each_number_in_the_order_of_the_rows() -> None:
    page = Drawing(3, 3)
    outline = page.grid(1, 1, [[0, 0.5], [1, 0.25]], [["a", "b"], ["c", "d"]], cell=0.5, row=0.4)
    assert outline == Box(Point(1.5, 1.4), 1.0, 0.8)
    cells = [item for item in page.items if isinstance(item, Box)]
    assert [(box.words, box.shade) for box in cells] == [
        ("a", 0),
        ("b", 0.5),
        ("c", 1),
        ("d", 0.25),
    ]
    centers = [(1.25, 1.2), (1.75, 1.2), (1.25, 1.6), (1.75, 1.6)]
    np.testing.assert_allclose([box.center for box in cells], centers)


def test_the_page_has_its_size_and_a_background_that_is_light_in_any_theme() -> None:
    picture = Image.open(io.BytesIO(png(Drawing(3, 2, "title")))).convert("RGBA")
    assert picture.size == (330, 220)
    red, green, blue, opaque = picture.getpixel((329, 219))  # type: ignore[misc]
    assert opaque == 255
    assert min(red, green, blue) > 240


def test_a_cell_is_darker_the_larger_its_number_and_its_letters_stay_readable() -> None:
    page = Drawing(3, 1)
    page.grid(0, 0, [[0, 0.5, 1]], cell=1)
    grey = np.asarray(Image.open(io.BytesIO(png(page))).convert("L"))
    white, middle, dark = (int(grey[20, x]) for x in (55, 165, 275))
    assert white == 255
    assert white - middle == pytest.approx(middle - dark, abs=3)


@pytest.mark.parametrize(
    ("spoil", "fault"),
    [
        (lambda page: page.text(1, 1, "tiny", size=7), "'tiny' has 7 points"),
        (lambda page: page.text(1.9, 1, "far too long"), "leaves the page"),
        (lambda page: page.box(1, 1, "far too long for it", 0.5), "does not fit"),
        (lambda page: (page.text(1, 1, "one"), page.text(1, 1.05, "two")), "overlap"),
        (
            lambda page: (page.text(1, 1, "one"), page.arrow(Point(0, 1), Point(2, 1))),
            "runs through",
        ),
    ],
)
def test_what_makes_a_drawing_hard_to_read_is_found(spoil: object, fault: str) -> None:
    page = Drawing(2, 2)
    spoil(page)  # type: ignore[operator]
    assert any(fault in found for found in faults_of(page))


def test_a_drawing_costs_no_matplotlib_before_it_is_shown() -> None:
    code = (
        "import sys; from coursekit.drawing import Drawing; from coursekit.prepare import show; "
        "page = Drawing(2, 2, 'x'); page.box(1, 1, 'y'); show(page, alt='a box'); "
        "assert not {'matplotlib', 'tensorflow'} & set(sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "a box\n"


def test_the_example_of_the_how_to_is_easy_to_read() -> None:
    page = (ROOT / "docs" / "howto" / "draw.md").read_text(encoding="utf-8")
    names: dict[str, Any] = {}
    exec(page.split("```python\n")[1].split("```")[0], names)
    drawing = names["dense"](8, 4)
    assert faults_of(drawing) == []
    assert "36 parameters" in [item.text for item in drawing.items if isinstance(item, Words)]


def test_outside_a_notebook_the_alternative_is_printed(capsys: pytest.CaptureFixture[str]) -> None:
    show(Drawing(2, 2, "without words of its own"))
    assert capsys.readouterr().out == "without words of its own\n"


def test_what_jupyter_stores_has_the_alternative_twice() -> None:
    data, about = Picture(Drawing(1, 1), "a page")._repr_mimebundle_()
    assert data["text/plain"] == "a page"  # read by VS Code
    assert about["image/png"]["alt"] == "a page"  # read by nbconvert
