"""Shows a run as it goes: live on a terminal, as plain lines elsewhere.

Everything goes to stderr; stdout is for results.
"""

import contextlib
import textwrap
import time
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from rich.console import Console, Group, RenderableType
from rich.live import Live
from rich.progress import BarColumn, Progress, TaskID, TextColumn
from rich.table import Table
from rich.text import Text

from coursekit.console import duration
from coursekit.lesson import Lesson, Metric
from coursekit.store.progress import Screen, joined, new_bars

HEARTBEAT = 30.0  # seconds between plain lines within one epoch
ROWS_SHOWN = 12
OTHER_LINES = 7  # of the live view: head, spaces, bar, status


class PlainDisplay:
    """Plain lines, for logs and pipes.

    Args:
        console: Where to print, on stderr.
        lesson: The lesson that is run.
        epochs: How many epochs there will be at the most.
    """

    def __init__(self, console: Console, lesson: Lesson, epochs: int) -> None:
        self.console = console
        self.lesson = lesson
        self.epochs = epochs
        self.epoch = 0
        self.steps: int | None = None
        self.step = 0
        self.examples = 0
        self.losses: Mapping[str, float] = {}
        self.started = self.beat = time.monotonic()
        self.spent: list[float] = []  # whole seconds of each epoch, evaluation included

    @contextlib.contextmanager
    def shown(self) -> Iterator[None]:
        """Show the display while the block runs."""
        yield

    def say(self, line: str) -> None:
        """Print a line as it is, without markup."""
        self.console.print(Text(line), soft_wrap=True)

    def start(self, metrics: Mapping[str, float]) -> None:
        """Show what the untrained model reaches on the validation split."""
        figures = (
            f"{metric.name} {metric.text(metrics[metric.name])}"
            for metric in self.lesson.metrics
            if metric.name in metrics
        )
        self.say("untrained  " + "  ".join(figures))

    def start_epoch(self, epoch: int, steps: int | None) -> None:
        """Begin an epoch, counted from 0, of so many steps (None: not known)."""
        self.epoch, self.steps, self.step, self.examples = epoch, steps, 0, 0
        self.losses = {}
        self.started = self.beat = time.monotonic()

    def update(self, step: int, examples: int, losses: Mapping[str, float]) -> None:
        """Show how far the epoch is: steps and examples done, mean losses so far."""
        self.step, self.examples, self.losses = step, examples, losses
        if time.monotonic() - self.beat > HEARTBEAT:
            self.beat = time.monotonic()
            self.say("  " + self.line())

    def evaluating(self, split: str) -> None:
        """Show that a split is being evaluated."""

    def end_epoch(self, row: Mapping[str, float], sample: Iterable[Any]) -> None:
        """Show the result of an epoch, and the lesson's sample."""
        self.spent.append(time.monotonic() - self.started)
        self.say(f"epoch {self.epoch + 1}/{self.epochs}  " + self.figures(row))
        for item in sample:
            if isinstance(item, str):
                self.say(textwrap.indent(item, "  "))

    def figures(self, row: Mapping[str, float]) -> str:
        """Return a row of the history as one line."""
        parts = [f"{name} {value:.3f}" for name, value in losses_of(row).items()]
        for metric in self.lesson.metrics:
            value = row.get(f"validation_{metric.name}")
            if value is not None:
                parts.append(f"{metric_label(metric, row)} {metric.text(value)}")
        parts.append(f"{row.get('examples_per_second', 0):,.0f} examples/s")
        parts.append(duration(self.spent[-1]))
        left = self.seconds_left()
        if left:
            parts.append(f"{duration(left)} left")
        return "  ".join(parts)

    def seconds_left(self) -> float | None:
        """Estimate the seconds to the last epoch, None before anything is known."""
        seconds = time.monotonic() - self.started
        if len(self.spent) > self.epoch or (self.spent and self.step == 0):
            return self.mean_epoch() * (self.epochs - self.epoch - 1)
        if not self.steps or not self.step:
            return None
        epoch = self.mean_epoch() if self.spent else seconds / self.step * self.steps
        this = seconds / self.step * (self.steps - self.step)
        return this + epoch * (self.epochs - self.epoch - 1)

    def mean_epoch(self) -> float:
        """Return the seconds of an epoch, without the first where compilation counts."""
        later = self.spent[1:] or self.spent
        return sum(later) / len(later)

    def line(self) -> str:
        """Return how the running epoch goes, as one line."""
        parts = [f"epoch {self.epoch + 1}/{self.epochs}"]
        seconds = time.monotonic() - self.started
        if self.step == 0:
            parts.append("compiling the train step" if seconds > 2 else "starting")
        else:
            if self.steps:
                parts.append(f"{self.step / self.steps:4.0%}")
            parts += [f"{name} {value:.3f}" for name, value in self.losses.items()]
            parts.append(f"{self.examples / seconds:,.0f} examples/s")
        left = self.seconds_left()
        if left is not None:
            parts.append(f"{duration(left)} left")
        return "  ".join(parts)


