"""The exercises of textgen: wrong code is named, right code by another method is accepted."""

from functools import cache

import numpy as np
import pytest
import tensorflow as tf

from coursekit.notebooks.cells import cells
from coursekit.practice.checks import Result, check_work
from coursekit.practice.gather import declared, exercise
from coursekit.practice.namespace import NotebookNamespace
from coursekit.practice.verify import faults_of
from coursekit_textgen.data import Ids, Vocabulary
from coursekit_textgen.decode import texts
from coursekit_textgen.model import CharacterModel

pytestmark = pytest.mark.tf

SLOW = {"richer"}  # writes with two functions that most tests do not touch


@cache
def solved_space(topic: str) -> NotebookNamespace:
    """Return the namespace of a solved exercise, its given cells run once."""
    template = exercise(f"textgen/{topic}")
    here = NotebookNamespace({"__name__": "__main__"}, declared(template).probes)
    for built in cells(template):
        if built.role in ("given", "student"):
            here.run_cell(built.solved, built.id)
    return here


def results(topic: str, code: str, names: set[str] | None = None) -> dict[str, Result]:
    """Check the solution of an exercise with one cell's code in place of the solution's."""
    known = declared(exercise(f"textgen/{topic}"))
    right = solved_space(topic)
    here = NotebookNamespace(dict(right.namespace), right.probes)
    here.run_cell(code, "changed")
    chosen = [name for name in known.checks if name in (names or known.checks.keys() - SLOW)]
    return {result.check.name: result for result in check_work(known, here, chosen)}


def solved(topic: str, cell: str) -> str:
    found = cells(exercise(f"textgen/{topic}"))
    return next(c.solved for c in found if cell in c.names)


