"""The loss by hand, and what a step of training must do."""

import math
from typing import Any, cast

import numpy as np
import pytest
import tensorflow as tf

from coursekit_nmt.data import END, PAD, START
from coursekit_nmt.model import Decoder, Translator
from coursekit_nmt.train import Choice, full_choice, sampled_choice, token_loss, train_step
from tests.lessons.nmt.test_model import TARGET, translator

pytestmark = pytest.mark.tf

SOURCES = np.array([[4, 5, 6, 7], [8, 9, PAD, PAD], [10, PAD, PAD, PAD]], np.int32)
TARGETS = np.array(
    [[START, 4, 5, 6, END], [START, 7, 8, END, PAD], [START, 5, END, PAD, PAD]], np.int32
)


def choice_of(logits: Any, targets: Any) -> Choice:
    """Take the parts of the cross-entropy from given logits."""

    class Given:
        def logits(self, features: Any) -> Any:
            return features

    return full_choice(cast(Decoder, Given()), tf.constant(logits), tf.constant(targets))


def test_loss_by_hand() -> None:
    # Two real tokens whose right words have the probabilities 1/2 and 1/8; one of padding.
    logits = np.log([[[0.25, 0.25, 0.5], [0.125, 0.125, 0.75], [0.1, 0.1, 0.8]]]).astype(np.float32)
    targets = np.array([[2, 1, PAD]])
    plain, smoothed = token_loss(choice_of(logits, targets), targets, smoothing=0.3)
    right = (math.log(2) + math.log(8)) / 2
    uniform = -(math.log(0.25 * 0.25 * 0.5) + math.log(0.125 * 0.125 * 0.75)) / 3 / 2
    assert float(plain) == pytest.approx(right, abs=1e-6)
    assert float(smoothed) == pytest.approx(0.7 * right + 0.3 * uniform, abs=1e-6)


def test_a_batch_of_padding_has_no_loss_and_stays_finite() -> None:
    zeros = np.zeros((1, 3), np.int64)
    plain, _ = token_loss(choice_of(np.ones((1, 3, 4), np.float32), zeros), zeros)
    assert float(plain) == 0


def loss_of(model: Translator, sources: Any, targets: Any) -> float:
    logits, _ = model((sources, targets[:, :-1]))
    return float(token_loss(choice_of(logits, targets[:, 1:]), targets[:, 1:])[0])


def test_padding_counts_neither_above_nor_below() -> None:
    model = translator()
    wide = np.pad(SOURCES, [(0, 2), (0, 3)]), np.pad(TARGETS, [(0, 2), (0, 3)])
    assert loss_of(model, *wide) == pytest.approx(loss_of(model, SOURCES, TARGETS), abs=1e-6)


def test_an_untrained_model_knows_nothing() -> None:
    """Its loss is about that of choosing among all words alike."""
    assert loss_of(translator(), SOURCES, TARGETS) == pytest.approx(math.log(TARGET), rel=0.2)


def test_one_batch_can_be_overfitted() -> None:
    model = translator(learning_rate=0.05, epochs=20, smoothing=0.0)  # of 10 steps each
    step = tf.function(train_step)
    losses = [float(step(model, (SOURCES, TARGETS))["loss"]) for _ in range(200)]
    assert losses[0] > 1.5
    assert losses[-1] < 0.02


def test_the_step_reports_the_loss_before_it() -> None:
    model = translator(smoothing=0.2)
    before = loss_of(model, SOURCES, TARGETS)
    assert float(train_step(model, (SOURCES, TARGETS))["loss"]) == pytest.approx(before, abs=1e-5)


def test_every_weight_learns() -> None:
    model = translator(learning_rate=0.1)
    before = [variable.numpy() for variable in model.trainable_variables]
    train_step(model, (SOURCES, TARGETS))
    for old, variable in zip(before, model.trainable_variables, strict=True):
        assert not np.array_equal(old, variable.numpy()), variable.path


