"""Five captions for a scene, as five people would write them."""

from __future__ import annotations

import math
from dataclasses import dataclass
from itertools import product
from random import Random
from zlib import crc32

from .grammar import Phrase, Sentence
from .things import RELATIONS, Box, Scene, Thing, stands
from .truth import Group, boxes, things_that_fit

CAPTIONS = 5
SHORTEST, LONGEST = 3, 14  # words
# A person who sees a thing on the diagonal names the direction that it is rather in.
DOMINANT = math.tan(math.radians(50))


@dataclass(frozen=True)
class Caption:
    """A caption and where to look for its words.

    Attributes:
        text: Its words with a space between two.
        boxes: For each word the boxes of the things that it names; empty for all but nouns.
    """

    text: str
    boxes: tuple[tuple[Box, ...], ...]


def captions(scene: Scene) -> tuple[Caption, ...]:
    """Return five different captions that are true of a scene, always the same five.

    Every phrase of theirs means certain things: "a heart" is said only where that is the one
    heart, "a red heart" where it is the one red heart.
    """
    rng = Random(crc32(repr(scene).encode()))
    sentences: dict[tuple[str, ...], Sentence] = {}
    while len(sentences) < CAPTIONS:
        sentence = _sentence(rng, scene)
        if SHORTEST <= len(sentence.words) <= LONGEST:
            sentences.setdefault(sentence.words, sentence)
    return tuple(
        Caption(" ".join(words), boxes(scene, sentence)) for words, sentence in sentences.items()
    )


def _sentence(rng: Random, scene: Scene) -> Sentence:
    first, group = _phrase(rng, scene, scene.things)
    others = [thing for thing in scene.things if thing not in group]
    choice, there = rng.random(), rng.random() < 0.2
    if not others or choice < 0.12:
        return Sentence((first,), there=there)
    second, other_group = _phrase(rng, scene, others)
    if set(group) & set(other_group):
        return Sentence((first,), there=there)
    relations = [relation for relation in RELATIONS if _clear(group, relation, other_group)]
    if relations and choice < 0.8:
        verb = not there and rng.random() < 0.25
        return Sentence((first, second), rng.choice(relations), there, verb)
    phrases = [first, second]
    others = [thing for thing in others if thing not in other_group]
    if others and rng.random() < 0.4:
        third, last_group = _phrase(rng, scene, others)
        if not set(last_group) & {*group, *other_group}:
            phrases.append(third)
    return Sentence(tuple(phrases), there=there)


def _phrase(rng: Random, scene: Scene, things: Group | list[Thing]) -> tuple[Phrase, Group]:
    """Return a phrase that fits one of the things, and all in the scene that it fits."""
    thing = rng.choice(things)
    colour = thing.colour if rng.random() < 0.8 else ""
    size = thing.size if rng.random() < 0.25 else ""
    texture = thing.texture if thing.texture != "solid" and rng.random() < 0.4 else ""
    group = things_that_fit(scene, Phrase(thing.shape, 1, size, texture, colour))
    return Phrase(thing.shape, len(group), size, texture, colour), group


def _clear(group: Group, relation: str, others: Group) -> bool:
    return all(stands(one, relation, other, DOMINANT) for one, other in product(group, others))
