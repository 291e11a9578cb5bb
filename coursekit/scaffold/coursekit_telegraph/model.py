"""The network: a signal in, a score for each letter out."""

from __future__ import annotations

from typing import TYPE_CHECKING

import keras
import tensorflow as tf

from coursekit_telegraph.data import ALPHABET, LENGTH, TelegraphData

if TYPE_CHECKING:
    from coursekit_telegraph import TelegraphSettings


class Reader(keras.Model):
    """Two convolutions along time, and a dense layer."""

    def __init__(self, filters: int) -> None:
        super().__init__()
        self.edges = keras.layers.Conv1D(filters, 7, strides=2, activation="relu", padding="same")
        self.signs = keras.layers.Conv1D(
            2 * filters, 7, strides=2, activation="relu", padding="same"
        )
        self.flatten = keras.layers.Flatten()
        self.letters = keras.layers.Dense(len(ALPHABET))

    def call(self, signals: tf.Tensor) -> tf.Tensor:
        """Return the logits ``(batch, letters)`` of signals ``(batch, time)``."""
        features = self.edges(signals[..., tf.newaxis])  # (batch, time / 2, filters)
        features = self.signs(features)  # (batch, time / 4, 2 * filters)
        return self.letters(self.flatten(features))


def model(data: TelegraphData, settings: TelegraphSettings) -> Reader:
    """Return the untrained network, its variables and its optimizer made.

    Args:
        data: The data; this network needs nothing of it.
        settings: The hyper-parameters; the seed decides the first weights.
    """
    keras.utils.set_random_seed(settings.seed)
    reader = Reader(settings.filters)
    reader(tf.zeros((1, LENGTH)))  # makes the variables
    reader.optimizer = keras.optimizers.Adam(settings.learning_rate)
    reader.optimizer.build(reader.trainable_variables)
    return reader
