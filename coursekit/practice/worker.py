"""The child process: runs given and student cells, answers what the checks ask.

It is started with the channel as its stdin and stdout, and moves it to descriptors of its own
before anything else. What the student's code prints goes nowhere, so that no amount of it can
hold anything up.

The code here and below cannot be kept from a student's code that searches this process's memory.
It is kept from what such code changes by name: modules, built-in functions, classes, streams.
"""

from __future__ import annotations

import builtins
import os
import sys
from contextlib import suppress
from importlib import import_module
from importlib.util import find_spec, module_from_spec
from types import ModuleType

from coursekit import keras_setup
from coursekit.practice import keeper, kernel, limits

FIRST = 200  # the channel's descriptors: nobody closes or writes them by counting from 0
PRIVATE = (
    "coursekit.practice.channel",
    "coursekit.practice.plain_data",
    "coursekit.practice.graph",
    "coursekit.practice.usual",
    "coursekit.practice.namespace",
    "coursekit.practice.watch",
    "coursekit.practice.serve",
)
# What nearly every exercise imports. A process that is started ahead waits for the first cell.
USUAL = ("coursekit.practice.notebook_api", "coursekit.prepare", "IPython.core.display_functions")


def channel() -> tuple[int, int]:
    """Return the descriptors to read and to write; 0 and 1 then lead nowhere."""
    asked, answers = moved(0), moved(1)
    _lead_nowhere(0, 1)
    return asked, answers


def _lead_nowhere(*descriptors: int) -> None:
    nowhere = os.open(os.devnull, os.O_RDWR)
    for descriptor in descriptors:
        os.dup2(nowhere, descriptor)
    os.close(nowhere)


def moved(descriptor: int) -> int:
    """Return another number for a descriptor, one that nobody closes by accident."""
    if sys.platform == "win32":
        return os.dup(descriptor)
    import fcntl

    return fcntl.fcntl(descriptor, fcntl.F_DUPFD_CLOEXEC, FIRST)


def private(names: tuple[str, ...]) -> ModuleType:
    """Load modules with built-in functions of their own, and forget them; return the last."""
    own = dict(vars(builtins))
    module = ModuleType("")
    for name in names:
        spec = find_spec(name)
        assert spec is not None
        assert spec.loader is not None
        module = module_from_spec(spec)
        module.__dict__["__builtins__"] = own
        sys.modules[name] = module
        spec.loader.exec_module(module)
    for name in names:
        del sys.modules[name]
    return module


def main() -> None:
    """Answer requests as long as there is somebody to ask."""
    asked, answers = channel()
    limit = limits.Limits.read(sys.argv.pop())
    keeper.split(asked, answers, limit)
    work(asked, answers, limit, USUAL)


def work(asked: int, answers: int, limit: limits.Limits, imported: tuple[str, ...] = ()) -> None:
    """Be the half that runs the student's code.

    Args:
        asked: The descriptor that the requests come from.
        answers: The descriptor that the answers go to.
        limit: What the student's code may use.
        imported: Modules to import before the first request is read.
    """
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    os.environ.setdefault("MPLBACKEND", "Agg")
    keras_setup.install(light=True)
    serve = private(PRIVATE).serve
    for name in imported:
        with suppress(ImportError):  # a cell that imports it says why
            import_module(name)
    limits.apply(limit)
    notebook = ModuleType("__main__")
    vars(notebook)["__builtins__"] = builtins
    sys.modules["__main__"] = notebook
    kernel.offer(vars(notebook))
    _lead_nowhere(2)  # until now, the parent is told why this process cannot start
    serve(asked, answers, vars(notebook))


if __name__ == "__main__":
    main()
