"""The parent's side of the child process: starts it, asks it, outlives it."""

from __future__ import annotations

import json
import os
import queue
import subprocess
import sys
import threading
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any, NamedTuple

import psutil

from coursekit.practice.namespace import StudentError
from coursekit.practice.plain_data import pack, unpack

GIVEN_LIMIT = 300.0  # seconds for a cell before the student's first: it imports TensorFlow
STUDENT_LIMIT = 20.0  # seconds for any later cell
MOST_ANSWER = 64_000_000  # characters of one answer


class Code(NamedTuple):
    """A cell to run: its name in messages, its source, whether the student wrote it."""

    name: str
    source: str
    student: bool


class Child:
    """Runs cells in a process of its own; started when it is needed, again if it dies.

    Args:
        cells: Given and student cells in order.
        probes: The sources of the probes.
        folder: Where it runs, for files that the cells read.
    """

    def __init__(self, cells: Sequence[Code], probes: dict[str, str], folder: Path) -> None:
        self.cells, self.probes, self.folder = list(cells), probes, folder
        self.faults: dict[str, str] = {}  # what went wrong in a cell, by its name
        self.fatal: set[str] = set()  # cells that ended or held up a child: not run again
        self.process: subprocess.Popen[str] | None = None

    def call(self, name: str, args: list[Any], limit: float = STUDENT_LIMIT) -> Any:
        """Call a probe or a function within a time limit, in seconds.

        Raises:
            StudentError: See `Here.call`; or the time ran out, or the process ended.
        """
        return self._asked({"do": "call", "name": name, "args": pack(args)}, limit)

    def value(self, name: str, limit: float = STUDENT_LIMIT) -> Any:
        """Return the value of a name."""
        return self._asked({"do": "value", "name": name}, limit)

    def _asked(self, request: dict[str, Any], limit: float) -> Any:
        self.prepare()
        try:
            return unpack(self._send(request, limit))
        except StudentError as error:
            told = [f"{text} ({name})" for name, text in self.faults.items() if self._wrote(name)]
            # A name that is missing, or a probe that misses one: the faulty cell is the reason.
            if told and "is not defined" in str(error):
                raise StudentError(told[0]) from None
            raise

    def _wrote(self, name: str) -> bool:
        return any(cell.name == name and cell.student for cell in self.cells)

    def prepare(self) -> None:
        """Start the child and run its cells; do it again without a cell that ends it."""
        while self.process is None or self.process.poll() is not None:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "coursekit.practice.worker"],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,
                cwd=self.folder,
                env={**os.environ, "PYTHONPATH": os.pathsep.join(p for p in sys.path if p)},
                text=True,
                encoding="utf-8",
                start_new_session=sys.platform != "win32",
            )
            self.answers: queue.Queue[str] = queue.Queue()
            threading.Thread(target=_read, args=(self.process, self.answers), daemon=True).start()
            self._send({"do": "probes", "probes": self.probes}, GIVEN_LIMIT)
            limit = GIVEN_LIMIT
            for cell in self.cells:
                if cell.student:
                    limit = STUDENT_LIMIT  # from here on, given cells too may call their code
                if cell.name in self.fatal:
                    continue
                try:
                    request = {"do": "cell", "code": cell.source, "name": cell.name}
                    self._send(request, limit)
                except StudentError as error:
                    self.faults[cell.name] = str(error)
                    if self.process is None:
                        self.fatal.add(cell.name)
                        break

    def _send(self, request: dict[str, Any], limit: float) -> Any:
        """Ask, and wait for the answer.

        Raises:
            StudentError: The answer is an error, or there is none.
        """
        assert self.process is not None
        assert self.process.stdin is not None
        try:
            self.process.stdin.write(json.dumps(request) + "\n")
            self.process.stdin.flush()
            line = self.answers.get(timeout=max(limit, 0.01))
            reply = json.loads(line)
        except queue.Empty:
            self.close()
            raise StudentError(f"no answer within {limit:.0f} seconds: an endless loop?") from None
        except (OSError, ValueError):
            self.close()
            raise StudentError("your code ended the process: a crash, or exit()?") from None
        if "error" in reply:
            raise StudentError(str(reply["error"]))
        return reply["value"]

    def close(self) -> None:
        """End the child and all that it started."""
        if self.process is None:
            return
        with suppress(psutil.Error):
            for process in psutil.Process(self.process.pid).children(recursive=True):
                with suppress(psutil.Error):
                    process.kill()
        self.process.kill()
        self.process.wait()
        self.process = None

    def __enter__(self) -> Child:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


def _read(process: subprocess.Popen[str], answers: queue.Queue[str]) -> None:
    assert process.stdout is not None
    with process.stdout as stream, suppress(ValueError, OSError):
        while line := stream.readline(MOST_ANSWER):
            answers.put(line)
    answers.put("")  # not JSON: the end
