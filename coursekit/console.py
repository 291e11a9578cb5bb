"""Where things are printed: results to stdout, everything else to stderr."""

import json
import os
from dataclasses import dataclass
from typing import Any, Literal

from rich.console import Console
from rich.table import Table
from rich.text import Text

from coursekit.printable import printable

PIPE_WIDTH = 120  # columns where there is no terminal to ask


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


def consoles() -> Consoles:
    """Return consoles that follow `sys.stdout` and `sys.stderr`."""
    return Consoles(_console(False), _console(True))


class Screen(Console):
    """A console that outlives its reader: ``demo ... | head`` still saves the pictures."""

    def on_broken_pipe(self) -> None:
        """Print nothing any more, in place of ending the program."""
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


def table(*columns: str, right: tuple[str, ...] = ()) -> Table:
    """Return an unboxed table with these column titles; what the first has is never cut."""
    grid = Table(box=None, pad_edge=False, header_style="bold")
    for column in columns:
        side: Literal["left", "right"] = "right" if column in right else "left"
        grid.add_column(column, justify=side, no_wrap=column == columns[0])
    return grid


def cells(*values: object) -> list[Text]:
    """Return table cells that are shown as they are, without markup."""
    return [Text(printable(str(value))) for value in values]


def duration(seconds: float) -> str:
    """Return seconds as ``4:05`` or ``1:02:03``."""
    whole = round(seconds)
    hours, minutes = divmod(whole // 60, 60)
    return f"{hours}:{minutes:02}:{whole % 60:02}" if hours else f"{minutes}:{whole % 60:02}"
