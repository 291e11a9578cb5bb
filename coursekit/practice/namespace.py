"""Runs student code in this process: in the notebook's kernel, and in the child."""

from __future__ import annotations

import ast
import builtins
import inspect
import linecache
import os
import re
import traceback
from collections.abc import Iterable, Sequence
from functools import cache
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

from coursekit.practice.cell_code import FLAGS
from coursekit.practice.graph import compiles
from coursekit.practice.plain_data import NotPlainError, plain
from coursekit.practice.usual import usual_settings
from coursekit.printable import MOST, printable

if TYPE_CHECKING:
    import asyncio

CELL, PROBE = "<cell {}>", "<probe {}>"  # the file names that their code has
_COLOUR = re.compile(r"\x1b\[\d*m")
_NODE, _OPERATION = re.compile(r"\{\{\w+ [^{}]*\}\} ?"), re.compile(r" \[Op:\w+\].*$")
# Kernels write a cell's code to a file of its own, on each system in another folder.
_CELL_FILE = re.compile(
    r"<cell .*>|<ipython-input-.*>|<magic>|.*[\\/](ipykernel|xpython)_\d+[\\/]\d+\.py", re.DOTALL
)
ASYNCHRONOUS = re.compile(r"\b(async|await|asyncio)\b")
SAID = 600  # characters of what an exception says that are shown
LONGEST = 100_000  # characters of it that are looked at
_BUILT_IN = {n: v for n, v in vars(builtins).items() if not n.startswith("_")}
_MARKS = ("<<<<<<<", "=======", ">>>>>>>")  # git's, of a merge that is not finished


class StudentError(Exception):
    """The student's code raised or returned something unusable; the text says what, in words."""


class NotebookNamespace:
    """The names that a notebook's cells define, and what is asked of them.

    Args:
        namespace: The names, to which the cells that run here add.
        probes: The sources of the probes, by name.
    """

    def __init__(self, namespace: dict[str, Any], probes: dict[str, str]) -> None:
        self.namespace = namespace
        self.probes = probes
        self.watch: Any = None  # a grader's
        self._kept: dict[str, Any] = {}
        self._shown: Any = None
        self._asynchronous = False

    def prepare(self) -> None:
        """Do nothing: the notebook's cells have run."""

    def keep(self, names: Iterable[str]) -> None:
        """Keep what names mean now: whatever is asked later finds them so.

        Args:
            names: What a given cell has just defined.
        """
        self._kept |= {name: self.namespace[name] for name in names if name in self.namespace}

    def run_cell(self, code: str, name: str) -> None:
        """Run a cell's Python as a kernel does: one statement after another, ``await`` allowed.

        Args:
            code: As `cell_code.python_of` returns it.
            name: Of the cell, in tracebacks.

        Raises:
            StudentError: It raised; the statements before have run.
        """
        if self.watch is not None:
            self.watch.cell = name
        file = CELL.format(name)
        # So that tracebacks and tf.function find the source.
        lines = [line + "\n" for line in code.split("\n")]
        linecache.cache[file] = (len(code), None, lines, file)
        # A kernel runs cells in a loop; it is not to be noticed before they are asynchronous.
        self._asynchronous = self._asynchronous or bool(ASYNCHRONOUS.search(code))
        cell = self._run_statements(code, file)
        try:
            if self._asynchronous:
                _loop().run_until_complete(cell)
            else:
                cell.send(None)
        except StopIteration:  # the end of a coroutine
            return
        except StudentError:
            raise
        except BaseException as error:
            raise StudentError(told(error)) from error

    async def _run_statements(self, code: str, file: str) -> None:
        """Compile and run each statement by itself, inside a running loop, as a kernel does."""
        tree = compile(code, file, "exec", FLAGS | ast.PyCF_ONLY_AST, dont_inherit=True)
        assert isinstance(tree, ast.Module)
        last = tree.body[-1] if tree.body else None
        for node in tree.body:
            value = await self._run(node, node is last, file)
        if isinstance(last, ast.Expr):
            self._show(value)

    async def _run(self, node: ast.stmt, is_last: bool, file: str) -> Any:
        """Run a statement and return the value of the last, if that is an expression."""
        if is_last and isinstance(node, ast.Expr):
            made = compile(ast.Expression(node.value), file, "eval", FLAGS, dont_inherit=True)
        else:
            made = compile(ast.Module([node], []), file, "exec", FLAGS, dont_inherit=True)
        try:
            value = eval(made, self.namespace)
        except StopIteration as error:  # Python gives it another name on its way out of here
            raise StudentError(told(error)) from error
        return await value if made.co_flags & inspect.CO_COROUTINE else value

    def _show(self, value: Any) -> None:
        """Keep the value that a kernel would show as ``_``, unless the student uses that name."""
        if value is not None and self.namespace.get("_", self._shown) is self._shown:
            self.namespace["_"] = self._shown = value

    def call(self, name: str, args: list[Any], limit: float = 0) -> Any:
        """Call a probe, or else a function of the student's, with plain data.

        Args:
            name: Of the probe or the function.
            args: Copied, so that the callee cannot change the check's own.
            limit: Not heeded here; a kernel can be interrupted.

        Raises:
            StudentError: It is not there, raised, or returned what is not plain.
        """
        self._answering()
        try:
            function = self._probe(name) if name in self.probes else self._lookup(name)
            if not callable(function):
                words = f"{name} is {function!r:.200}, and a function was expected"
                raise StudentError(printable(words, MOST))
            with usual_settings():
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
        self._answering()
        try:
            return plain(self._lookup(name))
        except NotPlainError as error:
            raise StudentError(printable(f"{name}: {error}", MOST)) from None

    def _answering(self) -> None:
        """Be done with the cells: given names mean again what they meant behind theirs."""
        self.namespace.update(self._kept)
        if self.watch is not None:
            self.watch.cell = ""

    def _probe(self, name: str) -> Any:
        """Return a probe; to it, a built-in name means what Python means by it.

        It leaves nothing in the notebook.
        """
        own = {n: v for n, v in self.namespace.items() if n not in _BUILT_IN or n in self._kept}
        space = own | {"__builtins__": {**vars(builtins), **_BUILT_IN, "__import__": _imported}}
        exec(compile(self.probes[name], PROBE.format(name), "exec"), space)
        return space[name]

    def _lookup(self, name: str) -> Any:
        if name not in self.namespace:
            raise StudentError(f"{name} is not defined: run the cell that defines it")
        return self.namespace[name]


