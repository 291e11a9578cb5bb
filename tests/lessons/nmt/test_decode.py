"""Greedy and beam search against brute force and against each other."""

import itertools
from typing import Any

import numpy as np
import pytest
import tensorflow as tf

from coursekit_nmt import decode
from coursekit_nmt.data import END, PAD, START, UNKNOWN, Vocabulary
from coursekit_nmt.decode import (
    EXTRA_WORDS,
    beam_search,
    greedy_search,
    log_probabilities,
    room_for,
    translate,
)
from coursekit_nmt.model import Translator
from tests.lessons.nmt.test_model import IDS, TARGET, tiny_data, translator

pytestmark = pytest.mark.tf

SOURCE = tf.constant(IDS)


@pytest.fixture
def model() -> Translator:
    """An untrained model that is sure enough of its words, and likes to end."""
    model = translator(seed=2)
    decoder = model.decoder
    decoder.embedding.embeddings.assign(6 * decoder.embedding.embeddings)
    decoder.bias.assign([0, 0, 1.5, 0, 0, 0, 0, 0, 0])
    return model


def scores_of(model: Translator, row: int, sentences: list[tuple[int, ...]]) -> list[float]:
    """The mean log probability of sentences of one length and their ends, by teacher forcing."""
    read = np.array([[START, *words] for words in sentences], np.int32)
    right = np.array([[*words, END] for words in sentences])
    source = np.repeat(IDS[row : row + 1], len(sentences), axis=0)
    log_p = log_probabilities(model((source, read))[0], tf.constant(False)).numpy()
    found: list[float] = np.take_along_axis(log_p, right[:, :, None], axis=2).mean((1, 2)).tolist()
    return found


def words_of(ids: Any) -> tuple[int, ...]:
    row = list(map(int, ids))
    return tuple(row[: row.index(END)])


def test_greedy_takes_the_likeliest_word_each_time(model: Translator) -> None:
    found = greedy_search(model, SOURCE)
    for row in range(2):
        words: list[int] = []
        while END not in words:
            read = np.array([[START, *words]], np.int32)
            last = tf.constant(len(words) == IDS.shape[1] + EXTRA_WORDS - 1)
            log_p = log_probabilities(model((IDS[row : row + 1], read))[0], last)
            words.append(int(np.argmax(log_p[0, -1])))
        assert list(found.ids[row].numpy()[: len(words)]) == words
        assert not np.any(found.ids[row].numpy()[len(words) :])


def test_a_beam_of_one_is_greedy(model: Translator) -> None:
    greedy, beam = greedy_search(model, SOURCE), beam_search(model, SOURCE, 1)
    np.testing.assert_array_equal(greedy.ids, beam.ids)
    np.testing.assert_allclose(greedy.scores, beam.scores, atol=1e-5)
    for row in range(2):
        length = len(words_of(greedy.ids[row])) + 1
        np.testing.assert_allclose(
            greedy.attention[row, :length], beam.attention[row, :length], atol=1e-5
        )


def test_scores_and_attention_are_those_of_the_sentence_found(model: Translator) -> None:
    found = beam_search(model, SOURCE, 3)
    for row in range(2):
        words = words_of(found.ids[row])
        assert float(found.scores[row]) == pytest.approx(
            scores_of(model, row, [words])[0], abs=1e-4
        )
        read = np.array([[START, *words]], np.int32)
        weights = model((IDS[row : row + 1], read))[1][0]
        np.testing.assert_allclose(found.attention[row, : len(words) + 1], weights, atol=1e-4)


