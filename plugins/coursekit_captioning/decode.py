"""Free-running captions: greedy and beam search, batched and compiled.

Neither search ever writes ``<pad>``, ``<start>`` or ``<unk>``: they take the best readable word.

`log_probabilities`, `greedy_search` and `beam_search` choose words as in coursekit_nmt. There a
sentence may be empty, and its length is bounded by that of the source.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt
import tensorflow as tf  # noqa: TID253 - only evaluate.py and demo.py import this module

from coursekit_captioning.model import Captioner
from coursekit_captioning.vocabulary import END, PAD, START, UNKNOWN, Vocabulary

BATCH = 100  # pictures that are captioned together
IMPOSSIBLE = -1e9  # a log probability; finite, so that sums of it stay numbers

Attention = npt.NDArray[np.float32]


class Written(NamedTuple):
    """A caption that the model wrote.

    Attributes:
        words: The caption.
        attention: The weights of the cells for each word, ``(words, cells)``.
        score: The mean log probability of its words and its end, in nats.
    """

    words: list[str]
    attention: Attention
    score: float


class Found(NamedTuple):
    """What a search returns. As in coursekit_nmt.

    Attributes:
        ids: The words, then ``<end>``, then padding, ``(batch, time)``.
        attention: The weights at each of them, ``(batch, time, cells)``.
        scores: The mean log probability of the words and the end, ``(batch,)``.
    """

    ids: tf.Tensor
    attention: tf.Tensor
    scores: tf.Tensor


def log_probabilities(logits: tf.Tensor, time: tf.Tensor, limit: int) -> tf.Tensor:
    """Return the log probabilities of what may be written: first a word, at the last step the end.

    Args:
        logits: ``(..., words)``.
        time: The number of the step, a scalar.
        limit: The number of steps.
    """
    ids = tf.range(tf.shape(logits)[-1])
    barred = (ids == PAD) | (ids == START) | (ids == UNKNOWN)
    barred |= (time == 0) & (ids == END)
    log_p = tf.nn.log_softmax(tf.where(barred, IMPOSSIBLE, logits))
    return tf.where((time == limit - 1) & (ids != END), IMPOSSIBLE, log_p)


def lengths_of(ids: tf.Tensor) -> tf.Tensor:
    """Count the words and the end of each row, at least one. As in coursekit_nmt."""
    return tf.maximum(tf.reduce_sum(tf.cast(ids != PAD, tf.float32), axis=-1), 1.0)


def greedy_search(model: Captioner, pictures: tf.Tensor, limit: int) -> Found:
    """Take the likeliest word at each step.

    Args:
        model: A trained model.
        pictures: What its encoder takes, ``(batch, ...)``.
        limit: The largest number of words, with the end.
    """
    memory = model.see(pictures)
    rows, cells = memory.keys.shape[:2]

    def step(
        time: Any, word: Any, state: Any, running: Any, score: Any, ids: Any, attention: Any
    ) -> tuple[Any, ...]:
        logits, state, weights = model.next_word(word[:, tf.newaxis], state, memory)
        log_p = log_probabilities(logits[:, 0], time, limit)  # (batch, words)
        # BEGIN SOLUTION
        best = tf.argmax(log_p, axis=-1, output_type=tf.int32)
        score += tf.where(running, tf.reduce_max(log_p, axis=-1), 0.0)
        word = tf.where(running, best, PAD)
        running &= word != END
        # END SOLUTION
        ids, attention = ids.write(time, word), attention.write(time, weights[:, 0])
        return time + 1, word, state, running, score, ids, attention

    first = (
        tf.constant(0),
        tf.fill([rows], START),
        memory.state,
        tf.fill([rows], True),
        tf.zeros([rows]),
        tf.TensorArray(tf.int32, limit, element_shape=[rows]),
        tf.TensorArray(tf.float32, limit, element_shape=[rows, cells]),
    )
    *_, score, ids, attention = tf.while_loop(
        lambda time, word, state, running, *_: tf.reduce_any(running),
        step,
        first,
        maximum_iterations=limit,
    )
    words = tf.transpose(ids.stack())
    return Found(words, tf.transpose(attention.stack(), [1, 0, 2]), score / lengths_of(words))


def beam_search(model: Captioner, pictures: tf.Tensor, limit: int, beam: int) -> Found:
    """Keep the `beam` likeliest beginnings at each step; return the one with the best mean.

    A finished caption keeps its probability and its place until likelier ones replace it. Longer
    captions tend to be less likely, so the final choice is by the mean log probability of a word.

    Args:
        model: A trained model.
        pictures: What its encoder takes, ``(batch, ...)``.
        limit: The largest number of words, with the end.
        beam: The number of beginnings to keep, at least 1 and at most the words that may be
            written.
    """
    memory = model.see(pictures)
    rows, cells = memory.keys.shape[:2]
    columns = tf.range(limit)

    def step(
        time: Any, word: Any, state: Any, score: Any, ids: Any, attention: Any
    ) -> tuple[Any, ...]:
        logits, state, weights = model.next_word(word, state, memory)
        words = logits.shape[-1]
        log_p = log_probabilities(logits, time, limit)
        # What is finished continues with padding, which costs nothing.
        unfinished = (word != END) & (word != PAD)
        only_padding = tf.one_hot(PAD, words, on_value=0.0, off_value=IMPOSSIBLE)
        log_p = tf.where(unfinished[:, :, tf.newaxis], log_p, only_padding)
        total = tf.reshape(score[:, :, tf.newaxis] + log_p, [rows, beam * words])
        score, best = tf.math.top_k(total, beam)  # (rows, beam)
        parent, word = best // words, best % words
        state = tf.gather(state, parent, batch_dims=1)
        now = columns == time
        attention = tf.where(now[:, tf.newaxis], weights[:, :, tf.newaxis], attention)
        attention = tf.gather(attention, parent, batch_dims=1)
        ids = tf.gather(ids, parent, batch_dims=1)
        ids = tf.where(now, word[:, :, tf.newaxis], ids)
        return time + 1, word, state, score, ids, attention

    first = (
        tf.constant(0),
        tf.fill([rows, beam], START),
        tf.repeat(memory.state, beam, axis=1),
        # All beginnings are the same at first: only one of them counts.
        tf.tile([[0.0] + [IMPOSSIBLE] * (beam - 1)], [rows, 1]),
        tf.fill([rows, beam, limit], PAD),
        tf.zeros([rows, beam, limit, cells]),
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


# Compiled once for each model and shape. Plain graphs: their loops end with the last caption.
_greedy = tf.function(greedy_search, autograph=False)
_beam = tf.function(beam_search, autograph=False)


def write_captions(
    model: Captioner,
    vocabulary: Vocabulary,
    read: Callable[[list[int]], npt.NDArray[Any]],
    count: int,
    longest: int,
    beam: int = 1,
) -> list[Written]:
    """Caption pictures.

    Args:
        model: A trained model.
        vocabulary: Of the captions.
        read: Returns what the encoder takes of pictures by their places, zeros for -1, so
            that only a batch of them is in memory.
        count: How many pictures there are.
        longest: The most words of a caption.
        beam: The width of the beam; 1 is greedy search.
    """
    size = 1 if count == 1 else BATCH
    width = min(beam, len(vocabulary) - 3)  # no more than may be written
    captions = []
    for start in range(0, count, size):
        places = [place if place < count else -1 for place in range(start, start + size)]
        pictures = tf.constant(read(places))
        if width > 1:
            search = _beam(model, pictures, longest + 1, width)
        else:
            search = _greedy(model, pictures, longest + 1)
        ids, attention, scores = (part.numpy() for part in search)
        for row in range(min(size, count - start)):
            words = vocabulary.decode(ids[row].tolist())
            captions.append(Written(words, attention[row, : len(words)], float(scores[row])))
    return captions
