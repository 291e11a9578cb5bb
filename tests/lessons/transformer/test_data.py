"""Texts are read, split as in textgen, and cut into windows that are shuffled."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from coursekit import CourseError, LocalDataset
from coursekit_textgen.data import textgen_data
from coursekit_textgen.load import load_parts as load_parts_of_textgen
from coursekit_transformer import TINY, TransformerSettings
from coursekit_transformer.data import (
    UNKNOWN,
    TextSplit,
    Vocabulary,
    opening,
    passage,
    smaller_batches,
    transformer_data,
)
from coursekit_transformer.load import Parts, load_parts, stdlib_parts
from tests.conftest import published

SMALL = TransformerSettings(batch_size=2, length=3)


def batches(split: TextSplit, epoch: int = 0) -> list[tuple[Any, Any]]:
    return [tuple(t.numpy() for t in batch) for batch in split.batches(epoch)]


def split_of(ids: Any, **changes: Any) -> TextSplit:
    values = {"batch_size": 2, "length": 3, "seed": 0, **changes}
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
def test_targets_are_one_character_further_on() -> None:
    for inputs, targets in batches(split_of(range(100))):
        np.testing.assert_array_equal(targets, inputs + 1)
        np.testing.assert_array_equal(np.diff(inputs, axis=1), 1)


@pytest.mark.tf
def test_windows_neither_overlap_nor_leave_gaps() -> None:
    """All that an epoch reads is one piece of the text, each character once."""
    split = split_of(range(1_000), batch_size=4, length=7)
    read = np.sort(np.concatenate([batch[0].ravel() for batch in batches(split)]))
    assert len(set(read)) == len(read) == split.steps * 4 * 7
    assert len(read) >= 1_000 - 2 * 7 - 3 * 7  # a cut at each end, a batch that is not full
    assert (read - read[0] <= 1_000).all()


@pytest.mark.tf
def test_windows_are_shuffled_and_every_epoch_otherwise() -> None:
    split = split_of(range(1_000), batch_size=4, length=7)
    firsts = [[int(batch[0][0, 0]) for batch in batches(split, epoch)] for epoch in (0, 1)]
    assert firsts[0] != sorted(firsts[0])
    assert {first % 7 for first in firsts[0]} != {first % 7 for first in firsts[1]}
    assert firsts[0] == [int(batch[0][0, 0]) for batch in batches(split, 0)]
    assert firsts[0] != [int(b[0][0, 0]) for b in batches(split_of(range(1_000), seed=1))]


@pytest.mark.tf
@pytest.mark.parametrize("characters", range(20, 40))
@pytest.mark.parametrize("epoch", range(4))
def test_every_epoch_has_as_many_whole_batches(characters: int, epoch: int) -> None:
    split = split_of(range(characters))
    found = batches(split, epoch)
    assert len(found) == split.steps == int(split.batches(epoch).cardinality())
    assert all(batch[0].shape == batch[1].shape == (2, 3) for batch in found)


def test_shakespeare_is_split_as_in_textgen() -> None:
    """The same text to train on, the same to measure on, the same characters and samples."""
    file = published("shakespeare", "tinyshakespeare.txt")
    local = LocalDataset("shakespeare", {file.name: file})
    texts = load_parts(local)
    assert tuple(texts) == tuple(load_parts_of_textgen(local))
    assert (len(texts.train), len(texts.validation)) == (1_003_854, 111_540)
    data = transformer_data(texts, TINY)
    from coursekit_textgen import TINY as TINY_TEXTGEN

    other = textgen_data(load_parts_of_textgen(local), TINY_TEXTGEN)
    assert data.fingerprint == other.fingerprint
    assert data.vocabulary.characters == other.vocabulary.characters
    assert (data.opening, data.passage) == (other.opening, other.passage)


def test_the_standard_library_holds_whole_modules_out() -> None:
    texts = load_parts(LocalDataset("stdlib"))
    assert "class Thread:" in texts.test
    assert "class Thread:" not in texts.train
    data = transformer_data(texts, TINY)
    changed = texts._replace(test=texts.test + " ")
    assert data.fingerprint != transformer_data(changed, TINY).fingerprint


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
        transformer_data(Parts(text, text, text, ""), SMALL)
    assert caught.value.remedy == "use a longer text"  # no batch is small enough for these


@pytest.mark.tf
def test_what_is_asked_for_is_enough() -> None:
    """A text as long as the message says is taken."""
    with pytest.raises(CourseError, match="too short") as caught:
        transformer_data(Parts("a" * 20, "aa", "aa", ""), SMALL)
    needed = int(caught.value.expected.split()[1].replace(",", ""))
    data = transformer_data(Parts("a" * int(needed * 0.9), "aa", "aa", ""), SMALL)
    assert int(data.train.batches(0).cardinality()) >= 10


@pytest.mark.tf
def test_smaller_batches_are_advised_only_where_they_help() -> None:
    settings = TransformerSettings(length=64)
    least = (4 * 10 + 1) * 32
    assert "batch_size=4 --set length=32" in smaller_batches(least, settings)
    assert smaller_batches(least - 1, settings) == ""
    # Shorter windows than those that were asked for, never longer ones.
    assert "length=16" in smaller_batches(least, TransformerSettings(length=16))
    data = Parts("a" * least, "aa", "aa", "")
    advised = TransformerSettings(batch_size=4, length=32)
    assert int(transformer_data(data, advised).train.batches(0).cardinality()) >= 10


def test_unseen_characters_are_counted() -> None:
    data = transformer_data(Parts("ab" * 100, "abc", "cab", "from nowhere"), SMALL)
    assert any(note.startswith("2 held-out characters") for note in data.notes)


def test_opening_and_passage_are_whole_lines() -> None:
    text = "tail of a line\n\nROMEO:\nBut soft\n\n" + "JULIET:\nAy me\n" * 60
    assert opening(text) == "ROMEO:\n"
    assert passage(text).startswith("ROMEO:\nBut soft\n")
    assert len(passage(text)) <= 400
    assert text[text.index(passage(text)) + len(passage(text))] == "\n"
