"""The page of the documentation that lists the cases is made from them.

``python -m tests.grading.test_matrix`` writes it again.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import groupby

from tests.conftest import ROOT
from tests.grading.cases import ALL, CASES, EXERCISE, Case

PAGE = ROOT / "docs" / "explanation" / "integrity-matrix.md"
HEAD = f"""# The integrity matrix

Each row is a submission that attacks, breaks or confuses a grader. The tests grade all
{len(CASES)} of them behind bubblewrap. Each must get exactly these points and raise exactly
these alarms. This page is made from the tests' own table.

Where nothing else is said, the exercise is `{EXERCISE}` ({ALL} points). Full marks without an
alarm mean that the submission is honest, whatever it looks like. A case with 0 points and no
alarm breaks its own exercise and nothing else.
"""


def page() -> str:
    """Return the page, in Markdown."""
    ordered = sorted(CASES, key=lambda case: case.group.lower())
    return HEAD + "".join(
        f"\n## {group[0].upper() + group[1:]}\n\n" + "\n".join(rows(cases)) + "\n"
        for group, cases in groupby(ordered, key=lambda case: case.group)
    )


def rows(cases: Iterator[Case]) -> Iterator[str]:
    """Yield the lines of a table of cases."""
    yield "| what the submission does | points | alarms |"
    yield "| --- | --- | --- |"
    for case in cases:
        where = "" if case.exercise == EXERCISE else f" (`{case.exercise}`)"
        name = case.name.replace("|", "\\|").replace("__", "\\_\\_")
        alarms = ", ".join(sorted(case.alarms)) or "no alarm"
        yield f"| {name}{where} | {case.points:g} | {alarms} |"


def test_the_page_lists_the_cases() -> None:
    assert PAGE.read_text("utf-8") == page()


def test_each_mechanism_has_a_name_of_its_own() -> None:
    names = [case.name for case in CASES]
    assert len(set(names)) == len(names)
    assert len(names) >= 80


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")
