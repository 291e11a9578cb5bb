"""Grades that are kept: each in a file of its own, by what was handed in and what graded it.

A file is written when its submission is graded. So a grading that was killed resumes where it
stopped, and one that is repeated runs what has changed alone.
"""

from __future__ import annotations

import hashlib
import sys
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import lru_cache
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

import msgspec

from coursekit.atomic import make_folder, write_bytes
from coursekit.errors import CourseError, disk_errors
from coursekit.grading.exam import Exam
from coursekit.grading.results import Alarm, Grade, Submission, Verdict
from coursekit.grading.view import packages
from coursekit.stored import environment_path, read_bytes, read_json

LIBRARIES = ("tensorflow", "keras", "numpy", "ipython")
FOLDER = "grades"


@dataclass(frozen=True)
class Kept:
    """What is kept of a grade: all but whose it is. See `Grade`."""

    verdicts: tuple[Verdict, ...]
    alarms: tuple[Alarm, ...]
    notes: tuple[str, ...]
    output: str
    pictures: tuple[bytes, ...]
    isolation: str
    seconds: float
    failure: str


def default_folder() -> Path:
    """Return where grades are kept: beside the kit's other files that can be made again."""
    named = environment_path("COURSEKIT_CACHE")
    if named is not None:
        return named / FOLDER
    from platformdirs import user_cache_path

    return user_cache_path("coursekit", appauthor=False) / FOLDER


class KeptGrades:
    """The grades of an exercise that are kept.

    Args:
        exam: The exercise; its checks, walls and limits are part of what graded.
        folder: Where the files are.
    """

    def __init__(self, exam: Exam, folder: Path) -> None:
        self.exam = exam
        self.folder = make_folder(folder / exam.name.replace("/", "-"))
        self._grader = _grader(exam)

    def _path(self, submission: Submission) -> Path | None:
        try:
            content = read_bytes(submission.path)
        except CourseError:
            return None
        digest = hashlib.sha256(self._grader + content)
        return self.folder / f"{digest.hexdigest()[:40]}.json"

    def get(self, submission: Submission) -> Grade | None:
        """Return the grade of a submission; None if it is not kept, or damaged."""
        path = self._path(submission)
        if path is None or not path.is_file():
            return None
        try:
            kept = read_json(path, Kept)
        except CourseError:  # it is graded again, and written again
            return None
        values = {name: getattr(kept, name) for name in Kept.__dataclass_fields__}
        return Grade(submission, self.exam.name, **values)

    def forget(self, submissions: Iterable[Submission]) -> None:
        """Remove what is kept of submissions."""
        for submission in submissions:
            if path := self._path(submission):
                with disk_errors("remove", path):
                    path.unlink(missing_ok=True)

    def put(self, grade: Grade) -> None:
        """Keep a grade.

        Raises:
            CourseError: It cannot be written.
        """
        path = self._path(grade.submission)
        if path is not None:
            kept = Kept(**{name: getattr(grade, name) for name in Kept.__dataclass_fields__})
            write_bytes(path, msgspec.json.encode(kept))


def _grader(exam: Exam) -> bytes:
    """Return the hash of all that a grade depends on beside the submission."""
    digest = hashlib.sha256()
    for part in (
        exam.name,
        exam.isolation,
        exam.limits.text(),
        sys.version,
        *(f"{name} {_version(name)}" for name in LIBRARIES),
    ):
        digest.update(part.encode() + b"\0")
    files = [exam.template.path, *([exam.hidden_file] if exam.hidden_file else [])]
    for path in [*files, *_sources(tuple(packages(exam.template).values()))]:
        digest.update(path.read_bytes() + b"\0")
    return digest.digest()


def _version(name: str) -> str:
    try:
        return version(name)
    except PackageNotFoundError:
        return ""


@lru_cache(maxsize=8)
def _sources(roots: tuple[Path, ...]) -> tuple[Path, ...]:
    """Return the modules of packages, templates of other exercises left out."""
    return tuple(_modules(roots))


def _modules(roots: tuple[Path, ...]) -> Iterator[Path]:
    for root in roots:
        if root.is_file():
            yield root
        else:
            yield from sorted(path for path in root.rglob("*.py") if "templates" not in path.parts)
