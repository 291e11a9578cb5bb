"""``coursekit data``: download ahead, show where it is, verify, remove."""

from typing import Any, Literal

from rich.text import Text

from coursekit.commands.listing import size_text
from coursekit.console import Consoles, cells, print_json, table
from coursekit.datasets import Dataset
from coursekit.errors import CourseError, did_you_mean
from coursekit.lesson import Lesson
from coursekit.store import cache, download

Action = Literal["download", "show", "verify", "remove"]


def action(show: bool, verify: bool, remove: bool) -> Action:
    """Return what the flags ask for.

    Raises:
        CourseError: More than one was given.
    """
    chosen: list[Action] = []
    if show:
        chosen.append("show")
    if verify:
        chosen.append("verify")
    if remove:
        chosen.append("remove")
    if len(chosen) > 1:
        raise CourseError(f"--{chosen[0]} and --{chosen[1]} cannot be combined", "one of them")
    return chosen[0] if chosen else "download"


def run_action(lesson: Lesson, name: str | None, act: Action, as_json: bool, out: Consoles) -> None:
    """Do it for one data set, or show, verify and remove for all of a lesson's.

    Args:
        lesson: The lesson.
        name: A data set's name; None means the default for a download, else all.
        act: What to do.
        as_json: Whether to print JSON.
        out: Where to print.

    Raises:
        CourseError: The name is unknown, a download failed, or a file is damaged.
    """
    chosen = [named(lesson, name)] if name is not None else list(lesson.datasets)
    if act == "download":
        download.fetch(chosen[0], out.stderr)
    elif act == "remove":
        for dataset in chosen:
            freed = cache.remove(dataset)
            out.say(f"{dataset.name}: {size_text(freed) if freed else 'nothing'} removed")
    states = [state(dataset, act == "verify") for dataset in chosen]
    if as_json:
        print_json(states)
    else:
        grid = table("data set", "size", "licence", "where")
        for item in states:
            where = "built in" if item["built_in"] else item["folder"] or "not downloaded"
            if item["checked"]:
                where += f" ({item['checked']})"
            grid.add_row(*cells(item["name"], size_text(item["size"]), item["licence"], where))
        out.show(grid)
        out.stdout.print(Text(f"cache: {cache.cache_dir()}", style="dim"), soft_wrap=True)
    for item in states:
        again = f"coursekit data {lesson.name} --data {item['name']}"
        if item["checked"].startswith("damaged"):
            raise CourseError(
                f"the data set {item['name']} is not what was published: {item['checked']}",
                remedy=f"{again} --remove, then download it again",
            )
        if item["checked"].startswith("missing"):
            raise CourseError(
                f"the data set {item['name']} is not on this machine: {item['checked']}",
                remedy=again,
            )


def named(lesson: Lesson, name: str) -> Dataset:
    """Return a lesson's data set by name."""
    for dataset in lesson.datasets:
        if dataset.name == name:
            return dataset
    raise CourseError(
        f"{lesson.name} has no data set {name!r}",
        remedy=did_you_mean(name, (dataset.name for dataset in lesson.datasets)),
    )


def state(dataset: Dataset, verify: bool) -> dict[str, Any]:
    """Return what is on this machine of a data set, as plain values."""
    files = cache.cached(dataset)
    complete = bool(files) and all(path is not None for path in files.values())
    folder = str(cache.cache_dir() / dataset.name) if complete else None
    checked = ""
    if verify and not dataset.built_in:
        verdicts = cache.verify_files(dataset)
        bad = [verdict.name for verdict in verdicts if verdict.state == "damaged"]
        missing = [verdict.name for verdict in verdicts if verdict.state == "missing"]
        checked = "checksums match"
        if bad or missing:
            checked = f"damaged: {', '.join(bad)}" if bad else f"missing: {', '.join(missing)}"
    return {
        "name": dataset.name,
        "built_in": dataset.built_in,
        "size": dataset.size,
        "licence": dataset.licence,
        "folder": folder,
        "checked": checked,
    }
