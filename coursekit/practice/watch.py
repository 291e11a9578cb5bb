"""What a grader notices of a student's code while it runs: what it prints, what it reaches for.

It sees what Python reports of itself. Code that searches this process's memory can silence it;
no mark depends on it.
"""

from __future__ import annotations

import io
import os
import re
import sys
from typing import Any

MOST = 20_000  # characters of what is printed that are kept
MOST_EVENTS = 50
ANSWER = "coursekit.answer"  # the audit event of a hole where the kit's own solution was
PRIVATE_MODULES = re.compile(
    r"coursekit\.(notebooks|grading|commands|cli)\b"
    r"|coursekit\.practice\.(checks|gather|verify|solved_work|locate|student_cells|worker_client)\b"
)
MEMORY = re.compile(r"/proc/(self|thread-self|\d+)/(task/\d+/)?(mem|environ|cmdline|fd/.*|root.*)")
TEMPLATES = re.compile(r".*/templates(/(lesson|\d+_\w+)\.py)?|.*/tests/.*test_\w+\.py")
PACKAGES = re.compile(r".*(/site-packages/|/coursekit/.*\.py$|\.pth$).*")
# A program or a module, not a folder of that name on the way to one, as of a clone of the kit.
COMMAND = re.compile(r"\bcoursekit(_\w+)?(?![\w/-])")
WRITES = os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_TRUNC | os.O_APPEND


class Said(io.TextIOBase):
    """A stream that keeps the beginning of what is printed, however much it is."""

    encoding = "utf-8"

    def __init__(self) -> None:
        self.parts: list[str] = []
        self.left, self.lost = MOST, 0

    def write(self, text: str) -> int:
        """Keep a text as long as there is room."""
        if not isinstance(text, str):
            raise TypeError(f"write() argument must be str, not {type(text).__name__}")
        kept = text[: self.left]
        if kept:
            self.parts.append(str(kept))
            self.left -= len(kept)
        self.lost += len(text) - len(kept)
        return len(text)

    def writable(self) -> bool:
        """Say that it can be written to."""
        return True

    def fileno(self) -> int:
        """Return the descriptor of stdout, which leads nowhere."""
        return 1

    def text(self) -> str:
        """Return what was printed, with the number of characters that are missing."""
        more = f"\n... ({self.lost} more characters)" if self.lost else ""
        return "".join(self.parts) + more


class Watch:
    """Keeps what is printed and notes what the code reaches for, from when it is made."""

    def __init__(self) -> None:
        self.said = Said()
        self.cell = ""  # that runs
        self.events: dict[tuple[str, str, str], None] = {}
        sys.stdout = self.said
        sys.addaudithook(self._heard)

    def noticed(self) -> tuple[str, list[tuple[str, str, str]]]:
        """Return what was printed; and kind, subject and cell of what was reached for."""
        return self.said.text(), list(self.events)

    def _heard(self, event: str, args: tuple[Any, ...]) -> None:
        if event == "open":
            found = _opened(args[0], args[2])
        elif event == "import":
            found = "kit" if PRIVATE_MODULES.match(str(args[0])) else ""
        elif event == ANSWER:
            found = "answer"
        elif event == "subprocess.Popen":
            found = "kit" if COMMAND.search(str(args[1])[:2000]) else ""
            args = ("the command coursekit",)
        else:
            return
        if found and len(self.events) < MOST_EVENTS:
            self.events[found, str(args[0])[:200], self.cell] = None


def _opened(path: Any, flags: Any) -> str:
    """Return what kind of thing a file is that no exercise opens; empty for all others."""
    if isinstance(path, bytes):
        path = os.fsdecode(path)
    if not isinstance(path, str):
        return ""
    if MEMORY.fullmatch(path):
        return "memory"
    if TEMPLATES.fullmatch(path) or path.endswith(".ipynb"):
        return "files"
    writes = isinstance(flags, int) and flags & WRITES
    return "overwrite" if writes and PACKAGES.fullmatch(path) else ""
