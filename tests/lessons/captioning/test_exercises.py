"""The exercises of captioning: wrong code is named, right code by another method is accepted."""

from collections.abc import Iterator
from functools import lru_cache
from typing import Any

import pytest

from coursekit_captioning import data
from tests.solving import results, solved

pytestmark = pytest.mark.tf

SUM = "tf.reduce_sum(real * (normaliser - right))"
BARRED = "(ids == PAD) | (ids == START) | (ids == UNKNOWN)"
CEILING = "math.ceil(panels / ACROSS)"
DRAWN = "draw, rows = np.random.default_rng(0), 30"
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
        "(down + 0.5 + offset) / side, (across + 0.5 + offset) / side",
        "down_first",
    ),
    (
        "grids",
        "peak",
        "(across + 0.5 + offset) / side, (down + 0.5 + offset) / side",
        "(across + offset) / side, (down + offset) / side",
        "corner",
    ),
    (
        "grids",
        "coordinates",
        "np.stack([down, across], axis=-1)",
        "np.stack([down, across])",
        "stacked_in_front",
    ),
    ("grids", "peak", "0.5 + offset", "0.5", "offset_left_out"),
    (
        "grids",
        "peak",
        "(across + 0.5 + offset) / side, (down + 0.5 + offset) / side",
        "(across + 0.5) / side + offset, (down + 0.5) / side + offset",
        "offset_of_pictures",
    ),
    (
        "grids",
        "peak",
        "(across + 0.5 + offset) / side, (down + 0.5 + offset) / side",
        "(2 * across + 1 + offset) / side - 1, (2 * down + 1 + offset) / side - 1",
        "from_minus_one",
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
        "+ keys[",
        "+ self.key_projection(keys)[",
        "projected_twice",
    ),
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
    (
        "attention",
        "BahdanauAttention",
        "tf.matmul(weights, values), weights",
        "tf.matmul(weights, values).numpy(), weights",
        "in_numpy",
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
    (
        "leaks",
        "token_loss",
        f"{SUM} / tokens",
        "tf.reduce_mean(normaliser - right)",
        "padding_counts",
    ),
    (
        "leaks",
        "token_loss",
        f"{SUM} / tokens",
        f"{SUM} / tf.cast(tf.size(real), tf.float32)",
        "padding_below",
    ),
    ("leaks", "token_loss", f"{SUM} / tokens", SUM, "sum_of_words"),
    ("leaks", "token_loss", "real * (normaliser - right)", "normaliser - right", "padding_above"),
    (
        "leaks",
        "token_loss",
        "tf.maximum(tf.reduce_sum(real), 1.0)",
        "tf.reduce_sum(real)",
        "nothing_by_nothing",
    ),
    (
        "leaks",
        "token_loss",
        "tf.reduce_sum(real), 1.0",
        "tf.reduce_sum(real[:, :, 0]), 1.0",
        "of_a_caption",
    ),
    ("leaks", "token_loss", "(normaliser - right)", "-right", "not_normalised"),
    ("leaks", "token_loss", "normaliser - right", "right - normaliser", "sign_turned"),
    ("leaks", "token_loss", "return plain,", "return float(plain),", "python_number"),
    (
        "leaks",
        "token_loss",
        f"{SUM} / tokens",
        "tf.reduce_mean(tf.reduce_sum(real * (normaliser - right), 2) / tf.reduce_sum(real, 2))",
        "captions_alike",
    ),
    ("greedy", "hearts", "0.5", "0.3", "not_shared_out"),
    ("greedy", "log_probabilities", " | (ids == UNKNOWN)", "", "unknown_written"),
    ("greedy", "log_probabilities", "(ids == PAD) | ", "", "padding_written"),
    ("greedy", "log_probabilities", BARRED, "ids < 0", "special_written"),
    (
        "greedy",
        "log_probabilities",
        "tf.nn.log_softmax(tf.where(barred, IMPOSSIBLE, logits))",
        "tf.where(barred, IMPOSSIBLE, tf.nn.log_softmax(logits))",
        "barred_too_late",
    ),
    ("greedy", "log_probabilities", "tf.nn.log_softmax", "tf.nn.softmax", "no_logarithm"),
    ("greedy", "log_probabilities", "tf.nn.log_softmax", "", "no_softmax"),
    ("greedy", "log_probabilities", BARRED, f"{BARRED} | (ids == END)", "never_ends"),
    (
        "greedy",
        "log_probabilities",
        "    barred |= (time == 0) & (ids == END)\n",
        "",
        "may_be_empty",
    ),
    (
        "greedy",
        "log_probabilities",
        "    barred |= (time == 0) & (ids == END)\n",
        "    unshared = tf.nn.log_softmax(tf.where(barred, IMPOSSIBLE, logits))\n"
        "    if time == 0:\n        return tf.where(ids == END, IMPOSSIBLE, unshared)\n",
        "first_not_shared",
    ),
    ("greedy", "log_probabilities", "limit - 1", "limit", "cut_off"),
    (
        "greedy",
        "log_probabilities",
        "    return tf.where",
        "    log_p = tf.where((time == limit - 1) & (ids == END), 0.0, log_p)\n    return tf.where",
        "free_end",
    ),
    ("greedy", "greedy_search", "tf.argmax(log_p", "tf.argmax(logits[:, 0]", "rules_unused"),
    ("greedy", "greedy_search", "tf.where(running, best, PAD)", "best", "goes_on"),
    ("greedy", "greedy_search", "running &= ", "running = ", "begins_again"),
    (
        "greedy",
        "greedy_search",
        "tf.where(running, tf.reduce_max(log_p, axis=-1), 0.0)",
        "tf.reduce_max(log_p, axis=-1)",
        "still_pays",
    ),
    (
        "greedy",
        "greedy_search",
        "score += tf.where(running, ",
        "score += tf.where(running & (best != END), ",
        "end_is_free",
    ),
    ("greedy", "grid_of", CEILING, "panels // 2\n    return down, down", "halves"),
    ("greedy", "grid_of", CEILING, "(panels + 1) // 2\n    return down, down", "halves_up"),
    ("greedy", "grid_of", CEILING, "max(panels // 5, 1)", "rounded_down"),
    ("greedy", "grid_of", CEILING, "panels // ACROSS + 1", "one_more"),
    ("greedy", "grid_of", CEILING, "1\n    return down, panels", "single_row"),
    (
        "greedy",
        "grid_of",
        CEILING,
        "math.ceil(panels**0.5)\n    return math.ceil(panels / down), down",
        "nearly_square",
    ),
    ("search", "needed", "0.71", "0.5", "by_the_mean"),
    ("search", "needed", "0.71", "0.25", "halved"),
    ("search", "needed", "0.71", "0.06", "whole_caption"),
    ("search", "needed", "0.71", "1.0", "never"),
    ("search", "needed", "0.71", "0.84", "one_factor"),
    ("search", "my_search", DRAWN, f"return greedy(step, state, limit)\n    {DRAWN}", "greedily"),
    (
        "search",
        "my_search",
        DRAWN,
        f"return counted.vocabulary.encode('a red star')\n    {DRAWN}",
        "constant",
    ),
    (
        "search",
        "my_search",
        DRAWN,
        "my_search.asked = getattr(my_search, 'asked', -1) + 1\n    said = scenes[my_search.asked]."
        f"captions[0]\n    return counted.vocabulary.encode(said)\n    {DRAWN}",
        "copied",
    ),
    ("pointing", "by_chance", "0.2", "0.5", "heads_or_tails"),
    ("pointing", "is_inside", "return box", "point = point[::-1]\n    return box", "point_turned"),
    ("pointing", "is_inside", "and", "or", "either_way"),
    ("pointing", "is_inside", "<=", "<", "border_outside"),
    (
        "pointing",
        "is_inside",
        "point[0] <= box.right and box.top <= point[1] <= box.bottom",
        "point[0] and box.top <= point[1]",
        "two_borders",
    ),
    ("pointing", "pointing_game", "        if boxes\n", "", "grammar_misses"),
    ("pointing", "pointing_game", "any(", "all(", "all_of_them"),
    ("pointing", "pointing_game", ", offset)", ")", "offset_left_out"),
    (
        "pointing",
        "pointing_game",
        "is_inside(peak(weights, offset)",
        "is_inside(peak(weights, offset)[::-1]",
        "peak_turned",
    ),
    ("pointing", "pointing_game", "sum(hits) / len(hits)", "sum(hits)", "count_of_hits"),
    ("pointing", "pointing_game", "if hits else 0.0", "if hits else np.nan", "nothing_by_nothing"),
]


