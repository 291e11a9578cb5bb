"""The exercises of transformer: wrong code is named, right code by another method is accepted."""

from functools import cache

import pytest

from coursekit.notebooks.cells import cells
from coursekit.practice.checks import Result, check_work
from coursekit.practice.gather import declared, exercise
from coursekit.practice.namespace import NotebookNamespace
from coursekit.practice.verify import faults_of

pytestmark = pytest.mark.tf

TOPICS = ["attention", "heads", "leak", "residual", "cache", "lookup"]


@cache
def solved_space(topic: str) -> NotebookNamespace:
    """Return the namespace of a solved exercise, its given cells run once."""
    template = exercise(f"transformer/{topic}")
    here = NotebookNamespace({"__name__": "__main__"}, declared(template).probes)
    for built in cells(template):
        if built.role in ("given", "student"):
            here.run_cell(built.solved, built.id)
    return here


def results(topic: str, code: str) -> dict[str, Result]:
    """Check the solution of an exercise with one cell's code in place of the solution's."""
    known = declared(exercise(f"transformer/{topic}"))
    right = solved_space(topic)
    here = NotebookNamespace(dict(right.namespace), right.probes)
    here.run_cell(code, "changed")
    return {result.check.name: result for result in check_work(known, here)}


def solved(topic: str, cell: str) -> str:
    found = cells(exercise(f"transformer/{topic}"))
    return next(c.solved for c in found if cell in c.names)


