"""A cell as a kernel reads it: plain Python, its statements, the names that they bind."""

from __future__ import annotations
import __future__

import ast
import re
import tokenize
import warnings
from collections.abc import Iterable, Iterator
from functools import lru_cache

# The first cell imports it from __future__, and a kernel keeps it for all cells.
PLAIN_FLAGS = __future__.annotations.compiler_flag
FLAGS = PLAIN_FLAGS | ast.PyCF_ALLOW_TOP_LEVEL_AWAIT
TIMED = ("time", "prun")  # line magics that run their code among the notebook's names
SEEN_THROUGH = (*TIMED, "capture")  # cell magics that do
LINE_MAGICS = (*TIMED, "timeit", "run", "env", "set_env")  # that the child runs, see `kernel`
CELL_MAGICS = (*SEEN_THROUGH, "timeit", "writefile", "file")
HELP = ("pinfo", "pinfo2", "psearch")
DEEPEST = 150  # levels of a syntax tree that are read
# What IPython takes away although it may stand in valid Python: prompts, and what ends a line
# for it alone.
TAKEN_AWAY = re.compile(r"^\s*(>>>|\.\.\.)|In \[|[\v\f\x1c-\x1e\x85\u2028\u2029]", re.MULTILINE)
BROKEN = (SyntaxError, ValueError, RecursionError, MemoryError, OverflowError)


@lru_cache(maxsize=512)
def python_of(source: str) -> str:
    """Return the Python that a kernel compiles for a cell.

    IPython's own input transformer makes calls of magics and shell commands, and takes away
    an indentation of the whole cell. The line numbers stay those of the cell. The code below
    ``%%time`` and its like takes the place of the call.
    """
    # A string that is compiled has one kind of line end.
    text = source.replace("\r\n", "\n").replace("\r", "\n")
    bare = re.sub(r"^[ \t]+$", "", text, flags=re.MULTILINE)  # as it leaves empty lines
    if (tree := _plain_python(bare)) is not None:
        return _seen_through(bare, tree)
    from IPython.core.inputtransformer2 import TransformerManager

    try:
        with warnings.catch_warnings(action="ignore"):  # of IPython's own ways with U+2028
            made = str(TransformerManager().transform_cell(text))  # type: ignore[no-untyped-call]
    except (*BROKEN, RuntimeError, tokenize.TokenError):
        return text  # what is wrong with it is told where it is compiled
    lines = text.split("\n")
    blank = next((n for n, line in enumerate(lines) if line.strip()), 0)
    made = made if text.endswith("\n") else made.removesuffix("\n")
    return "\n" * blank + _seen_through(made, parsed(made))


def _plain_python(text: str) -> ast.Module | None:
    """Return the syntax tree of code that IPython's transformer leaves as it is; else None.

    No magic, shell command or question is valid Python. What else it changes are `TAKEN_AWAY` and
    the indentation of a whole cell. To import IPython takes longer than to see this.
    """
    return None if text.lstrip("\n")[:1].isspace() or TAKEN_AWAY.search(text) else parsed(text)


def _seen_through(python: str, tree: ast.Module | None) -> str:
    if tree is None or len(tree.body) != 1:
        return python
    for method, words in commands(tree):
        if method == "run_cell_magic" and words[0] in SEEN_THROUGH and not _waits(words[2]):
            named = words[1].split()[-1:] if words[0] == "capture" else []
            end = "".join(f"{n} = get_ipython().captured\n" for n in named if n.isidentifier())
            return "\n" + python_of(words[2]) + end
    return python


def parsed(python: str) -> ast.Module | None:
    """Return the syntax tree of Python code, in which ``await`` may stand anywhere; else None.

    A tree that is too deep to be read is none: Python runs such code, whoever reads it may fail.
    """
    try:
        tree = compile(python, "<cell>", "exec", FLAGS | ast.PyCF_ONLY_AST, dont_inherit=True)
    except BROKEN:
        return None
    assert isinstance(tree, ast.Module)
    return None if _is_deep(tree) else tree


def _is_deep(tree: ast.AST) -> bool:
    """Return whether a tree has more levels than are read: 200 terms of a sum, 200 ``elif``."""
    level = [tree]
    for _ in range(DEEPEST):
        level = [inner for node in level for inner in ast.iter_child_nodes(node)]
        if not level:
            return False
    return True


def compiles(source: str, flags: int = FLAGS) -> bool:
    """Return whether a kernel could run a cell to its end, as far as its form goes."""
    try:
        compile(python_of(source), "<cell>", "exec", flags, dont_inherit=True)
    except BROKEN:
        return False
    return True


def _waits(source: str) -> bool:
    """Return whether code holds an ``await`` at its top level: below a magic that is an error."""
    return compiles(source) and not compiles(source, PLAIN_FLAGS)


def commands(tree: ast.AST) -> Iterator[tuple[str, list[str]]]:
    """Yield the magics and shell commands of transformed code: the method, and its texts."""
    calls = [node for node in ast.walk(tree) if isinstance(node, ast.Call)]
    for call in sorted(calls, key=lambda call: (call.lineno, call.col_offset)):
        match call:
            case ast.Call(
                func=ast.Attribute(value=ast.Call(func=ast.Name(id="get_ipython")), attr=method)
            ):
                words = [a.value for a in call.args if isinstance(a, ast.Constant)]
                if words and all(isinstance(word, str) for word in words):
                    yield method, [str(word) for word in words]