@pytest.fixture(autouse=True, scope="module")
def drawn_once() -> Iterator[None]:
    """Draw the scenes that the cells ask for once, and not for each test."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(data, "drawn_examples", lru_cache(data.drawn_examples))
        yield


@pytest.mark.parametrize(("topic", "cell", "old", "new", "named"), WRONG, ids=[w[4] for w in WRONG])
def test_wrong_code_is_named(topic: str, cell: str, old: str, new: str, named: str) -> None:
    right = solved(f"captioning/{topic}", cell)
    assert old in right
    slow = () if cell == "my_search" else ("invented",)
    found = results(f"captioning/{topic}", cell, right.replace(old, new), slow)
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
PEAK = """def peak(weights, offset=0.0):
    side = int(np.sqrt(len(weights)))
    grid = np.reshape(weights, (side, side))
    down, across = np.unravel_index(grid.argmax(), grid.shape)
    across, down = across + offset, down + offset
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
GAME = """def pointing_game(examples, found, offset=0.0):
    hits = count = 0
    for example, written in zip(examples, found):
        for weights, boxes in zip(written.attention, example.boxes(written.words)):
            across, down = peak(weights, offset)
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
TOKEN_LOSS = """def token_loss(logits, targets, smoothing=0.0):
    real = targets != PAD
    each = tf.nn.sparse_softmax_cross_entropy_with_logits(targets, logits)
    tokens = tf.maximum(tf.reduce_sum(tf.cast(real, tf.float32)), 1)
    plain = tf.reduce_sum(each[real]) / tokens
    uniform = -tf.reduce_sum(tf.reduce_mean(tf.nn.log_softmax(logits)[real], axis=-1)) / tokens
    return plain, (1 - smoothing) * plain + smoothing * uniform
