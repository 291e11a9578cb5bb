"""Sentence pairs: reading, groups, splits, vocabularies and batches."""

import itertools
import random
import subprocess
import sys
from collections import deque
from pathlib import Path

import numpy as np
import pytest

from coursekit import CourseError, LocalDataset, Split
from coursekit_nmt import NmtLesson, NmtSettings
from coursekit_nmt.data import (
    END,
    PAD,
    START,
    UNKNOWN,
    Pair,
    PairSplit,
    Parts,
    Vocabulary,
    groups,
    nmt_data,
    split_pairs,
)
from coursekit_nmt.load import load_parts, phrasebook_parts, read_pairs
from coursekit_nmt.text import ARTICLE_SENTENCES, normalize
from tests.conftest import published


def numbered(count: int) -> list[Pair]:
    """Pairs that share no sentence."""
    return [Pair(f"frase {i} .", f"sentence {i} .") for i in range(count)]


def tangled(seed: int, count: int) -> list[Pair]:
    """Pairs many of which share a sentence."""
    order = random.Random(seed)
    pairs = {
        Pair(f"s{order.randrange(count)}", f"t{order.randrange(count)}") for _ in range(count // 2)
    }
    return sorted(pairs)


def small(**changes: object) -> NmtSettings:
    return NmtSettings().replace({"batch_size": 4, "lengths": (3, 5), "samples": 0} | changes)


# Vocabulary


def test_words_are_ranked_by_count_and_then_by_the_alphabet() -> None:
    vocabulary = Vocabulary.of(["b a", "c b", "c b"], size=100)
    assert vocabulary.words == ("<pad>", "<start>", "<end>", "<unk>", "b", "c", "a")
    assert Vocabulary.of(["b a", "c b", "c b"], size=6).words[4:] == ("b", "c")


def test_a_sentence_survives_encoding_up_to_its_unknown_words() -> None:
    vocabulary = Vocabulary.of(["hola , tom ."], size=10)
    assert vocabulary.decode(vocabulary.encode("tom , hola .")) == "tom , hola ."
    assert vocabulary.encode("hola ana")[1] == UNKNOWN
    assert vocabulary.decode([START, *vocabulary.encode("hola"), END, 4, PAD]) == "hola"


def test_special_words_cannot_be_typed() -> None:
    vocabulary = Vocabulary.of(["a"], size=10)
    assert vocabulary.encode(normalize("<end> <pad>")) == [UNKNOWN, UNKNOWN]
    assert "a" in vocabulary
    assert "<end>" not in vocabulary


# Groups and splits


@pytest.mark.parametrize("seed", range(5))
def test_groups_are_the_connected_components(seed: int) -> None:
    pairs = tangled(seed, 60)
    remaining, expected = set(pairs), set()
    while remaining:  # breadth first, an independent way to find them
        queue = deque([remaining.pop()])
        component = set(queue)
        while queue:
            pair = queue.popleft()
            near = {p for p in remaining if p.source == pair.source or p.target == pair.target}
            remaining -= near
            component |= near
            queue.extend(near)
        expected.add(frozenset(component))
    assert {frozenset(group) for group in groups(pairs)} == expected


def assert_no_leak(parts: Parts) -> None:
    splits = (parts.train, parts.validation, parts.test)
    for one, other in itertools.combinations(splits, 2):
        assert not {p.source for p in one} & {p.source for p in other}
        assert not {p.target for p in one} & {p.target for p in other}


@pytest.mark.parametrize("seed", range(5))
def test_no_sentence_is_in_two_splits_and_no_pair_is_lost(seed: int) -> None:
    pairs = tangled(seed, 400)
    parts = split_pairs(pairs)
    assert_no_leak(parts)
    assert sorted([*parts.train, *parts.validation, *parts.test]) == pairs
    sources = len({pair.source for pair in pairs})
    for held_out in (parts.validation, parts.test):
        assert 1 <= len({pair.source for pair in held_out}) <= sources // 10


def test_the_split_does_not_depend_on_the_order_of_the_file() -> None:
    pairs = tangled(0, 400)
    turned = split_pairs(pairs[::-1])
    assert [set(part) for part in split_pairs(pairs)[:3]] == [set(part) for part in turned[:3]]


def test_the_sentences_of_the_article_are_always_in_test() -> None:
    article = [Pair(normalize(text), f"article {i}") for i, text in enumerate(ARTICLE_SENTENCES)]
    relative = Pair("otra manera", "article 0")  # the same group by its English side
    parts = split_pairs([*numbered(200), *article, relative])
    assert {*article, relative} <= set(parts.test)
    assert len(parts.test) > 5  # and others besides


def test_one_group_alone_cannot_be_split() -> None:
    pairs = [Pair("si", f"yes {i}") for i in range(50)]
    with pytest.raises(CourseError, match="share too many sentences"):
        split_pairs(pairs)


@pytest.mark.slow
def test_phrasebook_splits_never_leak_and_know_where_words_come_from() -> None:
    parts = phrasebook_parts()
    assert_no_leak(parts)
    assert min(map(len, parts[:3])) > 300
    for pair in parts.test:
        alignment = parts.alignments[pair]
        assert len(alignment) == len(pair.target.split())
        last = len(pair.source.split()) - 1
        assert all(0 <= place <= last for origins in alignment for place in origins or ())


@pytest.mark.slow
def test_tatoeba_is_read_whole() -> None:
    parts = load_parts(LocalDataset("tatoeba", {"spa-eng.zip": published("tatoeba", "spa-eng.zip")}))
    assert_no_leak(parts)
    assert sum(map(len, parts[:3])) == 118_836  # of 118,964; the rest differ in form alone
    assert len({pair.source for pair in parts.test}) >= 2_000
    assert len({pair.source for pair in parts.validation}) >= 2_000
    assert {normalize(text) for text in ARTICLE_SENTENCES} <= {pair.source for pair in parts.test}


# Batches


def part(split: Split) -> PairSplit:
    assert isinstance(split, PairSplit)
    return split


def rows_of(split: Split, epoch: int) -> list[tuple[tuple[int, ...], tuple[int, ...]]]:
    return [
        (tuple(source), tuple(target))
        for batch in split.batches(epoch).as_numpy_iterator()
        for source, target in zip(*batch, strict=True)
    ]


def words(count: int) -> str:
    return " ".join("abcdefgh"[:count])


def graded() -> Parts:
    """Training pairs of 1 to 8 words, seven of each length."""
    train = [Pair(f"{words(n)}", f"{words(n)}") for n in range(1, 9) for _ in range(7)]
    return Parts(train, numbered(9), numbered(9))


@pytest.mark.tf
def test_batches_have_the_shapes_and_rows_they_should() -> None:
    data = nmt_data(graded(), small())
    split = part(data.train)
    batches = list(split.batches(0).as_numpy_iterator())
    assert len(batches) == split.batch_count == data.steps_per_epoch
    assert int(split.batches(0).cardinality()) == len(batches)
    assert {source.shape for source, _ in batches} == {(4, 3), (4, 5)}
    for source, target in batches:
        assert target.shape == (4, source.shape[1] + 2)
        assert source.dtype == target.dtype == np.int32
    rows = [row for row in rows_of(split, 0) if any(row[0])]
    assert len(rows) == 5 * 7  # of 1 to 5 words; 6, 7 and 8 are too long
    assert split.too_long == 3 * 7
    assert "21 pairs of more than 5 words" in " ".join(data.notes)


@pytest.mark.tf
def test_a_row_reads_start_words_end_padding() -> None:
    split = part(nmt_data(graded(), small()).train)
    a, b = split.target_vocabulary.encode("a b")
    assert ((a, b, PAD), (START, a, b, END, PAD)) in rows_of(split, 0)
    assert ((PAD,) * 3, (PAD,) * 5) in rows_of(split, 0)  # 21 rows in batches of 4


@pytest.mark.tf
def test_an_epoch_depends_on_the_seed_and_its_number_alone() -> None:
    def order(seed: int, epoch: int) -> list[tuple[tuple[int, ...], tuple[int, ...]]]:
        parts = Parts(numbered(30), numbered(9), numbered(9))
        return rows_of(nmt_data(parts, small(seed=seed)).train, epoch)

    assert order(0, 1) == order(0, 1)
    assert order(0, 1) != order(0, 2)
    assert order(0, 1) != order(1, 1)
    assert sorted(order(0, 1)) == sorted(order(1, 2))


def test_all_lengths_are_tested_though_not_trained_on() -> None:
    data = nmt_data(graded()._replace(test=[Pair(words(8), "long")]), small())
    assert list(part(data.test).references) == [words(8)]


def test_all_translations_of_a_source_are_its_references() -> None:
    test = [Pair("hola", "hello"), Pair("adios", "bye"), Pair("hola", "hi")]
    data = nmt_data(graded()._replace(test=test), small())
    assert part(data.test).references == {"hola": ["hello", "hi"], "adios": ["bye"]}


@pytest.mark.parametrize("lengths", [(), (5, 3), (3, 3), (1, 2, 3, 4, 5)])
def test_buckets_rise_and_are_at_most_four(lengths: tuple[int, ...]) -> None:
    with pytest.raises(CourseError, match="length buckets"):
        nmt_data(graded(), small(lengths=lengths))


def test_fewer_pairs_than_a_batch() -> None:
    with pytest.raises(CourseError, match=r"35 pairs, fewer than a batch(.|\n)*batch_size=8"):
        nmt_data(graded(), small(batch_size=36))


def test_the_fingerprint_names_what_is_learnt_from() -> None:
    base = nmt_data(graded(), small())
    assert base.fingerprint == nmt_data(graded(), small(seed=1)).fingerprint
    fewer = graded()._replace(train=graded().train[1:])
    assert base.fingerprint != nmt_data(fewer, small()).fingerprint


# The user's own files


def test_a_file_is_read_left_to_right_and_further_columns_ignored() -> None:
    raw = "\ufeffI'm here.\t¡Estoy aquí!\tCC-BY tatoeba\r\n\nHi.\tHola.\nHi.\tHOLA.\n".encode()
    assert read_pairs(raw, "x.tsv") == [
        Pair("¡ estoy aqui !", "i'm here ."),
        Pair("hola .", "hi ."),
    ]


@pytest.mark.parametrize(
    ("raw", "message"),
    [
        (b"", "own.tsv is empty"),
        (b"\n \n", "own.tsv is empty"),
        (b"Hi.\tHola.\nGo.\n", "line 2: no tab"),
        (b"Hi.\tHola.\nGo.\tV\xe9\n", "line 2: byte 0xe9 is not UTF-8"),
        (b"Hi.\tHola.\n\x00\x01", "line 2: a zero byte"),
        (b"?-\t--\n--\t%%\n", "has no sentence pairs"),
    ],
)
def test_files_that_are_no_pairs(tmp_path: Path, raw: bytes, message: str) -> None:
    path = tmp_path / "own.tsv"
    path.write_bytes(raw)
    with pytest.raises(CourseError, match=message) as caught:
        load_parts(LocalDataset(str(path), path=path))
    assert "English, a tab, Spanish" in str(caught.value)


def test_a_folder_is_not_a_file(tmp_path: Path) -> None:
    with pytest.raises(CourseError, match="is not a file"):
        load_parts(LocalDataset(str(tmp_path), path=tmp_path))


def test_the_data_of_a_file_of_ones_own(tmp_path: Path) -> None:
    path = tmp_path / "own.tsv"
    path.write_text("".join(f"I have {i}.\tTengo {i}.\n" for i in range(40)), encoding="utf-8")
    data = NmtLesson().data(LocalDataset(str(path), path=path), small())
    assert [len(part(split).pairs) for split in (data.train, data.validation, data.test)] == [
        32,
        4,
        4,
    ]


@pytest.mark.slow
def test_reading_data_does_not_import_tensorflow() -> None:
    code = """
import sys
from coursekit_nmt import NmtSettings
from coursekit_nmt.load import phrasebook_parts
from coursekit_nmt.data import nmt_data
nmt_data(phrasebook_parts(), NmtSettings())
assert not {"tensorflow", "keras", "matplotlib", "sacrebleu"} & set(sys.modules)
"""
    subprocess.run([sys.executable, "-c", code], check=True)
