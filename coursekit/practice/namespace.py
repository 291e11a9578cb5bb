"""Runs student code in this process: in the notebook's kernel, and in the child."""

from __future__ import annotations
import __future__

import linecache
import re
import traceback
from typing import Any

from coursekit.practice.plain_data import NotPlainError, plain
from coursekit.printable import MOST, printable

CELL = "<{}>"
SAID = 600  # characters of what an exception says that are shown
LONGEST = 100_000  # characters of it that are looked at
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
        try:
            function = self._probe(name) if name in self.probes else self._lookup(name)
            if not callable(function):
                words = f"{name} is {function!r:.200}, and a function was expected"
                raise StudentError(printable(words, MOST))
            return plain(function(*plain(list(args))))
        except NotPlainError as error:
            raise StudentError(printable(f"{name}: {error}", MOST)) from None
        except StudentError:
            raise
        except BaseException as error:
            if isinstance(error, KeyboardInterrupt):
                raise
            raise StudentError(told(error)) from error

    def value(self, name: str, limit: float = 0) -> Any:
        """Return the value of a name as plain data."""
        try:
            return plain(self._lookup(name))
        except NotPlainError as error:
            raise StudentError(printable(f"{name}: {error}", MOST)) from None

    def _probe(self, name: str) -> Any:
        space = dict(self.namespace)  # a probe leaves nothing in the notebook
        exec(compile(self.probes[name], f"<probe {name}>", "exec"), space)
        return space[name]

    def _lookup(self, name: str) -> Any:
        if name not in self.namespace:
            raise StudentError(f"{name} is not defined: run the cell that defines it")
        return self.namespace[name]


def told(error: BaseException) -> str:
    """Return an exception in words: what, and on which line of which cell."""
    kind, words = type(error).__name__, _words(error)
    if isinstance(error, NotImplementedError) and words:
        return printable(words, MOST)
    if isinstance(error, SyntaxError):
        line = str(error.text or "").strip()
        return printable(f"{kind}: {error.msg}, line {error.lineno}: {line}", MOST)
    text = f"{kind}: {words[:SAID]}".rstrip(": ")
    cells = [f for f in traceback.extract_tb(error.__traceback__) if _is_of_a_cell(f.filename)]
    if cells:
        text += f"\n(line {cells[-1].lineno} of the cell, in {cells[-1].name}: {cells[-1].line})"
    return printable(text, MOST)


def _words(error: BaseException) -> str:
    """Return what an exception says, without what nobody wrote for the student."""
    try:
        words = str(error)[:LONGEST]
    except Exception as fault:  # of the student's own class
        return f"its text cannot be made: {type(fault).__name__}"
    words = re.sub(r"\x1b\[\d*m", "", words).strip()
    if words.startswith("Exception encountered when calling") and "\n\n" in words:
        words = words.split("\n\n")[1].strip()  # Keras frames what a layer raised
    # TensorFlow names the node and the operation of its graph: nothing of the student's.
    words = re.sub(r"\{\{\w+ [^{}]*\}\} ?", "", words)
    return re.sub(r" \[Op:\w+\].*$", "", words)


def _is_of_a_cell(file: str) -> bool:
    """Say whether code of this file stands in a cell: of the child, or of a kernel."""
    if file.startswith("<"):
        return "probe" not in file and not file.startswith("<frozen")
    return re.search(r"[\\/]ipykernel_\d+[\\/]", file) is not None
