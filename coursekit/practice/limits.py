"""What a student's code may use: time, memory, processes, files, and the size of an answer."""

from __future__ import annotations

import json
import sys
from dataclasses import asdict, dataclass

from coursekit.practice import system_calls

FRAME = 64_000_000  # bytes of one message between the two sides


@dataclass(frozen=True)
class Limits:
    """Limits of one submission; the defaults are for a student's own ``check``.

    Attributes:
        given: Seconds for a given cell before the student's first: it imports TensorFlow.
        cell: Seconds for any later cell.
        total: Seconds for everything after those first given cells, restarts included.
        cpu: Processor seconds of one process.
        memory: Bytes of memory of all processes together.
        processes: How many processes there may be at once.
        open_files: How many files a process may hold open.
        file_size: Bytes of a file that it writes.
        answer: Bytes of one answer.
        bare: Whether system calls that hold memory or leave messages outside of a process are
            refused.
    """

    given: float = 300.0
    cell: float = 20.0
    total: float = 600.0
    cpu: int = 3600
    memory: int = 8_000_000_000
    processes: int = 100
    open_files: int = 1024
    file_size: int = 4_000_000_000
    answer: int = FRAME
    bare: bool = False

    def text(self) -> str:
        """Return the limits as one word of a command line."""
        return json.dumps(asdict(self), separators=(",", ":"))

    @classmethod
    def read(cls, text: str) -> Limits:
        """Return the limits from their text."""
        return cls(**json.loads(text))


def apply(limits: Limits) -> None:
    """Set what the operating system can hold this process to, and all that it starts."""
    if sys.platform == "win32":
        return
    import resource

    for kind, most, more in (
        (resource.RLIMIT_CPU, limits.cpu, 1),  # a second between SIGXCPU and SIGKILL
        (resource.RLIMIT_NOFILE, limits.open_files, 0),
        (resource.RLIMIT_FSIZE, limits.file_size, 0),
        (resource.RLIMIT_CORE, 0, 0),
    ):
        ceiling = resource.getrlimit(kind)[1]
        hard = most + more if ceiling == resource.RLIM_INFINITY else min(most + more, ceiling)
        resource.setrlimit(kind, (min(most, hard), hard))
    if limits.bare:
        system_calls.refuse()
