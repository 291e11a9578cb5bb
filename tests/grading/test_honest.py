"""Honest work raises no alarm, and earns what it is worth."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from coursekit.grading.batch import grade_all
from coursekit.grading.exam import LIMITS, Exam
from coursekit.grading.results import Submission
from coursekit.grading.walls import no_bubblewrap
from coursekit.practice.gather import exercise
from tests.grading.honest import submissions

ISOLATION = "process" if no_bubblewrap() else "bubblewrap"


def examine(name: str, folder: Path, others: bool = False) -> None:
    """Grade all honest submissions of an exercise."""
    honest = list(submissions(name, others))
    handed = []
    for number, one in enumerate(honest):
        path = folder / f"{number}.ipynb"
        path.write_bytes(one.content)
        handed.append(Submission(str(number), path))
    with Exam(exercise(name), ISOLATION, limits=replace(LIMITS, given=120)) as exam:
        grades = grade_all(handed, exam, jobs=2)
    for one, made in zip(honest, grades, strict=True):
        assert made.alarms == (), one.name
        assert made.failure == "", one.name
        lost = {v.check: v.words for v in made.verdicts if v.status != "passed"}
        assert (lost == {}) == one.whole, (one.name, lost)
    assert grades[1].earned == 0


@pytest.mark.parametrize("name", ["textgen/batches", "nmt/padding"])
def test_honest_work_is_met_with_silence(name: str, tmp_path: Path) -> None:
    examine(name, tmp_path)


@pytest.mark.tf
@pytest.mark.parametrize("name", ["nmt/attention"])
def test_other_methods_are_met_with_silence(name: str, tmp_path: Path) -> None:
    examine(name, tmp_path, others=True)
