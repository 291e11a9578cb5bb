"""The network's little brother: it counts what came after each four characters.

It needs no training, so that an exercise on sampling can write with it within a second.
"""

from __future__ import annotations

import re

import numpy as np
import numpy.typing as npt
import tensorflow as tf  # noqa: TID253 - only notebooks import this module

from coursekit_textgen.data import Ids, Vocabulary
from coursekit_textgen.decode import MOST_CHANCE, Draw, Narrow, Taste

ORDER = 4  # characters that it looks back
DOUBT = 0.1  # share of the probability that is spread by the letters' frequency: its noise
WORD = re.compile(r"[A-Za-z]{5,}")


class Ngram:
    """A model of the next character, by counting.

    Args:
        ids: The text, ``(characters,)``.
        vocabulary: Its characters.
    """

    def __init__(self, ids: Ids, vocabulary: Vocabulary) -> None:
        self.vocabulary, size = vocabulary, len(vocabulary)
        self.start = ids[:ORDER].astype(np.int64)
        self.powers = size ** np.arange(ORDER - 1, -1, -1, dtype=np.int64)
        codes = sum(
            ids[place : len(ids) - ORDER + place] * power for place, power in enumerate(self.powers)
        )
        self.contexts, rows = np.unique(codes, return_inverse=True)
        counts = np.zeros((len(self.contexts) + 1, size))  # the last: a context never seen
        np.add.at(counts, (rows, ids[ORDER:]), 1)
        counts[-1] = often = np.bincount(ids, minlength=size)
        shares = counts / counts.sum(1, keepdims=True)
        shares = (1 - DOUBT) * shares + DOUBT * often / often.sum()
        self.table = tf.constant(np.log(shares + 1e-9), tf.float32)
        self.words = set(WORD.findall(vocabulary.decode(ids)))

    def logits(self, contexts: npt.NDArray[np.int64]) -> tf.Tensor:
        """Score every next character after contexts ``(rows, ORDER)``."""
        codes = contexts @ self.powers
        places = np.minimum(np.searchsorted(self.contexts, codes), len(self.contexts) - 1)
        return tf.gather(
            self.table, np.where(self.contexts[places] == codes, places, len(self.contexts))
        )

    def write(
        self, taste: Taste, narrow: Narrow, draw: Draw, rows: int = 64, length: int = 100
    ) -> list[str]:
        """Write several texts side by side; see `coursekit_textgen.decode.texts`."""
        contexts = np.tile(self.start, (rows, 1))
        chances = np.random.default_rng(0).uniform(0, MOST_CHANCE, (length, rows))
        ids = np.zeros((rows, length), np.int64)
        for place in range(length):
            logits = narrow(self.logits(contexts), taste)
            characters = draw(logits, tf.constant(chances[place], tf.float32))
            ids[:, place] = np.asarray(characters)
            contexts = np.column_stack([contexts[:, 1:], ids[:, place]])
        return [self.vocabulary.decode(row) for row in ids]

    def different_words(self, texts: list[str]) -> int:
        """Count the different words of five letters and more that its own text has, too."""
        return len({word for text in texts for word in WORD.findall(text)} & self.words)
