"""Clauses: subject, verb, objects and adverbs, in Spanish and in every right English.

A Spanish form can be read in several ways, the more so without accents ("hablo" is "I
speak" and, for habló, "he spoke"). ``clause`` finds all readings of the form and
translates each of them.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from itertools import product

from .conjugation import NOSOTROS, TU, YO, forms
from .english import OWN, SELF, Words, marked, shifted, verb_group
from .meanings import (
    Reading,
    Verb,
    english_head,
    governed_heads,
    normal_word,
    readings,
    simple_heads,
)
from .parts import SILENT, Part, Subject


@dataclass(frozen=True, slots=True, eq=False)
class Adverb:
    """An adverb and what it tells of the verb.

    Attributes:
        part: the words.
        tenses: the finite tenses it goes with.
        past_first: of two readings, the past one comes to mind first.
        habit: of what is done again and again, so that "is reading" would be wrong.
    """

    part: Part
    tenses: tuple[str, ...] = ("present", "preterite")
    past_first: bool = False
    habit: bool = False


@dataclass(frozen=True, slots=True, eq=False)
class Frame:
    """What a clause may have around subject, verb and objects.

    Attributes:
        mark: "." or "?" or "!".
        negated: with "no".
        question_word: dónde, qué...; the subject then follows the verb.
        asks_subject: the subject itself is asked for (quién), so English has no "do".
        adverb: before the verb (siempre).
        front, end: adverbs of time.
        orders: English orders of the pronoun (0) and the objects (1, 2...), best first.
    """

    mark: str = "."
    negated: bool = False
    question_word: Part | None = None
    asks_subject: bool = False
    adverb: Adverb | None = None
    front: Adverb | None = None
    end: Adverb | None = None
    orders: tuple[tuple[int, ...], ...] = ()

    @property
    def adverbs(self) -> tuple[Adverb, ...]:
        """All adverbs of the clause."""
        return tuple(a for a in (self.adverb, self.front, self.end) if a)

    @property
    def habitual(self) -> bool:
        """Whether an adverb tells of a habit."""
        return any(adverb.habit for adverb in self.adverbs)


PLAIN = Frame()
OPENING = {".": (), "?": ("¿",), "!": ("¡",)}


@dataclass(slots=True)
class Draft:
    """A sentence before its last mark; positions count its tokens, an opening ¿ or ¡ too.

    ``combinations`` names the words that meet in it, as "leer+libro".
    """

    spanish: tuple[str, ...]
    mark: str
    translations: list[Words]
    combinations: tuple[str, ...]


def _is_possible(reading: Reading, verb: Verb, subject: Subject, frame: Frame) -> bool:
    tense = "present" if reading.order else reading.tense
    if any(tense not in adverb.tenses for adverb in frame.adverbs):
        return False
    if verb.reflexive and verb.other(reading):
        upon = verb.pronoun == "me" and reading.tense == "preterite" and not verb.outer
        if not (upon and verb.meaning.upon):
            return False
    elif not verb.reflexive and verb.pronoun in ("me", "te", "nos") and not verb.other(reading):
        return False
    if not reading.order:
        return not subject.spanish or reading.person == subject.person
    if subject.spanish or frame.mark == "?":
        return False
    if verb.outer:
        if verb.climbs and not frame.negated:
            return False
        return verb.outer.orders and (not frame.negated or reading.tense == "formal")
    if verb.meaning.lasting:
        return False
    # "no lo compre" is an order, but without "no" the pronoun would follow: cómprelo
    return reading.tense == "formal" if frame.negated else not verb.pronoun


def _readings_in_order(verb: Verb, subject: Subject, frame: Frame) -> list[Reading]:
    """The readings of this clause's verb form, the one that comes to mind first in front."""
    form = normal_word(forms(verb.finite, verb.tense)[subject.person])
    orders_first = frame.mark == "!" or (verb.outer is not None and verb.outer.orders)
    past_first = any(adverb.past_first for adverb in frame.adverbs)

    def rank(reading: Reading) -> int:
        if reading.order:
            return 0 if orders_first and reading.tense == "familiar" else 4
        if frame.mark == "?" and reading.person == YO:
            return 3
        return 1 if past_first and reading.tense == "preterite" else 2

    every = readings(verb.finite, form)
    return sorted((r for r in every if _is_possible(r, verb, subject, frame)), key=rank)


@dataclass(slots=True)
class _Layout:
    """Spanish words in a row, and where in it each part of the clause begins."""

    words: list[str] = field(default_factory=list)
    who: int = 0
    finite: int = 0
    infinitive: int = 0
    pronoun: int = 0
    adverb: int = 0
    front: int = 0
    end: int = 0
    objects: list[int] = field(default_factory=list)

    def put(self, words: Sequence[str]) -> int:
        self.words.extend(words)
        return len(self.words) - len(words)

    def put_verb(self, verb: Verb, form: str) -> None:
        ahead = verb.outer is None or verb.climbs
        self.pronoun = self.put((verb.pronoun,) if verb.pronoun and ahead else ())
        self.finite = self.infinitive = self.put((form,))
        if verb.outer:
            self.put(verb.outer.linker)
            enclitic = "" if ahead else verb.pronoun
            self.infinitive = self.put((verb.meaning.lemma + enclitic,))
        if not ahead:
            self.pronoun = self.infinitive


