"""The pages of the course as Markdown: the map, and one for each lesson."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

from coursekit import Dataset, Lesson
from coursekit.commands.listing import size_text
from coursekit.notebooks.course_map import FIXED, drawing, hours, overview
from coursekit.settings import limits
from coursekit_docs.course import Chapter, Picture, Unit
from coursekit_docs.markdown import code, joined, table


def map_page(chapters: Sequence[Chapter]) -> str:
    """Return the page that shows all lessons: their order, their hours, their exercises."""
    return "\n".join(
        [
            "# Course map\n",
            map_part(chapters, ""),
            *(_exercise_section(chapter) for chapter in chapters),
            _toctree("hidden", ((each.lesson.name, each.lesson.name) for each in chapters)),
        ]
    )


def map_part(chapters: Sequence[Chapter], folder: str) -> str:
    """Return the drawn map and the table of hours, for any page.

    Args:
        chapters: The lessons.
        folder: Where the lessons' pages are, as a path from the page; empty, or with a slash.
    """
    stops = [chapter.stop for chapter in chapters]
    total = sum(stop.minutes for stop in stops)
    exercises = sum(len(stop.exercises) for stop in stops)
    return "\n".join(
        [
            f"{len(stops)} lessons with {exercises} exercises take about {hours(total)} in all. "
            "Arrows lead from a lesson to those that build on it; the numbers give the order.\n",
            "```{raw} html",
            drawing(stops, {s.name: f"{folder}{s.name}.html" for s in stops}, alone=False),
            "```\n",
            *overview(stops, {stop.name: f"{folder}{stop.name}.md" for stop in stops}),
            "\nThe times are the authors' estimates, from the first cell of each notebook.\n",
        ]
    )


def questions(chapters: Sequence[Chapter]) -> str:
    """Return the lessons and their questions, for the site's first page."""
    rows = (
        (
            f"[{each.lesson.name}](course/{each.lesson.name}.md)",
            each.lesson.question,
            hours(each.minutes),
        )
        for each in chapters
    )
    return table(("lesson", "question", "time"), rows)


def datasets_table(chapters: Sequence[Chapter]) -> str:
    """Return all data sets of all lessons; one that several lessons share is listed once."""
    rows: dict[str, list[str]] = {}
    for chapter in chapters:
        lesson = chapter.lesson
        for dataset in lesson.datasets:
            what = [code(dataset.name), _size(dataset), dataset.title, dataset.licence, ""]
            of = f"[{lesson.name}](../course/{lesson.name}.md)"
            of += " (default)" if dataset is lesson.datasets[0] else ""
            row = rows.setdefault(dataset.name, what)
            row[-1] = ", ".join(filter(None, [row[-1], of]))
    return table(("`--data`", "size", "what it is", "licence", "lessons"), rows.values())


def _size(dataset: Dataset) -> str:
    return size_text(dataset.size).replace(" ", FIXED)


def _exercise_section(chapter: Chapter) -> str:
    name = chapter.lesson.name
    return f"## {name}\n\n{chapter.lesson.question} {hours(chapter.minutes)}.\n\n" + table(
        ("notebook", "goal", "time", "kind"), map(_unit_row, chapter.units)
    )


def _unit_row(unit: Unit) -> tuple[str, ...]:
    template = unit.template
    number = f"{template.number}. " if template.number else "Worked: "
    return (
        f"[{number}{template.title}]({unit.place.as_posix()})",
        template.fields["goal"],
        f"{unit.minutes}{FIXED}min",
        template.fields.get("kind", "read and run"),
    )


def lesson_page(chapter: Chapter, about: str | None, pictures: Sequence[Picture]) -> str:
    """Return the page of a lesson.

    Args:
        chapter: The lesson and its notebooks.
        about: The page's own text, as a path from the page; None: there is none.
        pictures: Of the worked notebook.
    """
    lesson = chapter.lesson
    parts = [
        f"# {lesson.title}\n",
        f"**{lesson.question}** {chapter.worked.template.fields['goal']}\n",
        _facts(chapter),
        f"```{{include}} {about}\n```\n" if about else "",
        f"## Run it\n\n```sh\ncoursekit run {lesson.name}\n"
        f"coursekit demo {lesson.name} {lesson.demo_example}".rstrip()
        + "\n```\n",
        _expected(lesson),
        *_gallery(chapter, pictures),
        "## Notebooks\n",
        f"`coursekit start {lesson.name}` writes all of them into a folder.\n",
        table(("notebook", "goal", "time", "kind"), map(_unit_row, chapter.units)),
        *_reference(lesson),
        _toctree("hidden", _entries(chapter)),
    ]
    return "\n".join(filter(None, parts))


