"""Reads a notebook's file, from whichever program and in whatever state, and validates it once.

What `read_notebook` returns can be relied on: it has the fields of notebook format 4 with their
types, and no text in it that cannot be written again.
"""

from __future__ import annotations

import json
import logging
import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from coursekit.errors import CourseError
from coursekit.notebooks.notebook import Notebook
from coursekit.printable import quoted
from coursekit.stored import read_bytes, require_file

MOST_READ = 100_000_000  # bytes: a larger one is not opened by Jupyter either
DEEPEST = 100  # lists and objects inside one another; outputs with a figure in them reach 20
CONFLICT = re.compile(r"^[ \t]*(<{7}|={7}|>{7})( |$)", re.MULTILINE)  # git's conflict markers
_HALF = re.compile("[\ud800-\udfff]")  # half of a character that UTF-16 writes as a pair
CELL_TYPES = ("code", "markdown", "raw")


def read_notebook(path: Path, remedy: str = "") -> Notebook:
    """Read a notebook; older formats are upgraded, missing fields added.

    Args:
        path: The file.
        remedy: What to do if the file is damaged.

    Returns:
        A notebook of format 4: ``metadata`` is an object, each cell has its type, ``metadata``
        and a source that is one text, and each code cell has ``outputs`` and
        ``execution_count``. Ids are there only if the file has them.

    Raises:
        CourseError: It cannot be read, or is not a notebook.
    """
    try:
        found = _plain(_parsed(path, remedy))
    except RecursionError:
        raise CourseError(
            f"{path} is nested too deeply to be a notebook",
            f"at most {DEEPEST} lists or objects inside one another",
            remedy,
        ) from None
    try:
        return _notebook(found)
    except _NoNotebookError as error:
        raise CourseError(
            f"{path} is not a notebook that can be read: {error}", error.expected, remedy
        ) from None


class _NoNotebookError(Exception):
    """JSON values are not those of a notebook: the text says why not."""

    def __init__(self, why: str, expected: str) -> None:
        super().__init__(why)
        self.expected = expected


def _notebook(found: Any) -> Notebook:
    if not isinstance(found, dict):
        raise _NoNotebookError(f"it holds {_kind(found)}", "an object with cells")
    is_new = "cells" in found and found.get("nbformat") != 1
    book = found if is_new else _upgraded(found)
    if not isinstance(book.get("cells"), list):
        raise _NoNotebookError(f"its cells are {_kind(book.get('cells'))}", "a list of cells")
    cells = [_cell(number, cell) for number, cell in enumerate(book["cells"], 1)]
    return book | {"cells": cells, "metadata": _metadata(book.get("metadata"))}


def _parsed(path: Path, remedy: str) -> Any:
    """Return a file's JSON values; its encoding is found by its first bytes."""
    size = require_file(path)
    if size > MOST_READ:
        raise CourseError(
            f"{path} has {size:,} bytes",
            f"at most {MOST_READ:,}",
            "clear the outputs of all its cells and save it",
        )
    raw = read_bytes(path)
    if not raw.strip(b"\0 \t\r\n"):
        raise CourseError(f"{path} is empty", "a notebook", remedy)
    try:
        text = raw.decode(json.detect_encoding(raw), "surrogatepass")
    except UnicodeDecodeError as error:
        raise CourseError(
            f"{path} is not UTF-8: it has the byte {raw[error.start]:#x} at {error.start:,}",
            "text in UTF-8",
            "; or ".join(["save it as UTF-8 in your editor", *filter(None, [remedy])]),
        ) from None
    try:
        return json.loads(text)
    except ValueError as error:
        raise _no_json(path, text, error, remedy) from None


def _no_json(path: Path, text: str, error: ValueError, remedy: str) -> CourseError:
    mark = CONFLICT.search(text)
    if mark is None:
        return CourseError(
            f"{path} is not a notebook that can be read: {error}", "the JSON of a notebook", remedy
        )
    line = text.count("\n", 0, mark.start()) + 1
    return CourseError(
        f"{path} holds git's conflict markers, the first on line {line}: two versions were merged",
        "one version",
        f"git checkout --ours {quoted(path)} keeps yours, --theirs keeps the other; "
        "or delete one version and the marks in a text editor",
    )


