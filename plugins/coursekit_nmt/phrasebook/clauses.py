"""Clauses: subject, verb, objects and adverbs, in Spanish and in every right English.

A Spanish form can be read in several ways, the more so without accents ("hablo" is "I
speak" and, for habló, "he spoke"). ``clause`` finds all readings of the form and
translates each of them.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from itertools import product

from ..text import normalize
from .conjugation import (
    EL,
    NOSOTROS,
    Tense,
    familiar_imperative,
    formal_imperative,
    forms,
)
from .english import OWN, SELF, EnglishTense, Words, marked, shifted, verb_group
from .parts import Part, Subject, moved


@dataclass(frozen=True, slots=True, eq=False)
class Meaning:
    """A Spanish verb and its English.

    Attributes:
        lemma: Spanish infinitive.
        head: English words, the first inflected; "look for".
        lasting: a state (know, want), for which "is knowing" or an order is wrong.
        past: English of the preterite where it differs (conocer: know, but met).
    """

    lemma: str
    head: str
    lasting: bool = False
    past: str = ""


@dataclass(frozen=True, slots=True)
class Reading:
    """One way to understand a finite form: whose, when, or an order to a friend or stranger."""

    form: str
    person: int
    tense: str  # present, preterite, familiar, formal


@cache
def readings(lemma: str, form: str) -> tuple[Reading, ...]:
    """All readings of a verb form in normal form: (hablar, hablo) -> I speak, he spoke."""
    found = [
        Reading(word, person, tense)
        for tense in ("present", "preterite")
        for person, word in enumerate(forms(lemma, tense))
    ]
    found.append(Reading(familiar_imperative(lemma), EL, "familiar"))
    found.append(Reading(formal_imperative(lemma), EL, "formal"))
    return tuple(reading for reading in found if normalize(reading.form) == form)


@dataclass(frozen=True, slots=True, eq=False)
class Outer:
    """A verb that takes an infinitive: (tener, que, "have to"); ``modals`` as "can"."""

    lemma: str
    linker: tuple[str, ...]
    head: str
    modals: tuple[str, ...] = ()
    orders: bool = False


OUTER = {
    "ir": Outer("ir", ("a",), "go to", ("will",)),
    "querer": Outer("querer", (), "want to"),
    "poder": Outer("poder", (), "", ("can",)),
    "deber": Outer("deber", (), "", ("should", "must")),
    "tener": Outer("tener", ("que",), "have to"),
    "necesitar": Outer("necesitar", (), "need to"),
    "preferir": Outer("preferir", (), "prefer to"),
    "tratar": Outer("tratar", ("de",), "try to", orders=True),
}


@dataclass(frozen=True, slots=True)
class Adverb:
    """An adverb, the finite tenses it goes with, and whether the past is meant first."""

    part: Part
    tenses: tuple[str, ...] = ("present", "preterite")
    past_first: bool = False


@dataclass(frozen=True, slots=True, eq=False)
class Verb:
    """What stands between subject and objects: pronouns, finite verb, infinitive.

    Attributes:
        meaning: the verb that carries the meaning.
        tense: of the finite verb.
        outer: the verb that governs it, if any.
        pronoun: object or reflexive pronoun, before the finite verb or at the infinitive.
        tail: English of the object pronoun, alternatives; empty if there is none to say.
    """

    meaning: Meaning
    tense: Tense = "present"
    outer: Outer | None = None
    pronoun: str = ""
    tail: tuple[str, ...] = ()


@dataclass(slots=True)
class Draft:
    """A sentence before punctuation: positions count Spanish words from 0."""

    spanish: tuple[str, ...]
    mark: str
    translations: list[Words]
    combinations: tuple[str, ...]


@dataclass(frozen=True, slots=True, eq=False)
class Frame:
    """What a clause may have around subject, verb and objects."""

    mark: str = "."
    negated: bool = False
    question_word: Part | None = None
    asks_subject: bool = False
    adverb: Adverb | None = None  # before the verb: siempre
    front: Adverb | None = None
    end: Adverb | None = None
    orders: tuple[tuple[int, ...], ...] = ()  # English orders of pronoun (0) and objects (1...)


PLAIN = Frame()


def _finite(verb: Verb) -> str:
    return verb.outer.lemma if verb.outer else verb.meaning.lemma


def _allowed(reading: Reading, verb: Verb, subject: Subject, frame: Frame) -> bool:
    for adverb in (frame.adverb, frame.front, frame.end):
        tense = "present" if reading.tense in ("familiar", "formal") else reading.tense
        if adverb and tense not in adverb.tenses:
            return False
    if reading.tense in ("present", "preterite"):
        return not subject.spanish or reading.person == subject.person
    if subject.spanish or frame.mark == "?" or (verb.pronoun and not verb.outer):
        return bool(
            reading.tense == "formal"
            and frame.negated
            and not subject.spanish
            and frame.mark != "?"
        )
    if verb.outer and not verb.outer.orders:
        return False
    if verb.meaning.lasting and not verb.outer:
        return False
    return not frame.negated or reading.tense == "formal"


def _ranked(verb: Verb, subject: Subject, frame: Frame) -> list[Reading]:
    """The readings of this clause's verb form, the one that comes to mind first in front."""
    form = normalize(forms(_finite(verb), verb.tense)[subject.person])
    found = [
        reading
        for reading in readings(_finite(verb), form)
        if _allowed(reading, verb, subject, frame)
    ]
    order_first = frame.mark == "!" or (verb.outer is not None and verb.outer.orders)
    past_first = any(a and a.past_first for a in (frame.front, frame.end))

    def rank(reading: Reading) -> int:
        if reading.tense in ("familiar", "formal"):
            # tú is older than usted here: "trata" is an order, "traté" rather a report
            return -1 if order_first and reading.tense == "familiar" else 3
        return 0 if past_first and reading.tense == "preterite" else 1

    return sorted(found, key=rank)


