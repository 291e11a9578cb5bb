"""The network, the loss and the search: numbers by hand, invariants, independent computations."""

import math
from itertools import product
from typing import Any

import keras
import numpy as np
import pytest
import tensorflow as tf

from coursekit_captioning.decode import beam_search, greedy_search, write_captions
from coursekit_captioning.model import (
    BahdanauAttention,
    Captioner,
    FeatureEncoder,
    ShapeEncoder,
    coordinates,
)
from coursekit_captioning.train import attention_penalty, token_loss, train_step
from coursekit_captioning.vocabulary import END, PAD, START, UNKNOWN, Vocabulary

pytestmark = pytest.mark.tf

WORDS = 9
IDS = np.array([[[START, 4, 5, 6, END], [START, 7, 8, END, PAD]]], np.int32)


def pictures(count: int, seed: int = 0) -> Any:
    return np.random.default_rng(seed).normal(size=(count, 4, 6)).astype(np.float16)


def captioner(seed: int = 0, **options: Any) -> Captioner:
    keras.utils.set_random_seed(seed)
    model = Captioner(WORDS, 12, 16, **options)
    model((pictures(1), tf.ones((1, 1, 2), tf.int32)))
    model.optimizer = keras.optimizers.Adam(1e-2, global_clipnorm=1.0)
    model.optimizer.build(model.trainable_variables)
    return model


def test_attention_by_hand() -> None:
    attention = BahdanauAttention(1)
    values = np.array([[[0.0], [2.0], [-1.0]]], np.float32)
    query = np.array([[[0.5], [-2.0]]], np.float32)
    attention(query, attention.keys(values), values)
    for layer, weight in (
        (attention.query_projection, 1.0),
        (attention.key_projection, 2.0),
        (attention.score, 3.0),
    ):
        layer.kernel.assign([[weight]])
    contexts, weights = attention(query, attention.keys(values), values)
    for row, asked in enumerate((0.5, -2.0)):
        scores = [3 * math.tanh(asked + 2 * value) for value in (0.0, 2.0, -1.0)]
        expected = np.exp(scores) / np.exp(scores).sum()
        np.testing.assert_allclose(weights[0, row], expected, rtol=1e-5)
        np.testing.assert_allclose(contexts[0, row, 0], expected @ values[0, :, 0], rtol=1e-5)


def test_coordinates_go_down_and_across() -> None:
    np.testing.assert_allclose(coordinates(2), [[-0.5, -0.5], [-0.5, 0.5], [0.5, -0.5], [0.5, 0.5]])


def test_captions_of_a_picture_do_not_touch_each_other() -> None:
    model = captioner()
    seen = pictures(2)
    ids = np.random.default_rng(0).integers(4, WORDS, (2, 3, 5)).astype(np.int32)
    together, weights = model((seen, ids))
    np.testing.assert_allclose(tf.reduce_sum(weights, -1), np.ones((2, 3, 5)), rtol=1e-5)
    for picture, caption in product(range(2), range(3)):
        alone, _ = model((seen[picture : picture + 1], ids[picture : picture + 1, [caption]]))
        np.testing.assert_allclose(alone[0, 0], together[picture, caption], atol=1e-5)


def test_a_word_does_not_see_those_after_it() -> None:
    model = captioner()
    ids = IDS.copy()
    before, _ = model((pictures(1), ids))
    ids[:, :, 3:] = 8
    after, _ = model((pictures(1), ids))
    np.testing.assert_allclose(before[:, :, :3], after[:, :, :3], atol=1e-6)
    assert np.abs(before[:, :, 3] - after[:, :, 3]).max() > 1e-3


def test_the_decoder_receives_its_state() -> None:
    model = captioner()
    one = np.array([[[START, 4, 6]]], np.int32)
    other = np.array([[[START, 5, 6]]], np.int32)  # the same last word, another one before
    first, second = (model((pictures(1), ids))[0][0, 0, 2] for ids in (one, other))
    assert np.abs(first - second).max() > 1e-4


