"""Whether a caption is true of a scene, and where the things are that it names.

"A heart" says that there is one, perhaps among others. A number counts everything in the
picture that fits its words: "two hearts" is not true of three. A relation holds between
all of the things before it and all of those behind it; what "and" joins are different things.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import chain, product
from typing import TypeAlias

from .grammar import Phrase, Sentence, parse
from .things import Box, Scene, Thing, stands

Group: TypeAlias = tuple[Thing, ...]


def things_that_fit(scene: Scene, phrase: Phrase) -> Group:
    """Return all things that fit a phrase, whatever its number."""
    return tuple(thing for thing in scene.things if phrase.fits(thing))


def _groups(scene: Scene, phrase: Phrase) -> list[Group]:
    """Return the groups of things that a phrase with its number can mean."""
    things = things_that_fit(scene, phrase)
    if phrase.count == 1:
        return [(thing,) for thing in things]
    return [things] if len(things) == phrase.count else []


def readings(scene: Scene, sentence: Sentence) -> Iterator[tuple[Group, ...]]:
    """Yield each choice of a group for every phrase that makes the sentence true."""
    for groups in product(*(_groups(scene, phrase) for phrase in sentence.phrases)):
        if sentence.relation:
            pairs = product(groups[0], groups[1])
            holds = all(stands(one, sentence.relation, other) for one, other in pairs)
        else:
            things = list(chain.from_iterable(groups))
            holds = len(set(things)) == len(things)
        if holds:
            yield groups


def is_true(scene: Scene, words: Sequence[str]) -> bool:
    """Say whether every word of a caption is true of the picture.

    Args:
        scene: What is in the picture.
        words: A caption of anyone; one outside the grammar is not true.
    """
    sentence = parse(words)
    return sentence is not None and any(True for _ in readings(scene, sentence))


def boxes(scene: Scene, sentence: Sentence) -> tuple[tuple[Box, ...], ...]:
    """Return for each word of a sentence the boxes of what it names, see `boxes_of`."""
    phrase_groups = [
        dict.fromkeys(groups) for groups in zip(*readings(scene, sentence), strict=True)
    ]
    if phrase_groups:
        things = [dict.fromkeys(chain.from_iterable(groups)) for groups in phrase_groups]
    else:
        things = [dict.fromkeys(things_that_fit(scene, phrase)) for phrase in sentence.phrases]
    by_word: list[tuple[Box, ...]] = [()] * len(sentence.words)
    for place, group in zip(sentence.nouns, things, strict=True):
        by_word[place] = tuple(thing.box for thing in group)
    return tuple(by_word)


def boxes_of(scene: Scene, words: Sequence[str]) -> tuple[tuple[Box, ...], ...]:
    """Return where the things are that the words of a caption name.

    Of a caption that is true these are the things that make it true: in "a heart above a
    star" only hearts that are above a star. Of one that is not, all things that fit the words
    of a noun and its adjectives, whatever the number; none, if there are none.

    Args:
        scene: What is in the picture.
        words: A caption of anyone.

    Returns:
        For each word the boxes of the things that it names: nothing but nouns names
        things, and nothing does in a caption outside the grammar.
    """
    sentence = parse(words)
    return boxes(scene, sentence) if sentence else ((),) * len(words)