"""
LISTED = """def log_probabilities(logits, time, limit):
    words = logits.shape[-1]
    allowed = [word for word in range(words) if word not in (PAD, START, UNKNOWN)]
    allowed = tf.reduce_sum(tf.one_hot(allowed, words), axis=0)
    allowed *= 1 - tf.cast(time == 0, tf.float32) * tf.one_hot(END, words)
    p = tf.nn.softmax(logits) * allowed
    p /= tf.reduce_sum(p, axis=-1, keepdims=True)
    return tf.math.log(tf.where(time == limit - 1, p * tf.one_hot(END, words), p))
"""
IN_PYTHON = """def greedy_search(model, pictures, limit):
    memory = model.see(pictures)
    word = tf.fill([memory.keys.shape[0], 1], START)
    state, ids, attention, score = memory.state, [], [], 0.0
    going = tf.ones(tf.shape(word))
    for time in range(limit):
        logits, state, weights = model.next_word(word, state, memory)
        log_p = log_probabilities(logits, time, limit)
        best, chosen = tf.math.top_k(log_p)[::-1]
        score += going * chosen[..., 0]
        word = best[..., 0] * tf.cast(going, tf.int32)
        going *= tf.cast(word != END, tf.float32)
        ids.append(word[:, 0])
        attention.append(weights[:, 0])
    ids = tf.stack(ids, axis=1)
    return Found(ids, tf.stack(attention, axis=1), score[:, 0] / lengths_of(ids))
"""
COUNTED = """def grid_of(panels):
    down = across = 1
    while down * across < panels:
        if across < 5:
            across += 1
        else:
            down += 1
    return down, across
"""
BALANCED = """def grid_of(panels):
    down = (panels + ACROSS - 1) // ACROSS
    return down, (panels + down - 1) // down
"""
BEAM = """def my_search(step, state, limit, describing):
    kept, done = [([], 0.0, state)], []
    for time in range(limit):
        grown = []
        for said, score, state in kept:
            word = np.array([said[-1] if said else START])
            log_p, state = step(word, state, time)
            for word in np.argsort(-log_p[0])[:12].tolist():
                twice = describing[word] and word in said
                if log_p[0, word] < -1e6 or (NEVER and twice):
                    continue
                total = score + log_p[0, word] - PENALTY * twice
                end = done if word == END else grown
                end.append(([*said, word], total, state))
        kept = sorted(grown, key=lambda one: -one[1])[:8]
    return max(done, key=lambda one: one[1] / len(one[0]))[0]
