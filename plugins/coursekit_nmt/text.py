"""The normal form of a sentence, in which all data sets of this lesson are compared.

It follows the preprocessing of the 2018 article (lower case, no accents, punctuation
apart) and adds digits and apostrophes, without which "tom's" or "room 12" would be lost.

`normalize` as in coursekit_captioning; but there `tokens` drops punctuation and keeps accents.
"""

from __future__ import annotations

from coursekit.store import WORD, normal_letters, words_of

ARTICLE_SENTENCES = (
    "hace mucho frio aqui.",
    "esta es mi vida.",
    "¿todavia estan en casa?",
    "trata de averiguarlo.",
)
"""The sentences that the 2018 article translates; held out of every data set."""

# A word keeps the apostrophe after a plural's s. Other scripts have stops of their own.
_TOKEN = rf"{WORD}(?:(?<=s)')?|[?.!,¿¡;。？！，、；؟،؛।]"


def tokens(text: str, keep_accents: bool = False) -> list[str]:
    """Words and punctuation marks of a sentence in normal form, in order."""
    return words_of(normal_letters(text, keep_accents), _TOKEN)


def normalize(text: str, keep_accents: bool = False) -> str:
    """The normal form of a sentence: lower case, no accents, punctuation set apart.

    Accents of Latin letters are removed (so that ñ becomes n, as in the 2018 article), curly
    apostrophes are straightened, spaces are put around each of ``? . ! , ¿ ¡ ;`` and around
    each character of a script without spaces, such as Chinese. Letters of any script with
    their marks, digits and apostrophes in words stay; everything else becomes a space. There
    are no start or end tokens, and the function changes nothing in a text that is in normal
    form already.

    Args:
        text: A sentence.
        keep_accents: True leaves Latin letters their accents: those of Vietnamese are tones.

    Example:
        >>> normalize("¿Dónde está el niño?")
        '¿ donde esta el nino ?'
    """
    return " ".join(tokens(text, keep_accents))