DISTANCE = "looking - tf.range(past + time)"
SCORES = "tf.matmul(queries, keys, transpose_b=True) / math.sqrt(size)"
WEIGHTS = "tf.nn.softmax(tf.where(mask, scores, NEVER))"
MIXED = "return tf.matmul(weights, values), weights"
SPLIT = "parts = tf.reshape(features, [-1, time, heads, units // heads])"
TURNED = "tf.transpose(parts, [0, 2, 1, 3])"
PLACES = "tf.cast(first + tf.range(time), tf.float32)"
ANGLES = "places[:, tf.newaxis] * rates"
BOTH = "[left * cos - right * sin, left * sin + right * cos]"
NORM = "(features - mean) * tf.math.rsqrt(variance + 1e-5) * scale + shift"
TOLD = "features = features + self.dropouts[0](received, training=training)"
DROP = "self.dropouts[1](computed, training=training)"
OUT = f"return features + {DROP}, memory, weights"
KEYS = "keys = tf.concat([memory[0], keys], axis=2)"
VALUES = "values = tf.concat([memory[1], values], axis=2)"
CHANGED = "changed = ids.copy()\n"
APART = "np.abs(guess(changed) - before).max(axis=-1) > 1e-5"
SCORED = "scores += 2.0 * alike"
# Topic, cell, what of the solution is replaced, by what, the misconception that is named.
WRONG = [
    ("attention", "third_weight", "0.67", "0.8", "one_rival"),
    ("attention", "third_weight", "0.67", "1 / 3", "even"),
    ("attention", "pairs", "2080", "64 * 64", "all_pairs"),
    ("attention", "pairs", "2080", "64 * 63 // 2", "without_itself"),
    ("attention", "causal_mask", DISTANCE, f"-({DISTANCE})", "turned_over"),
    ("attention", "causal_mask", "distance >= 0", "distance > 0", "not_itself"),
    ("attention", "causal_mask", "distance >= 0", "distance >= -1", "one_ahead"),
    ("attention", "causal_mask", "tf.range(past, past + time)", "tf.range(time)",
     "past_not_counted"),
    ("attention", "causal_mask", DISTANCE, "looking - tf.range(past, past + time)",
     "without_past"),
    ("attention", "causal_mask", "(distance < window)", "True", "no_window"),
    ("attention", "causal_mask", "distance < window", "distance <= window", "one_too_far"),
    ("attention", "causal_mask", "distance < window", "distance < window - 1", "one_too_near"),
    ("attention", "scaled_dot_product", " / math.sqrt(size)", "", "not_scaled"),
    ("attention", "scaled_dot_product", "math.sqrt(size)", "size", "by_size"),
    ("attention", "scaled_dot_product", "size = queries.shape[-1]", "size = keys.shape[-2]",
     "by_places"),
    ("attention", "scaled_dot_product", "scores, NEVER))", "scores, NEVER), axis=-2)",
     "wrong_axis"),
    ("attention", "scaled_dot_product", WEIGHTS, "tf.where(mask, scores, 0.0)", "no_softmax"),
    ("attention", "scaled_dot_product", WEIGHTS,
     "tf.nn.softmax(scores) * tf.cast(mask, tf.float32)", "masked_after"),
    ("attention", "scaled_dot_product", "NEVER", "0.0", "zero_for_never"),
    ("attention", "scaled_dot_product", "mask, scores, NEVER", "mask, NEVER, scores",
     "mask_turned"),
    ("attention", "scaled_dot_product", WEIGHTS, "tf.nn.softmax(scores)", "mask_forgotten"),
    ("attention", "scaled_dot_product", WEIGHTS,
     "tf.nn.softmax(scores + tf.cast(mask, tf.float32))", "mask_added"),
    ("attention", "scaled_dot_product", "(weights, values)", "(weights, keys)", "keys_mixed"),
    ("attention", "scaled_dot_product", MIXED, "return weights, tf.matmul(weights, values)",
     "swapped"),
    ("attention", "scaled_dot_product", MIXED,
     "return tf.matmul(tf.ones_like(weights) / keys.shape[-2], values), weights", "mean_of_all"),
    ("attention", "scaled_dot_product", MIXED,
     "return tf.matmul(weights, values), tf.where(mask, scores, NEVER)", "scores_returned"),
    ("heads", "shape_of_heads", "(16, 4, 64, 32)", "(16, 64, 4, 32)", "heads_third"),
    ("heads", "weights_of_layer", "65_536", "3 * 128 * 128", "three_matrices"),
    ("heads", "split_heads", f"{SPLIT}\n    return {TURNED}",
     "return tf.reshape(features, [-1, heads, time, units // heads])", "reshaped_only"),
    ("heads", "split_heads", f"return {TURNED}", "return parts", "not_transposed"),
    ("heads", "split_heads", f"{SPLIT}\n    return {TURNED}",
     "parts = tf.reshape(features, [-1, time, units // heads, heads])\n"
     "    return tf.transpose(parts, [0, 3, 1, 2])", "taking_turns"),
    ("heads", "split_heads", "[0, 2, 1, 3]", "[0, 2, 3, 1]", "size_first"),
    ("heads", "split_heads", "[0, 2, 1, 3]", "[2, 0, 1, 3]", "heads_first"),
    ("heads", "merge_heads", f"beside = {TURNED}", "beside = parts", "merged_by_reshape"),
    ("heads", "merge_heads", "return tf.reshape(beside, [-1, time, heads * size])",
     "return tf.reduce_sum(parts, axis=1)", "added_up"),
    ("heads", "merge_heads", "return tf.reshape(beside, [-1, time, heads * size])",
     "return tf.reduce_mean(parts, axis=1)", "averaged"),
    ("heads", "merge_heads", "return tf.reshape(beside, [-1, time, heads * size])",
     "return tf.concat(tf.unstack(parts, axis=1), axis=1)", "along_places"),
    ("heads", "merge_heads", "return tf.reshape(beside, [-1, time, heads * size])",
     "return beside", "not_flattened"),
    ("heads", "rotated", PLACES, "tf.cast(tf.range(time), tf.float32)", "from_zero"),
    ("heads", "rotated", BOTH, "[left * cos + right * sin, right * cos - left * sin]",
     "backwards"),
    ("heads", "rotated", BOTH, "[left * cos + right * sin, left * sin + right * cos]",
     "same_signs"),
    ("heads", "rotated", ANGLES, "places[:, tf.newaxis] * tf.ones_like(rates)", "one_rate"),
    ("heads", "rotated", ANGLES, "tf.ones_like(places)[:, tf.newaxis] * rates", "one_angle"),
    ("heads", "rotated", f"tf.concat({BOTH}, axis=-1)", "vectors", "not_turned"),
    ("leak", "leaking_loss", "0.01", "1.5", "honest"),
    ("leak", "held_out_loss", "0.01", "4.19", "tells"),
    ("leak", "written_text", "2", "1", "good_text"),
    ("leak", "reach", "found[:, place] =", "found[place] =", "exchanged"),
    ("leak", "reach", f"        {CHANGED}", "        changed = changed if place else ids.copy()\n",
     "piled_up"),
    ("leak", "reach", f"found[:, place] = {APART}",
     "after = guess(changed)\n"
     "        found[:, place] = np.abs(after - before).max(axis=-1) > 1e-5\n"
     "        before = after", "with_the_last"),
    ("leak", "reach", f"found[:, place] = {APART}", f"found[place, place] = ({APART})[place]",
     "own_place"),
    ("leak", "reach", APART, f"({APART})[-1]", "last_guess"),
    ("leak", "reach", "> 1e-5", "<= 1e-5", "unchanged"),
    ("leak", "reach", ".max(axis=-1)", ".min(axis=-1)", "all_logits"),
    ("leak", "leaking", '"bd"', '"bc"', "b_and_c"),
    ("leak", "scaled_dot_product", WEIGHTS,
     "tf.nn.softmax(scores) * tf.cast(mask, tf.float32)", "after_softmax"),
    ("leak", "scaled_dot_product", WEIGHTS,
     "tf.nn.softmax(scores * tf.cast(mask, tf.float32))", "multiplied"),
    ("leak", "scaled_dot_product", WEIGHTS, "tf.nn.softmax(scores)", "no_mask"),
    ("leak", "scaled_dot_product", "mask, scores, NEVER", "mask, NEVER, scores", "turned_round"),
    ("leak", "scaled_dot_product", " / math.sqrt(size)", "", "root_lost"),
    ("residual", "normalised", "(-1.0, 1.0)", "(-0.5, 0.5)", "halves"),
    ("residual", "spread_at_the_end", "5.0", "25", "the_variance"),
    ("residual", "layer_norm", "axis=-1", "axis=-2", "over_places"),
    ("residual", "layer_norm", "axis=-1", "axis=[-2, -1]", "over_all"),
    ("residual", "layer_norm", "axis=-1", "axis=0", "over_batch"),
    ("residual", "layer_norm", f"return {NORM}",
     "return features * tf.math.rsqrt(variance + 1e-5) * scale + shift", "mean_left"),
    ("residual", "layer_norm", "* tf.math.rsqrt(variance + 1e-5)", "/ (variance + 1e-5)",
     "by_variance"),
    ("residual", "layer_norm", " * scale + shift", " + shift", "no_scale"),
    ("residual", "layer_norm", " * scale + shift", " * scale", "no_shift"),
    ("residual", "layer_norm", f"return {NORM}",
     "return ((features - mean) * tf.math.rsqrt(variance + 1e-5) + shift) * scale",
     "shift_first"),
    ("residual", "layer_norm", "variance + 1e-5", "variance", "nothing_added"),
    ("residual", "Block", TOLD, "features = self.dropouts[0](received, training=training)",
     "attention_replaces"),
    ("residual", "Block", OUT, f"return {DROP}, memory, weights", "network_replaces"),
    ("residual", "Block", "self.attention(self.norm_attention(features),",
     "self.attention(features,", "attention_raw"),
    ("residual", "Block", "self.widen(self.norm_network(features))", "self.widen(features)",
     "network_raw"),
    ("residual", "Block", "self.norm_network(features)", "self.norm_attention(features)",
     "one_norm"),
    ("residual", "Block", "received, memory, weights = self.attention(self.norm_attention(features),",
     "features = self.norm_attention(features)\n"
     "        received, memory, weights = self.attention(features,", "stream_normed"),
    ("residual", "Block", "received, memory, weights", "received, _, weights", "memory_before"),
    ("residual", "Block", "self.dropouts[0](received, training=training)", "received", "told_kept"),
    ("residual", "Block", "training=training", "training=True", "always_dropped"),
    ("residual", "Block", "training=training", "training=False", "never_dropped"),
    ("residual", "Block", OUT,
     "return self.dropouts[1](features + computed, training=training), memory, weights",
     "stream_dropped"),
    ("cache", "read_without", "5050", "100 * 100", "whole_each_time"),
    ("cache", "read_with", "100", "5050", "no_gain"),
    ("cache", "numbers_kept", "65_536", "4 * 8 * 64 * 16", "keys_alone"),
    ("cache", "SelfAttention", "past = memory[0].shape[2]", "past = 0", "from_zero"),
    ("cache", "SelfAttention", f"{KEYS}\n            {VALUES}",
     "keys = tf.concat([keys, memory[0]], axis=2)\n"
     "            values = tf.concat([values, memory[1]], axis=2)", "put_before"),
    ("cache", "SelfAttention", VALUES, "values = tf.concat([values, memory[1]], axis=2)",
     "values_elsewhere"),
    ("cache", "write_likeliest", "logits, memory = model", "logits, _ = model", "memory_lost"),
    ("cache", "write_likeliest", "return np.array(written)",
     "return np.concatenate([ids, written])", "with_prompt"),
    ("cache", "write_likeliest", "return np.array(written)", "return np.array(written[1:])",
     "one_short"),
    ("cache", "write_likeliest", "return np.array(written)",
     "model(piece, memory)\n    return np.array(written)", "one_reading_more"),
    ("cache", "write_likeliest", "written.append(int(piece[0, 0]))",
     "written.append(int(piece[0, 0]))\n"
     "        memory, piece = model.empty_memory(1), np.append(ids, written)[np.newaxis]",
     "without_cache"),
    ("lookup", "place_to_copy", "2", "1", "the_same"),
    ("lookup", "weight_of_place", "0.83", "3 / 7", "without_exp"),
    ("lookup", "guesses", "np.tril(np.ones(scores.shape, bool))", "np.ones(scores.shape, bool)",
     "not_masked"),
    ("lookup", "guesses", "np.tril", "np.triu", "only_later"),
    ("lookup", "guesses", "-np.inf", "0.0", "zero_for_never"),
    ("lookup", "guesses", "weights @ np.eye(characters)[ids]",
     "np.eye(characters)[ids[weights.argmax(1)]]", "favourite_only"),
    ("lookup", "guesses", "np.exp(scores - scores.max(axis=1, keepdims=True))", "np.exp(scores)",
     "overflow"),
    ("lookup", "fit", SCORED, "pass", "nothing_sought"),
    ("lookup", "fit", f"        {SCORED}", "    scores += 5.0 * np.eye(time)", "itself"),
]  # fmt: skip


