"""Captions in the normal form in which they are learnt, written and scored.

`normalize` as in coursekit_nmt; but there `tokens` keeps punctuation and drops accents.
"""

from __future__ import annotations

import re

from coursekit.store import normal_letters, words_of

# Treebank files set a clitic apart: "the dog 's tail".
_CLITIC = re.compile(r"\s+'(?=(?:s|t|d|m|re|ve|ll)\b)")


def tokens(text: str) -> list[str]:
    """Return the words of a caption: lower case, without punctuation.

    Example:
        >>> tokens("A T-shirt, and the dog 's tail .")
        ['a', 't', 'shirt', 'and', 'the', "dog's", 'tail']
    """
    return words_of(_CLITIC.sub("'", normal_letters(text)))


def normalize(text: str) -> str:
    """Return the words of a caption with single spaces between them."""
    return " ".join(tokens(text))
