"""The exercises of captioning: wrong code is named, right code by another method is accepted."""

from typing import Any

import pytest

from tests.solving import results, solved

WRONG = [
    ("grids", "cells", "64", "8", "side_alone"),
    ("grids", "sees", "46", "14", "strides_forgotten"),
    ("grids", "coordinates", "+ 0.5) / side", ") / side", "corners"),
    (
        "grids",
        "coordinates",
        "(np.arange(side, dtype=np.float32) + 0.5) / side * 2 - 1",
        "np.linspace(-1, 1, side, dtype=np.float32)",
        "on_the_border",
    ),
    ("grids", "coordinates", "[down, across], axis", "[across, down], axis", "across_first"),
    ("grids", "coordinates", " / side * 2 - 1", " / side", "from_zero"),
    ("grids", "coordinates", ".reshape(-1, 2)", "", "not_flat"),
    (
        "grids",
        "peak",
        "(across + 0.5 + offset) / side, (down + 0.5 + offset) / side",
        "(down + 0.5) / side, (across + 0.5) / side",
        "down_first",
    ),
    (
        "grids",
        "peak",
        "(across + 0.5 + offset) / side, (down + 0.5 + offset) / side",
        "across / side, down / side",
        "corner",
    ),
    ("grids", "peak", "round(len(weights) ** 0.5)", "8", "always_eight"),
    ("grids", "peak", "np.argmax", "np.argmin", "least"),
    ("attention", "weight", "1 / 64", "1 / 8", "of_a_row"),
    ("attention", "BahdanauAttention", "tf.tanh(query", "(query", "no_tanh"),
    ("attention", "BahdanauAttention", "tf.tanh(query +", "tf.tanh(0 * query +", "no_query"),
    ("attention", "BahdanauAttention", "scores[..., 0])", "scores[..., 0], 1)", "over_the_queries"),
    (
        "attention",
        "BahdanauAttention",
        "tf.nn.softmax(scores[..., 0])",
        "tf.nn.softmax(scores)[..., 0]",
        "over_one_number",
    ),
    ("attention", "BahdanauAttention", "tf.nn.softmax(", "tf.sigmoid(", "sigmoids"),
    (
        "attention",
        "BahdanauAttention",
        "tf.matmul(weights, values), weights",
        "weights, tf.matmul(weights, values)",
        "swapped",
    ),
    (
        "attention",
        "BahdanauAttention",
        "tf.matmul(weights, values)",
        "tf.matmul(tf.ones_like(weights) / 4, values)",
        "plain_mean",
    ),
    (
        "attention",
        "BahdanauAttention",
        "tf.matmul(weights, values)",
        "tf.matmul(tf.ones_like(weights), values)",
        "plain_sum",
    ),
    ("leaks", "first_loss", "4.61", "6.64", "in_bits"),
    (
        "leaks",
        "hold_out",
        "return np.isin",
        "return np.random.default_rng(seed).random(len(owners)) < 0.1\n    return np.isin",
        "by_caption",
    ),
    (
        "leaks",
        "hold_out",
        "return np.isin",
        "return np.arange(len(owners)) >= 0.9 * len(owners)\n    return np.isin",
        "the_tail",
    ),
    ("leaks", "hold_out", "return np.isin", "return ~np.isin", "the_wrong_way_round"),
    ("leaks", "hold_out", "len(pictures) / 10", "len(owners) / 10", "tenth_of_captions"),
    (
        "leaks",
        "epoch_loss",
        "np.average(losses, weights=words)",
        "np.sum(losses) / np.sum(words)",
        "by_the_words",
    ),
    ("leaks", "epoch_loss", ", weights=words", "", "mean_of_means"),
    ("leaks", "epoch_loss", "np.average(losses, weights=words)", "sum(losses)", "sum_of_means"),
    (
        "leaks",
        "epoch_loss",
        "np.average(losses, weights=words)",
        "losses @ words / len(losses)",
        "by_the_batches",
    ),
    ("pointing", "by_chance", "0.2", "0.5", "heads_or_tails"),
    ("pointing", "is_inside", "return box", "point = point[::-1]\n    return box", "point_turned"),
    ("pointing", "is_inside", "and", "or", "either_way"),
    (
        "pointing",
        "is_inside",
        "point[0] <= box.right and box.top <= point[1] <= box.bottom",
        "point[0] and box.top <= point[1]",
        "two_borders",
    ),
    ("pointing", "pointing_game", "        if boxes\n", "", "grammar_misses"),
    ("pointing", "pointing_game", "any(", "all(", "all_of_them"),
    ("pointing", "pointing_game", "sum(hits) / len(hits)", "sum(hits)", "count_of_hits"),
    ("pointing", "pointing_game", "if hits else 0.0", "if hits else np.nan", "nothing_by_nothing"),
]


