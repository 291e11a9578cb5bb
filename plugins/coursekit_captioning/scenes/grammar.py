"""The language of the captions: sentences to words and back.

A sentence is one of these, with "there is" or "there are" before it or not::

    a small striped red circle
    a red circle and two hearts and a small star
    two green triangles to the left of a star

or, with a verb, "two green triangles are to the left of a star".
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property

from .things import COLOURS, RELATIONS, SHAPES, SIZES, TEXTURES, Thing

COUNTS = {"a": 1, "an": 1, "two": 2, "three": 3, "four": 4}
NUMBERS = {number: word for word, number in COUNTS.items() if word != "an"}
NOUNS = {shape + ending: shape for shape in SHAPES for ending in ("", "s")}
SAID_TEXTURES = TEXTURES[1:]  # nobody says that a thing is solid

WORDS: tuple[str, ...] = tuple(
    sorted(
        {*COUNTS, *SIZES, *SAID_TEXTURES, *COLOURS, *NOUNS, "there", "is", "are", "and"}
        | {word for relation in RELATIONS for word in relation.split()}
    )
)


@dataclass(frozen=True)
class Phrase:
    """Some things and what is said of them; an empty attribute is not said.

    Attributes:
        shape: One of `SHAPES`.
        count: How many there are, from 1 to 4.
        size: One of `SIZES`.
        texture: One of `SAID_TEXTURES`.
        colour: One of `COLOURS`.
    """

    shape: str
    count: int = 1
    size: str = ""
    texture: str = ""
    colour: str = ""

    def fits(self, thing: Thing) -> bool:
        """Say whether all that is said but the number is so of one thing."""
        return (
            self.shape == thing.shape
            and self.colour in ("", thing.colour)
            and self.size in ("", thing.size)
            and self.texture in ("", thing.texture)
        )

    @property
    def words(self) -> list[str]:
        """The phrase as it is written, its noun last."""
        noun = self.shape if self.count == 1 else self.shape + "s"
        parts = [word for word in (self.size, self.texture, self.colour, noun) if word]
        number = NUMBERS[self.count]
        return ["an" if number == "a" and parts[0][0] in "aeiou" else number, *parts]


@dataclass(frozen=True)
class Sentence:
    """What a caption says.

    Attributes:
        phrases: Two if there is a relation; else what is joined by "and".
        relation: One of `RELATIONS`; empty: none.
        there: Whether it begins with "there is" or "there are".
        verb: Whether "is" or "are" stands before the relation.
    """

    phrases: tuple[Phrase, ...]
    relation: str = ""
    there: bool = False
    verb: bool = False

    @cached_property
    def _words_and_nouns(self) -> tuple[tuple[str, ...], tuple[int, ...]]:
        be = "is" if self.phrases[0].count == 1 else "are"
        words = ["there", be] if self.there else []
        nouns: list[int] = []
        for phrase in self.phrases:
            if nouns:
                words += [be] if self.verb else []
                words += self.relation.split() or ["and"]
            words += phrase.words
            nouns.append(len(words) - 1)
        return tuple(words), tuple(nouns)

    @property
    def words(self) -> tuple[str, ...]:
        """The caption."""
        return self._words_and_nouns[0]

    @property
    def nouns(self) -> tuple[int, ...]:
        """The place of each phrase's noun in the words."""
        return self._words_and_nouns[1]


class _Reader:
    """Takes words from the front of a caption."""

    def __init__(self, words: Iterable[str]) -> None:
        self.rest = list(words)

    def take(self, *options: str) -> str:
        """Take the option, of one or more words, that comes next; empty: none does."""
        for option in options:
            parts = option.split()
            if self.rest[: len(parts)] == parts:
                del self.rest[: len(parts)]
                return option
        return ""

    def phrase(self) -> Phrase | None:
        """Take a phrase, whatever its number agrees with."""
        number = self.take(*COUNTS)
        size, texture = self.take(*SIZES), self.take(*SAID_TEXTURES)
        colour, noun = self.take(*COLOURS), self.take(*NOUNS)
        if not number or not noun:
            return None
        return Phrase(NOUNS[noun], COUNTS[number], size, texture, colour)


def parse(words: Sequence[str]) -> Sentence | None:
    """Return what a caption says; None if it is not a sentence of this language."""
    reader = _Reader(words)
    there = bool(reader.take("there is", "there are"))
    phrases = [reader.phrase()]
    verb = bool(reader.take("is", "are"))
    relation = reader.take(*RELATIONS)
    if relation:
        phrases.append(reader.phrase())
    else:
        while reader.take("and"):
            phrases.append(reader.phrase())
    complete = tuple(phrase for phrase in phrases if phrase)
    if len(complete) < len(phrases) or (verb and (there or not relation)):
        return None
    sentence = Sentence(complete, relation, there, verb)
    # Written again it has the right articles, plurals and verb, and no word too many.
    return sentence if sentence.words == tuple(words) else None