ENCODED = "np.fromiter((ids.get(character, UNKNOWN) for character in text), np.int32, len(text))"
WIDTH = (
    "width = (len(ids) - first) // batch_size\n    return ids[first : first + batch_size * width]"
)
LOSS = "tf.nn.sparse_softmax_cross_entropy_with_logits(labels=targets, logits=logits)"
NEW = "update * state + (1 - update) * new"
READ = "gru(features, initial_state=state)"
DROP = "dropout(features, training=training)"
OUT = "return self.logits(features), after"
FRESH = "tf.where(fresh[:, tf.newaxis], 0.0, state)"
LEAST_K = "least = tf.math.top_k(logits, count).values[:, -1:]  # (rows, 1)"
CUT_K = "logits < least, IMPOSSIBLE, logits"
SORTED = 'tf.sort(tf.nn.softmax(logits), direction="DESCENDING")'
TAIL = "tf.where(tf.nn.softmax(logits) < least, IMPOSSIBLE, logits)"
# Topic, cell, what of the solution is replaced, by what, the misconception that is named.
WRONG = [
    ("batches", "ids_of_hole", "[2, 4, 3, 1, 0]", "[1, 4, 3, 2, 0]", "as_they_appear"),
    ("batches", "ids_of_hole", "[2, 4, 3, 1, 0]", "[2, 5, 3, 1, 0]", "l_twice"),
    ("batches", "second_batch", "def", "ghi", "row_after_row"),
    ("batches", "second_batch", '"def"', 'list("def")', "in_a_list"),
    ("batches", "Vocabulary", "sorted(set(text))", "dict.fromkeys(text)", "appearance"),
    ("batches", "Vocabulary", "sorted(set(text))", "sorted(text)", "with_repeats"),
    ("batches", "Vocabulary", ENCODED,
     "np.array([self.characters.find(c) for c in text], np.int32)", "from_zero"),
    ("batches", "Vocabulary", ENCODED, "np.array([ids[c] for c in text if c in ids])", "left_out"),
    ("batches", "Vocabulary", ENCODED, "np.array([ids.get(c, -1) for c in text])", "minus_one"),
    ("batches", "Vocabulary", ENCODED, "np.array([ids.get(c, len(self)) for c in text])",
     "behind_all"),
    ("batches", "Vocabulary", "set(text)", "set(text.lower())", "small_letters"),
    ("batches", "Vocabulary", "set(text)", "set(text) - set(' \\n')", "stripped"),
    ("batches", "Vocabulary", "for character in text)", "for character in text.lower())",
     "looked_up_small"),
    ("batches", "next_piece", "piece = rows[", "piece = np.roll(rows, step, 0)[",
     "rows_exchanged"),
    ("batches", "side_by_side", "reshape(batch_size, width)", "reshape(width, batch_size).T",
     "dealt_out"),
    ("batches", "side_by_side", "reshape(batch_size, width)", "reshape(width, batch_size)",
     "turned"),
    ("batches", "side_by_side", WIDTH,
     "width = -(-(len(ids) - first) // batch_size)\n"
     "    return np.resize(np.append(ids[first:], [0] * batch_size), batch_size * width)",
     "filled_up"),
    ("batches", "side_by_side", WIDTH,
     "width = len(ids) // batch_size\n    return ids[: batch_size * width]", "first_ignored"),
    ("batches", "next_piece", "step * length", "step * (length + 1)", "gap"),
    ("batches", "next_piece", "step * length", "step", "by_one"),
    ("batches", "next_piece", "piece[:, 1:]", "piece[:, :-1]", "unshifted"),
    ("batches", "next_piece", "piece[:, 1:]", "np.roll(piece[:, :-1], -1, 1)", "rolled"),
    ("batches", "next_piece", "piece[:, :-1],", "piece,", "one_too_long"),
    ("batches", "next_piece", "piece[:, 1:]", "piece[:, -1]", "only_the_last"),
    ("batches", "next_piece", "+ length + 1]", "+ length]", "one_too_short"),
    ("batches", "next_piece", "piece[:, 1:]", "piece[:, 1:-1]", "last_unasked"),
    ("batches", "next_piece", "piece = rows[:, start : start + length + 1]\n"
     "    return piece[:, :-1], piece[:, 1:]",
     "return rows[start : start + length], rows[start + 1 : start + length + 1]", "whole_rows"),
    ("batches", "next_piece", "piece[:, 1:]", "rows[:, start + length : start + 2 * length]",
     "next_but_one"),
    ("model", "gru_step", NEW, "(1 - update) * state + update * new", "gate_swapped"),
    ("model", "gru_step", "update, reset = tf", "reset, update = tf", "gates_exchanged"),
    ("model", "gru_step", "update * state", "state", "all_kept"),
    ("model", "gru_step", NEW, "new", "nothing_kept"),
    ("model", "gru_step", "new_in + reset * new_on", "reset * (new_in + new_on)", "resets_all"),
    ("model", "gru_step", " + cell.bias[1]", "", "c_forgotten"),
    ("model", "gru_step", "inputs = projected + cell.bias[0]\n    memory = ",
     "inputs = projected + cell.bias[1]\n    memory = cell.bias[0] - cell.bias[1] + ",
     "biases_exchanged"),
    ("model", "gru_step", "reset * new_on", "new_on", "no_reset"),
    ("model", "gru_step", "tf.tanh(new_in + reset * new_on)", "new_in + reset * new_on", "no_tanh"),
    ("model", "gru_step", "tf.tanh(new_in", "tf.sigmoid(new_in", "sigmoid_content"),
    ("model", "gru_step", "reset * new_on",
     "(reset * state) @ cell.recurrent_kernel[:, -cell.units:] + cell.bias[1, -cell.units:]",
     "reset_before"),
    ("model", "CharacterModel", OUT, "return tf.nn.softmax(self.logits(features)), after",
     "probabilities"),
    ("model", "CharacterModel", OUT, "return features, after", "no_readout"),
    ("model", "CharacterModel", OUT, "return self.logits(features[:, -1]), after", "last_place"),
    ("model", "CharacterModel", OUT, "return self.logits(features), states", "states_before"),
    ("model", "CharacterModel", OUT, "return self.logits(features), after[-1:]",
     "only_last_layer"),
    ("model", "CharacterModel", OUT, "return self.logits(features), after[::-1]", "states_turned"),
    ("model", "CharacterModel", OUT, "return self.logits(features), after[-1]", "not_a_list"),
    ("model", "CharacterModel", "self.zero_states(tf.shape(ids)[0]) if states is None",
     "self.carried if states is None", "carried_for_none"),
    ("model", "CharacterModel", READ, "gru(features)", "states_ignored"),
    ("model", "CharacterModel", READ, "gru(features, initial_state=states[0])", "one_for_all"),
    ("model", "CharacterModel", READ,
     "gru(features, initial_state=after[-1] if after else state)", "passed_up"),
    ("model", "CharacterModel", DROP, "features", "never_dropped"),
    ("model", "CharacterModel", DROP, "dropout(features, training=False)", "never_dropped"),
    ("model", "CharacterModel", DROP, "dropout(features)", "not_handed"),
    ("model", "CharacterModel", DROP, f"({DROP} if not after else features)", "first_drops"),
    ("model", "CharacterModel", DROP, f"({DROP} if after else features)", "last_drops"),
    ("model", "CharacterModel", "after.append(state)",
     "after.append(state)\n            states[len(after) - 1] = state", "overwritten"),
    ("model", "CharacterModel", DROP, "dropout(features, training=True)", "always_dropped"),
    ("model", "CharacterModel", "after.append(state)", "after.append(features[:, -1])",
     "memory_dropped"),
    ("state", "batches_of", "step == 0 or not carry_state", "True", "always_fresh"),
    ("state", "batches_of", "step == 0 or not carry_state", "not carry_state", "never_fresh"),
    ("state", "batches_of", "step == 0 or not carry_state", "step == 0", "always_carried"),
    ("state", "batches_of", "tf.cast(step, tf.int32)", "0", "one_batch"),
    ("state", "by_place", "axis=(0, 1)", "axis=(0, 2)", "by_row"),
    ("state", "by_place", "axis=(0, 1)", "", "of_all"),
    ("state", "by_place", "mean(", "sum(", "summed"),
    ("model", "CharacterModel", READ, f"gru({DROP}, initial_state=state)", "memory_dropped"),
    ("step", "untrained_loss", "4.19", "np.log2(66)", "in_bits"),
    ("step", "untrained_loss", "4.19", "1 / 66", "the_probability"),
    ("step", "character_loss", "logits=logits", "logits=tf.exp(logits)", "exp_as_logits"),
    ("step", "character_loss", "logits=logits", "logits=tf.nn.softmax(logits)", "softmax_twice"),
    ("step", "character_loss", LOSS, f"tf.reduce_mean({LOSS})", "averaged"),
    ("step", "character_loss", LOSS,
     "-tf.math.log(tf.gather(tf.nn.softmax(logits), targets, batch_dims=2))", "log_of_zero"),
    ("step", "character_loss", LOSS,
     "-tf.math.log(tf.gather(tf.exp(logits) / tf.reduce_sum(tf.exp(logits), -1, keepdims=True), "
     "targets, batch_dims=2))", "overflowing"),
    ("step", "character_loss", LOSS,
     "keras.losses.sparse_categorical_crossentropy(targets, logits)", "taken_for_probabilities"),
    ("step", "character_loss", LOSS,
     "tf.math.log(tf.reduce_sum(tf.exp(logits), -1)) - tf.gather(logits, targets, batch_dims=2)",
     "infinite_sum"),
    ("step", "train_step", FRESH, "state", "fresh_ignored"),
    ("step", "train_step", FRESH, "tf.where(fresh[:, tf.newaxis], state, 0.0)", "fresh_turned"),
    ("step", "train_step", FRESH, "tf.where(tf.reduce_any(fresh), 0.0, state)", "all_or_none"),
    ("step", "train_step", "model(inputs, states, training", "model(inputs, training",
     "no_memory"),
    ("step", "train_step", ", training=True)", ")", "not_training"),
    ("step", "train_step", "tf.reduce_mean(", "tf.reduce_sum(", "summed"),
    ("step", "train_step", "tf.reduce_mean(character_loss(logits, targets))",
     "character_loss(logits, targets)", "not_reduced"),
    ("step", "train_step", "model.optimizer.apply(gradients,",
     "model.optimizer.apply([-g for g in gradients],", "uphill"),
    ("step", "train_step", "model.optimizer.apply(gradients, model.trainable_variables)", "pass",
     "not_applied"),
    ("step", "train_step", "carried.assign(state)", "carried = state", "never_kept"),
    ("step", "train_step", "zip(model.carried, after", "zip(model.carried, states",
     "kept_before"),
    ("step", "train_step", "for carried, state in zip(model.carried, after, strict=True):\n"
     "        carried.assign(state)", "model.carried = after", "never_kept"),
    ("step", "train_step", "carried.assign(state)",
     "carried.assign(tf.where(fresh[:, tf.newaxis], 0.0, state))", "emptied_again"),
    ("step", "train_step", "for carried, state in zip(model.carried, after, strict=True):\n"
     "        carried.assign(state)", "model.carried[0].assign(after[0])", "first_layer_only"),
    ("step", "train_step", "carried.assign(state)", "carried.assign(after[-1])", "last_for_all"),
    ("step", "train_step", '{"loss": loss}', '{"loss": float(loss)}', "python_number"),
    ("step", "train_step", '{"loss": loss}', '{"loss": loss.numpy()}', "python_number"),
    ("step", "train_step", "inputs, targets, fresh = batch",
     "inputs, targets, fresh = batch\n    inputs, targets = inputs[::-1], targets[::-1]",
     "rows_exchanged"),
    ("sampling", "first_at_half", "0.67", "0.5**0.5 / (0.5**0.5 + 1)", "multiplied"),
    ("sampling", "drawn", "probabilities = tf.nn.softmax(logits)",
     "return tf.argmax(logits, -1)", "likeliest"),
    ("sampling", "drawn", "tf.nn.softmax(logits)", "tf.nn.softmax(tf.exp(logits))",
     "exp_as_logits"),
    ("sampling", "drawn", "probabilities = tf.nn.softmax(logits)",
     "ends = tf.cumsum(tf.nn.softmax(logits))\n"
     "    return tf.reduce_sum(tf.cast(ends <= chance[:, tf.newaxis], tf.int32), -1)",
     "down_the_rows"),
    ("sampling", "drawn", "probabilities = tf.nn.softmax(logits)",
     "ends = tf.cumsum(logits, -1)\n"
     "    return tf.reduce_sum(tf.cast(ends <= chance[:, tf.newaxis], tf.int32), -1)",
     "without_softmax"),
    ("sampling", "drawn", "probabilities = tf.nn.softmax(logits)",
     "ends = tf.cumsum(tf.nn.softmax(logits), -1)\n"
     '    return tf.searchsorted(ends, chance[:, tf.newaxis], side="right")', "as_a_column"),
    ("sampling", "drawn", "chance[:, tf.newaxis]", "(1 - chance)[:, tf.newaxis]", "backwards"),
    ("sampling", "drawn", "chance[:, tf.newaxis]", "chance[0]", "one_chance"),
    ("sampling", "drawn", "(ends > chance[:, tf.newaxis] * ends[:, -1:]) & (probabilities > 0)",
     "ends >= chance[:, tf.newaxis] * ends[:, -1:]", "empty_part"),
    ("sampling", "narrowed", "logits /= taste.temperature", "logits *= taste.temperature",
     "times_temperature"),
    ("sampling", "narrowed", "logits /= taste.temperature", "pass", "no_temperature"),
    ("sampling", "narrowed", "logits /= taste.temperature",
     "logits = tf.where(ids == 0, IMPOSSIBLE, tf.exp(logits) / taste.temperature)",
     "exp_of_logits"),
    ("sampling", "narrowed", "logits /= taste.temperature",
     "logits = tf.where(ids == 0, IMPOSSIBLE, tf.nn.softmax(logits) / taste.temperature)",
     "divided_probabilities"),
    ("sampling", "narrowed",
     "return tf.where(ids == tf.argmax(logits, -1, tf.int32)[:, tf.newaxis], 0.0, IMPOSSIBLE)",
     "return logits", "zero_is_one"),
    ("sampling", "narrowed",
     "return tf.where(ids == tf.argmax(logits, -1, tf.int32)[:, tf.newaxis], 0.0, IMPOSSIBLE)",
     "pass", "divided_by_zero"),
    ("sampling", "narrowed",
     "return tf.where(ids == tf.argmax(logits, -1, tf.int32)[:, tf.newaxis], 0.0, IMPOSSIBLE)",
     "return tf.one_hot(tf.argmax(logits, -1), logits.shape[-1])", "ones_and_zeros"),
    ("sampling", "narrowed", "logits /= taste.temperature", "return logits / taste.temperature",
     "no_top_k"),
    ("sampling", "narrowed", LEAST_K, f"{LEAST_K[:LEAST_K.index('[')]}[0, -1]", "first_border"),
    ("sampling", "narrowed", SORTED, "tf.sort(tf.nn.softmax(logits))", "no_top_p"),
    ("sampling", "narrowed", TAIL,
     "tf.where(tf.nn.softmax(logits) < taste.top_p, IMPOSSIBLE, logits)", "p_by_itself"),
    ("sampling", "narrowed", CUT_K, "logits < least, 0.0, logits", "zero_for_impossible"),
    ("sampling", "narrowed", CUT_K, "logits <= least, IMPOSSIBLE, logits", "one_too_few"),
    ("sampling", "narrowed", f"{LEAST_K}\n        logits = tf.where({CUT_K})",
     "logits = tf.where(ids < count, logits, IMPOSSIBLE)", "first_k"),
    ("sampling", "narrowed", LEAST_K,
     "least = tf.math.top_k(tf.reshape(logits, [-1]), count).values[-1]", "over_the_rows"),
    ("sampling", "narrowed", "exclusive=True", "exclusive=False", "stops_before"),
    ("sampling", "narrowed", TAIL,
     "tf.where(tf.cumsum(tf.nn.softmax(logits), -1, exclusive=True) < taste.top_p, logits, "
     "IMPOSSIBLE)", "by_alphabet"),
]  # fmt: skip