def _kind(value: Any) -> str:
    names = {dict: "an object", list: "a list", str: "a text", bool: "a truth value"}
    return "null" if value is None else names.get(type(value), "a number")


def _plain(value: Any, depth: int = 0) -> Any:
    """Return JSON values without halves of characters.

    Raises:
        RecursionError: They are nested too deeply.
    """
    if isinstance(value, str):
        return _HALF.sub("\N{REPLACEMENT CHARACTER}", value)
    if depth > DEEPEST:
        raise RecursionError
    if isinstance(value, list):
        return [_plain(item, depth + 1) for item in value]
    if isinstance(value, dict):
        return {_plain(key): _plain(item, depth + 1) for key, item in value.items()}
    return value


def _object(value: Any) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}


def _metadata(value: Any) -> dict[str, Any]:
    """Return metadata in which what the kit reads has its type: of a notebook, of a cell."""
    found = dict(_object(value))
    for key in ("coursekit", "nbgrader"):
        if key in found:
            found[key] = _object(found[key])
    if "tags" in found:
        found["tags"] = [tag for tag in _list(found["tags"]) if isinstance(tag, str)]
    return found


def _upgraded(found: dict[str, Any]) -> Notebook:
    """Return a notebook of format 1 to 3 in format 4; the ids that nbformat draws are left out."""
    if "cells" not in found and "worksheets" not in found:
        raise _NoNotebookError("it has no cells", "an object with cells")
    import nbformat

    whole = {"nbformat": 3, "nbformat_minor": 0} | found
    whole["metadata"] = _object(found.get("metadata"))
    for sheet in _list(found.get("worksheets")):
        for cell in _list(_object(sheet).get("cells")):
            if isinstance(cell, dict) and cell.get("cell_type") == "code":
                cell["outputs"] = _list(cell.get("outputs"))
    try:
        with _silent("traitlets"):
            node = nbformat.from_dict(whole)  # type: ignore[no-untyped-call]
            book: Notebook = json.loads(json.dumps(nbformat.convert(node, 4)))  # type: ignore[no-untyped-call]
    except Exception as error:  # a foreign file may trip any line of the conversion
        why = f"its format {found.get('nbformat')!r} could not be upgraded: {error}"
        raise _NoNotebookError(why, "format 4, or a valid older one") from None
    for cell in _list(book.get("cells")):
        cell.pop("id", None)
    return book


def _list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else []


@contextmanager
def _silent(name: str) -> Iterator[None]:
    """Keep from the terminal what nbformat logs about a file that is not quite valid."""
    logger = logging.getLogger(name)
    before, logger.disabled = logger.disabled, True
    try:
        yield
    finally:
        logger.disabled = before


def _cell(number: int, found: Any) -> dict[str, Any]:
    """Return a cell with all fields that the rest of the kit reads."""
    if not isinstance(found, dict):
        raise _NoNotebookError(f"its cell {number} is {_kind(found)}", "an object")
    cell = dict(found)
    if "cell_type" not in cell and isinstance(cell.get("outputs"), list):
        cell["cell_type"] = "code"
    if cell.get("cell_type") not in CELL_TYPES:
        why = f"its cell {number} is of the type {cell.get('cell_type')!r}"
        raise _NoNotebookError(why, "code, markdown or raw")
    source = cell.get("source")
    if isinstance(source, list):
        source = "".join(line for line in source if isinstance(line, str))
    if source is not None and not isinstance(source, str):
        raise _NoNotebookError(f"the source of its cell {number} is {_kind(source)}", "text")
    cell |= {"source": source or "", "metadata": _metadata(cell.get("metadata"))}
    if not isinstance(cell.get("id"), str):
        cell.pop("id", None)
    if cell["cell_type"] == "code":
        cell["outputs"] = [out for out in _list(cell.get("outputs")) if isinstance(out, dict)]
        count = cell.get("execution_count")
        cell["execution_count"] = count if isinstance(count, int) else None
    return cell