@cache
def _heads(
    meaning: Meaning, outer: Outer | None, tense: str, at: int, inner: int
) -> tuple[tuple[EnglishTense, Words], ...]:
    """English tense and words for a reading's tense, best first.

    Args:
        meaning: the verb.
        outer: the verb that governs it.
        tense: the reading's tense.
        at: position of the finite verb.
        inner: position of the infinitive.
    """
    order = tense in ("familiar", "formal")
    text = (meaning.past or meaning.head) if tense == "preterite" and not outer else meaning.head
    words = shifted(marked_verb(text), inner)
    if outer is None:
        if order:
            return (("imperative", words),)
        if tense == "preterite":
            return (("past", words),)
        if meaning.lasting:
            return (("present", words),)
        return (("present", words), ("progressive", words))
    governed = shifted(marked_verb(outer.head), at) + words if outer.head else words
    if order:
        return (("imperative", governed),)
    if tense == "preterite":
        return (("past", governed),)
    modals: list[tuple[EnglishTense, Words]] = [
        ("modal", ((modal, (at,)), *words)) for modal in outer.modals
    ]
    if not outer.head:
        return tuple(modals)
    first: EnglishTense = "progressive" if outer.lemma == "ir" else "present"
    more: list[tuple[EnglishTense, Words]] = [("progressive", governed)] if outer.orders else []
    return ((first, governed), *more, *modals)


@cache
def marked_verb(text: str) -> Words:
    """The words of an English verb; unless marked, the first comes from the Spanish verb.

    "be" is a function word: nothing in "is" needs to be looked up.
    """
    words = marked(text)
    first, link = words[0]
    return words if link is not None or first == "be" else ((first, (0,)), *words[1:])


def _filled(words: Words, agreement: str) -> Words:
    """Puts the subject's own pronoun for OWN (his hands) and SELF (himself)."""
    fill = {"OWN": OWN[agreement], "SELF": SELF[agreement]}
    return tuple((fill.get(word, word), link) for word, link in words)


def _spanish_verb(verb: Verb, finite: str) -> tuple[tuple[str, ...], int, int]:
    """Words of the verb with the positions of the finite form and of the infinitive."""
    if verb.outer is None:
        words = (verb.pronoun, finite) if verb.pronoun else (finite,)
        return words, len(words) - 1, len(words) - 1
    words = (finite, *verb.outer.linker, verb.meaning.lemma + verb.pronoun)
    return words, 0, len(words) - 1


def _adverb_places(frame: Frame, front_at: int, end_at: int) -> list[tuple[Words, Words]]:
    """English (front, end) adverbs: where Spanish has it, or at the other end."""
    if frame.front:
        words = [shifted(option, front_at) for option in frame.front.part.english]
        found = [(option, ()) for option in words] + [((), option) for option in words]
        return list(found)
    if frame.end:
        words = [shifted(option, end_at) for option in frame.end.part.english]
        ends: list[tuple[Words, Words]] = [((), option) for option in words]
        return ends if frame.mark == "?" else ends + [(option, ()) for option in words]
    return [((), ())]