def test_parts_are_arguments() -> None:
    class Everywhere(BahdanauAttention):
        def call(self, query: Any, keys: Any, values: Any) -> Any:
            context, weights = super().call(query, keys, values)
            even = tf.ones_like(weights) / weights.shape[-1]
            return context, even

    model = captioner(attention=Everywhere)
    _, weights = model((pictures(1), IDS))
    np.testing.assert_allclose(np.asarray(weights), 0.25)


def test_encoders_keep_the_grid() -> None:
    assert FeatureEncoder(8, 0.0, 0)(pictures(2)).shape == (2, 4, 8)
    drawn = np.zeros((2, 64, 64, 3), np.uint8)
    assert ShapeEncoder(8, 0.0, 0)(drawn).shape == (2, 64, 8)


def test_loss_by_hand() -> None:
    # Two real tokens whose right words have the probabilities 1/2 and 1/8; one of padding.
    logits = np.log([[[[0.25, 0.25, 0.5], [0.125, 0.125, 0.75], [0.1, 0.1, 0.8]]]])
    targets = np.array([[[2, 1, PAD]]])
    plain, smoothed = token_loss(tf.constant(logits, tf.float32), targets, smoothing=0.3)
    right = (math.log(2) + math.log(8)) / 2
    uniform = -(math.log(0.25 * 0.25 * 0.5) + math.log(0.125 * 0.125 * 0.75)) / 3 / 2
    assert float(plain) == pytest.approx(right, abs=1e-6)
    assert float(smoothed) == pytest.approx(0.7 * right + 0.3 * uniform, abs=1e-6)


def test_penalty_by_hand() -> None:
    # Two words look at the first of two cells: 2 and 0 instead of 1 and 1.
    weights = np.array([[[[1.0, 0.0], [1.0, 0.0], [0.3, 0.7]], [[0.5, 0.5]] * 3]], np.float32)
    targets = np.array([[[4, END, PAD], [PAD, PAD, PAD]]])
    assert float(attention_penalty(tf.constant(weights), targets)) == pytest.approx(2.0)
    even = np.full((1, 1, 3, 2), 0.5, np.float32)
    assert float(attention_penalty(tf.constant(even), targets[:, :1])) == pytest.approx(0.0)


def test_eager_graph_and_xla_take_the_same_step() -> None:
    batch = (tf.constant(pictures(1)), tf.constant(IDS[:, :, :4]))
    found = []
    for jit in (None, False, True):  # photographs are trained with XLA, scenes without
        model = captioner()
        step = train_step if jit is None else tf.function(train_step, jit_compile=jit)
        losses = [float(step(model, batch)["loss"]) for _ in range(3)]
        found.append((losses, [variable.numpy() for variable in model.trainable_variables]))
    for losses, weights in found[1:]:
        np.testing.assert_allclose(losses, found[0][0], rtol=1e-5)
        for ours, eager in zip(weights, found[0][1], strict=True):
            np.testing.assert_allclose(ours, eager, atol=1e-5)


def test_the_penalty_spreads_attention() -> None:
    looked = {}
    for weight in (0.0, 10.0):
        model = captioner()
        model.attend_everywhere = weight
        step = tf.function(train_step)
        for _ in range(25):
            step(model, (tf.constant(pictures(1)), tf.constant(IDS)))
        _, weights = model((pictures(1), IDS[:, :, :-1]))
        looked[weight] = float(attention_penalty(weights, IDS[:, :, 1:]))
    assert looked[10.0] < 0.5 * looked[0.0]


def test_untrained_loss_and_one_batch_by_heart() -> None:
    model = captioner()
    batch = tf.constant(pictures(1)), tf.constant(IDS)
    step = tf.function(train_step)
    losses = [float(step(model, batch)["loss"]) for _ in range(120)]
    assert losses[0] == pytest.approx(math.log(WORDS), rel=0.4)
    # The first word is one of two at random: log 2 on 2 of 7 tokens is the floor.
    assert losses[-1] == pytest.approx(2 * math.log(2) / 7, abs=0.05)


