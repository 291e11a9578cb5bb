"""The student's work in a child process: its cells are run there, its answers come from there."""

from __future__ import annotations

import re
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from threading import Thread
from typing import Any, NamedTuple, Self

from coursekit.practice.cell_code import may_bind
from coursekit.practice.limits import Limits
from coursekit.practice.namesakes import in_words, namesakes
from coursekit.practice.namespace import StudentError
from coursekit.practice.worker_process import Worker, cannot_start

MISSING = re.compile(r"\b(\w+)'? is not defined")


class Code(NamedTuple):
    """A cell to run.

    Attributes:
        name: In messages.
        source: Python.
        student: Whether the student wrote it, or a part of it.
        only_imports: Whether that part only imports and sets constants.
        keeps: Names that mean in every answer what they mean behind this cell.
    """

    name: str
    source: str
    student: bool
    only_imports: bool = False
    keeps: tuple[str, ...] = ()


class Child:
    """Runs cells in a process of its own; started when it is needed, again if it dies.

    Args:
        cells: Given and student cells in order.
        probes: The sources of the probes.
        folder: Where it runs, for files that the cells read.
        limits: What the student's code may use, all restarts together.
        worker: A process that was started ahead; else one is started when it is needed.
        start: Starts each further process; by default `Worker(limits)`.

    Attributes:
        faults: What went wrong in a cell, by its name.
        warnings: What the student should know of the notebook's folder.
    """

    def __init__(
        self,
        cells: Sequence[Code],
        probes: dict[str, str],
        folder: Path,
        limits: Limits | None = None,
        worker: Worker | None = None,
        start: Callable[[], Worker] | None = None,
    ) -> None:
        self.cells, self.probes, self.folder = list(cells), probes, folder
        self.limits = limits or Limits()
        self.faults: dict[str, str] = {}
        self.warnings: list[str] = []
        self.fatal: set[str] = set()  # cells that ended or held up a child: not run again
        self.left = self.limits.total  # seconds for all that is still to come
        self.worker: Worker | None = None
        self._ahead, self._start = worker, start or (lambda: Worker(self.limits))
        self._restarted = self._looked = False

    def call(self, name: str, args: list[Any], limit: float | None = None) -> Any:
        """Call a probe or a function within a time limit, in seconds.

        Raises:
            StudentError: See `NotebookNamespace.call`; or the time ran out, or the process ended.
            WorkerStartError: There can be no process.
        """
        return self._asked(("call", name, args), limit)

    def value(self, name: str, limit: float | None = None) -> Any:
        """Return the value of a name."""
        return self._asked(("value", name), limit)

    def add_probes(self, probes: dict[str, str]) -> None:
        """Give further probes, which the cells could not find while they ran.

        Raises:
            StudentError: The child does not take them.
        """
        self.probes = self.probes | probes
        if self.worker is not None:
            self._send(("probes", probes), self.limits.cell)

    def _asked(self, request: tuple[Any, ...], limit: float | None) -> Any:
        self.prepare()
        try:
            return self._send(request, self.limits.cell if limit is None else limit)
        except StudentError as error:
            if reason := self._reason(str(error)):
                raise StudentError(reason) from None
            raise

    def _reason(self, words: str) -> str:
        """Return what went wrong in the student's cell because of which a name is missing."""
        faulty = [cell for cell in self.cells if cell.name in self.faults]
        while (missing := MISSING.search(words)) and faulty:
            found = next((cell for cell in faulty if may_bind(cell.source, missing[1])), None)
            if found is None:
                ended = [cell.name for cell in faulty if cell.name in self.fatal]
                return "\n".join([words, *(f"{self.faults[n]} ({n})" for n in ended[:1])])
            words = self.faults[found.name]
            if found.student:
                return f"{words} ({found.name})"
            faulty.remove(found)  # a given cell that misses a name itself
        return ""

    @contextmanager
    def preparing(self) -> Iterator[None]:
        """Run the cells, see `prepare`, while the block does something else.

        Raises:
            WorkerStartError: The child cannot start.
        """
        failed: list[BaseException] = []

        def prepare() -> None:
            try:
                self.prepare()
            except BaseException as error:
                failed.append(error)

        thread = Thread(target=prepare, daemon=True)
        thread.start()
        try:
            yield
            thread.join()
        except BaseException:
            self.left = 0  # so that no further child is started
            self.close()
            raise
        if failed:
            raise failed[0]

    def prepare(self) -> None:
        """Start the child and run its cells; do it again without a cell that ends it.

        Raises:
            WorkerStartError: It cannot start.
        """
        while self.worker is None and self.left > 0:
            self._begin()
            free = not self._restarted  # what the given cells import costs no time, once
            self._restarted = True
            for cell in self.cells:
                # A given cell behind the student's may call their code.
                free = free and (not cell.student or cell.only_imports)
                if cell.name not in self.fatal:
                    self._run(cell, free)
                if self.worker is None:
                    break
        self._look_beside()

    def _look_beside(self) -> None:
        """Note once which files beside the notebook hide a library that is imported."""
        if self._looked or self.worker is None:
            return
        self._looked = True
        if found := namesakes(self.folder):
            there = self._send(("imported", list(found)), self.limits.cell)
            names = there if isinstance(there, list) else []
            self.warnings = [
                in_words(name, path)
                for name, path in found.items()
                if name in sys.modules or name in names
            ]

    def _begin(self) -> None:
        self.worker, self._ahead = self._ahead or self._start(), None
        try:
            self.worker.begin(self.folder, self.probes)
        except BaseException:
            self.close()
            raise

    def _run(self, cell: Code, free: bool) -> None:
        """Run a cell and keep its fault; `free`: nothing of the student's has run before.

        Raises:
            WorkerStartError: The process ended before it came to the student's code.
        """
        request = ("cell", cell.source, cell.name, list(cell.keeps))
        try:
            self._send(request, self.limits.given if free else self.limits.cell, free)
        except StudentError as error:
            self.faults[cell.name] = str(error)
            if self.worker is None and free and not cell.student:
                words = str(error).replace("your code", "the code")
                raise cannot_start(f"in the given cell {cell.name}, {words}") from None
            if self.worker is None:
                self.fatal.add(cell.name)

    def _send(self, request: tuple[Any, ...], limit: float, free: bool = False) -> Any:
        """Ask within a limit and, if it is not free, within what is left of the total.

        Raises:
            StudentError: The answer is an error, or there is none.
        """
        if self.left <= 0 or self.worker is None:
            raise StudentError(
                f"the {self.limits.total:.0f} seconds for the whole notebook are used up"
            )
        started = time.monotonic()
        try:
            return self.worker.ask(request, limit if free else min(limit, self.left))
        finally:
            if not free:
                self.left -= time.monotonic() - started
            if self.worker.ended:
                self.worker = None

    def close(self) -> None:
        """End the child and all that it started."""
        for worker in (self.worker, self._ahead):
            if worker is not None:
                worker.end()
        self.worker = self._ahead = None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()
