"""Liking, comparing, owning, naming: me gusta, más alta que, el coche de Ana, esta es mi vida."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from random import Random

from .choices import (
    ACTIONS,
    asking,
    fitting,
    governing,
    pairing,
    pick,
    timing,
)
from .clauses import Draft, Frame, clause
from .conjugation import EL, ELLOS, Tense
from .english import EnglishTense, Words, inflected, marked, verb_group
from .lexicon import ADJECTIVES, NOUNS, Noun
from .meanings import Meaning, Verb
from .parts import NAMES, PEOPLE, SILENT, Part, Subject, noun_phrase, part, personal
from .states import compose, quality, thing_words

_EXPERIENCERS = {"me": 0, "te": 1, "le": 2, "nos": 3, "les": 4}
_LIKED_ACTIONS = {
    "bailar": "dance",
    "cantar": "sing",
    "nadar": "swim",
    "correr": "run",
    "caminar": "walk",
    "viajar": "travel",
    "cocinar": "cook",
    "leer": "read",
    "estudiar": "study",
    "trabajar": "work",
    "dormir": "sleep",
    "jugar": "play",
    "comer": "eat",
    "hablar": "speak",
}
_PLEASING = {
    "gustar": ("gusta", "gustan", "gustó", "gustaron", "like"),
    "encantar": ("encanta", "encantan", "encantó", "encantaron", "love"),
}
_KINDS = (
    *(noun for noun in NOUNS.values() if noun.groups & {"food", "drink", "animal"}),
    NOUNS["música"],
)
_LIKED = tuple(
    noun
    for noun in NOUNS.values()
    if noun.groups & {"goods", "event", "building", "town", "text"}
    and not noun.groups & {"person", "dish", "food", "drink"}
)


def _liked_thing(rng: Random) -> tuple[Part, str, bool]:
    """Something to like: a phrase, its name, and whether it is plural."""
    kind = rng.random()
    if kind < 0.25:
        name = pick(rng, tuple(_LIKED_ACTIONS))
        base = _LIKED_ACTIONS[name]
        ing = inflected(base)[2]
        return part(name, f"to {base}/0", f"{ing}/0"), name, False
    if kind < 0.55:
        noun = pick(rng, _KINDS)
        plural = not noun.mass
        general = noun_phrase(noun.spanish[0], "the", plural)
        bare = tuple(words[1:] for words in general.english)
        return Part(general.spanish, bare + general.english), noun.spanish[0], plural
    noun = pick(rng, _LIKED)
    plural = not noun.mass and rng.random() < 0.3
    words = ("this", "that") if plural else thing_words(noun)
    return noun_phrase(noun.spanish[0], pick(rng, words), plural), noun.spanish[0], plural


def _experiencer(rng: Random) -> tuple[str, Part, Sequence[tuple[Words, str]], str]:
    """Pronoun, stated experiencer (may be empty), English subjects, and its name."""
    if rng.random() < 0.55:
        pronoun = pick(rng, tuple(_EXPERIENCERS))
        options = SILENT[_EXPERIENCERS[pronoun]]
        return pronoun, Part((), ((),)), tuple((((w[0][0], (0,)),), a) for w, a in options), ""
    subject = pick(rng, (*NAMES, *PEOPLE))
    pronoun = "les" if subject.plural else "le"
    experiencer = personal(Part(subject.spanish, tuple(words for words, _ in subject.options)))
    agreement = subject.options[0][1]
    return (
        pronoun,
        experiencer,
        tuple((words, agreement) for words in experiencer.english),
        subject.name,
    )


def liking(rng: Random) -> Iterator[Draft]:
    """As in "Me gusta el café.", "A mi hermana no le gustan los perros."."""
    while True:
        verb = "gustar" if rng.random() < 0.75 else "encantar"
        one, many, one_past, many_past, english = _PLEASING[verb]
        thing, name, plural = _liked_thing(rng)
        past = rng.random() < 0.25 and name not in _LIKED_ACTIONS
        if past:  # the coffee that one drank, rather than coffee
            thing = Part(
                thing.spanish, tuple(sorted(thing.english, key=lambda w: w[0][0] != "the"))
            )
        form = (many_past if past else many) if plural else (one_past if past else one)
        pronoun, experiencer, options, who = _experiencer(rng)
        mark = "?" if rng.random() < 0.2 and pronoun not in ("me", "nos") else "."
        negated = verb == "gustar" and rng.random() < 0.25
        spanish = [*(["no"] if negated else []), pronoun, form]
        at = len(spanish) - 1
        tense: EnglishTense = "past" if past else "present"
        english_options: list[Words] = []
        offset = len(experiencer.spanish)
        for words, agreement in options:
            before, middle, main = verb_group(
                ((english, (offset + at,)),), agreement, tense, negated, mark == "?"
            )
            who_words = words if who else ((words[0][0], (at - 1,)),)
            english_options.append((*before, *who_words, *middle, *main))
        whole = Part((*experiencer.spanish, *spanish), tuple(english_options))
        pairs = [pairing(verb, name)] + ([pairing(who, name)] if who else [])
        yield compose(mark, [whole, thing], [[0, 1]], tuple(pairs))


_COMPARATIVES = {
    "grande": "bigger/1",
    "pequeño": "smaller/1",
    "caro": "more/0 expensive/1",
    "barato": "cheaper/1",
    "interesante": "more/0 interesting/1",
    "importante": "more/0 important/1",
    "difícil": "more/0 difficult/1",
    "fácil": "easier/1",
    "largo": "longer/1",
    "corto": "shorter/1",
    "nuevo": "newer/1",
    "viejo": "older/1",
    "bonito": "prettier/1",
    "alto": "taller/1",
    "bajo": "shorter/1",
    "joven": "younger/1",
    "inteligente": "more/0 intelligent/1",
    "simpático": "nicer/1",
    "rico": "richer/1",
    "fuerte": "stronger/1",
    "pobre": "poorer/1",
}
"""English of "más" + adjective; the position of a one-word comparative is the adjective's."""