@pytest.mark.parametrize(
    ("topic", "cell", "old", "new", "named"), WRONG, ids=[f"{w[0]}-{w[4]}" for w in WRONG]
)
def test_wrong_code_is_named(topic: str, cell: str, old: str, new: str, named: str) -> None:
    right = solved(topic, cell)
    assert old in right
    found = results(topic, right.replace(old, new))
    assert named in {result.misconception for result in found.values()}


FAULTS = [
    ("state", "batches_of", "shuffled"),
    ("step", "character_loss", "exp_as_logits"),
    ("sampling", "drawn", "likeliest"),
]


@pytest.mark.parametrize(("topic", "cell", "named"), FAULTS)
def test_the_fault_that_is_to_be_found_is_named(topic: str, cell: str, named: str) -> None:
    built = next(c for c in cells(exercise(f"textgen/{topic}")) if cell in c.names)
    found = results(topic, built.student)
    assert named in {result.misconception for result in found.values()}


ROW_TO_ROW = """def batches_of(rows, length, steps, carry_state):
    count = len(rows)
    text = rows.reshape(-1)
    inputs = text[: steps * count * length].reshape(steps, count, length)
    targets = text[1 : steps * count * length + 1].reshape(steps, count, length)
    fresh = np.zeros((steps, count), bool)
    fresh[0] = True
    return tf.data.Dataset.from_tensor_slices((inputs, targets, fresh | (not carry_state)))
"""


