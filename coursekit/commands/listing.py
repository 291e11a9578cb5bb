"""Commands that list: the welcome, ``list``, ``info`` and ``runs``. None imports TensorFlow."""

import dataclasses
from pathlib import Path
from typing import Any

from rich.filesize import decimal

from coursekit.console import Consoles, Grid, cells, duration, print_json, table
from coursekit.errors import CourseError
from coursekit.lesson import Lesson
from coursekit.plugins import Catalogue, catalogue
from coursekit.readable import readable
from coursekit.runs.folder import damaged_runs, find_runs
from coursekit.settings import limits


def size_text(size: int) -> str:
    """Return bytes as people read them, ``built in`` for none."""
    return decimal(size) if size else "built in"


def tell_broken(found: Catalogue, out: Consoles) -> None:
    """Report the plugins that failed, what is wrong with others, and what to do about each."""
    for broken in found.broken:
        out.say(f"plugin {broken.plugin} cannot be used: {broken.error}", "red")
        out.say(f"  tip: {broken.remedy}")
    for noted in found.noted:
        out.say(f"plugin {noted.plugin}: {noted.error}", "yellow")
        out.say(f"  tip: {noted.remedy}")


def welcome(out: Consoles) -> None:
    """Print the questions that the lessons answer, and the one command to type next."""
    found = catalogue()
    out.result("coursekit: learn generative and sequence models by running them\n", "bold")
    grid = table("lesson", "question")
    for lesson in found.lessons.values():
        grid.add_row(*cells(lesson.name, lesson.question))
    out.show(grid)
    tell_broken(found, out)
    out.result()
    out.result(f"next: {next_command(found)}", "bold")
    out.result("help: coursekit --help")


def next_command(found: Catalogue) -> str:
    """Return the command that continues the course here."""
    for lesson in found.lessons.values():
        runs = list(find_runs(lesson=lesson.name))
        if not runs:
            return f"coursekit run {lesson.name}"
        if not any(run.finished for run in runs):
            return f"coursekit run {lesson.name} --resume"
    first = next(iter(found.lessons.values()), None)
    return f"coursekit demo {first.name} {first.demo_example}".rstrip() if first else "pip install"


def list_lessons(as_json: bool, out: Consoles) -> None:
    """Print the installed lessons, and the plugins that failed."""
    found = catalogue()
    if as_json:
        lessons = [
            {
                "name": lesson.name,
                "title": lesson.title,
                "question": lesson.question,
                "prerequisites": list(lesson.prerequisites),
                "datasets": [dataset.name for dataset in lesson.datasets],
                "presets": list(lesson.presets),
                "plugin": found.providers[lesson.name].label,
            }
            for lesson in found.lessons.values()
        ]
        broken = [dataclasses.asdict(item) for item in found.broken]
        noted = [dataclasses.asdict(item) for item in found.noted]
        return print_json({"lessons": lessons, "broken": broken, "noted": noted})
    grid = table("lesson", "title", "data sets (first is the default)")
    for lesson in found.lessons.values():
        names = ", ".join(dataset.name for dataset in lesson.datasets)
        grid.add_row(*cells(lesson.name, lesson.title, names))
    out.show(grid)
    tell_broken(found, out)
    return None


def show_info(lesson: Lesson, as_json: bool, out: Consoles) -> None:
    """Print everything about a lesson that is known before it runs."""
    if as_json:
        return print_json(info_values(lesson))
    out.result(f"{lesson.name}: {lesson.title}", "bold")
    out.result(readable(lesson.question))
    known = catalogue().lessons
    earlier = [name for name in lesson.prerequisites if name in known]
    if earlier:
        out.result(f"prerequisites: {', '.join(earlier)}")
    out.result()
    out.show(_datasets(lesson))
    if lesson.own_data:
        out.result(f"or your own: --data PATH, {lesson.own_data}")
    out.result()
    out.show(_presets(lesson))
    for dataset in lesson.datasets:
        for preset, changes in dataset.overrides.items():
            if changes and dataset is not lesson.datasets[0]:
                text = ", ".join(f"{name}={_value(value)}" for name, value in changes.items())
                out.result(f"with {dataset.name}, {preset} uses {text}")
    out.result("change any of them with --set name=value")
    out.result()
    grid = table("metric", "meaning")
    for metric in lesson.metrics:
        headline = ", the main metric" if metric is lesson.headline else ""
        grid.add_row(
            *cells(metric.name, f"{readable(metric.meaning)} ({metric.better} is better{headline})")
        )
    out.show(grid)
    return None


