"""Sentences with object and reflexive pronouns: lo compré, te lo doy, se levanta."""

from __future__ import annotations

from collections.abc import Iterator
from random import Random

from .actions import any_tense, place_part
from .choices import (
    ACTIONS,
    asking,
    governing,
    owner_of,
    pairing,
    pick,
    timing,
)
from .clauses import Draft, Frame, clause
from .conjugation import EL, ELLOS, NOSOTROS, TU, YO
from .lexicon import NOUNS, PLACES
from .meanings import OUTER, REFLEXIVE, Meaning, Verb
from .parts import NAMES, PEOPLE, Part, noun_phrase, part, personal

_HOURS = [
    "una",
    "dos",
    "tres",
    "cuatro",
    "cinco",
    "seis",
    "siete",
    "ocho",
    "nueve",
    "diez",
    "once",
    "doce",
]
_NUMBERS = [
    "one",
    "two",
    "three",
    "four",
    "five",
    "six",
    "seven",
    "eight",
    "nine",
    "ten",
    "eleven",
    "twelve",
]


def _hour(index: int) -> Part:
    article, number = "las" if index else "la", _NUMBERS[index]
    spanish = f"a {article} {_HOURS[index]}"
    return part(spanish, f"at {number}/2", f"at {number}/2 o'clock/-")


AT_HOURS = {_HOURS[index]: _hour(index) for index in range(12)}
_EARLY = {
    **{name: AT_HOURS[name] for name in ("seis", "siete", "ocho", "nueve", "diez", "once")},
    "temprano": part("temprano", "early/0"),
    "tarde": part("tarde", "late/0"),
}
_SEATS = {
    "aquí": part("aquí", "here/0"),
    "allí": part("allí", "there/0"),
    "silla": part("en la silla", "on the chair/2", "in the chair/2"),
    "cama": part("en la cama", "on the bed/2"),
    "ventana": part("cerca de la ventana", "near/0 the window/3"),
    "puerta": part("cerca de la puerta", "near/0 the door/3"),
    "jardín": part("en el jardín", "in the garden/2"),
}
_BODY = {
    "manos": part("las manos", "OWN hands/1"),
    "cara": part("la cara", "OWN face/1"),
    "pelo": part("el pelo", "OWN hair/1"),
    "pies": part("los pies", "OWN feet/1"),
}
_HERE = {"aquí": _SEATS["aquí"], "allí": _SEATS["allí"]}
_STAY = {
    **_HERE,
    **{
        name: place_part(PLACES[name], "at")
        for name in ("casa", "hotel", "oficina", "hospital", "escuela", "Madrid", "pueblo")
    },
}
_FUN = {
    **_HERE,
    **{
        name: place_part(PLACES[name], "at")
        for name in ("playa", "parque", "museo", "Madrid", "montaña", "campo", "ciudad")
    },
    "fiesta": part("en la fiesta", "at the party/2"),
}
_FEEL = {
    "bien": part("bien", "good/0", "well/0", "fine/0"),
    "mal": part("mal", "bad/0", "sick/0", "unwell/0"),
    "mejor": part("mejor", "better/0"),
    "muy bien": part("muy bien", "very/0 good/1", "very/0 well/1"),
    "muy mal": part("muy mal", "very/0 bad/1", "very/0 sick/1"),
    "triste": part("triste", "sad/0"),
    "fuerte": part("fuerte", "strong/0"),
}
_MIRROR = {
    "espejo": part("en el espejo", "in the mirror/2"),
    "agua": part("en el agua", "in the water/2"),
}
_SHOWER = {**_EARLY, "agua": part("con agua fría", "with/0 cold/2 water/1")}
_REFLEXIVES: tuple[tuple[Meaning, dict[str, Part], str], ...] = (
    (Meaning("levantar", ("get up",), upon="get me up"), _EARLY, ""),
    (Meaning("acostar", ("go to bed/0",), upon="put me to bed/0"), _EARLY, ""),
    (Meaning("despertar", ("wake up",), upon="wake me up"), _EARLY, ""),
    (Meaning("duchar", ("take a shower/0",), upon="give me a shower/0"), _SHOWER, ""),
    (Meaning("vestir", ("get dressed/0",)), _EARLY, ""),
    (Meaning("lavar", ("wash",), upon="wash"), _BODY, ""),
    (Meaning("sentar", ("sit down",), upon="sit me down"), _SEATS, ""),
    (Meaning("quedar", ("stay",)), _STAY, ""),
    (Meaning("divertir", ("have fun/0",)), _FUN, ""),
    (Meaning("sentir", ("feel",)), _FEEL, ""),
    (Meaning("mirar", ("look at",), upon="look at"), _MIRROR, "SELF/0"),
)
# Verbs whose infinitive takes the pronoun (comprarlo); with the others it stands before the
# governing verb (lo voy a vender). Both are right; this keeps every joined form frequent.
_JOINED = ("levantar", "acostar", "quedar", "sentar", "comprar", "hacer", "ver", "ayudar", "dar")
_REFLEXIVE_OUTERS = tuple(
    OUTER[n] for n in ("ir", "querer", "poder", "deber", "tener", "necesitar")
)