def _facts(chapter: Chapter) -> str:
    lesson = chapter.lesson
    before = joined([f"[{name}]({name}.md)" for name in lesson.prerequisites])
    exercises = f"{len(chapter.exercises)} exercises" if chapter.exercises else "no exercises"
    rows = [
        ("time", f"{hours(chapter.minutes)}: the worked notebook and {exercises}"),
        ("what you need", chapter.worked.template.fields["before"]),
        ("lessons before it", before or "none"),
    ]
    return table(("", ""), rows)


def _expected(lesson: Lesson) -> str:
    """Return what each preset takes and gives, as it was measured."""
    rows = [
        (code(dataset.name), code(preset), f"{expected.minutes:g}{FIXED}min", expected.result)
        for dataset in lesson.datasets
        for preset, expected in dataset.expected.items()
    ]
    if not rows:
        return ""
    said = "Measured on two cores without a GPU; see [the figures](../reference/figures.md).\n\n"
    return said + table(("data set", "preset", "time", "result"), rows)


def _gallery(chapter: Chapter, pictures: Sequence[Picture]) -> Iterator[str]:
    if pictures:
        yield "## Pictures\n"
        yield f"From the [worked notebook]({chapter.worked.place.as_posix()}).\n"
    for picture in pictures:
        head = f":::{{figure}} pictures/{picture.name}\n:alt: {picture.alt}"
        yield f"{head}\n\n{picture.section}\n:::\n"


def _reference(lesson: Lesson) -> Iterator[str]:
    yield "## Data sets\n"
    yield table(
        ("`--data`", "size", "what it is", "licence"),
        ((code(each.name), _size(each), each.title, each.licence) for each in lesson.datasets),
    )
    if lesson.own_data:
        yield f"Or your own, `--data PATH`: {lesson.own_data}. "
        yield "See [own data](../howto/own-data.md).\n"
    yield "## Metrics\n"
    yield table(("name", "what it counts", "better"), _metrics(lesson))
    yield "The first is the headline: it selects the best epoch on the validation split. "
    yield "[What the metrics count](../explanation/metrics.md) says more.\n"
    yield "## Settings\n"
    yield "Change any of them with `--set name=value`.\n"
    names = tuple(lesson.presets)
    yield table(("setting", *map(code, names), "range", "meaning"), _settings(lesson))
    yield from _overrides(lesson)
    if dataclasses.fields(lesson.demo_options):
        yield "## Options of the demo\n"
        yield table(("option", "default", "range", "meaning"), _demo_options(lesson))


def _metrics(lesson: Lesson) -> Iterator[tuple[str, ...]]:
    for metric in lesson.metrics:
        yield code(metric.name), metric.meaning, metric.better


def _settings(lesson: Lesson) -> Iterator[tuple[str, ...]]:
    first = lesson.datasets[0]
    presets = [first.settings(name, preset) for name, preset in lesson.presets.items()]
    for field in dataclasses.fields(presets[0]):
        values = (plain(getattr(preset, field.name)) for preset in presets)
        help_text = str(field.metadata.get("help", ""))
        yield code(field.name), *values, limits(field.metadata), help_text


def _overrides(lesson: Lesson) -> Iterator[str]:
    for dataset in lesson.datasets[1:]:
        for preset, changes in dataset.overrides.items():
            if changes:
                listed = ", ".join(f"`{name}={plain(value)}`" for name, value in changes.items())
                yield f"With `--data {dataset.name}`, `{preset}` uses {listed}.\n"


def _demo_options(lesson: Lesson) -> Iterator[tuple[str, ...]]:
    for field in dataclasses.fields(lesson.demo_options):
        flag = f"--{field.name.replace('_', '-')}"
        default = "" if isinstance(field.default, bool) else plain(field.default)
        yield code(flag), default, limits(field.metadata), str(field.metadata.get("help", ""))


def plain(value: object) -> str:
    """Return a setting's value as one types it after ``--set``."""
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, tuple):
        return ",".join(map(str, value))
    return f"{value:g}" if isinstance(value, float) else str(value)


def _entries(chapter: Chapter) -> Iterator[tuple[str, str]]:
    yield "Worked notebook", chapter.worked.place.with_suffix("").as_posix()
    for unit in chapter.exercises:
        template = unit.template
        yield f"{template.number}. {template.title}", unit.place.with_suffix("").as_posix()


def _toctree(options: str, entries: Iterable[tuple[str, str]]) -> str:
    lines = [f"{title} <{Path(target).as_posix()}>" for title, target in entries]
    return "\n".join([f"```{{toctree}}\n:{options}:\n", *lines, "```\n"])
