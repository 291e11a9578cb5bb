"""The exercises of nmt: wrong code is named, right code by another method is accepted."""

from typing import Any

import pytest

from coursekit.notebooks.build import execute
from coursekit.notebooks.notebook import build_notebook
from coursekit.practice.gather import exercise
from coursekit.practice.verify import faults_of
from tests.solving import results, solved

pytestmark = pytest.mark.tf

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
    ("decoder", "MyDecoder", "self.gru(inputs, state)", "self.gru(inputs)", "state_forgotten"),
    ("decoder", "MyDecoder", "return next_state,", "return state,", "state_unchanged"),
    (
        "decoder",
        "MyDecoder",
        "self.gru(inputs, state)",
        "self.gru(inputs + state)",
        "state_among_inputs",
    ),
    (
        "decoder",
        "MyDecoder",
        "self.attention(state,",
        "self.attention(tf.zeros_like(state),",
        "asked_with_zeros",
    ),
    (
        "decoder",
        "MyDecoder",
        "context, weights = self.attention(state,",
        "state = self.gru(projected, state)\n"
        "        return state, *self.attention("
        "state, memory.keys, memory.annotations, memory.mask)\n"
        "        context, weights = self.attention(state,",
        "asked_too_late",
    ),
    ("decoder", "MyDecoder", "projected + self.context(context)", "projected", "context_unused"),
    ("decoder", "MyDecoder", "projected + self.context", "self.context", "word_lost"),
    (
        "decoder",
        "MyDecoder",
        "next_state, context, w",
        "next_state, weights, context  # w",
        "weights_first",
    ),
    (
        "decoder",
        "carry",
        "state, context, weights = decoder.step(word, state, memory)",
        "state, context, weights = decoder.step(word, memory.state, memory)",
        "always_the_first",
    ),
    (
        "decoder",
        "carry",
        "tf.unstack(projected, axis=1)",
        "tf.unstack(projected, axis=1)[::-1]",
        "backwards",
    ),
    ("decoder", "carry", "tf.stack(part, axis=1)", "tf.stack(part, axis=0)", "places_in_front"),
    ("decoder", "carry", "tf.stack(part, axis=1)", "part[-1]", "last_alone"),
    ("decoder", "carry", "memory.state, []", "tf.zeros_like(memory.state), []", "from_zeros"),
    (
        "beam",
        "grow",
        "total = scores[:, np.newaxis] + log_p",
        "total = scores[:, np.newaxis] * log_p",
        "multiplied",
    ),
    ("beam", "grow", "total = scores[:, np.newaxis] + log_p", "total = log_p", "last_word_decides"),
    (
        "beam",
        "grow",
        "total = scores[:, np.newaxis] + log_p",
        "total = scores[:, np.newaxis] + log_p\n"
        "    return total.max(1), np.arange(len(scores)), total.argmax(1)",
        "each_its_own",
    ),
    ("beam", "grow", "argsort(-total", "argsort(total", "worst_kept"),
    ("beam", "grow", "[PAD, START, UNKNOWN]", "[PAD, START]", "unknown_written"),
    ("beam", "grow", "[PAD, START, UNKNOWN]", "[START, UNKNOWN]", "padding_written"),
    ("beam", "grow", "log_p[:, [PAD, START, UNKNOWN]] = IMPOSSIBLE", "pass", "special_written"),
    ("beam", "grow", "[PAD, START, UNKNOWN]", "[PAD, START, UNKNOWN, END]", "never_ends"),
    ("beam", "grow", "log_p[finished, PAD] = 0.0", "pass", "finished_dropped"),
    (
        "beam",
        "grow",
        "log_p[finished] = IMPOSSIBLE\n    log_p[finished, PAD] = 0.0",
        "pass",
        "finished_extended",
    ),
    ("beam", "search", "rows[parents]", "rows", "rows_stay"),
    ("beam", "search", "state = state[parents]", "pass", "states_stay"),
    ("beam", "search", "(words == END) | (words == PAD)", "finished | (words == END)", "ends_stay"),
    ("beam", "best", "scores / lengths", "scores", "no_normalisation"),
    ("beam", "best", "np.argmax(scores / lengths)", "np.argmax(lengths)", "longest"),
    ("beam", "my_search", "beam = 8", "beam = 2", "two"),
    ("beam", "my_search", "beam = 8", "beam = 32", "too_wide"),
    (
        "beam",
        "my_search",
        "best(*search(step, np.repeat(state, beam, axis=0), beam, limit))",
        "search(step, np.repeat(state, beam, axis=0), beam, limit)[0][0]",
        "wide_and_short",
    ),
    ("padding", "padded", "PAD, np.int32)", "float(PAD))", "wrong_kind"),
    ("padding", "padded", "return array", "return array.tolist()", "wrong_kind"),
    (
        "attention",
        "BahdanauAttention",
        "self.score(tf.tanh(query + keys))[:, :, 0]",
        "tf.reduce_sum(tf.tanh(query + keys), axis=-1)",
        "no_score",
    ),
    (
        "attention",
        "BahdanauAttention",
        "weights = tf.where(mask, weights, 0.0)",
        "weights = tf.nn.softmax(tf.where(mask, -1e9, scores))",
        "inverted_mask",
    ),
    (
        "attention",
        "BahdanauAttention",
        "weights, values)",
        "weights, values) / weights.shape[1]",
        "divided_again",
    ),
    (
        "attention",
        "BahdanauAttention",
        "weights = tf.where(mask, weights, 0.0)",
        "weights = tf.exp(scores) * tf.cast(mask, scores.dtype)\n"
        "        weights = weights / tf.reduce_sum(weights, axis=1, keepdims=True)",
        "minus_infinity",
    ),
    ("loss", "token_loss", "choice.mean)) / tokens", "choice.mean)) / 8.0", "half_fixed"),
    (
        "loss",
        "token_loss",
        "plain = tf.reduce_sum(real *",
        "real = tf.ones_like(real)\n    plain = tf.reduce_sum(real *",
        "padding_above",
    ),
    (
        "decoder",
        "MyDecoder",
        "self.gru(inputs, state)",
        "self.gru(inputs, memory.state)",
        "from_the_first",
    ),
    (
        "decoder",
        "MyDecoder",
        "return next_state, context,",
        "return context, next_state,",
        "context_first",
    ),
    (
        "beam",
        "grow",
        "log_p[finished] = IMPOSSIBLE\n    log_p[finished, PAD]",
        "log_p[finished, PAD]",
        "finished_both",
    ),
    (
        "beam",
        "grow",
        "total = scores[:, np.newaxis] + log_p",
        "total = scores[:, np.newaxis] + log_p\n    total[finished, PAD] = 0.0",
        "finished_certain",
    ),
    ("beam", "search", "(words == END) | (words == PAD)", "words == END", "wakes_up"),
    ("beam", "search", "(words == END) | (words == PAD)", "finished[parents]", "end_missed"),
    ("beam", "best", "(rows != PAD).sum(axis=1)", "(rows != PAD).sum(axis=1) - 1", "end_uncounted"),
    ("beam", "best", "(rows != PAD).sum(axis=1)", "(rows == END).argmax(axis=1) + 1", "end_sought"),
    (
        "beam",
        "best",
        "(rows != PAD).sum(axis=1)",
        "np.array([len({*row.tolist()} - {PAD}) for row in rows])",
        "words_counted_once",
    ),
    ("padding", "Vocabulary", "sentence.split()", "sentence.lower().split()", "small_letters"),
    ("padding", "Vocabulary", "sentence.split()", "dict.fromkeys(sentence.split())", "each_once"),
    (
        "padding",
        "padded",
        "array[row, : len(ids)] = ids",
        "ids += [PAD] * (length - len(ids))\n        array[row] = ids",
        "filled_in_place",
    ),
    (
        "padding",
        "padded",
        "array = ",
        "rows += [[PAD] * length] * empty\n    empty = 0\n    array = ",
        "rows_added",
    ),
    (
        "attention",
        "BahdanauAttention",
        "return context, weights",
        "return context.numpy(), weights.numpy()",
        "in_numpy",
    ),
    (
        "decoder",
        "MyDecoder",
        "next_state = self.gru(inputs, state)",
        "self.kept = next_state = self.gru(inputs, getattr(self, 'kept', state))",
        "kept_inside",
    ),
    (
        "decoder",
        "MyDecoder",
        "return next_state,",
        "return next_state.numpy(),",
        "turned_into_numpy",
    ),
    ("decoder", "carry", "tf.stack(part, axis=1)", "np.stack(part, axis=1)", "stacked_in_numpy"),
    ("loss", "token_loss", "return plain,", "return float(plain),", "python_number"),
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
STEP = """class MyDecoder(Decoder):
    def __init__(self, words, embedding, units, *args, **kwargs):
        super().__init__(words, embedding, units, *args, **kwargs)
        self.gru = ForgivingGRU(units)

    def step(self, projected, state, memory):
        keys, values, mask, _ = memory.keys, memory.annotations, memory.mask, memory.state
        found = self.attention(state, keys, values, mask)
        return self.gru(state=state, projected=self.context(found[0]) + projected), *found
"""
CARRY = """def carry(decoder, projected, memory):
    def taken(state, place):
        if place == projected.shape[1]:
            return []
        after = decoder.step(projected[:, place], state, memory)
        return [after, *taken(after[0], place + 1)]

    steps = taken(memory.state, 0)
    return [tf.stack([step[part] for step in steps], axis=1) for part in range(3)]
"""
GROW = """def grow(scores, log_p, finished):
    made = []
    for parent, (score, row) in enumerate(zip(scores, log_p)):
        if finished[parent]:
            made.append((score, parent, PAD))
            continue
        words = [word for word in range(len(row)) if word not in (PAD, START, UNKNOWN)]
        made += [(score + row[word], parent, word) for word in words]
    made.sort(key=lambda one: (-one[0], one[1], one[2]))
    return tuple(np.array(part) for part in zip(*made[: len(scores)]))
"""
BEST = """def best(rows, scores):
    def mean(pair):
        return pair[1] / np.count_nonzero(pair[0])
    return max(zip(rows, scores), key=mean)[0]
"""
APART = """def my_search(step, state, limit):
    \"\"\"Keep what has ended apart, so that it takes no place in the beam.\"\"\"
    going, done = [(0.0, [START], state[0])], []
    for _ in range(limit):
        last = np.array([row[-1] for _, row, _ in going])
        log_p, states = step(last, np.array([one for _, _, one in going]))
        log_p[:, [PAD, START, UNKNOWN]] = IMPOSSIBLE
        made = []
        for (score, row, _), numbers, after in zip(going, log_p, states):
            for word in np.argsort(-numbers)[:8]:
                one = (score + numbers[word], [*row, int(word)], after)
                (done if word == END else made).append(one)
        going = sorted(made, key=lambda one: -one[0])[:8]
    return max(done, key=lambda one: one[0] / (len(one[1]) - 1))[1][1:]
"""
SEVERAL = """def my_search(step, state, limit):
    found = []
    for beam in (1, 2, 3, 5, 7):
        found += zip(*search(step, np.repeat(state, beam, axis=0), beam, limit))
    return max(found, key=lambda one: one[1] / np.sum(one[0] != PAD))[0]
"""
OTHER = [
    ("decoder", "MyDecoder", STEP),
    ("decoder", "carry", CARRY),
    ("beam", "grow", GROW),
    ("beam", "best", BEST),
    ("beam", "my_search", APART),
    ("beam", "my_search", SEVERAL),
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


# Topic, cell, what of the solution is replaced, by what, the check that rejects it, in these words.
NO_REASON = [
    ("beam", "grow", "[: len(scores)]", "[:3]", "of_all", "shape (3,)"),
    ("beam", "grow", "total.shape[1]", "8", "of_all", "the parents"),
    ("beam", "grow", "log_p = log_p.copy()", "pass", "of_all", "read-only"),
    ("beam", "grow", "total = scores", "scores -= 0.0\n    total = scores", "of_all", "read-only"),
    ("beam", "search", "state = state[parents]", "state = np.take(state, parents)", "words_follow",
     "the shape of the state is (3,)"),
    ("beam", "search", "state = state[parents]",
     "for place, parent in enumerate(parents):\n            state[place] = state[parent]",
     "states_follow", "the words of three hypotheses"),
    ("beam", "search", "state = state[parents]",
     "state = np.repeat(state[parents][:1], beam, axis=0)", "states_follow",
     "the words of three hypotheses"),
    ("beam", "search", "rows = np.column_stack([rows[parents], words])",
     "for place, parent in enumerate(parents):\n            rows[place] = rows[parent]\n"
     "        rows = np.column_stack([rows, words])", "words_follow",
     "the words of three hypotheses"),
    ("attention", "BahdanauAttention", "tf.tanh(query + keys))[:, :, 0]",
     "tf.tanh(query + keys))[:, :, 0]\n        scores = tf.reshape(scores, (2, 4))", "scores",
     "reshape"),
    ("attention", "BahdanauAttention", "weights = tf.where(mask, weights, 0.0)",
     "weights = tf.where(mask, weights, 0.0) if bool(tf.reduce_any(mask)) else 0 * weights",
     "scores", "`tf.function` compiles the layer"),
    ("attention", "BahdanauAttention", "weights = tf.where(mask, weights, 0.0)",
     "weights = tf.exp(scores) * tf.cast(mask, scores.dtype)\n"
     "        weights = weights / tf.reduce_sum(weights, axis=1, keepdims=True)\n"
     "        weights = tf.where(tf.math.is_nan(weights), 0.0, weights)", "empty_row",
     "makes the gradient NaN"),
    ("decoder", "carry", "tf.unstack(projected, axis=1)", "tf.transpose(projected, [1, 0, 2])",
     "chain", "`tf.function` compiles the loop"),
    ("loss", "token_loss", "tf.maximum(tf.reduce_sum(real), 1.0)",
     "max(float(tf.reduce_sum(real)), 1.0)", "words", "`tf.function` compiles the loss"),
    ("beam", "my_search", "best(*search(step, np.repeat(state, beam, axis=0), beam, limit))",
     "best(*astray(step, np.repeat(state, beam, axis=0), beam, limit))\n\n\n"
     "def astray(step, state, beam, limit):\n"
     "    return search(lambda words, mixed: step(words, np.roll(mixed, 1, axis=0)), state, beam, "
     "limit)", "invented", "the mean log probability"),
]  # fmt: skip


@pytest.mark.parametrize(("topic", "cell", "old", "new", "check", "words"), NO_REASON)
def test_a_wrong_answer_is_rejected(
    topic: str, cell: str, old: str, new: str, check: str, words: str
) -> None:
    right = solved(f"nmt/{topic}", cell)
    assert old in right
    found = results(f"nmt/{topic}", cell, right.replace(old, new))[check]
    assert found.status == "wrong"
    assert words in found.words


# Topic, cell, what of the solution is replaced, by what: as right as the solution.
AS_RIGHT = [
    ("padding", "padded", "array[row, : len(ids)] = ids", "array[row, : len(ids)] = tuple(ids)"),
    ("attention", "BahdanauAttention", "[:, tf.newaxis, :]",
     "\n        query = tf.reshape(query, (query.shape[0], 1, query.shape[1]))"),
    ("decoder", "MyDecoder", "self.gru(inputs, state)", "self.gru(projected=inputs, state=state)"),
    ("decoder", "MyDecoder", "return next_state, context, weights",
     "return [next_state, context, weights]"),
    ("decoder", "carry", "decoder.step(word, state, memory)",
     "decoder.step(projected=word, state=state, memory=memory)"),
    ("decoder", "carry", "return states, contexts, weights", "return [states, contexts, weights]"),
    ("loss", "token_loss", "tf.maximum(tf.reduce_sum(real), 1.0)",
     "tf.reduce_sum(real) if tf.reduce_sum(real) > 0 else 1.0"),
    ("beam", "grow", "return total.ravel()[best], best // total.shape[1], best % total.shape[1]",
     "return [total.ravel()[best], best // total.shape[1], best % total.shape[1]]"),
    ("beam", "search", "state = state[parents]", "state = np.take(state, parents, axis=0)"),
]  # fmt: skip


@pytest.mark.parametrize(("topic", "cell", "old", "new"), AS_RIGHT)
def test_another_spelling_is_accepted(topic: str, cell: str, old: str, new: str) -> None:
    right = solved(f"nmt/{topic}", cell)
    assert old in right
    found = results(f"nmt/{topic}", cell, right.replace(old, new))
    assert {name: r.words for name, r in found.items() if r.status != "passed"} == {}


def test_a_normal_form_with_two_faults_is_told_a_token() -> None:
    found = results("nmt/padding", "normal_form", 'normal_form = "donde esta el niño ?"')
    assert found["normal"].words == "“niño” is not one of the six tokens"


def test_an_exercise_passes_the_gate() -> None:
    assert faults_of(exercise("nmt/padding")) == []


def test_a_solved_exercise_runs_in_a_kernel() -> None:
    done = execute(build_notebook(exercise("nmt/padding"), "solved"))
    text = str([output for cell in done["cells"] for output in cell.get("outputs", [])])
    assert "✓ 6. Four buckets with less than 12 % padding (2/2)" in text
    assert "✗" not in text
