"""What can be seen of a lesson when it is loaded: its words, presets, data sets and options.

Nothing is called and nothing heavy is imported; what the members return is seen when they run.
"""

from __future__ import annotations

import dataclasses
import inspect
import re
from collections.abc import Mapping

from coursekit.datasets import Dataset
from coursekit.errors import CourseError
from coursekit.forwarding import absent, missing_members
from coursekit.lesson import Lesson, Metric
from coursekit.settings import Options, Settings, limits

TEXTS = ("name", "title", "question")
NEEDED = (*TEXTS, "presets", "datasets", "metrics")
TUPLES: dict[str, type] = {"datasets": Dataset, "metrics": Metric, "prerequisites": str}
MEMBERS = ("data", "model", "train_step", "evaluate", "demo")
TAKEN = ("run", "help")  # flags that `coursekit demo` has for every lesson
DECORATOR = "@dataclass(frozen=True, kw_only=True)"


def checked(lesson: object) -> Lesson:
    """Return what a plugin's hook returned, if it is a lesson.

    Raises:
        CourseError: What is wrong, with the file and the line of the class.
    """
    if not isinstance(lesson, Lesson):
        raise CourseError(
            f"its hook returned {lesson!r}", "instances of a class derived from coursekit.Lesson"
        )
    for look in (_words, _tuples, _presets, _options, _former):
        look(lesson)
    for name in missing_members(lesson, MEMBERS):
        raise absent(lesson, name)
    return lesson


def place(kind: type) -> str:
    """Return where a class is written: file and line."""
    try:
        return f"{inspect.getfile(kind)}:{inspect.getsourcelines(kind)[1]}"
    except (OSError, TypeError):  # made in a shell, or the file is gone
        return kind.__module__


def _fault(kind: type, what: str, expected: str = "", remedy: str = "") -> CourseError:
    return CourseError(f"{place(kind)}: {what}", expected, remedy)


def _words(lesson: Lesson) -> None:
    kind = type(lesson)
    if missing := [name for name in NEEDED if not getattr(lesson, name, None)]:
        raise _fault(
            kind,
            f"its lesson {kind.__name__} does not set {', '.join(missing)}",
            remedy=f"set {'it' if len(missing) == 1 else 'them'} in the class",
        )
    for name in TEXTS:
        value = getattr(lesson, name)
        if not isinstance(value, str):
            raise _fault(kind, f"its lesson {kind.__name__} has the {name} {value!r}", "a text")
    if re.search(r"[\s/\\]", lesson.name):
        raise _fault(
            kind,
            f"its lesson {kind.__name__} has the name {lesson.name!r}",
            "one word, for the command line and for the names of folders",
        )


def _tuples(lesson: Lesson) -> None:
    kind = type(lesson)
    for name, one in TUPLES.items():
        values = getattr(lesson, name)
        if not isinstance(values, tuple) or not all(isinstance(value, one) for value in values):
            raise _fault(
                kind,
                f"its lesson {lesson.name} has {name} of the class {type(values).__name__}",
                f"a tuple of {one.__name__}",
                "a tuple of one has a comma: (one,)",
            )
    if not any(dataset.built_in for dataset in lesson.datasets):
        raise _fault(
            kind,
            f"its lesson {lesson.name} has no built-in data set",
            "at least one",
            "add a Dataset without files, so that the lesson runs without a network",
        )


def _former(lesson: Lesson) -> None:
    former = lesson.former_exercises
    if not isinstance(former, Mapping) or not all(
        isinstance(topics, tuple) and topics and all(isinstance(one, str) for one in topics)
        for topics in former.values()
    ):
        raise _fault(
            type(lesson),
            f"the former_exercises of its lesson {lesson.name} are {former!r}",
            "a dictionary of tuples of topics, by the topic of an earlier edition",
            'former_exercises = {"decoding": ("greedy", "search")}',
        )


def _presets(lesson: Lesson) -> None:
    kind = type(lesson)
    presets = lesson.presets
    if not isinstance(presets, Mapping) or not all(
        isinstance(preset, Settings) for preset in presets.values()
    ):
        raise _fault(
            kind,
            f"the presets of its lesson {lesson.name} are not a dictionary of settings",
            "instances of a class derived from Settings, by name",
            'presets = {"quick": MySettings()}',
        )
    if "quick" not in presets:
        raise _fault(
            kind,
            f"its lesson {lesson.name} has no preset 'quick'",
            "one that two cores train in minutes",
            'presets = {"quick": MySettings()}',
        )
    for made in dict.fromkeys(type(preset) for preset in presets.values()):
        _fields(made, "setting")


def _options(lesson: Lesson) -> None:
    made = lesson.demo_options
    if not (isinstance(made, type) and issubclass(made, Options)):
        raise _fault(
            type(lesson),
            f"its lesson {lesson.name} has the demo_options {made!r}",
            "a class derived from Options, not an instance of it",
        )
    _fields(made, "option")
    kinds = made.kinds()
    switched_off = {f"no_{name}": name for name, kind in kinds.items() if kind is bool}
    for name in kinds:
        if name in TAKEN or name in switched_off:
            flag = f"--{name.replace('_', '-')}"
            raise _fault(
                made,
                f"the demo of its lesson {lesson.name} has an option {name}, and {flag} means "
                + ("another" if name in TAKEN else f"that {switched_off[name]} is off"),
                "a name that `coursekit demo` does not have already",
                "rename it",
            )


def _fields(kind: type[Options], what: str) -> None:
    """Look whether the fields of a class are fields, and whether each has a range."""
    if "__dataclass_fields__" not in vars(kind) and inspect.get_annotations(kind):
        raise _fault(
            kind,
            f"the class {kind.__name__} is no dataclass, so what it declares is not a {what}",
            remedy=f"write {DECORATOR} above it",
        )
    kinds = kind.kinds()
    for field in dataclasses.fields(kind):
        if kinds[field.name] not in (bool, str) and not limits(field.metadata):
            value = getattr(field, "default", ...)
            raise _fault(
                kind,
                f"the {what} {field.name} of {kind.__name__} has no range",
                "low or high, or both",
                f'{field.name}: {_type(kinds[field.name])} = setting({value!r}, "what it is", '
                "low=0)",
            )


def _type(kind: object) -> str:
    return kind.__name__ if isinstance(kind, type) and not hasattr(kind, "__args__") else str(kind)
