"""Operators who key letters -> noisy signals -> batches.

Nobody keys a dash that is exactly three dots long. Each operator has a speed and a rhythm of
their own, and every operator belongs to one split, so that a network is tested on people whom
it has never heard.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
import numpy.typing as npt

from coursekit import Data, LocalDataset, fingerprint

if TYPE_CHECKING:
    import tensorflow as tf

    from coursekit_telegraph import TelegraphSettings

Signals = npt.NDArray[np.float32]  # (signals, time)
Labels = npt.NDArray[np.int32]  # (signals,)

# fmt: off
CODES = {
    "A": ".-", "B": "-...", "C": "-.-.", "D": "-..", "E": ".",
    "F": "..-.", "G": "--.", "H": "....", "I": "..", "J": ".---",
    "K": "-.-", "L": ".-..", "M": "--", "N": "-.", "O": "---",
    "P": ".--.", "Q": "--.-", "R": ".-.", "S": "...", "T": "-",
    "U": "..-", "V": "...-", "W": ".--", "X": "-..-", "Y": "-.--",
    "Z": "--..",
}
# fmt: on
ALPHABET = "".join(CODES)
LENGTH = 96  # samples of a signal
HELD_OUT = 20  # operators of the validation split, and of the test split


class Operator(NamedTuple):
    """How somebody keys.

    Attributes:
        dot: Samples of a dot.
        dash: Dots of a dash; three in the book.
        gap: Dots between two signs of a letter; one in the book.
    """

    dot: float
    dash: float
    gap: float


def operator(random: np.random.Generator) -> Operator:
    """Draw an operator."""
    return Operator(random.uniform(3, 5), random.uniform(2.4, 3.6), random.uniform(0.7, 1.4))


def keyed(code: str, by: Operator, random: np.random.Generator) -> Signals:
    """Return the signal of a letter without noise, ``(time,)``: 1 while the key is down.

    Args:
        code: Its dots and dashes, such as ``".-"``.
        by: Who keys it.
        random: Of the start, and of how long each sign becomes.
    """
    signal, samples = np.zeros(LENGTH, np.float32), np.arange(LENGTH)
    now = random.uniform(2, 10)
    for sign in code:
        length = by.dot * (by.dash if sign == "-" else 1) * random.uniform(0.85, 1.15)
        down = np.minimum(samples + 1, now + length) - np.maximum(samples, now)
        signal += down.clip(0, 1).astype(np.float32)  # the part of each sample with the key down
        now += length + by.dot * by.gap
    return signal


def noisy(signals: Signals, noise: float, *seed: int) -> Signals:
    """Return signals as they arrive at the other end of the line.

    Args:
        signals: Of any shape.
        noise: The standard deviation of what the line adds.
        *seed: The same seed, the same noise.
    """
    random = np.random.default_rng(seed)
    return signals + np.float32(noise) * random.standard_normal(signals.shape, np.float32)


@dataclass(frozen=True)
class LetterSplit:
    """What some operators keyed.

    Attributes:
        clean: The signals without noise, ``(signals, time)``.
        letters: The place of each signal's letter in the alphabet, ``(signals,)``.
        noise: The standard deviation of the noise on the line.
        batch_size: Signals in a batch; the last batch of an epoch may be smaller.
        seed: Of their order, and of the noise in training.
    """

    clean: Signals
    letters: Labels
    noise: float
    batch_size: int
    seed: int

    def batches(self, epoch: int) -> tf.data.Dataset:
        """Return one epoch: ``(signals, letters)``.

        Each epoch has an order and a noise of its own, so that the noise cannot be learnt by
        heart. Both depend on the seed and the epoch alone.

        Args:
            epoch: The number of the epoch, from 0.
        """
        import tensorflow as tf

        order = np.random.default_rng([self.seed, epoch]).permutation(len(self.letters))
        heard = noisy(self.clean[order], self.noise, self.seed, epoch)
        pairs = tf.data.Dataset.from_tensor_slices((heard, self.letters[order]))
        return pairs.batch(self.batch_size).prefetch(2)

    def heard(self) -> Signals:
        """Return the signals with noise that is always the same, for evaluation."""
        return noisy(self.clean, self.noise, 0)


NOTHING = LetterSplit(np.zeros((0, LENGTH), np.float32), np.zeros(0, np.int32), 0.0, 1, 0)


@dataclass
class TelegraphData(Data):
    """The splits. The baseline needs the one that is trained on, so its type is stated here."""

    train: LetterSplit = field(default=NOTHING)


def data(dataset: LocalDataset, settings: TelegraphSettings) -> TelegraphData:
    """Return the splits, each by operators of its own.

    Args:
        dataset: The data set; this one has no files.
        settings: The hyper-parameters.
    """

    def split(number: int, operators: int) -> LetterSplit:
        random = np.random.default_rng(number)  # the data stay the same, whatever the seed
        people = [operator(random) for _ in range(operators)]
        signals = [keyed(CODES[letter], each, random) for each in people for letter in ALPHABET]
        letters = np.tile(np.arange(len(ALPHABET), dtype=np.int32), operators)
        return LetterSplit(
            np.stack(signals), letters, settings.noise, settings.batch_size, settings.seed
        )

    parts = split(0, settings.operators), split(1, HELD_OUT), split(2, HELD_OUT)
    train, validation, test = parts
    return TelegraphData(
        fingerprint([str(settings.noise), *(part.clean.tobytes() for part in parts)]),
        train=train,
        validation=validation,
        test=test,
        notes=(
            f"{len(train.letters):,} signals of {settings.operators:,} operators to learn from, "
            f"{len(test.letters):,} of {HELD_OUT} others for the test",
        ),
    )


def restore(assets: dict[str, Any], settings: TelegraphSettings) -> TelegraphData:
    """Return what the demo needs of the data, which is nothing: the alphabet does not change."""
    return TelegraphData()
