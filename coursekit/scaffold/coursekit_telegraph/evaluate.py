"""How many letters are read correctly, and what that is worth."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from coursekit import SplitName
from coursekit_telegraph.data import ALPHABET, Labels, LetterSplit, Signals, TelegraphData
from coursekit_telegraph.model import Reader


def evaluate(model: Reader, data: TelegraphData, split: SplitName) -> dict[str, float]:
    """Return the accuracy on a split, and that of a baseline which needs no network.

    A figure alone says little: the baseline says how far one gets with the simplest idea.
    """
    part: LetterSplit = getattr(data, split)
    signals = part.heard()
    return {
        "accuracy": share(probabilities(model, signals).argmax(1), part.letters),
        "baseline": share(nearest(means(data.train), signals), part.letters),
    }


def share(found: npt.NDArray[np.int64], letters: Labels) -> float:
    """Return the share of letters that were found."""
    return float((found == letters).mean())


def probabilities(model: Reader, signals: Signals) -> npt.NDArray[np.float32]:
    """Return what the network thinks of signals, ``(signals, letters)``; each row sums to 1."""
    logits = model.predict_on_batch(signals)
    powers = np.exp(logits - logits.max(1, keepdims=True))
    return np.asarray(powers / powers.sum(1, keepdims=True))


def means(split: LetterSplit) -> Signals:
    """Return the mean signal of each letter, without noise, ``(letters, time)``."""
    return np.stack([split.clean[split.letters == n].mean(0) for n in range(len(ALPHABET))])


def nearest(means: Signals, signals: Signals) -> npt.NDArray[np.int64]:
    """Return for each signal the letter whose mean is the nearest, ``(signals,)``."""
    distances = ((signals[:, np.newaxis] - means) ** 2).sum(2)  # (signals, letters)
    found: npt.NDArray[np.int64] = distances.argmin(1)
    return found
