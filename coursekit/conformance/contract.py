"""What the class says of itself: words, presets, data sets, metrics, and its members."""

from __future__ import annotations

import inspect
from collections.abc import Iterator
from pathlib import Path

from coursekit.conformance.case import Case, fault, sentence
from coursekit.conformance.subject import Subject
from coursekit.errors import CourseError
from coursekit.lesson import Lesson
from coursekit.prepare import preset_settings
from coursekit.returned import place, shown_path
from coursekit.settings import Options, Settings

ARGUMENTS = {"data": 2, "model": 2, "train_step": 2, "evaluate": 3, "demo": 4}
CHECKSUMS = ("sha256:", "md5:")


def cases(subject: Subject) -> list[Case]:
    """Return the cases of this group."""
    checks = {
        "it says what people need to know": words,
        "it has the presets that people ask for": presets,
        "its data sets are declared in full": datasets,
        "its metrics are declared in full": metrics,
        "it has the members that a run calls": members,
    }
    return [Case("contract", title, check) for title, check in checks.items()]


def home(lesson: Lesson) -> str:
    """Return where the lesson's class is."""
    kind = type(lesson)
    return f"{shown_path(Path(inspect.getfile(kind)))}, class {kind.__name__}"


def words(subject: Subject) -> Iterator[str]:
    """Look at the name, the title and the question."""
    lesson = subject.lesson
    for member in ("name", "title", "question"):
        value = getattr(lesson, member, None)
        if not isinstance(value, str) or not value.strip() or "\n" in value:
            yield fault(f"{member} is {value!r} ({home(lesson)})", "one line of text")
    if isinstance(lesson.question, str) and not lesson.question.rstrip().endswith("?"):
        yield fault(
            f"question is {lesson.question!r} ({home(lesson)})",
            "the plain question that the lesson answers",
            "end it with a question mark",
        )
    if lesson.demo_example and not isinstance(lesson.demo_example, str):
        yield fault(f"demo_example is {lesson.demo_example!r} ({home(lesson)})", "a text")


def presets(subject: Subject) -> Iterator[str]:
    """Look at the presets."""
    lesson = subject.lesson
    for name in ("quick", "full"):
        if name not in lesson.presets:
            yield fault(
                f"presets has no {name!r} ({home(lesson)})",
                "quick, which two cores train in minutes, and full, the best result",
                "add it; both may be the same settings",
            )
    kinds = {type(preset) for preset in lesson.presets.values()}
    if len(kinds) > 1 or not all(issubclass(kind, Settings) for kind in kinds):
        names = ", ".join(sorted(kind.__name__ for kind in kinds))
        yield fault(
            f"the presets are of the classes {names} ({home(lesson)})",
            "all of one class derived from Settings",
        )


def datasets(subject: Subject) -> Iterator[str]:
    """Look at the data sets: their names, licences, files and what they override."""
    lesson = subject.lesson
    names = [dataset.name for dataset in lesson.datasets]
    for name in sorted({name for name in names if names.count(name) > 1}):
        yield fault(f"two data sets are called {name!r} ({home(lesson)})", "a name for each")
    if not any(dataset.built_in for dataset in lesson.datasets):
        yield fault(
            f"no data set is built in ({home(lesson)})",
            "one without files, so that the lesson runs without a network",
        )
    for dataset in lesson.datasets:
        where = f"the data set {dataset.name!r} ({home(lesson)})"
        if not dataset.title.strip() or not dataset.licence.strip():
            yield fault(f"{where} has no title or no licence", "both, in words")
        for file in dataset.files:
            if not file.checksum.startswith(CHECKSUMS) or file.size <= 0:
                yield fault(
                    f"{where} has the file {file.name} with the checksum {file.checksum!r} and "
                    f"{file.size} bytes",
                    "its size, and sha256: or md5: with the published checksum",
                )
        for preset in [*dataset.overrides, *dataset.expected]:
            if preset not in lesson.presets:
                yield fault(f"{where} speaks of the preset {preset!r}", "one that the lesson has")
        for preset in lesson.presets:
            try:
                preset_settings(lesson, dataset, preset)
            except CourseError as error:
                yield f"{where} overrides {preset} with what does not fit: {sentence(error)}"


def metrics(subject: Subject) -> Iterator[str]:
    """Look at the metrics: their names, their styles, their ranges."""
    lesson = subject.lesson
    names = [metric.name for metric in lesson.metrics]
    for name in sorted({name for name in names if names.count(name) > 1}):
        yield fault(f"two metrics are called {name!r} ({home(lesson)})", "a name for each")
    for metric in lesson.metrics:
        where = f"the metric {metric.name!r} ({home(lesson)})"
        try:
            metric.text(0.5)
        except (ValueError, TypeError):
            yield fault(f"{where} has the style {metric.style!r}", 'one such as ".1f" or ".1%"')
        if metric.better not in ("higher", "lower"):
            yield fault(f"{where} has better={metric.better!r}", "higher or lower")
        if metric.low is not None and metric.high is not None and metric.low >= metric.high:
            yield fault(f"{where} has a range {metric.limits}", "low below high")
    if lesson.metrics[0].optional:
        yield fault(
            f"the headline {names[0]!r} is optional ({home(lesson)})",
            "a first metric that is always there, since it chooses the best epoch",
        )


def members(subject: Subject) -> Iterator[str]:
    """Look whether the members are functions that take what a run gives them."""
    lesson = subject.lesson
    for name, count in ARGUMENTS.items():
        member = getattr(lesson, name, None)
        if not callable(member):
            yield fault(f"{name} is {member!r} ({home(lesson)})", "a method")
            continue
        try:
            inspect.signature(member).bind(*[None] * count)
        except TypeError as error:
            yield fault(
                f"`{name}` cannot be called with {count} arguments: {error} "
                f"({place(lesson, name)})",
                "the arguments of coursekit.Lesson, in their order",
            )
    options = lesson.demo_options
    if not (isinstance(options, type) and issubclass(options, Options)):
        yield fault(f"demo_options is {options!r} ({home(lesson)})", "a class derived from Options")