ROWS_SHUFFLED = """def batches_of(rows, length, steps, carry_state):
    draw, found = np.random.default_rng(0), []
    for step in range(steps):
        inputs, targets = next_piece(rows, step, length)
        order = draw.permutation(len(rows))
        fresh = np.full(len(rows), step == 0 or not carry_state)
        found.append((inputs[order], targets[order], fresh))
    return found
"""


@pytest.mark.parametrize(
    ("code", "named"), [(ROW_TO_ROW, "row_to_row"), (ROWS_SHUFFLED, "rows_exchanged")]
)
def test_rows_that_do_not_go_on_are_named(code: str, named: str) -> None:
    assert results("state", code)["follows"].misconception == named


# Topic, cell, what of the solution is replaced, by what, the check, what it says.
SAID = [
    ("batches", "Vocabulary", "sorted(set(text))", "set(text)", "in_order", "has no order"),
    ("batches", "Vocabulary", 'cls("".join(sorted(set(text))))', '"".join(sorted(set(text)))',
     "in_order", "should make a Vocabulary"),
    ("batches", "Vocabulary", ENCODED, "[ids.get(c, UNKNOWN) for c in text]", "unknown",
     "return an array"),
    ("batches", "Vocabulary", ENCODED, "np.array([ids.get(c, UNKNOWN) for c in text], float)",
     "unknown", "whole numbers"),
    ("model", "gru_step", NEW, f"({NEW},) * 2", "keeps", "the state alone"),
    ("model", "CharacterModel", OUT, "return self.logits(features)", "logits", "two things"),
    ("step", "train_step", "fresh[:, tf.newaxis]", "fresh", "reports", "must be a column"),
    ("step", "train_step", 'return {"loss": loss}', "return loss", "reports", "a dictionary"),
    ("step", "train_step", 'return {"loss": loss}',
     'print(loss.numpy())\n    return {"loss": loss}', "reports", "`tf.function` compiles"),
    ("step", "train_step", 'return {"loss": loss}', "pass", "reports", "a dictionary"),
    ("sampling", "narrowed",
     "return tf.where(ids == tf.argmax(logits, -1, tf.int32)[:, tf.newaxis], 0.0, IMPOSSIBLE)",
     "return tf.argmax(logits, -1)", "freezing", "return logits"),
]  # fmt: skip