@pytest.mark.filterwarnings("ignore::RuntimeWarning")  # of wrong code
@pytest.mark.parametrize(
    ("topic", "cell", "old", "new", "named"), WRONG, ids=[f"{w[0]}-{w[4]}" for w in WRONG]
)
def test_wrong_code_is_named(topic: str, cell: str, old: str, new: str, named: str) -> None:
    right = solved(topic, cell)
    assert old in right
    found = results(topic, right.replace(old, new))
    assert named in {result.misconception for result in found.values()}


def test_the_fault_that_is_to_be_found_is_named() -> None:
    built = next(c for c in cells(exercise("transformer/leak")) if "scaled_dot_product" in c.names)
    found = results("leak", built.student)
    assert found["closed"].misconception == "added"


OFF_BY_ONE = """def fit(ids):
    return 5.0 * (ids[:, None] == ids) - 9.0 * np.eye(len(ids))
"""
THE_ANSWER = """def fit(ids):
    return 5.0 * (np.append(ids[1:], -1)[:, None] == ids)
"""
ONE_CHARACTER = """def fit(ids):
    return 5.0 * (ids[:, None] == np.append(-1, ids[:-1]))
"""
ONE_BY_ONE = """def write_likeliest(model, ids, count):
    memory, written = model.empty_memory(1), []
    for i in ids:
        logits, memory = model(np.array([[i]]), memory)
    for step in range(count):
        written.append(int(np.argmax(logits[0, -1])))
        if step < count - 1:
            logits, memory = model(np.array([[written[-1]]]), memory)
    return np.array(written)
"""
ALL_AGAIN = """def write_likeliest(model, ids, count):
    memory, text = model.empty_memory(1), list(ids)
    for _ in range(count):
        logits, memory = model(np.array([text]), memory)
        text.append(int(np.argmax(logits[0, -1])))
    return np.array(text[len(ids) :])
"""
LAST_TWICE = """def write_likeliest(model, ids, count):
    _, memory = model(np.array([ids]), model.empty_memory(1))
    written = [ids[-1]]
    for _ in range(count):
        logits, memory = model(np.array([written[-1:]]), memory)
        written.append(int(np.argmax(logits[0, -1])))
    return np.array(written[1:])
"""


