"""Write text one character at a time, each sampled from the network's prediction.

As in coursekit_textgen: `compiled`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import cache
from typing import Any, NamedTuple

import numpy as np
import tensorflow as tf  # noqa: TID253 - only demo.py imports this module

from coursekit.prepare import has_xla
from coursekit_transformer.data import UNKNOWN, Vocabulary
from coursekit_transformer.model import NEVER, Memory, Transformer

PIECE = 50  # characters that are written between two looks at the screen
MOST_CHANCE = 1 - 1e-6  # so that rounding never carries a draw past the last character


class Taste(NamedTuple):
    """How the next character is drawn.

    Attributes:
        temperature: What the logits are divided by: below 1 is safer, above 1 wilder; 0 always
            takes the most likely character.
        top_k: Sample from this many of the most likely characters (Fan et al. 2018); 0: from all.
    """

    temperature: float = 1.0
    top_k: int = 0


def drawn(logits: tf.Tensor, chance: tf.Tensor, taste: Taste) -> tf.Tensor:
    """Draw a character in each row, as in coursekit_textgen: ``(rows,)``.

    Args:
        logits: ``(rows, characters)``.
        chance: Evenly distributed between 0 and 1, ``(rows,)``.
        taste: How to draw.
    """
    characters = logits.shape[-1]
    logits = tf.where(tf.range(characters) == UNKNOWN, NEVER, logits)
    if taste.temperature == 0:
        return tf.argmax(logits, axis=-1, output_type=tf.int32)
    logits /= taste.temperature
    if taste.top_k:
        least = tf.math.top_k(logits, min(taste.top_k, characters)).values[:, -1:]  # (rows, 1)
        logits = tf.where(logits < least, NEVER, logits)
    probabilities = tf.nn.softmax(logits)
    # A product with ones above the diagonal is a running sum, faster than `tf.cumsum` here.
    ends = tf.matmul(probabilities, tf.linalg.band_part(tf.ones([characters, characters]), 0, -1))
    beyond = (ends > chance[:, tf.newaxis] * ends[:, -1:]) & (probabilities > 0)
    # The first of them; XLA reduces a minimum faster than it finds an `argmax`.
    return tf.reduce_min(tf.where(beyond, tf.range(characters), characters), axis=-1)


class Cached(NamedTuple):
    """The state of writing: what was read, and the last character, which was not yet read.

    Attributes:
        last: ``(rows,)``.
        memory: Of the text before it.
    """

    last: tf.Tensor
    memory: Memory

    @classmethod
    def after(cls, model: Transformer, ids: tf.Tensor) -> Cached:
        """Read a prompt ``(rows, characters)``."""
        memory = model.empty_memory(ids.shape[0])
        if ids.shape[1] > 1:
            _, memory = model(ids[:, :-1], memory)
        return cls(ids[:, -1], memory)

    def next(self, model: Transformer) -> tuple[tf.Tensor, Cached]:
        """Read the last character alone; the keys and values of those before it are kept."""
        logits, memory = model(self.last[:, tf.newaxis], self.memory)
        return logits[:, -1], Cached(self.last, memory)

    def followed_by(self, ids: tf.Tensor) -> Cached:
        """Return the state of writing after one more character ``(rows,)``."""
        return Cached(ids, self.memory)


class Uncached(NamedTuple):
    """The state of writing without a cache: the last window of text, which is read again.

    Attributes:
        window: ``(rows, window)``, filled from the left.
        filled: How many places of it are.
    """

    window: tf.Tensor
    filled: tf.Tensor

    @classmethod
    def after(cls, model: Transformer, ids: tf.Tensor) -> Uncached:
        """Keep the last characters of a prompt ``(rows, characters)``."""
        kept = ids[:, -model.window :]
        empty = tf.fill([ids.shape[0], model.window - kept.shape[1]], UNKNOWN)
        return cls(tf.concat([kept, empty], axis=1), tf.constant(kept.shape[1]))

    def next(self, model: Transformer) -> tuple[tf.Tensor, Uncached]:
        """Read the whole window; what comes after the last character is never looked at."""
        logits, _ = model(self.window)
        return tf.gather(logits, self.filled - 1, axis=1), self

    def followed_by(self, ids: tf.Tensor) -> Uncached:
        """Return the state of writing after one more character ``(rows,)``."""
        places = self.window.shape[1]
        full = self.filled == places
        window = tf.where(full, tf.roll(self.window, -1, axis=1), self.window)
        filled = tf.where(full, places, self.filled + 1)
        here = tf.range(places) == filled - 1
        return Uncached(tf.where(here, ids[:, tf.newaxis], window), filled)


Reader = Cached | Uncached


def write(
    model: Transformer, reader: Reader, seed: tf.Tensor, taste: Taste
) -> tuple[tf.Tensor, Reader]:
    """Write `PIECE` characters in every row.

    Args:
        model: The network.
        reader: The state of writing.
        seed: Two whole numbers.
        taste: How to draw.

    Returns:
        The characters ``(PIECE, rows)``, and the state of writing after them.
    """
    rows = tf.nest.flatten(reader)[0].shape[0]
    chances = tf.random.stateless_uniform([PIECE, rows], seed, 0.0, MOST_CHANCE, alg="philox")

    def body(time, reader, written):  # type: ignore[no-untyped-def]
        logits, reader = reader.next(model)
        ids = tf.cast(drawn(logits, chances[time], taste), tf.int32)
        return time + 1, reader.followed_by(ids), written.write(time, ids)

    empty = tf.TensorArray(tf.int32, PIECE, element_shape=[rows])
    _, reader, written = tf.while_loop(
        lambda time, *_: time < PIECE,
        body,
        (tf.constant(0), reader, empty),
        maximum_iterations=PIECE,
    )
    return written.stack(), reader


@cache
def compiled() -> Any:
    """Return `write`, which is compiled once for each model, number of rows and taste."""
    return tf.function(write, autograph=False, jit_compile=has_xla())


def texts(
    model: Transformer,
    vocabulary: Vocabulary,
    prompt: str,
    length: int,
    count: int = 1,
    taste: Taste = Taste(),  # noqa: B008 - it cannot change
    seed: int = 0,
    reader: Callable[[Transformer, tf.Tensor], Reader] = Cached.after,
) -> Iterator[list[str]]:
    """Continue a prompt, in several rows at once.

    Args:
        model: A trained network.
        vocabulary: Its characters.
        prompt: What each text begins with; at least one character of the vocabulary.
        length: The characters to write.
        count: How many texts.
        taste: How to draw.
        seed: Decides what is drawn.
        reader: Reads the prompt: `Cached.after`, or `Uncached.after` to compare.

    Yields:
        The next `PIECE` characters of every text, the last time fewer.
    """
    ids = tf.constant(np.tile(vocabulary.encode(prompt), (count, 1)), tf.int32)  # (count, prompt)
    stands, go_on = reader(model, ids), compiled()
    for piece in range(-(-length // PIECE)):
        chance = tf.constant([seed, piece], tf.int32)
        written, stands = go_on(model, stands, chance, taste)
        left = length - piece * PIECE
        yield [vocabulary.decode(row) for row in written.numpy().T[:, :left]]