def test_a_wide_beam_finds_what_brute_force_finds(
    model: Translator, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Of all sentences of up to three words, with a beam that holds every beginning."""
    monkeypatch.setattr(decode, "EXTRA_WORDS", 4 - IDS.shape[1])  # three words and the end
    readable = [word for word in range(TARGET) if word not in (PAD, START, UNKNOWN, END)]
    lengths = [list(itertools.product(readable, repeat=count)) for count in range(4)]
    found = beam_search(model, SOURCE, 200)
    for row in range(2):
        scores: dict[tuple[int, ...], float] = {}
        for sentences in lengths:
            scores |= zip(sentences, scores_of(model, row, sentences), strict=True)
        best = max(scores, key=lambda words: scores[words])
        assert words_of(found.ids[row]) == best
        assert float(found.scores[row]) == pytest.approx(scores[best], abs=1e-4)


@pytest.mark.parametrize("seed", range(3))
def test_a_wide_beam_is_no_worse_than_greedy(seed: int) -> None:
    model = translator(seed=seed)
    model.decoder.bias.assign([0, 0, 2.0, 0, 0, 0, 0, 0, 0])
    greedy, beam = greedy_search(model, SOURCE), beam_search(model, SOURCE, 50)
    assert np.all(beam.scores >= greedy.scores - 1e-5)


@pytest.mark.parametrize("beam", [1, 4])
def test_padding_start_and_unknown_are_never_written(beam: int) -> None:
    model = translator()
    model.decoder.bias.assign([9, 9, 1, 9, 0, 0, 0, 0, 0])  # it would love to
    found = greedy_search(model, SOURCE) if beam == 1 else beam_search(model, SOURCE, beam)
    for row in found.ids.numpy():
        assert not {PAD, START, UNKNOWN} & set(words_of(row))


def test_a_sentence_without_an_end_stops_at_the_limit() -> None:
    model = translator()
    model.decoder.bias.assign([0, 0, -50, 0, 0, 0, 0, 0, 0])
    for found in (greedy_search(model, SOURCE), beam_search(model, SOURCE, 2)):
        assert found.ids.shape == (2, 4 + EXTRA_WORDS)
        assert np.all(found.ids[:, :-1].numpy() > END)
        assert np.all(found.ids[:, -1].numpy() == END)


@pytest.mark.parametrize("beam", [1, 3])
def test_compiled_decoding_is_the_same(model: Translator, beam: int) -> None:
    def search() -> Any:
        return greedy_search(model, SOURCE) if beam == 1 else beam_search(model, SOURCE, beam)

    eager, graph = search(), tf.function(search)()
    np.testing.assert_array_equal(eager.ids, graph.ids)
    np.testing.assert_allclose(eager.attention, graph.attention, atol=1e-5)


def test_translations_come_back_in_order_whatever_their_length(model: Translator) -> None:
    data = tiny_data()
    source, target = data.source_vocabulary, data.target_vocabulary
    model.decoder.bias.assign([0, 0, 3.0, 0, 0, 0, 0, 0, 0])  # all end before the limit
    sentences = ["a b c", "d", "a " * 40, "e f", "x y z", "b c d e f g a b c d", "g", "f", "e"]
    together = translate(model, source, target, sentences)
    assert len(together) == len(sentences) > decode.FEW
    for sentence, found in list(zip(sentences, together, strict=True))[:6]:
        alone = translate(model, source, target, [sentence])[0]
        assert found.text == alone.text
        assert found.attention.shape == (len(found.text.split()), len(sentence.split()))
        np.testing.assert_allclose(found.attention, alone.attention, atol=1e-4)


def test_compiled_functions_are_kept(model: Translator) -> None:
    vocabulary = Vocabulary(("<pad>", "<start>", "<end>", "<unk>", "a", "b", "c", "d", "e"))
    translate(model, vocabulary, vocabulary, ["a b"])
    traces = decode._greedy.experimental_get_tracing_count()
    translate(model, vocabulary, vocabulary, ["c d e", "e"])
    assert decode._greedy.experimental_get_tracing_count() == traces


def test_room_is_given_in_few_sizes() -> None:
    assert [room_for(n) for n in (1, 8, 9, 32, 33, 64, 65, 500)] == [8, 8, 16, 32, 64, 64, 128, 512]
