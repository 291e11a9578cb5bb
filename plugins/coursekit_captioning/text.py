"""Captions in the normal form in which they are learnt, written and scored.

`normalize` as in coursekit_nmt; but there `tokens` keeps punctuation and drops accents.
"""

from __future__ import annotations

import re

# Treebank files set a clitic apart: "the dog 's tail".
_CLITIC = re.compile(r"\s+'(?=(?:s|t|d|m|re|ve|ll)\b)")
# A word keeps the apostrophes inside it; [^\W_] is any letter or digit of Unicode.
_TOKEN = re.compile(r"[^\W_]+(?:'[^\W_]+)*")
_STRAIGHT = str.maketrans("\u2018\u2019\u02bc\u2032", "''''")


def tokens(text: str) -> list[str]:
    """Return the words of a caption: lower case, without punctuation.

    Example:
        >>> tokens("A T-shirt, and the dog 's tail .")
        ['a', 't', 'shirt', 'and', 'the', "dog's", 'tail']
    """
    return _TOKEN.findall(_CLITIC.sub("'", text.translate(_STRAIGHT).lower()))


def normalize(text: str) -> str:
    """Return the words of a caption with single spaces between them."""
    return " ".join(tokens(text))
