"""Decides what a lesson learns from: a named data set, the user's own, or the built-in one."""

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from coursekit.datasets import Dataset, LocalDataset
from coursekit.errors import CourseError, did_you_mean
from coursekit.lesson import Lesson
from coursekit.paths import is_web_address, local_path, without_login
from coursekit.printable import is_text, shortened
from coursekit.store import mirror
from coursekit.store.download import fetch
from coursekit.store.transfer import Unreachable
from coursekit.stored import is_there, require_file

if TYPE_CHECKING:
    from rich.console import Console


@dataclass(frozen=True)
class Chosen:
    """The data that was settled on.

    Attributes:
        dataset: The lesson's data set; None for the user's own data.
        local: Where its files are.
        note: The line to show when the built-in set is used instead, else empty.
    """

    dataset: Dataset | None
    local: LocalDataset
    note: str = ""


def choose(lesson: Lesson, requested: str | None, console: "Console") -> Chosen:
    """Find the data for a lesson, downloading it where that is needed.

    Args:
        lesson: The lesson.
        requested: A data set's name or a path, as ``--data`` has it; None takes
            the lesson's default, or its built-in set when there is no network.
        console: Where a download is shown.

    Raises:
        Unreachable: The set was named, and the network cannot be reached.
        CourseError: There is no such set or path, the lesson takes no data of
            the user's own, or the download failed in a way that must not be passed over.
    """
    if requested is None:
        return _default(lesson, console)
    for dataset in lesson.datasets:
        if dataset.name == requested:
            return Chosen(dataset, _insist(lesson, dataset, console))
    return Chosen(None, _own(lesson, requested))


def _built_in(lesson: Lesson) -> Dataset:
    return next(dataset for dataset in lesson.datasets if dataset.built_in)


def _default(lesson: Lesson, console: "Console") -> Chosen:
    wanted = lesson.datasets[0]
    try:
        return Chosen(wanted, _insist(lesson, wanted, console))
    except Unreachable as error:
        instead = _built_in(lesson)
        why = f"no network, and {error.what}" if mirror.named() else "no network"
        note = (
            f"{why}: using the built-in set {instead.name!r} instead of {wanted.name!r} "
            f"(`--data {wanted.name}` to insist)"
        )
        return Chosen(instead, fetch(instead, console), note)


def _insist(lesson: Lesson, dataset: Dataset, console: "Console") -> LocalDataset:
    try:
        return fetch(dataset, console)
    except (Unreachable, mirror.MirrorError) as error:
        remedy = f"{error.remedy}, or use --data {_built_in(lesson).name}, which needs no network"
        raise type(error)(error.what, error.expected, remedy) from error


def _own(lesson: Lesson, requested: str) -> LocalDataset:
    is_path = bool(Path(requested).suffix) or "/" in requested or "\\" in requested
    if not requested.strip() or not (is_path or _exists(requested)):
        raise CourseError(
            f"the lesson {lesson.name} has no data set named {shortened(requested)!r}",
            f"a name, or the path of {lesson.own_data}" if lesson.own_data else "",
            did_you_mean(requested, (dataset.name for dataset in lesson.datasets)),
        )
    if not lesson.own_data:
        raise CourseError(
            f"the lesson {lesson.name} cannot use your own data, and {shortened(requested)!r} "
            "is a path",
            "one of " + ", ".join(dataset.name for dataset in lesson.datasets),
        )
    if is_web_address(requested):
        raise CourseError(
            f"--data takes no web address, and {shortened(without_login(requested))} is one",
            f"the path of {lesson.own_data}",
            "download it first, then name the file",
        )
    path = local_path(requested, "--data")
    if not is_there(path):
        raise CourseError(f"there is no {shortened(requested)}", f"the path of {lesson.own_data}")
    path = path.resolve()
    if not is_text(str(path)):
        raise CourseError(
            f"the name {path} is not valid UTF-8", remedy="rename it, and the folders above it"
        )
    if not path.is_dir():
        require_file(path)
    is_address = requested.lower().startswith("file:")
    return LocalDataset(str(path) if is_address else requested, path=path)


def _exists(name: str) -> bool:
    try:
        return local_path(name, "--data").exists()
    except (CourseError, OSError, ValueError):  # too long to be a name, links in a circle
        return False
