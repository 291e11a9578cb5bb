"""Every case of the matrix gets its ideal mark and its ideal report."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from functools import cache
from pathlib import Path

import pytest

from coursekit.grading.exam import LIMITS, Exam
from coursekit.grading.grade import grade
from coursekit.grading.results import Grade, Submission
from coursekit.grading.walls import no_bubblewrap
from tests.grading.cases import CASES, EXERCISE, Case, template

pytestmark = pytest.mark.skipif(bool(no_bubblewrap()), reason=f"bubblewrap: {no_bubblewrap()}")


HEAVY = [case for case in CASES if case.exercise != EXERCISE]
LIGHT = [case for case in CASES if case.exercise == EXERCISE]


@pytest.fixture(scope="module")
def exams() -> Iterator[Callable[[str], Exam]]:
    with ExitStack() as stack:

        @cache
        def exam(name: str) -> Exam:
            limits = dataclasses.replace(LIMITS, given=60)
            made = stack.enter_context(Exam(template(name), "bubblewrap", limits=limits))
            made.ready()
            return made

        yield exam


def said(made: Grade) -> str:
    """Return all that anybody is told."""
    words = [*(v.words for v in made.verdicts), *made.notes, made.failure, made.output]
    return "\n".join([*words, *(f"{a.words} {a.cell}" for a in made.alarms)])


def examine(case: Case, exam: Exam, path: Path) -> None:
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


@pytest.mark.parametrize("case", LIGHT, ids=[case.name.replace(" ", "-") for case in LIGHT])
def test_a_case_gets_its_ideal_mark_and_report(
    case: Case, exams: Callable[[str], Exam], tmp_path: Path
) -> None:
    examine(case, exams(case.exercise), tmp_path / "submission.ipynb")


@pytest.mark.tf
@pytest.mark.parametrize("case", HEAVY, ids=[case.name.replace(" ", "-") for case in HEAVY])
def test_a_case_with_tensorflow_does_too(
    case: Case, exams: Callable[[str], Exam], tmp_path: Path
) -> None:
    examine(case, exams(case.exercise), tmp_path / "submission.ipynb")


def test_names_of_cases_are_unique() -> None:
    assert len({case.name for case in CASES}) == len(CASES) >= 80
