"""Free-running translation: greedy and beam search, batched and compiled.

Neither ever writes ``<pad>``, ``<start>`` or ``<unk>``: they take the best word that one
can read. Both stop at `EXTRA_WORDS` more than the source has room for.

`log_probabilities`, `greedy_search` and `beam_search` choose words as in coursekit_captioning,
where a picture may have several captions, and none is empty.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
import tensorflow as tf  # noqa: TID253 - only evaluate.py and demo.py import this module

from coursekit_nmt.data import END, PAD, START, UNKNOWN, Vocabulary, padded
from coursekit_nmt.model import Memory, Translator

LENGTHS = (8, 16, 32)  # of the sources: each is compiled once; longer ones in steps of LONG
LONG = 64
FEW, MANY = 8, 128  # sentences translated together
EXTRA_WORDS = 10
IMPOSSIBLE = -1e9  # a log probability; finite, so that sums of it stay numbers


class Translation(NamedTuple):
    """One translated sentence.

    Attributes:
        text: The translation in normal form.
        attention: For each of its words the weights of the source words, ``(target, source)``.
        score: The mean log probability of its words and its end, in nats.
    """

    text: str
    attention: npt.NDArray[np.float32]
    score: float


class Found(NamedTuple):
    """What a search returns. As in coursekit_captioning.

    Attributes:
        ids: The words, then ``<end>``, then padding, ``(batch, target)``.
        attention: The weights at each of them, ``(batch, target, source)``.
        scores: The mean log probability of the words and the end, ``(batch,)``.
    """

    ids: tf.Tensor
    attention: tf.Tensor
    scores: tf.Tensor


def log_probabilities(logits: tf.Tensor, must_end: tf.Tensor) -> tf.Tensor:
    """Return the log probabilities of the words that may be written.

    Args:
        logits: ``(batch, words)``.
        must_end: Whether there is no room for another word, a scalar.
    """
    ids = tf.range(tf.shape(logits)[-1])
    unreadable = (ids == PAD) | (ids == START) | (ids == UNKNOWN)
    log_p = tf.nn.log_softmax(tf.where(unreadable, IMPOSSIBLE, logits))
    return tf.where(must_end & (ids != END), IMPOSSIBLE, log_p)


def greedy_search(model: Translator, source: tf.Tensor) -> Found:
    """Take the likeliest word at each step.

    Args:
        model: A trained translator.
        source: ``(batch, source)``.
    """
    memory = model.encode(source)
    rows, limit = source.shape[0], source.shape[1] + EXTRA_WORDS

    def step(time, word, state, running, score, ids, attention):  # type: ignore[no-untyped-def]
        logits, state, weights = model.next_word(word, state, memory)
        log_p = log_probabilities(logits, time == limit - 1)
        best = tf.argmax(log_p, axis=-1, output_type=tf.int32)
        score += tf.where(running, tf.reduce_max(log_p, axis=-1), 0.0)
        word = tf.where(running, best, PAD)
        ids, attention = ids.write(time, word), attention.write(time, weights)
        return time + 1, word, state, running & (word != END), score, ids, attention

    first = (
        tf.constant(0),
        tf.fill([rows], START),
        memory.state,
        tf.fill([rows], True),
        tf.zeros([rows]),
        tf.TensorArray(tf.int32, limit, element_shape=[rows]),
        tf.TensorArray(tf.float32, limit, element_shape=source.shape),
    )
    *_, score, ids, attention = tf.while_loop(
        lambda time, word, state, running, *_: tf.reduce_any(running),
        step,
        first,
        maximum_iterations=limit,
    )
    words = tf.transpose(ids.stack())
    return Found(words, tf.transpose(attention.stack(), [1, 0, 2]), score / lengths_of(words))


def lengths_of(ids: tf.Tensor) -> tf.Tensor:
    """Count the words and the end of each row, at least one. As in coursekit_captioning."""
    return tf.maximum(tf.reduce_sum(tf.cast(ids != PAD, tf.float32), axis=-1), 1.0)


def beam_search(model: Translator, source: tf.Tensor, beam: int) -> Found:
    """Keep the `beam` likeliest beginnings at each step; return the one with the best mean.

    A finished sentence keeps its probability and its place until likelier ones push it out.
    The longer of two sentences is always less likely, so the last choice is by the mean log
    probability of a word.

    Args:
        model: A trained translator.
        source: ``(batch, source)``.
        beam: The beginnings to keep, at least 1 and at most the words that may be written.
    """
    rows, limit = source.shape[0], source.shape[1] + EXTRA_WORDS
    memory = Memory(*(tf.repeat(part, beam, axis=0) for part in model.encode(source)))
    columns = tf.range(limit)

    def step(time, word, state, score, ids, attention):  # type: ignore[no-untyped-def]
        logits, state, weights = model.next_word(tf.reshape(word, [-1]), state, memory)
        words = logits.shape[-1]
        log_p = log_probabilities(logits, time == limit - 1)
        log_p = tf.reshape(log_p, [rows, beam, words])
        # What is finished continues with padding, which costs nothing.
        unfinished = (word != END) & (word != PAD)
        only_padding = tf.one_hot(PAD, words, on_value=0.0, off_value=IMPOSSIBLE)
        log_p = tf.where(unfinished[:, :, tf.newaxis], log_p, only_padding)
        total = tf.reshape(score[:, :, tf.newaxis] + log_p, [rows, beam * words])
        score, best = tf.math.top_k(total, beam)  # (rows, beam)
        parent, word = best // words, best % words
        state = tf.reshape(state, [rows, beam, -1])
        state = tf.reshape(tf.gather(state, parent, batch_dims=1), memory.state.shape)
        weights = tf.reshape(weights, [rows, beam, 1, -1])
        now = columns == time
        attention = tf.where(now[:, tf.newaxis], weights, attention)
        attention = tf.gather(attention, parent, batch_dims=1)
        ids = tf.gather(ids, parent, batch_dims=1)
        ids = tf.where(now, word[:, :, tf.newaxis], ids)
        return time + 1, word, state, score, ids, attention

    first = (
        tf.constant(0),
        tf.fill([rows, beam], START),
        memory.state,
        # All beginnings are the same at first: only one of them counts.
        tf.tile([[0.0] + [IMPOSSIBLE] * (beam - 1)], [rows, 1]),
        tf.fill([rows, beam, limit], PAD),
        tf.zeros([rows, beam, limit, source.shape[1]]),
    )
    _, _, _, score, ids, attention = tf.while_loop(
        lambda time, word, *_: tf.reduce_any((word != END) & (word != PAD)),
        step,
        first,
        maximum_iterations=limit,
    )
    score /= lengths_of(ids)
    best = tf.argmax(score, axis=1, output_type=tf.int32)
    return Found(*(tf.gather(part, best, batch_dims=1) for part in (ids, attention, score)))


# Compiled once for each model and shape. Plain graphs: their loops end with the last sentence.
_greedy = tf.function(greedy_search, autograph=False)
_beam = tf.function(beam_search, autograph=False)


def translate(
    model: Translator,
    source_vocabulary: Vocabulary,
    target_vocabulary: Vocabulary,
    sentences: Sequence[str],
    beam: int = 1,
) -> list[Translation]:
    """Translate sentences in normal form, of any length.

    Args:
        model: A trained translator.
        source_vocabulary: Of the sentences.
        target_vocabulary: Of the translations.
        sentences: At least one word each.
        beam: The width of the beam; 1 is greedy search.
    """
    sources = [source_vocabulary.encode(sentence) for sentence in sentences]
    by_length = sorted(range(len(sources)), key=lambda place: len(sources[place]))
    size = FEW if len(sources) <= FEW else MANY
    translations: dict[int, Translation] = {}
    for start in range(0, len(by_length), size):
        places = by_length[start : start + size]
        rows = [sources[place] for place in places]
        rows += [[UNKNOWN]] * (size - len(rows))
        source = tf.constant(padded(rows, room_for(max(map(len, rows)))))
        search = _greedy(model, source) if beam == 1 else _beam(model, source, beam)
        ids, attention, scores = (part.numpy() for part in search)
        for row, place in enumerate(places):
            text = target_vocabulary.decode(ids[row].tolist())
            weights = attention[row, : len(text.split()), : len(sources[place])]
            translations[place] = Translation(text, weights, float(scores[row]))
    return [translations[place] for place in range(len(sources))]


def room_for(words: int) -> int:
    """Return the compiled source length for a sentence of so many words."""
    lengths = (length for length in LENGTHS if words <= length)
    return next(lengths, -(-words // LONG) * LONG)
