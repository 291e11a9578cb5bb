"""Answers requests in the child process. Loaded so that no import of the student's leads here."""

from __future__ import annotations

import sys
from _thread import start_new_thread
from os import _exit, chdir, fstat, getpid
from pathlib import Path
from queue import SimpleQueue
from typing import Any

from coursekit.practice.channel import HEAD, frame, give, head, take
from coursekit.practice.keeper import Ending
from coursekit.practice.namespace import NotebookNamespace, StudentError, told
from coursekit.practice.plain_data import pack, unpack
from coursekit.practice.watch import Watch


def serve(asked: int, answers: int, names: dict[str, Any]) -> None:
    """Answer what is asked, for as long as there is somebody to ask.

    Args:
        asked: The descriptor that the requests come from.
        answers: The descriptor that the answers go to.
        names: The namespace in which the cells run.
    """
    here, own = NotebookNamespace(names, {}), getpid()
    frames: SimpleQueue[tuple[bytes, bytes]] = SimpleQueue()
    start_new_thread(_receive, (asked, frames))
    while True:
        nonce, payload = frames.get()
        kind, *values = unpack(payload)
        reply = _reply(here, kind, values)
        if getpid() != own:  # a copy that the student's code made of this process
            _exit(0)
        try:
            give(answers, frame(nonce, reply))
        except OSError:
            _exit(Ending.CLOSED)


def _receive(asked: int, frames: SimpleQueue[tuple[bytes, bytes]]) -> None:
    """Pass on what is asked; end the process when nobody is left to ask.

    A thread does it, so that an endless loop of the student's does not outlive a parent that was
    killed. The end of something else, which the student's code has opened under the number of a
    channel that it closed, is no end of the questions.
    """
    channel = _file(asked)
    try:
        while True:
            nonce, length = head(take(asked, HEAD))
            frames.put((nonce, take(asked, length)))
    except EOFError:
        _exit(0 if _file(asked) == channel else Ending.CLOSED)
    except OSError:  # the student's code closed it before it was read again
        _exit(Ending.CLOSED)


def _file(descriptor: int) -> tuple[int, int] | None:
    """Return what tells the file of a descriptor from all others; None if it is closed."""
    try:
        found = fstat(descriptor)
    except OSError:
        return None
    return found.st_dev, found.st_ino


def _reply(here: NotebookNamespace, kind: str, values: list[Any]) -> bytes:
    try:
        return pack(("value", _answer(here, kind, values)))
    except StudentError as error:
        return pack(("error", str(error)))
    except BaseException as error:  # out of memory, too deep, an interruption
        return pack(("error", told(error)))


def _answer(here: NotebookNamespace, kind: str, values: list[Any]) -> Any:
    if kind == "cell":
        code, name, *kept = values
        here.run_cell(code, name)
        return here.keep(kept[0] if kept else ())
    if kind == "call":
        name, args = values
        return here.call(name, args)
    if kind == "value":
        return here.value(values[0])
    if kind == "probes":
        here.probes |= values[0]
        return None
    if kind == "imported":
        return [name for name in values[0] if name in sys.modules]
    if kind == "watch":
        here.watch = Watch()
        return None
    if kind == "noticed":
        return here.watch.noticed()
    folder, here.probes = values
    return _settle(folder)


def _settle(folder: str) -> None:
    """Work in the notebook's folder, whose modules come after the installed ones."""
    chdir(folder)
    own = Path(folder).resolve()
    sys.path[:] = [path for path in sys.path if path and Path(path).resolve() != own]
    sys.path.append(str(own))
