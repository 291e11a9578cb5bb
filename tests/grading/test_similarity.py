"""Which submissions are alike: copies are found, what the exercise explains is not."""

import re

import pytest

from coursekit.grading.made_up import answers, mistakes
from coursekit.grading.similarity import given_code, similar_code
from coursekit.practice.locate import named

STUB = ["def f(rows):\n    # YOUR CODE HERE\n    raise NotImplementedError('f')\n"]
LOOP = """
def f(rows):
    total = []
    for row in rows:
        best = max(row)
        for place, value in enumerate(row):
            if value == best and place % 2:
                total.append((place, value * best))
    return sorted(total, key=lambda pair: (pair[1], -pair[0]))
"""
OTHER = """
def f(rows):
    array = np.asarray(rows)
    tops = array.max(axis=1, keepdims=True)
    where = np.argwhere((array == tops) & (np.arange(array.shape[1]) % 2 == 1))
    picked = [(c, array[r, c] * tops[r, 0]) for r, c in where]
    picked.sort(key=lambda pair: (pair[1], -pair[0]))
    return picked
"""
THIRD = """
def f(rows):
    def odd(row):
        m = max(row)
        return ((n, v * m) for n, v in enumerate(row) if n % 2 if v == m)
    return sorted((x for row in rows for x in odd(row)), key=lambda x: (x[1], -x[0]))
"""


def renamed(code: str) -> str:
    for old, new in (("total", "out"), ("row", "line"), ("best", "top"), ("place", "i")):
        code = re.sub(rf"\b{old}\b", new, code)
    return code


def alike(**codes: str) -> list[tuple[str, str]]:
    found = similar_code("x", {who: [code] for who, code in codes.items()}, STUB)
    return [pair.students for pair in found]


def test_a_copy_with_other_names_is_found() -> None:
    assert alike(a=LOOP, b=OTHER, c=renamed(LOOP), d=THIRD) == [("a", "c")]
    assert alike(a=LOOP, c=LOOP + OTHER) == [("a", "c")]


def test_work_of_ones_own_is_not() -> None:
    assert alike(a=LOOP, b=OTHER, c=THIRD) == []


def test_what_the_stub_gave_and_what_many_wrote_tells_nothing() -> None:
    assert alike(a=STUB[0], b=STUB[0]) == []
    given = similar_code("x", {"a": [LOOP], "b": [LOOP]}, [LOOP + "    # more"])
    assert given == []
    assert similar_code("x", {"a": [LOOP], "b": [LOOP]}, STUB, [LOOP]) == []
    assert alike(**{f"s{n}": LOOP for n in range(6)}) == []


@pytest.mark.parametrize("code", ["def f(:\n  '''", "\0", "x = " + "(" * 5000, "%%bash\nls 'x", ""])
def test_what_is_no_python_stops_nothing(code: str) -> None:
    assert alike(a=code, b=LOOP) == []


def test_honest_work_in_a_real_exercise_is_never_alike() -> None:
    """All pairs of students with different misconceptions, and of those with none."""
    template = named("textgen/batches")
    stub, solution = given_code(template.name)
    right = {cell.id: cell.solved for cell in answers(template)}
    codes = {"right": list(right.values()), "right too": list(right.values())}
    for name, cell, code in mistakes(template):
        codes[name] = list((right | {cell: code}).values())
    found = similar_code(template.name, codes, stub, solution)
    assert len(codes) == 30
    assert [pair.students for pair in found] == []
