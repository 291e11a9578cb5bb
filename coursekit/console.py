"""Where things are printed: results to stdout, everything else to stderr."""

import json
import os
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Literal

from rich.cells import cell_len
from rich.console import Console, ConsoleOptions, RenderResult
from rich.table import Table
from rich.text import Text

from coursekit.printable import printable

PIPE_WIDTH = 120  # columns where there is no terminal to ask
NARROWEST = 16  # columns in which running text can still be read
GAP = 2  # columns between two columns of a table


@dataclass
class Consoles:
    """The two consoles, following `sys.stdout` and `sys.stderr`."""

    stdout: Console
    stderr: Console

    def say(self, line: str, style: str = "") -> None:
        """Print a line to stderr as it is, without markup."""
        self.stderr.print(Text(printable(line), style=style), soft_wrap=True)

    def result(self, line: str = "", style: str = "") -> None:
        """Print a line to stdout as it is, without markup."""
        self.stdout.print(Text(printable(line), style=style), soft_wrap=True)

    def show(self, grid: "Grid") -> None:
        """Print a table to stdout; a path that is longer than a line is not cut."""
        self.stdout.print(grid, crop=False)


def consoles() -> Consoles:
    """Return consoles that follow `sys.stdout` and `sys.stderr`."""
    return Consoles(_console(False), _console(True))


class Screen(Console):
    """A console that outlives its reader: ``demo ... | head`` still saves the pictures."""

    def on_broken_pipe(self) -> None:
        """Stop printing instead of ending the program."""
        self.quiet = True
        nowhere = os.open(os.devnull, os.O_WRONLY)
        os.dup2(nowhere, self.file.fileno())
        os.close(nowhere)


def _console(stderr: bool) -> Console:
    console = Screen(stderr=stderr, highlight=False)
    if not console.is_terminal and "COLUMNS" not in os.environ:
        console.width = PIPE_WIDTH
    return console


def print_json(value: Any) -> None:
    """Print a value as JSON for scripts."""
    print(json.dumps(value, indent=2, ensure_ascii=False))


class Grid:
    """A table without boxes that loses nothing where the terminal is narrow.

    Columns of running text are wrapped. Where not even that leaves them `NARROWEST` columns
    of the terminal, each row becomes a paragraph, with a line for each of its values.

    Args:
        columns: The titles.
        right: Those whose values are set to the right.
        whole: Those whose values are never broken into lines.
        lead: Those on the first line of a paragraph, without their titles.
    """

    def __init__(
        self,
        columns: tuple[str, ...],
        right: tuple[str, ...],
        whole: tuple[str, ...],
        lead: tuple[str, ...],
    ) -> None:
        self.columns, self.right = columns, right
        self.whole, self.lead = {*right, *whole, *lead}, lead
        self.rows: list[list[Text]] = []

    def add_row(self, *values: Text) -> None:
        """Add a row with a value for each column."""
        self.rows.append(list(values))

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        """Yield what fits the width that there is."""
        if self._fits(options.max_width):
            yield self._table()
        else:
            for row in self.rows:
                values = dict(zip(self.columns, row, strict=True))
                yield from self._paragraph(console, values, options.max_width)

    def _fits(self, width: int) -> bool:
        needed = GAP * (len(self.columns) - 1)
        for place, column in enumerate(self.columns):
            values = [row[place].cell_len for row in self.rows]
            most = max([cell_len(column), *values])
            needed += most if column in self.whole else min(most, NARROWEST)
        return needed <= width

    def _table(self) -> Table:
        grid = Table(box=None, pad_edge=False, header_style="bold", padding=(0, GAP, 0, 0))
        for column in self.columns:
            side: Literal["left", "right"] = "right" if column in self.right else "left"
            whole = column in self.whole
            grid.add_column(column, justify=side, no_wrap=whole, overflow="fold")
        for row in self.rows:
            grid.add_row(*row)
        return grid

    def _paragraph(self, console: Console, row: dict[str, Text], width: int) -> Iterator[Text]:
        first = Text(" " * GAP).join(row[column] for column in self.lead)
        first.no_wrap, first.overflow = True, "ignore"
        yield first
        for column, value in row.items():
            if column not in self.lead and value.plain:
                start = Text(f"  {column}: " if column else "  ", style="dim")
                yield _entry(console, start + value, width)


def _entry(console: Console, line: Text, width: int) -> Text:
    """Return a value behind its column's title; what is too long continues below, indented."""
    if line.cell_len <= width or len(line.plain.split()) <= 2:  # a path is left to the terminal
        line.no_wrap, line.overflow = True, "ignore"
        return line
    first, *rest = line.wrap(console, width)
    for further in rest:
        further.rstrip()
    lines = Text(" ").join(rest).wrap(console, max(width - 4, NARROWEST))
    return Text("\n").join([first, *(Text("    ") + further for further in lines)])


def table(
    *columns: str,
    right: tuple[str, ...] = (),
    whole: tuple[str, ...] = (),
    lead: tuple[str, ...] | None = None,
) -> Grid:
    """Return a table with these column titles.

    Args:
        *columns: The titles.
        right: The columns whose values are set to the right, and never broken into lines.
        whole: Other columns whose values are never broken.
        lead: Those that need no title, and are never broken; by default the first.
    """
    return Grid(columns, right, whole, columns[:1] if lead is None else lead)


def cells(*values: object) -> list[Text]:
    """Return table cells that are shown as they are, without markup."""
    return [Text(printable(str(value))) for value in values]


def duration(seconds: float) -> str:
    """Return seconds as ``4:05`` or ``1:02:03``."""
    whole = round(seconds)
    hours, minutes = divmod(whole // 60, 60)
    return f"{hours}:{minutes:02}:{whole % 60:02}" if hours else f"{minutes}:{whole % 60:02}"
