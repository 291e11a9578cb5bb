"""What must stay true of the lesson's own parts."""

import numpy as np
import pytest
import tensorflow as tf
from matplotlib.figure import Figure

from coursekit import CourseError, LocalDataset
from coursekit_telegraph import QUICK, TINY, TelegraphDemoOptions, TelegraphLesson
from coursekit_telegraph.data import ALPHABET, CODES, LENGTH, Operator, keyed, noisy, restore
from coursekit_telegraph.demo import bars, demo, letters_of
from coursekit_telegraph.evaluate import nearest, share
from coursekit_telegraph.train import cross_entropy

LESSON = TelegraphLesson()
LETTERS = LocalDataset("letters")


def pieces(down: np.ndarray) -> list[int]:
    """Return how long the key is up and down in turn, in samples."""
    edges = np.flatnonzero(np.diff(down)) + 1
    return [len(piece) for piece in np.split(down, edges)]


def test_a_letter_is_keyed_as_the_book_says() -> None:
    by = Operator(dot=4, dash=3, gap=1)
    _, dot, gap, dash, _ = pieces(keyed(".-", by, np.random.default_rng(0)) > 0.5)
    assert 3 <= dot <= 5  # a dot is 4 samples, give or take 15 % and the rounding
    assert 3 <= gap <= 5
    assert 9 <= dash <= 15


def test_every_letter_has_a_code_of_its_own() -> None:
    assert len(ALPHABET) == 26
    assert len(set(CODES.values())) == 26
    assert (CODES["S"], CODES["O"]) == ("...", "---")


def test_noise_is_as_strong_as_it_says() -> None:
    silence = np.zeros((1_000, LENGTH), np.float32)
    heard = noisy(silence, 0.5, 1)
    assert heard.std() == pytest.approx(0.5, rel=0.02)
    assert heard.mean() == pytest.approx(0, abs=0.01)
    np.testing.assert_array_equal(heard, noisy(silence, 0.5, 1))


def test_a_key_is_down_for_the_part_of_a_sample_that_it_is_down() -> None:
    signal = keyed(".", Operator(dot=4, dash=3, gap=1), np.random.default_rng(0))
    assert 3.4 <= signal.sum() <= 4.6  # 4 samples, give or take 15 %
    assert signal.max() == 1


def test_no_signal_is_in_two_splits() -> None:
    data = LESSON.data(LETTERS, TINY)
    parts = [
        {signal.tobytes() for signal in part.clean}
        for part in (data.train, data.validation, data.test)
    ]
    assert len(parts[0] | parts[1] | parts[2]) == sum(map(len, parts))


def test_batches_depend_on_seed_and_epoch_alone() -> None:
    def first(seed: int, epoch: int) -> np.ndarray:
        split = LESSON.data(LETTERS, TINY.replace({"seed": seed})).train
        return np.asarray(next(iter(split.batches(epoch)))[0])

    np.testing.assert_array_equal(first(0, 1), first(0, 1))
    assert not np.array_equal(first(0, 1), first(0, 2))
    assert not np.array_equal(first(0, 1), first(1, 1))


def test_the_loss_by_hand() -> None:
    logits = tf.constant([[0.0, 0.0, np.log(2.0)], [0.0, 0.0, 0.0]])  # 1/4, 1/4, 1/2; thirds
    loss = float(cross_entropy(logits, tf.constant([2, 1])))
    assert loss == pytest.approx((np.log(2) + np.log(3)) / 2)


def test_the_nearest_mean_by_hand() -> None:
    means = np.array([[0, 0], [1, 1]], np.float32)
    found = nearest(means, np.array([[0.4, 0.4], [0.9, 0.2], [0.9, 0.8]], np.float32))
    assert found.tolist() == [0, 1, 1]
    assert share(found, np.array([0, 0, 1], np.int32)) == pytest.approx(2 / 3)


def test_it_learns_more_than_the_baseline() -> None:
    settings = QUICK.replace({"epochs": 3})
    data = LESSON.data(LETTERS, settings)
    model = LESSON.model(data, settings)
    untrained = LESSON.evaluate(model, data, "validation")
    assert untrained["accuracy"] < 0.15  # one in 26 by chance
    step = tf.function(LESSON.train_step)
    for epoch in range(settings.epochs):
        for batch in data.train.batches(epoch):
            step(model, batch)
    trained = LESSON.evaluate(model, data, "validation")
    assert trained["accuracy"] > 0.8
    assert trained["accuracy"] > trained["baseline"] + 0.2


def test_the_demo_keys_a_word() -> None:
    data = restore({}, TINY)
    text, figure = demo(LESSON.model(data, TINY), data, "so s", TelegraphDemoOptions())
    lines = str(text).splitlines()
    assert [line[0] for line in lines[:3]] == ["S", "O", "S"]
    assert lines[3].startswith("keyed SOS, read ")
    assert isinstance(figure, Figure)
    assert len(figure.axes) == 3


@pytest.mark.parametrize("text", ["R2D2", "naïve", " "])
def test_what_is_no_letter_is_named(text: str) -> None:
    with pytest.raises(CourseError, match="letters from A to Z"):
        letters_of(text)


def test_bars_by_hand() -> None:
    signal = np.zeros(LENGTH, np.float32)
    signal[2:4] = 1
    signal[4] = 1  # and the next sample is 0: half a bar
    assert bars(signal).rstrip() == " █▄"
