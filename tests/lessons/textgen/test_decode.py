"""What may be drawn, how often it is, and that texts go on from where they stand."""

import math
from typing import Any

import numpy as np
import pytest
import tensorflow as tf
from matplotlib.patches import Rectangle

from coursekit_textgen.data import UNKNOWN, Vocabulary
from coursekit_textgen.decode import PIECE, Taste, drawn, narrowed, texts
from coursekit_textgen.evaluate import losses_of, strips_of
from coursekit_textgen.model import CharacterModel
from coursekit_textgen.practice.compare import what_comes_next
from coursekit_textgen.practice.ngram import DOUBT, Ngram
from tests.lessons.textgen.test_model import CHARACTERS, made

pytestmark = pytest.mark.tf

VOCABULARY = Vocabulary("abcdefghij")
LOGITS = np.log([[1e-9, 0.5, 0.25, 0.15, 0.1]]).astype(np.float32)  # the first is unknown


@pytest.fixture(scope="module")
def model() -> CharacterModel:
    network = made(units=16, layers=2, seed=3)
    for variable in network.trainable_variables:  # as decided as a trained one
        variable.assign(variable * 3)
    return network


def possible(taste: Taste) -> list[int]:
    return np.flatnonzero(narrowed(tf.constant(LOGITS), taste).numpy()[0] > -1e8).tolist()


@pytest.mark.parametrize(
    ("taste", "ids"),
    [
        (Taste(), [1, 2, 3, 4]),
        (Taste(top_k=2), [1, 2]),
        (Taste(top_k=99), [1, 2, 3, 4]),
        (Taste(top_p=0.5), [1]),
        (Taste(top_p=0.51), [1, 2]),
        (Taste(top_p=0.89), [1, 2, 3]),
        (Taste(top_p=0.91), [1, 2, 3, 4]),
        (Taste(top_p=0.0), [1]),
        (Taste(top_k=3, top_p=0.9), [1, 2, 3]),
        (Taste(top_k=3, top_p=0.8), [1, 2]),  # of what is left, 0.83 is in the first two
        (Taste(temperature=0), [1]),
        (Taste(temperature=0.1, top_p=0.9), [1]),
        (Taste(temperature=9, top_p=0.7), [1, 2, 3]),
    ],
)
def test_what_may_be_drawn(taste: Taste, ids: list[int]) -> None:
    assert possible(taste) == ids


def test_the_unknown_sign_is_never_drawn() -> None:
    logits = tf.constant([[9.0, 0.0, 0.0]])
    for taste in (Taste(), Taste(temperature=0), Taste(top_k=1), Taste(top_p=0.1)):
        assert int(tf.argmax(narrowed(logits, taste), -1)[0]) != UNKNOWN


def test_a_chance_falls_in_the_part_of_one_character() -> None:
    """0.5, 0.25, 0.15 and 0.1 laid end to end; the unknown character has no part."""
    chances = [0.0, 0.49, 0.51, 0.74, 0.76, 0.89, 0.91, 1 - 1e-6]
    logits = tf.constant(np.repeat(LOGITS, len(chances), axis=0))
    ids = drawn(narrowed(logits, Taste()), tf.constant(chances, tf.float32))
    assert ids.numpy().tolist() == [1, 1, 2, 2, 3, 3, 4, 4]


def test_what_is_impossible_is_never_drawn_at_the_edges() -> None:
    logits = tf.constant([[-1e9, -1e9, 0.3, -1e9, 0.1, -1e9]] * 2)
    assert drawn(logits, tf.constant([0.0, 1 - 1e-6])).numpy().tolist() == [2, 4]


def written(model: CharacterModel, length: int, **options: Any) -> list[str]:
    pieces = list(texts(model, VOCABULARY, options.pop("prompt", "ab"), length, **options))
    return ["".join(parts) for parts in zip(*pieces, strict=True)]


def test_greedy_text_is_what_the_network_expects_most(model: CharacterModel) -> None:
    [text] = written(model, PIECE + 9, taste=Taste(temperature=0))
    assert len(text) == PIECE + 9
    whole = VOCABULARY.encode("ab" + text)
    logits, _ = model(whole[np.newaxis, :-1])
    likeliest = 1 + np.argmax(logits.numpy()[0, 1:, 1:], axis=-1)
    np.testing.assert_array_equal(whole[2:], likeliest)


def test_a_seed_decides_the_text(model: CharacterModel) -> None:
    assert written(model, 150, seed=5) == written(model, 150, seed=5)
    assert written(model, 150, seed=5) != written(model, 150, seed=6)
    assert written(model, 150, seed=5)[0].startswith(written(model, 70, seed=5)[0])


