"""The pictures that a notebook holds among its outputs."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Iterator
from typing import Any

from coursekit.notebooks.notebook import Notebook

MOST = 4  # pictures of a notebook
LARGEST = 500_000  # bytes of one
SIGNATURE = b"\x89PNG\r\n\x1a\n"


def pictures_of(book: Notebook) -> tuple[bytes, ...]:
    """Return the first PNG pictures among a notebook's outputs."""
    found = [picture for text in _texts(book) if (picture := _picture(text))]
    return tuple(found[:MOST])


def _texts(book: Notebook) -> Iterator[str]:
    for cell in book["cells"]:
        # A text has no outputs, whatever its cell holds.
        for output in cell["outputs"] if cell["cell_type"] == "code" else ():
            data: Any = output.get("data")
            text = data.get("image/png") if isinstance(data, dict) else None
            if isinstance(text, list):
                text = "".join(part for part in text if isinstance(part, str))
            if isinstance(text, str) and len(text) < 2 * LARGEST:
                yield text


def _picture(text: str) -> bytes:
    """Return the bytes of a picture; none if it is no PNG picture."""
    try:
        raw = base64.b64decode("".join(text.split()), validate=True)
    except (binascii.Error, ValueError):
        return b""
    return raw if raw.startswith(SIGNATURE) and len(raw) <= LARGEST else b""