@pytest.mark.parametrize(("topic", "cell", "old", "new", "named"), WRONG, ids=[w[4] for w in WRONG])
def test_wrong_code_is_named(topic: str, cell: str, old: str, new: str, named: str) -> None:
    right = solved(f"captioning/{topic}", cell)
    assert old in right
    found = results(f"captioning/{topic}", cell, right.replace(old, new))
    assert named in {result.misconception for result in found.values()}


COORDINATES = """def coordinates(side):
    found = []
    for cell in range(side * side):
        down, across = divmod(cell, side)
        found.append([(2 * down + 1) / side - 1, (2 * across + 1) / side - 1])
    return tf.constant(found, tf.float32)
"""
EDGES = """def coordinates(side):
    edges = tf.linspace(-1.0, 1.0, side + 1)
    middles = (edges[1:] + edges[:-1]) / 2
    return tf.stack([tf.repeat(middles, side), tf.tile(middles, [side])], axis=1)
"""
PEAK = """def peak(weights):
    side = int(np.sqrt(len(weights)))
    grid = np.reshape(weights, (side, side))
    down, across = np.unravel_index(grid.argmax(), grid.shape)
    return float(across / side + 1 / (2 * side)), float(down / side + 1 / (2 * side))
"""
ATTENTION = """class BahdanauAttention(keras.layers.Layer):
    def __init__(self, units, **kwargs):
        super().__init__(**kwargs)
        self.query_projection = keras.layers.Dense(units)
        self.key_projection = keras.layers.Dense(units, use_bias=False)
        self.score = keras.layers.Dense(1, use_bias=False)

    def keys(self, values):
        return self.key_projection(values)

    def call(self, query, keys, values):
"""
SUM = """        asked = self.query_projection(query)
        e = self.score(tf.tanh(tf.expand_dims(asked, 2) + tf.expand_dims(keys, 1)))
        powers = tf.exp(e)
        weights = powers / tf.reduce_sum(powers, axis=2, keepdims=True)
        return tf.reduce_sum(weights * values[:, None], axis=2), tf.squeeze(weights, -1)
"""
EACH = """        contexts, rows = [], []
        for one in tf.unstack(self.query_projection(query), axis=1):
            scores = tf.squeeze(self.score(tf.tanh(one[:, None] + keys)), -1)
            rows.append(keras.ops.softmax(scores, axis=-1))
            contexts.append(tf.einsum("bc,bcu->bu", rows[-1], values))
        return tf.stack(contexts, 1), tf.stack(rows, 1)
"""
EVERY_TENTH = """def hold_out(owners, seed):
    _, numbers = np.unique(owners, return_inverse=True)
    return numbers % 10 == seed % 10
"""
A_SET = """def hold_out(owners, seed):
    pictures = sorted(set(owners.tolist()))
    chosen = set(np.random.default_rng(seed).choice(pictures, len(pictures) // 10, replace=False))
    return np.array([one in chosen for one in owners])
"""
EPOCH = """def epoch_loss(losses, words):
    total = count = 0.0
    for loss, some in zip(losses, words):
        total += loss * some
        count += some
    return total / count
"""
GAME = """def pointing_game(examples, found):
    hits = count = 0
    for example, written in zip(examples, found):
        for weights, boxes in zip(written.attention, example.boxes(written.words)):
            across, down = peak(weights)
            count += len(boxes) > 0
            for box in boxes:
                if box.left <= across <= box.right and box.top <= down <= box.bottom:
                    hits += 1
                    break
    return hits / max(count, 1)
"""
INSIDE = """def is_inside(point, box):
    return all(np.clip(point, (box.left, box.top), (box.right, box.bottom)) == np.array(point))
"""
OTHER = [
    ("pointing", "pointing_game", GAME),
    ("pointing", "is_inside", INSIDE),
    ("grids", "coordinates", COORDINATES),
    ("grids", "coordinates", EDGES),
    ("grids", "peak", PEAK),
    ("attention", "BahdanauAttention", ATTENTION + SUM),
    ("attention", "BahdanauAttention", ATTENTION + EACH),
    ("leaks", "hold_out", EVERY_TENTH),
    ("leaks", "hold_out", A_SET),
    ("leaks", "epoch_loss", EPOCH),
]


@pytest.mark.parametrize(("topic", "cell", "code"), OTHER)
def test_another_method_is_accepted(topic: str, cell: str, code: str) -> None:
    found = results(f"captioning/{topic}", cell, code)
    wrong: dict[str, Any] = {n: r.words for n, r in found.items() if r.status != "passed"}
    assert wrong == {}
