"""Runs student code in this process: in the notebook's kernel, and in the child."""

from __future__ import annotations
import __future__

import linecache
import re
import traceback
from typing import Any

from coursekit.practice.plain_data import NotPlainError, plain

CELL = "<{}>"
# The first cell imports it from __future__, and a kernel keeps it for all cells.
FLAGS = __future__.annotations.compiler_flag


class StudentError(Exception):
    """The student's code raised or returned something unusable; the text says what, in words."""


class Here:
    """The namespace of a notebook, and what is asked of it.

    Args:
        namespace: The names that the notebook's cells have defined.
        probes: The sources of the probes, by name.
    """

    def __init__(self, namespace: dict[str, Any], probes: dict[str, str]) -> None:
        self.namespace = namespace
        self.probes = probes

    def prepare(self) -> None:
        """Do nothing: the notebook's cells have run."""

    def run(self, code: str, name: str) -> None:
        """Run a cell.

        Raises:
            StudentError: It raised.
        """
        file = CELL.format(name)
        # So that tracebacks and tf.function find the source.
        linecache.cache[file] = (len(code), None, code.splitlines(keepends=True), file)
        try:
            exec(compile(code, file, "exec", FLAGS, dont_inherit=True), self.namespace)
        except BaseException as error:
            raise StudentError(told(error)) from error

    def call(self, name: str, args: list[Any], limit: float = 0) -> Any:
        """Call a probe, or else a function of the student's, with plain data.

        Args:
            name: Of the probe or the function.
            args: Copied, so that the callee cannot change the check's own.
            limit: Not heeded here; a kernel can be interrupted.

        Raises:
            StudentError: It is not there, raised, or returned what is not plain.
        """
        if name in self.probes:
            probe_space = dict(self.namespace)  # a probe leaves nothing in the notebook
            exec(compile(self.probes[name], f"<probe {name}>", "exec"), probe_space)
            function = probe_space[name]
        else:
            function = self._lookup(name)
            if not callable(function):
                raise StudentError(f"{name} is {function!r}, and a function was expected")
        try:
            return plain(function(*plain(list(args))))
        except NotPlainError as error:
            raise StudentError(f"{name}: {error}") from None
        except BaseException as error:
            if isinstance(error, KeyboardInterrupt):
                raise
            raise StudentError(told(error)) from error

    def value(self, name: str, limit: float = 0) -> Any:
        """Return the value of a name as plain data."""
        try:
            return plain(self._lookup(name))
        except NotPlainError as error:
            raise StudentError(f"{name}: {error}") from None

    def _lookup(self, name: str) -> Any:
        if name not in self.namespace:
            raise StudentError(f"{name} is not defined: run the cell that defines it")
        return self.namespace[name]


def told(error: BaseException) -> str:
    """Return an exception in words: what, and on which line of which cell."""
    words = re.sub(r"\x1b\[\d*m", "", str(error)).strip()
    if words.startswith("Exception encountered when calling"):
        words = words.split("\n\n")[1].strip()  # Keras frames what a layer raised
    # TensorFlow names the node and the operation of its graph: nothing of the student's.
    words = re.sub(r"\{\{\w+ [^{}]*\}\} ?", "", words)
    words = re.sub(r" \[Op:\w+\].*$", "", words)
    if isinstance(error, NotImplementedError) and words:
        return words
    text = f"{type(error).__name__}: {words[:600]}".rstrip(": ")
    if isinstance(error, SyntaxError):
        line = (error.text or "").strip()
        return f"{type(error).__name__}: {error.msg}, line {error.lineno}: {line}"
    cells = [
        f
        for f in traceback.extract_tb(error.__traceback__)
        if f.filename.startswith(("<", "/tmp/ipykernel"))
        and "probe" not in f.filename
        and not f.filename.startswith("<frozen")
    ]
    if cells:
        text += f"\n(line {cells[-1].lineno} of the cell, in {cells[-1].name}: {cells[-1].line})"
    return text