@pytest.mark.parametrize(("topic", "cell", "old", "new", "check", "said"), SAID)
def test_wrong_code_is_told_in_words(
    topic: str, cell: str, old: str, new: str, check: str, said: str
) -> None:
    right = solved(topic, cell)
    assert old in right
    found = results(topic, right.replace(old, new))[check]
    assert (found.status, found.misconception) == ("wrong", "")
    assert said in found.words


VOCABULARY = """class Vocabulary(Vocabulary):
    @classmethod
    def of(cls, text):
        characters = []
        for character in text:
            if character not in characters:
                characters.append(character)
        characters.sort()
        return cls("".join(characters))

    def encode(self, text):
        return np.array([self.characters.find(character) + 1 for character in text])
"""
STACKED = """def side_by_side(ids, batch_size, first=0):
    rest = ids[first:]
    width = len(rest) // batch_size
    return np.stack([rest[row * width : (row + 1) * width] for row in range(batch_size)])
"""
TRIMMED = """def side_by_side(ids, batch_size, first=0):
    rest = ids[first:]
    excess = len(rest) % batch_size
    return np.array(np.split(rest[: len(rest) - excess], batch_size))
"""
SLICES = """def next_piece(rows, step, length):
    shifted = rows[:, 1:]
    here = slice(step * length, (step + 1) * length)
    return rows[:, here], shifted[:, here]
"""
BY_GATE = """def gru_step(projected, state, cell):
    n = state.shape[-1]
    def part(number, scale=1.0):
        here = slice(number * n, (number + 1) * n)
        memory = tf.linalg.matmul(state, cell.recurrent_kernel[:, here]) + cell.bias[1, here]
        return projected[:, here] + cell.bias[0, here] + scale * memory
    keep = 1 / (1 + tf.exp(-part(0)))
    content = keras.ops.tanh(part(2, tf.nn.sigmoid(part(1))))
    return content + keep * (state - content)
"""
CALL = """class CharacterModel(CharacterModel):
    def call(self, ids, states=None, training=False):
        if states is None:
            states = [tf.zeros((tf.shape(ids)[0], gru.units)) for gru in self.grus]
        x, last = self.embedding(ids), [None] * len(self.grus)
        for i in range(len(self.grus)):
            everything = self.grus[i](x, initial_state=[states[i]])
            x, last[i] = self.dropouts[i](everything[0], training=training), everything[1]
        return self.logits(x), tuple(last)
"""
UNSHUFFLED = """def batches_of(rows, length, steps, carry_state):
    count = len(rows)
    parts = [next_piece(rows, step, length) for step in range(steps)]
    inputs = np.concatenate([part[0] for part in parts])
    targets = np.concatenate([part[1] for part in parts])
    pieces = tf.data.Dataset.from_tensor_slices((inputs, targets))
    if not carry_state:
        pieces = pieces.shuffle(len(inputs), seed=0)
    batches = pieces.batch(count, drop_remainder=True).enumerate()
    return batches.map(
        lambda step, piece: (*piece, tf.fill([count], step == 0 or not carry_state))
    )
"""
GENERATED = """def batches_of(rows, length, steps, carry_state):
    return [
        (*next_piece(rows, step, length), np.full(len(rows), step == 0 or not carry_state))
        for step in range(steps)
    ]
"""
SUMMED = """def by_place(losses):
    count = len(losses) * len(losses[0])
    return np.einsum("bri->i", losses) / count
"""
LOGSUMEXP = """def character_loss(logits, targets):
    right = tf.reduce_sum(tf.one_hot(targets, logits.shape[-1]) * logits, -1)
    return tf.reduce_logsumexp(logits, axis=-1) - right
"""
KERAS_LOSS = """def character_loss(logits, targets):
    return keras.losses.sparse_categorical_crossentropy(targets, logits, from_logits=True)
"""
STEP = """def train_step(model, batch):
    inputs, targets, fresh = batch
    goes_on = 1.0 - tf.cast(fresh, tf.float32)[:, None]
    with tf.GradientTape() as tape:
        states = [tf.stop_gradient(goes_on * state) for state in model.carried]
        logits, states = model(inputs, states, training=True)
        each = character_loss(logits, targets)
        loss = tf.reduce_sum(each) / tf.cast(tf.size(each), tf.float32)
    variables = model.trainable_weights
    model.optimizer.apply_gradients(zip(tape.gradient(loss, variables), variables))
    for place, state in enumerate(states):
        model.carried[place].assign(state)
    return {"loss": loss}
"""
COUNTED = """def drawn(logits, chance):
    ends = tf.cumsum(tf.nn.softmax(logits), axis=-1)
    return tf.reduce_sum(tf.cast(ends <= chance[:, tf.newaxis], tf.int32), axis=-1)
"""
SEARCHED = """def drawn(logits, chance):
    ends = tf.cumsum(tf.nn.softmax(logits), axis=-1)
    return tf.searchsorted(ends, chance[:, tf.newaxis], side="right")[:, 0]
"""
WITH_NUMPY = """def drawn(logits, chance):
    ends = np.cumsum(tf.nn.softmax(logits).numpy(), axis=-1)
    return np.array([np.searchsorted(row, c, "right") for row, c in zip(ends, chance.numpy())])
"""
RANKED = """def narrowed(logits, taste):
    size = logits.shape[-1]
    logits = tf.where(tf.range(size) == UNKNOWN, -float("inf"), logits)
    if taste.temperature == 0:
        return tf.math.log(tf.one_hot(tf.argmax(logits, -1), size))
    ranks = tf.argsort(tf.argsort(logits, direction="DESCENDING"))
    logits = logits / taste.temperature
    if taste.top_k:
        logits = tf.where(ranks < taste.top_k, logits, -float("inf"))
    if taste.top_p < 1:
        chances = tf.nn.softmax(logits)
        likelier = ranks[:, :, None] > ranks[:, None, :]  # which are likelier than this one
        before = tf.reduce_sum(tf.where(likelier, chances[:, None, :], 0.0), -1)
        logits = tf.where(before < taste.top_p, logits, -float("inf"))
    return logits
"""
OTHER = [
    ("batches", VOCABULARY),
    ("batches", STACKED),
    ("batches", TRIMMED),
    ("batches", SLICES),
    ("model", BY_GATE),
    ("model", CALL),
    ("state", UNSHUFFLED),
    ("state", GENERATED),
    ("state", SUMMED),
    ("step", LOGSUMEXP),
    ("step", KERAS_LOSS),
    ("step", STEP),
    ("sampling", COUNTED),
    ("sampling", SEARCHED),
    ("sampling", RANKED),
]