def _laid_out(
    subject: Subject, verb: Verb, form: str, objects: Sequence[Part], frame: Frame
) -> _Layout:
    row = _Layout(list(OPENING[frame.mark]))
    row.front = row.put(frame.front.part.spanish if frame.front else ())
    row.put(frame.question_word.spanish if frame.question_word else ())
    if not frame.question_word:
        row.who = row.put(subject.spanish)
    row.put(("no",) if frame.negated else ())
    row.adverb = row.put(frame.adverb.part.spanish if frame.adverb else ())
    row.put_verb(verb, form)
    if frame.question_word:
        row.who = row.put(subject.spanish)
    row.objects = [row.put(item.spanish) for item in objects]
    row.end = row.put(frame.end.part.spanish if frame.end else ())
    return row


def _around(frame: Frame, row: _Layout) -> list[tuple[Words, Words]]:
    """English (front, end) adverbs of time; one in front may also go to the end."""
    fronts = [shifted(o, row.front) for o in frame.front.part.english] if frame.front else []
    ends = [shifted(o, row.end) for o in frame.end.part.english] if frame.end else []
    around: list[tuple[Words, Words]] = [(words, ()) for words in fronts]
    around += [((), words) for words in fronts + ends]
    return around or [((), ())]


def _after(
    verb: Verb, objects: Sequence[Part], frame: Frame, row: _Layout
) -> list[tuple[Words, bool, bool]]:
    """What follows the verb; is the pronoun "you", is "su" translated as "your"."""
    segments = [[shifted(marked(tail), row.pronoun) for tail in verb.tail] or [()]]
    for item, place in zip(objects, row.objects, strict=True):
        segments.append([shifted(option, place) for option in item.english])
    su = "su" in row.words or "sus" in row.words
    found: list[tuple[Words, bool, bool]] = []
    for order in frame.orders or (tuple(range(len(segments))),):
        for choice in product(*(segments[index] for index in order)):
            words: Words = sum(choice, ())
            pronoun = choice[order.index(0)] if 0 in order else ()
            you = bool(pronoun) and pronoun[0][0] == "you"
            your = su and any(word == "your" for word, _ in words)
            found.append((words, you, your))
    return found


def _with_own_pronouns(words: Words, agreement: str, upon: bool) -> Words:
    """Puts the subject's own pronoun for OWN (his hands) and SELF (himself), or me."""
    fill = {"OWN": OWN[agreement], "SELF": SELF[agreement]}
    if upon:
        fill = {"OWN": "my", "SELF": "me"}
    return tuple([(fill.get(word, word), link) for word, link in words])


Group = tuple[Words, Words, Words]


def _verbs(
    subject: Subject, verb: Verb, frame: Frame, candidates: Sequence[Reading], row: _Layout
) -> Iterator[tuple[Reading, str, Words, Group]]:
    """Every English subject and verb group: readings, their tenses, what the subject may be."""
    question = frame.mark == "?" and not frame.asks_subject
    habit = frame.habitual and not verb.outer
    for reading in candidates:
        if verb.outer:
            args = (verb.meaning, verb.outer, reading.tense, row.finite, row.infinitive)
            heads = governed_heads(*args)
        else:
            upon = verb.reflexive and verb.other(reading)
            heads = simple_heads(verb.meaning, reading.tense, row.finite, upon)
        options = subject.options
        if reading.person != subject.person:
            options = SILENT[reading.person]
        for tense, head in heads:
            if habit and tense == "progressive":
                continue
            if reading.order:
                group = verb_group(head, "you", tense, frame.negated, question)
                yield reading, "you", (), group
                continue
            for words, agreement in options:
                who = shifted(words, row.who)
                group = verb_group(head, agreement, tense, frame.negated, question)
                yield reading, agreement, who, group
    lets = candidates[0].person == NOSOTROS and verb.outer and verb.outer.lemma == "ir"
    if lets and frame.mark != "?" and not (subject.spanish or frame.negated):
        base = shifted(english_head(verb.meaning.heads[0]), row.infinitive)
        yield candidates[0], "we", (), ((), (), (("let", None), ("us", None), *base))


def clause(
    subject: Subject,
    verb: Verb,
    objects: Sequence[Part] = (),
    combinations: tuple[str, ...] = (),
    frame: Frame = PLAIN,
) -> Draft:
    """A sentence with all its right translations.

    Args:
        subject: who acts; ``silent(person)`` where the ending alone tells.
        verb: the verb with its pronoun.
        objects: objects and other complements, in Spanish order.
        combinations: which words meet here; they decide about the split.
        frame: statement or question, negation, adverbs.
    """
    candidates = _readings_in_order(verb, subject, frame)
    row = _laid_out(subject, verb, candidates[0].form, objects, frame)
    question_word = shifted(frame.question_word.english[0], 1) if frame.question_word else ()
    adverbs = [()] if not frame.adverb else frame.adverb.part.english
    middle = [shifted(words, row.adverb) for words in adverbs]
    fill = "SELF/0" in verb.tail or any(item.english[0][0][0] == "OWN" for item in objects)
    after, around = _after(verb, objects, frame, row), _around(frame, row)
    english: list[Words] = []
    for reading, agreement, who, (before, auxiliary, main) in _verbs(
        subject, verb, frame, candidates, row
    ):
        own = reading.person == TU or reading.tense == "familiar"
        for words, you, your in after:
            if (you and agreement.startswith("you")) or (own and your):
                continue  # not "you see you", and "su" is not a friend's own
            for adverb in middle:
                body = (*question_word, *before, *who, *auxiliary, *adverb, *main, *words)
                if fill:
                    body = _with_own_pronouns(
                        body, agreement, verb.reflexive and verb.other(reading)
                    )
                english += [first + body + last for first, last in around]
    return Draft(tuple(row.words), frame.mark, english, combinations)
