"""Every case of the matrix gets its ideal mark and its ideal report."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator
from pathlib import Path

import pytest

from coursekit.grading.exam import LIMITS, Exam
from coursekit.grading.grade import grade
from coursekit.grading.results import Grade, Submission
from coursekit.grading.walls import no_bubblewrap
from tests.grading.cases import CASES, Case, template

pytestmark = pytest.mark.skipif(bool(no_bubblewrap()), reason=f"bubblewrap: {no_bubblewrap()}")


@pytest.fixture(scope="module")
def exam() -> Iterator[Exam]:
    with Exam(template(), "bubblewrap", limits=dataclasses.replace(LIMITS, given=60)) as made:
        made.ready()
        yield made


def said(made: Grade) -> str:
    """Return all that anybody is told."""
    words = [*(v.words for v in made.verdicts), *made.notes, made.failure, made.output]
    return "\n".join([*words, *(f"{a.words} {a.cell}" for a in made.alarms)])


@pytest.mark.parametrize("case", CASES, ids=[case.name.replace(" ", "-") for case in CASES])
def test_a_case_gets_its_ideal_mark_and_report(case: Case, exam: Exam, tmp_path: Path) -> None:
    path = tmp_path / "submission.ipynb"
    path.write_bytes(case.make())
    usual = exam.limits
    exam.limits = dataclasses.replace(usual, **case.limits)
    try:
        made = grade(Submission("s", path), exam)
    finally:
        exam.limits = usual
    assert made.earned == case.points, [(v.check, v.earned, v.words) for v in made.verdicts]
    assert {alarm.kind for alarm in made.alarms} == case.alarms, made.alarms
    assert case.said in said(made), said(made)
    assert not case.unsaid or case.unsaid not in said(made)


def test_names_of_cases_are_unique() -> None:
    assert len({case.name for case in CASES}) == len(CASES) >= 80
