"""The demo on the command line, and what it draws."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import tensorflow as tf
from rich.text import Text

from coursekit import CourseError
from coursekit_transformer import TransformerDemoOptions
from coursekit_transformer.data import TransformerData, Vocabulary
from coursekit_transformer.demo import (
    COLUMNS,
    PLOTTED,
    attention_map,
    attention_plot,
    demo,
    readable,
    weights_of,
)
from tests.conftest import Command
from tests.lessons.transformer.test_model import decided, made

pytestmark = pytest.mark.tf

DATA = TransformerData(vocabulary=Vocabulary("abcdefghij"), opening="abc", passage="abcj" * 50)


def shown(request: str | None, **options: Any) -> list[Any]:
    return demo(made(), DATA, request, TransformerDemoOptions(**options))


def test_a_text_arrives_as_it_is_written() -> None:
    [stream] = shown("abc", length=120)
    assert isinstance(stream, Iterator)
    pieces = list(stream)
    assert pieces[0] == "abc"
    assert len(pieces) == 4
    assert len("".join(pieces)) == 123


def test_several_texts_are_told_apart() -> None:
    found = shown("abc", length=20, count=3)
    assert [text.split("\n")[0] for text in found] == ["── 1 ──", "── 2 ──", "── 3 ──"]
    assert all(text.split("\n")[1].startswith("abc") for text in found)


def test_with_or_without_a_cache_the_demo_writes_the_same() -> None:
    with_cache, without = (
        "".join(shown("abc", length=5, without_cache=off)[0]) for off in (False, True)
    )
    assert with_cache == without


def test_the_standard_sample_is_a_text_and_a_picture() -> None:
    stream, figure = shown(None, length=10)
    assert "".join(stream).startswith("abc")
    assert len(figure.axes) == 5  # two layers of two heads, and the colour bar


def test_unseen_characters_are_read_as_near_ones_or_left_out() -> None:
    assert readable("abc", DATA.vocabulary) == ("abc", [])
    found, said = readable("áb☃ç", DATA.vocabulary)
    assert found == "abc"
    assert said == ["never seen in training: 'á' as 'a', '☃' left out, 'ç' as 'c'"]
    with pytest.raises(CourseError, match="knows none of the characters of 'ΩΩ'"):
        readable("ΩΩ", DATA.vocabulary)


def test_weights_are_those_of_the_network() -> None:
    model = decided()
    ids = DATA.vocabulary.encode("abcdefg")
    weights = weights_of(model, ids)
    assert weights.shape == (2, 2, 7, 7)
    np.testing.assert_allclose(weights.sum(-1), 1, rtol=1e-5)
    _, _, looks = model.read(tf.constant(ids[np.newaxis]))
    np.testing.assert_array_equal(weights[1], looks[1][0])


def test_the_map_is_darker_where_a_head_looks() -> None:
    last = np.array([[0.0, 0.0625, 0.25, 0.5625, 1.0]], np.float32)
    weights = np.stack([np.repeat(last, 5, 0), np.repeat(last[:, ::-1], 5, 0)])[np.newaxis]
    found = attention_map("a日\n b", weights).plain.split("\n")
    assert found[0] == "      a日⏎·b"
    assert found[1] == "  1.1  ░░▒▓█"  # a wide character has two shades
    assert found[2] == "  1.2 █▓▓▒░ "
    assert "from the last character" in found[3]


def test_the_picture_has_a_map_for_every_head() -> None:
    weights = np.random.default_rng(0).dirichlet(np.ones(4), (3, 2, 4)).astype(np.float32)
    figure = attention_plot("a\n$b", weights)
    *maps, bar = figure.axes
    assert len(maps) == 6
    assert bar.get_ylabel() == "attention weight"
    axes = maps[4]  # its labels are those of its row and its column
    assert axes.get_title() == "layer 3, head 1"
    np.testing.assert_allclose(np.asarray(axes.images[0].get_array()), weights[2, 0])
    assert axes.get_xticks().tolist() == [0, 2]
    labels = axes.get_xticklabels()
    assert [label.get_text() for label in labels] == ["a", "$b"]
    assert {label.get_fontsize() for label in labels} == {9}


def test_attention_over_what_is_typed() -> None:
    text, figure = shown("abba", attention=True)
    assert isinstance(text, Text)
    assert text.plain.startswith("      abba\n  1.1 ")
    assert len(figure.axes) == 5  # four heads and the colour bar
    text, figure = shown("abc" * 50, attention=True)
    assert len(text.plain.split("\n")[0]) == 6 + COLUMNS
    assert np.asarray(figure.axes[0].images[0].get_array()).shape == (PLOTTED, PLOTTED)


def test_one_word_changes_what_is_learnt(coursekit: Command, tmp_path: Path) -> None:
    """The same command with another corpus; then it is used."""
    (tmp_path / "book.txt").write_text("abcdefgh\n" * 3_000, encoding="utf-8")
    sizes = ("--set", "batch_size=16", "--set", "layers=1")
    words = ("--preset", "tiny", *sizes, "--set", "learning_rate=0.01")
    done = coursekit("run", "transformer", "--data", "book.txt", *words, "--out", "book")
    assert "24,300 characters to train on" in done.stderr
    results = {
        line.split()[0]: float(line.split()[1])
        for line in done.stdout.splitlines()
        if line.startswith("  ")
    }
    assert results["loss"] < 0.1
    assert results["bits_per_character"] == pytest.approx(results["loss"] / np.log(2), abs=2e-4)
    demo = ("demo", "transformer", "cd", "--run", "book", "--length", "14", "--temperature", "0")
    assert coursekit(*demo).stdout == "cdefgh\nabcdefgh\n\n"
    assert coursekit(*demo, "--without-cache").stdout == "cdefgh\nabcdefgh\n\n"
    told = coursekit("demo", "transformer", "ábc☃", "--run", "book", "--length", "5")
    assert told.stdout.startswith("never seen in training: 'á' as 'a', '☃' left out\nabc")
    drawn = coursekit("demo", "transformer", "abc", "--run", "book", "--attention")
    assert "layer.head: where it looks" in drawn.stdout
    assert "picture: " in drawn.stderr
    for option in ("--temperature", "--top-k", "--count", "--seed", "--attention"):
        assert option in coursekit("demo", "transformer", "--help").stdout


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (("--temperature", "-1"), "temperature=-1.0 is out of range"),
        (("--top-k", "-2"), "top_k=-2 is out of range"),
        (("--length", "0"), "length=0 is out of range"),
    ],
)
def test_bad_options_are_explained(
    coursekit: Command, words: tuple[str, ...], message: str
) -> None:
    assert message in coursekit("demo", "transformer", "a", *words, code=1).stderr
