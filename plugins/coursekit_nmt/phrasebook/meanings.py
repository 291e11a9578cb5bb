"""Spanish verbs, the readings of their forms, and the English verbs that translate them."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

from ..text import normalize
from .conjugation import EL, Tense, familiar_imperative, formal_imperative, forms
from .english import EnglishTense, Words, marked, shifted

REFLEXIVE = ("me", "te", "se", "nos", "se")
"""The reflexive pronoun of each person."""


@dataclass(frozen=True, slots=True, eq=False)
class Meaning:
    """A Spanish verb and its English.

    Attributes:
        lemma: Spanish infinitive.
        heads: English words, the first inflected ("look for"); alternatives, best first.
        lasting: a state (know, want), for which "is knowing" or an order is wrong.
        upon: English where "me" is not the subject: "me despertó", he woke me up.
        event: English of preterite and infinitive where it differs (conocer: know, but met).
    """

    lemma: str
    heads: tuple[str, ...]
    lasting: bool = False
    event: tuple[str, ...] = ()
    upon: str = ""


@dataclass(frozen=True, slots=True)
class Reading:
    """One way to understand a finite form: whose, and when or as an order to whom."""

    form: str
    person: int
    tense: str  # present, preterite, familiar, formal

    @property
    def order(self) -> bool:
        """Whether it is an order."""
        return self.tense in ("familiar", "formal")


@cache
def normal_word(word: str) -> str:
    """The normal form of a single word."""
    return normalize(word)


@cache
def readings(lemma: str, form: str) -> tuple[Reading, ...]:
    """All readings of a verb form in normal form: (hablar, hablo) -> I speak, he spoke."""
    tenses: tuple[Tense, ...] = ("present", "preterite")
    all_readings = [
        Reading(word, person, tense)
        for tense in tenses
        for person, word in enumerate(forms(lemma, tense))
    ]
    all_readings.append(Reading(familiar_imperative(lemma), EL, "familiar"))
    all_readings.append(Reading(formal_imperative(lemma), EL, "formal"))
    return tuple(reading for reading in all_readings if normal_word(reading.form) == form)


@dataclass(frozen=True, slots=True, eq=False)
class Outer:
    """A verb that governs an infinitive: tener que, "have to"; or a modal, poder, "can".

    Attributes:
        lemma: of the finite verb.
        linker: words between it and the infinitive.
        head: English before the infinitive; empty for a modal.
        modals: English modals that translate it.
        orders: is mostly an order when no subject stands with it (trata de...).
    """

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
    "tratar": Outer("tratar", ("de",), "try to", orders=True),
}


@dataclass(frozen=True, slots=True, eq=False)
class Verb:
    """What stands between subject and objects: pronoun, finite verb, infinitive.

    Attributes:
        meaning: the verb that carries the meaning.
        tense: of the finite verb.
        outer: the verb that governs it, if any.
        pronoun: object or reflexive pronoun, before the finite verb or at the infinitive.
        tail: what the pronoun is in English, alternatives; positions count from the
            pronoun (or from the infinitive that it is joined to).
        reflexive: the pronoun is the subject's own.
        climbs: the pronoun stands before the governing verb: "lo voy a comprar".
    """

    meaning: Meaning
    tense: Tense = "present"
    outer: Outer | None = None
    pronoun: str = ""
    tail: tuple[str, ...] = ()
    climbs: bool = False
    reflexive: bool = False

    def other(self, reading: Reading) -> bool:
        """Whether the pronoun is somebody else than the subject of a reading."""
        return REFLEXIVE[reading.person] != self.pronoun

    @property
    def finite(self) -> str:
        """The infinitive of the verb that is conjugated."""
        return self.outer.lemma if self.outer else self.meaning.lemma


@cache
def english_head(text: str) -> Words:
    """The words of an English verb; unless marked, the first comes from the Spanish verb.

    "be" is a function word: nothing in "is" needs to be looked up.
    """
    words = marked(text)
    first, link = words[0]
    return words if link is not None or first == "be" else ((first, (0,)), *words[1:])


@cache
def simple_heads(
    meaning: Meaning, tense: str, at: int, upon: bool = False
) -> tuple[tuple[EnglishTense, Words], ...]:
    """English tenses and words for a reading's tense, best first.

    Args:
        meaning: the verb.
        tense: the reading's.
        at: position of the verb.
        upon: it is done to somebody else, see ``Meaning.upon``.
    """
    heads = meaning.event if meaning.event and tense == "preterite" else meaning.heads
    heads = (meaning.upon,) if upon else heads
    words = [shifted(english_head(text), at) for text in heads]
    english: tuple[EnglishTense, ...] = ("present", "progressive")
    if tense == "preterite":
        english = ("past",)
    elif tense in ("familiar", "formal"):
        english = ("imperative",)
    elif meaning.lasting:
        english = ("present",)
    return tuple((form, head) for form in english for head in words)


@cache
def governed_heads(
    meaning: Meaning, outer: Outer, tense: str, at: int, inner: int
) -> tuple[tuple[EnglishTense, Words], ...]:
    """The same for a verb governed by another: positions of the finite form and infinitive."""
    words = [shifted(english_head(text), inner) for text in meaning.event or meaning.heads]
    modals: list[tuple[EnglishTense, Words]] = [
        ("modal", ((modal, (at,)), *head)) for modal in outer.modals for head in words
    ]
    if not outer.head:
        return tuple(modals)
    before = shifted(english_head(outer.head), at)
    english: tuple[EnglishTense, ...] = ("present",)
    if tense == "preterite":
        english = ("past",)
    elif tense in ("familiar", "formal"):
        english = ("imperative",)
    elif outer.lemma == "ir":
        english = ("progressive",)
    elif outer.orders:
        english = ("present", "progressive")
    return (*((form, before + head) for form in english for head in words), *modals)