def test_eager_graph_and_xla_take_the_same_step() -> None:
    found = []
    for jit in (None, False, True):
        model = translator()
        step = train_step if jit is None else tf.function(train_step, jit_compile=jit)
        losses = [float(step(model, (SOURCES, TARGETS))["loss"]) for _ in range(3)]
        found.append((losses, [variable.numpy() for variable in model.trainable_variables]))
    for losses, weights in found[1:]:
        np.testing.assert_allclose(losses, found[0][0], rtol=1e-5)
        for ours, eager in zip(weights, found[0][1], strict=True):
            np.testing.assert_allclose(ours, eager, atol=1e-5)


@pytest.mark.parametrize("jit", [False, True])
def test_training_repeats_bit_for_bit(jit: bool) -> None:
    def trained() -> list[Any]:
        model = translator(dropout=0.3, seed=5)
        model.samples = 6
        step = tf.function(train_step, jit_compile=jit)
        for _ in range(3):
            step(model, (SOURCES, TARGETS))
        return [variable.numpy() for variable in (*model.variables, *model.optimizer.variables)]

    for one, two in zip(trained(), trained(), strict=True):
        np.testing.assert_array_equal(one, two)


# The sampled normaliser


@pytest.fixture(scope="module")
def decoder() -> Decoder:
    """A decoder whose logits are of some size."""
    decoder: Decoder = translator().decoder
    decoder.bias.assign(np.linspace(-1, 1, TARGET))
    return decoder


FEATURES = 3 * tf.random.stateless_normal((2, 3, 5), [1, 2])
RIGHT = tf.constant([[4, 8, 2], [5, 3, 7]])


def test_right_word_and_mean_are_exact_even_when_sampled(decoder: Decoder) -> None:
    full = full_choice(decoder, FEATURES, RIGHT)
    sampled = sampled_choice(decoder, FEATURES, RIGHT, 4, tf.constant([0, 9]))
    np.testing.assert_allclose(sampled.right, full.right, atol=1e-5)
    np.testing.assert_allclose(sampled.mean, full.mean, atol=1e-5)
    assert np.all(np.asarray(sampled.normaliser) >= np.asarray(sampled.right))


def test_the_sampled_sum_is_what_its_definition_gives(decoder: Decoder) -> None:
    """Four of nine words: 0 and 1 as they are, two drawn of the others for 3.5 words each."""
    seed = tf.constant([3, 9])
    drawn = tf.random.stateless_uniform([2], seed, 2, TARGET, tf.int32, alg="philox").numpy()
    logits = decoder.logits(FEATURES).numpy()
    sampled = sampled_choice(decoder, FEATURES, RIGHT, 4, seed).normaliser.numpy()
    for row, time in np.ndindex(2, 3):
        right = int(RIGHT[row, time])
        weights = [(0, 1.0), (1, 1.0), *((int(word), 3.5) for word in drawn)]
        total = sum(w * math.exp(logits[row, time, word]) for word, w in weights if word != right)
        total += math.exp(logits[row, time, right])
        assert sampled[row, time] == pytest.approx(math.log(total), abs=1e-4)


def test_the_sampled_sum_is_right_on_average(decoder: Decoder) -> None:
    """The right word 1 is frequent, so nothing is counted twice or left out."""
    right = tf.ones((2, 3), tf.int32)
    draw = tf.function(lambda seed: sampled_choice(decoder, FEATURES, right, 4, seed).normaliser)
    draws = [np.exp(draw(tf.constant([number, 9]))) for number in range(2_000)]
    exact = np.exp(full_choice(decoder, FEATURES, right).normaliser)
    spread = np.std(draws, axis=0) / math.sqrt(len(draws))  # of the mean
    assert np.all(np.abs(np.mean(draws, axis=0) - exact) < 4 * spread + 1e-4 * exact)


def test_a_model_samples_only_where_that_is_less_work() -> None:
    assert translator(samples=TARGET).samples == 0
    assert translator(samples=TARGET - 1).samples == TARGET - 1
