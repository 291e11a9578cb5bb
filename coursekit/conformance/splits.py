"""The built-in data: there, the same each time, and in no two splits the same example."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import combinations
from typing import Any

from coursekit.conformance.case import Case, fault
from coursekit.conformance.subject import Subject
from coursekit.lesson import SplitName
from coursekit.returned import SPLITS, assets_of, place

MOST_BATCHES = 300  # of a split
# Windows of 16 characters, or sentences of five words, are the same now and then.
MOST_SHARED = 0.25


def cases(subject: Subject) -> list[Case]:
    """Return the cases of this group."""
    return [
        Case("data", "the built-in data set is read", present),
        Case("data", "it is the same when it is read again", same),
        Case("data", "no example is in two splits", disjoint),
        Case("data", "what the demo needs of it can be stored", stored),
    ]


def present(subject: Subject) -> Iterator[str]:
    """Read the data and a batch of each split."""
    for split in SPLITS:
        if next(subject.few(0, split, 1), None) is None:
            yield fault(
                f"the {split} split of {subject.lesson.name} gave no batch "
                f"({place(subject.lesson, 'data')})",
                "at least one",
            )


def same(subject: Subject) -> Iterator[str]:
    """Compare the fingerprints of two readings."""
    one, other = subject.data.fingerprint, subject.again.fingerprint
    if one != other:
        yield fault(
            f"the fingerprint is {one[:12]}... and then {other[:12]}... "
            f"({place(subject.lesson, 'data')})",
            "the same whenever the same data is read",
            "draw from a generator with a seed of its own, and sort what comes from a set",
        )


def disjoint(subject: Subject) -> Iterator[str]:
    """Compare the examples of the splits, by the largest tensor of a batch."""
    found = {split: examples(subject, split) for split in SPLITS}
    for one, other in combinations(SPLITS, 2):
        if one == "validation" and found[one] == found[other]:
            continue  # one held-out split may serve as both; the lesson's notes say so
        fewer = min(len(found[one]), len(found[other]))
        share = len(found[one] & found[other]) / max(fewer, 1)
        if share > MOST_SHARED:
            yield told(subject, one, other, share)


def told(subject: Subject, one: str, other: str, share: float) -> str:
    """Return the sentence about two splits that share examples."""
    return fault(
        f"{share:.0%} of the examples are both in the {one} and in the {other} split "
        f"({place(subject.lesson, 'data')})",
        "different examples, or a metric measures what was learnt by heart",
        "split first, by groups of what belongs together, then shuffle",
    )


def examples(subject: Subject, split: SplitName) -> set[bytes]:
    """Return the examples of a split's first batches, by the content of their largest tensor."""
    found: set[bytes] = set()
    for batch in subject.few(0, split, MOST_BATCHES):
        for row in largest(batch):
            content = row.tobytes() if row.dtype != object else repr(row.tolist()).encode()
            if content.strip(content[:1]):  # not all the same: no padding
                found.add(content)
    return found


def largest(batch: Any) -> Any:
    """Return the tensor of a batch that has most numbers, as an array."""
    import tensorflow as tf

    arrays = [part.numpy() for part in tf.nest.flatten(batch)]
    return max(arrays, key=lambda array: array.nbytes)


def stored(subject: Subject) -> Iterator[str]:
    """Ask for the assets, which are checked as they come."""
    with subject.calling("assets"):
        assets_of(subject.lesson, subject.data)
    yield from ()
