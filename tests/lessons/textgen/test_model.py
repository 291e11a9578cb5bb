"""The network: its recurrence by hand, its state from batch to batch, one step of training."""

import math
from typing import Any

import numpy as np
import pytest
import tensorflow as tf

from coursekit.runs.checkpoint import state as saved
from coursekit_textgen import TextgenSettings
from coursekit_textgen.build import build_model
from coursekit_textgen.data import TextgenData, Vocabulary
from coursekit_textgen.model import CharacterModel
from coursekit_textgen.train import character_loss, train_step

pytestmark = pytest.mark.tf

CHARACTERS = 11  # ten, and the unknown one
IDS = np.random.default_rng(0).integers(1, CHARACTERS, (2, 9)).astype(np.int32)


def made(**changes: Any) -> CharacterModel:
    """Return a small network whose carried state has two rows."""
    values: dict[str, Any] = {
        "batch_size": 2, "units": 8, "embedding": 5, "length": 4, "dropout": 0.0, "epochs": 50,
        **changes,
    }  # fmt: skip
    data = TextgenData(vocabulary=Vocabulary("abcdefghij"), steps_per_epoch=10)
    return build_model(data, TextgenSettings(**values))


def batch(ids: Any, fresh: bool = True) -> tuple[tf.Tensor, tf.Tensor, tf.Tensor]:
    return tf.constant(ids[:, :-1]), tf.constant(ids[:, 1:]), tf.fill([len(ids)], fresh)


def sigmoid(x: Any) -> Any:
    return 1 / (1 + np.exp(-x))


@pytest.mark.parametrize("tied", [False, True])
def test_the_network_by_hand(tied: bool) -> None:
    """The equations of Cho et al., the reset gate after the product, in NumPy."""
    model = made(tied=tied)
    for variable in model.trainable_variables:  # zeros would hide a forgotten bias
        variable.assign(np.random.default_rng(1).normal(0, 0.5, variable.shape))
    cell = model.grus[0].cell
    kernel, recurrent = cell.kernel.numpy(), cell.recurrent_kernel.numpy()
    bias_in, bias_on = cell.bias.numpy()
    vectors = model.embedding.embeddings.numpy()
    state, units = np.zeros((2, 8)), 8
    logits, _ = model(IDS)
    for time in range(IDS.shape[1]):
        x = vectors[IDS[:, time]] @ kernel + bias_in
        h = state @ recurrent + bias_on
        update = sigmoid(x[:, :units] + h[:, :units])
        reset = sigmoid(x[:, units : 2 * units] + h[:, units : 2 * units])
        new = np.tanh(x[:, 2 * units :] + reset * h[:, 2 * units :])
        state = update * state + (1 - update) * new
        scores = state @ model.readout.kernel.numpy()
        if tied:
            assert model.bias is not None
            scores = scores @ vectors.T + model.bias.numpy()
        else:
            scores = scores + model.readout.bias.numpy()
        np.testing.assert_allclose(logits[:, time], scores, atol=1e-5)


@pytest.mark.parametrize("layers", [1, 2])
def test_character_by_character_is_the_same_as_at_once(layers: int) -> None:
    model = made(layers=layers)
    whole, after = model(IDS)
    step, states = model.stepper(), model.zero_states(2)
    for time in range(IDS.shape[1]):
        logits, states = step(tf.constant(IDS[:, time]), states)
        np.testing.assert_allclose(logits, whole[:, time], atol=1e-5)
    for one, two in zip(states, after, strict=True):
        np.testing.assert_allclose(one, two, atol=1e-5)


def test_a_text_in_two_pieces_is_the_same_as_whole() -> None:
    model = made(layers=2)
    whole, _ = model(IDS)
    first, states = model(IDS[:, :4])
    second, _ = model(IDS[:, 4:], states)
    np.testing.assert_allclose(tf.concat([first, second], 1), whole, atol=1e-5)


def test_tied_weights_have_one_table_of_characters() -> None:
    def tables(model: CharacterModel) -> int:
        return sum(CHARACTERS in v.shape and len(v.shape) == 2 for v in model.trainable_variables)

    assert tables(made()) == 2
    assert tables(made(tied=True)) == 1


