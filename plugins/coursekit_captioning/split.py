"""The split of a set of pictures that has none: by picture, whatever the seed."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping

from coursekit import CourseError
from coursekit_captioning.examples import Example, Parts

LEAST = 10  # pictures to split


def split_by(examples: Mapping[str, Example], notes: tuple[str, ...] = ()) -> Parts:
    """Hold out a tenth for validation and a tenth for test.

    Args:
        examples: By what decides where they go, such as a number or a digest.
        notes: What the learner should know.

    Raises:
        CourseError: There are too few.
    """
    if len(examples) < LEAST:
        count = f"{len(examples)} picture{'s'[: len(examples) != 1]}"
        raise CourseError(
            f"{count} with captions: too few to hold some out for a test",
            f"at least {LEAST}; good captions need several thousand",
            "add pictures, or say in a column split of captions.csv which are train, "
            "validation and test",
        )
    shuffled = sorted(examples, key=lambda key: hashlib.sha256(key.encode()).digest())
    tenth = len(shuffled) // 10
    ordered = [examples[key] for key in shuffled]
    return Parts(ordered[2 * tenth :], ordered[:tenth], ordered[tenth : 2 * tenth], notes)
