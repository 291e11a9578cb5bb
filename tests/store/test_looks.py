"""What is said about data that may not be what was meant."""

import numpy as np
import pytest

from coursekit import CourseError
from coursekit.store import (
    as_read,
    far_longer,
    few_repeats,
    look_at_pictures,
    refuse_numbers,
    thumbnails,
)


def test_three_examples_are_shown_as_read() -> None:
    assert as_read(list("abcde")) == ("as read: a", "as read: c", "as read: e")
    assert as_read(["a"]) == ("as read: a",)
    assert as_read([]) == ()
    assert as_read(["a" * 200]) == ("as read: " + "a" * 97 + "...",)


def test_thumbnails_are_means_in_five_shades() -> None:
    picture = np.zeros((4, 4), np.uint8)
    picture[:2] = [0, 60, 120, 255]  # 2 x 4 pixels for a line of 4 characters
    assert thumbnails([picture, picture], side=4) == [" ░▒█| ░▒█", "    |    "]


def test_a_column_of_numbers_is_refused() -> None:
    refuse_numbers(["12", "a dog", "a cat"], "the first column", "sentences")
    with pytest.raises(CourseError) as caught:
        refuse_numbers(["12"] * 9 + ["a dog"], "the first column", "sentences")
    assert caught.value.what == (
        "the first column holds numbers, not sentences: 9 of 10, such as '12'"
    )


def test_what_is_far_longer_is_named() -> None:
    assert far_longer([5] * 9 + [60], ["line"] * 10, "words") == ()  # at most 60 is never far
    lines = [f"line {number}" for number in range(1, 11)]
    (said,) = far_longer([5] * 9 + [61], lines, "words")
    assert said.startswith("warning: 1 of 10 are far longer than the rest: line 10 has 61 words")
    assert far_longer([], [], "words") == ()


def test_words_that_never_occur_twice_are_said() -> None:
    (said,) = few_repeats([f"word{number}" for number in range(30)], "sentences")
    assert said.startswith("warning: 30 different words in 30 sentences")
    assert few_repeats(["a b c", "c b a"] * 15, "sentences") == ()
    # as many words as sentences, each of them often
    often = [" ".join(f"w{(i + j) % 30}" for j in range(3)) for i in range(30)]
    assert few_repeats(often, "sentences") == ()


def test_pictures_of_one_value_and_alike_are_said() -> None:
    blank, other = np.full((4, 4), 7, np.uint8), np.arange(16, dtype=np.uint8).reshape(4, 4) * 16
    (said,) = look_at_pictures([blank, other, 255 - other], ["a", "b", "c"])
    assert said == "warning: 1 of 3 pictures have only one value, as if empty: a"
    (said,) = look_at_pictures([other, other + 1], ["a", "b"])
    assert said == "warning: the pictures are all alike: they differ by 0.5 of 255"
    assert look_at_pictures([other, 255 - other], ["a", "b"]) == []