def test_padding_is_not_learnt_from() -> None:
    gradients = []
    for padding in (0, 3):
        model = captioner()
        ids = np.pad(IDS, ((0, 0), (0, 0), (0, padding)))
        train_step(model, (tf.constant(pictures(1)), tf.constant(ids)))
        gradients.append(model.decoder.gate.kernel.numpy())
    np.testing.assert_allclose(gradients[0], gradients[1], atol=1e-6)


def test_greedy_is_a_beam_of_one_and_never_unreadable() -> None:
    model = captioner(seed=3)
    model.decoder.bias.assign([9, 9, 0, 9, 0, 0, 0, 0, 0])  # the unreadable words are likely
    seen = tf.constant(pictures(5))
    greedy, beam = greedy_search(model, seen, 6), beam_search(model, seen, 6, 1)
    for one, two in zip(greedy, beam, strict=True):
        width = min(np.shape(one)[1], np.shape(two)[1]) if np.ndim(one) > 1 else None
        np.testing.assert_allclose(
            np.asarray(one)[:, :width] if width else one,
            np.asarray(two)[:, :width] if width else two,
            atol=1e-5,
        )
    for row in np.asarray(beam_search(model, seen, 6, 3).ids):
        words = row[: list(row).index(END)]
        assert len(words) >= 1
        assert not set(words.tolist()) & {PAD, START, UNKNOWN}


def test_a_wide_beam_finds_the_best_of_all_captions() -> None:
    model, seen = captioner(seed=1), pictures(1)
    readable = range(UNKNOWN + 1, WORDS)

    def score(words: tuple[int, ...], limit: int) -> float:
        ids = np.array([[[START, *words]]], np.int32)
        logits = np.array(model((seen, ids))[0][0, 0])
        logits[:, [PAD, START, UNKNOWN]] = -1e9
        logits[0, END] = -1e9
        log_p = logits - np.log(np.exp(logits - 50).sum(-1, keepdims=True)) - 50
        total = sum(log_p[place, word] for place, word in enumerate(words))
        # There is no room for anything but the end behind the last word.
        return float(total + log_p[len(words), END]) / (len(words) + 1)

    every = [words for length in (1, 2) for words in product(readable, repeat=length)]
    best = max(every, key=lambda words: score(words, 3))
    found = beam_search(model, tf.constant(seen), 3, 30)
    assert tuple(np.asarray(found.ids)[0][: len(best)]) == best
    assert float(found.scores[0]) == pytest.approx(score(best, 3), abs=1e-4)


def test_captions_are_written_in_batches() -> None:
    model = captioner()
    vocabulary = Vocabulary(("<pad>", "<start>", "<end>", "<unk>", "a", "b", "c", "d", "e"))
    table = pictures(103)
    asked: list[int] = []

    def read(places: list[int]) -> Any:
        asked.append(len(places))
        return np.where(np.array(places)[:, None, None] < 0, 0, table[places]).astype(np.float16)

    found = write_captions(model, vocabulary, read, 103, 5)
    assert len(found) == 103
    assert asked == [100, 100]
    (alone,) = write_captions(model, vocabulary, lambda places: table[102:], 1, 5)
    assert alone.words == found[102].words
    np.testing.assert_allclose(alone.attention, found[102].attention, atol=1e-5)
    assert alone.attention.shape == (len(alone.words), 4)


def test_the_small_network_sees_things_where_they_are() -> None:
    keras.utils.set_random_seed(0)
    encoder = ShapeEncoder(8, 0.0, 0)
    picture = np.random.default_rng(0).integers(0, 256, (1, 64, 64, 3)).astype(np.uint8)
    encoder(picture)
    encoder.place.kernel.assign(np.zeros((2, 2)))  # where a cell is must not tell
    for convolution in encoder.convolutions:  # the same weights from left to right as back
        kernel = convolution.kernel.numpy()
        convolution.kernel.assign((kernel + kernel[:, ::-1]) / 2)
    seen = np.reshape(encoder(picture), (8, 8, 8))
    flipped = np.reshape(encoder(picture[:, :, ::-1]), (8, 8, 8))
    np.testing.assert_allclose(flipped, seen[:, ::-1], atol=1e-4)
