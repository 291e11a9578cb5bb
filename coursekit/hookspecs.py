"""The one hook of coursekit."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

import pluggy

if TYPE_CHECKING:
    from coursekit.lesson import Lesson

PROJECT = "coursekit"

hookspec = pluggy.HookspecMarker(PROJECT)
hookimpl = pluggy.HookimplMarker(PROJECT)


@hookspec
def coursekit_lessons() -> Iterable[Lesson]:  # type: ignore[empty-body]
    """Return the lessons that a plugin offers."""