def not_run(tree: ast.AST) -> list[str]:
    """Return the magics and shell commands that a check leaves out, as they are written."""
    found: list[str] = []
    for method, words in commands(tree):
        first = words[0].split("\n")[0]
        if method in ("system", "getoutput"):
            found.append(f"!{_short(first)}")
        elif method == "run_line_magic" and first in HELP:
            found.append(f"{words[-1]}?")
        elif (method == "run_line_magic" and first not in LINE_MAGICS) or (
            method == "run_cell_magic" and first not in CELL_MAGICS
        ):
            sign = "%" if method == "run_line_magic" else "%%"
            found.append(_short(f"{sign}{first} {words[1] if len(words) > 1 else ''}".strip()))
    return list(dict.fromkeys(found))


def _short(text: str, most: int = 30) -> str:
    return text if len(text) <= most else f"{text[: most - 1]}…"


def bindings(nodes: Iterable[ast.AST]) -> dict[str, str]:
    """Return the names that statements bind or delete at the top level of a notebook.

    Returns:
        By name: for an import what is imported, such as ``numpy`` or ``math:sqrt``; for
        all else, and for what is bound in two ways, an empty text.
    """
    found = _Bindings()
    for node in nodes:
        found.visit(node)
    return found.names


def bound(source: str) -> set[str]:
    """Return the names that a cell binds at its top level; none if it is not Python."""
    tree = parsed(python_of(source))
    return set(bindings(tree.body)) if tree else set()


def may_bind(python: str, name: str) -> bool:
    """Return whether Python code binds a name, or would if it were not for a mistake of form."""
    tree = parsed(python)
    if tree is None:
        return re.search(rf"\b{re.escape(name)}\b", python) is not None
    return name in bindings(tree.body)


class _Bindings(ast.NodeVisitor):
    """Collects names; what happens inside functions, classes and comprehensions stays there."""

    def __init__(self) -> None:
        self.names: dict[str, str] = {}

    def bind(self, name: str, what: str = "") -> None:
        self.names[name] = what if self.names.get(name, what) == what else ""

    def visit_FunctionDef(
        self, node: ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef
    ) -> None:
        self.bind(node.name)

    visit_AsyncFunctionDef = visit_ClassDef = visit_FunctionDef  # noqa: N815

    def visit_Lambda(self, node: ast.Lambda) -> None:
        """Bind nothing: what a lambda binds is its own."""

    def visit_ListComp(self, node: ast.AST) -> None:
        for inner in ast.walk(node):
            if isinstance(inner, ast.NamedExpr):
                self.bind(inner.target.id)

    visit_SetComp = visit_DictComp = visit_GeneratorExp = visit_ListComp  # noqa: N815

    def visit_Name(self, node: ast.Name) -> None:
        if not isinstance(node.ctx, ast.Load):
            self.bind(node.id)

    def visit_Import(self, node: ast.Import) -> None:
        for alias in node.names:
            top = alias.name.partition(".")[0]
            self.bind(alias.asname or top, alias.name if alias.asname else top)

    def visit_ImportFrom(self, node: ast.ImportFrom) -> None:
        for alias in node.names:
            if alias.name != "*":
                where = "." * node.level + (node.module or "")
                self.bind(alias.asname or alias.name, f"{where}:{alias.name}")

    def visit_ExceptHandler(self, node: ast.ExceptHandler | ast.MatchAs | ast.MatchStar) -> None:
        if node.name:
            self.bind(node.name)
        self.generic_visit(node)

    visit_MatchAs = visit_MatchStar = visit_ExceptHandler  # noqa: N815

    def visit_MatchMapping(self, node: ast.MatchMapping) -> None:
        if node.rest:
            self.bind(node.rest)
        self.generic_visit(node)

    def visit_Call(self, node: ast.Call) -> None:
        for method, words in commands(ast.Expr(node)):
            if method == "run_line_magic" and words[0] in TIMED and len(words) > 1:
                for name in bound(re.sub(r"^(-\S+\s+)*", "", words[1])):
                    self.bind(name)
        self.generic_visit(node)


def without(python: str, nodes: Iterable[ast.stmt]) -> str:
    """Return code with ``pass`` in place of some of its statements; all lines stay where they are.

    Args:
        python: The code.
        nodes: Statements of its syntax tree, at its top level.
    """
    lines = [line.encode() for line in python.split("\n")]
    for node in sorted(nodes, key=lambda node: (node.lineno, node.col_offset), reverse=True):
        first, column = start_of(node)
        last, end = node.end_lineno or first, node.end_col_offset or 0
        rest = lines[last - 1][end:]
        lines[first - 1] = lines[first - 1][:column] + b"pass" + rest
        lines[first:last] = [b""] * (last - first)
    return b"\n".join(lines).decode()


def start_of(node: ast.stmt) -> tuple[int, int]:
    """Return the line, from 1, and the byte of it at which a statement starts."""
    decorators = getattr(node, "decorator_list", [])
    if decorators:
        return decorators[0].lineno, 0
    return node.lineno, node.col_offset
