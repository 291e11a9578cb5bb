"""Noun phrases, subjects, adverbs: the parts of which ``clauses.py`` makes sentences."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache

from .conjugation import EL, ELLOS, NOSOTROS, TU, YO
from .english import Link, Words, marked
from .lexicon import NOUNS, Adjective, Noun


@dataclass(frozen=True, slots=True, eq=False)
class Part:
    """A stretch of Spanish and its translations, the most natural one first.

    The positions in ``english`` count from the first word of ``spanish``.
    """

    spanish: tuple[str, ...]
    english: tuple[Words, ...]


@cache
def part(spanish: str, *english: str) -> Part:
    """A part from plain text: ``part("anoche", "last/0 night/0")``."""
    return Part(tuple(spanish.split()), tuple(marked(text) for text in english))


# Spanish m, f, plural m, plural f; English singular | plural, alternatives by comma.
_DETERMINERS = {
    "the": ("el la los las", "the", "the"),
    "a": ("un una - -", "a", ""),
    "my": ("mi mi mis mis", "my/0", "my/0"),
    "your": ("tu tu tus tus", "your/0", "your/0"),
    "su": ("su su sus sus", "", ""),
    "our": ("nuestro nuestra nuestros nuestras", "our/0", "our/0"),
    "this": ("este esta estos estas", "this/0", "these/0"),
    "that": ("ese esa esos esas", "that/0", "those/0"),
    "another": ("otro otra otros otras", "another/0", "other/0"),
    "many": ("mucho mucha muchos muchas", "a lot/0 of,much/0", "many/0,a lot/0 of"),
    "two": ("- - dos dos", "", "two/0"),
    "three": ("- - tres tres", "", "three/0"),
    "four": ("- - cuatro cuatro", "", "four/0"),
    "five": ("- - cinco cinco", "", "five/0"),
}
_OWNERS = ("his", "her", "their", "your")


def _determiner(name: str, noun: Noun, plural: bool, owner: str) -> tuple[str, tuple[Words, ...]]:
    if name == "bare":
        return "", ((),)
    spanish, singular, plurals = _DETERMINERS[name]
    word = spanish.split()[2 * plural + (noun.gender == "f")]
    if noun.el and name in ("the", "a"):  # el agua, although feminine
        word = spanish.split()[0]
    if name == "su":
        ranked = (owner, *(other for other in _OWNERS if other != owner))
        return word, tuple(((other, (0,)),) for other in ranked)
    texts = (plurals if plural else singular).split(",")
    return word, tuple(marked(text) for text in texts)


def with_article(words: Words) -> Words:
    """Writes "an" for "a" before a vowel: a apple -> an apple."""
    if len(words) > 1 and words[0][0] == "a" and words[1][0][0] in "aeio":
        return (("an", words[0][1]), *words[1:])
    return words


@cache
def noun_phrase(
    name: str,
    determiner: str,
    plural: bool = False,
    adjective: Adjective | None = None,
    owner: str = "his",
) -> Part:
    """A noun with its determiner and adjective, in agreement.

    Args:
        name: Spanish singular of a noun of the lexicon.
        determiner: the, a, my, your, su, our, this, that, another, many, two..., bare.
        plural: number.
        adjective: stands after the noun in Spanish, before it in English.
        owner: which of his, her, their, your is the most natural for "su".
    """
    noun = NOUNS[name]
    word, determiners = _determiner(determiner, noun, plural, owner)
    spanish = [word] if word else []
    place = len(spanish)
    spanish.append(noun.spanish[plural])
    names = [noun.english, *noun.also]
    qualities: list[Words] = [()]
    if adjective:
        spanish.append(adjective.form(noun.gender, plural))
        every = (adjective.english, *adjective.also)
        qualities = [((english, (place + 1,)),) for english in every]
    english = [
        with_article((*article, *quality, (words[plural], (place,))))
        for words in names
        if words[plural]
        for quality in qualities
        for article in determiners
    ]
    return Part(tuple(spanish), tuple(english))


@cache
def personal(object_part: Part, preposition: str = "a", english: str = "") -> Part:
    """A noun phrase after a preposition: "a" + "el médico" -> "al médico" (the doctor).

    Args:
        object_part: the noun phrase.
        preposition: a, de, con...; "a el" and "de el" become one word.
        english: the English preposition, with its position if it is to be scored.
    """
    first, *rest = object_part.spanish
    offset = 1
    head: tuple[str, ...] = (preposition, first)
    if first == "el" and preposition in ("a", "de"):
        head, offset = (preposition + "l",), 0
    words = tuple(
        marked(english) + tuple((word, moved(link, offset)) for word, link in option)
        for option in object_part.english
    )
    return Part((*head, *rest), words)


def moved(link: Link, offset: int) -> Link:
    """A position moved by ``offset``; function words and silent ones stay what they are."""
    return link and tuple(place + offset for place in link)


_SINGULAR = {noun.spanish[1]: noun.spanish[0] for noun in NOUNS.values() if not noun.mass}


@dataclass(frozen=True, slots=True, eq=False)
class Subject:
    """Who acts.

    Attributes:
        spanish: empty where Spanish leaves the pronoun out.
        person: YO to ELLOS.
        options: English words and their subject class (he, you all...), best first.
        genders: which the subject can have; adjectives agree with it.
    """

    spanish: tuple[str, ...]
    person: int
    options: tuple[tuple[Words, str], ...]
    genders: str = "mf"

    @property
    def name(self) -> str:
        """The name under which it is combined: "niño" for "los niños"."""
        last = self.spanish[-1] if self.spanish else ""
        return _SINGULAR.get(last, last)

    @property
    def plural(self) -> bool:
        """Whether it is more than one person."""
        return self.person in (NOSOTROS, ELLOS)


def _silent(agreement: str) -> tuple[Words, str]:
    return ((("you" if agreement == "you all" else agreement), None),), agreement


SILENT = {
    YO: (_silent("I"),),
    TU: (_silent("you"),),
    EL: (_silent("he"), _silent("she"), _silent("you")),
    NOSOTROS: (_silent("we"),),
    ELLOS: (_silent("they"), _silent("you all")),
}
"""What a verb without a subject may stand for, by person; "usted" and "ustedes" too."""


def silent(person: int, gender: str = "mf") -> Subject:
    """A subject that only the verb's ending tells; a feminine adjective leaves out "he"."""
    options = SILENT[person]
    if gender == "f" and person == EL:
        options = (options[1], options[2])
    elif gender == "m" and person == EL:
        options = (options[0], options[2])
    return Subject((), person, options, gender)


