"""Many submissions: nothing stops them, nothing is lost, nothing is graded twice."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from coursekit.grading.batch import Progress, grade_all
from coursekit.grading.exam import LIMITS, Exam
from coursekit.grading.kept import KeptGrades
from coursekit.grading.results import Submission
from coursekit.grading.walls import no_bubblewrap
from tests.conftest import ROOT
from tests.grading.cases import ALL, NONE, ROWS, in_a_call, notebook, template

ISOLATION = "process" if no_bubblewrap() else "bubblewrap"


@pytest.fixture(scope="module")
def exam() -> Iterator[Exam]:
    limits = replace(LIMITS, given=60, cell=3, total=20)
    with Exam(template(), ISOLATION, limits=limits) as made:
        made.ready()
        yield made


def hand_in(folder: Path, **files: bytes) -> list[Submission]:
    folder.mkdir(exist_ok=True)
    for name, content in files.items():
        (folder / f"{name}.ipynb").write_bytes(content)
    return [Submission(name, folder / f"{name}.ipynb") for name in files]


def test_nothing_stops_the_others(exam: Exam, tmp_path: Path) -> None:
    handed = hand_in(
        tmp_path,
        honest=notebook(solved=True),
        empty=b"",
        deep=b"[" * 500_000,
        ends=notebook(solved=True, code={"side_by_side": in_a_call("import os; os._exit(1)")}),
        loops=notebook(solved=True, code={"side_by_side": in_a_call("while True: pass")}),
        stub=notebook(),
        last=notebook(solved=True),
    )
    grades = {grade.submission.student: grade for grade in grade_all(handed, exam, jobs=2)}
    earned = {name: grade.earned for name, grade in grades.items()}
    assert earned == {
        **{"honest": ALL, "empty": NONE, "deep": NONE, "ends": ALL - ROWS},
        **{"loops": ALL - ROWS, "stub": NONE, "last": ALL},
    }
    assert "empty" in grades["empty"].failure
    assert {v.status for v in grades["empty"].verdicts} == {"not run"}


def test_they_come_back_in_the_order_in_which_they_were_handed_in(
    exam: Exam, tmp_path: Path
) -> None:
    handed = hand_in(tmp_path, b=notebook(solved=True), a=notebook(), c=notebook(solved=True))
    told: list[Progress] = []
    grades = grade_all(handed, exam, jobs=2, told=told.append)
    assert [grade.earned for grade in grades] == [ALL, NONE, ALL]
    assert [progress.done for progress in told] == [1, 2, 3]
    assert told[-1].left == 0


def test_what_is_kept_is_not_graded_again(exam: Exam, tmp_path: Path) -> None:
    handed = hand_in(tmp_path / "in", a=notebook(solved=True), b=notebook())
    kept = KeptGrades(exam, tmp_path / "kept")
    first = grade_all(handed, exam, jobs=1, kept=kept)
    told: list[Progress] = []
    again = grade_all(handed, exam, jobs=1, kept=kept, told=told.append)
    assert again == first
    assert [progress.kept for progress in told] == [2, 2]
    # What is handed in again is graded, and nothing else.
    handed[1].path.write_bytes(notebook(solved=True, extra="# a second attempt"))
    changed = grade_all(handed, exam, jobs=1, kept=kept, told=told.append)
    assert [grade.earned for grade in changed] == [ALL, ALL]
    assert told[-1].kept == 1


def test_a_damaged_file_of_a_grade_is_written_again(exam: Exam, tmp_path: Path) -> None:
    handed = hand_in(tmp_path / "in", a=notebook(solved=True))
    kept = KeptGrades(exam, tmp_path / "kept")
    grade_all(handed, exam, jobs=1, kept=kept)
    (file,) = kept.folder.glob("*.json")
    file.write_text("{")
    assert kept.get(handed[0]) is None
    assert grade_all(handed, exam, jobs=1, kept=kept)[0].earned == ALL
    assert kept.get(handed[0]) is not None


def test_other_limits_or_checks_grade_again(exam: Exam, tmp_path: Path) -> None:
    (handed,) = hand_in(tmp_path / "in", a=notebook(solved=True))
    kept = KeptGrades(exam, tmp_path / "kept")
    grade_all([handed], exam, jobs=1, kept=kept)
    with Exam(template(), "process", limits=exam.limits) as other:
        assert (KeptGrades(other, tmp_path / "kept").get(handed) is None) == (
            exam.isolation != "process"
        )
    shorter = replace(exam.limits, total=19)
    with Exam(template(), exam.isolation, limits=shorter) as other:
        assert KeptGrades(other, tmp_path / "kept").get(handed) is None
    with Exam(template(), exam.isolation, limits=exam.limits) as same:
        assert KeptGrades(same, tmp_path / "kept").get(handed) is not None


def test_a_grader_whose_process_ends_costs_nothing(
    exam: Exam, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    handed = hand_in(tmp_path, a=notebook(solved=True), b=notebook(solved=True))
    real, mark = grade_all.__globals__["grade"], tmp_path / "once"

    def dying(submission: Submission, *rest: object) -> object:
        if submission.student == "a" and not mark.exists():
            mark.touch()
            os.kill(os.getpid(), signal.SIGKILL)
        return real(submission, *rest)

    monkeypatch.setitem(grade_all.__globals__, "grade", dying)
    assert [grade.earned for grade in grade_all(handed, exam, jobs=1)] == [ALL, ALL]


def test_a_notebook_that_always_ends_the_grader_is_named(
    exam: Exam, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    handed = hand_in(tmp_path, a=notebook(solved=True), b=notebook(solved=True))
    real = grade_all.__globals__["grade"]

    def dying(submission: Submission, *rest: object) -> object:
        if submission.student == "a":
            os.kill(os.getpid(), signal.SIGKILL)
        return real(submission, *rest)

    monkeypatch.setitem(grade_all.__globals__, "grade", dying)
    lost, fine = grade_all(handed, exam, jobs=1)
    assert (lost.earned, fine.earned) == (NONE, ALL)
    assert lost.failure == "the process that graded it ended: status -9"


@pytest.mark.slow
def test_a_grading_that_was_killed_goes_on_where_it_stopped(tmp_path: Path) -> None:
    folder, cache = tmp_path / "in", tmp_path / "cache"
    hand_in(folder, **{f"s{n:02}": notebook(solved=True, extra=f"# {n}") for n in range(30)})
    command = [
        *(sys.executable, "-m", "coursekit", "grade", str(folder), "--exercise", template().name),
        *("--isolation", ISOLATION, "--json"),
    ]
    environment = {**os.environ, "COURSEKIT_CACHE": str(cache)}
    running = subprocess.Popen(
        command, cwd=ROOT, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    graded = cache / "grades" / "textgen-batches"
    until = time.monotonic() + 60
    while len(list(graded.glob("*.json"))) < 5 and time.monotonic() < until:
        time.sleep(0.02)
    running.kill()
    running.wait()
    times = {file: file.stat().st_mtime_ns for file in graded.glob("*.json")}
    assert 5 <= len(times) < 30
    done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    marks = {grade["student"]: grade["earned"] for grade in json.loads(done.stdout)["marks"]}
    assert marks == {f"s{n:02}": ALL for n in range(30)}
    files = list(graded.glob("*.json"))
    assert len(files) == 30
    assert all(file.stat().st_mtime_ns == made for file, made in times.items())
    assert not list(graded.glob("*.tmp"))
