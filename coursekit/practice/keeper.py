"""The process between the checks and the student's code: it makes sure that nothing outlives them.

The worker splits in two before any of the student's code runs. One half runs that code, in a
session of its own. The other, its keeper, adopts whatever that code starts and abandons, watches
memory and processes, and ends them all when the code ends or when nobody is left to ask. How the
code ended is the keeper's exit status. Where a process cannot be split (Windows), there is no
keeper, and the parent ends what it finds.
"""

from __future__ import annotations

import os
import select
import signal
import sys
import time
from collections.abc import Callable, Iterable
from contextlib import suppress
from enum import IntEnum
from typing import Any

from coursekit.practice.limits import Limits

TICK = 100  # milliseconds between two looks at the student's process
LOWEST = 19  # the priority of a process that gives way to all others
ALL = 5  # ticks between two looks at every process
SIGNALLED = 100  # added to the number of the signal that ended the student's process


class Ending(IntEnum):
    """Why a keeper ended; `SIGNALLED` and more is a signal."""

    LEFT = 0  # nobody asks any more
    EXITED = 70
    MEMORY = 71
    PROCESSES = 72
    CLOSED = 73  # the channel, by the student's code


def split(
    asked: int, answers: int, limits: Limits, leave: Callable[[int], object] = os._exit
) -> None:
    """Return in the half that will run the student's code; the other half keeps watch.

    Args:
        asked: The descriptor that the requests come from; its other end is closed when nobody is
            left to ask.
        answers: The descriptor that the answers go to.
        limits: Of memory and processes.
        leave: Ends the keeper with an exit status.
    """
    if sys.platform == "win32":
        return
    _linux_process_control(_SUBREAPER, 1)
    keeper = os.getpid()
    student = os.fork()
    if student:
        os.close(answers)
        leave(_Keeper(student, limits).watch(asked))
        os._exit(1)
    os.setsid()
    _linux_process_control(_DEATH_SIGNAL, signal.SIGKILL)
    if os.getppid() not in (keeper, 0):  # 0: the keeper is outside of this half's namespace
        os._exit(1)
    confine_signals()


class _Keeper:
    """Watches the process that runs the student's code, and all that it starts."""

    def __init__(self, student: int, limits: Limits) -> None:
        import psutil

        self.student, self.limits = student, limits
        self.psutil = psutil

    def watch(self, asked: int) -> int:
        """Wait for an end, end all processes, and return why."""
        poll = select.poll()
        poll.register(asked, 0)  # that the other end is closed is always reported
        if sys.platform == "linux":
            with suppress(OSError):  # an old kernel: the end is seen at the next tick
                poll.register(os.pidfd_open(self.student), select.POLLIN)
        ticks = 0
        while True:
            hung_up = asked in dict(poll.poll(TICK))
            ended = self._reap()
            if ended is None:
                ended = Ending.LEFT if hung_up else self._over(everything=ticks % ALL == 0)
            if ended is not None:
                self._end_all()
                return ended
            ticks += 1

    def _reap(self) -> int | None:
        """Reap ended processes, adopted ones too; return how the student's process ended."""
        with suppress(ChildProcessError):
            while True:
                pid, status = os.waitpid(-1, os.WNOHANG)
                if pid == 0:
                    return None
                if pid == self.student:
                    code = os.waitstatus_to_exitcode(status)
                    ended = Ending.CLOSED if code == Ending.CLOSED else Ending.EXITED
                    return ended if code >= 0 else SIGNALLED - code
        return Ending.EXITED

    def _over(self, everything: bool) -> Ending | None:
        """Return the limit that is exceeded, if one is."""
        used, count = 0, 1
        with suppress(self.psutil.Error):
            processes = [self.psutil.Process(self.student)]
            if everything:
                processes = self.psutil.Process().children(recursive=True)
                count = len(processes)
                self._calm(processes)
            for process in processes:
                with suppress(self.psutil.Error):
                    used += process.memory_info().rss
        if count > self.limits.processes:
            return Ending.PROCESSES
        return Ending.MEMORY if used > self.limits.memory else None

    def _calm(self, processes: Iterable[Any]) -> None:
        """Let what the student's process has started wait for everybody else's.

        So many processes take no time from a submission that is graded beside this one.
        """
        for process in processes:
            if process.pid != self.student:
                with suppress(self.psutil.Error, OSError):
                    process.nice(LOWEST)

    def _end_all(self) -> None:
        """Kill everything below this process, until there is nothing left."""
        until = time.monotonic() + 10
        while time.monotonic() < until:
            with suppress(ProcessLookupError, PermissionError):
                os.killpg(self.student, signal.SIGKILL)
            with suppress(self.psutil.Error):
                for process in self.psutil.Process().children(recursive=True):
                    with suppress(self.psutil.Error):
                        process.kill()
            try:
                while os.waitpid(-1, os.WNOHANG)[0]:
                    pass
            except ChildProcessError:
                return
            time.sleep(0.002)


_DEATH_SIGNAL, _SUBREAPER, _NO_NEW_PRIVILEGES = 1, 36, 38  # of prctl
_CREATE_RULESET, _RESTRICT_SELF = 444, 446  # system calls of Landlock, on every architecture
_SIGNALS, _SIGNALS_SINCE = 2, 6  # the scope, and the version of Landlock that brought it


def _linux_process_control(option: int, value: int) -> None:
    if sys.platform == "linux":
        import ctypes

        ctypes.CDLL(None).prctl(option, value, 0, 0, 0)


def landlock() -> int:
    """Return the version of Landlock that the kernel offers; 0 if it offers none."""
    if sys.platform != "linux":
        return 0
    import ctypes

    create = ctypes.CDLL(None).syscall
    return max(0, int(create(_CREATE_RULESET, None, ctypes.c_size_t(0), ctypes.c_uint32(1))))


def confine_signals() -> bool:
    """Let this process and its children signal each other alone, where the kernel offers it.

    Linux does since 6.12. Elsewhere a process can signal any other of the same user.

    Returns:
        Whether it is so.
    """
    if landlock() < _SIGNALS_SINCE:
        return False
    import ctypes

    system = ctypes.CDLL(None).syscall
    scopes = (ctypes.c_uint64 * 3)(0, 0, _SIGNALS)  # of files and the network: nothing
    rules = system(_CREATE_RULESET, scopes, ctypes.c_size_t(24), ctypes.c_uint32(0))
    if rules < 0:
        return False
    _linux_process_control(_NO_NEW_PRIVILEGES, 1)
    refused = system(_RESTRICT_SELF, rules, ctypes.c_uint32(0))
    os.close(rules)
    return bool(refused == 0)
