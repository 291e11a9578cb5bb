"""Where the sentence pairs come from: Tatoeba, the phrasebook, or a file (see `own`)."""

from __future__ import annotations

import zipfile
from collections.abc import Callable
from typing import NamedTuple

from coursekit import CourseError, LocalDataset
from coursekit.store import reading
from coursekit_nmt.data import Alignment, Pair, Parts, split_pairs
from coursekit_nmt.text import normalize

TATOEBA_ARCHIVE, TATOEBA_MEMBER = "spa-eng.zip", "spa-eng/spa.txt"
# The lines that Anki writes on top of its exports.
ANKI_HEAD = (
    "#separator:",
    "#html:",
    "#tags",
    "#columns:",
    "#notetype",
    "#deck",
    "#guid",
    "#if matches:",
)
FORM = "a UTF-8 text file with a pair on each line: English, a tab, Spanish"


def read_pairs(raw: bytes, name: str) -> list[Pair]:
    """Read lines of ``English<TAB>Spanish``, further columns ignored, into distinct pairs.

    Args:
        raw: The content of the file.
        name: What error messages call it.

    Raises:
        CourseError: The file is empty, binary, not UTF-8, or a line has one column.
    """
    pairs: dict[Pair, None] = {}
    for row in read_rows(raw, name):
        pair = Pair(normalize(row.cells[1]), normalize(row.cells[0]))
        if pair.source and pair.target:
            pairs[pair] = None
    if not pairs:
        raise CourseError(f"{name} has no sentence pairs", FORM)
    return list(pairs)


class Row(NamedTuple):
    """A line of the file: its number, from 1, and its columns."""

    number: int
    cells: list[str]


def read_rows(raw: bytes, name: str) -> list[Row]:
    """Read the lines of a file that are not empty; lines may end as on any system.

    Raises:
        CourseError: The file is empty, binary, not UTF-8, or a line has one column.
    """
    text = decode_text(raw, name).replace("\r\n", "\n").replace("\r", "\n")
    rows = []
    for number, line in enumerate(text.split("\n"), start=1):
        if not line.strip() or line.startswith(ANKI_HEAD):
            continue
        cells = line.split("\t")
        if len(cells) < 2:
            raise CourseError(
                f"{name}, line {number}: no tab, so one column only: {line[:60].strip()!r}",
                FORM,
                "export the pairs as text with tabs between the columns",
            )
        rows.append(Row(number, cells))
    return rows


def decode_text(raw: bytes, name: str) -> str:
    """Decode a text file as in coursekit_textgen; an empty one is refused, too.

    Raises:
        CourseError: It is empty, binary, or not UTF-8.
    """
    if not raw.strip():
        raise CourseError(f"{name} is empty", FORM)
    if b"\0" in raw:
        line = raw[: raw.index(b"\0")].count(b"\n") + 1
        raise CourseError(
            f"{name}, line {line}: a zero byte, so this is not text",
            FORM,
            "save a spreadsheet as tab-separated text in UTF-8; unpack an archive first",
        )
    try:
        return raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = raw[: error.start].count(b"\n") + 1
        raise CourseError(
            f"{name}, line {line}: byte {raw[error.start]:#04x} is not UTF-8",
            FORM,
            "save the file again with the encoding UTF-8",
        ) from error


def tatoeba_parts(dataset: LocalDataset) -> Parts:
    """Return the pairs of the Tatoeba project, split by groups."""
    file = dataset.files[TATOEBA_ARCHIVE]
    with reading(file), zipfile.ZipFile(file) as archive:
        raw = archive.read(TATOEBA_MEMBER)
    return split_pairs(read_pairs(raw, TATOEBA_MEMBER))


def phrasebook_parts() -> Parts:
    """Return the built-in phrases, split as the phrasebook splits them.

    An ambiguous sentence has many right translations. Training takes the most natural one of
    each, so that no two targets contradict each other; validation and test accept them all.
    """
    from coursekit_nmt.phrasebook import phrasebook

    pairs: dict[str, list[Pair]] = {"train": [], "validation": [], "test": []}
    alignments: dict[Pair, Alignment] = {}
    for phrase in phrasebook():
        for translation in phrase.translations:
            pair = Pair(normalize(phrase.source), normalize(translation.text))
            alignments[pair] = translation.sources
            if phrase.split != "train" or translation is phrase.translations[0]:
                pairs[phrase.split].append(pair)
    return Parts(pairs["train"], pairs["validation"], pairs["test"], alignments)


READERS: dict[str, Callable[[LocalDataset], Parts]] = {
    "tatoeba": tatoeba_parts,
    "phrasebook": lambda _: phrasebook_parts(),
}


def load_parts(dataset: LocalDataset) -> Parts:
    """Return the splits of a data set, or of the user's own data. As in coursekit_textgen.

    Raises:
        CourseError: No reader has the data set's name, or the data is not what the reader reads.
    """
    if dataset.path is not None:
        from coursekit_nmt.own import own_parts

        return own_parts(dataset.path)
    if dataset.name not in READERS:
        raise CourseError(
            f"no reader for the data set {dataset.name!r}",
            f"one of: {', '.join(sorted(READERS))}",
            "add a reader to READERS in coursekit_nmt/load.py",
        )
    return READERS[dataset.name](dataset)
