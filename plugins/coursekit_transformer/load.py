"""Where the text comes from, as in coursekit_textgen: the two lessons can be compared.

As in coursekit_textgen: `Parts`, `split_at`, `shakespeare_parts`, `own_parts`, `looks`,
`lines_of`, `stdlib_parts`, `source`, `decode_text`, `load_parts`.
"""

from __future__ import annotations

import platform
import sysconfig
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

from coursekit import CourseError, LocalDataset
from coursekit.store import TAG, as_read, far_longer, read_bytes, reading

SHAKESPEARE_FILE = "tinyshakespeare.txt"
FORM = "a text file in UTF-8"
SHORT = 20  # characters of a line that may well occur twice

# Modules that Python 3.11, 3.12 and 3.13 all have as one file of source. Those that are held
# out share no code with the others.
STDLIB_TRAIN = [
    "argparse",
    "configparser",
    "contextlib",
    "dataclasses",
    "difflib",
    "enum",
    "functools",
    "inspect",
    "ipaddress",
    "optparse",
    "os",
    "pickle",
    "shutil",
    "subprocess",
    "typing",
]
STDLIB_VALIDATION = ["heapq", "tempfile"]
STDLIB_TEST = ["threading"]


class Parts(NamedTuple):
    """The text of the three splits, what should be known, and whether it is another text.

    `is_other` is true for a text that the lesson's example of a demo does not suit.
    """

    train: str
    validation: str
    test: str
    note: str
    looks: tuple[str, ...] = ()
    is_other: bool = False


def split_at(text: str, share: float) -> tuple[str, str]:
    """Cut a text in two, the first part having that share of its characters."""
    cut = int(len(text) * share)
    return text[:cut], text[cut:]


def shakespeare_parts(dataset: LocalDataset) -> Parts:
    """Read the plays: nine tenths to train on, the tail to validate and to test."""
    file = dataset.files[SHAKESPEARE_FILE]
    with reading(file):
        text = file.read_text("utf-8")
    train, tail = split_at(text, 0.9)
    note = "the last tenth is both validation and test, as in nanoGPT, so results can be compared"
    return Parts(train, tail, tail, note)


def own_parts(path: Path) -> Parts:
    """Read a file: nine tenths to train on, then a twentieth each to validate and to test.

    Raises:
        CourseError: It is not a file, or not text.
    """
    if not path.is_file():
        raise CourseError(f"{path} is not a file", FORM)
    text = decode_text(read_bytes(path), str(path))
    train, tail = split_at(text, 0.9)
    validation, test = split_at(tail, 0.5)
    note = "validation and test are the last two twentieths"
    return Parts(train, validation, test, note, (*looks(train, tail), *lines_of(text)), True)


def looks(train: str, held_out: str) -> list[str]:
    """Return warnings about a text that may not be what was meant.

    Args:
        train: The training text.
        held_out: What is not.
    """
    said = []
    signs = Counter(sign for sign in train if not sign.isspace())
    total = max(1, signs.total())
    digits = sum(count for sign, count in signs.items() if sign.isdigit())
    if 2 * digits > total:
        said.append(f"warning: {digits / total:.0%} of the characters are digits: is this a table?")
    for sign, count in signs.most_common(1):
        if 2 * count > total:
            said.append(f"warning: {count / total:.0%} of the characters are {sign!r}")
    tags = len(TAG.findall(train))
    if tags > train.count("\n") / 2 and tags > 20:
        said.append(f"warning: {tags:,} HTML tags count as text: save the page as plain text")
    lines = train.split("\n")
    named = [f"line {number}" for number in range(1, len(lines) + 1)]
    said += far_longer([len(line) for line in lines], named, "characters", 50, 20_000)
    seen = {line for line in lines if len(line) > SHORT}
    again = [line in seen for line in held_out.split("\n") if len(line) > SHORT]
    if len(again) > 10 and 2 * sum(again) > len(again):
        said.append(
            f"warning: {sum(again):,} of {len(again):,} held-out lines are also in the training "
            "text: the test rewards memorising"
        )
    return said


def lines_of(text: str) -> tuple[str, ...]:
    """Return three lines that have words, as read."""
    lines = [line.strip() for line in text.split("\n") if line.strip()]
    return as_read([repr(line) for line in lines])


def stdlib_parts(folder: Path) -> Parts:
    """Read the chosen modules of Python's standard library.

    Args:
        folder: Where their source is.

    Raises:
        CourseError: A module's source is not there.
    """
    train, validation, test = (
        "\n".join(source(folder / f"{name}.py") for name in names)
        for names in (STDLIB_TRAIN, STDLIB_VALIDATION, STDLIB_TEST)
    )
    note = (
        f"the source of {len(STDLIB_TRAIN)} modules of Python {platform.python_version()}; held "
        f"out: {', '.join(STDLIB_VALIDATION)} to validate, {', '.join(STDLIB_TEST)} to test"
    )
    return Parts(train, validation, test, note, is_other=True)


def source(path: Path) -> str:
    """Read one module.

    Raises:
        CourseError: There is no such file.
    """
    try:
        return decode_text(path.read_bytes(), str(path))
    except OSError as error:
        raise CourseError(
            f"this Python comes without the source of its module {path.stem}: {path}",
            "a Python whose standard library is installed as .py files",
            "use --data with a text file of your own",
        ) from error


def decode_text(raw: bytes, name: str) -> str:
    r"""Decode a text file as in coursekit_nmt; here every line ends with ``\n``.

    Args:
        raw: The content of the file.
        name: What error messages call it.

    Raises:
        CourseError: It is binary or not UTF-8.
    """
    try:
        text = raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = raw[: error.start].count(b"\n") + 1
        raise CourseError(
            f"{name}, line {line}: byte {raw[error.start]:#04x} is not UTF-8",
            FORM,
            "save the file again with the encoding UTF-8",
        ) from error
    if "\0" in text:
        line = text[: text.index("\0")].count("\n") + 1
        raise CourseError(
            f"{name}, line {line}: a zero byte, so this is not text",
            FORM,
            "unpack an archive first; save a document as plain text",
        )
    return text.replace("\r\n", "\n").replace("\r", "\n")


READERS: dict[str, Callable[[LocalDataset], Parts]] = {
    "shakespeare": shakespeare_parts,
    "stdlib": lambda _: stdlib_parts(Path(sysconfig.get_path("stdlib"))),
}


def load_parts(dataset: LocalDataset) -> Parts:
    """Return the splits of a data set, or of the user's own data. As in coursekit_nmt.

    Raises:
        CourseError: No reader has the data set's name, or the data is not what the reader reads.
    """
    if dataset.path is not None:
        return own_parts(dataset.path)
    if dataset.name not in READERS:
        raise CourseError(
            f"no reader for the data set {dataset.name!r}",
            f"one of: {', '.join(sorted(READERS))}",
            "add a reader to READERS in coursekit_textgen/load.py",
        )
    return READERS[dataset.name](dataset)