def reflexive(rng: Random) -> Iterator[Draft]:
    """Reflexive verbs: "Mi hermano se levanta temprano."."""
    while True:
        meaning, complements, tail = pick(rng, _REFLEXIVES)
        mark, subject = asking(rng)
        name = pick(rng, tuple(complements))
        if name in ("triste", "fuerte") and subject.plural:
            continue
        tense, outer = any_tense(rng, list(_REFLEXIVE_OUTERS))
        if meaning.lemma == "sentir":
            outer = None
        pronoun = REFLEXIVE[subject.person]
        climbs = outer is not None and meaning.lemma not in _JOINED
        verb = Verb(meaning, tense, outer, pronoun, (tail,) if tail else (), climbs, True)
        objects = [complements[name]] if rng.random() < 0.8 or tail else []
        if meaning.lemma == "lavar":
            objects = [complements[name]]
        frame = timing(rng, mark, tense, outer)
        pairs = (pairing(f"{meaning.lemma}se", name),) if objects and not tail else ()
        yield clause(subject, verb, objects, pairs, frame)


# pronoun: person it stands for, English of a thing, English of a person
_DIRECT = {
    "lo": (EL, "it/0", ("him/0", "it/0", "you/0")),
    "la": (EL, "it/0", ("her/0", "it/0", "you/0")),
    "los": (ELLOS, "them/0", ("them/0", "you/0")),
    "las": (ELLOS, "them/0", ("them/0", "you/0")),
    "me": (YO, "", ("me/0",)),
    "te": (TU, "", ("you/0",)),
    "nos": (NOSOTROS, "", ("us/0",)),
}
_THINGS = [
    "comer",
    "beber",
    "comprar",
    "vender",
    "leer",
    "escribir",
    "encontrar",
    "perder",
    "abrir",
    "cerrar",
    "lavar",
    "limpiar",
    "usar",
    "traer",
    "preparar",
    "tener",
    "querer",
    "necesitar",
    "entender",
    "romper",
    "reparar",
    "hacer",
    "comprar",
    "hacer",
]
_PERSONS = ["ver", "buscar", "esperar", "ayudar", "llamar", "visitar", "conocer", "escuchar"]
_FIND_OUT = Meaning("averiguar", ("find out", "find it/0 out", "figure it/0 out"))


def direct(rng: Random) -> Iterator[Draft]:
    """Object pronouns: "Lo compré ayer.", "Mi madre quiere verte."."""
    actions = {action.meaning.lemma: action for action in ACTIONS}
    while True:
        of_things = rng.random() < 0.55
        action = actions[pick(rng, _THINGS if of_things else _PERSONS)]
        names = ("lo", "la", "los", "las") if of_things else tuple(_DIRECT)
        pronoun = pick(rng, names)
        person, thing, others = _DIRECT[pronoun]
        mark, subject = asking(rng)
        if person == subject.person and person in (YO, TU, NOSOTROS):
            continue
        if {person, subject.person} in ({YO, NOSOTROS}, {TU, NOSOTROS}):
            continue
        tense, outer = any_tense(rng, action.outers)
        if rng.random() < 0.35 and outer is None and action.outers:
            outer, tense = governing(rng, action.outers), "present"
        frame = timing(rng, mark, tense, outer)
        pair = f"{action.meaning.lemma} {pronoun}"
        pairs = [pairing(pair, a.part.spanish[-1]) for a in (frame.front, frame.end) if a]
        if outer:
            pairs.append(pairing(outer.lemma, pair))
        tail = (thing,) if of_things else others
        climbs = outer is not None and action.meaning.lemma not in _JOINED
        verb = Verb(action.meaning, tense, outer, pronoun, tail, climbs)
        yield clause(subject, verb, (), tuple(pairs), frame)