# Topic, cell, what of the solution is replaced, by what: as right as the solution.
AS_RIGHT = [
    ("model", "CharacterModel", "tf.shape(ids)[0]", "ids.shape[0]"),
    ("model", "CharacterModel", READ, "gru(features, initial_state=[state])"),
    ("model", "CharacterModel", DROP, "dropout(features, training=True) if training else features"),
    ("step", "train_step", FRESH,
     "tf.where(fresh[:, tf.newaxis], tf.zeros((inputs.shape[0], 1)), state)"),
    ("step", "train_step", FRESH,
     "tf.where(fresh[:, tf.newaxis], tf.zeros((len(inputs), 1)), state)"),
]  # fmt: skip


@pytest.mark.parametrize(("topic", "cell", "old", "new"), AS_RIGHT)
def test_another_spelling_is_accepted(topic: str, cell: str, old: str, new: str) -> None:
    right = solved(topic, cell)
    assert old in right
    found = results(topic, right.replace(old, new))
    assert {name: r.words for name, r in found.items() if r.status != "passed"} == {}


@pytest.mark.parametrize(("topic", "code"), OTHER)
def test_another_method_is_accepted(topic: str, code: str) -> None:
    found = results(topic, code)
    assert {name: r.words for name, r in found.items() if r.status != "passed"} == {}


