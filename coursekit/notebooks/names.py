"""Finds the names that a piece of code needs from before, and those that it defines."""

from __future__ import annotations

import ast
import builtins
import symtable
from collections.abc import Iterator

KNOWN = frozenset(dir(builtins)) | {"display", "get_ipython", "__name__", "__file__"}


def defined(code: str) -> set[str]:
    """Return the names that code binds at its top level."""
    table = symtable.symtable(code, "<cell>", "exec")
    bound = {s.get_name() for s in table.get_symbols() if s.is_assigned() or s.is_imported()}
    return bound | {s.get_name() for s in table.get_symbols() if s.is_namespace()}


def needed(code: str) -> set[str]:
    """Return the names that code reads and does not define itself; builtins do not count."""
    table = symtable.symtable(code, "<cell>", "exec")
    return set(_globals(table, top=True)) - defined(code) - KNOWN


def _globals(table: symtable.SymbolTable, top: bool = False) -> Iterator[str]:
    for symbol in table.get_symbols():
        if symbol.is_referenced() and (top or symbol.is_global()):
            yield symbol.get_name()
    for child in table.get_children():
        yield from _globals(child)


def line_of(code: str, name: str) -> int:
    """Return the line, from 0, on which a name is first read."""
    lines = [
        n.lineno for n in ast.walk(ast.parse(code)) if isinstance(n, ast.Name) and n.id == name
    ]
    return min(lines, default=1) - 1
