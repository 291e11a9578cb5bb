r"""Text of any script -> one normal form, and its words.

Letters become small and composed (NFC). Letters of the Latin script lose their accents, if
that is asked for, and nothing else does: the marks of Hindi, Thai, Arabic or Japanese are
vowels, tones and consonants, and й is another letter than и. Vietnamese is written in Latin
letters whose marks are vowels and tones too; `has_tones` recognises it.

Words follow the default rules of Unicode (UAX #29): a letter or digit with its marks continues
a word; in scripts without spaces each Han or Hiragana character and each cluster of Thai, Lao,
Khmer or Burmese stands alone, and Katakana stays together. No dictionary is needed.
"""

from __future__ import annotations

import html
import unicodedata
from collections.abc import Sequence
from functools import lru_cache

import regex

_STRAIGHT = str.maketrans("\u2018\u2019\u201b\u02bc\u2032\u00b4", "''''''")
# Hints for breaking lines and for the direction of writing, and variants of a sign's picture.
_UNSEEN = regex.compile(
    r"[\u00ad\u034f\u061c\u180b-\u180e\u200b\u200e\u200f\u202a-\u202e\u2060-\u2064"
    r"\u2066-\u206f\ufe00-\ufe0f\ufeff\U000e0100-\U000e01ef]"
)
# A zero-width joiner or non-joiner is part of the spelling between letters that are not Latin.
_JOINERS = regex.compile(
    r"(?<![\p{L}\p{M}])[\u200c\u200d]+|(?<=\p{Latin}\p{M}*)[\u200c\u200d]+|[\u200c\u200d]+(?!\p{L})"
)
_ACCENTS = regex.compile(r"(?V1)((?:^|[\p{Latin}[\P{L}--\p{M}]]))\p{M}+")
_LETTER = r"[\p{L}\p{N}][\p{L}\p{N}\p{M}\u200c\u200d]*"
# A word keeps the apostrophes inside it; the one after a plural's s is the caller's affair.
WORD = rf"{_LETTER}(?:'{_LETTER})*"
_ALONE = r"[\p{Han}\p{Hiragana}\p{Thai}\p{Lao}\p{Khmer}\p{Myanmar}]"
_UNIT = regex.compile(
    rf"(?={_ALONE})\Xー*|\p{{Katakana}}[\p{{Katakana}}ー\p{{M}}]*"
    rf"|(?:(?!{_ALONE}|\p{{Katakana}}).)+"
)
_WITHOUT_SPACES = regex.compile(rf"{_ALONE}|\p{{Katakana}}")
# Hook, horn and dot below; circumflex or breve with a tone: together, only Vietnamese has them.
_TONES = regex.compile("[\u0309\u031b\u0323]|[\u0302\u0306][\u0300\u0301\u0303]")

TAG = regex.compile(
    r"</?(?:a|b|big|br|center|code|div|em|font|h[1-6]|hr|i|img|li|ol|p|pre|rp|rt|ruby|s|small"
    r"|span|strong|style|sub|sup|table|tbody|td|th|tr|u|ul)(?:\s[^<>]*)?/?>",
    regex.IGNORECASE,
)
_ENTITY = regex.compile(r"&(?:[a-zA-Z]{2,8}|#\d{1,7}|#x[0-9a-fA-F]{1,6});")
_SOUND = regex.compile(r"\[sound:[^\]]*\]")
_CLOZE = regex.compile(r"\{\{c\d+::(.*?)(?:::[^{}]*)?\}\}")
_NUMBER = regex.compile(r"[-+]?\d+(?:[.,:/\-]\d+)*%?")


def normal_letters(text: str, keep_accents: bool = True) -> str:
    """Return a text in small, composed letters, apostrophes straight, without unseen signs.

    Args:
        text: Of any script.
        keep_accents: False takes the accents of Latin letters away, and nothing else.

    Example:
        >>> normal_letters("El ni\u00f1o, \u0439", keep_accents=False)
        'el nino, \u0439'
    """
    text = text.lower()
    if text.isascii():
        return text
    text = _JOINERS.sub("", _UNSEEN.sub("", text.translate(_STRAIGHT)))
    if not keep_accents:
        text = _ACCENTS.sub(r"\1", unicodedata.normalize("NFD", text))
    return unicodedata.normalize("NFC", text)


@lru_cache(maxsize=16)
def word_pattern(pattern: str) -> regex.Pattern[str]:
    """Return a pattern made with `WORD`, compiled."""
    return regex.compile(pattern)


def words_of(text: str, pattern: str = WORD) -> list[str]:
    """Return the words of a text, and what else a pattern made with `WORD` finds, in order."""
    found = word_pattern(pattern).findall(text)
    if text.isascii() or not _WITHOUT_SPACES.search(text):
        return list(found)
    return [unit for word in found for unit in _UNIT.findall(word)]


def has_tones(texts: Sequence[str], share: float = 0.1) -> bool:
    """Return whether texts are in Vietnamese, whose accents must stay."""
    marked = sum(bool(_TONES.search(unicodedata.normalize("NFD", text))) for text in texts)
    return marked > share * len(texts)


def without_markup(text: str) -> str:
    """Return the text of a card: no HTML tags, entities, sounds and gaps of flash cards."""
    if "[" in text or "{" in text:
        text = _CLOZE.sub(r"\1", _SOUND.sub(" ", text))
    if "<" in text:
        text = TAG.sub(" ", text)
    if "&" in text:
        text = _ENTITY.sub(lambda found: html.unescape(found.group()), text)
    return text


def is_number(text: str) -> bool:
    """Return whether a text is a number, a date or a time, without a word."""
    return bool(_NUMBER.fullmatch(text.strip()))
