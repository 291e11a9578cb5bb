"""Questions for a part of the sentence: dónde, cuándo, qué, quién, por qué, cuántos."""

from __future__ import annotations

from collections.abc import Iterator
from random import Random

from .actions import MOTIONS, any_tense, place_part
from .choices import ACTIONS, OTHERS, any_subject, owner_of, pairing, pick, thing
from .clauses import Draft, Frame, clause
from .conjugation import EL
from .lexicon import NOUNS
from .meanings import OUTER, Meaning, Verb
from .parts import Part, Subject, part, personal
from .places import PLACED
from .states import thing_subject, thing_words

WHERE = part("dónde", "where/0")
WHEN = part("cuándo", "when/0")
WHY = part("por qué", "why/0,1")
WHAT = part("qué", "what/0")
_WHO = Subject(("quién",), EL, (((("who", (0,)),), "he"),))
_BE_NOW = Meaning("estar", ("be",), lasting=True)
_WHERE_ACTIONS = [
    "comprar",
    "comer",
    "vender",
    "encontrar",
    "perder",
    "estudiar",
    "aprender",
    "lavar",
    "preparar",
]
_WHAT_ACTIONS = [
    "comer",
    "beber",
    "comprar",
    "vender",
    "leer",
    "escribir",
    "buscar",
    "encontrar",
    "perder",
    "abrir",
    "preparar",
    "cocinar",
    "estudiar",
    "aprender",
    "recibir",
    "mandar",
    "traer",
    "pedir",
    "querer",
    "necesitar",
    "preferir",
    "tener",
    "escuchar",
    "hacer",
]


def _subject_of_question(rng: Random) -> Subject:
    return any_subject(rng, OTHERS)


def where_is(rng: Random) -> Iterator[Draft]:
    """As in "¿Dónde están mis llaves?", "¿Dónde está tu hermano?"."""
    people = [n for n in NOUNS.values() if "person" in n.groups and "job" not in n.groups]
    while True:
        if rng.random() < 0.3:
            noun = pick(rng, people)
            words: tuple[str, ...] = ("my", "your", "su")
            if "child" in noun.groups:
                words = ("the",)
        else:
            noun = pick(rng, PLACED)
            words = tuple(w for w in thing_words(noun) if w not in ("this", "that"))
        plural = not noun.mass and rng.random() < 0.35
        subject = thing_subject(rng, noun, words, plural)
        frame = Frame("?", question_word=WHERE)
        yield clause(subject, Verb(_BE_NOW), (), (pairing("dónde", noun.spanish[0]),), frame)


def where_why_when(rng: Random) -> Iterator[Draft]:
    """As in "¿Cuándo compraste el coche?", "¿Por qué trabaja tu padre?"."""
    actions = [a for a in ACTIONS if a.meaning.lemma not in ("querer", "preferir", "hablar")]
    places = [a for a in ACTIONS if a.meaning.lemma in _WHERE_ACTIONS]
    motions = [m for m in MOTIONS if m.kind == "at"]
    while True:
        word = pick(rng, (WHERE, WHEN, WHY))
        frame = Frame("?", word is WHY and rng.random() < 0.3, question_word=word)
        subject = _subject_of_question(rng)
        tense, outer = any_tense(rng, [OUTER["ir"], OUTER["ir"], OUTER["querer"]])
        if rng.random() < 0.45:
            entry = pick(rng, motions if word is not WHY else MOTIONS)
            name = "" if word is WHERE else pick(rng, entry.places).name
            objects: list[Part] = []
            if name:
                objects = [place_part(next(p for p in entry.places if p.name == name), entry.kind)]
            pairs: tuple[str, ...] = (
                (pairing(entry.meaning.lemma, name),)
                if name
                else (pairing("dónde", entry.meaning.lemma),)
            )
            yield clause(subject, Verb(entry.meaning, tense, outer), objects, pairs, frame)
            continue
        action = pick(rng, places if word is WHERE else actions)
        noun = pick(rng, action.objects)
        item, item_pairs = thing(rng, noun, owner_of(subject), action.owned, 0.0)
        if "person" in noun.groups:
            item = personal(item)
        if outer and outer not in action.outers:
            outer = None
        if outer and outer.lemma == "querer" and subject.spanish:
            continue  # two nouns in a row after the infinitive: clumsy
        pairs = (*item_pairs, pairing(action.meaning.lemma, noun.spanish[0]))
        yield clause(subject, Verb(action.meaning, tense, outer), [item], pairs, frame)


def what(rng: Random) -> Iterator[Draft]:
    """As in "¿Qué come tu hermano?", "¿Qué vas a comprar mañana?"."""
    actions = [a for a in ACTIONS if a.meaning.lemma in _WHAT_ACTIONS]
    do = Meaning("hacer", ("do", "make"))
    while True:
        action = pick(rng, actions)
        meaning = do if action.meaning.lemma == "hacer" else action.meaning
        subject = _subject_of_question(rng)
        tense, outer = any_tense(rng, action.outers)
        frame = Frame("?", question_word=WHAT)
        pairs = (pairing("qué", f"{outer.lemma} {meaning.lemma}"),) if outer else ()
        if subject.spanish and not outer:
            pairs = (*pairs, pairing(f"qué {meaning.lemma}", subject.name))
        yield clause(subject, Verb(meaning, tense, outer), (), pairs, frame)


def who(rng: Random) -> Iterator[Draft]:
    """As in "¿Quién compró el pan?", "¿Quién va a ayudar a Ana?"."""
    while True:
        action = pick(rng, ACTIONS)
        noun = pick(rng, action.objects)
        item, item_pairs = thing(rng, noun, "his", action.owned, 0.1)
        if "person" in noun.groups:
            item = personal(item)
        tense, outer = any_tense(rng, action.outers)
        frame = Frame("?", rng.random() < 0.1, asks_subject=True)
        pairs = (*item_pairs, pairing(action.meaning.lemma, noun.spanish[0]))
        yield clause(_WHO, Verb(action.meaning, tense, outer), [item], pairs, frame)


def how_many(rng: Random) -> Iterator[Draft]:
    """As in "¿Cuántos libros tienes?", "¿Cuánta leche compró Ana?"."""
    verbs = [
        "tener",
        "comprar",
        "vender",
        "necesitar",
        "querer",
        "encontrar",
        "recibir",
        "leer",
        "comer",
        "beber",
    ]
    actions = [a for a in ACTIONS if a.meaning.lemma in verbs]
    while True:
        action = pick(rng, actions)
        noun = pick(rng, [n for n in action.objects if n.spanish[0] != "dinero"])
        plural = not noun.mass
        ending = ("a" if noun.gender == "f" else "o") + ("s" if plural else "")
        name = noun.english[plural]
        question_word = part(
            f"cuánt{ending} {noun.spanish[plural]}",
            f"how/0 {'many' if plural else 'much'}/0 {name}/1",
        )
        tense, outer = any_tense(
            rng, [o for o in action.outers if o.lemma in ("ir", "querer", "tener")]
        )
        frame = Frame("?", question_word=question_word)
        pairs = (pairing("cuánto", noun.spanish[0]), pairing(action.meaning.lemma, noun.spanish[0]))
        yield clause(
            _subject_of_question(rng), Verb(action.meaning, tense, outer), (), pairs, frame
        )
