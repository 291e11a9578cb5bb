"""What may be drawn, texts with a cache and without one, and how losses are counted."""

import math
from typing import Any

import numpy as np
import pytest
import tensorflow as tf

from coursekit_transformer.data import UNKNOWN, Vocabulary
from coursekit_transformer.decode import PIECE, Cached, Taste, Uncached, drawn, texts
from coursekit_transformer.evaluate import losses_of, losses_of_windows, strips_of
from coursekit_transformer.model import Transformer
from tests.lessons.transformer.test_model import CHARACTERS, decided, made

pytestmark = pytest.mark.tf

VOCABULARY = Vocabulary("abcdefghij")
LOGITS = np.log([[1e-9, 0.5, 0.25, 0.15, 0.1]]).astype(np.float32)  # the first is unknown
CHANCES = np.linspace(0, 1 - 1e-6, 2_001, dtype=np.float32)


@pytest.fixture(scope="module")
def model() -> Transformer:
    return decided(length=12)


def shares(taste: Taste, logits: Any = LOGITS) -> dict[int, float]:
    """Return how often each character is drawn, with chances that lie evenly."""
    rows = tf.constant(np.repeat(logits, len(CHANCES), axis=0))
    ids = drawn(rows, tf.constant(CHANCES), taste).numpy()
    counts = np.bincount(ids) / len(ids)
    return {int(i): counts[i] for i in np.flatnonzero(counts)}


@pytest.mark.parametrize(
    ("taste", "expected"),
    [
        (Taste(), {1: 0.5, 2: 0.25, 3: 0.15, 4: 0.1}),
        (Taste(top_k=2), {1: 2 / 3, 2: 1 / 3}),
        (Taste(top_k=99), {1: 0.5, 2: 0.25, 3: 0.15, 4: 0.1}),
        (Taste(temperature=0.5), {1: 0.7246, 2: 0.1812, 3: 0.0652, 4: 0.029}),  # squares
        (Taste(temperature=0), {1: 1.0}),
    ],
)
def test_each_is_drawn_as_often_as_it_should(taste: Taste, expected: dict[int, float]) -> None:
    assert shares(taste) == pytest.approx(expected, abs=2e-3)


def test_the_unknown_sign_is_never_drawn() -> None:
    for taste in (Taste(), Taste(temperature=0), Taste(top_k=1)):
        assert UNKNOWN not in shares(taste, np.array([[9.0, 0.0, 0.0]], np.float32))


def written(model: Transformer, length: int, **options: Any) -> list[str]:
    pieces = list(texts(model, VOCABULARY, options.pop("prompt", "ab"), length, **options))
    return ["".join(parts) for parts in zip(*pieces, strict=True)]


def test_greedy_text_is_what_the_network_expects_most(model: Transformer) -> None:
    """Also far beyond the window: reading the whole text at once gives the same characters."""
    [text] = written(model, PIECE + 9, taste=Taste(temperature=0))
    assert len(text) == PIECE + 9
    whole = VOCABULARY.encode("ab" + text)
    logits, _ = model(whole[np.newaxis, :-1])
    likeliest = 1 + np.argmax(logits.numpy()[0, 1:, 1:], axis=-1)
    np.testing.assert_array_equal(whole[2:], likeliest)


def test_with_and_without_a_cache_the_text_is_the_same(model: Transformer) -> None:
    """As long as the whole text fits in the window; then the cache remembers more."""
    for count in (1, 3):
        with_cache = written(model, 11, count=count, prompt="a")
        assert with_cache == written(model, 11, count=count, prompt="a", reader=Uncached.after)


def test_without_a_cache_the_last_window_is_read_again(model: Transformer) -> None:
    [text] = written(
        model, 40, taste=Taste(temperature=0), prompt="abcabcabcabcabc", reader=Uncached.after
    )
    ids = VOCABULARY.encode("abcabcabcabcabc" + text)
    for place in range(15, len(ids)):
        logits, _ = model(ids[np.newaxis, place - 12 : place])
        assert ids[place] == 1 + np.argmax(logits.numpy()[0, -1, 1:])


def test_a_long_prompt_is_read_like_a_text_in_pieces(model: Transformer) -> None:
    ids = tf.constant(np.random.default_rng(0).integers(1, CHARACTERS, (2, 40)), tf.int32)
    one = Cached.after(model, ids)
    memory = model.empty_memory(2)
    for place in range(39):
        _, memory = model(ids[:, place : place + 1], memory)
    for a, b in zip(tf.nest.flatten(one.memory), tf.nest.flatten(memory), strict=True):
        np.testing.assert_allclose(a, b, atol=2e-5)


def test_a_seed_decides_the_text(model: Transformer) -> None:
    assert written(model, 150, seed=5) == written(model, 150, seed=5)
    assert written(model, 150, seed=5) != written(model, 150, seed=6)
    assert written(model, 150, seed=5)[0].startswith(written(model, 70, seed=5)[0])


def test_many_texts_at_once_all_differ(model: Transformer) -> None:
    found = written(model, 100, count=8, prompt="a", taste=Taste(3.0))
    assert {len(text) for text in found} == {100}
    assert len(set(found)) == 8


def test_without_weights_every_character_costs_the_same() -> None:
    network = made()
    for variable in network.trainable_variables:
        variable.assign(tf.zeros_like(variable))
    losses = losses_of(network, VOCABULARY.encode("abcj" * 100))
    assert losses.shape == (399,)
    np.testing.assert_allclose(losses, math.log(CHARACTERS), rtol=1e-5)


@pytest.mark.parametrize("characters", [2, 3, 255, 256, 257, 511, 512, 513, 5_000, 40_001])
def test_every_character_but_the_first_is_scored_once(characters: int) -> None:
    ids = np.arange(characters, dtype=np.int32)
    strips = strips_of(ids, lead=256, piece=64)
    assert len(strips.ids) <= 64
    guessed = strips.ids[:, 1:][strips.scored]
    np.testing.assert_array_equal(guessed, ids[1:])
    np.testing.assert_array_equal(strips.ids[:, :-1][strips.scored], ids[:-1])


def test_strips_lead_in_before_they_count() -> None:
    strips = strips_of(np.arange(40_001, dtype=np.int32), lead=256, piece=64)
    firsts = strips.scored.argmax(axis=1)
    assert firsts[0] == 0
    assert (firsts[1:] == 256).all()


def cross_entropy(model: Transformer, ids: Any) -> Any:
    logits, _ = tf.function(model)(ids[np.newaxis, :-1])
    scores = logits.numpy()[0].astype(np.float64)
    return np.log(np.exp(scores).sum(-1)) - scores[np.arange(len(ids) - 1), ids[1:]]


def test_losses_are_those_of_one_long_reading(model: Transformer) -> None:
    ids = np.random.default_rng(0).integers(1, CHARACTERS, 1_501).astype(np.int32)
    assert len(strips_of(ids, 24, 12).ids) > 4
    np.testing.assert_allclose(losses_of(model, ids), cross_entropy(model, ids), atol=1e-4)


def test_losses_of_windows_begin_in_the_dark(model: Transformer) -> None:
    ids = np.random.default_rng(0).integers(1, CHARACTERS, 100).astype(np.int32)
    found = losses_of_windows(model, ids)
    assert found.shape == (8, 12)
    for window in range(8):
        part = ids[12 * window : 12 * window + 13]
        np.testing.assert_allclose(found[window], cross_entropy(model, part), atol=1e-4)
