"""The network: numbers by hand, masks, states, and the same results however it is run."""

from typing import Any

import keras
import numpy as np
import pytest
import tensorflow as tf

from coursekit_nmt import NmtSettings
from coursekit_nmt.build import build_translator, learning_rate
from coursekit_nmt.data import SPECIAL, NmtData, Vocabulary
from coursekit_nmt.layers import GRU, Dropout
from coursekit_nmt.model import BahdanauAttention, Decoder, Translator

pytestmark = pytest.mark.tf

SOURCE, TARGET = 11, 9  # words
IDS = np.array([[4, 5, 6, 0], [7, 8, 9, 10]], np.int32)
READ = np.array([[1, 4, 5], [1, 6, 0]], np.int32)


def tiny(**changes: object) -> NmtSettings:
    base = {"units": 6, "encoder_units": 4, "embedding": 5, "dropout": 0.0, "samples": 0}
    return NmtSettings().replace(base | changes)


def tiny_data() -> NmtData:
    letters = "abcdefghijk"
    return NmtData(
        source_vocabulary=Vocabulary(SPECIAL + tuple(letters[: SOURCE - 4])),
        target_vocabulary=Vocabulary(SPECIAL + tuple(letters[: TARGET - 4])),
        steps_per_epoch=10,
    )


def translator(**changes: object) -> Translator:
    return build_translator(tiny_data(), tiny(**changes))


# Attention


def by_hand() -> BahdanauAttention:
    """Attention of one unit in which query, key and score have the weight 1."""
    attention = BahdanauAttention(1)
    attention(
        tf.zeros((1, 1)),
        attention.keys(tf.zeros((1, 1, 1))),
        tf.zeros((1, 1, 1)),
        tf.constant([[True]]),
    )
    for weight in attention.weights:
        weight.assign(tf.ones_like(weight))
    return attention


def test_attention_by_hand() -> None:
    attention = by_hand()
    values = tf.constant([[[0.0], [1.0], [-1.0]]])
    mask = tf.constant([[True, True, False]])
    context, weights = attention(tf.constant([[0.5]]), attention.keys(values), values, mask)
    # tanh(0.5) = 0.462117, tanh(1.5) = 0.905148; e^0.462117 = 1.587431, e^0.905148 = 2.472299
    first, second = 1.587431 / 4.059730, 2.472299 / 4.059730
    np.testing.assert_allclose(weights, [[first, second, 0]], atol=1e-6)
    np.testing.assert_allclose(context, [[second]], atol=1e-6)


def test_padding_gets_exactly_nothing_and_the_weights_sum_to_one() -> None:
    model = translator()
    _, weights = model((IDS, READ))
    assert weights.shape == (2, 3, 4)
    np.testing.assert_allclose(np.sum(weights, axis=-1), 1, atol=1e-6)
    assert np.all(weights[0, :, 3] == 0)
    assert np.all(weights[1] > 0)


def test_an_empty_row_stays_finite() -> None:
    logits, weights = translator()((np.zeros((1, 4), np.int32), READ[:1]))
    assert np.all(np.isfinite(logits))
    assert np.all(weights == 0)


def test_more_padding_changes_nothing() -> None:
    model = translator()
    longer = np.pad(IDS, [(0, 0), (0, 5)])
    short, long = model((IDS, READ)), model((longer, READ))
    np.testing.assert_allclose(long[0], short[0], atol=1e-6)
    np.testing.assert_allclose(long[1][:, :, :4], short[1], atol=1e-6)
    assert np.all(long[1][:, :, 4:] == 0)


def test_the_other_rows_of_a_batch_change_nothing() -> None:
    model = translator()
    np.testing.assert_allclose(
        model((IDS, READ))[0][1], model((IDS[1:], READ[1:]))[0][0], atol=1e-6
    )


# Encoder and decoder


def sigmoid(x: Any) -> Any:
    return 1 / (1 + np.exp(-x))


