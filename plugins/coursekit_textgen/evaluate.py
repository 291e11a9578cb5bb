"""How well the network foresees text that it has not read.

As in coursekit_transformer: `Strips`.
"""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
import tensorflow as tf

from coursekit import SplitName
from coursekit_textgen.data import Ids, TextgenData
from coursekit_textgen.model import CharacterModel, States
from coursekit_textgen.train import character_loss

STRIPS = 64  # pieces of the text that are read side by side
LEAD = 256  # characters that each piece but the first reads before it is scored
PIECE = 512  # characters of each strip in one call


class Strips(NamedTuple):
    """A text cut into strips that are read side by side.

    Attributes:
        ids: ``(strips, width + 1)``.
        scored: True for the characters that count, ``(strips, width)``: each character of
            the text but the first exactly once.
    """

    ids: Ids
    scored: npt.NDArray[np.bool_]


def strips_of(ids: Ids, strips: int = STRIPS, lead: int = LEAD, piece: int = PIECE) -> Strips:
    """Cut a text for `losses_of`.

    Args:
        ids: The text, ``(characters,)``.
        strips: How many to cut at the most.
        lead: How much each but the first reads of the text before its own part. A network's
            memory of what is further back than this has faded.
        piece: What the width is a multiple of.
    """
    count = len(ids) - 1  # characters that are guessed
    strips = min(strips, max(1, count // lead))
    own = -(-count // strips)
    width = -(-(own + (lead if strips > 1 else 0)) // piece) * piece
    starts = np.maximum(np.arange(strips) * own - lead, 0)[:, np.newaxis]
    places = starts + np.arange(width + 1)  # (strips, width + 1)
    targets = places[:, :-1]
    first = np.arange(strips)[:, np.newaxis] * own
    scored = (targets >= first) & (targets < np.minimum(first + own, count))
    return Strips(ids[np.minimum(places, count)], scored)


def read(model: CharacterModel, ids: tf.Tensor, states: States) -> tuple[tf.Tensor, States]:
    """Return the loss of each next character ``(batch, time)``, and the states after them.

    Args:
        model: The network.
        ids: ``(batch, time + 1)``.
        states: What the network remembers of the text before.
    """
    logits, states = model(ids[:, :-1], states)
    return character_loss(logits, ids[:, 1:]), states


_read = tf.function(read, autograph=False)


def losses_of(model: CharacterModel, ids: Ids) -> npt.NDArray[np.float32]:
    """Return how unexpected each character of a text was, in nats, ``(characters - 1,)``.

    The state is carried through the whole text: `STRIPS` parts of it are read side by side,
    and each begins with `LEAD` characters of the part before it, which do not count.

    Args:
        model: The network.
        ids: The text, at least two characters.
    """
    strips = strips_of(ids)
    states = model.zero_states(len(strips.ids))
    losses = []
    for start in range(0, strips.scored.shape[1], PIECE):
        piece = tf.constant(strips.ids[:, start : start + PIECE + 1])
        loss, states = _read(model, piece, states)
        losses.append(loss.numpy())
    scored: npt.NDArray[np.float32] = np.concatenate(losses, axis=1)[strips.scored]
    return scored


def evaluate(model: CharacterModel, data: TextgenData, split: SplitName) -> dict[str, float]:
    """Read a whole split and return the mean loss: ``loss`` and ``bits_per_character``."""
    loss = float(losses_of(model, getattr(data, split).ids).mean(dtype=np.float64))
    return {"loss": loss, "bits_per_character": loss / math.log(2)}
