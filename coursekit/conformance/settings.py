"""Hyper-parameters and the options of the demo: each says what it is, and its limits."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Iterator

from coursekit.conformance.case import Case, fault
from coursekit.conformance.contract import home
from coursekit.conformance.subject import Subject
from coursekit.settings import Options, limits

DECLARED = 'setting(8, "width of the layer", low=1, high=256)'

TAKEN = {"run", "help", "words"}  # by the command


def cases(subject: Subject) -> list[Case]:
    """Return the cases of this group."""
    return [
        Case("settings", "each setting has words and a range", presets),
        Case("settings", "each option of the demo has words and a range", options),
        Case("settings", "presets survive being written and read", kept),
    ]


def presets(subject: Subject) -> Iterator[str]:
    """Look at the fields of the presets' classes."""
    for kind in {type(preset) for preset in subject.lesson.presets.values()}:
        yield from undeclared(subject, kind)


def options(subject: Subject) -> Iterator[str]:
    """Look at the fields of the demo's options."""
    yield from undeclared(subject, subject.lesson.demo_options)
    for name in TAKEN & set(subject.lesson.demo_options.kinds()):
        yield fault(
            f"an option of the demo is called {name!r} ({home(subject.lesson)})",
            f"another name: `coursekit demo` itself has --{name}",
            "rename it",
        )


def undeclared(subject: Subject, kind: type[Options]) -> Iterator[str]:
    """Yield what fields do not say of themselves."""
    for field in dataclasses.fields(kind):
        where = f"{kind.__name__}.{field.name} of {subject.lesson.name} ({home(subject.lesson)})"
        if not field.metadata.get("help"):
            yield fault(f"{where} has no help", "a line for people", f"declare it with {DECLARED}")
        elif kind.kinds()[field.name] not in (bool, str) and not limits(field.metadata):
            yield fault(f"{where} has no range", "low or high, or both", f"such as {DECLARED}")


def kept(subject: Subject) -> Iterator[str]:
    """Write each preset as JSON and read it again, as a run's manifest does."""
    lesson = subject.lesson
    for name, preset in lesson.presets.items():
        where = f"the preset {name!r} ({home(lesson)})"
        try:
            read = type(preset).from_dict(json.loads(json.dumps(preset.as_dict())))
        except TypeError as error:
            yield fault(
                f"{where} cannot be written: {error}",
                "whole numbers, numbers, texts, true or false, tuples of whole numbers",
            )
            continue
        if read != preset:
            yield fault(f"{where} is {read} after it was written and read", str(preset))
