"""Sentences about where things and people are: está en la mesa, hay dos libros aquí."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from random import Random

from .actions import place_part
from .choices import STILL, pairing, pick
from .clauses import Draft, Frame, clause
from .conjugation import EL, Tense
from .lexicon import NOUNS, PLACES, Noun
from .meanings import OUTER, Verb
from .parts import Part, Subject, noun_phrase, part, silent
from .states import BE_NOW, IT, compose, person_subject, thing_subject, thing_words, with_name

SPOTS = {
    "mesa": part("en la mesa", "on the table/2"),
    "silla": part("en la silla", "on the chair/2"),
    "cama": part("en la cama", "on the bed/2"),
    "caja": part("en la caja", "in the box/2"),
    "bolsa": part("en la bolsa", "in the bag/2"),
    "maleta": part("en la maleta", "in the suitcase/2"),
    "cuarto": part("en el cuarto", "in the room/2"),
    "cocina": part("en la cocina", "in the kitchen/2"),
    "jardín": part("en el jardín", "in the garden/2"),
    "coche": part("en el coche", "in the car/2"),
    "debajo de la mesa": part("debajo de la mesa", "under/0 the table/3"),
    "debajo de la cama": part("debajo de la cama", "under/0 the bed/3"),
    "cerca de la puerta": part("cerca de la puerta", "near/0 the door/3"),
    "cerca de la ventana": part("cerca de la ventana", "near/0 the window/3"),
    "detrás de la puerta": part("detrás de la puerta", "behind/0 the door/3"),
    "detrás de la casa": part("detrás de la casa", "behind/0 the house/3"),
    "aquí": part("aquí", "here/0"),
    "allí": part("allí", "there/0"),
}
_OUTSIDE = ("jardín", "detrás de la casa", "cerca de la puerta", "aquí", "allí")
_ANYWHERE = (
    *(
        [
            "mesa",
            "silla",
            "caja",
            "bolsa",
            "maleta",
            "cuarto",
            "cocina",
            "cama",
            "coche",
            "aquí",
            "allí",
        ]
    ),
    "debajo de la mesa",
    "debajo de la cama",
    "cerca de la ventana",
)
_SPOTS_OF: dict[str, Sequence[str]] = {
    "drink": ("mesa", "cocina", "aquí", "allí"),
    "food": ("mesa", "cocina", "bolsa", "aquí", "allí"),
    "vehicle": _OUTSIDE,
    "animal": (*_OUTSIDE, "cocina", "cama", "cuarto", "debajo de la mesa", "debajo de la cama"),
    "furniture": (
        "cuarto",
        "cocina",
        "jardín",
        "cerca de la ventana",
        "cerca de la puerta",
        "aquí",
    ),
}


def spots(noun: Noun) -> Sequence[str]:
    """Where a thing may be: a glass on the table, a car behind the house."""
    name, groups = noun.spanish[0], noun.groups
    if name == "caballo":
        return ("jardín", "detrás de la casa", "aquí", "allí")
    if name in ("caja", "bolsa", "maleta", "guitarra", "mapa"):
        return ("mesa", "cama", "coche", "cuarto", "detrás de la puerta", "aquí", "allí")
    for group, places in _SPOTS_OF.items():
        if group in groups:
            return places
    return _ANYWHERE


_PLACED_GROUPS = {"find", "food", "drink", "vehicle", "animal", "furniture", "wear", "thing"}
PLACED = tuple(
    noun
    for noun in NOUNS.values()
    if noun.groups & _PLACED_GROUPS
    and not noun.groups & {"person", "dish", "await", "idea"}
    and noun.spanish[0] not in ("dinero",)
)


def where_things_are(rng: Random) -> Iterator[Draft]:
    """As in "Tus llaves están en la mesa."."""
    while True:
        noun = pick(rng, PLACED)
        name = pick(rng, spots(noun))
        plural = not noun.mass and rng.random() < 0.35
        mark = "?" if rng.random() < 0.2 else "."
        subject = thing_subject(rng, noun, thing_words(noun), plural)
        adverb = STILL if rng.random() < 0.15 else None
        frame = Frame(mark, not adverb and rng.random() < 0.2, adverb=adverb)
        pairs = (pairing(noun.spanish[0], name),)
        yield clause(subject, Verb(BE_NOW), [SPOTS[name]], pairs, frame)


def _at(name: str) -> Part:
    part = place_part(PLACES[name], "at")
    if name == "casa":
        return Part(part.spanish, (*part.english, (("home", (1,)),)))
    return part


def where_people_are(rng: Random) -> Iterator[Draft]:
    """As in "Ana está en la playa.", "¿Todavía están en la oficina?", "Estuvimos en casa ayer."."""
    while True:
        mark = "?" if rng.random() < 0.3 else "."
        subject, _ = person_subject(rng, mark)
        if not subject.spanish:
            subject = silent(subject.person)
            if subject.person == EL:
                subject = Subject((), EL, (*subject.options, IT))
        name = pick(rng, tuple(PLACES))
        kind = rng.random()
        tense: Tense = "preterite" if kind < 0.15 else "present"
        outer = OUTER["ir"] if 0.15 < kind < 0.25 else None
        adverb = STILL if kind > 0.7 else None
        pairs = [pairing("estar", name)] if outer or tense == "preterite" else []
        if adverb:
            pairs.append(pairing("todavía", name))
        pairs += with_name(subject, name)
        frame = Frame(mark, not adverb and rng.random() < 0.2, adverb=adverb)
        yield clause(subject, Verb(BE_NOW, tense, outer), [_at(name)], tuple(pairs), frame)


_THERE = {
    "present": ("hay", ("there is", "there are"), ("is there", "are there")),
    "past": ("había", ("there was", "there were"), ("was there", "were there")),
}


def there_is(rng: Random) -> Iterator[Draft]:
    """As in "Hay dos libros en la mesa.", "¿Hay leche?", "No hay pan en la cocina."."""
    crowd = [NOUNS[n] for n in ("niño", "hombre", "mujer", "estudiante", "médico")]
    indoors = ("parque", "playa", "calle", "tienda", "museo", "hotel", "restaurante", "iglesia")
    while True:
        people = rng.random() < 0.25
        noun = pick(rng, crowd if people else PLACED)
        if people:
            name = pick(rng, indoors)
            place = place_part(PLACES[name], "at")
        else:
            name = pick(rng, spots(noun))
            place = SPOTS[name]
        plural = not noun.mass and rng.random() < 0.6
        mark = "?" if rng.random() < 0.2 else "."
        negated = mark == "." and rng.random() < 0.2
        words = (
            ("two", "three", "four", "five", "many", "many") if plural else ("a", "a", "another")
        )
        word = pick(rng, ("bare", "bare", "many")) if noun.mass else pick(rng, words)
        if negated:
            word = "bare"
        item = noun_phrase(noun.spanish[0], word, plural)
        tense = "past" if rng.random() < 0.25 else "present"
        spanish, statement, question = _THERE[tense]
        verb = part(f"no {spanish}" if negated else spanish, "")
        there = (question if mark == "?" else statement)[plural]
        orders: list[list[int | str]] = [[there, *(["no"] if negated else []), 1, 2]]
        if negated:
            orders.append([f"{there} not any", 1, 2])
        elif mark == "?" and word == "bare":
            orders = [[there, "any", 1, 2], [there, 1, 2]]
        yield compose(mark, [verb, item, place], orders, (pairing(noun.spanish[0], name),))
