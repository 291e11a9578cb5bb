"""Choosing words for a sentence: subjects, adverbs of time, verbs and what goes with them."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from random import Random
from typing import TypeVar

from .clauses import Adverb, Frame
from .conjugation import EL, ELLOS, NOSOTROS, TU, YO, Tense
from .lexicon import ADJECTIVES, NOUNS, Adjective, Noun
from .meanings import OUTER, Meaning, Outer
from .parts import NAMES, PAIRS, PEOPLE, PRONOUNS, Part, Subject, noun_phrase, part, silent

T = TypeVar("T")

EVERYONE = (YO, TU, EL, NOSOTROS, ELLOS)
OTHERS = (TU, EL, ELLOS)


def pick(rng: Random, items: Sequence[T]) -> T:
    """An item at random; ``random()`` alone gives the same numbers on every Python."""
    return items[int(rng.random() * len(items))]


ALWAYS = Adverb(part("siempre", "always/0"), habit=True)
NEVER = Adverb(part("nunca", "never/0"), habit=True)
SOMETIMES = Adverb(part("a veces", "sometimes/0,1"), ("present",), habit=True)
STILL = Adverb(part("todavía", "still/0"), ("present",))

PRESENT_TIMES = (
    Adverb(part("todos los días", "every/0 day/2"), habit=True),
    Adverb(part("por la noche", "at night/2", "in the evening/2"), habit=True),
    Adverb(part("por la mañana", "in the morning/2"), habit=True),
    Adverb(part("los domingos", "on Sundays/1"), habit=True),
    Adverb(part("los sábados", "on Saturdays/1"), habit=True),
)
PAST_TIMES = (
    Adverb(part("ayer", "yesterday/0"), ("preterite",)),
    Adverb(part("anoche", "last/0 night/0"), ("preterite",)),
    Adverb(part("la semana pasada", "last/2 week/1"), ("preterite",)),
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


def pairing(one: str, other: str) -> str:
    """The name of a combination of two words."""
    return f"{one}+{other}"


def any_subject(rng: Random, persons: Sequence[int] = EVERYONE) -> Subject:
    """A subject in one of the persons; half of the time the verb's ending is enough."""
    kind = rng.random()
    if kind < 0.5:
        return silent(pick(rng, persons))
    pool = PRONOUNS if kind < 0.68 else NAMES if kind < 0.78 else PEOPLE if kind < 0.97 else PAIRS
    return pick(rng, [subject for subject in pool if subject.person in persons] or NAMES)


def asking(rng: Random, share: float = 0.15) -> tuple[str, Subject]:
    """A mark and a subject; questions are about others than the speaker."""
    if rng.random() < share:
        return "?", any_subject(rng, OTHERS)
    return ".", any_subject(rng)


def owner_of(subject: Subject) -> str:
    """Which of his, her, their, your "su" is most naturally, beside this subject."""
    owners = {"she": "her", "they": "their", "you all": "your"}
    agreement = subject.options[0][1]
    if agreement == "you" and subject.person == EL:
        return "your"
    return owners.get(agreement, "his")


@cache
def fitting(noun: Noun) -> tuple[Adjective, ...]:
    """The adjectives that go with a noun."""
    return tuple(adjective for adjective in ADJECTIVES if adjective.groups & noun.groups)


def timing(rng: Random, mark: str, tense: Tense, outer: Outer | None = None) -> Frame:
    """Negation and adverbs that go with the tense, as often as people use them."""
    negated = rng.random() < 0.15
    if rng.random() > 0.35:
        return Frame(mark, negated)
    if outer:
        times = FUTURE_TIMES if tense == "present" else PAST_TIMES
    elif tense == "preterite":
        times = PAST_TIMES
    elif not negated and rng.random() < 0.4:
        return Frame(mark, adverb=pick(rng, (ALWAYS, NEVER, SOMETIMES)))
    else:
        times = PRESENT_TIMES
    time = pick(rng, times)
    if mark == "." and rng.random() < 0.3:
        return Frame(mark, negated, front=time)
    return Frame(mark, negated, end=time)


