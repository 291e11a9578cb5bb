"""What is asked a second time."""

from __future__ import annotations

import random

from coursekit.grading.again import questions, varied


def test_arguments_that_are_nothing_but_sizes_become_a_little_larger() -> None:
    for seed in range(20):
        rows, past, window = varied([4, 0, None], random.Random(seed))
        assert rows in (5, 6, 7)
        assert (past, window) == (0, None)
    assert varied([True, 1, 0], random.Random(1)) == [True, 1, 0]
    assert varied([4, "abc"], random.Random(1))[0] == 4  # beside others, a size stays


def test_a_function_of_sizes_alone_is_asked_again() -> None:
    class Squares:
        def prepare(self) -> None:
            pass

        def call(self, name: str, args: list[int], limit: float) -> int:
            return args[0] ** 2

        def value(self, name: str, limit: float) -> None:
            pass

    found = questions([("square", [3])], Squares(), 1).of("square", [3])
    assert found is not None
    assert found.before == 9
    assert found.answer == found.args[0] ** 2 > 9
