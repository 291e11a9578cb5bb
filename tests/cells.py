"""Runs the cells of a template in this process, with some constants replaced."""

import re
from collections.abc import Callable
from typing import Any
from unittest.mock import patch

from coursekit.notebooks.cells import cells
from coursekit.practice.gather import exercise
from coursekit.practice.namespace import NotebookNamespace
from coursekit.showing import Picture, png
from tests.pictures import small_texts


def run_cells(name: str, **constants: object) -> dict[str, Any]:
    """Run all cells of the solved or worked edition but the checks, training included.

    What they compile becomes a graph without XLA, which takes longer to compile a network than a
    test takes to train it.

    Args:
        name: ``lesson/topic``; ``lesson/lesson`` is the worked lesson.
        **constants: New values of names that a cell sets in a line of its own, ``STEPS=2``; of
            ``greedy``, the characters that a call of a lesson's own function writes.

    Returns:
        What the cells have defined, and as ``_pictures`` the PNG pictures that they showed.
    """
    import tensorflow as tf

    here = NotebookNamespace({"__name__": "__main__"}, {})
    left, shown = dict(constants), list[bytes]()

    def look(picture: Picture) -> None:
        shown.append(png(picture.figure))
        assert not small_texts(picture.figure), f"too small to read: {picture.alt}"

    with (
        patch.object(tf, "function", _without_xla(tf.function)),
        patch("coursekit.showing._display", look),
    ):
        for cell in cells(exercise(name)):
            if cell.role in ("text", "check"):
                continue
            code = cell.solved
            for constant, value in constants.items():
                code, count = re.subn(*_change(constant, value), code, flags=re.MULTILINE)
                if count:
                    left.pop(constant, None)
            here.run_cell(code, cell.id)
    assert not left, f"no cell of {name} sets {', '.join(left)}"
    return here.namespace | {"_pictures": shown}


def _change(constant: str, value: object) -> tuple[str, str]:
    """Return what is replaced in a cell, a pattern, and by what."""
    if constant == "greedy":
        return r"(greedy\(model, .*), \d+\)", rf"\1, {value})"
    return rf"^{constant} = .*$", f"{constant} = {value!r}"


def _without_xla(function: Callable[..., Any]) -> Callable[..., Any]:
    def compiled(*args: Any, jit_compile: bool | None = None, **named: Any) -> Any:
        return function(*args, **named)

    return compiled