@pytest.mark.parametrize(
    ("topic", "code", "check", "named"),
    [
        ("lookup", OFF_BY_ONE, "right_place", "off_by_one"),
        ("lookup", THE_ANSWER, "not_the_answer", "the_answer"),
        ("lookup", ONE_CHARACTER, "beaten", "one_character"),
        ("cache", ONE_BY_ONE, "once", "prompt_by_piece"),
        ("cache", ALL_AGAIN, "likeliest", "all_again"),
        ("cache", LAST_TWICE, "likeliest", "last_twice"),
    ],
)
def test_a_wrong_way_of_ones_own_is_named(topic: str, code: str, check: str, named: str) -> None:
    assert results(topic, code)[check].misconception == named


# Topic, cell, what of the solution is replaced, by what, the check, what it says.
SAID = [
    ("attention", "scaled_dot_product", MIXED, "return tf.matmul(weights, values)", "fits",
     "two things"),
    ("attention", "causal_mask", "looking = tf.range", "looking = 1 + tf.range", "not_ahead",
     "causal_mask(4)"),
    ("residual", "Block", OUT, f"return features + {DROP}", "adds", "three things"),
    ("leak", "reach", "changed = ids.copy()", "changed = ids", "detector", "change a copy"),
    ("lookup", "fit", "return scores", "return scores[0]", "right_place", "a table (time, time)"),
]  # fmt: skip


