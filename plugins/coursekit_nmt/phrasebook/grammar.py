"""The constructions of the phrasebook: every generator yields drafts of one kind."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from random import Random
from typing import TypeVar

from .clauses import OUTER, Adverb, Draft, Frame, Meaning, Outer, Verb, clause
from .conjugation import EL, ELLOS, NOSOTROS, TU, YO, Tense
from .lexicon import ADJECTIVES, NOUNS, PLACES, Adjective, Noun
from .parts import (
    NAMES,
    PAIRS,
    PEOPLE,
    PRONOUNS,
    Part,
    Subject,
    noun_phrase,
    part,
    personal,
    silent,
)

T = TypeVar("T")


def pick(rng: Random, items: Sequence[T]) -> T:
    """An item at random; ``random()`` alone gives the same numbers on every Python."""
    return items[int(rng.random() * len(items))]


def _pairing(one: str, other: str) -> str:
    return f"{one}+{other}"


ALWAYS = Adverb(part("siempre", "always/0"))
NEVER = Adverb(part("nunca", "never/0"))
SOMETIMES = Adverb(part("a veces", "sometimes/0,1"), ("present",))
STILL = Adverb(part("todavía", "still/0"), ("present",))
PRESENT_TIMES = (
    Adverb(part("todos los días", "every/0 day/2")),
    Adverb(part("por la noche", "at night/2", "in the evening/2")),
    Adverb(part("por la mañana", "in the morning/2")),
    Adverb(part("los domingos", "on Sundays/1")),
    Adverb(part("los sábados", "on Saturdays/1")),
)
PAST_TIMES = (
    Adverb(part("ayer", "yesterday/0"), ("preterite",)),
    Adverb(part("anoche", "last/0 night/0"), ("preterite",)),
    Adverb(part("la semana pasada", "last/2 week/1"), ("preterite",)),
    Adverb(part("el año pasado", "last/2 year/1"), ("preterite",)),
    Adverb(part("esta mañana", "this/0 morning/1"), past_first=True),
    Adverb(part("el lunes", "on Monday/1"), past_first=True),
)
FUTURE_TIMES = (
    Adverb(part("mañana", "tomorrow/0"), ("present",)),
    Adverb(part("esta noche", "tonight/0,1"), ("present",)),
    Adverb(part("la próxima semana", "next/1 week/2"), ("present",)),
    Adverb(part("hoy", "today/0"), ("present",)),
    Adverb(part("el viernes", "on Friday/1"), ("present",)),
)

# lemma; English; groups of its objects; s = a state
_TRANSITIVE = """
comer; eat; food
beber; drink; drink
comprar; buy; goods drink
vender; sell; goods vehicle
leer; read; read
escribir; write; write
ver; see; see person animal; s
buscar; look for; find person
encontrar; find; find
perder; lose; find
abrir; open; open
cerrar; close; close
lavar; wash; wash
limpiar; clean; clean
usar; use; use
traer; bring; food drink give
pedir; order; dish drink cook
preparar; prepare; dish cook
cocinar; cook; cook
cortar; cut; cut
tocar; play; play
escuchar; listen to; listen person
estudiar; study; study language
aprender; learn; learn language
hablar; speak; language; s
recibir; receive; send find
mandar; send; send
hacer; make; make
hacer; do; do
tener; have; own idea child; s
querer; want; food drink goods; s
necesitar; need; need use goods; s
preferir; prefer; food drink goods; s
conocer; know; person town; s
ayudar; help; person
llamar; call; person
visitar; visit; visit family friend
esperar; wait for; await person
entender; understand; understand language; s
romper; break; break
reparar; repair; repair
"""


class Transitive:
    """A verb with the nouns that it takes."""

    def __init__(self, line: str) -> None:
        lemma, head, groups, *state = (field.strip() for field in line.split(";"))
        self.meaning = Meaning(lemma, head, bool(state), "meet" if lemma == "conocer" else "")
        wanted = set(groups.split())
        self.objects = [noun for noun in NOUNS.values() if noun.groups & wanted]


TRANSITIVE = tuple(map(Transitive, _TRANSITIVE.strip().splitlines()))


def _subject(rng: Random, persons: Sequence[int] = (YO, TU, EL, NOSOTROS, ELLOS)) -> Subject:
    kind = rng.random()
    if kind < 0.5:
        return silent(pick(rng, persons))
    while True:
        pool = PRONOUNS if kind < 0.7 else NAMES if kind < 0.8 else PEOPLE if kind < 0.97 else PAIRS
        subject = pick(rng, pool)
        if subject.person in persons:
            return subject


_DETERMINERS = ("the", "the", "a", "a", "my", "your", "su", "our", "this", "that", "another")
_COUNTS = ("the", "the", "my", "su", "many", "two", "three", "four", "five", "these", "bare")


def _owner(subject: Subject) -> str:
    return {"she": "her", "they": "their", "you": "your", "you all": "your"}.get(
        subject.options[0][1], "his"
    )


def _fitting(noun: Noun) -> list[Adjective]:
    return [adjective for adjective in ADJECTIVES if adjective.groups & noun.groups]


def _object(rng: Random, noun: Noun, owner: str) -> tuple[Part, list[str]]:
    name = noun.spanish[0]
    person = "person" in noun.groups
    adjective = None
    fitting = _fitting(noun)
    if fitting and rng.random() < 0.22:
        adjective = pick(rng, fitting)
    plural = not noun.mass and rng.random() < 0.3
    if noun.mass:
        determiner = pick(rng, ("bare", "bare", "the", "many")) if not adjective else "the"
    elif person:
        determiner = pick(rng, ("my", "your", "su", "the", "our"))
    else:
        determiner = pick(rng, _COUNTS if plural else _DETERMINERS)
    if determiner == "these":
        determiner = "this"
    phrase = noun_phrase(name, determiner, plural, adjective, owner)
    pairs = [_pairing(name, adjective.masculine)] if adjective else []
    return phrase, pairs


def transitive(rng: Random) -> Iterator[Draft]:
    """Verb and object: "Mi madre compró dos camisas ayer."."""
    while True:
        entry = pick(rng, TRANSITIVE)
        noun = pick(rng, entry.objects)
        mark = "?" if rng.random() < 0.15 else "."
        subject = _subject(rng, (TU, EL, ELLOS) if mark == "?" else (YO, TU, EL, NOSOTROS, ELLOS))
        phrase, pairs = _object(rng, noun, _owner(subject))
        if "person" in noun.groups and entry.meaning.lemma != "tener":
            phrase = personal(phrase)
        pairs.append(_pairing(entry.meaning.lemma, noun.spanish[0]))
        kind = rng.random()
        tense: Tense = "preterite" if 0.35 < kind < 0.65 else "present"
        outer: Outer | None = None
        if kind > 0.65:
            choices = ("ir", "ir", "ir", "querer", "poder", "deber", "tener", "necesitar", "tratar")
            outer = OUTER[pick(rng, choices)]
        frame = _frame(rng, mark, tense, outer)
        yield clause(subject, Verb(entry.meaning, tense, outer), [phrase], tuple(pairs), frame)


def _frame(rng: Random, mark: str, tense: Tense, outer: Outer | None) -> Frame:
    negated = rng.random() < 0.15
    front = end = adverb = None
    if rng.random() < 0.3:
        if outer and outer.lemma == "ir":
            times = FUTURE_TIMES
        else:
            times = PAST_TIMES if tense == "preterite" else PRESENT_TIMES
        time = pick(rng, times)
        if outer and outer.lemma != "ir":
            time = pick(rng, FUTURE_TIMES) if tense == "present" else None
        if mark == "." and rng.random() < 0.3:
            front = time
        else:
            end = time
    elif not negated and not outer and tense == "present" and rng.random() < 0.2:
        adverb = pick(rng, (ALWAYS, NEVER, SOMETIMES))
    return Frame(mark, negated, adverb=adverb, front=front, end=end)


CONSTRUCTIONS: tuple[tuple[Callable[[Random], Iterator[Draft]], int], ...] = ((transitive, 9000),)