def test_gru_step_is_the_published_equations() -> None:
    gru, order = GRU(3), np.random.default_rng(0)
    inputs, state = (order.normal(size=(2, size)).astype(np.float32) for size in (5, 3))
    result = gru(gru.project(inputs), state)
    kernel, bias = (weight.numpy() for weight in gru.project.weights)
    recurrent = gru.recurrent.kernel.numpy()
    z, r, n = np.split(inputs @ kernel + bias, 3, axis=1)
    uz, ur, un = np.split(state @ recurrent, 3, axis=1)
    update, reset = sigmoid(z + uz), sigmoid(r + ur)
    expected = update * state + (1 - update) * np.tanh(n + reset * un)
    np.testing.assert_allclose(result, expected, atol=1e-6)


def test_encoder_agrees_with_keras_on_each_direction() -> None:
    encoder = translator().encoder
    annotations, state, mask = encoder(IDS)
    words = encoder.embedding(IDS)
    for ours, backwards in ((encoder.forward, False), (encoder.backward, True)):
        keras_gru = keras.layers.GRU(4, return_sequences=True, go_backwards=backwards)
        keras_gru.build(words.shape)
        kernel, bias = ours.project.weights
        biases = np.stack([bias.numpy(), np.zeros_like(bias.numpy())])
        keras_gru.set_weights([kernel.numpy(), ours.recurrent.kernel.numpy(), biases])
        expected = keras_gru(words, mask=tf.constant(mask)).numpy()
        expected = expected[:, ::-1] if backwards else expected
        part = annotations[:, :, 4:8] if backwards else annotations[:, :, :4]
        np.testing.assert_allclose(
            np.where(mask[:, :, None], part, 0), np.where(mask[:, :, None], expected, 0), atol=1e-5
        )
    np.testing.assert_array_equal(state, annotations[:, 0, 4:8])
    np.testing.assert_array_equal(words, annotations[:, :, 8:])  # the word vectors themselves
    assert np.all(annotations[0, 3, :8] == 0)  # padding has no state


def test_an_annotation_knows_both_sides() -> None:
    encoder = translator().encoder
    changed_last, changed_first = IDS.copy(), IDS.copy()
    changed_last[1, 3], changed_first[1, 0] = 5, 5
    base = encoder(IDS)[0][1]
    assert np.abs(encoder(changed_last)[0][1, 0] - base[0]).max() > 1e-4
    assert np.abs(encoder(changed_first)[0][1, 3] - base[3]).max() > 1e-4


def test_decoder_receives_its_state() -> None:
    model = translator()
    memory = model.encode(IDS)
    words = tf.constant([4, 4])
    base, state, _ = model.next_word(words, memory.state, memory)
    other, _, _ = model.next_word(words, memory.state + 0.5, memory)
    assert np.abs(other - base).max() > 1e-3
    again, _, _ = model.next_word(words, state, memory)
    assert np.abs(again - base).max() > 1e-4  # the same word read twice is not the same


def test_word_by_word_equals_all_at_once() -> None:
    model = translator()
    logits, weights = model((IDS, READ))
    memory = model.encode(IDS)
    state = memory.state
    for time in range(3):
        step, state, looked = model.next_word(READ[:, time], state, memory)
        np.testing.assert_allclose(step, logits[:, time], atol=1e-5)
        np.testing.assert_allclose(looked, weights[:, time], atol=1e-6)


def test_keys_computed_once_are_those_of_the_loop() -> None:
    model = translator()
    memory = model.encode(IDS)
    in_the_loop = memory._replace(keys=model.decoder.attention.keys(memory.annotations))
    words = tf.constant([4, 5])
    for once, looped in zip(
        model.next_word(words, memory.state, memory),
        model.next_word(words, memory.state, in_the_loop),
        strict=True,
    ):
        np.testing.assert_array_equal(once, looped)


