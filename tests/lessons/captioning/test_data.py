"""Vocabulary, buckets and batches; the scores; the demo; and a run on photographs."""

import io
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from matplotlib.patches import Rectangle
from PIL import Image

from coursekit import CourseError
from coursekit_captioning import web
from coursekit_captioning import QUICK, TINY, CaptioningDemoOptions, CaptioningLesson
from coursekit_captioning.data import (
    CaptioningData,
    CaptionSplit,
    DrawnScenes,
    captioning_data,
    scene_parts,
)
from coursekit_captioning.decode import Written
from coursekit_captioning.demo import demo
from coursekit_captioning.evaluate import peak, pointing_game, true_captions
from coursekit_captioning.examples import Example, Parts
from coursekit_captioning.load import assets, restore
from coursekit_captioning.overlay import ACROSS, attention_figure, attention_map, attention_text
from coursekit_captioning.scenes import Box
from coursekit_captioning.text import normalize, tokens
from coursekit_captioning.vocabulary import END, PAD, START, UNKNOWN, Vocabulary
from tests.lessons.captioning.test_loaders import folder
from tests.loopback import Server, drip, server_fixture

__all__ = ["server_fixture"]

pytestmark = pytest.mark.tf

CAPTIONS = ("a dog", "a big dog runs", "a dog runs on the wet grass", " ".join(["very"] * 200))


class Numbers:
    """Pictures of one number, their place."""

    shape = (1,)
    dtype = "float32"

    def rows(self, places: Any) -> Any:
        return places[:, np.newaxis].astype(np.float32)


def numbered(count: int, **changes: object) -> CaptioningData:
    examples = [Example(f"{k}", CAPTIONS[: 1 + k % 4]) for k in range(count)]
    parts = Parts(examples[:-2], examples[-2:-1], examples[-1:])
    settings = QUICK.replace({"least": 1, "batch_size": 3, "lengths": (4, 8), **changes})
    return captioning_data(parts, Numbers(), ["x"], settings)


def part(data: CaptioningData, name: str) -> CaptionSplit:
    found = getattr(data, name)
    assert isinstance(found, CaptionSplit)
    return found


def test_normal_form() -> None:
    assert tokens("A T-shirt, and the dog 's tail .") == [
        "a", "t", "shirt", "and", "the", "dog's", "tail",
    ]  # fmt: skip
    assert normalize("  Two\tMEN’S hats!! ") == "two men's hats"
    assert normalize("... !") == ""


def test_vocabulary_by_hand() -> None:
    words = Vocabulary.of(["b a", "a c", "a b"], size=6, least=2)
    assert words.words == ("<pad>", "<start>", "<end>", "<unk>", "a", "b")
    assert words.encode("b zebra a") == [5, UNKNOWN, 4]
    assert words.decode([START, 5, 4, END, 5]) == ["b", "a"]


def test_a_batch_has_captions_of_one_bucket_with_their_pictures() -> None:
    split = numbered(14).train
    seen: dict[int, list[int]] = {}
    for pictures, captions in split.batches(0):
        assert captions.shape[1] == 1
        assert captions.shape[2] in (6, 10)
        for picture, ids in zip(pictures.numpy()[:, 0], captions.numpy()[:, 0], strict=True):
            if picture < 0:
                assert (ids == PAD).all()
                continue
            words = ids[ids != PAD]
            assert words[0] == START
            assert words[-1] == END
            seen.setdefault(int(picture), []).append(len(words) - 2)
    for place in range(12):
        assert sorted(seen[place]) == [2, 4, 7][: 1 + place % 4]  # 200 words are left out


def test_captions_that_are_too_long_are_left_out_and_said() -> None:
    data = numbered(14)
    assert part(data, "train").too_long == 3
    assert data.notes[-1].startswith("3 captions of more than 8 words are left out of training")


def test_captions_of_a_picture_are_learnt_together() -> None:
    split = part(numbered(14, group=3), "train")
    (bucket_short, bucket_long) = split.buckets
    assert bucket_short[1].shape[1:] == (3, 6)
    assert len(bucket_long[0]) == 6  # one row each for the pictures with three and with four
    assert (bucket_long[1][:, :, 0] == START).all()


def test_splits_take_their_own_pictures() -> None:
    data = numbered(14)
    assert part(data, "validation").rows([0, -1]).tolist() == [[12], [-1]]
    assert part(data, "test").rows([0]).tolist() == [[13]]


def test_too_little_to_learn_is_an_error() -> None:
    with pytest.raises(CourseError, match="no word occurs 999 times"):
        numbered(14, least=999)
    with pytest.raises(CourseError, match="no caption has as few words as 1"):
        numbered(14, lengths=(1,))


