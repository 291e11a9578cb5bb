"""Notebooks of exercises that have been replaced: which they are, and what to do with them."""

from __future__ import annotations

from collections.abc import Mapping

from coursekit.console import Consoles
from coursekit.practice.former import replaced, stranded
from coursekit.practice.records import Record


def show_stranded(known: Mapping[str, Record], out: Consoles) -> None:
    """Name the notebooks of exercises that have been replaced, and what to do with them."""
    for former in stranded(known):
        out.result(str(replaced(*former)), "yellow")
