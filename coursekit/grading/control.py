"""What a grader asks beside the checks, to see whether a process still computes as it should."""

from __future__ import annotations

import random
from collections.abc import Callable
from typing import Any

import numpy as np


class Control:
    """What a grader asks beside the checks.

    Attributes:
        name: Of a probe whose answer is known.
        nothing: A name that nothing has.
    """

    def __init__(self, draw: random.Random) -> None:
        letters = "abcdefghijklmnopqrstuvwxyz"
        self.name, self.nothing = ("".join(draw.choices(letters, k=9)) for _ in range(2))
        numbers = np.array([draw.randrange(1000) for _ in range(12)], np.float64)
        self.args: list[Any] = [numbers, "".join(draw.choices(letters, k=8))]
        self.source = _CONTROL.format(name=self.name)

    def expected(self) -> Any:
        """Return the answer of a process in which nothing was replaced."""
        space: dict[str, Any] = {}
        exec(self.source, space)
        answer: Callable[..., Any] = space[self.name]
        return answer(*self.args)


_CONTROL = """def {name}(numbers, text):
    import json
    import math
    from builtins import abs, bool, len, max, round, sorted, sum  # as they are for everybody
    import numpy as np

    rows = numbers.reshape(3, 4)
    return [
        sum(numbers.tolist()), sorted(numbers.tolist()), len(text), text.upper(), max(text),
        float(np.sum(rows)), np.dot(rows, rows.T), np.sort(numbers), np.exp(-rows / 1000),
        np.allclose(rows, rows + 1), np.array_equal(rows, rows), bool(rows[0, 0] == -1),
        json.loads(json.dumps([text, 1, 2.5])), math.sqrt(len(text)), abs(-2), round(2.6),
        np.maximum(rows, 500), np.mean(rows, 1), np.zeros(3), np.ones(2), np.arange(4),
    ]
"""
