"""A folder of the user's own photographs with a file ``captions.csv``."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

from coursekit import CourseError
from coursekit.store import (
    as_read,
    far_longer,
    few_repeats,
    find_file,
    grey_picture,
    list_pictures,
    look_at_pictures,
    named,
    without_markup,
)
from coursekit_captioning.examples import Example, Parts
from coursekit_captioning.pictures import Source, digests_of
from coursekit_captioning.split import split_by
from coursekit_captioning.table import FORM, NAME, complain, look_at_table, read_table
from coursekit_captioning.text import normalize

SPLITS = {
    "train": "train",
    "validation": "validation",
    "val": "validation",
    "dev": "validation",
    "test": "test",
}
MOST_LOOKED_AT = 200  # pictures


class Line(NamedTuple):
    """A line of the file.

    Attributes:
        number: In the file, from 1.
        image: The picture's path as written.
        caption: In normal form.
        split: One of `Parts`; empty if the file has no such column.
        had_markup: Whether HTML was taken out of the caption.
    """

    number: int
    image: str
    caption: str
    split: str
    had_markup: bool = False


def folder_parts(folder: Path) -> Parts:
    """Return the photographs of a folder.

    Without a column ``split`` a tenth is held out for validation and a tenth for test, and
    copies of one picture go the same way.

    Args:
        folder: With ``captions.csv`` in it, or that file itself.

    Raises:
        CourseError: The file or its pictures are missing, a line cannot be used, or there are
            too few pictures.
    """
    file = folder if folder.name == NAME else folder / NAME
    lines = read_lines(file)
    if not lines:
        raise CourseError(f"{file} has no captions", FORM)
    captions: dict[str, list[str]] = defaultdict(list)
    splits: dict[str, str] = {}
    conflicts = set()
    for line in lines:
        captions[line.image].append(line.caption)
        if splits.setdefault(line.image, line.split) != line.split:
            conflicts.add(line.image)
    complain(file, "put pictures into two splits", [f"{image}" for image in sorted(conflicts)])
    files = {image: find_file(file.parent, image) for image in captions}
    complain(file, "name pictures that do not exist", [i for i, path in files.items() if not path])
    examples = [
        Example(image, tuple(captions[image]), Source(path.absolute()))
        for image, path in files.items()
        if path
    ]
    digests = digests_of([e.source for e in examples if e.source])
    by_hand = any(splits.values())
    parts = by_column(file, examples, digests, splits) if by_hand else by_content(examples, digests)
    return parts._replace(notes=(*parts.notes, *looks(file.parent, lines, examples)), is_own=True)


def looks(folder: Path, lines: Sequence[Line], examples: Sequence[Example]) -> list[str]:
    """Return what should be known of the captions and pictures, and three of them as read."""
    used = {example.source.path for example in examples if example.source}
    listing = list_pictures(folder.absolute())
    idle = [listing.name(path) for path in listing.paths if path not in used]
    notes = [named(f"{len(idle)} pictures have no caption", idle)] if idle else []
    notes += listing.notes()
    marked = sum(line.had_markup for line in lines)
    notes += [f"HTML tags or entities were removed from {marked:,} captions"] * bool(marked)
    texts = [line.caption for line in lines]
    lengths, names = [len(text.split()) for text in texts], [f"line {e.number}" for e in lines]
    notes += [*far_longer(lengths, names, "words"), *few_repeats(texts, "captions")]
    step = -(-len(examples) // MOST_LOOKED_AT)
    sample = [example for example in examples[::step] if example.source]
    pixels = [grey_picture(e.source.read(), 28, e.name) for e in sample if e.source]
    notes += look_at_pictures(pixels, [example.name for example in sample])
    return [*notes, *as_read([f"{e.name}: {' | '.join(e.captions)}" for e in examples])]


def by_content(examples: Sequence[Example], digests: Sequence[str]) -> Parts:
    """Split by the pictures' bytes; copies are one picture with the captions of all."""
    by_digest: dict[str, Example] = {}
    for example, digest in zip(examples, digests, strict=True):
        first = by_digest.get(digest, example)
        texts = first.captions if first is example else first.captions + example.captions
        by_digest[digest] = Example(first.name, texts, first.source)
    copies = len(examples) - len(by_digest)
    return split_by(by_digest, (f"{copies} copies of pictures were merged",) if copies else ())


def by_column(
    file: Path, examples: Sequence[Example], digests: Sequence[str], splits: Mapping[str, str]
) -> Parts:
    """Split as the file says; a picture must not be in two splits under two names."""
    parts: dict[str, list[Example]] = {"train": [], "validation": [], "test": []}
    by_digest: dict[str, Example] = {}
    leaks = []
    for example, digest in zip(examples, digests, strict=True):
        split = splits[example.name]
        first = by_digest.setdefault(digest, example)
        if splits[first.name] != split:
            leaks.append(f"{first.name} ({splits[first.name]}) is {example.name} ({split})")
        parts[split].append(example)
    complain(file, "put the same picture into two splits under two names", leaks)
    empty = [split for split, part in parts.items() if not part]
    if empty:
        raise CourseError(
            f"{file} has no pictures in the split {' and '.join(empty)}",
            "some in each of train, validation and test",
            "add them, or remove the column: some are then held out for you",
        )
    return Parts(parts["train"], parts["validation"], parts["test"])


def read_lines(file: Path) -> list[Line]:
    """Read the file of captions.

    Raises:
        CourseError: It cannot be read, or lines cannot be used (their numbers are named).
    """
    rows = list(read_table(file))
    look_at_table(file, rows)
    has_split = bool(rows) and "split" in rows[0].cells
    lines, empty, astray = [], [], []
    for number, cells, _ in rows:
        plain = without_markup(cells["caption"])
        caption = normalize(plain)
        split = SPLITS.get(cells["split"].lower(), "") if has_split else ""
        if not caption or not cells["image"]:
            empty.append(f"line {number}")
        elif has_split and not split:
            astray.append(f"line {number}: {cells['split']!r}")
        else:
            lines.append(Line(number, cells["image"], caption, split, plain != cells["caption"]))
    complain(file, "have no picture or no word in the caption", empty)
    complain(file, "are in no split (train, validation or test)", astray)
    return lines