def test_scenes_are_drawn_when_asked_for() -> None:
    parts = scene_parts(3)
    drawn = DrawnScenes(parts.train)
    rows = drawn.rows(np.array([2, -1, 2]))
    assert drawn.is_drawn.tolist() == [False, False, True]
    assert rows[0].max() > 0
    np.testing.assert_array_equal(rows[0], rows[2])
    assert not rows[1].any()


def test_the_peak_is_the_middle_of_a_cell() -> None:
    weights = np.zeros(16, np.float32)
    weights[6] = 1  # second row, third column
    assert peak(weights) == (0.625, 0.375)
    assert peak(weights, 0.5) == (0.75, 0.5)


def test_pointing_game_by_hand() -> None:
    example = Example(
        "it", (), objects={"dog": (Box(0, 0, 0.5, 0.5),), "cat": (Box(0.5, 0, 1, 1),)}
    )
    attention = np.eye(4, dtype=np.float32)[[0, 0, 3, 3]]
    words = ["dog", "and", "cat", "dog"]  # right, not counted, right, wrong
    assert pointing_game([example], [Written(words, attention, 0.0)]) == pytest.approx(2 / 3)
    assert pointing_game([example], [Written(["cow"], attention[:1], 0.0)]) == 0


def test_true_captions_are_decided_by_the_scene() -> None:
    examples = scene_parts(1).test[:20]
    nothing = np.zeros((1, 4), np.float32)
    told = [Written(e.captions[0].split(), nothing, 0.0) for e in examples]
    assert true_captions(examples, told) == 1
    false = [Written([*e.captions[0].split(), "and"], nothing, 0.0) for e in examples]
    assert true_captions(examples, false) == 0


@pytest.mark.parametrize("count", [1, 2, 4, 5, 12, 20])
def test_overlays_are_readable_for_any_number_of_words(count: int) -> None:
    words = [f"word{k}" for k in range(count)]
    attention = np.random.default_rng(0).random((count, 49)).astype(np.float32)
    pixels = np.full((28, 28, 3), 200, np.uint8)
    figure = attention_figure(pixels, words, attention)
    titles = [axes.get_title() for axes in figure.axes]
    assert titles[: count + 1] == ["the picture", *words]
    *panels, bar = figure.axes
    assert bar.get_ylabel() == "attention weight"
    for axes, weights in zip(panels[1:], attention, strict=False):
        down, across = divmod(int(weights.argmax()), 7)  # cells of 4 x 4 pixels
        (marked,) = axes.lines
        at = np.asarray(marked.get_xydata())
        np.testing.assert_allclose(at, np.array([[4 * across + 1.5, 4 * down + 1.5]]), atol=1e-6)
    lefts = {round(axes.get_position().x0, 3) for axes in panels}
    assert len(lefts) <= ACROSS
    text = attention_text(pixels, words, attention).plain
    assert all(word in text for word in words)
    assert max(map(len, text.splitlines())) <= 80


def test_a_frame_marks_what_a_word_names() -> None:
    pixels = np.full((64, 64, 3), 200, np.uint8)
    boxes = [(), (Box(0.25, 0.5, 0.75, 1.0), Box(0.0, 0.0, 0.125, 0.25))]
    attention = np.eye(2, 49, dtype=np.float32)
    figure = attention_figure(pixels, ["a", "star"], attention, boxes=boxes)
    panels = {axes.get_title(): axes for axes in figure.axes}
    frames = {
        name: [patch.get_bbox().bounds for patch in axes.patches if isinstance(patch, Rectangle)]
        for name, axes in panels.items()
    }
    assert frames["the picture"] == frames["a"] == []
    # pixel 0 is drawn from -0.5 to 0.5: its left edge, not its middle, is the picture's edge
    assert frames["star"] == [(15.5, 31.5, 32, 32), (-0.5, -0.5, 8, 16)]


def test_equal_weights_have_no_peak() -> None:
    pixels = np.full((28, 28, 3), 200, np.uint8)
    attention = np.stack([np.full(49, 1 / 49), np.eye(49)[3]]).astype(np.float32)
    figure = attention_figure(pixels, ["even", "one"], attention)
    assert [len(axes.lines) for axes in figure.axes] == [0, 0, 1, 0]  # the picture, two words, bar


def test_an_attention_map_is_bright_where_the_weight_is() -> None:
    weights = np.zeros(16, np.float32)
    weights[6] = 0.4
    found = attention_map(weights, 40)
    assert found[15, 25] > 0.9
    assert found[35, 5] == 0
    moved = attention_map(weights, 40, 0.5)  # half of a cell of 10 pixels
    np.testing.assert_allclose(moved[10:35, 10:35], found[5:30, 5:30], atol=0.02)