# lemma; English; groups of its objects; governing verbs; s = a state, o = owned objects
_TRANSITIVE = """
comer; eat; food; all
beber; drink; drink; all
comprar; buy; goods drink; all
vender; sell; goods; ir querer poder deber necesitar tener; o
leer; read; read; all; o
escribir; write; write; all; o
ver; see; see person animal; ir querer poder; s o
buscar; look for; find person; ir tener necesitar deber; o
encontrar; find; find; ir querer poder tener tratar; o
perder; lose; find; -; o
abrir; open; open; all; o
cerrar; close; close; all; o
lavar; wash; wash; all; o
limpiar; clean; clean; all; o
usar; use; use; ir querer poder deber necesitar; o
traer; bring; food drink give; ir poder deber tener; o
pedir; order; dish drink cook; ir querer poder
preparar; prepare; dish cook; all
cocinar; cook; cook; all
cortar; cut; cut; ir querer poder tener
tocar; play; play; ir querer poder; o
escuchar; listen to; listen person; ir querer poder deber; o
estudiar; study; study language; all
aprender; learn; learn language; ir querer poder deber necesitar tratar
hablar; speak; language; ir querer poder tratar; s
recibir; receive; send find; ir
mandar; send; send; all; o
hacer; make; make; ir querer poder tener deber
hacer; do; do; all; o
tener; have; own idea animal; ir querer; s
querer; want; food drink goods; -; s
necesitar; need; need use goods; ir; s o
preferir; prefer; food drink goods; -; s
conocer; know; person town; ir querer; s o
ayudar; help; person; all; o
llamar; call; person; all; o
visitar; visit; visit family friend; all; o
esperar; wait for; await person; ir tener deber; o
entender; understand; understand language; ir querer poder; s o
romper; break; break; -; o
reparar; repair; repair; all; o
"""


class Action:
    """A transitive verb, its objects, the verbs that may govern it."""

    def __init__(self, line: str) -> None:
        lemma, head, groups, outers, *flags = (field.strip() for field in line.split(";"))
        marks = flags[0] if flags else ""
        event = ("meet", "know") if lemma == "conocer" else ()
        self.meaning = Meaning(lemma, (head,), "s" in marks, event)
        self.objects = [n for n in NOUNS.values() if n.groups & set(groups.split())]
        names = outers.split() if outers != "all" else list(OUTER)
        self.outers = [OUTER[name] for name in names if name != "-"]
        self.owned = "o" in marks


ACTIONS = tuple(map(Action, _TRANSITIVE.strip().splitlines()))


def governing(rng: Random, outers: Sequence[Outer]) -> Outer:
    """One of the verbs that may govern this one; "ir a", the future, most often."""
    if OUTER["ir"] in outers and rng.random() < 0.4:
        return OUTER["ir"]
    return pick(rng, outers)


_SINGULAR = ("the", "the", "a", "a", "this", "that", "another")
_PLURAL = ("the", "the", "many", "two", "three", "four", "five", "this", "that", "bare")
_OWNED = ("my", "your", "su", "our")
_UNOWNED = {"food", "drink", "town"}  # nobody says "my street" or "your apple" often


def determiner(rng: Random, noun: Noun, plural: bool, owned: bool) -> str:
    """A determiner that goes with the noun: "mi" only for what one has before."""
    person = "person" in noun.groups
    if "family" in noun.groups:
        return pick(rng, _OWNED)
    if person and "child" not in noun.groups:
        return pick(rng, ("the", *_OWNED))
    if person:
        return pick(rng, ("the", "this", "that"))
    if noun.spanish[0] == "cama":
        return pick(rng, ("the", *_OWNED))
    if noun.mass:
        return pick(rng, ("bare", "bare", "the", "many"))
    if owned and rng.random() < 0.35 and not noun.groups & _UNOWNED:
        return pick(rng, _OWNED)
    return pick(rng, _PLURAL if plural else _SINGULAR)


def thing(
    rng: Random, noun: Noun, owner: str, owned: bool, qualified: float = 0.2
) -> tuple[Part, list[str]]:
    """A noun phrase for an object, and the combination of noun and adjective in it."""
    name = noun.spanish[0]
    of_person = "person" in noun.groups and "child" not in noun.groups
    adjectives = () if of_person else fitting(noun)
    adjective = pick(rng, adjectives) if adjectives and rng.random() < qualified else None
    plural = not noun.mass and name != "cama" and rng.random() < 0.3
    word = determiner(rng, noun, plural, owned)
    if adjective and word in ("bare", "many") and noun.mass:
        word = "the"
    if "language" in noun.groups or name == "radio":
        word = "bare" if name != "radio" else "the"
    if name == "música":
        word = "bare"
    if name == "tarea":
        word = pick(rng, ("the", *_OWNED))
    pairs = [pairing(name, adjective.masculine)] if adjective else []
    return noun_phrase(name, word, plural, adjective, owner), pairs
