"""The exercises of nmt: wrong code is named, right code by another method is accepted."""

from contextlib import suppress
from typing import Any

import pytest

from coursekit.notebooks import books, files
from coursekit.notebooks.editions import cells
from coursekit.notebooks.verify import verify
from coursekit.practice.gather import declared, exercise
from coursekit.practice.here import Here, StudentError
from coursekit.practice.run import Result, run


def results(name: str, cell: str, code: str) -> dict[str, Result]:
    """Check the solution of an exercise with one cell's code changed."""
    template = exercise(name)
    known = declared(template)
    here = Here({"__name__": "__main__"}, known.probes)
    for built in cells(template):
        if built.role == "given":
            with suppress(StudentError):  # a cell that shows what the wrong code does
                here.run(built.solved, built.id)
        elif built.role == "student":
            here.run(code if cell in built.names else built.solved, built.id)
    return {result.check.name: result for result in run(known, here)}


def solved(name: str, cell: str) -> str:
    return next(c.solved for c in cells(exercise(name)) if cell in c.names)


WRONG = [
    ("attention", "BahdanauAttention", "tf.tanh(query + keys)", "query + keys", "no_tanh"),
    (
        "attention",
        "BahdanauAttention",
        "return context, weights",
        "return weights, context",
        "swapped",
    ),
    (
        "attention",
        "BahdanauAttention",
        "tf.where(mask, scores, scores.dtype.min)",
        "scores, axis=0",
        "over_the_batch",
    ),
    ("attention", "BahdanauAttention", "query + keys", "keys + 0 * query", "no_query"),
    (
        "attention",
        "BahdanauAttention",
        "tf.where(mask, scores, scores.dtype.min)",
        "scores",
        "mask_after_softmax",
    ),
    (
        "attention",
        "BahdanauAttention",
        "weights = tf.where(mask, weights, 0.0)",
        "weights = tf.nn.softmax(scores)",
        "no_mask",
    ),
    (
        "attention",
        "BahdanauAttention",
        "weights = tf.where(mask, weights, 0.0)",
        "weights = tf.nn.softmax(scores * tf.cast(mask, scores.dtype))",
        "score_times_mask",
    ),
    ("attention", "BahdanauAttention", "weights, values)", "weights, keys)", "context_of_keys"),
    (
        "attention",
        "BahdanauAttention",
        "weights, values)",
        "tf.ones_like(weights) / 4, values)",
        "plain_mean",
    ),
    (
        "attention",
        "BahdanauAttention",
        "weights = tf.where(mask, weights, 0.0)",
        "weights = tf.nn.softmax(tf.where(mask, scores, -float('inf')))",
        "minus_infinity",
    ),
    (
        "loss",
        "token_loss",
        "tf.reduce_sum(real), 1.0",
        "tf.cast(tf.size(real), 'float32'), 1.0",
        "over_all_places",
    ),
    (
        "loss",
        "token_loss",
        "tf.maximum(tf.reduce_sum(real), 1.0)",
        "tf.reduce_sum(real)",
        "zero_by_zero",
    ),
    ("loss", "token_loss", "tf.maximum(tf.reduce_sum(real), 1.0)", "1.0", "sum_of_all"),
    (
        "loss",
        "token_loss",
        "(1 - smoothing) * plain + smoothing * uniform",
        "smoothing * plain + (1 - smoothing) * uniform",
        "shares_swapped",
    ),
    ("padding", "padded", "array[row, : len(ids)]", "array[row, length - len(ids) :]", "in_front"),
    ("padding", "padded", "len(rows) + empty", "len(rows)", "none_empty"),
    (
        "padding",
        "Vocabulary",
        "self._ids.get(word, UNKNOWN)",
        "self._ids.get(word, PAD)",
        "unknown_is_padding",
    ),
    (
        "padding",
        "Vocabulary",
        "for word in sentence.split()]",
        "for word in sentence.split() if word in self._ids]",
        "unknown_left_out",
    ),
]


@pytest.mark.parametrize(("topic", "cell", "old", "new", "named"), WRONG, ids=[w[4] for w in WRONG])
def test_wrong_code_is_named(topic: str, cell: str, old: str, new: str, named: str) -> None:
    right = solved(f"nmt/{topic}", cell)
    assert old in right
    found = results(f"nmt/{topic}", cell, right.replace(old, new))
    assert named in {result.misconception for result in found.values()}


ATTENTION = """class BahdanauAttention(keras.layers.Layer):
    def __init__(self, units, **kwargs):
        super().__init__(**kwargs)
        self.query_projection = keras.layers.Dense(units, use_bias=False)
        self.key_projection = keras.layers.Dense(units, use_bias=False)
        self.score = keras.layers.Dense(1, use_bias=False)

    def keys(self, values):
        return self.key_projection(values)

    def call(self, query, keys, values, mask):
"""
SUM = """        e = self.score(tf.tanh(self.query_projection(query)[:, None] + keys))
        powers = tf.exp(e) * tf.cast(mask, e.dtype)[:, :, None]
        weights = powers / (tf.reduce_sum(powers, axis=1, keepdims=True) + 1e-12)
        return tf.reduce_sum(weights * values, axis=1), weights[:, :, 0]
"""
KERAS = """        layer = keras.layers.Softmax()
        repeated = tf.repeat(self.query_projection(query)[:, None], keys.shape[1], axis=1)
        scores = tf.squeeze(self.score(keras.ops.tanh(repeated + keys)), -1)
        weights = layer(scores, mask=mask) * tf.cast(mask, scores.dtype)
        return tf.matmul(weights[:, None], values)[:, 0], weights
"""
LOSS = """def token_loss(choice, targets, smoothing=0.0):
    kept = tf.where(targets != PAD)
    def mean(part):
        words = tf.gather_nd(choice.normaliser - part, kept)
        return tf.math.divide_no_nan(tf.reduce_sum(words), float(len(words)))
    plain = mean(choice.right)
    return plain, plain + smoothing * (mean(choice.mean) - plain)
"""
PADDED = """def padded(rows, length, empty=0):
    full = [list(row) + [PAD] * (length - len(row)) for row in rows]
    return np.array(full + [[PAD] * length] * empty)
"""
OTHER = [
    ("attention", "BahdanauAttention", ATTENTION + SUM),
    ("attention", "BahdanauAttention", ATTENTION + KERAS),
    ("loss", "token_loss", LOSS),
    ("padding", "padded", PADDED),
    ("padding", "bounds", "bounds = (6, 8, 10, 20)"),
]


@pytest.mark.parametrize(("topic", "cell", "code"), OTHER)
def test_another_method_is_accepted(topic: str, cell: str, code: str) -> None:
    found = results(f"nmt/{topic}", cell, code)
    wrong: dict[str, Any] = {n: r.words for n, r in found.items() if r.status != "passed"}
    assert wrong == {}


def test_an_exercise_passes_the_gate() -> None:
    assert verify(exercise("nmt/padding")) == []


def test_a_solved_exercise_runs_in_a_kernel() -> None:
    done = files.executed(books.notebook(exercise("nmt/padding"), "solved"))
    text = str([output for cell in done["cells"] for output in cell.get("outputs", [])])
    assert "✓ Four buckets with less than 12 % padding (2/2)" in text
    assert "✗" not in text
