"""The normal form of a sentence, in which all data sets of this lesson are compared.

It follows the preprocessing of the 2018 article (lower case, no accents, punctuation
apart) and adds digits and apostrophes, without which "tom's" or "room 12" would be lost.

`normalize` as in coursekit_captioning; but there `tokens` drops punctuation and keeps accents.
"""

from __future__ import annotations

import re
import unicodedata

ARTICLE_SENTENCES = (
    "hace mucho frio aqui.",
    "esta es mi vida.",
    "¿todavia estan en casa?",
    "trata de averiguarlo.",
)
"""The sentences that the 2018 article translates; held out of every data set."""

_STRAIGHT = str.maketrans("\u2018\u2019\u201b\u02bc\u2032\u00b4", "''''''")
# A word keeps the apostrophes inside it and the one after a plural's s; [^\W_] is any letter
# or digit of Unicode, so that a sentence in another script survives as unknown words.
_TOKEN = re.compile(r"[^\W_]+(?:'[^\W_]+)*(?:(?<=s)')?|[?.!,¿¡;]")


def tokens(text: str) -> list[str]:
    """Words and punctuation marks of a sentence in normal form, in order."""
    text = text.lower()
    if not text.isascii():
        decomposed = unicodedata.normalize("NFD", text.translate(_STRAIGHT))
        bare = "".join(sign for sign in decomposed if unicodedata.category(sign) != "Mn")
        text = unicodedata.normalize("NFC", bare)
    return _TOKEN.findall(text)


def normalize(text: str) -> str:
    """The normal form of a sentence: lower case, no accents, punctuation set apart.

    Combining accents are removed (so that ñ becomes n, as in the 2018 article), curly
    apostrophes are straightened, spaces are put around each of ``? . ! , ¿ ¡ ;``.
    Letters of any script, digits and apostrophes in words stay; everything else becomes
    a space. There are no start or end tokens, and the function changes nothing in a text
    that is in normal form already.

    Example:
        >>> normalize("¿Dónde está el niño?")
        '¿ donde esta el nino ?'
    """
    return " ".join(tokens(text))