def finding_out(rng: Random) -> Iterator[Draft]:
    """What the article's "trata de averiguarlo" needs: "Quiero averiguarlo."."""
    outers = tuple(OUTER.values())
    while True:
        mark, subject = asking(rng)
        outer = pick(rng, outers)
        past = outer.lemma in ("querer", "tener", "necesitar", "tratar") and rng.random() < 0.3
        frame = timing(rng, mark, "preterite" if past else "present", outer)
        verb = Verb(_FIND_OUT, "preterite" if past else "present", outer, "lo")
        yield clause(subject, verb, (), (pairing(outer.lemma, "averiguar"),), frame)


_GIVING = {
    "dar": ("give", "give"),
    "mandar": ("send", "send"),
    "traer": ("bring", "give drink read"),
    "escribir": ("write", "write"),
    "leer": ("read", "read"),
    "mostrar": ("show", "give read wear"),
    "vender": ("sell", "goods"),
    "contar": ("tell", "tell"),
}
_INDIRECT = {
    "me": (YO, ("me/0",)),
    "te": (TU, ("you/0",)),
    "le": (EL, ("him/0", "her/0", "you/0")),
    "nos": (NOSOTROS, ("us/0",)),
    "les": (ELLOS, ("them/0", "you/0")),
}
_TO = Part((), ((("to", None),),))
_RECIPIENTS = tuple(s for s in (*NAMES, *PEOPLE) if s.person == EL and s.spanish[0] != "el")


def indirect(rng: Random) -> Iterator[Draft]:
    """Giving and telling: "Le doy el libro a María.", "¿Me traes agua?"."""
    entries = [
        (Meaning(lemma, (head,)), [n for n in NOUNS.values() if n.groups & set(groups.split())])
        for lemma, (head, groups) in _GIVING.items()
    ]
    while True:
        meaning, nouns = pick(rng, entries)
        noun = pick(rng, nouns)
        pronoun = pick(rng, tuple(_INDIRECT))
        person, tail = _INDIRECT[pronoun]
        mark, subject = asking(rng)
        if person == subject.person and person != EL and person != ELLOS:
            continue
        if {person, subject.person} in ({YO, NOSOTROS}, {TU, NOSOTROS}):
            continue
        plural = not noun.mass and rng.random() < 0.25
        words = ("the", "two", "three", "my", "this") if plural else ("the", "a", "a", "this", "my")
        owned = {YO: "my", TU: "your", NOSOTROS: "our"}.get(subject.person, "su")
        word = pick(rng, ("bare", "the") if noun.mass else words)
        word = owned if word == "my" else word
        item = noun_phrase(noun.spanish[0], word, plural, None, owner_of(subject))
        tense, outer = any_tense(
            rng, [OUTER[n] for n in ("ir", "querer", "poder", "deber", "tener")]
        )
        frame = timing(rng, mark, tense, outer)
        pairs = (pairing(meaning.lemma, noun.spanish[0]),)
        if pronoun == "le" and rng.random() < 0.6:
            recipient = pick(rng, _RECIPIENTS)
            if recipient.spanish == subject.spanish:
                continue
            who = personal(Part(recipient.spanish, tuple(w for w, _ in recipient.options)))
            orders: tuple[tuple[int, ...], ...] = ((1, 3, 2), (2, 1))
            objects, tail = [item, who, _TO], ()
        else:
            orders = ((0, 1), (1, 2, 0))
            objects = [item, _TO]
        frame = Frame(
            frame.mark,
            frame.negated,
            adverb=frame.adverb,
            front=frame.front,
            end=frame.end,
            orders=orders,
        )
        climbs = outer is not None and meaning.lemma not in _JOINED
        verb = Verb(meaning, tense, outer, pronoun, tail, climbs)
        yield clause(subject, verb, objects, pairs, frame)
