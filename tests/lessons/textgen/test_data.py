"""Texts are read, split and cut into rows that go on from batch to batch."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from coursekit import CourseError, LocalDataset
from coursekit_textgen import TINY, TextgenLesson, TextgenSettings
from coursekit_textgen.data import (
    UNKNOWN,
    TextSplit,
    Vocabulary,
    opening,
    passage,
    smaller_batches,
    textgen_data,
)
from coursekit_textgen.load import (
    STDLIB_TEST,
    STDLIB_TRAIN,
    STDLIB_VALIDATION,
    Parts,
    load_parts,
    looks,
    own_parts,
    stdlib_parts,
)
from tests.conftest import published

SMALL = TextgenSettings(batch_size=2, length=3)


def batches(split: TextSplit, epoch: int = 0) -> list[tuple[Any, Any, Any]]:
    return [tuple(t.numpy() for t in batch) for batch in split.batches(epoch)]


def split_of(ids: Any, **changes: Any) -> TextSplit:
    values = {"batch_size": 2, "length": 3, "carry_state": True, "seed": 0, **changes}
    return TextSplit(np.asarray(ids, np.int32), **values)


def test_a_vocabulary_numbers_its_characters_from_one() -> None:
    vocabulary = Vocabulary.of("banana\n")
    assert vocabulary.characters == "\nabn"
    assert len(vocabulary) == 5
    assert vocabulary.encode("ban?").tolist() == [3, 2, 4, UNKNOWN]
    assert vocabulary.decode([3, 2, 4, UNKNOWN]) == "ban\N{REPLACEMENT CHARACTER}"
    assert "b" in vocabulary
    assert "?" not in vocabulary


@pytest.mark.tf
def test_rows_go_on_where_they_stopped() -> None:
    split = split_of(range(100))
    first = int(np.random.default_rng([0, 0]).integers(3))
    width = (100 - first) // 2
    found = batches(split)
    assert len(found) == split.steps == int(split.batches(0).cardinality())
    inputs = np.concatenate([batch[0] for batch in found], axis=1)
    assert inputs[0].tolist() == list(range(first, first + inputs.shape[1]))
    assert inputs[1].tolist() == list(range(first + width, first + width + inputs.shape[1]))
    for one, two, _ in found:
        np.testing.assert_array_equal(two, one + 1)
    assert [batch[2].tolist() for batch in found] == [[True] * 2] + [[False] * 2] * (len(found) - 1)


@pytest.mark.tf
def test_without_carried_state_every_row_is_fresh() -> None:
    assert all(batch[2].all() for batch in batches(split_of(range(100), carry_state=False)))


@pytest.mark.tf
@pytest.mark.parametrize("characters", range(20, 40))
@pytest.mark.parametrize("epoch", range(4))
def test_every_epoch_has_as_many_whole_batches(characters: int, epoch: int) -> None:
    split = split_of(range(characters))
    found = batches(split, epoch)
    assert len(found) == split.steps
    assert all(batch[0].shape == batch[1].shape == (2, 3) for batch in found)


@pytest.mark.tf
def test_epochs_begin_at_different_places() -> None:
    begins = {
        int(batches(split_of(range(100), length=10), epoch)[0][0][0, 0]) for epoch in range(9)
    }
    assert len(begins) > 3
    assert max(begins) < 10


def test_hardly_anything_is_left_out() -> None:
    split = split_of(range(10_000), batch_size=8, length=16)
    read = split.steps * 8 * 16
    assert 10_000 - read <= 8 * 2 * 16 + 8


def test_shakespeare_is_split_as_nanogpt_does() -> None:
    file = published("shakespeare", "tinyshakespeare.txt")
    texts = load_parts(LocalDataset("shakespeare", {file.name: file}))
    assert (len(texts.train), len(texts.validation)) == (1_003_854, 111_540)
    assert texts.validation == texts.test
    assert texts.train + texts.test == file.read_text("utf-8")
    data = textgen_data(texts, TINY)
    assert len(data.vocabulary.characters) == 65
    assert data.opening == "GREMIO:\n"
    assert data.passage.startswith("GREMIO:\nGood morrow, neighbour Baptista.")
    assert "nanoGPT" in " ".join(data.notes)


def test_the_standard_library_holds_whole_modules_out() -> None:
    texts = load_parts(LocalDataset("stdlib"))
    assert not set(STDLIB_TRAIN) & {*STDLIB_VALIDATION, *STDLIB_TEST}
    assert "class ArgumentParser" in texts.train
    assert "class Thread:" in texts.test
    assert "class Thread:" not in texts.train
    assert 1_000_000 < sum(map(len, texts[:3])) < 1_300_000
    data = textgen_data(texts, TINY)
    assert any("Python 3." in note for note in data.notes)
    assert data.fingerprint != textgen_data(texts._replace(test=texts.test + " "), TINY).fingerprint


def test_a_python_without_source_is_explained(tmp_path: Path) -> None:
    with pytest.raises(CourseError, match="without the source of its module argparse"):
        stdlib_parts(tmp_path)


def own(tmp_path: Path, raw: bytes) -> Parts:
    file = tmp_path / "book.txt"
    file.write_bytes(raw)
    return load_parts(LocalDataset("book.txt", path=file))


def test_a_file_of_ones_own_is_cut_in_three(tmp_path: Path) -> None:
    text = "".join(chr(97 + i % 26) for i in range(1_000))
    texts = own(tmp_path, b"\xef\xbb\xbf" + text.encode())
    assert (texts.train, texts.validation, texts.test) == (text[:900], text[900:950], text[950:])


def test_line_breaks_become_one_character(tmp_path: Path) -> None:
    assert own(tmp_path, b"a\r\nb\rc\n" * 10).train.startswith("a\nb\nc\na")


@pytest.mark.parametrize(
    ("raw", "words"),
    [
        (b"first\nna\xefve\n", "line 2: byte 0xef is not UTF-8"),
        (b"PK\0\0", "line 1: a zero byte"),
    ],
)
def test_what_is_no_text_is_explained(tmp_path: Path, raw: bytes, words: str) -> None:
    with pytest.raises(CourseError, match=words) as caught:
        own(tmp_path, raw)
    assert caught.value.remedy


def test_a_folder_is_no_text(tmp_path: Path) -> None:
    with pytest.raises(CourseError, match="is not a file"):
        load_parts(LocalDataset("folder", path=tmp_path))


@pytest.mark.parametrize("text", ["", "too short " * 5])
def test_too_short_a_text_is_explained(text: str) -> None:
    with pytest.raises(CourseError, match="too short") as caught:
        textgen_data(Parts(text, text, text, ""), SMALL)
    assert caught.value.remedy == "use a longer text"  # no batch is small enough for these


@pytest.mark.tf
def test_what_is_asked_for_is_enough() -> None:
    """A text as long as the message says is taken."""
    needed = int(np.ceil(2 * 3 * 12 / 0.9))
    data = textgen_data(Parts("a" * int(needed * 0.9), "aa", "aa", ""), SMALL)
    assert int(data.train.batches(0).cardinality()) >= 10


def test_unseen_characters_are_counted() -> None:
    data = textgen_data(Parts("ab" * 100, "abc", "cab", "from nowhere"), SMALL)
    assert any(note.startswith("2 held-out characters") for note in data.notes)


def test_opening_and_passage_are_whole_lines() -> None:
    text = "tail of a line\n\nROMEO:\nBut soft\n\n" + "JULIET:\nAy me\n" * 60
    assert opening(text) == "ROMEO:\n"
    assert passage(text).startswith("ROMEO:\nBut soft\n")
    assert len(passage(text)) <= 400
    assert text[text.index(passage(text)) + len(passage(text))] == "\n"
    assert opening("x" * 500) == "x" * 80 + "\n"
    assert passage("x" * 500) == "x" * 400


def test_smaller_batches_are_advised_only_where_they_help() -> None:
    settings = TextgenSettings(length=64)
    least = 8 * 32 * 12  # twelve steps of 8 x 32
    assert "batch_size=8 --set length=32" in smaller_batches(least, settings)
    assert smaller_batches(least - 1, settings) == ""
    # Shorter rows than those that were asked for, never longer ones.
    assert "length=16" in smaller_batches(least, TextgenSettings(length=16))
    assert "batch_size=4" in smaller_batches(least, TextgenSettings(batch_size=4))


def test_a_text_of_ones_own_is_looked_at(tmp_path: Path) -> None:
    path = tmp_path / "book.txt"
    lines = [f"Der Hund Nummer {word} bellt am Abend." for word in "abcdefghijklmnopqrst" * 40]
    path.write_text("\n".join(lines), encoding="utf-8")
    parts = own_parts(path)
    assert [look for look in parts.looks if look.startswith("as read: ")] == [
        "as read: 'Der Hund Nummer a bellt am Abend.'",
        "as read: 'Der Hund Nummer a bellt am Abend.'",
        "as read: 'Der Hund Nummer t bellt am Abend.'",
    ]
    (said,) = [look for look in parts.looks if look.startswith("warning")]
    assert "held-out lines are also in the training text" in said


def test_a_text_is_tried_with_its_own_words(tmp_path: Path) -> None:
    path = tmp_path / "book.txt"
    path.write_text("Der Hund bellt laut.\n" * 2_000, encoding="utf-8")
    settings = TextgenSettings(batch_size=8, length=16)
    lesson, data = TextgenLesson(), textgen_data(own_parts(path), settings)
    assert data.demo_example == "'Der Hund bellt'"
    assert lesson.restore(lesson.assets(data), settings).demo_example == data.demo_example
    shakespeare = Parts("Wer da? " * 900, "wer da", "wer da", "")
    assert textgen_data(shakespeare, settings).demo_example == ""


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("1;2;3;4\n" * 500, "digits: is this a table?"),
        ("a" * 900 + "b" * 100, "of the characters are 'a'"),
        ("<p>a</p>\n<div>b</div>\n" * 100, "HTML tags count as text"),
    ],
)
def test_what_is_no_prose_is_said(text: str, message: str) -> None:
    assert any(message in said for said in looks(text, ""))
