"""English verbs: inflection, do-support, word order of statements and questions.

A verb group is a row of words, the first of which is inflected ("get up", "want to
buy"). Each word carries the Spanish positions it comes from.
"""

from __future__ import annotations

from functools import cache
from typing import Literal

Link = tuple[int, ...] | None
Words = tuple[tuple[str, Link], ...]
EnglishTense = Literal["present", "progressive", "past", "modal", "imperative"]

_IRREGULAR = {
    "bring": ("brings", "brought", "bringing"),
    "break": ("breaks", "broke", "breaking"),
    "buy": ("buys", "bought", "buying"),
    "come": ("comes", "came", "coming"),
    "cut": ("cuts", "cut", "cutting"),
    "do": ("does", "did", "doing"),
    "drink": ("drinks", "drank", "drinking"),
    "eat": ("eats", "ate", "eating"),
    "feel": ("feels", "felt", "feeling"),
    "find": ("finds", "found", "finding"),
    "get": ("gets", "got", "getting"),
    "give": ("gives", "gave", "giving"),
    "go": ("goes", "went", "going"),
    "have": ("has", "had", "having"),
    "know": ("knows", "knew", "knowing"),
    "leave": ("leaves", "left", "leaving"),
    "lose": ("loses", "lost", "losing"),
    "make": ("makes", "made", "making"),
    "meet": ("meets", "met", "meeting"),
    "put": ("puts", "put", "putting"),
    "read": ("reads", "read", "reading"),
    "run": ("runs", "ran", "running"),
    "show": ("shows", "showed", "showing"),
    "see": ("sees", "saw", "seeing"),
    "sell": ("sells", "sold", "selling"),
    "send": ("sends", "sent", "sending"),
    "sing": ("sings", "sang", "singing"),
    "sit": ("sits", "sat", "sitting"),
    "sleep": ("sleeps", "slept", "sleeping"),
    "speak": ("speaks", "spoke", "speaking"),
    "swim": ("swims", "swam", "swimming"),
    "take": ("takes", "took", "taking"),
    "teach": ("teaches", "taught", "teaching"),
    "tell": ("tells", "told", "telling"),
    "think": ("thinks", "thought", "thinking"),
    "understand": ("understands", "understood", "understanding"),
    "wake": ("wakes", "woke", "waking"),
    "wear": ("wears", "wore", "wearing"),
    "win": ("wins", "won", "winning"),
    "write": ("writes", "wrote", "writing"),
}
_DOUBLING = ("prefer",)
_BE = {
    "present": {"I": "am", "he": "is", "she": "is", "it": "is"},
    "past": {"I": "was", "he": "was", "she": "was", "it": "was"},
}
_THIRD = ("he", "she", "it")
OWN = {
    "I": "my",
    "you": "your",
    "you all": "your",
    "he": "his",
    "she": "her",
    "it": "its",
    "we": "our",
    "they": "their",
}
SELF = {
    "I": "myself",
    "you": "yourself",
    "you all": "yourselves",
    "he": "himself",
    "she": "herself",
    "it": "itself",
    "we": "ourselves",
    "they": "themselves",
}


@cache
def inflected(base: str) -> tuple[str, str, str]:
    """Third person, past and -ing form of a verb: cook -> (cooks, cooked, cooking)."""
    if base in _IRREGULAR:
        return _IRREGULAR[base]
    stem = base + base[-1] if base in _DOUBLING else base
    if base.endswith("y") and base[-2] not in "aeiou":
        return base[:-1] + "ies", base[:-1] + "ied", base + "ing"
    third = base + ("es" if base.endswith(("s", "sh", "ch", "x", "o")) else "s")
    if base.endswith("e"):
        return third, base + "d", base[:-1] + "ing"
    return third, stem + "ed", stem + "ing"


def be(agreement: str, tense: Literal["present", "past"]) -> str:
    """The form of "to be" for a subject class such as ``he`` or ``you all``."""
    return _BE[tense].get(agreement, "are" if tense == "present" else "were")


@cache
def marked(text: str) -> Words:
    """Reads words with their Spanish positions: ``"the red/2 book/1"``.

    ``/1,2`` names several positions, ``/-`` a content word on which Spanish is silent;
    a word without a mark is a function word.
    """
    words: list[tuple[str, Link]] = []
    for item in text.split():
        word, slash, mark = item.partition("/")
        places = () if mark == "-" else tuple(int(n) for n in mark.split(",") if n)
        words.append((word, places if slash else None))
    return tuple(words)


@cache
def shifted(words: Words, offset: int) -> Words:
    """The same words with every position moved by ``offset``."""
    return tuple([(word, link and tuple([n + offset for n in link])) for word, link in words])


@cache
def verb_group(
    head: Words, agreement: str, tense: EnglishTense, negated: bool, question: bool
) -> tuple[Words, Words, Words]:
    """Splits a verb into what stands before the subject, between, and the verb itself.

    The adverbs of frequency go between the last two: "does | she | (always) | read".

    Args:
        head: the words of the verb, the first of them to be inflected.
        agreement: subject class: I, you, you all, he, she, it, we, they.
        tense: of the English side.
        negated: with "not".
        question: with the auxiliary before the subject.

    Returns:
        (before the subject, auxiliary after the subject, verb).
    """
    (base, link), rest = head[0], head[1:]
    third, past, ing = inflected(base) if base != "be" else ("is", "was", "being")
    auxiliary, verb = "", base
    if tense == "modal":
        return _word_order(((base, link),), rest, negated, question)
    if tense == "progressive":
        auxiliary, verb = be(agreement, "present"), ing
    elif tense == "imperative":
        auxiliary = "do" if negated else ""
    elif base == "be":
        auxiliary, verb = be(agreement, tense), ""
    elif negated or question:
        auxiliary = "did" if tense == "past" else "does" if agreement in _THIRD else "do"
    elif tense == "past":
        verb = past
    elif agreement in _THIRD:
        verb = third
    main: Words = ((verb, link), *rest) if verb else rest
    return _word_order(((auxiliary, None),) if auxiliary else (), main, negated, question)


def _word_order(
    auxiliary: Words, main: Words, negated: bool, question: bool
) -> tuple[Words, Words, Words]:
    negation: Words = (("not", None),) if negated else ()
    if question:
        return auxiliary, negation, main
    if negated and auxiliary[0][0] == "can":
        return (), (("cannot", auxiliary[0][1]),), main
    return (), auxiliary + negation, main