def test_a_draw_that_cannot_be_compiled_is_not_accepted() -> None:
    assert "numpy" in results("sampling", WITH_NUMPY)["falls"].words


def test_a_network_writes_with_wide_whole_numbers() -> None:
    class Wide(Vocabulary):
        def encode(self, text: str) -> Ids:
            return super().encode(text).astype(np.int64)

    model = CharacterModel(4, 2, 3)
    model(tf.zeros((1, 1), tf.int32))
    pieces = texts(model, Wide("abc"), "ab", 70, draw=lambda logits, chance: tf.argmax(logits, -1))
    assert [len(rows[0]) for rows in pieces] == [64, 6]


@pytest.mark.parametrize(
    ("taste", "named"),
    [
        ((1.0, 0, 0.95), ""),
        ((1.0, 7, 1.0), ""),
        ((0.9, 0, 0.9), ""),
        ((0, 0, 1.0), "frozen"),
        ((2.0, 0, 1.0), "boiling"),
    ],
)
def test_several_tastes_write_richly(taste: tuple[float, int, float], named: str) -> None:
    found = results("sampling", f"taste = {taste}", {"richer"})["richer"]
    assert (found.status == "passed") == (named == "")
    assert found.misconception == named


@pytest.mark.parametrize("topic", ["batches", "model", "state", "step", "sampling"])
def test_an_exercise_passes_the_gate(topic: str) -> None:
    assert faults_of(exercise(f"textgen/{topic}")) == []
