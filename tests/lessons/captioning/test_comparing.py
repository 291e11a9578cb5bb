"""Comparisons of what searches wrote, against numbers counted by hand."""

from matplotlib.axes import Axes
from matplotlib.patches import Rectangle

from coursekit_captioning.practice.comparing import bars, repeating


def widths(panel: Axes) -> list[float]:
    return [bar.get_width() for bar in panel.patches if isinstance(bar, Rectangle)]


def test_a_caption_repeats_itself_if_a_describing_word_returns() -> None:
    captions = [
        "a red star and a red heart".split(),  # red twice
        "a red star and a blue heart".split(),  # "a" describes nothing
        "two stars and a star".split(),  # other words
        "a star above a star".split(),  # star twice
    ]
    assert repeating(captions) == 0.5


def test_each_score_has_a_chart_with_a_bar_for_each_search() -> None:
    figure = bars({"greedy": (0.5, 0.25), "beam": (0.75, 1.0)}, ("CIDEr", "true"))
    left, right = figure.axes
    assert widths(left) == [0.5, 0.75]
    assert widths(right) == [0.25, 1.0]
    assert [left.get_title(), right.get_title()] == ["CIDEr", "true"]
    assert [label.get_text() for label in left.get_yticklabels()] == ["greedy", "beam"]
    assert not right.get_yticks().size