def test_logits_of_some_words_are_those_of_all() -> None:
    decoder = translator().decoder
    features = tf.random.stateless_normal((2, 3, 5), [1, 2])
    some = tf.constant([7, 0, 4])
    np.testing.assert_allclose(
        decoder.logits(features, some),
        tf.gather(decoder.logits(features), some, axis=-1),
        atol=1e-6,
    )


def test_later_words_do_not_change_earlier_logits() -> None:
    model = translator()
    changed = READ.copy()
    changed[:, 2] = 8
    np.testing.assert_array_equal(model((IDS, changed))[0][:, :2], model((IDS, READ))[0][:, :2])


# Parts as arguments


class Average(BahdanauAttention):
    """Looks at all words alike."""

    def call(self, query: Any, keys: Any, values: Any, mask: Any) -> Any:
        weights = tf.cast(mask, tf.float32)
        weights /= tf.reduce_sum(weights, axis=1, keepdims=True)
        return tf.einsum("bs,bsu->bu", weights, values), weights


class Named(Decoder):
    """A decoder of somebody else."""


def test_attention_and_decoder_can_be_replaced() -> None:
    model = build_translator(tiny_data(), tiny(), attention=Average, decoder=Named)
    assert isinstance(model.decoder, Named)
    _, weights = model((IDS, READ))
    np.testing.assert_allclose(weights[0, 0], [1 / 3, 1 / 3, 1 / 3, 0], atol=1e-6)


# The same however it is run


def test_eager_graph_and_xla_agree() -> None:
    model = translator()
    eager = model((IDS, READ))
    for jit in (False, True):
        compiled = tf.function(lambda: model((IDS, READ)), jit_compile=jit)()
        np.testing.assert_allclose(compiled[0], eager[0], atol=1e-5)
        np.testing.assert_allclose(compiled[1], eager[1], atol=1e-6)


def test_the_same_seed_gives_the_same_model() -> None:
    one, two, other = (translator(seed=seed).variables for seed in (3, 3, 4))
    assert all(np.array_equal(a, b) for a, b in zip(one, two, strict=True))
    assert not all(np.array_equal(a, b) for a, b in zip(one, other, strict=True))


def test_dropout_drops_its_share_in_training_only() -> None:
    dropout = Dropout(0.25, seed=1)
    ones = tf.ones((100, 100))
    dropped = dropout(ones, training=True).numpy()
    assert set(np.unique(dropped)) == {np.float32(0), np.float32(1 / 0.75)}
    assert np.mean(dropped == 0) == pytest.approx(0.25, abs=0.02)
    assert not np.array_equal(dropout(ones, training=True), dropped)  # its state went on
    assert np.all(dropout(ones, training=False) == 1)


def test_all_state_is_in_the_variables() -> None:
    """What a checkpoint holds: weights, seeds, the optimizer's step and its two moments."""
    model = translator(dropout=0.1)
    names = [variable.path for variable in model.variables]
    assert len(names) == len(set(names))
    assert sum("seed" in name for name in names) == 5  # four dropouts and the sampled words
    assert len(model.optimizer.variables) == 1 + 2 * len(model.trainable_variables)


def test_learning_rate_rises_and_falls() -> None:
    rate = learning_rate(peak=0.4, warm_up=4, steps=12)
    values = [float(rate(step)) for step in range(13)]
    np.testing.assert_allclose(values[:4], [0.1, 0.2, 0.3, 0.4], atol=1e-6)
    # Nine steps of 20 degrees from the peak to zero.
    np.testing.assert_allclose([values[6], values[9], values[12]], [0.3, 0.1, 0.0], atol=1e-6)


def test_learning_rate_without_warm_up_begins_at_its_peak() -> None:
    values = [float(learning_rate(peak=0.4, warm_up=0, steps=3)(step)) for step in range(4)]
    np.testing.assert_allclose(values, [0.4, 0.3, 0.1, 0.0], atol=1e-6)