"""
AGREED = """def my_search(step, state, limit, describing):
    draw, found = np.random.default_rng(1), []
    for _ in range(20):
        now, word, said = state, START, []
        for time in range(limit):
            log_p, now = step(np.array([word]), now, time)
            p = np.exp(log_p[0] / 0.7)
            word = int(draw.choice(len(p), p=p / p.sum()))
            said.append(word)
            if word == END:
                break
        named = [word for word in said if describing[word]]
        if len(set(named)) == len(named):
            found.append(said)
    parts = [{*zip(a, a[1:]), *zip(a, a[1:], a[2:]), *a} for a in found]
    agree = [sum(len(one & other) for other in parts) for one in parts]
    return found[int(np.argmax(agree))] if found else [END]
"""
OTHER = [
    ("leaks", "token_loss", TOKEN_LOSS),
    ("greedy", "log_probabilities", LISTED),
    ("greedy", "greedy_search", IN_PYTHON),
    ("greedy", "grid_of", COUNTED),
    ("greedy", "grid_of", BALANCED),
    ("search", "my_search", BEAM.replace("NEVER", "True").replace("PENALTY", "0")),
    ("search", "my_search", BEAM.replace("NEVER", "False").replace("PENALTY", "3")),
    ("search", "my_search", AGREED),
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


# Topic, cell, what of the solution is replaced, by what, the check that rejects it, in these words.
SAID = [
    ("attention", "BahdanauAttention", "tf.nn.softmax(scores[..., 0])",
     "tf.nn.softmax(tf.reshape(scores, (2, 3, 4)))", "scores", "reshape"),
    ("leaks", "token_loss", "tf.maximum(tf.reduce_sum(real), 1.0)",
     "max(int(tf.reduce_sum(real)), 1)", "cross_entropy", "compiles the loss with `tf.function`"),
    ("greedy", "log_probabilities", "    barred |= (time == 0) & (ids == END)\n",
     "    if time == 0:\n        barred |= ids == END\n", "at_last", "not `if`"),
    ("greedy", "greedy_search", "tf.argmax(log_p, axis=-1, output_type=tf.int32)",
     "np.argmax(log_p, axis=-1).astype('int32')", "scored", "compiled with `tf.function`"),
    ("greedy", "log_probabilities", "limit - 1", "4", "at_last", "the last of 7 steps"),
    ("grids", "coordinates", "(np.arange(side, dtype=np.float32) + 0.5) / side * 2 - 1",
     "np.linspace(-0.75, 0.75, side, dtype=np.float32)", "middles", "a grid of 5 x 5"),
    ("leaks", "hold_out", "np.unique(owners)", "200", "a_tenth", "of 40 pictures"),
    ("pointing", "pointing_game", "boxes(written.words)",
     "boxes(written.words[:1] * len(written.words))", "share", "four of five words"),
]  # fmt: skip


@pytest.mark.parametrize(("topic", "cell", "old", "new", "check", "words"), SAID)
def test_a_wrong_answer_is_rejected(
    topic: str, cell: str, old: str, new: str, check: str, words: str
) -> None:
    right = solved(f"captioning/{topic}", cell)
    assert old in right
    found = results(f"captioning/{topic}", cell, right.replace(old, new), ("invented",))[check]
    assert found.status == "wrong"
    assert words in found.words


@pytest.mark.parametrize("last", ["one[1] / len(one[0])", "one[1]"])
def test_a_beam_alone_does_not_suffice(last: str) -> None:
    code = BEAM.replace("NEVER", "False").replace("PENALTY", "0")
    code = code.replace("one[1] / len(one[0])", last)
    result = results("captioning/search", "my_search", code)["invented"]
    assert result.status == "wrong"
    assert "reach more than 1.15" in result.words


def test_a_sampled_word_is_told() -> None:
    right = solved("captioning/greedy", "greedy_search")
    best = "tf.argmax(log_p, axis=-1, output_type=tf.int32)"
    assert best in right
    lots = right.replace(best, "tf.random.categorical(log_p, 1, dtype=tf.int32)[:, 0]")
    result = results("captioning/greedy", "greedy_search", lots, ("invented",))["likeliest"]
    assert "nothing should be sampled" in result.words


def test_a_split_that_ignores_the_seed_is_told() -> None:
    always = EVERY_TENTH.replace("seed % 10", "0")
    result = results("captioning/leaks", "hold_out", always)["a_tenth"]
    assert result.status == "wrong"
    assert "the choice should depend on `seed`" in result.words
