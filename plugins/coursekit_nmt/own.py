"""The user's own file of sentence pairs: read, looked at, split."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from coursekit import CourseError
from coursekit.store import (
    as_read,
    far_longer,
    few_repeats,
    has_tones,
    is_number,
    read_bytes,
    refuse_numbers,
    without_markup,
)
from coursekit_nmt.data import Pair, Parts, split_pairs
from coursekit_nmt.load import FORM, Row, read_rows
from coursekit_nmt.text import normalize

SHORT = 8  # words of a sample
LEAST_SHARE = 0.9  # of the lines that tell what a column holds
# Of columns, in small letters.
TITLES = """
source target src tgt trg sentence sentences translation translations text front back question
answer en de es fr it pt nl pl ru tr zh ja ko ar sv eng deu ger spa fra fre ita por english german
spanish french italian portuguese dutch polish russian turkish chinese japanese korean arabic
swedish latin greek hebrew hindi ukrainian deutsch español français englisch spanisch inglés
italiano português
"""


def own_parts(path: Path) -> Parts:
    """Return the pairs of the user's own file, split by groups.

    Raises:
        CourseError: It is not a file of sentence pairs.
    """
    if not path.is_file():
        raise CourseError(f"{path} is not a file", FORM)
    rows, notes = sentence_columns(read_rows(read_bytes(path), str(path)))
    cleaned = [Row(row.number, [without_markup(cell) for cell in row.cells[:2]]) for row in rows]
    marked = sum(row.cells[:2] != clean.cells for row, clean in zip(rows, cleaned, strict=True))
    cleaned, titles = without_titles(cleaned)
    notes += titles
    if marked:
        notes.append(f"HTML tags, entities or sounds were removed from {marked:,} lines")
    targets, sources = ([row.cells[column] for row in cleaned] for column in (0, 1))
    refuse_numbers(targets, f"the first column of {path}", FORM)
    refuse_numbers(sources, f"the second column of {path}", FORM)
    accents = has_tones(sources), has_tones(targets)
    pairs, numbers = distinct(cleaned, accents)
    if not pairs:
        raise CourseError(f"{path} has no sentence pairs", FORM)
    if any(accents):
        notes.append("accents are kept: these are the tones of Vietnamese")
    parts = split_pairs(pairs)
    return parts._replace(
        accents=accents,
        sample=sample_of(parts),
        notes=(*notes, *looks(pairs, numbers), *as_read([shown(pair) for pair in parts.train])),
    )


def sentence_columns(rows: Sequence[Row]) -> tuple[list[Row], list[str]]:
    """Return the rows with target and source as their first columns, and what should be known.

    A file that tatoeba.org exports has four columns: a number, a sentence, the number of its
    translation, the translation.
    """
    numbered = [
        row
        for row in rows
        if len(row.cells) >= 4 and is_number(row.cells[0]) and is_number(row.cells[2])
    ]
    if len(numbered) < LEAST_SHARE * len(rows) or not rows:
        return list(rows), []
    said = (
        "columns 1 and 3 hold numbers, as in an export of tatoeba.org: column 2 is translated, "
        "into what is in column 4"
    )
    if len(numbered) < len(rows):
        said += f"; {len(rows) - len(numbered):,} other lines are left out"
    return [Row(row.number, [row.cells[3], row.cells[1]]) for row in numbered], [said]


def without_titles(rows: Sequence[Row]) -> tuple[list[Row], list[str]]:
    """Return the rows without a first one that names the columns, and what should be known."""
    if rows and all(cell.strip().lower() in TITLES.split() for cell in rows[0].cells[:2]):
        titles = " and ".join(cell.strip() for cell in rows[0].cells[:2])
        said = f"line {rows[0].number} is left out: {titles} are the titles of the columns"
        return list(rows[1:]), [said]
    return list(rows), []


def distinct(rows: Sequence[Row], accents: tuple[bool, bool]) -> tuple[list[Pair], list[int]]:
    """Return the distinct pairs in normal form, and the line of each.

    Args:
        rows: Target and source.
        accents: Whether the sources keep their accents, and whether the targets do.
    """
    lines: dict[Pair, int] = {}
    for row in rows:
        source, target = normalize(row.cells[1], accents[0]), normalize(row.cells[0], accents[1])
        if source and target:
            lines.setdefault(Pair(source, target), row.number)
    return list(lines), list(lines.values())


def sample_of(parts: Parts) -> str:
    """Return a held-out source for the demo: the longest that is short, or else the shortest."""
    sources = sorted({pair.source for pair in parts.test}, key=lambda text: len(text.split()))
    short = [source for source in sources if len(source.split()) <= SHORT]
    return short[-1] if short else sources[0]


def looks(pairs: Sequence[Pair], numbers: Sequence[int]) -> list[str]:
    """Return warnings about pairs that may not be what was meant.

    Args:
        pairs: In normal form.
        numbers: The line of each in the file.
    """
    lengths = [max(len(side.split()) for side in pair) for pair in pairs]
    lines = [*far_longer(lengths, [f"line {number}" for number in numbers], "words")]
    lines += few_repeats([pair.source for pair in pairs], "sentences to translate")
    lines += few_repeats([pair.target for pair in pairs], "translations")
    same = sum(pair.source == pair.target for pair in pairs)
    if 2 * same > len(pairs):
        lines.append(f"warning: {same:,} of {len(pairs):,} sentences are their own translation")
    return lines


def shown(pair: Pair) -> str:
    """Return a pair as it is learnt."""
    return f"{pair.source} → {pair.target}"
