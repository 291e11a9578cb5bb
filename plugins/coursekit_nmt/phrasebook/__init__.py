"""A Spanish-English phrasebook, written by a grammar for this kit.

Every phrase knows all its right translations, and which Spanish words each English
content word comes from. Held out for validation and test are unseen *combinations*:
pairs of words that meet in no training sentence (a verb and its object, a noun and its
adjective, a verb and a place), while each of the two is well known from others.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from hashlib import blake2b
from itertools import islice
from random import Random

from ..text import ARTICLE_SENTENCES, normalize
from .clauses import Draft
from .english import Words
from .grammar import CONSTRUCTIONS

__all__ = ["ARTICLE_SENTENCES", "Phrase", "Translation", "phrasebook"]


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


def _held_out(combination: str) -> str:
    number = int.from_bytes(blake2b(combination.encode(), digest_size=4).digest()) % 1000
    return "test" if number < 52 else "validation" if number < 104 else "train"


def _split(combinations: tuple[str, ...]) -> str:
    splits = {_held_out(combination) for combination in combinations} - {"train"}
    return "train" if not splits else splits.pop() if len(splits) == 1 else ""


@cache
def _normal(word: str) -> str:
    return normalize(word)


def _source(draft: Draft) -> tuple[str, str]:
    opening = {"?": "¿", "!": "¡"}.get(draft.mark, "")
    text = " ".join(draft.spanish)
    written = opening + text[0].upper() + text[1:] + draft.mark
    key = " ".join([opening, *map(_normal, draft.spanish), draft.mark]).strip()
    return written, key


def _translation(words: Words, mark: str) -> Translation:
    text = " ".join(word for word, _ in words)
    shift = mark != "."
    sources = [link and tuple(n + shift for n in link) for _, link in words]
    return Translation(text[0].upper() + text[1:] + mark, (*sources, None))


@cache
def phrasebook() -> tuple[Phrase, ...]:
    drafts: dict[str, tuple[str, str, dict[str, Translation], str]] = {}
    for construction, count in CONSTRUCTIONS:
        rng = Random(2014)
        for draft in islice(construction(rng), count):
            written, key = _source(draft)
            split = _split(draft.combinations)
            if key in drafts or not split:
                continue
            found = {}
            for words in draft.translations:
                translation = _translation(words, draft.mark)
                found.setdefault(translation.text.lower(), translation)
            drafts[key] = (written, key, found, split)
    taken: dict[str, str] = {}
    phrases = []
    for split in ("test", "validation", "train"):
        for written, key, found, own in drafts.values():
            if own != split or any(taken.get(text, split) != split for text in found):
                continue
            taken.update(dict.fromkeys(found, split))
            phrases.append(Phrase(written, tuple(found.values()), split))
    return tuple(phrases)
