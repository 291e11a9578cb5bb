"""What a person sees who types a sentence, whatever it is."""

import io
import itertools
from typing import Any

import numpy as np
import pytest
from matplotlib.figure import Figure
from rich.cells import cell_len
from rich.console import Console
from rich.text import Text

from coursekit import CourseError
from coursekit_nmt import NmtDemoOptions, NmtLesson
from coursekit_nmt.build import build_translator
from coursekit_nmt.data import SPECIAL, NmtData, Vocabulary
from coursekit_nmt.demo import attention_plot, colour, heat_map, with_punctuation, sentences, shade
from coursekit_nmt.model import Translator
from tests.lessons.nmt.test_model import tiny

pytestmark = pytest.mark.tf

WEIGHTS = np.array([[0.05, 0.95, 0.0], [0.3, 0.3, 0.4]], np.float32)


@pytest.fixture(scope="module")
def data() -> NmtData:
    return NmtData(
        source_vocabulary=Vocabulary((*SPECIAL, "hace", "mucho", "frio", "aqui", ".", "¿", "?")),
        target_vocabulary=Vocabulary((*SPECIAL, "it", "is", "cold", "here", ".")),
    )


@pytest.fixture(scope="module")
def model(data: NmtData) -> Translator:
    model = build_translator(data, tiny())
    model.decoder.bias.assign([0, 0, -9.0, 0, 0, 0, 0, 0, 0])  # it writes to the limit
    return model


def shown(model: Translator, data: NmtData, request: str | None, beam: int = 1) -> list[Any]:
    result = NmtLesson().demo(model, data, request, NmtDemoOptions(beam=beam))
    assert isinstance(result, list)
    return result


def first_line(model: Translator, data: NmtData, request: str | None) -> str:
    text = shown(model, data, request)[0]
    assert isinstance(text, str)
    return text


@pytest.mark.parametrize("beam", [1, 4])
def test_the_standard_sample_is_the_article_s_first(
    model: Translator, data: NmtData, beam: int
) -> None:
    text, heat, figure = shown(model, data, None, beam)
    assert text.startswith("hace mucho frio aqui. → ")
    assert isinstance(heat, Text)
    assert isinstance(figure, Figure)


def test_accents_and_punctuation_as_people_type_them(model: Translator, data: NmtData) -> None:
    plain = first_line(model, data, "hace mucho frio aqui .")
    assert first_line(model, data, "  ¡HACE  mucho FRÍO aquí.") != plain  # the ¡ is unknown here
    assert first_line(model, data, "Hace mucho “frío” aquí.") == plain


def test_unknown_words_are_named(model: Translator, data: NmtData) -> None:
    text = first_line(model, data, "hace frio en el frigorífico frigorífico.")
    assert text.endswith("I do not know the words 'en', 'el', 'frigorifico'.")
    assert first_line(model, data, "hace ola").endswith("I do not know the word 'ola'.")
    assert "do not know" not in first_line(model, data, "hace frio.")


@pytest.mark.parametrize("request_", ["", "   ", "\n", "¿?", ". . .", "***"])
def test_a_request_without_words(model: Translator, data: NmtData, request_: str) -> None:
    with pytest.raises(CourseError, match="no word"):
        shown(model, data, request_)


def test_several_sentences_at_once(model: Translator, data: NmtData) -> None:
    result = shown(model, data, "Hace frio. ¿Hace mucho frio?\n\naqui")
    texts = [item for item in result if isinstance(item, str)]
    assert [text.split(" → ")[0] for text in texts] == [
        "hace frio.",
        "¿hace mucho frio?",
        "aqui",
    ]


def test_punctuation_goes_back_to_where_people_write_it() -> None:
    assert with_punctuation("¿ como estas , tom ? ¡ bien !") == "¿como estas, tom? ¡bien!"
    assert with_punctuation("it's me ; really .") == "it's me; really."


