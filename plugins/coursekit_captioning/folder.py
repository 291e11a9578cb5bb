"""A folder of one's own photographs with a file ``captions.csv``."""

from __future__ import annotations

import csv
from collections import defaultdict
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

from coursekit import CourseError
from coursekit_captioning.examples import Example, Parts
from coursekit_captioning.pictures import Source, digests_of
from coursekit_captioning.split import split_by
from coursekit_captioning.text import normalize

NAME = "captions.csv"
SPLITS = {
    "train": "train",
    "validation": "validation",
    "val": "validation",
    "dev": "validation",
    "test": "test",
}
FORM = (
    "a line `image,caption` or `image,caption,split` on top, then a line for each caption: "
    "the picture's path below the folder, and what it shows"
)
MOST_NAMED = 5  # faults that an error spells out


class Line(NamedTuple):
    """A line of the file.

    Attributes:
        number: In the file, from 1.
        image: The picture's path as written.
        caption: In normal form.
        split: One of `Parts`; empty if the file has no such column.
    """

    number: int
    image: str
    caption: str
    split: str


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
    missing = [image for image in captions if not (file.parent / image).is_file()]
    complain(file, "name pictures that are not there", missing)
    examples = [
        Example(image, tuple(texts), Source((file.parent / image).absolute()))
        for image, texts in captions.items()
    ]
    digests = digests_of([e.source for e in examples if e.source])
    if any(splits.values()):
        return by_column(file, examples, digests, splits)
    return by_content(examples, digests)


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
            "add them, or leave the column out: then some are held out for you",
        )
    return Parts(parts["train"], parts["validation"], parts["test"])


def read_lines(file: Path) -> list[Line]:
    """Read the file of captions.

    Raises:
        CourseError: It cannot be read, or lines cannot be used (their numbers are named).
    """
    try:
        with file.open(encoding="utf-8-sig", newline="") as stream:
            rows = csv.DictReader(stream)
            columns = [(name or "").strip().lower() for name in rows.fieldnames or ()]
            rows.fieldnames = columns
            if not {"image", "caption"} <= set(columns):
                raise CourseError(f"{file} has no columns image and caption", FORM)
            has_split = "split" in columns
            table = [(rows.line_num, row) for row in rows]
    except FileNotFoundError as error:
        raise CourseError(f"there is no {file}", f"a file {NAME}: {FORM}") from error
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise CourseError(f"{file} cannot be read: {error}", f"UTF-8 text, {FORM}") from error
    lines, empty, astray = [], [], []
    for number, row in table:
        caption = normalize(row["caption"] or "")
        split = SPLITS.get((row["split"] or "").strip().lower(), "") if has_split else ""
        if not caption or not (row["image"] or "").strip():
            empty.append(f"line {number}")
        elif has_split and not split:
            astray.append(f"line {number}: {row['split']!r}")
        else:
            lines.append(Line(number, (row["image"] or "").strip(), caption, split))
    complain(file, "have no picture or no word in the caption", empty)
    complain(file, "are in no split (train, validation or test)", astray)
    return lines


def complain(file: Path, fault: str, where: Sequence[str]) -> None:
    """Raise a `CourseError` that names the first faulty lines or pictures, if there are any."""
    if where:
        listing = "\n  ".join(where[:MOST_NAMED])
        more = f"\n  and {len(where) - MOST_NAMED} more" if len(where) > MOST_NAMED else ""
        raise CourseError(
            f"{len(where)} entries of {file} {fault}:\n  {listing}{more}",
            FORM,
            "mend these lines, or take them out",
        )