_BE = Meaning("ser", ("be",), lasting=True)


def comparing(rng: Random) -> Iterator[Draft]:
    """As in "María es más alta que su hermano.", "Este libro es más caro que ese libro."."""
    adjectives = [a for a in ADJECTIVES if a.masculine in _COMPARATIVES]
    of_people = [a for a in adjectives if "person" in a.groups]
    people = [s for s in (*NAMES, *NAMES, *PEOPLE) if s.person == EL and s.spanish[0] != "tu"]
    while True:
        mark = "?" if rng.random() < 0.15 else "."
        if rng.random() < 0.6:
            one, other = pick(rng, people), pick(rng, people)
            adjective = pick(rng, of_people)
            gender = one.genders
            other_words = other.options[0][0]
        else:
            nouns = [n for n in NOUNS.values() if "person" not in n.groups and not n.mass]
            noun = pick(rng, nouns)
            fit = [a for a in fitting(noun) if a in adjectives]
            if not fit:
                continue
            adjective, gender = pick(rng, fit), noun.gender
            first, second = pick(rng, (("this", "that"), ("my", "your"), ("your", "my")))
            one = _thing(noun, first)
            other = _thing(noun, second)
            other_words = other.options[0][0]
        if one.spanish == other.spanish:
            continue
        form = adjective.form("f" if gender == "f" else "m", False)
        words = marked(_COMPARATIVES[adjective.masculine])
        item = Part(("más", form), (words,))
        than = Part(
            ("que", *other.spanish),
            ((("than", (0,)), *((w, link and (link[0] + 1,)) for w, link in other_words)),),
        )
        pairs = tuple(
            pairing(f"más {adjective.masculine}", subject.name)
            for subject in dict.fromkeys((one, other))
        )
        frame = Frame(mark, negated=rng.random() < 0.15)
        yield clause(one, Verb(_BE), [item, than], pairs, frame)


def _thing(noun: Noun, word: str) -> Subject:
    phrase = noun_phrase(noun.spanish[0], word)
    return Subject(phrase.spanish, EL, tuple((w, "it") for w in phrase.english[:1]), noun.gender)


_OWNERS = tuple(s for s in (*NAMES, *PEOPLE) if s.person == EL)
_OWNED = tuple(noun for noun in NOUNS.values() if noun.groups & {"own", "wear", "animal"})


def possession(noun: Noun, owner: Subject, plural: bool) -> Part:
    """Something of somebody: "las llaves de Ana", Ana's keys."""
    thing = noun_phrase(noun.spanish[0], "the", plural)
    of = personal(Part(owner.spanish, (owner.options[0][0],)), "de")
    offset = len(thing.spanish)
    *before, (name, link) = of.english[0]
    shifted_link = tuple(n + offset for n in link or ())
    words = [(w, places and tuple(n + offset for n in places)) for w, places in before]
    english = tuple(
        (*words, (f"{name}'s", (offset, *shifted_link)), *option[1:]) for option in thing.english
    )
    return Part((*thing.spanish, *of.spanish), english)


