"""The batches of an epoch: they depend on the seed and the epoch alone, and fit the loop."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from coursekit.conformance.case import Case, fault
from coursekit.conformance.subject import Subject
from coursekit.returned import batches_of, batches_place, check_batch

COMPARED = 8
COUNTED = 2_000
MOST_SHAPES = 4


def cases(subject: Subject) -> list[Case]:
    """Return the cases of this group."""
    return [
        Case("batches", "every tensor has the examples first", first_axis),
        Case("batches", "they depend on the seed and the epoch alone", repeatable),
        Case("batches", "their number is known and right", counted),
        Case("batches", "they have few shapes", shapes),
    ]


def first_axis(subject: Subject) -> Iterator[str]:
    """Read the first epoch; each batch is checked as it comes."""
    for _ in subject.few(0, "train", COMPARED):
        pass
    yield from ()


def arrays(batch: Any) -> list[Any]:
    """Return the tensors of a batch as arrays."""
    import tensorflow as tf

    return [part.numpy() for part in tf.nest.flatten(batch)]


def read(subject: Subject, data: Any, epoch: int) -> list[list[Any]]:
    """Return the first batches of an epoch as arrays."""
    with subject.calling("data"):
        found = batches_of(subject.lesson, data, epoch).take(COMPARED)
        return [arrays(check_batch(subject.lesson, batch)) for batch in found]


def repeatable(subject: Subject) -> Iterator[str]:
    """Compare an epoch that is read three times, each with other random numbers around it."""
    subject.scramble(1)
    first = read(subject, subject.data, 1)
    subject.scramble(2)
    read(subject, subject.data, 0)
    ways = {
        "when it was read a second time": read(subject, subject.data, 1),
        "when the data was read again": read(subject, subject.again, 1),
    }
    for way, other in ways.items():
        if (number := differs(first, other)) is not None:
            yield fault(
                f"batch {number} of train.batches(1) was different {way} "
                f"({batches_place(subject.lesson, subject.data)})",
                "batches that depend on the seed and the epoch alone",
                "draw from np.random.default_rng([seed, epoch]), and shuffle with it",
            )


def differs(one: list[list[Any]], other: list[list[Any]]) -> int | None:
    """Return the number of the first batch that differs; None if there is none."""
    import numpy as np

    if len(one) != len(other):
        return min(len(one), len(other))
    for number, (a, b) in enumerate(zip(one, other, strict=True)):
        if len(a) != len(b) or not all(map(np.array_equal, a, b)):
            return number
    return None


def counted(subject: Subject) -> Iterator[str]:
    """Count the batches of an epoch."""
    with subject.calling("data"):
        batches = batches_of(subject.lesson, subject.data, 0)
        said, there = int(batches.cardinality()), sum(1 for _ in batches.take(COUNTED))
    where = (
        f"train.batches(0) of {subject.lesson.name} ({batches_place(subject.lesson, subject.data)})"
    )
    if said < 0:
        yield fault(
            f"{where} does not know how many batches it has",
            "a number, so that the display can tell the time left",
            "batches.apply(tf.data.experimental.assert_cardinality(count)) says it",
        )
    elif said != there and there < COUNTED:
        yield fault(f"{where} says that it has {said} batches, and has {there}", "the same number")


def shapes(subject: Subject) -> Iterator[str]:
    """Collect the shapes of an epoch's batches."""
    found = {
        tuple(part.shape for part in arrays(batch)) for batch in subject.few(0, "train", COUNTED)
    }
    if len(found) > MOST_SHAPES:
        yield fault(
            f"the batches of an epoch have {len(found)} different shapes "
            f"({batches_place(subject.lesson, subject.data)})",
            f"at most {MOST_SHAPES}, since the step is compiled for each",
            "pad the examples to a few lengths, and fill the last batch up",
        )
