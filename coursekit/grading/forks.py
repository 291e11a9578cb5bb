"""The grader's end of a zygote: a worker in milliseconds, with everything imported."""

from __future__ import annotations

import json
import os
import select
import socket
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from contextlib import suppress
from typing import IO, cast

from coursekit.grading.walls import SCRATCH_BYTES, Walls
from coursekit.practice.limits import Limits
from coursekit.practice.worker_process import Worker, cannot_start
from coursekit.practice.zygote import MESSAGE
from coursekit.printable import MOST, printable

PATIENCE = 300.0  # seconds in which TensorFlow is imported
KILLED = -9  # the status of a process that left without a word


class Forked:
    """A worker that a zygote forked: the part of `subprocess.Popen` that a `Worker` needs."""

    pid = 0  # it has a number in its own namespace alone

    def __init__(self, zygote: Zygote, limits: Limits) -> None:
        self._control, theirs = socket.socketpair()
        answers, theirs_to_answer = os.pipe()
        self._status, theirs_to_end = os.pipe()
        handed = [theirs.fileno(), theirs_to_answer, theirs_to_end]
        try:
            zygote.send(limits.text(), handed)
        finally:
            theirs.close()
            os.close(theirs_to_answer)
            os.close(theirs_to_end)
        self.stdin: IO[bytes] | None = cast(IO[bytes], self._control.makefile("wb", 0))
        self._control.close()  # for good once `stdin` is closed
        self.stdout: IO[bytes] | None = os.fdopen(answers, "rb", 0)
        self._code: int | None = None

    def poll(self) -> int | None:
        """Return the exit status; None as long as it runs."""
        with suppress(subprocess.TimeoutExpired):
            return self.wait(0)
        return None

    def wait(self, timeout: float | None = None) -> int:
        """Return the exit status when it is over.

        Raises:
            subprocess.TimeoutExpired: It is not.
        """
        if self._code is None:
            ready, _, _ = select.select([self._status], [], [], timeout)
            if not ready:
                raise subprocess.TimeoutExpired("a worker", timeout or 0)
            said = os.read(self._status, 1)
            self._code = said[0] if said else KILLED
            os.close(self._status)
        return self._code

    def kill(self) -> None:
        """Let its keeper see that nobody asks any more: it ends everything."""
        if self._code is None:
            with suppress(OSError):
                self._control.shutdown(socket.SHUT_RDWR)


class Zygote:
    """A process behind the walls that has imported modules, and forks workers.

    Args:
        walls: Behind which it is started.
        modules: What it imports.
    """

    def __init__(self, walls: Walls, modules: Sequence[str]) -> None:
        self.walls = walls
        self._told: dict[str, object] | None = None
        scratch = f"{walls.scratch}:{SCRATCH_BYTES}" if walls.scratch else ""
        told = {"modules": list(modules), "scratch": scratch, "apart": bool(scratch)}
        self._socket, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        self._said = tempfile.TemporaryFile()  # noqa: SIM115 (read when it cannot start)
        number = theirs.fileno()
        command = [sys.executable, "-P", "-m", "coursekit.practice.zygote"]
        try:
            self.process = subprocess.Popen(
                [*walls.wrap, *command, json.dumps(told), str(number)],
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=self._said,
                env={**walls.environment, "PYTHONPATH": os.pathsep.join(walls.paths)},
                pass_fds=[number],
                start_new_session=True,
            )
        except OSError as error:
            raise cannot_start(f"{error.filename}: {error.strerror}") from error
        finally:
            theirs.close()

    @property
    def apart(self) -> bool:
        """Whether each worker has namespaces of its own; waits until it is known.

        Raises:
            WorkerStartError: The zygote cannot start.
        """
        if self._told is None:
            ready, _, _ = select.select([self._socket], [], [], PATIENCE)
            said = self._socket.recv(MESSAGE) if ready else b""
            if not said:
                self.end()
                raise cannot_start(self._last_words())
            self._told = json.loads(said)
        return bool(self._told["apart"])

    def send(self, text: str, handed: Sequence[int]) -> None:
        """Ask for a worker.

        Args:
            text: Its limits.
            handed: The descriptors of its channel, and of its status.

        Raises:
            WorkerStartError: The zygote is over.
        """
        try:
            socket.send_fds(self._socket, [text.encode()], list(handed))
        except OSError as error:
            raise cannot_start(f"the process that forks it is over: {error.strerror}") from error

    def worker(self, limits: Limits) -> Worker:
        """Return a worker.

        Raises:
            WorkerStartError: The zygote cannot start, or is over.
        """
        if self.walls.scratch and not self.apart:
            walls = self.walls
            return Worker(limits, walls.wrap, walls.environment, paths=walls.paths)
        return Worker(limits, process=Forked(self, limits))

    def _last_words(self) -> str:
        self._said.seek(0)
        lines = self._said.read(1_000_000).decode("utf-8", "replace").strip().splitlines()
        return printable(lines[-1], MOST) if lines else "it ended without a word"

    def end(self) -> None:
        """End it; the workers that it forked end with their channels."""
        self._socket.close()
        with suppress(subprocess.TimeoutExpired):
            self.process.wait(1)
        if self.process.poll() is None:
            self.process.kill()
            self.process.wait()
