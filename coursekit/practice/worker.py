"""The child process: runs given and student cells, answers what the checks ask.

It speaks JSON lines over what were its stdin and stdout. What the student's code itself
prints goes nowhere, so that no amount of it can hold anything up.
"""

from __future__ import annotations

import json
import os
import queue
import threading
from collections.abc import Iterator
from typing import Any, TextIO

from coursekit.practice.namespace import Here, StudentError
from coursekit.practice.plain_data import pack, unpack


def channel() -> tuple[TextIO, TextIO]:
    """Return the way in and the way out; descriptors 0, 1 and 2 then lead nowhere."""
    asked, answers = os.dup(0), os.dup(1)
    nowhere = os.open(os.devnull, os.O_RDWR)
    for descriptor in (0, 1, 2):
        os.dup2(nowhere, descriptor)
    return (
        os.fdopen(asked, encoding="utf-8"),
        os.fdopen(answers, "w", encoding="utf-8", buffering=1),
    )


def requests(asked: TextIO) -> Iterator[dict[str, Any]]:
    """Yield what is asked; end the process when nobody is left to ask.

    A thread reads, so that an endless loop of the student's does not outlive a parent that was
    killed.
    """
    lines: queue.SimpleQueue[str] = queue.SimpleQueue()

    def read() -> None:
        for line in asked:
            lines.put(line)
        os._exit(0)

    threading.Thread(target=read, daemon=True).start()
    while True:
        yield json.loads(lines.get())


def answer(here: Here, request: dict[str, Any]) -> Any:
    """Do what is asked and return the result, plain and packed."""
    if request["do"] == "cell":
        return here.run(request["code"], request["name"])
    if request["do"] == "call":
        return pack(here.call(request["name"], unpack(request["args"])))
    return pack(here.value(request["name"]))


def main() -> None:
    """Answer requests as long as there is somebody to ask."""
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    os.environ.setdefault("MPLBACKEND", "Agg")
    asked, answers = channel()
    here = Here({"__name__": "__main__"}, {})
    for request in requests(asked):
        if request["do"] == "probes":
            here.probes = request["probes"]
            reply: dict[str, Any] = {"value": None}
        else:
            try:
                reply = {"value": answer(here, request)}
            except StudentError as error:
                reply = {"error": str(error)}
        print(json.dumps(reply), file=answers, flush=True)


if __name__ == "__main__":
    main()