def clause(
    subject: Subject,
    verb: Verb,
    objects: Sequence[Part] = (),
    combinations: tuple[str, ...] = (),
    frame: Frame = PLAIN,
) -> Draft:
    """A sentence with all its right translations.

    Args:
        subject: who acts; ``silent(person)`` where the ending alone tells.
        verb: the verb with its pronouns.
        objects: objects and other complements, in Spanish order.
        combinations: which words meet here; they decide about the split.
        frame: statement or question, negation, adverbs.
    """
    ranked = _ranked(verb, subject, frame)
    words, finite_at, infinitive_at = _spanish_verb(verb, ranked[0].form)
    layout = _Layout()
    front = layout.put(frame.front.part.spanish) if frame.front else 0
    asked = layout.put(frame.question_word.spanish) if frame.question_word else 0
    inverted = frame.question_word is not None
    who = 0 if inverted else layout.put(subject.spanish)
    layout.put(("no",) if frame.negated else ())
    before = layout.put(frame.adverb.part.spanish) if frame.adverb else 0
    at = layout.put(words)
    if inverted:
        who = layout.put(subject.spanish)
    places = [layout.put(item.spanish) for item in objects]
    end = layout.put(frame.end.part.spanish) if frame.end else 0

    question: Words = ()
    if frame.question_word:
        question = shifted(frame.question_word.english[0], asked)
    adverbs: list[Words] = [()]
    if frame.adverb:
        adverbs = [shifted(option, before) for option in frame.adverb.part.english]
    pronoun_at = at if verb.outer is None else at + infinitive_at
    segments = [[shifted(marked(tail), pronoun_at) for tail in verb.tail] or [()]]
    segments += [
        [shifted(option, place) for option in item.english]
        for item, place in zip(objects, places, strict=True)
    ]
    orders = frame.orders or (tuple(range(len(segments))),)
    translations: dict[Words, None] = {}
    for agreement, who_words, (before_words, middle, main) in _verbs(
        subject, verb, frame, ranked, (who, at + finite_at, at + infinitive_at)
    ):
        for order in orders:
            for after in product(*(segments[index] for index in order)):
                if not _sensible(agreement, after):
                    continue
                tail = sum(after, ())
                for adverb in adverbs:
                    for first, last in _adverb_places(frame, front, end):
                        english = (
                            *first,
                            *question,
                            *before_words,
                            *who_words,
                            *middle,
                            *adverb,
                            *main,
                            *tail,
                            *last,
                        )
                        translations[_filled(english, agreement)] = None
    return Draft(tuple(layout.words), frame.mark, list(translations), combinations)


class _Layout:
    """Lays Spanish words in a row and tells where each part begins."""

    def __init__(self) -> None:
        self.words: list[str] = []

    def put(self, words: Sequence[str]) -> int:
        self.words.extend(words)
        return len(self.words) - len(words)


def _sensible(agreement: str, after: Sequence[Words]) -> bool:
    """Not "you see you": an object pronoun is somebody else than the subject."""
    if not agreement.startswith("you"):
        return True
    return all(not (len(words) == 1 and words[0][0] == "you") for words in after)


def _verbs(
    subject: Subject,
    verb: Verb,
    frame: Frame,
    ranked: Sequence[Reading],
    places: tuple[int, int, int],
) -> Iterator[tuple[str, Words, tuple[Words, Words, Words]]]:
    """Every English subject and verb group: readings, their tenses, what the subject may be."""
    from .parts import SILENT

    who, finite, infinitive = places
    question = frame.mark == "?" and not frame.asks_subject
    for reading in ranked:
        order = reading.tense in ("familiar", "formal")
        options = subject.options
        if not subject.spanish and reading.person != subject.person:
            options = SILENT[reading.person]
        for tense, head in _heads(verb.meaning, verb.outer, reading.tense, finite, infinitive):
            for words, agreement in options[:1] if order else options:
                group = verb_group(
                    head, "you" if order else agreement, tense, frame.negated, question
                )
                shown = () if order else tuple((w, moved(link, who)) for w, link in words)
                yield ("you" if order else agreement), shown, group
    if ranked[0].person == NOSOTROS and verb.outer and verb.outer.lemma == "ir":
        if not (subject.spanish or frame.negated or frame.mark == "?"):
            base = shifted(marked_verb(verb.meaning.head), infinitive)
            yield "we", (), ((), (), (("let", None), ("us", None), *base))
