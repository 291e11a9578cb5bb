"""Reads the cells of a file in the percent format.

Jupytext reads every such file, but it and what it imports take half a second, which a student
would wait at each check. So what templates are made of is read here: marks that say
``[markdown]``, ``tags=[...]``, both or nothing; comments below the first, Python below the others.
Anything else is left to Jupytext: a header, magics in comments, other options.
"""

from __future__ import annotations

import io
import json
import re
import tokenize
from collections.abc import Iterator
from typing import Any

MARK = re.compile(r'# %%(?: (\[markdown\]))?(?: tags=(\["(?!active)\w+"(?:, "(?!active)\w+")*\]))?')
NEARLY = re.compile(r"\s*#\s*(%%|<codecell>|In\[)")  # what Jupytext may take for a mark
FENCE = re.compile(r"# {0,4}(```|~~~)")  # in Markdown: a mark inside is none
# What Jupytext may take for a magic, a shell command or its own mark, and change.
COMMAND = re.compile(
    r"[\s#]*[%!?]|#[# ]*\+"
    r"|(# ?)*(cat|cd|cp|mv|rm|rmdir|mkdir|copy|ddir|echo|ls|ldir|ren)(\s*$|\s[^=,])"
    r"|[\s#]*\w+\s*=\s*[%!]|\s*(# )*\S*\?\s*$"
)


def marks_of(text: str) -> list[int]:
    """Return the lines, from 1, with which the cells of a Python file begin.

    Raises:
        tokenize.TokenError: It is not Python.
    """
    tokens = tokenize.generate_tokens(io.StringIO(text).readline)
    return [
        token.start[0]
        for token in tokens  # a mark inside a text begins no cell
        if token.type == tokenize.COMMENT and re.match(r"# %%(\s|$)", token.line)
    ]


def percent_cells(text: str, marks: list[int]) -> list[dict[str, Any]]:
    """Return the cells of a file in the percent format.

    Args:
        text: Of the file.
        marks: As `marks_of` returns them.

    Returns:
        Each with its ``cell_type``, ``source`` and ``metadata``, as Jupytext reads it.
    """
    found = plain_cells(text, marks)
    if found is not None:
        return found
    import jupytext

    return list(jupytext.reads(text, fmt="py:percent").cells)


def plain_cells(text: str, marks: list[int]) -> list[dict[str, Any]] | None:
    """Return the cells of a file that has nothing unusual in it; None of any other."""
    lines = text.removesuffix("\n").split("\n")
    starts = [number for number, line in enumerate(lines) if NEARLY.match(line)]
    begun = starts[:1] == [0] and [start + 1 for start in starts] == marks
    if lines != text.splitlines() or not begun:
        return None
    found = []
    for start, end in zip(starts, [*starts[1:], len(lines)], strict=True):
        mark = MARK.fullmatch(lines[start])
        body = list(_trimmed(lines[start:end]))
        is_text = mark is not None and bool(mark[1])
        usual = _is_usual_text(body) if is_text else not any(map(COMMAND.match, body))
        if mark is None or not usual:
            return None
        if is_text:
            body = [re.sub("^# ?", "", line) for line in body]
        found.append(
            {
                "cell_type": "markdown" if is_text else "code",
                "metadata": {"tags": json.loads(mark[2])} if mark[2] else {},
                "source": "\n".join(body),
            }
        )
    return found


def _trimmed(lines: list[str]) -> Iterator[str]:
    """Yield what stands below a mark, without the blank lines that end a cell: two, or one."""
    two = len(lines) > 2 and lines[-3].strip() and not lines[-2].strip() + lines[-1].strip()
    yield from lines[1 : len(lines) - (2 if two else not lines[-1])]


def _is_usual_text(lines: list[str]) -> bool:
    """Return whether lines are comments, in which each fence of code is closed."""
    fences = [line for line in lines if FENCE.match(line)]
    opened = all(re.fullmatch(r"# ```\w*", fence) for fence in fences[::2])
    closed = all(fence == "# ```" for fence in fences[1::2]) and len(fences) % 2 == 0
    return opened and closed and all(not line or line.startswith("#") for line in lines)
