"""Text of unknown origin, made fit for a terminal: bounded, and free of control characters."""

import os
import re
import shlex
import unicodedata
from pathlib import Path

LONGEST_SHOWN = 400  # characters of what somebody wrote that a message repeats
MOST = 2000  # characters of a message that somebody else wrote

# Colours and cursor movements; titles of windows and links, which end with BEL or ESC \.
_SEQUENCE = re.compile(r"\x1b\[[0-?]*[ -/]*[@-~]|\x1b\][^\x07\x1b]*(?:\x07|\x1b\\)")
_TURNING = frozenset("\u200e\u200f\u061c\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")
_UNSEEN = frozenset({"Cc", "Cs", "Zl", "Zp"})  # controls, half emojis, other ends of a line


def printable(text: str, most: int | None = None) -> str:
    r"""Return a text without anything that a terminal would obey instead of showing.

    Line feeds and tabs stay. Escape sequences go. Every other control character, every half of a
    surrogate pair and every mark that reverses the direction of writing is shown by its number,
    such as ``\x07``.

    Args:
        text: Anything, of any length.
        most: The number of characters to keep; None: all. What is cut is counted.
    """
    kept = text
    if most is not None and len(text) > most:
        kept = text[:most]
    kept = _SEQUENCE.sub("", kept.replace("\r\n", "\n"))
    kept = "".join(sign if _is_shown(sign) else _number(sign) for sign in kept)
    left = len(text) - (most or 0)
    return kept if most is None or left <= 0 else f"{kept}... ({left} more characters)"


def is_text(name: str) -> bool:
    """Return whether a name can be written as UTF-8; names of files need not be."""
    try:
        name.encode("utf-8")
    except UnicodeEncodeError:
        return False
    return True


def quoted(word: str | Path) -> str:
    """Return a word or a path as one types it in a shell."""
    text = str(word)
    if os.name == "nt":
        return f'"{text}"' if not text or " " in text else text
    return shlex.quote(text)


def shortened(text: str) -> str:
    """Return a path or an address as a message repeats it: its beginning, fit for a terminal."""
    return printable(text, LONGEST_SHOWN)


def _is_shown(sign: str) -> bool:
    if sign in "\n\t":
        return True
    return sign not in _TURNING and unicodedata.category(sign) not in _UNSEEN


def _number(sign: str) -> str:
    code = ord(sign)
    return f"\\x{code:02x}" if code < 256 else f"\\u{code:04x}"