def test_dropout_is_for_training_only() -> None:
    model = made(dropout=0.5)
    one, _ = model(IDS)
    np.testing.assert_array_equal(model(IDS)[0], one)
    assert not np.array_equal(model(IDS, training=True)[0], model(IDS, training=True)[0])


def test_dropout_keeps_the_mean() -> None:
    dropout = made(dropout=0.25).dropouts[0]
    dropped = dropout(tf.ones((200, 500)), training=True).numpy()
    assert set(np.unique(dropped)) == {np.float32(0), np.float32(1 / 0.75)}
    assert dropped.mean() == pytest.approx(1, abs=0.01)


def test_the_loss_by_hand() -> None:
    logits = np.log([[[0.5, 0.25, 0.25], [0.1, 0.1, 0.8]]]).astype(np.float32)
    loss = character_loss(logits, np.array([[0, 1]]))
    np.testing.assert_allclose(loss, [[math.log(2), math.log(10)]], rtol=1e-6)


def test_an_untrained_network_expects_every_character_alike() -> None:
    loss = train_step(made(), batch(IDS))["loss"]
    assert float(loss) == pytest.approx(math.log(CHARACTERS), rel=0.05)


def test_the_state_is_carried_until_a_row_is_fresh() -> None:
    model = made(learning_rate=0.0)
    _, expected = model(IDS[:, :4])
    train_step(model, batch(IDS[:, :5]))
    np.testing.assert_allclose(model.carried[0], expected[0], atol=1e-6)
    inputs, targets, _ = batch(IDS[:, 4:])
    rows = tf.constant([True, False])  # the first row starts again, the second continues
    loss = float(train_step(model, (inputs, targets, rows))["loss"])
    states = [tf.where(rows[:, tf.newaxis], 0.0, expected[0])]
    logits, _ = model(inputs, states)
    assert loss == pytest.approx(float(tf.reduce_mean(character_loss(logits, targets))), abs=1e-6)


def test_a_checkpoint_holds_the_carried_state() -> None:
    model = made(layers=2)
    kept = {id(variable) for variable in saved(model)}
    assert all(id(carried) in kept for carried in model.carried)
    assert not any(c is v for c in model.carried for v in model.trainable_variables)


def test_every_weight_learns() -> None:
    model = made(layers=2, tied=True, warmup=0.0)
    before = [variable.numpy() for variable in model.trainable_variables]
    for _ in range(2):  # the first step's rate is zero
        train_step(model, batch(IDS))
    for variable, old in zip(model.trainable_variables, before, strict=True):
        assert not np.array_equal(variable.numpy(), old), variable.path


def test_one_batch_can_be_overfitted() -> None:
    model = made(units=32, learning_rate=0.05, epochs=20)  # of 10 steps each
    step = tf.function(train_step)
    ids = IDS.copy()
    ids[:, 0] = 1, 2  # or nothing tells the rows apart at first
    losses = [float(step(model, batch(ids))["loss"]) for _ in range(200)]
    assert losses[0] > 2
    assert losses[-1] < 0.02


def test_the_learning_rate_rises_then_falls_to_zero() -> None:
    model = made(learning_rate=1.0, warmup=0.1, epochs=10)  # 100 steps
    rates = [float(model.optimizer._learning_rate(step)) for step in range(101)]
    assert rates[0] == 0
    assert rates[5] == pytest.approx(0.5)
    assert max(rates) == rates[10] == pytest.approx(1)
    assert rates[55] == pytest.approx(0.5)
    assert rates[100] == pytest.approx(0, abs=1e-6)


def test_carrying_the_state_pays() -> None:
    """A text with one long memory: what a row is made of is only told at its beginning.

    Each row repeats one character for ever; a fresh state must guess which it is at every
    batch of one character, a carried one knows.
    """
    rows = np.array([[1] * 40, [2] * 40], np.int32)
    losses = {}
    for carry in (True, False):
        model, step = made(units=16, learning_rate=0.03, epochs=20), tf.function(train_step)
        for _ in range(20):
            for time in range(10):
                fresh = time == 0 or not carry
                piece = rows[:, time : time + 2].copy()
                piece[:, 0] = rows[:, time] if time == 0 else 3  # hidden after the beginning
                loss = float(step(model, batch(piece, fresh))["loss"])
        losses[carry] = loss
    assert losses[False] == pytest.approx(math.log(2), abs=0.1)
    assert losses[True] < 0.1
