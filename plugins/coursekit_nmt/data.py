"""Sentence pairs: raw files -> normal form -> splits -> vocabularies -> batches.

The language on the left of a file, English, is the target; the one on the right,
Spanish, is the source, as in the files of the Tatoeba project.

`Vocabulary` as in coursekit_captioning, which also leaves rare words out.
"""

from __future__ import annotations

import random
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from itertools import chain
from typing import TYPE_CHECKING, NamedTuple, TypeAlias

import numpy as np
import numpy.typing as npt

from coursekit import CourseError, Data, fingerprint, quoted
from coursekit_nmt.text import ARTICLE_SENTENCES, normalize

if TYPE_CHECKING:
    import tensorflow as tf

    from coursekit_nmt import NmtSettings

PAD, START, END, UNKNOWN = range(4)
SPECIAL = ("<pad>", "<start>", "<end>", "<unk>")
MOST_HELD_OUT = 2_200  # distinct sources in each of validation and test

Ids: TypeAlias = npt.NDArray[np.int32]
Alignment: TypeAlias = tuple[tuple[int, ...] | None, ...]


class Pair(NamedTuple):
    """A sentence and one translation of it, both in normal form."""

    source: str
    target: str


class Parts(NamedTuple):
    """The pairs of the three splits, and where the target words come from.

    `alignments` is known for generated data only: for a pair and each of its
    target words, the positions of the source words that it comes from, ``()``
    where the source is silent, None where the word is not a content word. `accents` says
    whether Latin letters of sources and of targets keep theirs; `sample` is a held-out source.
    """

    train: Sequence[Pair]
    validation: Sequence[Pair]
    test: Sequence[Pair]
    alignments: Mapping[Pair, Alignment] = {}
    notes: tuple[str, ...] = ()
    accents: tuple[bool, bool] = (False, False)
    sample: str = ""


@dataclass(frozen=True)
class Vocabulary:
    """The words of one language; a word's id is its place.

    The first four are ``<pad> <start> <end> <unk>``.
    """

    words: tuple[str, ...]

    @classmethod
    def of(cls, sentences: Iterable[str], size: int) -> Vocabulary:
        """Return the most frequent words; ties are broken alphabetically.

        Args:
            sentences: Of words with spaces between them.
            size: How many words to take at the most, the special words included.
        """
        counts = Counter(chain.from_iterable(sentence.split() for sentence in sentences))
        ranked = sorted(counts, key=lambda word: (-counts[word], word))
        return cls(SPECIAL + tuple(ranked[: max(0, size - len(SPECIAL))]))

    def __len__(self) -> int:
        return len(self.words)

    @cached_property
    def _ids(self) -> dict[str, int]:
        return {word: place for place, word in enumerate(self.words)}

    def __contains__(self, word: str) -> bool:
        return self._ids.get(word, PAD) > UNKNOWN

    def encode(self, sentence: str) -> list[int]:
        """Return the ids of a sentence in normal form; unknown words become `UNKNOWN`."""
        return [self._ids.get(word, UNKNOWN) for word in sentence.split()]

    def decode(self, ids: Iterable[int]) -> str:
        """Return the sentence up to its end, without padding and start."""
        words = []
        for place in ids:
            if place == END:
                break
            if place not in (PAD, START):
                words.append(self.words[place])
        return " ".join(words)


