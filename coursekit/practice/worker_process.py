"""The parent's end of the child process: starts it, asks it within a time, ends all of it."""

from __future__ import annotations

import queue
import secrets
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import IO, Any, NamedTuple, Protocol

import psutil

from coursekit.errors import CourseError
from coursekit.practice.channel import HEAD, NONCE, frame, give, head, take
from coursekit.practice.keeper import SIGNALLED, Ending
from coursekit.practice.limits import Limits
from coursekit.practice.namespace import StudentError
from coursekit.practice.plain_data import pack, unpack
from coursekit.practice.start import Started, scratch, start
from coursekit.printable import MOST, printable

GRACE = 1.0  # seconds in which a process that is over says why
PATIENCE = 3.0  # seconds in which a keeper ends everything
JUNK = 1_000_000  # bytes that Python itself may print before the worker speaks
FORGED = (
    "something other than its answer came back: your code wrote into the channel "
    "between it and the checks"
)


CLOSED = "your code closed the channel between it and the checks"


class WorkerStartError(CourseError):
    """The process that runs the student's code cannot start: no fault of the student's."""


class _Reply(NamedTuple):
    """What the reading thread found: an answer, or the reason why there will be none."""

    payload: bytes = b""
    fault: str = ""


_OVER = _Reply(fault="over")  # the other side closed the channel


class Process(Protocol):
    """A process at the other end of a channel, started here or elsewhere."""

    @property
    def stdin(self) -> IO[bytes] | None:
        """Where the requests go."""

    @property
    def stdout(self) -> IO[bytes] | None:
        """Where the answers come from."""

    @property
    def pid(self) -> int:
        """Its number; 0 where it has none here."""

    def poll(self) -> int | None:
        """Return the exit status; None as long as it runs."""

    def wait(self, timeout: float | None = None) -> int:
        """Return the exit status when it is over.

        Raises:
            subprocess.TimeoutExpired: It is not.
        """

    def kill(self) -> None:
        """End it."""