def owning(rng: Random) -> Iterator[Draft]:
    """As in "El coche de mi hermano es nuevo.", "Ana lavó el vestido de Elena."."""
    actions = [a for a in ACTIONS if a.owned and a.meaning.lemma != "leer"]
    while True:
        noun, owner = pick(rng, _OWNED), pick(rng, _OWNERS)
        plural = rng.random() < 0.25
        whole = possession(noun, owner, plural)
        pairs = [pairing(noun.spanish[0], owner.name)]
        mark = "?" if rng.random() < 0.15 else "."
        frame = Frame(mark, negated=rng.random() < 0.15)
        if rng.random() < 0.5:
            adjective = pick(rng, fitting(noun))
            agreement = "they" if plural else "it"
            options = tuple((words, agreement) for words in whole.english)
            subject = Subject(whole.spanish, ELLOS if plural else EL, options, noun.gender)
            item = quality(adjective, noun.gender, plural)
            pairs.append(pairing(noun.spanish[0], adjective.masculine))
            yield clause(subject, Verb(_BE), [item], tuple(pairs), frame)
            continue
        fit = [a for a in actions if noun in a.objects]
        action = pick(rng, fit)
        mark, subject = asking(rng)
        if subject.spanish == owner.spanish:
            continue
        pairs.append(pairing(action.meaning.lemma, noun.spanish[0]))
        verb = Verb(action.meaning, "preterite" if rng.random() < 0.6 else "present")
        frame = Frame(mark, frame.negated)
        yield clause(subject, verb, [whole], tuple(pairs), frame)


_ONES = [
    "rojo",
    "azul",
    "verde",
    "blanco",
    "negro",
    "amarillo",
    "nuevo",
    "viejo",
    "grande",
    "pequeño",
    "caro",
    "barato",
    "limpio",
]


def the_red_one(rng: Random) -> Iterator[Draft]:
    """As in "Prefiero la roja." I prefer the red one; Spanish has no word for "one"."""
    adjectives = [a for a in ADJECTIVES if a.masculine in _ONES]
    actions = [
        a
        for a in ACTIONS
        if a.meaning.lemma in ("querer", "preferir", "comprar", "necesitar", "vender", "usar")
    ]
    while True:
        action, adjective = pick(rng, actions), pick(rng, adjectives)
        feminine, plural = rng.random() < 0.5, rng.random() < 0.35
        article = (("la", "las") if feminine else ("el", "los"))[plural]
        form = adjective.form("f" if feminine else "m", plural)
        every = (adjective.english, *adjective.also)
        one = "ones" if plural else "one"
        item = part(f"{article} {form}", *(f"the {word}/1 {one}/-" for word in every))
        mark, subject = asking(rng, 0.25)
        tense: Tense = "preterite" if rng.random() < 0.3 else "present"
        outer = governing(rng, action.outers) if action.outers and rng.random() < 0.3 else None
        frame = timing(rng, mark, "present" if outer else tense, outer)
        pairs = (pairing(action.meaning.lemma, f"el {adjective.masculine}"),)
        verb = Verb(action.meaning, "present" if outer else tense, outer)
        yield clause(subject, verb, [item], pairs, frame)


_POINTING = {
    "this": (("este", "esta", "estos", "estas"), ("this/0", "these/0")),
    "that": (("ese", "esa", "esos", "esas"), ("that/0", "those/0")),
}


def pointing(rng: Random) -> Iterator[Draft]:
    """As in "Esta es mi casa.", "¿Esos son tus zapatos?"."""
    nouns = [
        noun
        for noun in NOUNS.values()
        if noun.groups
        & {"own", "wear", "animal", "family", "friend", "read", "building", "abstract", "thing"}
        and noun.spanish[0] not in ("iglesia", "museo", "hotel", "tienda")
    ]
    while True:
        noun = pick(rng, nouns)
        plural = rng.random() < 0.3 and not noun.groups & {"abstract", "play"}
        near = pick(rng, ("this", "that"))
        spanish, english = _POINTING[near]
        word = pick(rng, ("my", "my", "your", "su", "our", "owner"))
        adjective = None
        if word == "owner":
            owner = pick(rng, _OWNERS)
            if "person" in noun.groups or "abstract" in noun.groups:
                continue
            item = possession(noun, owner, plural)
            pairs = [pairing(noun.spanish[0], owner.name)]
        else:
            fit = fitting(noun)
            adjective = pick(rng, fit) if fit and rng.random() < 0.15 else None
            item = noun_phrase(noun.spanish[0], word, plural, adjective)
            pairs = [pairing(noun.spanish[0], adjective.masculine)] if adjective else []
        pairs.append(pairing("this is" if near == "this" else "that is", noun.spanish[0]))
        form = spanish[2 * plural + (noun.gender == "f")]
        options = ((marked(english[plural]), "they" if plural else "it"),)
        subject = Subject((form,), ELLOS if plural else EL, options)
        mark = "?" if rng.random() < 0.25 else "."
        frame = Frame(mark, negated=rng.random() < 0.2)
        yield clause(subject, Verb(_BE), [item], tuple(pairs), frame)
