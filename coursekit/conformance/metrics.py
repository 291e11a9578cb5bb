"""What `evaluate` measures: the declared metrics, in their range, changing nothing."""

from __future__ import annotations

from collections.abc import Iterator

from coursekit.conformance.case import Case, fault
from coursekit.conformance.subject import Subject
from coursekit.lesson import SplitName
from coursekit.returned import place, signatures_of


def cases(subject: Subject) -> list[Case]:
    """Return the cases of this group."""
    return [
        Case("metrics", "evaluate returns what is declared, on the validation split", validation),
        Case("metrics", "evaluate returns what is declared, on the test split", test),
        Case("metrics", "evaluate changes nothing and gives the same twice", twice),
        Case("metrics", "signatures say how metrics are computed", signatures),
    ]


def measured(subject: Subject, split: SplitName) -> dict[str, float]:
    """Measure the trained model; what comes is checked."""
    from coursekit.runs.preflight import measure

    model = subject.trained.model
    with subject.calling("evaluate"):
        return measure(subject.lesson, model, subject.data, split)


def validation(subject: Subject) -> Iterator[str]:
    """Measure on the split that chooses."""
    _ = subject.measured
    yield from ()


def test(subject: Subject) -> Iterator[str]:
    """Measure on the split that is reported."""
    measured(subject, "test")
    yield from ()


def twice(subject: Subject) -> Iterator[str]:
    """Measure a second time."""
    from coursekit.conformance.training import different

    one, other = subject.measured, measured(subject, "validation")
    lesson = subject.lesson
    for name in one:
        if one[name] != other.get(name):
            yield fault(
                f"{name} is {one[name]} and then {other.get(name)} ({place(lesson, 'evaluate')})",
                "the same for the same model",
                "draw from a generator with a seed of its own, and call the model with "
                "training=False",
            )
    if name := different(subject.trained.model, subject.trained.paths[2]):
        yield fault(
            f"`evaluate` changes the variable {name} ({place(lesson, 'evaluate')})",
            "a model that is the same afterwards, or runs that are resumed differ",
            "call the model with training=False",
        )


def signatures(subject: Subject) -> Iterator[str]:
    """Ask for the signatures, which are checked as they come."""
    with subject.calling("signatures"):
        signatures_of(subject.lesson)
    yield from ()
