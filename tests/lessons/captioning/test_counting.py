"""The captioner that is made by counting: numbers worked out by hand, and the rules of its step."""

import numpy as np
import pytest

from coursekit_captioning.data import drawn_examples
from coursekit_captioning.examples import Example
from coursekit_captioning.practice.counting import CountingCaptioner
from coursekit_captioning.scenes import Background, Scene, Thing
from coursekit_captioning.vocabulary import END, PAD, START, UNKNOWN

PAPER = Background(((238, 233, 220),) * 4, "plain")
STAR = Thing("star", "red", "solid", 0.5, 0.5, 0.13)
HEART = Thing("heart", "blue", "striped", 0.5, 0.8, 0.13)


def test_a_word_is_as_likely_as_it_was_counted() -> None:
    captions = ("a red star", "a red heart", "a blue star")
    made = CountingCaptioner([Example("one", captions)])
    word = made.words.index
    a, red, blue, star = word("a"), word("red"), word("blue"), word("star")
    # 12 words and ends in all; "a" was met 3 times, nothing else follows <start>.
    one = (3 + 0.1) / (12 + 0.1 * len(made.words))
    two = (3 + 2 * one) / (3 + 2)
    assert made.log_p[START, START, a] == pytest.approx(np.log((3 + 2 * two) / (3 + 2)))
    # After "a red" came one star and one heart; after "a", in all, "red" twice and "blue" once.
    assert made.log_p[START, a, red] > made.log_p[START, a, blue]
    assert made.log_p[a, red, star] == pytest.approx(made.log_p[a, red, word("heart")], abs=0.3)
    np.testing.assert_allclose(np.exp(made.log_p).sum(-1), 1)


def test_what_is_true_speaks_for_a_word_and_what_is_not_against_it() -> None:
    made = CountingCaptioner(drawn_examples("train", 60), strength=2.0, noise=0.0)
    seen = dict(
        zip(made.words, made.see(Scene((STAR, HEART), PAPER), seed=0).tolist(), strict=True)
    )
    for word in ("red", "star", "small", "heart", "blue", "striped", "above", "below"):
        assert seen[word] == 2.0
    for word in ("green", "circle", "stars", "large", "dotted", "left"):
        assert seen[word] == -2.0
    for word in ("a", "there", "and", "of", "two"):
        assert seen[word] == 0.0


def test_a_step_writes_what_may_be_written() -> None:
    made = CountingCaptioner(drawn_examples("train", 60))
    step, state = made.look(Scene((STAR,), PAPER), seed=1, limit=3)
    state, words = np.repeat(state, 2, axis=0), np.full(2, START)
    found = []
    for time in range(3):
        log_p, state = step(words, state, time)
        assert np.all(np.isfinite(log_p))
        words = log_p.argmax(axis=1)
        found.append(np.exp(log_p))
    assert state.shape == (2, 1)
    first, middle, last = found
    for p in (first, middle):
        np.testing.assert_allclose(p.sum(axis=1), 1)
        assert p[:, [PAD, START, UNKNOWN]].max() == 0
    assert first[:, END].max() == 0
    assert middle[:, END].min() > 0
    assert np.all((last > 0) == (np.arange(len(made.words)) == END))
    assert last[:, END].max() < 1  # it is not free


def test_the_eye_errs_in_the_same_way_for_a_seed() -> None:
    made = CountingCaptioner(drawn_examples("train", 60))
    scene = Scene((STAR,), PAPER)
    np.testing.assert_array_equal(made.see(scene, 3), made.see(scene, 3))
    assert not np.array_equal(made.see(scene, 3), made.see(scene, 4))
