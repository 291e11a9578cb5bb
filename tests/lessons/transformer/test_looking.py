"""What the lesson measures and draws of a network that reads."""

import numpy as np
import pytest

from coursekit_transformer.data import Vocabulary
from coursekit_transformer.practice.looking import BARS, Habits, habits, large_maps, next_character

pytestmark = pytest.mark.tf


def test_habits_are_the_averages_of_the_second_half_of_each_window() -> None:
    before = np.zeros((4, 4))  # looks at the character before; in the first half, at the first
    before[[0, 1, 2, 3], [0, 0, 1, 2]] = 1
    spread = np.tril(np.ones((4, 4))) / np.arange(1, 5)[:, np.newaxis]
    layer = np.stack([before, spread])[np.newaxis].astype(np.float32)  # one window, two heads
    blank = np.array([[True, False, False, False]])
    found = habits([layer], blank)
    assert list(found) == ["1.1", "1.2"]
    assert found["1.1"] == Habits(back=1.0, itself=0.0, before=1.0, blanks=0.0)
    # Position 2 gives 1/3 each and looks back 1 on average, position 3 gives 1/4 and looks 1.5.
    assert found["1.2"] == pytest.approx((1.25, 7 / 24, 7 / 24, 7 / 24))


def test_every_character_of_a_large_map_has_a_label() -> None:
    figure = large_maps(
        "a b\n", dict.fromkeys(("head 1.1", "head 1.2"), np.eye(4, dtype=np.float32))
    )
    for axes, title in zip(figure.axes, ("head 1.1", "head 1.2"), strict=False):
        assert axes.get_title() == title
        assert [label.get_text() for label in axes.get_yticklabels()] == ["a", "␣", "b", "↵"]


def test_the_bars_are_the_likeliest_characters_and_those_cut_off_have_no_name() -> None:
    vocabulary = Vocabulary("".join(map(chr, range(65, 95))))
    chances = np.zeros(len(vocabulary))
    chances[vocabulary.encode("CB")] = (0.75, 0.25)
    figure = next_character(vocabulary, chances, "AB", "CAB")
    bars = figure.axes[0]
    assert [patch.get_height() for patch in bars.patches] == [0.75, 0.25, *[0] * (BARS - 2)]  # type: ignore[attr-defined]
    assert [label.get_text() for label in bars.get_xticklabels()][:3] == ["C", "B", ""]
