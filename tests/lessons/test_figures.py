"""The drawings of the notebooks: easy to read, told in words, and true to the code."""

import ast
import inspect
from importlib import import_module
from itertools import pairwise
from pathlib import Path
from types import SimpleNamespace
from typing import Any, NamedTuple

import numpy as np
import pytest

from coursekit.drawing import Arrow, Box, Drawing, Line, Words
from coursekit.notebooks.template import Template, read_template
from coursekit.plugins import catalogue
from tests.pictures import faults_of

PLUGINS = Path(__file__).parents[2] / "plugins"
LESSONS = ("textgen", "dcgan", "nmt", "captioning", "transformer")
TEMPLATES = [
    pytest.param(
        path,
        id=f"{path.parts[-3].removeprefix('coursekit_')}/{path.stem}",
        marks=[pytest.mark.tf] if path.match("coursekit_captioning/*/lesson.py") else [],
    )
    for path in sorted(PLUGINS.glob("coursekit_*/templates/*.py"))
    if "import figures" in path.read_text(encoding="utf-8")
]


class Shown(NamedTuple):
    """A drawing that a template shows, and its text alternative."""

    drawing: Drawing
    alt: str


def names_of(lesson: str) -> dict[str, Any]:
    """Return what the cells before a drawing have defined, with the shapes of the lesson."""
    settings: Any = catalogue().lesson(lesson).presets["quick"]
    made: dict[str, Any] = {
        "np": np,
        "settings": settings,
        "data": SimpleNamespace(vocabulary=range(66), target_vocabulary=range(1_204)),
    }
    if lesson == "transformer":
        made["inputs"] = np.zeros((settings.batch_size, settings.length))
        made["causal_mask"] = lambda size: SimpleNamespace(numpy=lambda: np.tri(size, dtype=bool))
        made["ROTATION"] = 10_000.0
    if lesson == "dcgan":
        made["latents"] = np.zeros((64, settings.latent + settings.categories))
        made["images"] = np.zeros((64, 28, 28, 1))
        made["SMALL"] = 7
    if lesson == "nmt":
        made["source"] = np.zeros((128, 9))
    if lesson == "captioning":
        made["annotations"] = np.zeros((2, 64, settings.units))
    return made


def shown_in(template: Template, monkeypatch: pytest.MonkeyPatch) -> list[Shown]:
    """Run the cells of a template that show drawings, and return what they show."""
    found: list[Shown] = []

    def show(drawing: Drawing, alt: str = "") -> None:
        found.append(Shown(drawing, alt))

    monkeypatch.setattr("coursekit.prepare.show", show)
    module = f"coursekit_{template.lesson}.practice.figures"
    names = names_of(template.lesson) | {"show": show, "figures": import_module(module)}
    for cell in template.cells:
        if cell.role == "given" and "figures." in cell.source:
            lines = cell.source.splitlines()
            assert len(lines) <= 20, f"{template.path}:{cell.line}: the drawing clutters the notebook"
            exec(cell.source, names)
    return found


