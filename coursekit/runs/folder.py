"""The folder of a run: manifest, history, checkpoints, results, pictures."""

import csv
import io
import math
import os
import platform
import sys
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass, field, replace
from datetime import datetime
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import TYPE_CHECKING, Any

from coursekit import __version__
from coursekit.atomic import make_folder, write_json, write_text
from coursekit.errors import CourseError, disk_error, disk_errors
from coursekit.printable import quoted
from coursekit.stored import read_bytes, read_json

if TYPE_CHECKING:
    from filelock import FileLock

FORMAT = 1
ELSEWHERE = "name another folder with --out"
FULL_DISK = "free some space, then resume with --resume: finished epochs are kept"
MANIFEST, HISTORY, RESULTS, ASSETS, LOCK = (
    "run.json",
    "history.csv",
    "results.json",
    "assets.json",
    ".lock",
)
EARLY = (LOCK, MANIFEST + ".tmp")  # all that a run killed at its start leaves
COLUMNS = ("epoch", "train_seconds", "examples_per_second")  # of the history, always


@dataclass(frozen=True)
class Manifest:
    """What a run was asked to do, so that it can be recognised and resumed.

    Attributes:
        lesson: The lesson's name.
        dataset: The name of the data set that was used, or the user's own path.
        own_path: The user's own file or folder, empty for a named data set.
        fingerprint: Of the data that is learnt from.
        preset: The preset's name.
        settings: Every hyper-parameter, after data set and ``--set``.
        eager: Whether the step runs uncompiled.
        command: The command line that made the run.
        created: The time of its start, ISO 8601 with offset.
        versions: Of Python, TensorFlow, Keras, NumPy and coursekit.
        signatures: How each metric is computed.
        notes: What was said about the data.
        cores: How many the process could use; their number decides how sums are rounded.
        format: The version of this file's form.
    """

    lesson: str
    dataset: str
    own_path: str
    fingerprint: str
    preset: str
    settings: Mapping[str, Any]
    eager: bool = False
    command: str = ""
    created: str = ""
    versions: Mapping[str, str] = field(default_factory=dict)
    signatures: Mapping[str, str] = field(default_factory=dict)
    notes: tuple[str, ...] = ()
    cores: int = 0
    format: int = FORMAT


@dataclass(frozen=True)
class Written:
    """The one field of `Manifest` that every version has."""

    format: int


@dataclass(frozen=True)
class Results:
    """The results of a finished run.

    Attributes:
        metrics: Of the best epoch on the test split, by name.
        best_epoch: Counted from 1.
        epochs: Epochs that were trained.
        epochs_asked: Epochs that the settings asked for; fewer are trained if it stops early.
        train_seconds: Of all train steps.
        evaluate_seconds: Of the evaluation on the test split.
        finished: When, ISO 8601 with offset.
    """

    metrics: Mapping[str, float]
    best_epoch: int
    epochs: int
    epochs_asked: int
    train_seconds: float
    evaluate_seconds: float
    finished: str


