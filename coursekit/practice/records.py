"""What is remembered between commands: where the notebooks are, what passed, which hints."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

from coursekit.atomic import make_folder, write_json
from coursekit.errors import CourseError, disk_errors
from coursekit.stored import environment_path, read_json

if TYPE_CHECKING:
    from _typeshed import DataclassInstance

Kept = TypeVar("Kept", bound="DataclassInstance")
FOUND_AGAIN = "`coursekit start` finds your notebooks again, and `coursekit check` your points"
PATIENCE = 20.0  # seconds to wait for another command that writes the same file
ELSEWHERE = "set COURSEKIT_STATE to a folder that you can write to"


@dataclass
class Record:
    """What is known of one exercise.

    Attributes:
        path: The notebook.
        points: Earned at the last check.
        total: That can be earned.
        passed: The checks that passed at the last check.
        failing: The first check that did not; empty if all passed.
        answers: The hash of the student's cells at the last check.
        hints: How many hints were shown, by check.
        solved_on: The day on which all checks passed for the first time, such as 2026-11-29.
    """

    path: str = ""
    points: int = 0
    total: int = 0
    passed: list[str] = field(default_factory=list)
    failing: str = ""
    answers: str = ""
    hints: dict[str, int] = field(default_factory=dict)
    solved_on: str = ""

    @property
    def solved(self) -> bool:
        """Whether all checks passed."""
        return self.total > 0 and self.points == self.total


def state_path() -> Path:
    """Return the file: in the folder that ``COURSEKIT_STATE`` names, else the system's."""
    folder = environment_path("COURSEKIT_STATE")
    if folder is not None:
        return folder / "coursework.json"
    from platformdirs import user_data_path

    return user_data_path("coursekit", appauthor=False) / "coursework.json"


def records() -> dict[str, Record]:
    """Return what is known, by exercise.

    Raises:
        CourseError: The file cannot be read.
    """
    path = state_path()
    if not os.path.lexists(path):
        return {}
    return read_json(path, dict[str, Record], f"move it away: {FOUND_AGAIN}")


def record_of(exercise: str) -> Record:
    """Return what is known of an exercise; nothing if the file cannot be read."""
    try:
        return records().get(exercise, Record())
    except CourseError:  # whoever saves a record says why that is impossible
        return Record()


@contextmanager
def changing() -> Iterator[dict[str, Record]]:
    """Yield the records to be changed, and write them, whole or not at all."""
    with rewriting(state_path(), records) as known:
        yield known


@contextmanager
def rewriting(path: Path, read: Callable[[], dict[str, Kept]]) -> Iterator[dict[str, Kept]]:
    """Yield what a file keeps by name, to be changed, and write it, whole or not at all.

    Args:
        path: The file; nobody else writes it meanwhile.
        read: Returns what it keeps.

    Raises:
        CourseError: The file cannot be read or written; then it is as it was.
    """
    make_folder(path.parent, ELSEWHERE)
    with disk_errors("lock", path, ELSEWHERE), _alone(path):
        known = read()
        yield known
        values = {name: asdict(one) for name, one in sorted(known.items())}
        write_json(path, values, remedy=ELSEWHERE)


@contextmanager
def _alone(path: Path) -> Iterator[None]:
    """Let no other command write a file inside a ``with`` block.

    Raises:
        CourseError: Another one writes it for longer than `PATIENCE`.
    """
    from filelock import FileLock, Timeout

    lock = FileLock(f"{path}.lock", timeout=PATIENCE)
    try:
        lock.acquire()
    except Timeout:
        raise CourseError(
            f"another command has locked {path} for {PATIENCE:.0f} seconds",
            remedy="end it, or try again",
        ) from None
    try:
        yield
    finally:
        lock.release()