@dataclass(frozen=True)
class PairSplit:
    """One split: its pairs as text, and as batches of ids.

    Attributes:
        pairs: Every pair, of every length.
        source_vocabulary: The words of the sources.
        target_vocabulary: The words of the targets.
        lengths: The buckets: the longest source and target, in words, of each.
        batch_size: The rows of a batch.
        seed: Of the order of the batches.
        alignments: See `Parts`.
    """

    pairs: Sequence[Pair]
    source_vocabulary: Vocabulary
    target_vocabulary: Vocabulary
    lengths: tuple[int, ...]
    batch_size: int
    seed: int
    alignments: Mapping[Pair, Alignment] = field(default_factory=dict)

    @cached_property
    def references(self) -> dict[str, list[str]]:
        """Every distinct source with all its translations, in the order of the data."""
        translations: dict[str, list[str]] = defaultdict(list)
        for source, target in self.pairs:
            translations[source].append(target)
        return dict(translations)

    @cached_property
    def buckets(self) -> list[tuple[Ids, Ids]]:
        """The sources and the targets of each bucket, without pairs that are too long.

        A source is ``(rows, length)``; a target, ``<start> ... <end>``, is
        ``(rows, length + 2)``. Both end with one row of padding, which fills batches up.
        """
        bucket_rows: list[list[tuple[list[int], list[int]]]] = [[] for _ in self.lengths]
        for pair in self.pairs:
            source = self.source_vocabulary.encode(pair.source)
            target = self.target_vocabulary.encode(pair.target)
            longest = max(len(source), len(target))
            bucket = next((i for i, bound in enumerate(self.lengths) if longest <= bound), None)
            if bucket is not None:
                bucket_rows[bucket].append((source, [START, *target, END]))
        return [
            (padded([s for s, _ in rows], bound, 1), padded([t for _, t in rows], bound + 2, 1))
            for rows, bound in zip(bucket_rows, self.lengths, strict=True)
        ]

    @cached_property
    def too_long(self) -> int:
        """How many pairs are longer than the last bucket."""
        return len(self.pairs) - sum(len(sources) - 1 for sources, _ in self.buckets)

    @property
    def batch_count(self) -> int:
        """The batches of an epoch."""
        return sum(-(-(len(sources) - 1) // self.batch_size) for sources, _ in self.buckets)

    def batches(self, epoch: int) -> tf.data.Dataset:
        """Return one epoch: ``(source, target)`` of shapes ``(batch, time)``, in random order.

        A batch has sentences of one bucket only, so that little of it is padding and the
        compiled step sees few shapes. A bucket's last batch is filled up with empty rows.

        Args:
            epoch: The number of the epoch, from 0.
        """
        import tensorflow as tf

        order = np.random.default_rng([self.seed, epoch])
        parts, turns = [], []
        for bucket, (sources, targets) in enumerate(self.buckets):
            count = len(sources) - 1
            steps = -(-count // self.batch_size)
            rows = np.full(steps * self.batch_size, -1)  # -1 is the row of padding
            rows[:count] = order.permutation(count)
            table = rows.reshape(steps, self.batch_size)
            parts.append(tf.data.Dataset.from_tensor_slices((sources[table], targets[table])))
            turns.append(np.full(steps, bucket, np.int64))
        choice = tf.data.Dataset.from_tensor_slices(order.permutation(np.concatenate(turns)))
        dataset = tf.data.Dataset.choose_from_datasets(parts, choice, stop_on_empty_dataset=False)
        return dataset.apply(tf.data.experimental.assert_cardinality(self.batch_count))


@dataclass
class NmtData(Data):
    """The splits of a set of sentence pairs, with the vocabularies of both languages.

    Attributes:
        source_vocabulary: The Spanish words.
        target_vocabulary: The English words.
        steps_per_epoch: The batches of the training split.
        sample: The sentence of the standard sample.
        keeps_accents: Whether Latin letters of a source keep their accents.
    """

    source_vocabulary: Vocabulary = Vocabulary(SPECIAL)
    target_vocabulary: Vocabulary = Vocabulary(SPECIAL)
    steps_per_epoch: int = 1
    sample: str = ARTICLE_SENTENCES[0]
    keeps_accents: bool = False


def padded(rows: Sequence[Sequence[int]], length: int, empty: int = 0) -> Ids:
    """Return rows of ids as an array of `length` columns; `empty` rows of padding follow."""
    array = np.full((len(rows) + empty, length), PAD, np.int32)
    for row, ids in enumerate(rows):
        array[row, : len(ids)] = ids
    return array


def groups(pairs: Sequence[Pair]) -> list[list[Pair]]:
    """Return the pairs in groups that share no sentence on either side.

    Two pairs with the same source or the same target belong together, and so on from pair
    to pair: the connected components of the graph whose edges are the pairs. A model that
    was trained on one group has not read a sentence of another.
    """
    leader: dict[tuple[int, str], tuple[int, str]] = {}

    def find(sentence: tuple[int, str]) -> tuple[int, str]:
        while leader.setdefault(sentence, sentence) != sentence:
            leader[sentence] = leader[leader[sentence]]  # halve the path
            sentence = leader[sentence]
        return sentence

    for pair in pairs:
        leader[find((0, pair.source))] = find((1, pair.target))
    by_leader: dict[tuple[int, str], list[Pair]] = defaultdict(list)
    for pair in pairs:
        by_leader[find((0, pair.source))].append(pair)
    return list(by_leader.values())


def split_pairs(pairs: Sequence[Pair]) -> Parts:
    """Split by groups, the same way whatever the seed; the article's sentences go to test.

    Validation and test get a tenth of the distinct sources each, at most `MOST_HELD_OUT`
    (test, the article's besides). A group too large for what is left goes to training.

    Raises:
        CourseError: The groups are too few or too large to hold any out.
    """
    article = {normalize(sentence) for sentence in ARTICLE_SENTENCES}
    held_out = min(MOST_HELD_OUT, len({pair.source for pair in pairs}) // 10)
    shuffled = sorted(groups(pairs), key=lambda group: min(group))
    random.Random(0).shuffle(shuffled)
    parts: dict[str, list[Pair]] = {"test": [], "validation": [], "train": []}
    room = {"test": held_out, "validation": held_out, "train": len(pairs)}
    for group in shuffled:
        sources = {pair.source for pair in group}
        if sources & article:
            parts["test"] += group
            continue
        part = next(name for name in parts if len(sources) <= room[name])
        room[part] -= len(sources)
        parts[part] += group
    if not all(parts.values()):
        raise CourseError(
            f"{len(pairs):,} pairs share too many sentences to hold some out for a test",
            "at least ten sentences, most of them with translations of their own",
            "add pairs whose sentences differ from the others",
        )
    return Parts(parts["train"], parts["validation"], parts["test"])


def nmt_data(parts: Parts, settings: NmtSettings) -> NmtData:
    """Return the data that the lesson works on.

    Raises:
        CourseError: Training has fewer pairs than a batch.
    """
    lengths = settings.lengths
    source = Vocabulary.of((pair.source for pair in parts.train), settings.source_words)
    target = Vocabulary.of((pair.target for pair in parts.train), settings.target_words)

    def split(pairs: Sequence[Pair]) -> PairSplit:
        return PairSplit(
            pairs, source, target, lengths, settings.batch_size, settings.seed, parts.alignments
        )

    train = split(parts.train)
    usable = len(parts.train) - train.too_long
    if usable < settings.batch_size:
        raise CourseError(
            f"training has {usable:,} pairs, fewer than a batch",
            f"at least {settings.batch_size:,} of up to {lengths[-1]} words",
            "use more pairs, or make the batch smaller: --set batch_size=8",
        )
    return NmtData(
        fingerprint=fingerprint(text_of(parts)),
        train=train,
        validation=split(parts.validation),
        test=split(parts.test),
        notes=notes(parts, train, source, target),
        source_vocabulary=source,
        target_vocabulary=target,
        steps_per_epoch=train.batch_count,
        keeps_accents=parts.accents[0],
        sample=parts.sample or ARTICLE_SENTENCES[0],
        demo_example=quoted(parts.sample) if parts.sample else "",
    )


def text_of(parts: Parts) -> Iterable[str]:
    """Yield one text for each split: what a fingerprint is taken of."""
    for pairs in (parts.train, parts.validation, parts.test):
        yield "\n".join(f"{source}\t{target}" for source, target in pairs)


def notes(
    parts: Parts, train: PairSplit, source: Vocabulary, target: Vocabulary
) -> tuple[str, ...]:
    """Say what there is and what was left out."""
    sizes = (
        f"{len(parts.train):,} pairs to train on, {len(parts.validation):,} to validate, "
        f"{len(parts.test):,} to test; no sentence is in two of them"
    )
    too_long = (
        f"{train.too_long:,} pairs of more than {train.lengths[-1]} words are left out of "
        "training, but not of validation and test"
    )
    words = f"{len(source):,} source words and {len(target):,} target words; others are <unk>"
    return (sizes, *([too_long] if train.too_long else []), words, *parts.notes)