def losses_of(row: Mapping[str, float]) -> dict[str, float]:
    """Return the training losses of a row of the history."""
    others = ("epoch", "train_seconds", "examples_per_second")
    return {k: v for k, v in row.items() if k not in others and not k.startswith("validation_")}


def metric_label(metric: Metric, row: Mapping[str, float]) -> str:
    """Return a metric's name, set apart from a training loss of the same name."""
    return f"validation {metric.name}" if metric.name in losses_of(row) else metric.name


class LiveDisplay(PlainDisplay):
    """A live view for terminals: progress, a row an epoch, the sample as it gets better."""

    def __init__(self, console: Console, lesson: Lesson, epochs: int) -> None:
        super().__init__(console, lesson, epochs)
        self.rows: list[tuple[Mapping[str, float], float]] = []
        self.sample: list[RenderableType] = []
        self.status = ""
        self.bar = Progress(
            TextColumn("{task.description}"),
            BarColumn(bar_width=30),
            TextColumn("{task.percentage:3.0f} %"),
            console=console,
        )
        self.task: TaskID = self.bar.add_task("epoch 1", total=None)
        self.counted = new_bars(console)  # what a lesson counts meanwhile

    @contextlib.contextmanager
    def shown(self) -> Iterator[None]:
        """Show the view while the block runs; its last state stays on the screen."""
        live = Live(get_renderable=self.view, console=self.console, refresh_per_second=4)
        with live, joined(Screen(self.console, self.counted)):
            yield
            self.status = ""

    def start_epoch(self, epoch: int, steps: int | None) -> None:
        """Begin an epoch."""
        super().start_epoch(epoch, steps)
        self.status = ""
        self.bar.reset(self.task, total=steps, description=f"epoch {epoch + 1}/{self.epochs}")

    def update(self, step: int, examples: int, losses: Mapping[str, float]) -> None:
        """Move the bar."""
        self.step, self.examples, self.losses = step, examples, losses
        self.bar.update(self.task, completed=step)

    def evaluating(self, split: str) -> None:
        """Show that a split is being evaluated."""
        self.status = f"evaluating on the {split} split"

    def end_epoch(self, row: Mapping[str, float], sample: Iterable[Any]) -> None:
        """Add a row, and put the new sample in the old one's place."""
        self.spent.append(time.monotonic() - self.started)
        self.rows.append((row, self.spent[-1]))
        self.status = ""
        self.sample = [
            Text(item) if isinstance(item, str) else item
            for item in sample
            if isinstance(item, (str, Text))
        ]

    def view(self) -> RenderableType:
        """Return what the screen shows now."""
        parts: list[RenderableType] = []
        if self.rows:
            parts.append(self.table())
        if self.sample:
            parts.append(
                Text(f"\nafter epoch {len(self.rows) and int(self.rows[-1][0]['epoch'])}:")
            )
            parts.extend(self.sample)
            parts.append(Text())
        parts.append(self.bar)
        if self.counted.tasks:
            parts.append(self.counted)
        parts.append(Text(self.status or self.line(), style="dim"))
        return Group(*parts)

    def room(self) -> int:
        """Return how many rows of history leave the sample and the bar on the screen."""
        lines = sum(str(item).count("\n") + 1 for item in self.sample)
        return min(ROWS_SHOWN, max(2, self.console.height - lines - OTHER_LINES))

    def table(self) -> Table:
        """Return the newest rows of the history, as many as there is room for."""
        table = Table(box=None, pad_edge=False, header_style="bold")
        losses = list(losses_of(self.rows[-1][0]))
        metrics = [m for m in self.lesson.metrics if f"validation_{m.name}" in self.rows[-1][0]]
        headline = self.lesson.headline
        labels = {metric_label(metric, self.rows[-1][0]): metric for metric in metrics}
        for name in ["epoch", *losses, *labels, "examples/s", "time"]:
            style = "bold green" if labels.get(name) is headline else ""
            table.add_column(name, justify="right", style=style)
        for row, seconds in self.rows[-self.room() :]:
            table.add_row(
                f"{row['epoch']:.0f}",
                *(f"{row[name]:.3f}" for name in losses),
                *(m.text(row[f"validation_{m.name}"]) for m in metrics),
                f"{row['examples_per_second']:,.0f}",
                duration(seconds),
            )
        return table


def display(console: Console, lesson: Lesson, epochs: int) -> PlainDisplay:
    """Return the live display on a terminal, the plain one elsewhere."""
    kind = LiveDisplay if console.is_terminal and not console.is_dumb_terminal else PlainDisplay
    return kind(console, lesson, epochs)