def cores() -> int:
    """Return how many cores this process may use: sums are split among them."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def versions() -> dict[str, str]:
    """Return the versions that a result depends on."""
    found = {"python": platform.python_version(), "system": platform.platform()}
    found["coursekit"] = __version__
    for package in ("tensorflow", "keras", "numpy"):
        try:
            found[package] = version(package)
        except PackageNotFoundError:
            found[package] = "unknown"
    return found


def now() -> str:
    """Return the local time to the second, ISO 8601 with its offset."""
    return datetime.now().astimezone().isoformat(timespec="seconds")


def command_line() -> str:
    """Return what was typed."""
    return " ".join(["coursekit", *map(quoted, sys.argv[1:])])


class Run:
    """One run's folder.

    Args:
        path: The folder.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self._lock: FileLock | None = None
        self._manifest: Manifest | None = None

    @classmethod
    def create(cls, path: Path, manifest: Manifest) -> "Run":
        """Make the folder, take its lock and write the manifest.

        Raises:
            CourseError: The folder is not empty, or cannot be written.
        """
        check_vacant(path)
        run = cls(path)
        make_folder(path, ELSEWHERE)
        run.lock()
        write_json(path / MANIFEST, asdict(manifest), remedy=ELSEWHERE)
        return run

    @property
    def manifest(self) -> Manifest:
        """The manifest.

        Raises:
            CourseError: The folder holds no run, or one of another format.
        """
        if self._manifest is None:
            self._manifest = self._read_manifest()
        return self._manifest

    def _read_manifest(self) -> Manifest:
        path = self.path / MANIFEST
        if not os.path.lexists(path):
            raise CourseError(
                f"{self.path} is not a run",
                f"a folder that `coursekit run` wrote, with {MANIFEST} in it",
                "`coursekit runs` lists your runs",
            )
        remedy = "start a new run; `coursekit runs` lists the others"
        written = read_json(path, Written, remedy).format
        if written != FORMAT:
            raise CourseError(
                f"{self.path} was written in format {written}",
                f"format {FORMAT}",
                "use the version of coursekit that wrote it, or start a new run",
            )
        return read_json(path, Manifest, remedy)

    def update(self, **changes: Any) -> None:
        """Rewrite some fields of the manifest."""
        manifest = replace(self.manifest, **changes)
        write_json(self.path / MANIFEST, asdict(manifest), remedy=FULL_DISK)
        self._manifest = manifest

    def lock(self) -> None:
        """Keep other processes out until `unlock`, or the end of this process.

        Raises:
            CourseError: Another process is using the run.
        """
        from filelock import FileLock, Timeout

        lock = FileLock(self.path / LOCK)
        try:
            lock.acquire(timeout=0)
        except Timeout:
            raise CourseError(
                f"the run {self.path} is in use by another process",
                remedy="wait for it to end, or stop it",
            ) from None
        except OSError as error:
            remedy = "copy the run to a folder that you can write to"
            raise disk_error(error, "lock the run", self.path, remedy) from error
        self._lock = lock
        self._manifest = None  # it may have changed before the lock was ours

    def unlock(self) -> None:
        """Let others use the run."""
        if self._lock is not None:
            self._lock.release()
            self._lock = None

    def in_use(self) -> bool:
        """Return whether another process holds the lock."""
        if not (self.path / LOCK).exists():
            return False
        from filelock import FileLock, Timeout

        try:
            with FileLock(self.path / LOCK, timeout=0):
                return False
        except Timeout:
            return True
        except OSError:  # a run that one can only read
            return False

    def history(self) -> list[dict[str, float]]:
        """Return a row for each epoch that was finished, values by column name.

        Raises:
            CourseError: The file is damaged.
        """
        path = self.path / HISTORY
        if not os.path.lexists(path):
            return []
        try:
            text = read_bytes(path).decode("utf-8")
            rows = [_numbers(row) for row in csv.DictReader(io.StringIO(text))]
            if [row["epoch"] for row in rows] != list(range(1, len(rows) + 1)):
                raise ValueError("the epochs are not 1, 2, 3 and so on")
        except (TypeError, ValueError, csv.Error) as error:
            raise CourseError(
                f"{path} is damaged: {error}",
                "a row of numbers for each epoch, separated by commas",
                "start a new run",
            ) from error
        return rows

    def write_history(self, rows: list[dict[str, float]]) -> None:
        """Write the rows atomically, with the union of their columns."""
        columns = list(dict.fromkeys(name for row in rows for name in row))
        buffer = io.StringIO()
        writer = csv.DictWriter(buffer, columns, lineterminator="\n", restval="")
        writer.writeheader()
        for row in rows:
            whole = {name: int(value) if name == "epoch" else value for name, value in row.items()}
            writer.writerow(whole)
        write_text(self.path / HISTORY, buffer.getvalue(), remedy=FULL_DISK)

    def results(self) -> Results | None:
        """Return the run's results, None while it is unfinished."""
        try:
            results = read_json(self.path / RESULTS, Results)
        except CourseError:  # missing, or damaged: --resume writes it again
            return None
        asked = self.manifest.settings.get("epochs")
        return results if results.epochs_asked == asked else None

    @property
    def finished(self) -> bool:
        """Whether it was trained and evaluated to its end."""
        return self.results() is not None

    def summary(self) -> dict[str, Any]:
        """Return what ``coursekit runs`` lists of it."""
        manifest, results = self.manifest, self.results()
        rows = self.history()
        return {
            "lesson": manifest.lesson,
            "dataset": manifest.dataset,
            "preset": manifest.preset,
            "seed": manifest.settings.get("seed"),
            "epochs": len(rows),
            "epochs_asked": manifest.settings.get("epochs"),
            "train_seconds": round(sum(row.get("train_seconds", 0.0) for row in rows), 3),
            "metrics": dict(results.metrics) if results else {},
            "status": "finished" if results else "running" if self.in_use() else "unfinished",
            "created": manifest.created,
            "path": str(self.path),
        }


