"""Grading on a Dask cluster of two workers on this machine, one of which is killed."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from coursekit.errors import CourseError
from coursekit.grading import cluster
from coursekit.grading.batch import Progress
from coursekit.grading.exam import Exam
from coursekit.grading.kept import KeptGrades
from coursekit.grading.results import Submission
from coursekit.grading.walls import no_bubblewrap
from tests.conftest import Command
from tests.grading.cases import ALL, EXERCISE, NONE, notebook, template

pytest.importorskip("distributed", reason="the extra `cluster` is not installed")
pytestmark = pytest.mark.slow
ISOLATION = "process" if no_bubblewrap() else "bubblewrap"


@pytest.fixture(scope="module")
def workers() -> Iterator[Any]:
    from distributed import LocalCluster

    with LocalCluster(
        n_workers=2, threads_per_worker=1, dashboard_address=None, memory_limit=None
    ) as made:
        yield made


def handed(folder: Path, count: int) -> list[Submission]:
    for number in range(count):
        content = notebook(solved=bool(number % 4), extra=f"# {number}")
        (folder / f"{number}.ipynb").write_bytes(content)
    return [Submission(str(number), folder / f"{number}.ipynb") for number in range(count)]


def test_a_worker_that_is_killed_costs_no_mark(workers: Any, tmp_path: Path) -> None:
    submissions = handed(tmp_path, 16)
    killed: list[int] = []

    def kill(progress: Progress) -> None:
        if not killed:
            nanny = next(iter(workers.workers.values()))
            killed.append(nanny.pid)
            os.kill(nanny.pid, signal.SIGKILL)

    with Exam(template(), ISOLATION) as exam:
        kept = KeptGrades(exam, tmp_path / "kept")
        task = cluster.task_of(exam, ISOLATION)
        address = workers.scheduler_address
        grades = cluster.grade_on(address, submissions, exam, task, kept=kept, told=kill)
        again = cluster.grade_on(address, submissions, exam, task, kept=kept)
    assert killed
    assert [grade.earned for grade in grades] == [ALL if n % 4 else NONE for n in range(16)]
    assert {grade.isolation for grade in grades} == {ISOLATION}
    assert [grade.submission for grade in grades] == submissions
    assert again == grades


def test_the_command_hands_over(workers: Any, coursekit: Command, tmp_path: Path) -> None:
    folder = tmp_path / "in"
    folder.mkdir()
    handed(folder, 2)
    (folder / "x.ipynb").write_text("")
    words = ("grade", str(folder), "--exercise", EXERCISE, "--json")
    done = coursekit(*words, "--scheduler", workers.scheduler_address, code=1)
    assert '"earned": 13.0' in done.stdout
    assert "is empty" in done.stdout


def test_another_edition_on_a_worker_is_told(tmp_path: Path) -> None:
    with Exam(template(), ISOLATION) as exam:
        task = cluster.task_of(exam, ISOLATION)
    other = cluster.Task(task.exercise, "0" * 64, task.isolation, task.limits)
    with pytest.raises(CourseError, match="another edition"):
        cluster.grade_remotely(other, Submission("a", tmp_path / "a.ipynb"), b"")


def test_a_scheduler_that_is_not_there(
    coursekit: Command, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(cluster, "PATIENCE", 0.5)
    (tmp_path / "a.ipynb").write_bytes(notebook())
    words = ("grade", str(tmp_path / "a.ipynb"), "--exercise", EXERCISE)
    done = coursekit(*words, "--scheduler", "tcp://127.0.0.1:9", code=1)
    assert "no scheduler answers at tcp://127.0.0.1:9" in done.stderr
