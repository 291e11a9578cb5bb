"""Sentences about what people do, to what, where and with whom."""

from __future__ import annotations

from collections.abc import Iterator
from random import Random

from .choices import (
    ACTIONS,
    STILL,
    asking,
    governing,
    owner_of,
    pairing,
    pick,
    thing,
    timing,
)
from .clauses import Draft, Frame, clause
from .conjugation import Tense
from .lexicon import PLACES, Place
from .meanings import OUTER, Meaning, Outer, Verb
from .parts import NAMES, PEOPLE, Part, part, personal


def transitive(rng: Random) -> Iterator[Draft]:
    """Verb and object: "Mi madre compró dos camisas ayer."."""
    while True:
        action = pick(rng, ACTIONS)
        noun = pick(rng, action.objects)
        mark, subject = asking(rng)
        item, pairs = thing(rng, noun, owner_of(subject), action.owned)
        if "person" in noun.groups and action.meaning.lemma != "tener":
            item = personal(item)
        tense, outer = any_tense(rng, action.outers)
        frame = timing(rng, mark, tense, outer)
        if item.spanish[0] in ("otro", "otra", "otros", "otras") and frame.habitual:
            continue
        pairs.append(pairing(action.meaning.lemma, noun.spanish[0]))
        yield clause(subject, Verb(action.meaning, tense, outer), [item], tuple(pairs), frame)


def any_tense(rng: Random, outers: list[Outer]) -> tuple[Tense, Outer | None]:
    """A tense and perhaps a governing verb: present, preterite, or "va a..."."""
    kind = rng.random()
    if kind < 0.35 and outers:
        outer = governing(rng, outers)
        past = outer.lemma in ("querer", "tener", "necesitar", "tratar") and rng.random() < 0.3
        return ("preterite" if past else "present"), outer
    return ("preterite" if kind < 0.67 else "present"), None


# lemma; English, alternatives by |; where (at), where to (to), arriving (in), or from
_INTRANSITIVE = """
vivir; live; at; casa ciudad pueblo campo montaña España México Madrid
trabajar; work; at; casa oficina tienda hospital restaurante biblioteca hotel museo aeropuerto
estudiar; study; at; casa biblioteca escuela parque jardín Madrid España
comer; eat; at; casa restaurante cocina jardín parque hotel playa oficina
dormir; sleep; at; casa hotel jardín playa parque
caminar; walk; at; parque playa calle campo montaña ciudad
correr; run; at; parque playa calle campo jardín
bailar; dance; at; calle playa jardín casa cocina parque
cantar; sing; at; iglesia calle casa escuela jardín cocina
jugar; play; at; parque playa jardín calle casa escuela
descansar; rest; at; casa playa jardín parque hotel montaña
esperar; wait; at; casa estación aeropuerto calle oficina hotel tienda
nadar; swim; at; playa hotel
ir; go; to; *
ir; go; to; *
volver; return | go back | come back; to; *
llegar; arrive; in; casa escuela oficina estación aeropuerto hotel hospital pueblo ciudad Madrid
viajar; travel; to; España México Madrid ciudad pueblo montaña campo playa
salir; leave; from; casa escuela oficina restaurante hotel museo hospital iglesia tienda
"""


class Motion:
    """A verb with the places that go with it."""

    def __init__(self, line: str) -> None:
        lemma, heads, self.kind, places = (field.strip() for field in line.split(";"))
        self.meaning = Meaning(lemma, tuple(head.strip() for head in heads.split("|")))
        names = places.split() if places != "*" else [n for n, p in PLACES.items() if p.to]
        self.places = [PLACES[name] for name in names]


MOTIONS = tuple(map(Motion, _INTRANSITIVE.strip().splitlines()))


