"""The small parts of the network: dropout, and one step of a GRU."""

from __future__ import annotations

from typing import Any

import keras  # noqa: TID253 - only model.py imports this module
import tensorflow as tf  # noqa: TID253


class Dropout(keras.layers.Layer):  # type: ignore[misc]
    """Dropout that names its random generator, Philox.

    `keras.layers.Dropout` leaves the choice to the device; what XLA then takes on a CPU was
    measured twenty times slower, more than the rest of the encoder. As in
    coursekit_captioning and coursekit_textgen.

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


class GRU(keras.layers.Layer):  # type: ignore[misc]
    """One step of a gated recurrent unit (Cho et al. 2014; the reset gate after the product).

    The projection of the inputs does not depend on the state. Call `project` once for all
    time steps, then the layer for each of them. As in coursekit_captioning and
    coursekit_textgen (`gru_step`).
    """

    def __init__(self, units: int, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.units = units
        self.project = keras.layers.Dense(3 * units)
        self.recurrent = keras.layers.Dense(
            3 * units, use_bias=False, kernel_initializer="orthogonal"
        )

    def call(self, projected: tf.Tensor, state: tf.Tensor) -> tf.Tensor:
        """Return the next state.

        Args:
            projected: One time step of `project(inputs)`, ``(batch, 3 * units)``.
            state: The state before, ``(batch, units)``.
        """
        gates_in, new_in = tf.split(projected, [2 * self.units, self.units], axis=-1)
        gates_on, new_on = tf.split(self.recurrent(state), [2 * self.units, self.units], axis=-1)
        update, reset = tf.split(tf.sigmoid(gates_in + gates_on), 2, axis=-1)
        new = tf.tanh(new_in + reset * new_on)
        return update * state + (1 - update) * new