def test_many_texts_at_once_all_differ(model: CharacterModel) -> None:
    found = written(model, 100, count=8, prompt="a")
    assert {len(text) for text in found} == {100}
    assert len(set(found)) == 8


def test_an_even_temperature_knows_nothing() -> None:
    """Without weights every character is as likely; the text has each about as often."""
    network = made()
    for variable in network.trainable_variables:
        variable.assign(tf.zeros_like(variable))
    text = "".join(written(network, 500, count=8))
    for character in VOCABULARY.characters:
        assert abs(text.count(character) - 400) < 4 * math.sqrt(4_000 * 0.1 * 0.9)
    np.testing.assert_allclose(
        losses_of(network, VOCABULARY.encode(text)), math.log(CHARACTERS), rtol=1e-5
    )


@pytest.mark.parametrize("characters", [2, 3, 255, 256, 257, 511, 512, 513, 5_000, 40_001])
def test_every_character_but_the_first_is_scored_once(characters: int) -> None:
    ids = np.arange(characters, dtype=np.int32)
    strips = strips_of(ids)
    assert len(strips.ids) <= 64
    guessed = strips.ids[:, 1:][strips.scored]
    np.testing.assert_array_equal(guessed, ids[1:])
    np.testing.assert_array_equal(strips.ids[:, :-1][strips.scored], ids[:-1])


def test_strips_lead_in_before_they_count() -> None:
    strips = strips_of(np.arange(40_001, dtype=np.int32))
    firsts = strips.scored.argmax(axis=1)
    assert firsts[0] == 0
    assert (firsts[1:] == 256).all()


def test_losses_are_those_of_one_long_reading(model: CharacterModel) -> None:
    ids = np.random.default_rng(0).integers(1, CHARACTERS, 1_501).astype(np.int32)
    assert len(strips_of(ids).ids) > 4
    logits, _ = tf.function(model)(ids[np.newaxis, :-1])
    scores = logits.numpy()[0].astype(np.float64)
    chosen = scores[np.arange(1_500), ids[1:]]
    expected = np.log(np.exp(scores).sum(-1)) - chosen
    np.testing.assert_allclose(losses_of(model, ids), expected, atol=1e-3)


def test_the_parts_of_sampling_can_be_handed_over(model: CharacterModel) -> None:
    def always_c(logits: tf.Tensor, chance: tf.Tensor) -> tf.Tensor:
        return tf.fill([logits.shape[0]], 3)

    def only_d(logits: tf.Tensor, taste: Taste) -> tf.Tensor:
        return tf.where(tf.range(CHARACTERS) == 4, 0.0, tf.fill(tf.shape(logits), -1e9))

    assert written(model, 5, draw=always_c) == ["ccccc"]
    assert written(model, 5, narrow=only_d) == ["ddddd"]


def test_the_ngram_counts_what_came_after_four_characters() -> None:
    text = "abcdeabcdf" * 3
    ngram = Ngram(VOCABULARY.encode(text), VOCABULARY)
    contexts = np.array([VOCABULARY.encode("abcd"), VOCABULARY.encode("jjjj")], np.int64)
    likely, unseen = np.exp(ngram.logits(contexts))
    often = np.array([text.count(c) for c in VOCABULARY.characters]) / len(text)
    by_hand = DOUBT * often
    by_hand[4:6] += (1 - DOUBT) / 2  # e and f, three times each
    np.testing.assert_allclose(likely[1:], by_hand, atol=1e-6)
    np.testing.assert_allclose(unseen[1:], often, atol=1e-6)
    assert ngram.different_words([text, "abcdeabcdf", "abc"]) == 1
    texts_written = ngram.write(Taste(temperature=0), narrowed, drawn, rows=2, length=6)
    assert texts_written == ["eabcde", "eabcde"]


def test_the_picture_of_what_comes_next_shows_the_probabilities_and_a_text(
    model: CharacterModel,
) -> None:
    taste = Taste(0.7, top_k=4)
    ids = tf.constant([VOCABULARY.encode("abba")])
    expected = np.sort(tf.nn.softmax(narrowed(model(ids)[0][:, -1], taste))[0].numpy())[::-1]
    (axes,) = what_comes_next(model, VOCABULARY, "abba", taste).axes
    bars = [bar.get_height() for bar in axes.patches if isinstance(bar, Rectangle)]
    np.testing.assert_allclose(bars, expected, atol=1e-6)
    assert np.count_nonzero(np.array(bars) > 1e-6) == taste.top_k
    written = axes.get_xlabel()
    assert len(written) == PIECE
    assert set(written) <= set(VOCABULARY.characters)
    assert what_comes_next(model, VOCABULARY, "abba", taste).axes[0].get_xlabel() == written
