"""Starts the process that runs a student's code. Imports little, so that it can be the first.

That process needs a third of a second before it can be asked anything. The command line starts
it before it reads its own words, and both get ready side by side.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import IO, NamedTuple

from coursekit.practice.limits import Limits

MODULE = "coursekit.practice.worker"


class Started(NamedTuple):
    """A process, and the file of what Python writes before the worker speaks."""

    process: subprocess.Popen[bytes]
    said: IO[bytes]


_ahead: list[Started] = []


def start(
    limits: Limits,
    wrap: Sequence[str] = (),
    environment: Mapping[str, str] | None = None,
    paths: Sequence[str] | None = None,
    python: str = sys.executable,
) -> Started:
    """Start the process; see `Worker` for the arguments.

    Raises:
        OSError: It cannot start.
    """
    own = os.environ if environment is None else environment
    found = os.pathsep.join(_paths() if paths is None else paths)
    said = scratch()
    try:
        process = subprocess.Popen(
            [*wrap, python, "-P", "-m", MODULE, limits.text()],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=said,
            bufsize=0,
            env={**own, "PYTHONPATH": found},
            start_new_session=sys.platform != "win32",
        )
    except OSError:
        said.close()
        raise
    return Started(process, said)


def start_ahead() -> None:
    """Start a process with the limits of a student's own ``check``, for whoever takes it."""
    with suppress(OSError):  # whoever starts the next one tells why
        _ahead.append(start(Limits()))


def taken() -> Started | None:
    """Return the process that was started ahead, if there is one, and leave it to the caller."""
    return _ahead.pop() if _ahead else None


def end_untaken() -> None:
    """End the process that was started ahead and that nobody took."""
    while (unused := taken()) is not None:
        with unused.said, suppress(OSError):
            unused.process.kill()
            unused.process.communicate()


def scratch() -> IO[bytes]:
    """Return a file for what is written before anybody listens."""
    try:
        return tempfile.TemporaryFile()
    except OSError:  # no room for it anywhere: then the words are lost, not the checks
        return Path(os.devnull).open("w+b")


def _paths() -> list[str]:
    """Return where this process finds modules; the current folder comes last, not first."""
    try:
        here = str(Path.cwd())
    except FileNotFoundError:  # it was deleted
        here = ""
    paths = [str(Path(path).absolute()) for path in sys.path if path not in ("", ".", here)]
    return [*paths, here] if here and len(paths) < len(sys.path) else paths
