"""The author's gate: what it lets pass, and what it stops in which words."""

import re
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from coursekit import Dataset
from coursekit.datasets import RemoteFile
from coursekit.notebooks.template import read_template
from coursekit.plugins import catalogue
from coursekit.practice.gather import declared
from coursekit.practice.namespace import NotebookNamespace
from coursekit.practice.parts import places, unexamined, with_part
from coursekit.practice.plain_data import equal
from coursekit.practice.solved_work import Read, Recorded
from coursekit.practice.stubs import STUBS, stubbed
from coursekit.practice.verify import faults_of, unearned
from tests import sums


@pytest.fixture
def adding(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    yield sums.install(tmp_path / "plugin", monkeypatch)
    sums.forget()


def changed(path: Path, *replacements: tuple[str, str]) -> None:
    """Replace texts of a template, each of which must be there."""
    text = path.read_text()
    for old, new in replacements:
        assert old in text
        text = text.replace(old, new, 1)
    path.write_text(text)


def test_a_good_exercise_passes(adding: Path) -> None:
    assert faults_of(read_template(adding, "sums")) == []


CHECKED = sums.TEMPLATE[sums.TEMPLATE.index("    found = student.both") :].rstrip()


@pytest.mark.parametrize(
    ("old", "new", "says"),
    [
        ("points=2", "points=0", "totals has no points"),
        ('("What?", "Which way?", "Nearly: add.")', '("What?",)',
         "totals needs three different hints, but has 1"),
        ("== 6,", "== 7,", "the solution fails “The total is right”"),
        ("== 6,", ">= 0,", "totals gives 2 points for zeros, ones, infinity, very large numbers"),
        ("return float(numbers[0])", "return float(sum(numbers))",
         "no check rejects first: a check must call it"),
        ('@misconception("guess"', '@misconception("gues"',
         "no check rejects five: no check asks for 'gues', only for both, guess, total"),
        ('    assert student["guess"] == 4', "    assert True", "earns 1"),
        ('after="totals"', 'after="sums"', "sums, which is not a check"),
        ("points=2, hints=HINTS", 'points=2, after="means", hints=HINTS', "means, which is no"),
        ('guess = 4  # exercise\n\n# %% [markdown] tags=["why"]\n', "guess = 4\n# %% [markdown]\n",
         "unsolved notebook earns 1"),
        ('# %% [markdown] tags=["why"]\n# The mean', "# %% [markdown]\n# The mean",
         r"1_adding.py:32: the solution of mean has no why: below its cell"),
        ("print(mean((1.0, 3.0)))", "1 / 0", "ZeroDivisionError"),
        (CHECKED, '    assert_close(student.total((2.0,)), 2, "two")',
         "adding.py:32: no check looks at mean"),
        ("def by_two", "def first_again", "is not named"),
        ("    assert_close(found", "    np.testing.assert_allclose(1, 1)\n    assert_close(found",
         r"1_adding.py:80: numpy.testing lets NaN"),
        ("import numpy as np\n\nHINTS", "import numpy as np\nfrom numpy import testing\n\nHINTS",
         r"1_adding.py:\d+: numpy.testing lets NaN"),
        ("import numpy as np\n\nHINTS",
         "import numpy as np\nfrom numpy.testing import assert_allclose\n\nHINTS",
         r"1_adding.py:\d+: numpy.testing lets NaN"),
    ],
)  # fmt: skip
def test_a_faulty_exercise_is_stopped(adding: Path, old: str, new: str, says: str) -> None:
    changed(adding, (old, new))
    if "first_again" in new:  # it never gives what a student's code gives
        changed(
            adding,
            ('misconception("both"', 'misconception("total"'),
            ('{"total": sum(numbers), "mean": sum(numbers) / 2}', "numbers[0]"),
        )
    faults = faults_of(read_template(adding, "sums"))
    assert any(re.search(says, fault) for fault in faults), faults


def test_an_exercise_without_a_check_is_stopped(adding: Path) -> None:
    text = adding.read_text()
    adding.write_text(text[: text.index('@check("The guess')])
    faults = faults_of(read_template(adding, "sums"))
    assert faults[0].startswith(f"{adding}:2: there is no check: write a function marked @check")


PROBE = """
@probe
def rows(count):
    import numpy
    return numpy.arange(2.0 * count).reshape(count, 2), {"mean": count - 0.5, "ready": True}
"""
# What a check asks of the rows, and some of the stubs that earn its points.
CARELESS = [
    ("assert np.shape(found) == (3, 2)", {"NaN", "zeros", "the right answer in reverse"}),
    ("assert not np.abs(found - right).max() > 0.1", {"NaN"}),
    ("assert np.allclose(facts['mean'], 2.5)", {"empty arrays of the same form"}),
    ("assert all(row[0] < row[1] for row in found)", {"empty arrays of the same form"}),
    ("assert sorted(found[:, 0]) == [0, 2, 4]", {"the right answer in reverse"}),
    ("assert found.sum() > 14", {"infinity", "very large numbers"}),
    ("assert abs(found.mean() - 2.5) < 0.1", {"the mean as a constant"}),
    ("assert facts['ready']", {"NaN", "infinity"}),
    ("assert facts is not None", {"zeros"}),
]


def earning(path: Path, asks: str) -> list[str]:
    """Return what the gate says of one careless check."""
    head = '@check("The guess is right"'
    check = (
        f'{PROBE}\n\n@check("Rows", points=4, hints=HINTS)\ndef careless(student):\n'
        "    right = np.arange(6.0).reshape(3, 2)\n"
        f"    found, facts = student.rows(3)\n    {asks}\n\n\n"
    )
    changed(path, (head, check + head))
    known = declared(read_template(path, "sums"))
    namespace: dict[str, object] = {}
    for code in sums.SOLVED.values():
        exec(code, namespace)
    return list(unearned(known, Recorded(NotebookNamespace(namespace, known.probes))))


@pytest.mark.parametrize(("asks", "stubs"), CARELESS)
def test_a_careless_check_is_told_by_what_earns_its_points(
    adding: Path, asks: str, stubs: set[str]
) -> None:
    (fault,) = earning(adding, asks)
    found = re.fullmatch(
        r"careless gives 4 points for (.+) in place of what `rows` gives: compare with "
        "assert_close or assert_equal",
        fault,
    )
    assert found
    assert stubs <= set(found[1].split(", "))


@pytest.mark.parametrize(
    "asks",
    [
        "assert_close(found, right, 'the rows')",
        "assert_equal(found, right, 'the rows')",
        "assert facts['ready'] is True and assert_close(found, right, 'the rows') is None",
    ],
)
def test_an_honest_comparison_gives_nothing_away(adding: Path, asks: str) -> None:
    changed(adding, ("import assert_close,", "import assert_close, assert_equal,"))
    assert earning(adding, asks) == []


def test_a_check_that_follows_an_honest_one_may_look_at_a_part(adding: Path) -> None:
    careless = ("points=4, hints=HINTS)", 'points=4, hints=HINTS, after="careful")')
    careful = (
        '@check("Rows", points=4',
        '@check("All", points=1, hints=HINTS)\ndef careful(student):\n'
        "    found, facts = student.rows(3)\n"
        '    assert_close(found, np.arange(6.0).reshape(3, 2), "the rows")\n'
        '    assert_close(facts["mean"], 2.5, "the mean")\n\n\n'
        '@check("Rows", points=4',
    )
    asks = "assert facts['ready']"
    assert len(earning(adding, asks)) == 1
    changed(adding, careful, careless)
    known = declared(read_template(adding, "sums"))
    namespace: dict[str, object] = {}
    for code in sums.SOLVED.values():
        exec(code, namespace)
    assert list(unearned(known, Recorded(NotebookNamespace(namespace, known.probes)))) == []


def unseen(path: Path, asks: str) -> list[str]:
    """Return which parts of the probe's answer no check rejects, and what in their place."""
    careless = (
        f'{PROBE}\n\n@check("Rows", points=4, hints=HINTS)\ndef careless(student):\n'
        "    right = np.arange(6.0).reshape(3, 2)\n"
        f"    found, facts = student.rows(3)\n    {asks}\n\n\n"
    )
    head = '@check("The guess is right"'
    changed(path, (head, careless + head))
    known = declared(read_template(path, "sums"))
    namespace: dict[str, object] = {}
    for code in sums.SOLVED.values():
        exec(code, namespace)
    return list(unexamined(known, Recorded(NotebookNamespace(namespace, known.probes))))


def test_a_part_that_no_check_looks_at_is_found(adding: Path) -> None:
    mean, ready = unseen(adding, "assert_close(found, right, 'the rows')")
    assert "zeros, ones, None, NaN, infinity, minus infinity, very large numbers" in mean
    assert "in place of [1]['mean'] of what `rows` gives" in mean
    assert "zeros, None, NaN, infinity, minus infinity" in ready
    assert "in place of [1]['ready'] of what `rows` gives" in ready


@pytest.mark.parametrize(
    ("asks", "stubs"),
    [
        ("assert_close(facts['mean'], 2.5, 'the mean')", []),
        ("assert 0 < facts['mean'] < np.inf", ["very large numbers"]),
        ("assert 0 < facts['mean'] <= 3", []),  # a figure that is measured may be another
    ],
)
def test_a_part_may_be_examined_by_another_check(adding: Path, asks: str, stubs: list[str]) -> None:
    second = (
        '@check("Facts", points=1, hints=HINTS)\ndef facts(student):\n'
        f"    _, facts = student.rows(3)\n    {asks}\n"
        "    assert facts['ready'] is True\n\n\n"
    )
    head = '@check("The guess is right"'
    changed(adding, (head, second + head))
    found = unseen(adding, "assert_close(found, right, 'the rows')")
    assert [re.findall(r"rejects (.+) in place of \[1\]\['mean'\]", fault) for fault in found] == (
        [[", ".join(stubs)]] if stubs else []
    )


def test_the_parts_of_an_answer_are_entries_of_its_tuples_and_dicts() -> None:
    right = [(np.arange(3.0), {"a": 1, "b": "x"}), (np.arange(2.0), {"a": 2, "b": "y"})]
    assert list(places(right)) == [("*", 0), ("*", 1, "a"), ("*", 1, "b")]
    found = with_part(("*", 1, "a"), STUBS["zeros"], [], right, right)
    assert [part[1] for part in found] == [{"a": 0, "b": "x"}, {"a": 0, "b": "y"}]
    assert [part[0].tolist() for part in found] == [[0.0, 1.0, 2.0], [0.0, 1.0]]
    assert list(places(np.arange(3.0))) == list(places([1, 2])) == list(places({"a": 1})) == []
    assert with_part((2,), STUBS["zeros"], [], (1, 2), (1, 2, 3)) == (1, 2)


def test_only_what_a_check_reads_of_a_dict_counts() -> None:
    right = {"loss": 1.0, "steps": [1, 2]}
    given = Read({"loss": 1.0, "steps": [2, 1]})
    assert given.parts(right) == ([], [])
    assert given["loss"] == 1.0
    assert given.parts(right) == ([1.0], [1.0])
    assert list(given.values()) == [1.0, [2, 1]]
    assert given.parts(right) == ([1.0, [2, 1]], [1.0, [1, 2]])


@pytest.mark.parametrize(
    ("title", "expected"),
    [
        ("None", None),
        ("zeros", (np.zeros((2, 2)), [0, 0, 0], "", False)),
        ("ones", (np.ones((2, 2)), [1, 1, 1], "1", True)),
        ("infinity", (np.full((2, 2), np.inf), [np.inf] * 3, "inf", np.inf)),
        ("very large numbers", (np.full((2, 2), 1e30), [2**62 - 1] * 3, "very large " * 100, True)),
        ("the mean as a constant", (np.full((2, 2), 2.5), [5.0] * 3, "ab", 1.0)),
        ("the first number as a constant", (np.full((2, 2), 1.0), [7.0] * 3, "ab", 1.0)),
        ("the right answer in reverse", (np.array([[3.0, 4], [1, 2]]), [3, 5, 7], "ba", True)),
        ("all its axes in reverse", (np.array([[4.0, 3], [2, 1]]), [3, 5, 7], "ba", True)),
        ("its parts in reverse", (True, "ab", [7, 5, 3], np.array([[1.0, 2], [3, 4]]))),
        ("an empty array", np.zeros(0)),
        ("its argument 1", "x"),
        ("its argument 2", (np.array([[1.0, 2], [3, 4]]), [7, 5, 3], "ab", True)),  # there is none
        ("its argument 1 as each part", ("x", "x", "x", "x")),
    ],
)
def test_a_stub_has_the_form_of_the_right_answer(title: str, expected: object) -> None:
    right = (np.array([[1.0, 2], [3, 4]]), [7, 5, 3], "ab", True)
    found = stubbed(STUBS[title], ["x"], right, right)
    assert equal(found, expected)
    assert type(found) is type(expected)


def test_a_constant_is_the_same_at_each_call() -> None:
    stub = STUBS["the mean as a constant"]
    first, second = np.array([1.0, 3.0]), np.array([5.0, 6.0, 7.0])
    assert stubbed(stub, [], first, first).tolist() == [2.0, 2.0]
    assert stubbed(stub, [], second, first).tolist() == [2.0, 2.0, 2.0]


def test_empty_arrays_take_the_place_of_numbers() -> None:
    found = stubbed(STUBS["empty arrays of the same form"], [], {"loss": 1.0, "text": "a"}, None)
    assert found["loss"].shape == (0,)
    assert found["text"] == ""


WORKED = """# %% [markdown]
# # Sums
#
# **Goal.** See sums.
#
# **Time.** 5 minutes
#
# **Before.** nothing

# %%
DATASET = "all the numbers"

# %% tags=["train"]
raise RuntimeError("trained for an hour")
total = 7

# %%
print("needs what was trained:", total)

# %%
assert DATASET == "none"
print(1 / 1)
"""


def test_a_worked_lesson_must_run_where_nothing_is_trained(
    adding: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    lesson = catalogue().lesson("sums")
    large = Dataset(
        "all the numbers", "many", "public domain", (RemoteFile("http://x/y", 1, "sha256:0"),)
    )
    monkeypatch.setattr(type(lesson), "datasets", (large, *lesson.datasets))
    path = adding.with_name("lesson.py")
    path.write_text(WORKED)
    assert faults_of(read_template(path, "sums")) == []
    path.write_text(WORKED.replace("1 / 1", "1 / 0"))
    (fault,) = faults_of(read_template(path, "sums"))
    assert fault.startswith(f"{path}:21: this cell fails: ZeroDivisionError")