def _numbers(row: Mapping[str, Any]) -> dict[str, float]:
    numbers = {name: float(value) for name, value in row.items() if value}
    missing = [name for name in COLUMNS if name not in numbers]
    if missing:
        raise ValueError(f"a row has no {', '.join(missing)}")
    if not all(map(math.isfinite, numbers.values())):
        raise ValueError("a number is not finite")
    return numbers


def check_vacant(path: Path) -> None:
    """Raise a `CourseError` if a folder for a new run has something in it."""
    with disk_errors("use the folder", path, ELSEWHERE):
        path.exists()
    if path.exists() and not path.is_dir():
        raise CourseError(f"{path} is a file", "a folder for the run", "name another with --out")
    if path.is_dir() and any(item.name not in EARLY for item in path.iterdir()):
        raise CourseError(
            f"the folder {path} is not empty",
            "a new or empty folder for a new run",
            "name another folder with --out, or add --resume to resume the run in it",
        )


def new_folder(lesson: str, root: Path = Path("runs")) -> Path:
    """Make ``runs/<lesson>/<date-time>``, with a number behind it if that exists, and return it.

    Raises:
        CourseError: It cannot be made.
    """
    stem = datetime.now().strftime("%Y-%m-%d-%H%M%S")
    folder, number = make_folder(root / lesson, ELSEWHERE) / stem, 2
    with disk_errors("make the folder", folder, ELSEWHERE):
        while True:
            try:
                folder.mkdir()
            except FileExistsError:
                folder, number = root / lesson / f"{stem}-{number}", number + 1
            else:
                return folder


def find_runs(root: Path = Path("runs"), lesson: str | None = None) -> Iterator[Run]:
    """Yield the runs below a folder, newest first; folders that are not runs are skipped."""
    runs = []
    for path in root.glob(f"**/{MANIFEST}"):
        run = Run(path.parent)
        try:
            if run.manifest.lesson == lesson or lesson is None:
                runs.append(run)
        except CourseError:
            continue
    yield from sorted(runs, key=_age, reverse=True)


def damaged_runs(root: Path = Path("runs")) -> Iterator[CourseError]:
    """Yield why each folder below one that has a manifest cannot be read as a run."""
    for path in sorted(root.glob(f"**/{MANIFEST}")):
        try:
            _ = Run(path.parent).manifest
        except CourseError as error:
            yield error


def _age(run: Run) -> tuple[float, str]:
    """Return when a run was started, in seconds since 1970, and its path."""
    try:
        started = datetime.fromisoformat(run.manifest.created).timestamp()
    except (ValueError, OverflowError, OSError):  # changed by hand: among the oldest
        started = 0.0
    return started, str(run.path)