@pytest.fixture(scope="module")
def drawn() -> tuple[CaptioningLesson, CaptioningData, Any]:
    lesson = CaptioningLesson()
    parts = scene_parts(20)
    examples = [example for split in parts[:3] for example in split]
    data = captioning_data(parts, DrawnScenes(examples), ["x"], TINY)
    return lesson, data, lesson.model(data, TINY)


def test_demo_of_a_held_out_scene_is_the_same_after_a_restore(
    drawn: tuple[CaptioningLesson, CaptioningData, Any],
) -> None:
    lesson, data, model = drawn
    options = CaptioningDemoOptions(index=2, beam=2)
    text, _picture, _figure = demo(model, data, None, options)
    again, *_ = demo(model, restore(assets(data), TINY), None, options)
    assert text == again
    assert isinstance(text, str)
    assert text.startswith("scene 2: ")
    assert data.held_out[2].captions[0] in text
    assert "<unk>" not in text
    with pytest.raises(CourseError, match="no held-out picture 600"):
        demo(model, data, None, CaptioningDemoOptions(index=600))


def test_a_model_of_shapes_says_so_when_it_sees_a_photograph(
    drawn: tuple[CaptioningLesson, CaptioningData, Any], tmp_path: Path
) -> None:
    lesson, data, model = drawn
    Image.effect_noise((30, 20), 60).save(tmp_path / "sea.png")
    text, *_ = demo(model, data, str(tmp_path / "sea.png"), CaptioningDemoOptions())
    assert isinstance(text, str)
    assert "only ever seen drawn shapes" in text
    assert "coursekit run captioning --data flickr8k" in text
    assert "sea.png: " in text
    with pytest.raises(CourseError, match=r"cannot read .*none\.jpg"):
        demo(model, data, str(tmp_path / "none.jpg"), CaptioningDemoOptions())


def test_a_picture_from_the_web(
    drawn: tuple[CaptioningLesson, CaptioningData, Any],
    server: Server,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    buffer = io.BytesIO()
    Image.new("RGB", (20, 20), "red").save(buffer, "PNG")
    server.files["red.png"] = buffer.getvalue()
    lesson, data, model = drawn

    def shown(address: str) -> str:
        return str(demo(model, data, address, CaptioningDemoOptions())[0])

    assert "red.png: " in shown(f"{server.address}/red.png")
    assert "red.png: " in shown(f"HTTP{server.address[4:]}/red.png")
    with pytest.raises(CourseError, match="answered 404"):
        shown(f"{server.address}/none.png")
    monkeypatch.setattr(web, "SECONDS", 0.4)
    server.faults.append(drip(0.02))
    with pytest.raises(CourseError, match=r"red\.png is too slow: \d+ bytes came in 0\.4 s"):
        shown(f"{server.address}/red.png")
    monkeypatch.setattr(web, "MOST", 20)
    with pytest.raises(CourseError, match="is too large"):
        shown(f"{server.address}/red.png")


def test_a_picture_by_the_address_of_its_file(
    drawn: tuple[CaptioningLesson, CaptioningData, Any], tmp_path: Path
) -> None:
    lesson, data, model = drawn
    Image.new("RGB", (20, 20), "red").save(tmp_path / "my red.png")
    address = (tmp_path / "my red.png").as_uri()
    text, *_ = demo(model, data, address, CaptioningDemoOptions())
    assert "my red.png: " in str(text)
    with pytest.raises(CourseError, match="the picture is an address that cannot be used here"):
        demo(model, data, "ftp://host/red.png", CaptioningDemoOptions())


def test_a_run_on_photographs(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, coursekit: Any
) -> None:
    from coursekit_captioning import encoders, features

    original = encoders.network
    monkeypatch.setattr(features, "weights_of", lambda encoder: None)
    monkeypatch.setattr(features, "network", lambda encoder, weights: original(encoder, None))
    own = tmp_path / "own"
    own.mkdir()
    rows = [f"p{k}.jpg,a {colour} cat" for k in range(12) for colour in ("red", "grey")]
    folder(own, ["image,caption", *rows])
    words = ("--data", str(own), "--preset", "tiny", "--out", "it", "--epochs", "1")
    done = coursekit("run", "captioning", *words)
    assert "features of 12 pictures by mobilenet: 301.1 kB in " in done.stderr
    assert "bleu_4" in done.stdout
    assert "true_captions" not in done.stdout
    assert "people said: a red cat" in done.stdout