def place_part(place: Place, kind: str) -> Part:
    """Where (at), where to (to, in: "arrive at") or where from, as part of a clause."""
    preposition = {"at": "en", "from": "de"}.get(kind, "a")
    spanish = f"{preposition} {place.spanish}"
    english = place.to if kind == "to" else place.at
    if kind == "from":
        english = tuple("home/1" if place.name == "casa" else _bare(text) for text in place.at)
    if kind == "in" and place.name == "casa":
        english = ("home/1",)
    if preposition != "en" and place.spanish.startswith("el "):
        spanish = f"{preposition}l {place.name}"
        english = tuple(text.replace("/2", "/1") for text in english)
    return part(spanish, *dict.fromkeys(english))


def _bare(text: str) -> str:
    """A place without its preposition, as after "leave": the office."""
    words = text.split()[1:]
    return " ".join(words if words[0] == "the" else ["the", *words])


_WITH = tuple(
    (
        subject.name,
        personal(Part(subject.spanish, (subject.options[0][0],)), "con", "with/0"),
    )
    for subject in (*NAMES, *(p for p in PEOPLE if p.spanish[0] in ("mi", "tu", "mis")))
)
_MANNERS = {
    "mucho": part("mucho", "a lot/0"),
    "bien": part("bien", "well/0"),
    "mal": part("mal", "badly/0"),
    "aquí": part("aquí", "here/0"),
    "allí": part("allí", "there/0"),
    "demasiado": part("demasiado", "too/0 much/0"),
}
_MANNERED = {
    "vivir": "bien mal aquí allí",
    "trabajar": "mucho bien aquí allí demasiado",
    "estudiar": "mucho aquí allí demasiado",
    "comer": "mucho bien aquí allí demasiado",
    "dormir": "mucho bien mal aquí allí demasiado",
    "caminar": "mucho aquí allí",
    "correr": "mucho aquí allí",
    "bailar": "mucho bien mal aquí",
    "cantar": "mucho bien mal aquí",
    "jugar": "mucho bien mal aquí allí",
    "descansar": "mucho aquí allí",
    "esperar": "aquí allí",
    "nadar": "mucho bien mal aquí allí",
    "hablar": "mucho bien demasiado",
}
_SPEAK = Meaning("hablar", ("speak", "talk"))
_ALONE = (OUTER["ir"], OUTER["querer"], OUTER["poder"], OUTER["deber"], OUTER["tener"])


def motion(rng: Random) -> Iterator[Draft]:
    """Verb and place, company or manner: "Mis amigos van a la playa."."""
    verbs_of_manner = [m.meaning for m in MOTIONS if m.meaning.lemma in _MANNERED] + [_SPEAK]
    alone = ("dormir", "llegar", "salir", "volver", "esperar")
    social = [m.meaning for m in MOTIONS if m.meaning.lemma not in alone] + [_SPEAK, _SPEAK]
    while True:
        kind = rng.random()
        if kind < 0.62:
            entry = pick(rng, MOTIONS)
            meaning, place = entry.meaning, pick(rng, entry.places)
            complement, name = place_part(place, entry.kind), place.name
        elif kind < 0.8:
            meaning = pick(rng, verbs_of_manner)
            name = pick(rng, _MANNERED[meaning.lemma].split())
            complement = _MANNERS[name]
        else:
            meaning = pick(rng, social)
            name, complement = pick(rng, _WITH)
        mark, subject = asking(rng)
        if subject.spanish and subject.name == name:
            continue
        if meaning is _SPEAK and kind >= 0.8:
            complement = _to_or_with(complement)
        tense, outer = any_tense(rng, list(_ALONE))
        frame = timing(rng, mark, tense, outer)
        if tense == "present" and not outer and not frame.adverbs and rng.random() < 0.12:
            frame = Frame(mark, adverb=STILL)
        pair = pairing(meaning.lemma, name)
        if _clash(frame, name):
            continue
        yield clause(subject, Verb(meaning, tense, outer), [complement], (pair,), frame)


def _clash(frame: Frame, name: str) -> bool:
    return name in ("mucho", "demasiado", "bien", "mal") and frame.adverb is not None


def _to_or_with(company: Part) -> Part:
    to = tuple((("to", (0,)), *words[1:]) for words in company.english)
    return Part(company.spanish, company.english + to)
