"""Reports a finished run: the results on stdout, the pictures in its folder."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from rich.text import Text

from coursekit.console import Consoles, duration
from coursekit.errors import CourseError
from coursekit.lesson import Lesson
from coursekit.runs import pictures
from coursekit.runs.folder import Results, Run


def report(
    lesson: Lesson, run: Run, results: Results, sample: list[Any], example: str, out: Consoles
) -> None:
    """Print the results to stdout, the last line being the next thing to type.

    Args:
        lesson: The lesson.
        run: The run.
        results: Its results.
        sample: What the demo shows.
        example: An input of the demo, as one would type it in a shell.
        out: Where to print.
    """
    out.result()
    out.result(
        f"{lesson.question} On the test split of {run.manifest.dataset} "
        f"(best epoch {results.best_epoch} of {results.epochs}, "
        f"trained in {duration(results.train_seconds)}):"
    )
    for metric in lesson.metrics:
        if metric.name in results.metrics:
            value = metric.text(results.metrics[metric.name])
            line = f"  {metric.name:<22}{value:>8}   {metric.meaning}"
            out.result(line, "bold green" if metric is lesson.headline else "")
    out.result()
    for item in sample:
        if isinstance(item, (str, Text)):
            out.stdout.print(item if isinstance(item, Text) else Text(item), soft_wrap=True)
    out.result()
    try:
        for path in draw_pictures(lesson, run, sample):
            out.say(f"picture: {path}", "dim")
    except CourseError as error:  # the results are safe without them
        out.say(f"{error}\nthe results are safe in {run.path}", "yellow")
    out.result(f"next: coursekit demo {lesson.name} {example}".rstrip(), "bold")


def draw_pictures(lesson: Lesson, run: Run, sample: list[Any]) -> Iterator[Path]:
    """Draw the curves, the GIF of the samples and the last sample, yielding their paths.

    Raises:
        CourseError: A picture cannot be written.
    """
    drawn = [pictures.save_curves(run, lesson.headline.name), pictures.save_gif(run)]
    yield from (path for path in drawn if path)
    figure = next((item for item in sample if pictures.is_figure(item)), None)
    if figure is not None:
        yield pictures.save_figure(figure, run.path / "sample.png")
