"""What every lesson looks for in the user's own data, before it learns from them.

What cannot be meant is refused; what may be meant is said, in a line that begins with
``warning:``. Three examples are shown as they were read.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from itertools import chain
from statistics import median

import numpy as np
import numpy.typing as npt

from coursekit.errors import CourseError
from coursekit.store.text import is_number

SHOWN = 3  # examples
WIDEST = 100  # characters of an example that are shown
MANY = 0.9  # a share that says what a column is
SHADES = " ░▒▓█"  # from black to white


def as_read(examples: Sequence[str], most: int = WIDEST) -> tuple[str, ...]:
    """Return a line for the first, the middle and the last of some examples, as read."""
    places = sorted({0, len(examples) // 2, len(examples) - 1}) if examples else []
    lines = []
    for place in places[:SHOWN]:
        text = examples[place]
        lines.append(f"as read: {text if len(text) <= most else text[: most - 3] + '...'}")
    return tuple(lines)


def thumbnails(pictures: Sequence[npt.NDArray[np.uint8]], side: int = 14) -> list[str]:
    """Return the lines of up to three grey pictures beside each other, in shades of characters.

    Args:
        pictures: Each ``(size, size)``, the size a multiple of `side`.
        side: Characters across; there are half as many lines, as characters are high.
    """
    drawn = []
    for picture in pictures[:SHOWN]:
        high, wide = picture.shape[0] // (side // 2), picture.shape[1] // side
        means = picture.reshape(side // 2, high, side, wide).mean(axis=(1, 3))
        rows = np.minimum(means * len(SHADES) / 256, len(SHADES) - 1).astype(int)
        drawn.append(["".join(SHADES[shade] for shade in row) for row in rows])
    return ["|".join(row) for row in zip(*drawn, strict=True)]


def refuse_numbers(texts: Sequence[str], what: str, form: str) -> None:
    """Raise if a column of texts is one of numbers.

    Args:
        texts: As they stand in the file.
        what: What error messages call the column.
        form: What was expected of the file.

    Raises:
        CourseError: Nine in ten of them are numbers.
    """
    numbers = [text for text in texts if is_number(text)]
    if texts and len(numbers) >= MANY * len(texts):
        raise CourseError(
            f"{what} holds numbers, not sentences: {len(numbers):,} of {len(texts):,}, "
            f"such as {numbers[0].strip()!r}",
            form,
            "remove the columns of numbers from the file",
        )


def far_longer(
    lengths: Sequence[int], names: Sequence[str], unit: str, times: int = 10, least: int = 60
) -> tuple[str, ...]:
    """Return a warning about items that are far longer than the rest, if there are any.

    Args:
        lengths: Of each item.
        names: Of each item, such as ``"line 7"``.
        unit: What the lengths count.
        times: So many times the median is far longer...
        least: ... if it is also more than this.
    """
    usual = median(lengths) if lengths else 0
    far = [place for place, length in enumerate(lengths) if length > max(times * usual, least)]
    if not far:
        return ()
    longest = max(far, key=lambda place: lengths[place])
    return (
        f"warning: {len(far):,} of {len(lengths):,} are far longer than the rest: "
        f"{names[longest]} has {lengths[longest]:,} {unit}, half of all have at most {usual:g}",
    )


def few_repeats(sentences: Sequence[str], what: str) -> tuple[str, ...]:
    """Return a warning if hardly any word occurs twice, so that there is nothing to learn.

    Args:
        sentences: In normal form.
        what: What they are.
    """
    counts = Counter(chain.from_iterable(sentence.split() for sentence in sentences))
    is_large = len(counts) >= MANY * len(sentences)
    if len(sentences) < 20 or not is_large or counts.total() >= 3 * len(counts):
        return ()
    return (
        f"warning: {len(counts):,} different words in {len(sentences):,} {what}: hardly any "
        "word is seen twice, so little can be learnt; are there spaces between the words?",
    )


def look_at_pictures(pictures: Sequence[npt.NDArray[np.uint8]], names: Sequence[str]) -> list[str]:
    """Return warnings about pictures of one value, and about pictures that are all alike.

    Args:
        pictures: In grey, ``(size, size)`` each.
        names: Of each.
    """
    lines = []
    blank = [name for name, picture in zip(names, pictures, strict=True) if np.ptp(picture) == 0]
    if blank:
        lines.append(
            f"warning: {len(blank):,} of {len(names):,} pictures have only one value, as if empty: "
            + ", ".join(blank[:SHOWN])
        )
    # The mean distance from the mean picture, in grey values: some tens among photographs.
    if len(pictures) > 1:
        whole = np.stack(pictures).astype(np.float32)
        spread = float(np.abs(whole - whole.mean(axis=0)).mean())
        if spread < 2:
            lines.append(f"warning: the pictures are all alike: they differ by {spread:.1f} of 255")
    return lines
