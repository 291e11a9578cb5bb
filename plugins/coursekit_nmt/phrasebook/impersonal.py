"""Sentences without an acting subject, and what one has or likes: hay, hace frío, me gusta."""

from __future__ import annotations

from collections.abc import Iterator
from random import Random

from .actions import place_part
from .choices import STILL, pairing, pick
from .clauses import Adverb, Draft, Frame, clause
from .english import Words
from .lexicon import PLACES
from .meanings import Meaning, Verb
from .parts import Part, Subject, part, silent
from .states import compose, person_subject

_WEATHER = {
    "frío": ("cold", True),
    "calor": ("hot", True),
    "sol": ("sunny", True),
    "viento": ("windy", True),
    "fresco": ("cool", False),
}
_WEATHER_TENSES = (
    ("hace", "it is", "is it", ("", "hoy", "ahora", "siempre")),
    ("hace", "it is", "is it", ("", "hoy", "ahora", "siempre")),
    ("hizo", "it was", "was it", ("", "ayer", "anoche", "la semana pasada")),
    ("va a hacer", "it is going/0 to be", "is it going/0 to be", ("", "mañana", "esta noche")),
)
_WHEN = {
    "": part("", ""),
    "hoy": part("hoy", "today/0"),
    "ahora": part("ahora", "now/0"),
    "ayer": part("ayer", "yesterday/0"),
    "anoche": part("anoche", "last/0 night/0"),
    "la semana pasada": part("la semana pasada", "last/2 week/1"),
    "mañana": part("mañana", "tomorrow/0"),
    "esta noche": part("esta noche", "tonight/0,1"),
}
_WHERE = {
    "": part("", ""),
    "aquí": part("aquí", "here/0"),
    "allí": part("allí", "there/0"),
    **{
        name: place_part(PLACES[name], "at")
        for name in [
            "playa",
            "montaña",
            "ciudad",
            "campo",
            "pueblo",
            "calle",
            "cocina",
            "jardín",
            "parque",
            "España",
            "México",
            "Madrid",
        ]
    },
}


def weather(rng: Random) -> Iterator[Draft]:
    """As in "Hace mucho calor en la playa.", "¿Va a hacer frío mañana?"."""
    while True:
        name = pick(rng, tuple(_WEATHER))
        word, countable = _WEATHER[name]
        verb, statement, question, times = pick(rng, _WEATHER_TENSES)
        much = countable and rng.random() < 0.5
        where, when = pick(rng, tuple(_WHERE)), pick(rng, times)
        if rng.random() < 0.3:
            when = ""
        mark = "?" if rng.random() < 0.2 else "."
        negated = rng.random() < 0.2
        always = when == "siempre"
        if always and negated:
            continue
        if where == "cocina" and name not in ("frío", "calor"):
            continue
        head = ["siempre"] if always else ["no"] if negated else []
        finite = [*head, *verb.split()]
        start = len(head)
        text = (question if mark == "?" else statement).replace("/0", f"/{start}")
        first, *more = text.split()
        if negated:
            more = ([*more[:1], "not", *more[1:]]) if more else ["not"]
        if always:
            more = [*more, "always/0"]
        be = part(" ".join(finite), " ".join([first, *more]))
        condition = part(f"mucho {name}", f"very/0 {word}/1") if much else part(name, f"{word}/0")
        pairs = tuple(pairing(name, other) for other in (where, when) if other and not always)
        will = _will(verb, mark, negated, start)
        orders: list[list[int | str]] = [[0, 1, 2, 3]]
        parts = [be, condition, _WHERE[where], _WHEN["" if always else when]]
        if will:
            parts[0] = Part(be.spanish, (*be.english, *will))
        yield compose(mark, parts, orders, pairs)


def _will(verb: str, mark: str, negated: bool, start: int) -> tuple[Words, ...]:
    if not verb.startswith("va"):
        return ()
    middle = " not" if negated else ""
    text = f"will/{start} it{middle} be" if mark == "?" else f"it will/{start}{middle} be"
    return part("", text).english


_FEELINGS = {
    "hambre": ("hungry", "mucha"),
    "sed": ("thirsty", "mucha"),
    "frío": ("cold", "mucho"),
    "calor": ("hot", "mucho"),
    "sueño": ("sleepy", "mucho"),
    "miedo": ("afraid", "mucho"),
    "prisa": ("in a hurry", ""),
    "razón": ("right", ""),
}
_AGES = {
    "cinco": "five",
    "seis": "six",
    "siete": "seven",
    "ocho": "eight",
    "nueve": "nine",
    "diez": "ten",
    "doce": "twelve",
    "quince": "fifteen",
    "veinte": "twenty",
    "treinta": "thirty",
    "cuarenta": "forty",
    "cincuenta": "fifty",
    "setenta": "seventy",
    "ochenta": "eighty",
}
_CHILDREN = {"niño", "niña", "niños", "hijo", "hija", "hijas"}
_GRANDPARENTS = {"abuelo", "abuela", "abuelos"}


def _age(rng: Random, subject: Subject) -> str:
    """An age that the subject may have."""
    ages = tuple(_AGES)
    last = subject.spanish[-1] if subject.spanish else ""
    if last in _CHILDREN:
        ages = ages[:7]
    elif last in _GRANDPARENTS:
        ages = ages[-3:]
    elif len(subject.spanish) > 1:
        ages = ages[8:]
    return pick(rng, ages)


_FEEL = Meaning("tener", ("be",), lasting=True)


def feelings_and_ages(rng: Random) -> Iterator[Draft]:
    """As in "Mi hermano tiene hambre.", "Tengo veinte años."."""
    while True:
        mark = "?" if rng.random() < 0.2 else "."
        subject, _ = person_subject(rng, mark)
        if not subject.spanish:
            subject = silent(subject.person)
        if rng.random() < 0.35:
            name = _age(rng, subject)
            number = _AGES[name]
            item = part(f"{name} años", f"{number}/0 years/1 old/-", f"{number}/0")
        else:
            name = pick(rng, tuple(_FEELINGS))
            word, much = _FEELINGS[name]
            text = " ".join(f"{w}/0" if w not in ("in", "a") else w for w in word.split())
            item = part(name, text)
            if much and rng.random() < 0.3:
                item = part(f"{much} {name}", f"very/0 {word}/1")
        kind = rng.random()
        adverb = STILL if kind < 0.1 else None
        end = None
        if kind > 0.85:
            end = Adverb(part("ahora", "now/0"))
        frame = Frame(mark, adverb is None and rng.random() < 0.2, adverb=adverb, end=end)
        pairs = (pairing(subject.name, name),) if len(subject.spanish) > 1 else ()
        yield clause(subject, Verb(_FEEL), [item], pairs, frame)
