"""Spanish verb forms by rule: present, preterite, the imperatives and the infinitive.

Five persons are kept, as they are spoken in Latin America (no vosotros): yo, tú,
él/ella/usted, nosotros, ellos/ellas/ustedes. Reference for every rule: Real Academia
Española, "Nueva gramática de la lengua española" (2009), chapter 4.
"""

from __future__ import annotations

from functools import cache
from typing import Literal

Tense = Literal["present", "preterite"]
Forms = tuple[str, str, str, str, str]

YO, TU, EL, NOSOTROS, ELLOS = range(5)

_PRESENT = {
    "ar": ("o", "as", "a", "amos", "an"),
    "er": ("o", "es", "e", "emos", "en"),
    "ir": ("o", "es", "e", "imos", "en"),
}
_PRETERITE = {
    "ar": ("é", "aste", "ó", "amos", "aron"),
    "er": ("í", "iste", "ió", "imos", "ieron"),
    "ir": ("í", "iste", "ió", "imos", "ieron"),
}
_STRONG = ("e", "iste", "o", "imos", "ieron")

# In a stressed stem the vowel changes: pensar, pienso, pensamos.
_STEM_CHANGE = {
    "acostar": "o>ue",
    "cerrar": "e>ie",
    "despertar": "e>ie",
    "divertir": "e>ie",
    "dormir": "o>ue",
    "encontrar": "o>ue",
    "entender": "e>ie",
    "jugar": "u>ue",
    "pedir": "e>i",
    "pensar": "e>ie",
    "perder": "e>ie",
    "poder": "o>ue",
    "preferir": "e>ie",
    "querer": "e>ie",
    "sentar": "e>ie",
    "sentir": "e>ie",
    "mostrar": "o>ue",
    "contar": "o>ue",
    "tener": "e>ie",
    "venir": "e>ie",
    "vestir": "e>i",
    "volver": "o>ue",
}
_FIRST_PERSON = {
    "conocer": "conozco",
    "decir": "digo",
    "hacer": "hago",
    "poner": "pongo",
    "salir": "salgo",
    "tener": "tengo",
    "traer": "traigo",
    "venir": "vengo",
}
_STRONG_PRETERITE = {
    "decir": "dij",
    "estar": "estuv",
    "hacer": "hic",
    "poder": "pud",
    "poner": "pus",
    "querer": "quis",
    "tener": "tuv",
    "traer": "traj",
    "venir": "vin",
}
_WHOLE: dict[tuple[str, Tense], Forms] = {
    ("dar", "present"): ("doy", "das", "da", "damos", "dan"),
    ("dar", "preterite"): ("di", "diste", "dio", "dimos", "dieron"),
    ("decir", "present"): ("digo", "dices", "dice", "decimos", "dicen"),
    ("estar", "present"): ("estoy", "estás", "está", "estamos", "están"),
    ("ir", "present"): ("voy", "vas", "va", "vamos", "van"),
    ("ir", "preterite"): ("fui", "fuiste", "fue", "fuimos", "fueron"),
    ("ser", "present"): ("soy", "eres", "es", "somos", "son"),
    ("ser", "preterite"): ("fui", "fuiste", "fue", "fuimos", "fueron"),
    ("ver", "present"): ("veo", "ves", "ve", "vemos", "ven"),
    ("ver", "preterite"): ("vi", "viste", "vio", "vimos", "vieron"),
}
_FAMILIAR_IMPERATIVE = {
    "decir": "di",
    "hacer": "haz",
    "ir": "ve",
    "poner": "pon",
    "salir": "sal",
    "ser": "sé",
    "tener": "ten",
    "venir": "ven",
}
_FORMAL_IMPERATIVE = {"dar": "dé", "estar": "esté", "ir": "vaya", "ser": "sea"}


def _changed_stem(lemma: str, change: str) -> str:
    """The stem with its last changing vowel replaced: ("despertar", "e>ie") -> "despiert"."""
    old, new = change.split(">")
    head, _, tail = lemma[:-2].rpartition(old)
    return head + new + tail


def _before_e(stem: str) -> str:
    """The stem as spelt before e, so that it sounds as before a: busc -> busqu."""
    for end, spelt in (("c", "qu"), ("g", "gu"), ("z", "c")):
        if stem.endswith(end):
            return stem[:-1] + spelt
    return stem


def _present(lemma: str) -> Forms:
    stem, ending = lemma[:-2], lemma[-2:]
    change = _STEM_CHANGE.get(lemma)
    stressed_stem = _changed_stem(lemma, change) if change else stem
    yo, tu, el, nosotros, ellos = _PRESENT[ending]
    first = _FIRST_PERSON.get(lemma, stressed_stem + yo)
    return (first, stressed_stem + tu, stressed_stem + el, stem + nosotros, stressed_stem + ellos)


def _strong_preterite(lemma: str) -> Forms:
    stem = _STRONG_PRETERITE[lemma]
    yo, tu, el, nosotros, ellos = (stem + ending for ending in _STRONG)
    if stem.endswith("j"):
        ellos = stem + "eron"
    return (yo, tu, "hizo" if lemma == "hacer" else el, nosotros, ellos)


def _preterite(lemma: str) -> Forms:
    stem, ending = lemma[:-2], lemma[-2:]
    if lemma in _STRONG_PRETERITE:
        return _strong_preterite(lemma)
    if ending != "ar" and stem[-1] in "aeo":  # leer: an i between vowels is written y
        return (stem + "í", stem + "íste", stem + "yó", stem + "ímos", stem + "yeron")
    yo, tu, el, nosotros, ellos = _PRETERITE[ending]
    third = stem
    if ending == "ir" and lemma in _STEM_CHANGE:  # pedir, pidió; dormir, durmió
        third = _changed_stem(lemma, "o>u" if _STEM_CHANGE[lemma] == "o>ue" else "e>i")
    first = _before_e(stem) if ending == "ar" else stem
    return (first + yo, stem + tu, third + el, stem + nosotros, third + ellos)


@cache
def forms(lemma: str, tense: Tense) -> Forms:
    """The five persons of a verb, in the order yo, tú, él, nosotros, ellos.

    Args:
        lemma: infinitive without pronoun, such as ``comer``.
        tense: ``present`` or ``preterite``.
    """
    whole = _WHOLE.get((lemma, tense))
    if whole:
        return whole
    return _present(lemma) if tense == "present" else _preterite(lemma)


def familiar_imperative(lemma: str) -> str:
    """What one tells a friend to do: come, haz."""
    return _FAMILIAR_IMPERATIVE.get(lemma) or forms(lemma, "present")[EL]


def formal_imperative(lemma: str) -> str:
    """What one tells a stranger to do (also the negative one): coma, haga, busque."""
    if lemma in _FORMAL_IMPERATIVE:
        return _FORMAL_IMPERATIVE[lemma]
    stem = forms(lemma, "present")[YO][:-1]
    return _before_e(stem) + "e" if lemma.endswith("ar") else stem + "a"