def _named_subject(
    spanish: str, english: str, agreement: str, person: int, genders: str
) -> Subject:
    words = (((english, (0,)),), agreement)
    return Subject((spanish,), person, (words,), genders)


PRONOUNS = (
    _named_subject("yo", "I", "I", YO, "mf"),
    _named_subject("tú", "you", "you", TU, "mf"),
    _named_subject("él", "he", "he", EL, "m"),
    _named_subject("ella", "she", "she", EL, "f"),
    _named_subject("usted", "you", "you", EL, "mf"),
    _named_subject("nosotros", "we", "we", NOSOTROS, "m"),
    _named_subject("ellos", "they", "they", ELLOS, "m"),
    _named_subject("ellas", "they", "they", ELLOS, "f"),
    _named_subject("ustedes", "you", "you all", ELLOS, "mf"),
)
NAMES = (
    _named_subject("María", "Maria", "she", EL, "f"),
    _named_subject("Ana", "Ana", "she", EL, "f"),
    _named_subject("Elena", "Elena", "she", EL, "f"),
    _named_subject("Tomás", "Tomas", "he", EL, "m"),
    _named_subject("Juan", "Juan", "he", EL, "m"),
    _named_subject("Pedro", "Pedro", "he", EL, "m"),
)


def someone(name: str, determiner: str, plural: bool = False) -> Subject:
    """A noun phrase that acts: mi hermana, los niños."""
    noun, phrase = NOUNS[name], noun_phrase(name, determiner, plural)
    agreement = "they" if plural else "he" if noun.gender == "m" else "she"
    options = tuple((words, agreement) for words in phrase.english)
    return Subject(phrase.spanish, ELLOS if plural else EL, options, noun.gender)


def _people() -> Iterable[Subject]:
    for name in ("hermano", "hermana", "padre", "madre", "hijo", "hija", "abuela", "abuelo"):
        yield someone(name, "my")
    for name in ("médico", "profesora", "vecino", "estudiante", "niño", "niña", "mujer", "hombre"):
        yield someone(name, "the")
    for name in ("amigo", "hermana", "madre", "tío"):
        yield someone(name, "your")
    for name in ("padre", "amigo", "abuelo", "hija"):
        yield someone(name, "my", plural=True)
    for name in ("niño", "vecino", "estudiante", "profesor", "mujer"):
        yield someone(name, "the", plural=True)


def _pairs() -> Iterable[Subject]:
    for one, other, genders in (("Ana", "Pedro", "m"), ("María", "Elena", "f")):
        english = f"{one.replace('í', 'i')}/0 and/1 {other}/2"
        yield Subject((one, "y", other), ELLOS, ((marked(english), "they"),), genders)
    for family, genders in (("hermano", "m"), ("madre", "m")):
        noun = NOUNS[family].english[0]
        words = marked(f"my/0 {noun}/1 and/2 I/3")
        yield Subject(("mi", family, "y", "yo"), NOSOTROS, ((words, "we"),), genders)


PEOPLE = tuple(_people())
PAIRS = tuple(_pairs())