class Worker:
    """A child process with a channel; it starts at once and imports what it needs.

    Args:
        limits: What the student's code may use.
        wrap: What comes before the command line, such as ``("bwrap", "--unshare-net", ...)``.
        environment: The child's; None: the parent's.
        paths: Where the child finds modules; None: where the parent does.
        process: A process that another one forked off for it; None: it is started here.
        started: One that was started ahead, with these limits and nothing else of its own.
        python: The interpreter that is started.
    """

    def __init__(
        self,
        limits: Limits | None = None,
        wrap: Sequence[str] = (),
        environment: Mapping[str, str] | None = None,
        paths: Sequence[str] | None = None,
        process: Process | None = None,
        started: Started | None = None,
        python: str = sys.executable,
    ) -> None:
        self.limits = limits or Limits()
        self.process: Process
        if process is not None:
            self.process, self._said = process, scratch()
        else:
            try:
                # What Python writes before the worker speaks goes to a file.
                self.process, self._said = started or start(
                    self.limits, wrap, environment, paths, python
                )
            except OSError as error:
                raise cannot_start(f"{error.filename}: {error.strerror}") from error
        self._requests: queue.SimpleQueue[bytes | None] = queue.SimpleQueue()
        self._replies: queue.SimpleQueue[_Reply] = queue.SimpleQueue()
        self._nonce = b""  # of the request that is open
        self._sent, self._taken = 0, 0  # requests that were sent, that the child has read
        self._begun = False
        for work in (self._write, self._read):
            threading.Thread(target=work, daemon=True).start()

    def begin(self, folder: Path, probes: Mapping[str, str]) -> None:
        """Give the child its folder and the probes, and wait until it is there.

        Args:
            folder: Where it works, for files that the cells read.
            probes: The sources of the probes, by name.

        Raises:
            WorkerStartError: It cannot start.
        """
        try:
            self.ask(("begin", str(folder), dict(probes)), self.limits.given)
        except StudentError as error:
            self.end()
            raise cannot_start(self._last_words or str(error)) from None
        self._begun = True

    def ask(self, request: tuple[Any, ...], limit: float) -> Any:
        """Send a request and return the answer, all within a time limit in seconds.

        Raises:
            StudentError: The answer is an error, or there is none that can be believed. Then the
                child was ended, unless it answered.
        """
        assert not self.ended
        self._nonce = secrets.token_bytes(NONCE)
        self._sent += 1
        self._requests.put(frame(self._nonce, pack(request)))
        reply = self._wait(limit)
        if reply.fault:
            words = self._why() if reply is _OVER else reply.fault
            self.end()
            raise StudentError(words)
        try:
            answer = unpack(reply.payload)
        except ValueError:
            answer = None
        match answer:
            case ("value", value) if type(answer) is tuple:
                return value
            case ("error", str(text)) if type(answer) is tuple:
                raise StudentError(printable(text, MOST))
        self.end()
        raise StudentError(FORGED)

    def _wait(self, limit: float) -> _Reply:
        """Return the reply, or a fault when the time is over or the process is."""
        until, over = time.monotonic() + max(limit, 0.01), False
        while (left := until - time.monotonic()) > 0:
            with suppress(queue.Empty):
                return self._replies.get(timeout=min(left, GRACE))
            if over:  # something else holds its end of the channel
                return _OVER
            over = self.process.poll() is not None
        taken = self._taken == self._sent
        what = "no answer" if taken else "your code did not read the request"
        return _Reply(fault=f"{what} within {round(limit, 1):g} seconds: an endless loop?")

    def _write(self) -> None:
        """Send what is to be sent: in a thread, for the child may stop reading."""
        assert self.process.stdin is not None
        with suppress(OSError), self.process.stdin as stream:
            while (data := self._requests.get()) is not None:
                give(stream.fileno(), data)
                self._taken += 1

    def _read(self) -> None:
        """Pass on the answers that carry the nonce of the open request, one for each."""
        assert self.process.stdout is not None
        with self.process.stdout as stream:
            descriptor = stream.fileno()
            try:
                data = self._first(descriptor)
                while True:
                    nonce, length = head(data)
                    expected, self._nonce = self._nonce, b""
                    if nonce != expected or length > self.limits.answer:
                        large = f"the answer is too large: {length / 1e6:.0f} MB"
                        self._replies.put(_Reply(fault=large if nonce == expected else FORGED))
                        return
                    self._replies.put(_Reply(take(descriptor, length)))
                    data = take(descriptor, HEAD)
            except (EOFError, OSError):
                self._replies.put(_OVER)

    def _first(self, descriptor: int) -> bytes:
        """Return the first head; a module that prints when Python starts comes before it."""
        data = take(descriptor, HEAD)
        while len(data) < JUNK and not (self._nonce and data[-HEAD:-4] == self._nonce):
            data += take(descriptor, 1)
        return data[-HEAD:]

    def _why(self) -> str:
        """Return in words why the child is over."""
        try:
            code = self.process.wait(GRACE)
        except subprocess.TimeoutExpired:
            return CLOSED
        if not self._begun:
            return f"it exited with status {code}"
        if code == Ending.CLOSED:
            return CLOSED
        if code == Ending.MEMORY:
            return f"your code used more than {self.limits.memory / 1e9:.1f} GB of memory"
        if code == Ending.PROCESSES:
            return f"your code started more than {self.limits.processes} processes"
        number = code - SIGNALLED
        if sys.platform != "win32" and number == signal.SIGXCPU:
            return f"your code used more than {self.limits.cpu} seconds of processor time"
        name = f" ({signal.Signals(number).name})" if number in set(signal.Signals) else ""
        return f"your code ended the process: a crash, or exit()?{name}"

    @property
    def ended(self) -> bool:
        """Whether this process is no longer to be asked."""
        return self._said.closed

    def end(self) -> None:
        """End the child and all that it started."""
        if self._said.closed:
            return
        self._requests.put(None)  # the channel is closed: the keeper ends everything
        if self._begun and self._taken == self._sent and sys.platform != "win32":
            with suppress(subprocess.TimeoutExpired):
                self.process.wait(PATIENCE)
        _kill(self.process)
        with self._said as said:
            said.seek(0)
            lines = said.read(JUNK).decode("utf-8", "replace").strip().splitlines()
        self._last_words = printable(lines[-1], MOST) if lines else ""

    def __enter__(self) -> Worker:
        return self

    def __exit__(self, *_: object) -> None:
        self.end()


def _kill(process: Process) -> None:
    """Kill a process and all below it; wait until it is over."""
    if process.poll() is None:
        with suppress(psutil.Error):
            below = psutil.Process(process.pid).children(recursive=True) if process.pid else []
            for each in below:
                with suppress(psutil.Error):
                    each.kill()
        process.kill()
        process.wait()


def cannot_start(why: str) -> WorkerStartError:
    """Return the error of a process that is of no use, for a reason that is not the student's."""
    return WorkerStartError(
        f"the process that runs your code cannot start: {why}",
        remedy="coursekit doctor says what is missing",
    )