def info_values(lesson: Lesson) -> dict[str, Any]:
    """Return what `info` shows as plain values."""
    datasets = [
        {
            "name": dataset.name,
            "title": dataset.title,
            "licence": dataset.licence,
            "size": dataset.size,
            "built_in": dataset.built_in,
            "expected": {k: dataclasses.asdict(v) for k, v in dataset.expected.items()},
            "presets": {
                name: dataset.settings(name, preset).as_dict()
                for name, preset in lesson.presets.items()
            },
        }
        for dataset in lesson.datasets
    ]
    return {
        "name": lesson.name,
        "title": lesson.title,
        "question": lesson.question,
        "prerequisites": list(lesson.prerequisites),
        "own_data": lesson.own_data,
        "datasets": datasets,
        "presets": {name: preset.as_dict() for name, preset in lesson.presets.items()},
        "metrics": [dataclasses.asdict(metric) for metric in lesson.metrics],
    }


def _datasets(lesson: Lesson) -> Grid:
    presets = [p for p in lesson.presets if any(p in d.expected for d in lesson.datasets)]
    grid = table(
        "data set", "size", "description and licence", *(f"expected of {p}" for p in presets)
    )
    for dataset in lesson.datasets:
        expected = [
            f"{e.minutes:g} min, {e.result}" if (e := dataset.expected.get(p)) else "not measured"
            for p in presets
        ]
        what = f"{dataset.title} ({dataset.licence})"
        grid.add_row(*cells(dataset.name, size_text(dataset.size), what, *expected))
    return grid


def _presets(lesson: Lesson) -> Grid:
    grid = table("setting", *lesson.presets, "range", "meaning", right=tuple(lesson.presets))
    presets = {
        name: lesson.datasets[0].settings(name, preset) for name, preset in lesson.presets.items()
    }
    kind = type(next(iter(lesson.presets.values())))
    for field in dataclasses.fields(kind):
        values = [_value(getattr(preset, field.name)) for preset in presets.values()]
        grid.add_row(
            *cells(field.name, *values, limits(field.metadata), field.metadata.get("help", ""))
        )
    return grid


def _value(value: object) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, tuple):
        return ",".join(map(str, value))
    return f"{value:g}" if isinstance(value, float) else str(value)


def list_runs(root: Path, lesson: str | None, as_json: bool, out: Consoles) -> None:
    """Print the runs below a folder, newest first."""
    if lesson is not None and not any(find_runs(root, lesson)):
        catalogue().lesson(lesson)  # says what it may have been meant to be
    found = []
    for run in find_runs(root, lesson):
        try:
            found.append(run.summary())
        except CourseError as error:
            out.say(str(error), "yellow")
    if lesson is None:
        for fault in damaged_runs(root):
            out.say(str(fault), "yellow")
    if as_json:
        return print_json(found)
    if not found:
        out.say(f"no runs under {root.resolve()}; start one with `coursekit run LESSON`")
        return None
    headlines = {name: item.headline for name, item in catalogue().lessons.items()}
    columns = ("lesson", "data set", "preset", "epochs", "trained", "headline", "path")
    grid = table(*columns, whole=("epochs", "trained", "headline", "path"))
    for item in found:
        metric = headlines.get(item["lesson"])
        value = item["metrics"].get(metric.name) if metric else None
        text = f"{metric.name} {metric.text(value)}" if metric and value is not None else ""
        grid.add_row(
            *cells(item["lesson"], item["dataset"], item["preset"]),
            *cells(f"{item['epochs']}/{item['epochs_asked']}", duration(item["train_seconds"])),
            *cells(text or item["status"], item["path"]),
        )
    out.show(grid)
    return None
