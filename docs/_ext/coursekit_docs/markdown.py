"""Markdown tables and the words in them."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence


def table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """Return a Markdown table; a bar inside a cell stays a character of its text."""
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join(f"| {' | '.join(map(_cell, line))} |" for line in lines) + "\n"


def _cell(text: str) -> str:
    return prose(re.sub(r"[ \t\n]+", " ", text)).replace("|", "\\|")


def prose(text: str) -> str:
    """Return a text in which what stands in ``<`` and ``>`` is no tag, except in code."""
    parts = text.split("`")
    parts[::2] = (part.replace("<", "&lt;") for part in parts[::2])
    return "`".join(parts)


def code(text: str) -> str:
    """Return a text as code; empty if there is none."""
    return f"`{text}`" if text else ""


def joined(names: Sequence[str]) -> str:
    """Return names as a list in a sentence: ``a, b and c``."""
    if len(names) < 2:
        return "".join(names)
    return f"{', '.join(names[:-1])} and {names[-1]}"
