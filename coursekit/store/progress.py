"""One live display at a time: a spinner, and a bar for all that is counted meanwhile.

Whoever has something to count, a download or a lesson that computes, opens a `Meter`. On a
terminal it joins the display that is active (that of `busy`, or the training view), else it
shows a bar of its own; elsewhere it prints a few plain lines.
"""

import contextlib
from collections.abc import Iterator
from contextvars import ContextVar
from types import TracebackType
from typing import TYPE_CHECKING, NamedTuple, Self

if TYPE_CHECKING:
    from rich.console import Console
    from rich.progress import Progress, TaskID


class Screen(NamedTuple):
    """The display that is active: its console, and the bars that it shows."""

    console: "Console"
    bars: "Progress"


_active: ContextVar[Screen | None] = ContextVar("active display", default=None)


def new_bars(console: "Console") -> "Progress":
    """Return bars for things that are counted in bytes."""
    from rich import progress

    return progress.Progress(
        progress.TextColumn("{task.description}", markup=False),
        progress.BarColumn(),
        progress.DownloadColumn(),
        progress.TransferSpeedColumn(),
        progress.TimeRemainingColumn(),
        console=console,
    )


@contextlib.contextmanager
def joined(screen: Screen) -> Iterator[None]:
    """Make a display the active one while the block runs."""
    token = _active.set(screen)
    try:
        yield
    finally:
        _active.reset(token)


@contextlib.contextmanager
def busy(console: "Console", text: str) -> Iterator[None]:
    """Show a spinner with a text on a terminal while the block runs; elsewhere nothing.

    Inside another display that is active, nothing is added to that one.
    """
    if not console.is_terminal or _active.get() is not None:
        yield
        return
    from rich.console import Group
    from rich.live import Live
    from rich.spinner import Spinner
    from rich.text import Text

    bars = new_bars(console)
    view = Group(Spinner("dots", Text(text)), bars)
    with Live(view, console=console, transient=True), joined(Screen(console, bars)):
        yield


def active_console() -> "Console":
    """Return where lines can be printed now without disturbing a live display."""
    screen = _active.get()
    if screen is not None:
        return screen.console
    from coursekit.console import consoles

    return consoles().stderr


class Meter:
    """The progress of one thing in bytes, to be used in a ``with`` statement.

    Args:
        console: Where to show it, unless a display is active; None: on stderr.
        name: What is counted, such as a file's name.
        size: Its size in bytes, as it was declared.
    """

    def __init__(self, console: "Console | None", name: str, size: int) -> None:
        self._screen = _active.get()
        self.console = self._screen.console if self._screen else console or active_console()
        self.name = name
        self.done = 0
        self.total = size
        self._quarters = 0
        self._bar: tuple[Progress, TaskID] | None = None

    def __enter__(self) -> Self:
        if self.console.is_terminal:
            bars = self._screen.bars if self._screen else new_bars(self.console)
            self._bar = bars, bars.add_task(self.name, total=self.total)
            if not self._screen:
                bars.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        if self._bar:
            bars, task = self._bar
            if self._screen:
                bars.remove_task(task)
            else:
                bars.stop()

    def begin(self, done: int, total: int | None) -> None:
        """Set how many bytes are here already, and how many there will be if that is known."""
        self.done = done
        self.total = self.total if total is None else total
        self._quarters = self._share(4)
        if self._bar:
            bar, task = self._bar
            bar.update(task, completed=done, total=self.total)
        elif done:
            self.say(f"{self.name}: resuming at {self._share(100)} %")

    def advance(self, count: int) -> None:
        """Count bytes that have come."""
        self.done += count
        if self._bar:
            bar, task = self._bar
            bar.update(task, completed=self.done)
        elif self._share(4) > self._quarters:
            self._quarters = self._share(4)
            self.say(f"{self.name}: {25 * self._quarters} %")

    def say(self, text: str) -> None:
        """Print a line, above the bar if there is one."""
        self.console.print(text, markup=False, highlight=False, soft_wrap=True)

    def _share(self, parts: int) -> int:
        return min(parts, parts * self.done // self.total) if self.total else 0
