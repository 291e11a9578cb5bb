"""The demo on the command line, and what it draws."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from rich.text import Text

from coursekit import CourseError
from coursekit_textgen import TextgenDemoOptions
from coursekit_textgen.data import TextgenData, Vocabulary
from coursekit_textgen.demo import COLUMNS, demo, lines_of, readable, surprise_map, surprise_plot
from tests.conftest import Command
from tests.lessons.textgen.test_model import made

pytestmark = pytest.mark.tf

DATA = TextgenData(vocabulary=Vocabulary("abcdefghij"), opening="abc", passage="abcj" * 50)


def shown(request: str | None, **options: Any) -> list[Any]:
    return demo(made(), DATA, request, TextgenDemoOptions(**options))


def test_a_text_arrives_as_it_is_written() -> None:
    [stream] = shown("abc", length=150)
    assert isinstance(stream, Iterator)
    pieces = list(stream)
    assert pieces[0] == "abc"
    assert len(pieces) == 4
    assert len("".join(pieces)) == 153


def test_several_texts_are_told_apart() -> None:
    found = shown("abc", length=20, count=3)
    assert [text.split("\n")[0] for text in found] == ["── 1 ──", "── 2 ──", "── 3 ──"]
    assert all(text.split("\n")[1].startswith("abc") for text in found)


def test_the_standard_sample_is_a_text_and_a_picture() -> None:
    stream, figure = shown(None, length=10)
    assert "".join(stream).startswith("abc")
    assert figure.axes


def test_unseen_characters_are_read_as_near_ones_or_left_out() -> None:
    assert readable("abc", DATA.vocabulary) == ("abc", [])
    found, said = readable("áb☃ç", DATA.vocabulary)
    assert found == "abc"
    assert said == ["never seen in training: 'á' as 'a', '☃' left out, 'ç' as 'c'"]
    with pytest.raises(CourseError, match="knows none of the characters of 'ΩΩ'"):
        readable("ΩΩ", DATA.vocabulary)


def test_lines_show_their_ends_and_are_cut_where_they_are_long() -> None:
    bits = np.arange(80, dtype=np.float32)
    lines = lines_of("a\tb\n" + "c" * 70 + "\ndef" + "gh", bits)
    assert [line for line, _ in lines] == ["a→b⏎", "c" * COLUMNS, "c" * 6 + "⏎", "defgh"]
    np.testing.assert_array_equal(np.concatenate([part for _, part in lines]), bits)


def test_the_map_is_darker_where_less_was_expected() -> None:
    found = surprise_map("ab\nj日", np.array([0.0, 2.0, 4.0, 8.0, 99.0], np.float32))
    assert found.plain.split("\n")[:4] == ["ab⏎", " ░▒", "j日", "███"]
    assert "22.60 bits per character on average" in found.plain


def test_the_picture_has_every_character_where_it_belongs() -> None:
    figure = surprise_plot("ab\n$x$", np.array([1.0, 2.0, 3.0, 4.0, 5.0, 6.0], np.float32))
    axes = figure.axes[0]
    places = {(text.get_text(), text.get_position()) for text in axes.texts}
    assert ("b", (1, 0)) in places
    assert ("x", (1, 1)) in places
    grid = np.asarray(axes.images[0].get_array())
    assert grid[1, :3].tolist() == [4, 5, 6]


def test_surprise_of_what_is_typed() -> None:
    found = shown("abba", surprise=True)
    assert isinstance(found[0], Text)
    assert found[0].plain.startswith("abba\n")


def test_one_word_changes_what_is_learnt(coursekit: Command, tmp_path: Path) -> None:
    """The same command with another corpus; then it is used."""
    (tmp_path / "book.txt").write_text("abcdefgh\n" * 3_000, encoding="utf-8")
    words = ("--preset", "tiny", "--set", "batch_size=16", "--set", "learning_rate=0.03")
    done = coursekit("run", "textgen", "--data", "book.txt", *words, "--out", "book")
    assert "24,300 characters to train on" in done.stderr
    results = {
        line.split()[0]: float(line.split()[1])
        for line in done.stdout.splitlines()
        if line.startswith("  ")
    }
    assert results["loss"] < 0.1
    assert results["bits_per_character"] == pytest.approx(results["loss"] / np.log(2), abs=2e-4)
    demo = ("demo", "textgen", "cd", "--run", "book", "--length", "14", "--temperature", "0")
    assert coursekit(*demo).stdout == "cdefgh\nabcdefgh\n\n"
    told = coursekit("demo", "textgen", "ábc☃", "--run", "book", "--length", "5")
    assert told.stdout.startswith("never seen in training: 'á' as 'a', '☃' left out\nabc")
    drawn = coursekit("demo", "textgen", "abc", "--run", "book", "--surprise")
    assert "bits per character on average" in drawn.stdout
    assert "picture: " in drawn.stderr
    for option in ("--temperature", "--top-k", "--top-p", "--count", "--seed", "--surprise"):
        assert option in coursekit("demo", "textgen", "--help").stdout


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (("--temperature", "-1"), "temperature=-1.0 is out of range"),
        (("--top-p", "2"), "top_p=2.0 is out of range"),
        (("--length", "0"), "length=0 is out of range"),
    ],
)
def test_bad_options_are_explained(
    coursekit: Command, words: tuple[str, ...], message: str
) -> None:
    assert message in coursekit("demo", "textgen", "a", *words, code=1).stderr
