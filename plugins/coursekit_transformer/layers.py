"""The small part of the network that Keras has no fast form of: dropout."""

from __future__ import annotations

from typing import Any

import keras  # noqa: TID253 - only model.py imports this module
import tensorflow as tf  # noqa: TID253


class Dropout(keras.layers.Layer):  # type: ignore[misc]
    """Dropout that names its random generator, Philox.

    As in coursekit_textgen.

    Args:
        rate: The share that is set to zero.
        seed: Of the generator, whose state is a variable of the model.
    """

    def __init__(self, rate: float, seed: int, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.rate = rate
        self.seeds = keras.random.SeedGenerator(seed)

    def call(self, inputs: tf.Tensor, training: bool = False) -> tf.Tensor:
        """Return the inputs, in training with a part dropped and the rest scaled up."""
        if not training or self.rate == 0:
            return inputs
        seed = tf.cast(self.seeds.next(), tf.int32)
        uniform = tf.random.stateless_uniform(tf.shape(inputs), seed, alg="philox")
        return tf.where(uniform >= self.rate, inputs / (1 - self.rate), 0.0)
