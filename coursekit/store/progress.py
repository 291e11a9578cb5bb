"""Shows how far a download is: a bar on a terminal, a few plain lines elsewhere."""

from types import TracebackType
from typing import TYPE_CHECKING, Self

if TYPE_CHECKING:
    from rich.console import Console
    from rich.progress import Progress, TaskID


class Meter:
    """The progress of one file, to be used in a ``with`` statement.

    Args:
        console: Where to show it.
        name: The file's name.
        size: Its size in bytes, as it was declared.
    """

    def __init__(self, console: "Console", name: str, size: int) -> None:
        self.console = console
        self.name = name
        self.done = 0
        self.total = size
        self._quarters = 0
        self._bar: tuple[Progress, TaskID] | None = None

    def __enter__(self) -> Self:
        if self.console.is_terminal:
            from rich import progress

            bar = progress.Progress(
                progress.TextColumn("{task.description}", markup=False),
                progress.BarColumn(),
                progress.DownloadColumn(),
                progress.TransferSpeedColumn(),
                progress.TimeRemainingColumn(),
                console=self.console,
            )
            self._bar = bar, bar.add_task(self.name, total=self.total)
            bar.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        if self._bar:
            self._bar[0].stop()

    def begin(self, done: int, total: int | None) -> None:
        """Set how many bytes are here already, and how many there will be if that is known."""
        self.done = done
        self.total = self.total if total is None else total
        self._quarters = self._share(4)
        if self._bar:
            bar, task = self._bar
            bar.update(task, completed=done, total=self.total)
        elif done:
            self.say(f"{self.name}: going on from {self._share(100)} %")

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
