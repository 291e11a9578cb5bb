"""Processes that run a student's code, as the tests of them start and ask them."""

import io
import sys
import textwrap
import time
from collections.abc import Mapping
from contextlib import redirect_stdout
from pathlib import Path
from typing import Any

import psutil
import pytest

from coursekit.practice.limits import Limits
from coursekit.practice.namespace import NotebookNamespace, StudentError
from coursekit.practice.plain_data import pack, unpack
from coursekit.practice.serve import _reply
from coursekit.practice.worker_client import Child, Code
from coursekit.practice.worker_process import Worker

LIMITS = Limits(given=60, cell=10, total=60)
POSIX = pytest.mark.skipif(sys.platform == "win32", reason="signals and forks are POSIX's")


WROTE = "something other than its answer came back"
CLOSED = "your code closed the channel"
ENDED = "your code ended the process: a crash, or exit()?"


class Spare:
    """Hands out processes that were started ahead, since most cases end theirs."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.next = Worker(LIMITS)
        self.used: list[Worker] = []

    def __call__(self) -> Worker:
        made, self.next = self.next, Worker(LIMITS)
        made.begin(self.folder, {})
        self.used.append(made)
        return made

    def end(self) -> None:
        for made in [self.next, *self.used]:
            made.end()


def run(worker: Worker, code: str, limit: float = 10) -> None:
    worker.ask(("cell", textwrap.dedent(code), "the cell"), limit)


def fault(worker: Worker, code: str, limit: float = 10) -> str:
    """Run a cell and call its `f`; return what is told of the fault."""
    try:
        run(worker, code, limit)
        answer = worker.ask(("call", "f", []), limit)
    except StudentError as error:
        return str(error)
    pytest.fail(f"no fault, but the answer {answer!r}")


def is_gone(pid: int, seconds: float = 10) -> bool:
    """Say whether a process is over within some seconds."""
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        try:
            if psutil.Process(pid).status() == psutil.STATUS_ZOMBIE:
                return True
        except psutil.NoSuchProcess:
            return True
        time.sleep(0.02)
    return False


def child(folder: Path, code: str, **limits: Any) -> Child:
    """Return a child whose one cell is the student's."""
    cells = [Code("the cell", textwrap.dedent(code), True)]
    values: dict[str, Any] = {"given": 60, "cell": 10, "total": 60} | limits
    return Child(cells, {}, folder, Limits(**values))


class WorkerHere:
    """Takes the place of a `Worker` where its process is not what a test is about.

    The cells run in this process, which has imported TensorFlow already, with the same conversion
    of what goes in and out.
    """

    def __init__(self, limits: Limits) -> None:
        self.here = NotebookNamespace({"__name__": "__main__"}, {})
        self.ended = False

    def begin(self, folder: Path, probes: Mapping[str, str]) -> None:
        self.here.probes = dict(probes)

    def ask(self, request: tuple[Any, ...], limit: float) -> Any:
        kind, *values = unpack(pack(request))
        with redirect_stdout(io.StringIO()):
            what, answer = unpack(_reply(self.here, kind, values))
        if what == "error":
            raise StudentError(answer)
        return answer

    def end(self) -> None:
        self.ended = True