_KITS_OWN = SimpleNamespace(compiles=compiles)  # whatever the student puts in its place


def _imported(
    name: str,
    names: dict[str, Any] | None = None,
    own: dict[str, Any] | None = None,
    wanted: Sequence[str] | None = (),
    level: int = 0,
) -> Any:
    """Import for a probe: what the kit offers to probes is the kit's."""
    if name == "coursekit.practice" and tuple(wanted or ()) == ("compiles",):
        return _KITS_OWN
    return builtins.__import__(name, names, own, wanted or (), level)


def told(error: BaseException) -> str:
    """Return an exception in words: what, and on which line of which cell."""
    kind, words = type(error).__name__, _words(error)
    if isinstance(error, NotImplementedError) and words:
        return printable(words, MOST)
    if isinstance(error, SyntaxError):
        line = str(error.text or "").strip()
        if line.startswith(_MARKS):
            return f"git's conflict markers are in this cell, line {error.lineno}: keep one version"
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
        return f"it cannot be shown as text: {type(fault).__name__}"
    words = _COLOUR.sub("", words).strip()
    if words.startswith("Exception encountered when calling") and "\n\n" in words:
        words = words.split("\n\n")[1].strip()  # Keras frames what a layer raised
    # TensorFlow names the node and the operation of its graph: nothing of the student's.
    return _OPERATION.sub("", _NODE.sub("", words))


def _is_of_a_cell(file: str) -> bool:
    """Return whether code of this file is in a cell: of the child, or of a kernel."""
    return bool(_CELL_FILE.fullmatch(file)) or file == os.environ.get("IPYKERNEL_CELL_NAME")


@cache
def _loop() -> asyncio.AbstractEventLoop:
    """Return the loop in which cells run: one for all, so that tasks outlive their cell."""
    import asyncio

    return asyncio.new_event_loop()
