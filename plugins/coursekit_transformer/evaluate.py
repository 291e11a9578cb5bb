"""How well the network foresees text that it has not read.

As in coursekit_textgen: `Strips`.
"""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
import tensorflow as tf

from coursekit import SplitName
from coursekit_transformer.data import Ids, TransformerData
from coursekit_transformer.model import Memory, Transformer
from coursekit_transformer.train import character_loss

STRIPS = 64  # pieces of the text that are read side by side


class Strips(NamedTuple):
    """A text cut into strips that are read side by side.

    Attributes:
        ids: ``(strips, width + 1)``.
        scored: True for the characters that count, ``(strips, width)``: each character of
            the text but the first exactly once.
    """

    ids: Ids
    scored: npt.NDArray[np.bool_]


def strips_of(ids: Ids, lead: int, piece: int, strips: int = STRIPS) -> Strips:
    """Cut a text for `losses_of`.

    Args:
        ids: The text, ``(characters,)``.
        lead: How much each strip but the first reads of the text before its own part.
        piece: What the width is a multiple of.
        strips: How many to cut at the most.
    """
    count = len(ids) - 1  # characters that are guessed
    strips = min(strips, max(1, count // lead))
    own = -(-count // strips)
    width = -(-(own + (lead if strips > 1 else 0)) // piece) * piece
    starts = np.maximum(np.arange(strips) * own - lead, 0)[:, np.newaxis]
    places = starts + np.arange(width + 1)  # (strips, width + 1)
    guessed = places[:, :-1]
    first = np.arange(strips)[:, np.newaxis] * own
    scored = (guessed >= first) & (guessed < np.minimum(first + own, count))
    return Strips(ids[np.minimum(places, count)], scored)


def read(model: Transformer, ids: tf.Tensor, memory: Memory) -> tuple[tf.Tensor, Memory]:
    """Return the loss of each next character ``(batch, time)``, and the memory after them.

    Args:
        model: The network.
        ids: ``(batch, time + 1)``.
        memory: Of the text before.
    """
    logits, memory = model(ids[:, :-1], memory)
    return character_loss(logits, ids[:, 1:]), memory


_read = tf.function(read, autograph=False)


def losses_of(model: Transformer, ids: Ids) -> npt.NDArray[np.float32]:
    """Return the loss of each character of a text in nats, ``(characters - 1,)``.

    The memory is carried through the whole text, as when the network writes: every position sees
    a full window before it. `STRIPS` parts of the text are read side by side. Each starts with
    enough of the part before it that all features are the same as in one long reading. (Each layer
    looks one window back, so that takes one window per layer.)

    Args:
        model: The network.
        ids: The text, at least two characters.
    """
    strips = strips_of(ids, lead=model.window * len(model.blocks), piece=model.window)
    memory = model.empty_memory(len(strips.ids))
    losses = []
    for start in range(0, strips.scored.shape[1], model.window):
        piece = tf.constant(strips.ids[:, start : start + model.window + 1])
        loss, memory = _read(model, piece, memory)
        losses.append(loss.numpy())
    found: npt.NDArray[np.float32] = np.concatenate(losses, axis=1)[strips.scored]
    return found


def losses_of_windows(model: Transformer, ids: Ids) -> npt.NDArray[np.float32]:
    """Return the losses if every window starts without context, ``(windows, window)``.

    That is how nanoGPT measures, and how the network is trained: the first position of a window
    has seen a single character. The last few characters, which do not fill a window, are left out.

    Args:
        model: The network.
        ids: The text, more characters than a window has.
    """
    windows = (len(ids) - 1) // model.window
    places = np.arange(windows)[:, np.newaxis] * model.window + np.arange(model.window + 1)
    losses = [
        _read(model, tf.constant(ids[places[start : start + STRIPS]]), None)[0]
        for start in range(0, windows, STRIPS)
    ]
    return np.concatenate(losses)


def evaluate(model: Transformer, data: TransformerData, split: SplitName) -> dict[str, float]:
    """Read a whole split and return the mean loss: ``loss`` and ``bits_per_character``."""
    loss = float(losses_of(model, getattr(data, split).ids).mean(dtype=np.float64))
    return {"loss": loss, "bits_per_character": loss / math.log(2)}
