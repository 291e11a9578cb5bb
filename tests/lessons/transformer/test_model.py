"""The network: its arithmetic by hand, its mask, its memory, one step of training."""

import math
from typing import Any

import numpy as np
import pytest
import tensorflow as tf

from coursekit import CourseError
from coursekit_transformer import TransformerSettings
from coursekit_transformer.build import build_model
from coursekit_transformer.data import TransformerData, Vocabulary
from coursekit_transformer.model import (
    Memory,
    Transformer,
    causal_mask,
    layer_norm,
    merge_heads,
    rotated,
    scaled_dot_product,
    split_heads,
)
from coursekit_transformer.train import character_loss, train_step

pytestmark = pytest.mark.tf

CHARACTERS = 11  # ten, and the unknown one
IDS = np.random.default_rng(0).integers(1, CHARACTERS, (2, 9)).astype(np.int32)


def made(**changes: Any) -> Transformer:
    """Return a small network that sees eight characters."""
    values: dict[str, Any] = {
        "units": 8, "heads": 2, "layers": 2, "length": 8, "epochs": 50, "dropout": 0.0, **changes,
    }  # fmt: skip
    data = TransformerData(vocabulary=Vocabulary("abcdefghij"), steps_per_epoch=10)
    return build_model(data, TransformerSettings(**values))


def decided(**changes: Any) -> Transformer:
    """Return a small network whose weights are as large as trained ones."""
    model = made(**changes)
    for variable in model.trainable_variables:
        draw = np.random.default_rng(len(variable.path)).normal(0, 0.5, variable.shape)
        variable.assign(variable + draw)
    return model


def softmax(scores: Any) -> Any:
    powers = np.exp(scores - scores.max(-1, keepdims=True))
    return powers / powers.sum(-1, keepdims=True)


def normed(x: Any, norm: Any) -> Any:
    found = (x - x.mean(-1, keepdims=True)) / np.sqrt(x.var(-1, keepdims=True) + 1e-5)
    return found * norm.scale.numpy() + norm.shift.numpy()


def turned(vector: Any, place: int) -> Any:
    """Turn one vector as complex numbers: an independent way to rotate."""
    half = len(vector) // 2
    pairs = vector[:half] + 1j * vector[half:]
    pairs = pairs * np.exp(1j * place * 10_000.0 ** (-np.arange(half) / half))
    return np.concatenate([pairs.real, pairs.imag])


def by_hand(model: Transformer, ids: Any) -> Any:
    """The logits of one row of text, place by place and head by head, in NumPy."""
    x = model.embedding.embeddings.numpy()[ids]
    for block in model.blocks:
        part = normed(x, block.norm_attention) @ block.attention.project.kernel.numpy()
        units = x.shape[1]
        size = units // model.heads
        told = np.zeros_like(x)
        for head in range(model.heads):
            here = slice(head * size, (head + 1) * size)
            q, k, v = (part[:, start : start + units][:, here] for start in (0, units, 2 * units))
            for t in range(len(ids)):
                first = max(0, t - model.window + 1)
                scores = [turned(q[t], t) @ turned(k[j], j) for j in range(first, t + 1)]
                weights = softmax(np.array(scores) / math.sqrt(size))
                told[t, here] = weights @ v[first : t + 1]
        x = x + told @ block.attention.merge.kernel.numpy()
        wide = normed(x, block.norm_network) @ block.widen.kernel.numpy()
        erf = np.vectorize(math.erf)
        x = x + wide * (1 + erf(wide / math.sqrt(2))) / 2 @ block.narrow.kernel.numpy()
    return normed(x, model.norm) @ model.readout.kernel.numpy()


@pytest.mark.parametrize("length", [8, 3])
def test_the_network_by_hand(length: int) -> None:
    """Also where the text is longer than the window that each place sees."""
    model = decided(length=length)
    logits, _ = model(IDS)
    for row in range(2):
        np.testing.assert_allclose(logits[row], by_hand(model, IDS[row]), atol=2e-5)


def test_a_later_character_never_changes_an_earlier_guess() -> None:
    model = decided()
    before = model(IDS)[0].numpy()
    for place in range(IDS.shape[1]):
        changed = IDS.copy()
        changed[:, place] = changed[:, place] % (CHARACTERS - 1) + 1
        after = model(changed)[0].numpy()
        np.testing.assert_array_equal(after[:, :place], before[:, :place])
        assert (after[:, place] != before[:, place]).any()


def test_nothing_further_back_than_the_layers_reach_counts() -> None:
    """Two layers of three places each see the character itself and four before it."""
    model = decided(length=3)
    before = model(IDS)[0].numpy()
    changed = IDS.copy()
    changed[:, 2] = changed[:, 2] % (CHARACTERS - 1) + 1
    differs = np.abs(model(changed)[0].numpy() - before).max(axis=(0, 2)) > 0
    assert differs.tolist() == [False, False] + [True] * 5 + [False, False]


