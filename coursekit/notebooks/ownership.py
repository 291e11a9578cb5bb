"""Which files the kit wrote itself and nobody has changed: a build writes over no other."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import Any

from coursekit.stored import is_there, read_bytes

BUILT = "<!-- built by `coursekit build`"  # how a README.md of the kit's begins


def seal(cells: list[dict[str, Any]]) -> str:
    """Return the hash of a notebook's cells: ids, kinds, sources, and their order."""
    parts = [
        (cell.get("id"), cell.get("cell_type"), "".join(cell.get("source", ""))) for cell in cells
    ]
    return hashlib.sha256(json.dumps(parts).encode()).hexdigest()


def may_write(path: Path, book: dict[str, Any] | None = None) -> bool:
    """Return whether a built file may take a place.

    Args:
        path: The place.
        book: The notebook that is to be written there; None: a page of Markdown.

    Returns:
        Whether nothing is there, or what the kit wrote itself: the same edition of the same
        exercise, with every cell as it was built, and without outputs unless it was executed
        by the build; a page that says that it was built.

    Raises:
        CourseError: What is there cannot be read.
    """
    if not is_there(path):
        return True
    text = read_bytes(path).decode("utf-8", "replace")
    return text.startswith(BUILT) if book is None else _is_own(text, book)


def _is_own(text: str, book: dict[str, Any]) -> bool:
    try:
        there = json.loads(text)
        known, wanted = (one["metadata"]["coursekit"] for one in (there, book))
        worked = any(cell.get("outputs") for cell in there["cells"]) and "code" not in known
        same = all(known[key] == wanted[key] for key in ("exercise", "edition"))
        return bool(same and not worked and known["seal"] == seal(there["cells"]))
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
        return False