def test_sentences_are_parted_at_their_ends_not_inside() -> None:
    assert sentences("Sí. ¿Y tú? ¡No!") == ["si .", "¿ y tu ?", "¡ no !"]
    assert sentences("El 3.5 por ciento.") == ["el 3 . 5 por ciento ."]


def test_five_hundred_words_are_cut_and_it_says_so(model: Translator, data: NmtData) -> None:
    text = first_line(model, data, "frio " * 500)
    assert "500 words; I read the first 64" in text
    assert text.split(" → ")[0].split() == ["frio"] * 64


def test_chinese_is_unknown_not_a_crash(model: Translator, data: NmtData) -> None:
    assert "do not know the word" in first_line(model, data, "这里很冷。")


def test_the_demo_needs_the_assets_alone(model: Translator, data: NmtData) -> None:
    import json

    lesson = NmtLesson()
    stored = json.loads(json.dumps(lesson.assets(data)))
    restored = lesson.restore(stored, tiny())
    assert first_line(model, restored, None) == first_line(model, data, None)


# The map


def plain_text(text: Text) -> list[str]:
    out = io.StringIO()
    Console(file=out, no_color=True, width=200).print(text)
    return out.getvalue().rstrip("\n").split("\n")


def test_the_map_has_words_on_both_sides_and_readable_shades() -> None:
    lines = plain_text(heat_map(["hace", "frio", "."], ["it's", "cold"], WEIGHTS))
    assert lines[0].split() == ["hace", "frio", "."]
    assert [line.split()[0] for line in lines[1:]] == ["it's", "cold"]
    column = lines[0].index("frio")
    assert lines[1][column] == "█"
    assert lines[1][lines[0].index("hace")] == " "
    assert lines[2][column] == "░"
    assert lines[2][lines[0].index(".", column)] == "▒"


def test_the_columns_of_the_map_are_aligned_whatever_the_script() -> None:
    source, target = ["这里", "很", "cold", "averiguarlo"], ["extraordinarily", "是"]
    text = heat_map(source, target, np.eye(2, 4, dtype=np.float32))
    widths = {cell_len(line.plain) for line in text.split("\n") if "█" in line.plain}
    assert len(widths) == 1


def test_shades_and_colours_grow_with_the_weight() -> None:
    weights = [0.0, 0.1, 0.3, 0.5, 0.7, 0.9, 1.0]
    shades = [shade(weight) for weight in weights]
    assert shades == sorted(shades)
    assert (shades[0], shades[-1]) == (0, 4)
    greens = [colour(weight).color.triplet.green for weight in weights]  # type: ignore[union-attr]
    assert greens == sorted(greens)


def test_a_long_source_does_not_break_the_map() -> None:
    words = [f"word{i}" for i in range(40)]
    lines = plain_text(heat_map(words, ["one"], np.full((1, 40), 1 / 40, np.float32)))
    assert "16 more source words" in lines[-1]


@pytest.mark.parametrize(("wide", "high"), [(1, 1), (4, 40), (40, 1), (40, 40)])
def test_every_label_of_the_picture_fits(wide: int, high: int) -> None:
    """No two labels of an axis overlap, and none leaves the picture."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg

    figure = attention_plot(
        ["averiguarlo"] * wide, ["themselves"] * high, np.full((high, wide), 0.5, np.float32)
    )
    canvas = FigureCanvasAgg(figure)
    canvas.draw()  # type: ignore[no-untyped-call]
    axes = figure.axes[0]
    for labels, side in ((axes.get_xticklabels(), "x"), (axes.get_yticklabels(), "y")):
        boxes = [label.get_window_extent() for label in labels]
        assert all(box.x0 >= 0 and box.y0 >= 0 for box in boxes)
        assert all(box.x1 <= figure.bbox.x1 and box.y1 <= figure.bbox.y1 for box in boxes)
        starts = sorted(getattr(box, side + "0") for box in boxes)
        thick = min((getattr(box, side + "1") - getattr(box, side + "0")) for box in boxes)
        assert all(b - a >= 0.8 * thick for a, b in itertools.pairwise(starts))