def test_the_mask_by_hand() -> None:
    assert causal_mask(3).numpy().tolist() == [
        [True, False, False],
        [True, True, False],
        [True, True, True],
    ]
    assert causal_mask(2, past=2, window=2).numpy().tolist() == [
        [False, True, True, False],
        [False, False, True, True],
    ]
    assert causal_mask(1, past=3).numpy().tolist() == [[True] * 4]


def test_attention_by_hand() -> None:
    """One query, two keys: scores 2 and 0 over the root of 4, so weights of e to 1."""
    queries = tf.constant([[[2.0, 0.0, 0.0, 0.0]]])
    keys = tf.constant([[[1.0, 0.0, 0.0, 0.0], [0.0, 1.0, 0.0, 0.0]]])
    values = tf.constant([[[1.0, 10.0], [0.0, 20.0]]])
    mixed, weights = scaled_dot_product(queries, keys, values, tf.constant([[True, True]]))
    share = math.e / (math.e + 1)
    np.testing.assert_allclose(weights, [[[share, 1 - share]]], rtol=1e-6)
    np.testing.assert_allclose(mixed, [[[share, 20 - 10 * share]]], rtol=1e-6)
    mixed, weights = scaled_dot_product(queries, keys, values, tf.constant([[False, True]]))
    assert weights.numpy().tolist() == [[[0.0, 1.0]]]
    assert mixed.numpy().tolist() == [[[0.0, 20.0]]]


def test_heads_are_parted_and_merged() -> None:
    features = np.arange(2 * 3 * 4, dtype=np.float32).reshape(2, 3, 4)
    parts = split_heads(tf.constant(features), 2)
    assert parts.shape == (2, 2, 3, 2)
    np.testing.assert_array_equal(parts[1, 1], features[1, :, 2:])
    np.testing.assert_array_equal(merge_heads(parts), features)


def test_turning_keeps_lengths_and_leaves_distances_alone() -> None:
    draw = np.random.default_rng(3)
    vectors = draw.normal(size=(1, 12, 6)).astype(np.float32)
    found = rotated(tf.constant(vectors)).numpy()
    for place in range(12):
        np.testing.assert_allclose(found[0, place], turned(vectors[0, place], place), atol=1e-5)
    np.testing.assert_allclose(
        rotated(tf.constant(vectors), 5)[0, 2], turned(vectors[0, 2], 7), 1e-4
    )
    same = tf.constant(np.repeat(vectors[:, :1], 12, axis=1))
    products = tf.matmul(rotated(same), rotated(same), transpose_b=True).numpy()[0]
    for distance in range(12):
        diagonal = np.diagonal(products, -distance)
        np.testing.assert_allclose(diagonal, diagonal[0], atol=1e-5)
    np.testing.assert_allclose(products, tf.matmul(
        rotated(same, 40), rotated(same, 40), transpose_b=True
    )[0], atol=1e-4)  # fmt: skip


def test_the_norm_by_hand() -> None:
    found = layer_norm(tf.constant([[1.0, 3.0], [5.0, 5.0]]), tf.constant([2.0, 3.0]), 0.5)
    np.testing.assert_allclose(found, [[-1.5, 3.5], [0.5, 0.5]], atol=1e-4)


@pytest.mark.parametrize("length", [8, 3])
def test_the_cache_equals_no_cache(length: int) -> None:
    """Character by character, in pieces, and at once, the logits are the same."""
    model = decided(length=length)
    whole, _ = model(IDS)
    memory = model.empty_memory(2)
    for place in range(IDS.shape[1]):
        logits, memory = model(tf.constant(IDS[:, place : place + 1]), memory)
        np.testing.assert_allclose(logits[:, 0], whole[:, place], atol=2e-5)
    assert int(memory.read) == IDS.shape[1]
    memory, pieces = model.empty_memory(2), []
    for piece in (IDS[:, :4], IDS[:, 4:5], IDS[:, 5:]):
        logits, memory = model(tf.constant(piece), memory)
        pieces.append(logits)
    np.testing.assert_allclose(tf.concat(pieces, axis=1), whole, atol=2e-5)


def test_a_memory_has_the_size_of_a_window() -> None:
    model = made()
    before: Memory = model.empty_memory(2)
    _, after = model(IDS, before)
    assert [part.shape for part in tf.nest.flatten(before)] == [
        part.shape for part in tf.nest.flatten(after)
    ]


