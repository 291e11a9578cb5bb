"""Markdown with formulas, as notebooks, hints and messages are written, as text for a terminal."""

from __future__ import annotations

import html
import re

from coursekit.formulas import formula

INDENT = "    "  # before each line of a displayed formula and of a block of code
# What is code stays as it is, so it is found before anything else.
_PARTS = re.compile(
    r"(?P<fence>^[ ]*```[^\n]*\n(?P<code>.*?)^[ ]*```[ ]*$)"
    r"|(?P<span>(?P<ticks>`+)(?!`).+?(?<!`)(?P=ticks)(?!`))"
    r"|(?P<display>\n?[ ]*\$\$(?P<shown>.+?)\$\$)"
    r"|(?P<inline>(?<![\\\w$])\$(?=[^\s$])(?P<within>[^$`]+?)(?<=[^\s\\])\$(?![\d$]))",
    re.DOTALL | re.MULTILINE,
)
_ADDRESS = r"<?((?:https?://|mailto:|\.{0,2}/|#)[^\s)>]*|[^\s()<>]+\.[a-z]+(?:#[^\s)>]*)?)>?"
_LINK = re.compile(rf"(!?)\[((?:[^\[\]\n]|\n(?!\n))*)\]\({_ADDRESS}(?:\s+\"[^\"]*\")?\)")
_TAG = re.compile(r"<!--.*?-->|</?(?:details|summary|br|b|i|em|strong|p)\b[^>]*>", re.DOTALL)
_EMPHASIS = re.compile(
    r"(?<![\w*\\)\]])(\*{1,3})(?=[^\s*])((?:[^*\n]|\n(?!\n))+?)(?<=[^\s\\])\1(?![\w*(])"
)


def readable(markdown: str) -> str:
    r"""Return Markdown, with formulas in LaTeX, as text that can be read in a terminal.

    Formulas are written in Unicode; one between double dollars stands on lines of its own. Code
    between backticks stays as it is. A link is followed by its address. Emphasis by asterisks and
    the marks of headings are left out. Underscores are not taken for emphasis: ``__init__``
    stays. Lines are kept.

    Args:
        markdown: For example ``"The *context* is $\\sum_s \\alpha_s h_s$."``, which becomes
            ``"The context is Σₛ αₛ hₛ."``.
    """
    kept: list[str] = []

    def keep(match: re.Match[str]) -> str:
        kept.append(_part(match))
        return f"\0{len(kept) - 1}\0"

    text = _prose(_PARTS.sub(keep, markdown.replace("\0", "")))
    return re.sub("\0(\\d+)\0", lambda match: kept[int(match[1])], text)


def _part(match: re.Match[str]) -> str:
    """Return code or a formula as text."""
    if match["fence"] is not None:
        return "\n".join(INDENT + line for line in match["code"].splitlines())
    if match["display"] is not None:
        lines = formula(match["shown"]).splitlines()
        above = "\n" if match["display"].startswith("\n") else ""
        return above + "\n".join(INDENT + line for line in lines)
    return match["span"] if match["inline"] is None else " ".join(formula(match["within"]).split())


def _prose(text: str) -> str:
    """Return what is neither code nor formula, without the marks of Markdown."""
    text = _TAG.sub("", text)
    text = re.sub(r"^ {0,3}#{1,6} +(.*?)(?: +#+)?$", r"\1", text, flags=re.MULTILINE)
    text = re.sub(r"^( *)[*+-] +(?=\S)", r"\1• ", text, flags=re.MULTILINE)
    text = re.sub(r"^ {0,3}> ?", "  ", text, flags=re.MULTILINE)
    text = _LINK.sub(_linked, text)
    text = re.sub(r"<((?:https?://|mailto:)[^\s>]+)>", r"\1", text)
    for _ in range(2):  # emphasis within emphasis
        text = _EMPHASIS.sub(r"\2", text)
    text = re.sub(r"\\([*_$`#\[\]\\])", r"\1", text)
    return re.sub(r"&(?:#\d+|#x[\da-fA-F]+|\w+);", lambda match: html.unescape(match[0]), text)


def _linked(match: re.Match[str]) -> str:
    picture, words, address = match[1], match[2], match[3].removeprefix("mailto:")
    if picture:
        return f"[picture: {words}]"
    return words if words == address or not words else f"{words} ({address})"
