"""What a notebook's kernel offers its cells, in the process in which a check runs them."""

from __future__ import annotations

import ast
import builtins
import os
import re
import shlex
import sys
from collections.abc import Sequence
from importlib.machinery import ModuleSpec
from importlib.util import spec_from_loader
from pathlib import Path
from types import ModuleType
from typing import Any

from coursekit.practice.cell_code import PLAIN_FLAGS, SEEN_THROUGH, python_of

# The options of the magics that are run; whether they have a value of their own.
OPTIONS = {
    "time": r"--no-raise-error",
    "timeit": r"-[nrpv]\s*\S+|-[tcqo]+",
    "prun": r"-[DlsT]\s*\S+|-[rq]+",
}


def offer(names: dict[str, Any]) -> None:
    """Give this process what a kernel gives its cells: ``get_ipython`` and ``display``.

    Args:
        names: Of the module ``__main__`` in which the cells run.
    """
    shell = Shell(names)
    sys.meta_path.insert(0, shell.files)  # a kernel would write over a file that is there
    vars(builtins).update(get_ipython=lambda: shell, display=_display)


def _display(*values: Any, **options: Any) -> Any:
    from IPython.display import display

    return display(*values, **options)  # type: ignore[no-untyped-call]


class Nothing:
    """Replaces a part of IPython that a check does without: whatever is called does nothing."""

    def __getattr__(self, name: str) -> Nothing:
        if name.startswith("__"):
            raise AttributeError(name)
        return self

    def __call__(self, *args: Any, **options: Any) -> Nothing:
        """Do nothing."""
        return self


class Files:
    """Python files that ``%%writefile`` would write: a check writes none, but they import."""

    def __init__(self) -> None:
        self.texts: dict[str, str] = {}

    def write(self, line: str, text: str) -> None:
        """Keep a file; the line is that of the magic, ``-a`` in it appends."""
        name = os.path.normpath(line.replace("-a ", "").replace("--append ", "").strip())
        before = self.texts.get(name, "") if line.startswith(("-a ", "--append ")) else ""
        self.texts[name] = before + text

    def read(self, name: str) -> str:
        """Return the text of a file, of these or of the folder."""
        own = self.texts.get(os.path.normpath(name))
        return Path(name).read_text(encoding="utf-8") if own is None else own

    def find_spec(
        self, name: str, path: Sequence[str] | None = None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        """Find a module among these files."""
        return spec_from_loader(name, self) if f"{name}.py" in self.texts else None  # type: ignore[arg-type]

    def create_module(self, spec: ModuleSpec) -> None:
        """Let Python make the module."""

    def exec_module(self, module: ModuleType) -> None:
        """Run the file as a module."""
        file = f"{module.__name__}.py"
        exec(compile(self.texts[file], file, "exec", dont_inherit=True), vars(module))


class Shell:
    """A stand-in for IPython's shell: magics that time code run it once, commands are not run.

    Args:
        names: The names of the notebook.
    """

    def __init__(self, names: dict[str, Any]) -> None:
        self.user_ns = names
        self.files = Files()

    def __getattr__(self, name: str) -> Nothing:
        return getattr(Nothing(), name)  # type: ignore[no-any-return]

    def run_line_magic(self, name: str, line: str, *_: Any) -> Any:
        """Run ``%time``, ``%timeit``, ``%prun``, ``%run`` and ``%env``; leave out all others."""
        caller = sys._getframe(1)
        inner = None if caller.f_locals is caller.f_globals else caller.f_locals
        if name == "run":
            return self._run_file(line)
        if name in ("env", "set_env"):
            return _set_variable(line)
        if name not in OPTIONS:
            return None
        code = re.sub(rf"^\s*(?:(?:{OPTIONS[name]})(?:\s+|$))*", "", line)
        if name == "timeit":  # what it binds is its own
            return self._run(code, self.user_ns | (inner or {}))
        return self._run(code, self.user_ns, inner)

    def run_cell_magic(self, name: str, line: str, cell: str) -> Any:
        """Run the code of ``%%time`` and its like, keep files; leave out all others."""
        if name == "timeit":  # the line prepares what the cell does
            return self.run_line_magic(name, f"{line}\n{cell}")
        if name in ("writefile", "file"):
            return self.files.write(line, cell)
        return self._run(cell, self.user_ns) if name in SEEN_THROUGH else None

    def magic(self, text: str) -> Any:
        """Run a line magic, written with or without its sign."""
        name, _, line = text.lstrip("%").partition(" ")
        return self.run_line_magic(name, line)

    def system(self, command: str) -> None:
        """Do not run a shell command."""

    def getoutput(self, command: str, *_: Any, **options: Any) -> Any:
        """Return the output of a shell command that is not run: no lines."""
        from IPython.utils.text import SList

        return SList()

    def run_cell(self, cell: str, *_: Any, **options: Any) -> None:
        """Run the code of a cell."""
        self._run(cell, self.user_ns)

    @property
    def captured(self) -> Any:
        """What ``%%capture`` gives: nothing was printed."""
        from IPython.utils.capture import CapturedIO

        return CapturedIO(None, None, [])

    def _run(self, code: str, names: dict[str, Any], inner: dict[str, Any] | None = None) -> Any:
        """Run code and return the value of its last statement, if that is an expression."""
        tree = ast.parse(python_of(code))
        last = tree.body.pop() if tree.body and isinstance(tree.body[-1], ast.Expr) else None
        place = names if inner is None else inner
        exec(compile(tree, "<magic>", "exec", PLAIN_FLAGS, dont_inherit=True), names, place)
        if not isinstance(last, ast.Expr):
            return None
        shown = ast.Expression(last.value)
        value = compile(shown, "<magic>", "eval", PLAIN_FLAGS, dont_inherit=True)
        return eval(value, names, place)

    def _run_file(self, line: str) -> None:
        """Run a Python file with names of its own, and give the notebook what it defines."""
        path = next((word for word in shlex.split(line) if not word.startswith("-")), "")
        file = path if path.endswith(".py") else f"{path}.py"
        names: dict[str, Any] = {"__name__": "__main__", "__file__": file}
        exec(compile(self.files.read(file), file, "exec", dont_inherit=True), names)
        made = {name: value for name, value in names.items() if not name.startswith("__")}
        self.user_ns.update(made)


def _set_variable(line: str) -> Any:
    """Set an environment variable, ``NAME=value`` or ``NAME value``; else return one, or all."""
    name, _, value = line.replace("=", " ", 1).strip().partition(" ")
    if value.strip():
        os.environ[name] = value.strip()
        return None
    return os.environ.get(name, "") if name else dict(os.environ)