def test_attention_is_handed_out_and_sums_to_one() -> None:
    model = decided()
    logits, _, looks = model.read(IDS)
    assert len(looks) == 2
    for weights in looks:
        assert weights.shape == (2, 2, 9, 9)
        np.testing.assert_allclose(tf.reduce_sum(weights, -1), 1, rtol=1e-5)
        assert not np.triu(weights.numpy(), 1).any()
    np.testing.assert_array_equal(logits, model(IDS)[0])


def test_attention_and_blocks_can_be_handed_over() -> None:
    def nothing(queries: Any, keys: Any, values: Any, mask: Any) -> Any:
        return 0 * queries, None

    data = TransformerData(vocabulary=Vocabulary("abcdefghij"), steps_per_epoch=10)
    settings = TransformerSettings(units=8, heads=2, layers=2, length=8)
    model = build_model(data, settings, attend=nothing)
    logits = model(IDS)[0].numpy()
    # Without attention a place knows its own character and nothing else.
    for one, two in [(0, 1), (3, 7)]:
        same = IDS[0, one] == IDS[0, two]
        assert np.allclose(logits[0, one], logits[0, two]) == same


def test_units_must_be_shared_out_in_pairs() -> None:
    with pytest.raises(CourseError, match="10 units cannot be shared out") as caught:
        made(units=10, heads=4)
    assert "--set units=8" in caught.value.remedy


def test_dropout_is_for_training_only() -> None:
    model = decided(dropout=0.5)
    np.testing.assert_array_equal(model(IDS)[0], model(IDS)[0])
    assert not np.array_equal(model(IDS, training=True)[0], model(IDS, training=True)[0])


def test_dropout_keeps_the_mean() -> None:
    dropped = made(dropout=0.25).dropout(tf.ones((200, 500)), training=True).numpy()
    assert set(np.unique(dropped)) == {np.float32(0), np.float32(1 / 0.75)}
    assert dropped.mean() == pytest.approx(1, abs=0.01)


def test_every_dropout_has_a_seed_of_its_own() -> None:
    model = made(dropout=0.1)
    layers = [model.dropout, *(d for block in model.blocks for d in block.dropouts)]
    states = {tuple(layer.seeds.state.numpy().tolist()) for layer in layers}
    assert len(states) == len(layers) == 5


def test_the_loss_by_hand() -> None:
    logits = np.log([[[0.5, 0.25, 0.25], [0.1, 0.1, 0.8]]]).astype(np.float32)
    loss = character_loss(logits, np.array([[0, 1]]))
    np.testing.assert_allclose(loss, [[math.log(2), math.log(10)]], rtol=1e-6)


def test_an_untrained_network_expects_every_character_alike() -> None:
    loss = train_step(made(), (IDS[:, :-1], IDS[:, 1:]))["loss"]
    assert float(loss) == pytest.approx(math.log(CHARACTERS), rel=0.01)


def test_every_weight_learns() -> None:
    model = made(warmup=0.0)
    before = [variable.numpy() for variable in model.trainable_variables]
    for _ in range(3):  # the first step's rate is zero, and so is the first norms' gradient
        train_step(model, (IDS[:, :-1], IDS[:, 1:]))
    for variable, old in zip(model.trainable_variables, before, strict=True):
        assert not np.array_equal(variable.numpy(), old), variable.path


def test_matrices_alone_decay() -> None:
    model = made()
    decays = [model.optimizer._use_weight_decay(v) for v in model.trainable_variables]
    assert decays == [len(v.shape) == 2 for v in model.trainable_variables]
    assert sum(decays) == 2 * 4 + 2  # four in each block, the vectors and the readout


def test_one_batch_can_be_overfitted() -> None:
    model = made(units=32, learning_rate=0.01, epochs=20, weight_decay=0.0)  # of 10 steps each
    step = tf.function(train_step)
    ids = IDS.copy()
    ids[:, 0] = 1, 2  # or nothing tells the rows apart at first
    losses = [float(step(model, (ids[:, :-1], ids[:, 1:]))["loss"]) for _ in range(200)]
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


def test_it_learns_what_stands_a_window_back() -> None:
    """A text whose every character is the one seven places before it: only attention can tell."""
    model = made(units=32, learning_rate=0.01, epochs=30, weight_decay=0.0)
    step, draw = tf.function(train_step), np.random.default_rng(1)
    for _ in range(300):
        start = draw.integers(1, CHARACTERS, (16, 7))
        rows = np.tile(start, (1, 3)).astype(np.int32)[:, :17]
        step(model, (tf.constant(rows[:, :-1]), tf.constant(rows[:, 1:])))
    logits, _ = model(tf.constant(rows[:, :-1]))
    losses = character_loss(logits, rows[:, 1:]).numpy()
    assert losses[:, 6:].mean() < 0.1
    assert losses[:, :6].mean() > 2  # the first seven characters of a row are chance