@pytest.mark.parametrize(("topic", "cell", "old", "new", "check", "said"), SAID)
def test_wrong_code_is_told_in_words(
    topic: str, cell: str, old: str, new: str, check: str, said: str
) -> None:
    right = solved(topic, cell)
    assert old in right
    found = results(topic, right.replace(old, new))
    told = " ".join(result.words for result in found.values() if result.status == "wrong")
    assert found[check].status != "passed"
    assert said in told


TRIL = """def causal_mask(time, past=0, window=None):
    seen = np.tril(np.ones((time, past + time), bool), past)
    return tf.constant(seen if window is None else np.triu(seen, past - window + 1))
"""
EINSUM = """def scaled_dot_product(queries, keys, values, mask):
    scores = tf.einsum("...id,...jd->...ij", queries, keys) * queries.shape[-1] ** -0.5
    powers = tf.exp(scores - tf.reduce_max(scores, -1, keepdims=True)) * tf.cast(mask, tf.float32)
    weights = powers / tf.reduce_sum(powers, axis=-1, keepdims=True)
    return weights @ values, weights
"""
ADDITIVE = """def scaled_dot_product(queries, keys, values, mask):
    scores = queries @ tf.linalg.matrix_transpose(keys) / tf.sqrt(float(queries.shape[-1]))
    weights = keras.ops.softmax(scores + (1.0 - tf.cast(mask, tf.float32)) * -1e9)
    return tf.matmul(weights, values), weights
"""
STACKED = """def split_heads(features, heads):
    return tf.stack(tf.split(features, heads, axis=-1), axis=1)
"""
CONCATENATED = """def merge_heads(parts):
    return tf.concat(tf.unstack(parts, axis=1), axis=-1)
"""
COMPLEX = """def rotated(vectors, first=0):
    time, size = vectors.shape[-2:]
    pairs = tf.complex(vectors[..., : size // 2], vectors[..., size // 2 :])
    rates = tf.constant(ROTATION ** (-np.arange(0, size, 2) / size), tf.float32)
    angles = tf.range(first, first + time, dtype=tf.float32)[:, None] * rates
    pairs *= tf.complex(tf.cos(angles), tf.sin(angles))
    return tf.concat([tf.math.real(pairs), tf.math.imag(pairs)], axis=-1)
"""
ROWS = """def reach(guess, ids, other):
    before = np.array(guess(ids))
    columns = []
    for j in range(len(ids)):
        after = guess(np.where(np.arange(len(ids)) == j, other, ids))
        columns.append([bool((abs(a - b) > 1e-5).any()) for a, b in zip(after, before)])
    return np.array(columns).T
"""
RENORMALISED = """def scaled_dot_product(queries, keys, values, mask):
    scores = tf.matmul(queries, keys, transpose_b=True) / math.sqrt(queries.shape[-1])
    weights = tf.nn.softmax(scores) * tf.cast(mask, tf.float32)
    weights /= tf.reduce_sum(weights, -1, keepdims=True)
    return tf.matmul(weights, values), weights
"""
MOMENTS = """def layer_norm(features, scale, shift):
    mean, variance = tf.nn.moments(features, axes=[-1], keepdims=True)
    return scale * (features - mean) / tf.sqrt(variance + 1e-5) + shift
"""
CALL = """class Block(Block):
    def call(self, features, seen, memory=None, training=False):
        told = self.attention(self.norm_attention(features), seen=seen, memory=memory)
        features += self.dropouts[0](told[0], training=training)
        wide = self.widen(self.norm_network(features))
        features += self.dropouts[1](self.narrow(wide), training=training)
        return (features, *told[1:])
"""
REMEMBERING = """class SelfAttention(SelfAttention):
    def call(self, features, seen, memory=None):
        q, k, v = tf.split(self.project(features), 3, axis=-1)
        q, k, v = (split_heads(part, self.heads) for part in (q, k, v))
        if memory is None:
            memory = k[:, :, :0], v[:, :, :0]
        k, v = (tf.concat([old, new], -2) for old, new in zip(memory, (k, v)))
        far = 1000  # only distances count
        first = far + k.shape[2] - q.shape[2]
        mixed, weights = self.attend(rotated(q, first), rotated(k, far), v, seen)
        return self.merge(merge_heads(mixed)), [k, v], weights
"""
PROMPT_FIRST = """def write_likeliest(model, ids, count):
    logits, memory = model(tf.constant([list(ids)]), model.empty_memory(1))
    written = [int(tf.argmax(logits[0, -1]))]
    while len(written) < count:
        logits, memory = model(tf.constant([[written[-1]]]), memory)
        written.append(int(tf.argmax(logits[0, -1])))
    return written
"""
SUMMED = """def guesses(scores, ids, characters):
    found = np.zeros((len(ids), characters))
    for t in range(len(ids)):
        powers = np.exp(scores[t, : t + 1] - np.max(scores[t, : t + 1]))
        np.add.at(found[t], ids[: t + 1], powers / powers.sum())
    return found
"""
LONGEST = """def fit(ids):
    scores = np.zeros((len(ids), len(ids)))
    for t in range(len(ids)):
        for j in range(1, t + 1):
            k = 0
            while k < min(j, 12) and ids[t - k] == ids[j - 1 - k]:
                k += 1
            scores[t, j] = 3.0 * k
    return scores
"""
WEIGHED = """def fit(ids):
    scores = 0.0
    for k, worth in enumerate((4.0, 3.0, 3.0, 2.0, 2.0, 1.0, 1.0, 1.0)):
        back = np.concatenate([np.full(k, -1), ids[: len(ids) - k]])
        before = np.concatenate([np.full(k + 1, -2), ids[: len(ids) - k - 1]])
        scores = scores + worth * (back[:, None] == before)
    return scores
"""
OTHER = [
    ("attention", TRIL),
    ("attention", EINSUM),
    ("attention", ADDITIVE.replace("keras.ops", "tf.nn")),
    ("heads", STACKED),
    ("heads", CONCATENATED),
    ("heads", COMPLEX),
    ("leak", ROWS),
    ("leak", RENORMALISED),
    ("leak", EINSUM),
    ("residual", MOMENTS),
    ("residual", CALL),
    ("cache", REMEMBERING),
    ("cache", PROMPT_FIRST),
    ("lookup", SUMMED),
    ("lookup", LONGEST),
    ("lookup", WEIGHED),
]


@pytest.mark.parametrize(("topic", "code"), OTHER)
def test_another_method_is_accepted(topic: str, code: str) -> None:
    found = results(topic, code)
    assert {name: r.words for name, r in found.items() if r.status != "passed"} == {}


@pytest.mark.parametrize("topic", TOPICS)
def test_an_exercise_passes_the_gate(topic: str) -> None:
    assert faults_of(exercise(f"transformer/{topic}")) == []