@pytest.mark.parametrize("path", TEMPLATES)
def test_each_drawing_is_easy_to_read_and_told_in_words(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    lesson = path.parts[-3].removeprefix("coursekit_")
    shown = shown_in(read_template(path, lesson), monkeypatch)
    assert len(shown) == path.read_text(encoding="utf-8").count("    figures.")
    for drawing, alt in shown:
        assert faults_of(drawing) == [], drawing.title
        assert len(alt) > 60, f"{drawing.title}: {alt!r} says too little"
        assert drawing.title
        assert drawing.width <= 10


def test_no_drawing_is_made_in_vain_and_there_are_enough() -> None:
    made, used = set(), set()
    for lesson in LESSONS:
        module = import_module(f"coursekit_{lesson}.practice.figures")
        made |= {
            (lesson, name)
            for name, item in vars(module).items()
            if inspect.isfunction(item)
            and item.__module__ == module.__name__
            and item.__annotations__["return"] == "Drawing"
            and not name.startswith("_")
        }
        for path in (PLUGINS / f"coursekit_{lesson}" / "templates").glob("*.py"):
            text = path.read_text(encoding="utf-8")
            for node in ast.walk(ast.parse(text)) if "import figures" in text else ():
                if isinstance(node, ast.Attribute) and ast.unparse(node.value) == "figures":
                    used.add((lesson, node.attr))
    assert made == used
    assert len(made) >= 24


def texts(drawing: Drawing) -> str:
    """Return all that is written on a drawing, a line for each text."""
    items = drawing.items
    return "\n".join(
        item.words if isinstance(item, Box) else item.text
        for item in items
        if isinstance(item, Box | Words)
    )


# What is drawn is what the code does


def test_rows_and_pieces_are_those_of_the_first_batches() -> None:
    from coursekit_textgen.data import next_piece, side_by_side
    from coursekit_textgen.practice.figures import rows_and_pieces

    text = "abcdefghijklmnopqr"
    rows = side_by_side(np.array(list(map(ord, text))), 2)
    page = rows_and_pieces(text, 2, 4)
    for step, tint in enumerate(("input", "state")):
        cells = [item for item in page.items if isinstance(item, Box) and item.tint == tint]
        expected = "".join(map(chr, next_piece(rows, step, 4)[0].ravel()))
        assert "".join(cell.words for cell in cells) == expected
    assert "batch 0: (2, 4)" in texts(page)


def test_bars_are_as_high_as_the_softmax_of_the_scores() -> None:
    from coursekit_textgen.practice.figures import cut, tempered

    page = tempered({"a": float(np.log(4)), "b": 0.0}, (1.0, 0.5))
    bars = [item.height for item in page.items if isinstance(item, Box)]
    np.testing.assert_allclose(np.array(bars) / 1.2, [0.8, 0.2, 16 / 17, 1 / 17])
    page = cut({"a": 0.5, "b": 0.3, "c": 0.2}, top_k=1, top_p=0.6)
    bars = [item.height for item in page.items if isinstance(item, Box)]
    np.testing.assert_allclose(
        np.array(bars) / 1.2, [0.5, 0.3, 0.2, 1, 0, 0, 5 / 8, 3 / 8, 0], atol=1e-12
    )


def test_a_search_keeps_the_likeliest_beginnings() -> None:
    """By hand: 0.6 x 0.45 = 0.27 and 0.4 x 0.95 = 0.38 stay; greedy search never sees the 0.38."""
    from coursekit_nmt.practice.figures import searched

    first, second, third = searched(2)
    assert [(one.words[-1], one.kept) for one in first] == [("the", True), ("a", True)]
    kept = {one.words: round(one.chance, 2) for one in second if one.kept}
    assert kept == {("the", "room"): 0.27, ("a", "house"): 0.38}
    assert max(third, key=lambda one: one.chance).words == ("a", "house", "is")
    greedy = [next(one for one in step if one.kept).words for step in searched(1)]
    assert greedy[-1] == ("the", "room", "is")


def test_stamps_by_hand() -> None:
    """Two by two numbers, a kernel of two, one place apart: Pascal's square."""
    from coursekit_dcgan.practice.figures import stamped

    assert stamped([[1, 1], [1, 1]], [[1, 1], [1, 1]], 1).tolist() == [[1, 2, 1], [2, 4, 2], [1, 2, 1]]
    assert stamped([[1, 2]], [[5]], 3).tolist() == [[5, 0, 0, 10]]


def test_a_convolution_by_hand() -> None:
    """A kernel that subtracts the left from the right finds where the image rises."""
    from coursekit_dcgan.practice.figures import convolution, convolved

    image, kernel = [[0, 1, 1], [0, 0, 5]], [[-1, 1]]
    assert convolved(image, kernel, 1).tolist() == [[1, 0], [0, 5]]
    assert convolved(image, kernel, 2).tolist() == [[1]]
    assert "0·(-1) + 1·1 + 0·0 + 0·2" in texts(convolution(image, [[-1, 1], [0, 2]]))


def test_the_arc_stays_on_the_shell_and_the_chord_does_not() -> None:
    from coursekit_dcgan.practice.figures import shell

    page = shell(100)
    arc, chord = (item for item in page.items if isinstance(item, Line))
    ring = next(item for item in page.items if isinstance(item, Box))
    center = np.array(ring.center)
    lengths = np.linalg.norm(np.array(arc.points) - center, axis=1)
    np.testing.assert_allclose(lengths, lengths[0])
    half = np.linalg.norm(np.mean(chord.points, axis=0) - center)
    assert half / lengths[0] == pytest.approx(0.5**0.5)
    assert "7.1" in texts(page)


def test_the_plane_is_the_one_in_which_points_vary_most() -> None:
    figures = import_module("coursekit_dcgan.practice.figures")
    flat = np.array([[3, 1, 0], [-3, 1, 0], [0, 2, 0], [0, 0, 0]], np.float32)  # long, then wide
    middle, directions = figures.plane(flat)
    np.testing.assert_allclose(middle, [0, 1, 0])
    np.testing.assert_allclose(np.abs(directions), [[1, 0], [0, 1], [0, 0]], atol=1e-6)


def test_all_variants_are_points_on_the_same_cloud() -> None:
    figures = import_module("coursekit_dcgan.practice.figures")
    real = np.array([[3, 1, 0], [-3, 1, 0], [0, 2, 0], [0, 0, 0]], np.float32)
    drawn = {"one": np.zeros((5, 3), np.float32), "two": 2 * real}
    figure = figures.clouds(real, np.array([7, 7, 4, 4]), drawn)
    one, two = figure.axes
    assert [axes.get_title() for axes in figure.axes] == ["one", "two"]
    clouds = [np.asarray(axes.collections[0].get_offsets()) for axes in figure.axes]
    np.testing.assert_array_equal(clouds[0], clouds[1])
    np.testing.assert_allclose(np.abs(clouds[0]), [[3, 0], [3, 0], [0, 1], [0, 1]], atol=1e-6)
    spots = [np.abs(np.asarray(axes.collections[1].get_offsets())) for axes in figure.axes]
    np.testing.assert_allclose(spots[0], [[0, 1]] * 5, atol=1e-6)  # 0 is one below the middle
    np.testing.assert_allclose(spots[1], [[6, 1], [6, 1], [0, 3], [0, 1]], atol=1e-6)
    assert one.get_xlim() == two.get_xlim()
    assert {text.get_text() for text in one.texts} == {"4", "7"}


def test_what_a_cell_sees() -> None:
    """A kernel of 3 sees 3 pixels; a second one behind a stride of 2 sees 3 + 2 x 2 = 7."""
    from coursekit_captioning.practice.figures import field_of

    assert field_of([(1, 3, 1)]) == (3, 1)
    assert field_of([(1, 3, 2), (1, 3, 1)]) == (7, 2)


def test_a_convolution_shows_its_first_number_alone() -> None:
    from coursekit_captioning.practice.figures import convolution

    kernel = np.array([[0, 1], [2, 3]], np.float32)
    page = convolution(np.array([[1, 2, 0], [3, 4, 0], [0, 0, 0]], np.float32), kernel)
    result = [item.words for item in page.items if isinstance(item, Box) and item.tint == "loss"]
    assert result == ["20", "?", "?", "?"]  # 0 * 1 + 1 * 2 + 2 * 3 + 3 * 4


def test_a_split_by_picture_never_divides_one() -> None:
    from coursekit_captioning.practice.figures import two_splits

    page = two_splits(5, 5)
    assert "no picture is in both" in texts(page)
    rows: dict[tuple[bool, float], set[str]] = {}
    for cell in page.items:
        if isinstance(cell, Box):
            rows.setdefault((cell.center.x > 5, cell.center.y), set()).add(cell.words)
    assert all(len(words) == 1 for (right, _), words in rows.items() if right)
    assert any(len(words) == 2 for (right, _), words in rows.items() if not right)


@pytest.mark.tf
def test_the_shapes_of_textgen() -> None:
    import tensorflow as tf

    from coursekit_textgen.model import CharacterModel
    from coursekit_textgen.practice.figures import gates, unrolled

    model = CharacterModel(characters=12, embedding=5, units=7)
    logits, states = model(tf.zeros((1, 3), tf.int32))
    said = texts(unrolled("kings", 5, 7, 12))
    assert f"state h ({states[0].shape[-1]},)" in said
    assert f"scores ({logits.shape[-1]},)" in said
    assert f"vector ({model.embedding.embeddings.shape[-1]},)" in said
    assert gates(7).title.endswith(f"({states[0].shape[-1]},)")


@pytest.mark.tf
def test_the_shapes_the_mask_and_the_turns_of_transformer() -> None:
    import tensorflow as tf

    from coursekit_transformer.model import ROTATION, causal_mask, rotated, split_heads
    from coursekit_transformer.practice import figures

    shape = (2, 3, 8)
    parted = tuple(split_heads(tf.zeros(shape), 4).shape)
    assert str(parted) in texts(figures.heads(shape, 4))
    seen = causal_mask(5).numpy()
    cells = [i for i in figures.mask("to be", seen).items if isinstance(i, Box)]
    assert [cell.shade > 0 for cell in cells if cell.shade is not None] == seen.ravel().tolist()
    page = figures.turns((0, 3), (0, 2), size=8, base=ROTATION)
    hands = [item for item in page.items if isinstance(item, Arrow)]
    vectors = np.zeros((1, 4, 8), np.float32)
    vectors[..., :4] = 1  # each pair points to the right
    turned = rotated(vectors).numpy()[0]
    for hand, (place, pair) in zip(hands, ((0, 0), (3, 0), (0, 2), (3, 2)), strict=True):
        across, up = hand.end.x - hand.start.x, hand.start.y - hand.end.y
        angle = np.arctan2(turned[place, 4 + pair], turned[place, pair])
        assert np.arctan2(up, across) == pytest.approx(angle, abs=1e-6)


@pytest.mark.tf
def test_the_maps_and_the_stamps_of_dcgan() -> None:
    import keras
    import tensorflow as tf

    from coursekit_dcgan.model import Generator
    from coursekit_dcgan.practice.figures import growing, stamped

    generator = Generator(width=3, kernel=4, seed=0)
    features = tf.zeros((1, 5))
    generator(features)
    shapes: list[tuple[int, ...]] = [(5,), (7, 7, 6)]
    maps = generator.shape(generator.first(features))
    for enlarge in generator.enlarging:
        maps = enlarge(maps)
        shapes.append(tuple(maps.shape[1:]))
    said = texts(growing([(5,), (7, 7, 6), (7, 7, 6), (14, 14, 3), (28, 28, 1)]))
    assert all(str(shape) in said for shape in shapes)
    assert [b[0] // a[0] for a, b in pairwise(shapes[1:])] == [1, 2, 2]
    small, kernel = np.arange(4.0).reshape(2, 2), np.arange(9.0).reshape(3, 3)
    layer = keras.layers.Conv2DTranspose(1, 3, 2, use_bias=False)
    layer.build((None, 2, 2, 1))
    layer.set_weights([kernel[:, :, None, None]])
    found = layer(small[None, :, :, None].astype("float32"))[0, :, :, 0]
    np.testing.assert_allclose(stamped(small, kernel, 2), found)


@pytest.mark.tf
def test_the_shapes_of_nmt_and_captioning() -> None:
    import tensorflow as tf

    from coursekit_captioning.model import ShapeEncoder
    from coursekit_captioning.practice.figures import picture_to_cells
    from coursekit_nmt.model import Encoder
    from coursekit_nmt.practice.figures import one_step

    encoder = Encoder(9, embedding=3, units=4, dropout=0.0, annotation_dropout=0.0, seed=0)
    annotations, _, _ = encoder(tf.ones((1, 2), tf.int32))
    sizes = {"annotation": 2 * 4 + 3, "units": 6, "words": 10}
    said = texts(one_step("dos palabras", (0.5, 0.5), sizes, ("a", "b")))
    assert str(tuple(annotations.shape[1:])) in said
    cells = ShapeEncoder(10, 0.0, seed=0)(tf.zeros((1, 64, 64, 3), tf.uint8))
    said = texts(picture_to_cells(64, ShapeEncoder.CONVOLUTIONS, 10))
    assert f"cells as rows: {tuple(cells.shape[1:])}" in said
