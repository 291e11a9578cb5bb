"""Sentences about how things are: ser, estar, hay, tener, hace frío, me gusta."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import product
from random import Random

from .choices import (
    ALWAYS,
    STILL,
    fitting,
    pairing,
    pick,
)
from .clauses import OPENING, Adverb, Draft, Frame, clause
from .conjugation import EL, ELLOS, TU, YO, Tense
from .english import Words, marked, shifted
from .lexicon import ADJECTIVES, NOUNS, STATES, Adjective, Gender, Noun
from .meanings import OUTER, Meaning, Verb
from .parts import (
    NAMES,
    PAIRS,
    PEOPLE,
    PRONOUNS,
    Part,
    Subject,
    noun_phrase,
    part,
    silent,
    with_article,
)

_BE = Meaning("ser", ("be",), lasting=True)
BE_NOW = Meaning("estar", ("be",), lasting=True)
_PEOPLE = (*PRONOUNS, *NAMES, *PEOPLE, *PEOPLE, *PAIRS)
_DEGREES = {"": (), "muy": (("very", (0,)),), "demasiado": (("too", (0,)),)}


def compose(
    mark: str,
    parts: Sequence[Part],
    orders: Sequence[Sequence[int | str]],
    combinations: tuple[str, ...] = (),
) -> Draft:
    """A sentence from parts in Spanish order and one or more English orders of them.

    Args:
        mark: "." or "?" or "!".
        parts: the Spanish sentence.
        orders: for each way to say it in English, best first, a row of part numbers and
            of English function words.
        combinations: which words meet here.
    """
    words, places = list(OPENING[mark]), []
    for item in parts:
        places.append(len(words))
        words.extend(item.spanish)
    english: list[Words] = []
    for order in orders:
        choices: list[list[Words]] = [
            [marked(item)]
            if isinstance(item, str)
            else [shifted(option, places[item]) for option in parts[item].english]
            for item in order
        ]
        english += [sum(choice, ()) for choice in product(*choices)]
    return Draft(tuple(words), mark, english, combinations)


def quality(adjective: Adjective, gender: Gender, plural: bool, degree: str = "") -> Part:
    """An adjective as predicate: "muy altas", very tall."""
    head = (degree,) if degree else ()
    spanish = (*head, adjective.form(gender, plural))
    every = (adjective.english, *adjective.also)
    words = tuple((*_DEGREES[degree], (english, (len(head),))) for english in every)
    return Part(spanish, words)


def _gender(rng: Random, subject: Subject) -> Gender:
    return "f" if pick(rng, subject.genders) == "f" else "m"


def person_subject(rng: Random, mark: str) -> tuple[Subject, Gender]:
    """A person, stated or not, with the gender that adjectives take."""
    if rng.random() < 0.25:
        persons = (TU, EL, ELLOS) if mark == "?" else (YO, TU, EL, 3, ELLOS)
        gender: Gender = "f" if rng.random() < 0.5 else "m"
        return silent(pick(rng, persons), gender), gender
    subject = pick(rng, _PEOPLE)
    while mark == "?" and subject.person in (YO, 3):
        subject = pick(rng, _PEOPLE)
    return subject, _gender(rng, subject)


def thing_subject(rng: Random, noun: Noun, determiners: Sequence[str], plural: bool) -> Subject:
    """A thing as subject, "esta casa"; a thing is "it" or "they"."""
    phrase = noun_phrase(noun.spanish[0], pick(rng, determiners), plural)
    agreement = "they" if plural else "it"
    options = tuple((words, agreement) for words in phrase.english)
    return Subject(phrase.spanish, ELLOS if plural else EL, options, noun.gender)


_THING_WORDS = ("the", "the", "my", "your", "su", "our", "this", "that")
_UNOWNED = ("the", "the", "this", "that")


def thing_words(noun: Noun) -> Sequence[str]:
    """The determiners of a thing that is talked about; nobody has a street of their own."""
    unowned_groups = {"town", "plant", "food", "drink", "await"} & noun.groups
    return _UNOWNED if unowned_groups and noun.spanish[0] != "ciudad" else _THING_WORDS


def describing_people(rng: Random) -> Iterator[Draft]:
    """As in "Mi hermana es muy alta."."""
    adjectives = [a for a in ADJECTIVES if "person" in a.groups and a.masculine != "tranquilo"]
    while True:
        mark = "?" if rng.random() < 0.15 else "."
        subject, gender = person_subject(rng, mark)
        adjective = pick(rng, adjectives)
        subject = _maybe_a_thing(subject, adjective, {"person", "job"})
        degree = pick(rng, ("", "", "", "muy", "muy", "demasiado"))
        item = quality(adjective, gender, subject.plural, degree)
        frame = Frame(mark, negated=rng.random() < 0.2)
        pairs = with_name(subject, adjective.masculine)
        yield clause(subject, Verb(_BE), [item], pairs, frame)


IT: tuple[Words, str] = ((("it", None),), "it")


def _maybe_a_thing(subject: Subject, adjective: Adjective, personal_groups: set[str]) -> Subject:
    """The silent subject of an adjective: any gender for "fuerte", "it" too for "viejo"."""
    if subject.spanish:
        return subject
    if adjective.masculine == adjective.feminine:
        subject = silent(subject.person)
    if subject.person == EL and adjective.groups - personal_groups:
        return Subject((), EL, (*subject.options, IT), subject.genders)
    return subject


def with_name(subject: Subject, word: str) -> tuple[str, ...]:
    """The combination of a named subject and a word; a pronoun goes with everything."""
    if len(subject.spanish) < 2:
        return ()
    return (pairing(subject.name, word),)


def professions(rng: Random) -> Iterator[Draft]:
    """As in "Ana es médica.", "¿Eres estudiante?"."""
    jobs = [noun for noun in NOUNS.values() if "job" in noun.groups]
    while True:
        mark = "?" if rng.random() < 0.2 else "."
        subject, gender = person_subject(rng, mark)
        job = pick(rng, [j for j in jobs if j.gender == gender or j.spanish[0] == "estudiante"])
        if job.spanish[0] == "estudiante" and not subject.spanish:
            subject = silent(subject.person)
        if any(job.spanish[subject.plural] in subject.spanish for job in jobs):
            continue
        name = job.english[subject.plural]
        word: Words = ((name, (0,)),)
        if not subject.plural:
            word = with_article((("a", None), *word))
        item = Part((job.spanish[subject.plural],), (word,))
        frame = Frame(mark, negated=rng.random() < 0.2)
        yield clause(subject, Verb(_BE), [item], with_name(subject, job.spanish[0]), frame)


def describing_things(rng: Random) -> Iterator[Draft]:
    """As in "Esta casa es muy grande.", "La fiesta fue aburrida.", "Es roja."."""
    nouns = [n for n in NOUNS.values() if fitting(n) and "person" not in n.groups]
    while True:
        noun = pick(rng, nouns)
        adjective = pick(rng, fitting(noun))
        plural = not noun.mass and rng.random() < 0.35
        mark = "?" if rng.random() < 0.15 else "."
        subject = thing_subject(rng, noun, thing_words(noun), plural)
        tense: Tense = "present"
        outer = None
        if "event" in noun.groups and "event" in adjective.groups:
            tense = "preterite" if rng.random() < 0.5 else "present"
            outer = OUTER["ir"] if tense == "present" and rng.random() < 0.2 else None
        degree = pick(rng, ("", "", "muy", "demasiado"))
        item = quality(adjective, noun.gender, plural, degree)
        frame = Frame(mark, negated=rng.random() < 0.2)
        pairs = (pairing(noun.spanish[0], adjective.masculine),)
        yield clause(subject, Verb(_BE, tense, outer), [item], pairs, frame)


def states_of_people(rng: Random) -> Iterator[Draft]:
    """As in "Mis padres están cansados.", "¿Todavía estás enfermo?"."""
    states = [state for state in STATES if "person" in state.groups]
    nows = (STILL, STILL, ALWAYS)
    now = (Adverb(part("hoy", "today/0")), Adverb(part("ahora", "now/0")))
    while True:
        mark = "?" if rng.random() < 0.25 else "."
        subject, gender = person_subject(rng, mark)
        state = pick(rng, states)
        subject = _maybe_a_thing(subject, state, {"person", "animal"})
        degree = "muy" if rng.random() < 0.2 and state.masculine not in ("solo", "listo") else ""
        item = quality(state, gender, subject.plural, degree)
        kind = rng.random()
        frame = Frame(mark, negated=rng.random() < 0.2)
        if kind < 0.2:
            frame = Frame(mark, adverb=pick(rng, nows))
        elif kind < 0.4:
            frame = Frame(mark, frame.negated, end=pick(rng, now))
        yield clause(subject, Verb(BE_NOW), [item], with_name(subject, state.masculine), frame)


def states_of_things(rng: Random) -> Iterator[Draft]:
    """As in "La puerta está abierta."."""
    states = [state for state in STATES if state.groups - {"person", "animal"}]
    while True:
        state = pick(rng, states)
        groups = state.groups - {"person"}
        noun = pick(rng, [n for n in NOUNS.values() if n.groups & groups])
        if noun.spanish[0] == "casa" and state.masculine in ("frío", "caliente"):
            continue
        plural = not noun.mass and rng.random() < 0.35
        mark = "?" if rng.random() < 0.2 else "."
        subject = thing_subject(rng, noun, thing_words(noun), plural)
        item = quality(state, noun.gender, plural)
        adverb = STILL if rng.random() < 0.15 else None
        frame = Frame(mark, not adverb and rng.random() < 0.2, adverb=adverb)
        pairs = (pairing(noun.spanish[0], state.masculine),)
        yield clause(subject, Verb(BE_NOW), [item], pairs, frame)
