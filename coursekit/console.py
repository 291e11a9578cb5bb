"""Where things are printed: results to stdout, everything else to stderr."""

import os
from dataclasses import dataclass

from rich.console import Console
from rich.text import Text

PIPE_WIDTH = 120  # columns where there is no terminal to ask


@dataclass
class Consoles:
    """The two consoles, following `sys.stdout` and `sys.stderr`."""

    stdout: Console
    stderr: Console

    def say(self, line: str, style: str = "") -> None:
        """Print a line to stderr as it is, without markup."""
        self.stderr.print(Text(line, style=style), soft_wrap=True)

    def result(self, line: str = "", style: str = "") -> None:
        """Print a line to stdout as it is, without markup."""
        self.stdout.print(Text(line, style=style), soft_wrap=True)


def consoles() -> Consoles:
    """Return consoles that follow `sys.stdout` and `sys.stderr`."""
    return Consoles(_console(False), _console(True))


def _console(stderr: bool) -> Console:
    console = Console(stderr=stderr, highlight=False)
    if not console.is_terminal and "COLUMNS" not in os.environ:
        console.width = PIPE_WIDTH
    return console
