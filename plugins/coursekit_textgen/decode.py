"""Write text: one character after another, each sampled from the network's predictions.

As in coursekit_transformer: `compiled_write`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import cache
from typing import Any, NamedTuple

import numpy as np
import tensorflow as tf  # noqa: TID253 - only demo.py imports this module

from coursekit.prepare import has_xla
from coursekit_textgen.data import UNKNOWN, Vocabulary
from coursekit_textgen.model import CharacterModel, States

PIECE = 64  # characters that are written between two looks at the screen
IMPOSSIBLE = -1e9  # a logit
MOST_CHANCE = 1 - 1e-6  # so that rounding never carries a draw past the last character


Narrow = Callable[[tf.Tensor, "Taste"], tf.Tensor]
Draw = Callable[[tf.Tensor, tf.Tensor], tf.Tensor]


class Taste(NamedTuple):
    """How the next character is sampled.

    Attributes:
        temperature: The logits are divided by it: below 1 tamer, above 1 wilder; 0 always takes
            the likeliest.
        top_k: Sample from this many of the likeliest characters (Fan et al. 2018); 0: from all.
        top_p: Sample from the fewest likeliest characters whose probabilities add up to this
            (nucleus sampling, Holtzman et al. 2020); 1: from all.
    """

    temperature: float = 1.0
    top_k: int = 0
    top_p: float = 1.0


def narrowed(logits: tf.Tensor, taste: Taste) -> tf.Tensor:
    """Return logits at the right temperature, with the excluded characters made impossible.

    Args:
        logits: ``(rows, characters)``.
        taste: Temperature first, then top-k, then top-p on what is left.
    """
    ids = tf.range(logits.shape[-1])
    logits = tf.where(ids == UNKNOWN, IMPOSSIBLE, logits)
    if taste.temperature == 0:
        # BEGIN SOLUTION
        return tf.where(ids == tf.argmax(logits, -1, tf.int32)[:, tf.newaxis], 0.0, IMPOSSIBLE)
        # END SOLUTION
    # BEGIN SOLUTION
    logits /= taste.temperature
    # END SOLUTION
    if taste.top_k:
        # BEGIN SOLUTION
        count = min(taste.top_k, logits.shape[-1])
        least = tf.math.top_k(logits, count).values[:, -1:]  # (rows, 1)
        logits = tf.where(logits < least, IMPOSSIBLE, logits)
        # END SOLUTION
    if taste.top_p < 1:
        # BEGIN SOLUTION
        likeliest = tf.sort(tf.nn.softmax(logits), direction="DESCENDING")
        before = tf.cumsum(likeliest, axis=-1, exclusive=True)
        kept = before < max(taste.top_p, 1e-9)  # the likeliest one always stays
        least = tf.reduce_min(tf.where(kept, likeliest, 1.0), axis=-1, keepdims=True)
        logits = tf.where(tf.nn.softmax(logits) < least, IMPOSSIBLE, logits)
        # END SOLUTION
    return logits


def drawn(logits: tf.Tensor, chance: tf.Tensor) -> tf.Tensor:
    """Sample a character in each row from ``softmax(logits)``, like spinning a wheel of fortune.

    The probabilities are segments of a line; draw the character whose segment contains `chance`.

    Args:
        logits: ``(rows, characters)``.
        chance: Uniformly distributed between 0 and 1, ``(rows,)``.
    """
    probabilities = tf.nn.softmax(logits)
    characters = logits.shape[-1]
    # A product with ones above the diagonal is a running sum, faster than `tf.cumsum` here.
    ends = tf.matmul(probabilities, tf.linalg.band_part(tf.ones([characters, characters]), 0, -1))
    beyond = (ends > chance[:, tf.newaxis] * ends[:, -1:]) & (probabilities > 0)
    # The first of them; XLA reduces a minimum faster than it finds an `argmax`.
    return tf.reduce_min(tf.where(beyond, tf.range(characters), characters), axis=-1)


def write(
    model: CharacterModel,
    last: tf.Tensor,
    states: States,
    seed: tf.Tensor,
    taste: Taste,
    narrow: Narrow = narrowed,
    draw: Draw = drawn,
) -> tuple[tf.Tensor, tf.Tensor, States]:
    """Write `PIECE` characters in every row.

    Args:
        model: The network.
        last: The last character of each row, not yet read, ``(rows,)``.
        states: What each row remembers of the text before it.
        seed: Two whole numbers.
        taste: How to draw.
        narrow: Makes what may not be drawn impossible, see `narrowed`.
        draw: Draws, see `drawn`.

    Returns:
        The characters ``(PIECE, rows)``, the last of them, and the states before it.
    """
    rows = last.shape[0]
    chances = tf.random.stateless_uniform([PIECE, rows], seed, 0.0, MOST_CHANCE, alg="philox")
    step = model.stepper()

    def body(time, ids, states, characters):  # type: ignore[no-untyped-def]
        logits, states = step(ids, states)
        ids = tf.cast(draw(narrow(logits, taste), chances[time]), tf.int32)
        return time + 1, ids, states, characters.write(time, ids)

    empty = tf.TensorArray(tf.int32, PIECE, element_shape=[rows])
    _, last, states, characters = tf.while_loop(
        lambda time, *_: time < PIECE,
        body,
        (tf.constant(0), last, states, empty),
        maximum_iterations=PIECE,
    )
    return characters.stack(), last, states


@cache
def compiled_write() -> Any:
    """Return `write`, which is compiled once for each model, number of rows and taste."""
    return tf.function(write, autograph=False, jit_compile=has_xla())


def texts(
    model: CharacterModel,
    vocabulary: Vocabulary,
    prompt: str,
    length: int,
    count: int = 1,
    taste: Taste = Taste(),  # noqa: B008 - it cannot change
    seed: int = 0,
    narrow: Narrow = narrowed,
    draw: Draw = drawn,
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
        narrow: Makes what may not be drawn impossible, see `narrowed`.
        draw: Draws, see `drawn`.

    Yields:
        The next `PIECE` characters of every text, the last time fewer.
    """
    ids = tf.constant(np.tile(vocabulary.encode(prompt), (count, 1)), tf.int32)  # (count, prompt)
    states = model.zero_states(count)
    if ids.shape[1] > 1:
        _, states = model(ids[:, :-1], states)
    last, go_on = ids[:, -1], compiled_write()
    for piece in range(-(-length // PIECE)):
        chance = tf.constant([seed, piece], tf.int32)
        characters, last, states = go_on(model, last, states, chance, taste, narrow, draw)
        rest = length - piece * PIECE
        yield [vocabulary.decode(row) for row in characters.numpy().T[:, :rest]]
