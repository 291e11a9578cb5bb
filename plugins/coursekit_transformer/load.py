"""Where the text comes from, split as in coursekit_textgen, so that the two can be compared."""

from __future__ import annotations

import platform
import sysconfig
from pathlib import Path
from typing import NamedTuple

from coursekit import CourseError, LocalDataset

SHAKESPEARE_FILE = "tinyshakespeare.txt"
FORM = "a text file in UTF-8"

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


class Texts(NamedTuple):
    """The text of the three splits, and what should be known about them."""

    train: str
    validation: str
    test: str
    note: str


def texts_of(dataset: LocalDataset) -> Texts:
    """Return the splits of a data set.

    Raises:
        CourseError: The file is not text, or the standard library's source is not installed.
    """
    if dataset.path is not None:
        return own_texts(dataset.path)
    if dataset.name == "stdlib":
        return stdlib_texts(Path(sysconfig.get_path("stdlib")))
    text = dataset.files[SHAKESPEARE_FILE].read_text("utf-8")
    train, tail = split_at(text, 0.9)
    note = "the tail serves as validation and as test, as in nanoGPT, so that figures compare"
    return Texts(train, tail, tail, note)


def split_at(text: str, share: float) -> tuple[str, str]:
    """Cut a text in two, the first part having that share of its characters."""
    cut = int(len(text) * share)
    return text[:cut], text[cut:]


def own_texts(path: Path) -> Texts:
    """Read a file: nine tenths to train on, then a twentieth each to validate and to test.

    Raises:
        CourseError: It is not a file, or not text.
    """
    if not path.is_file():
        raise CourseError(f"{path} is not a file", FORM)
    train, tail = split_at(decoded(path.read_bytes(), str(path)), 0.9)
    validation, test = split_at(tail, 0.5)
    return Texts(train, validation, test, "validation and test are the last two twentieths")


def stdlib_texts(folder: Path) -> Texts:
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
    return Texts(train, validation, test, note)


def source(path: Path) -> str:
    """Read one module.

    Raises:
        CourseError: There is no such file.
    """
    try:
        return decoded(path.read_bytes(), str(path))
    except OSError as error:
        raise CourseError(
            f"this Python comes without the source of its module {path.stem}: {path}",
            "a Python whose standard library is installed as .py files",
            "use --data with a text file of your own",
        ) from error


def decoded(raw: bytes, name: str) -> str:
    r"""Decode a text file; every line ends with ``\n``.

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
