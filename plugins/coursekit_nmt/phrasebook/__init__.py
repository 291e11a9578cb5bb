"""A Spanish-English phrasebook, written by a grammar for this kit.

Every phrase knows all its right translations, and which Spanish words each English
content word comes from. Held out for validation and test are unseen *combinations*:
pairs of words that meet in no training sentence (a verb and its object, a noun and its
adjective, a verb and a place), while each of the two is well known from others.
"""

from __future__ import annotations

import gc
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from hashlib import blake2b
from itertools import islice
from random import Random

from ..text import ARTICLE_SENTENCES, normalize
from .clauses import OPENING, Draft
from .english import Words
from .everyday import ARTICLE, EVERYDAY, parse
from .grammar import CONSTRUCTIONS
from .meanings import normal_word

__all__ = ["ARTICLE_SENTENCES", "Phrase", "Translation", "held_out", "phrasebook"]

SPLITS = ("test", "validation", "train")


@dataclass(frozen=True, slots=True)
class Translation:
    """One right translation.

    Attributes:
        text: English as a person writes it.
        sources: for each token of the normal form the positions in the source's normal
            form that it comes from; ``()`` for a content word on which Spanish is
            silent, None for function words and punctuation, which are not scored.
    """

    text: str
    sources: tuple[tuple[int, ...] | None, ...]


@dataclass(frozen=True, slots=True)
class Phrase:
    """A Spanish sentence, all its right translations (the best first), and its split."""

    source: str
    translations: tuple[Translation, ...]
    split: str


# Combinations that the article's sentences are made of: unseen in training, like the rest.
_OF_THE_ARTICLE = frozenset(("frío+aquí", "this is+vida", "todavía+casa", "tratar+averiguar"))
_TEST, _VALIDATION = 50, 58  # per mille of the combinations
_KNOWN = 12  # training sentences that a word of a held-out sentence must stand in


def held_out(combination: str) -> str:
    """The split of a combination such as "leer+libro", by its hash."""
    if combination in _OF_THE_ARTICLE:
        return "test"
    number = int.from_bytes(blake2b(combination.encode(), digest_size=4).digest(), "big") % 1000
    if number < _TEST:
        return "test"
    return "validation" if number < _TEST + _VALIDATION else "train"


def _split(combinations: Iterable[str]) -> str:
    """The split of a sentence; empty if it would have to be in two."""
    splits = {held_out(combination) for combination in combinations} - {"train"}
    return "train" if not splits else splits.pop() if len(splits) == 1 else ""


@dataclass(slots=True)
class _Entry:
    """A sentence while it is collected; two grammars may find readings of the same one."""

    source: str
    key: str
    translations: dict[str, Translation]
    combinations: set[str]
    fixed: str = ""

    @property
    def split(self) -> str:
        return self.fixed or _split(self.combinations)

    @property
    def words(self) -> set[str]:
        """Its Spanish words, and in capitals its English ones."""
        return {*self.key.split(), *next(iter(self.translations)).upper()[:-1].split()}


def _source(draft: Draft) -> tuple[str, str]:
    """The Spanish text as a person writes it, and its normal form."""
    opening = len(OPENING[draft.mark])
    text = " ".join(draft.spanish[opening:])
    sentence = "".join(draft.spanish[:opening]) + text[0].upper() + text[1:] + draft.mark
    return sentence, " ".join([*map(normal_word, draft.spanish), draft.mark])


def _translation(words: Words, mark: str) -> Translation:
    english, sources = zip(*words, strict=True)
    text = " ".join(english)
    return Translation(text[0].upper() + text[1:] + mark, (*sources, None))


def _add_handwritten(entries: dict[str, _Entry]) -> None:
    for table, split in ((ARTICLE, "test"), (EVERYDAY, "")):
        for source, english in parse(table):
            translations = {text.lower(): Translation(text, links) for text, links in english}
            key = normalize(source)
            entries[key] = _Entry(source, key, translations, set(), split)


def _add_generated(entries: dict[str, _Entry]) -> None:
    for number, (construction, count) in enumerate(CONSTRUCTIONS):
        keys: set[str] = set()
        for draft in islice(construction(Random(number)), 4 * count):
            text, key = _source(draft)
            if key in keys or not draft.translations:
                continue
            keys.add(key)
            entry = entries.setdefault(key, _Entry(text, key, {}, set()))
            entry.combinations.update(draft.combinations)
            for words in draft.translations:
                translation = _translation(words, draft.mark)
                entry.translations.setdefault(translation.text.lower(), translation)
            if len(keys) == count:
                break


def _vocabulary(entries: Iterable[_Entry]) -> Counter[str]:
    """In how many sentences each word stands, Spanish and English (first translation)."""
    counts: Counter[str] = Counter()
    for entry in entries:
        counts.update(entry.words)
    return counts


def _apart(entries: Sequence[_Entry]) -> Iterator[tuple[_Entry, str]]:
    """Entries with their splits, so that held-out sentences are new but can be known.

    Left out are held-out sentences with a word that is rare in training, and sentences
    that share a translation with one of an earlier split (test, validation, train).
    """
    splits = [entry.split for entry in entries]
    train_entries = (
        entry for entry, split in zip(entries, splits, strict=True) if split == "train"
    )
    counts = _vocabulary(train_entries)
    rare = {word for word, count in counts.items() if count < _KNOWN}
    split_of: dict[str, str] = {}
    for split in SPLITS:
        for entry, own in zip(entries, splits, strict=True):
            if own != split:
                continue
            new = split != "train" and not entry.fixed
            if new and any(word in rare or word not in counts for word in entry.words):
                continue
            if any(split_of.get(text, split) != split for text in entry.translations):
                continue
            split_of.update(dict.fromkeys(entry.translations, split))
            yield entry, split


@contextmanager
def _without_collector() -> Iterator[None]:
    """A million small tuples without a cycle: looking for some takes a quarter of the time."""
    was_enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_enabled:
            gc.enable()


@cache
def phrasebook() -> tuple[Phrase, ...]:
    """All phrases in a fixed order, each Spanish sentence once."""
    entries: dict[str, _Entry] = {}
    with _without_collector():
        _add_handwritten(entries)
        _add_generated(entries)
    return tuple(
        Phrase(entry.source, tuple(entry.translations.values()), split)
        for entry, split in _apart(tuple(entries.values()))
    )
