"""A character-level recurrent network: it reads a text and predicts each next character.

After the char-RNN of Karpathy (2015), with the gated recurrent unit of Cho et al. (2014):
`gru_step` computes it as in coursekit_nmt and coursekit_captioning, but with the weights of a
layer of Keras.
"""

from __future__ import annotations

from collections.abc import Callable

import keras
import tensorflow as tf

from coursekit_textgen.layers import Dropout

States = list[tf.Tensor]


def gru_step(projected: tf.Tensor, state: tf.Tensor, cell: keras.layers.GRUCell) -> tf.Tensor:
    """Take one step of a gated recurrent unit, as `keras.layers.GRU` does with `reset_after`.

    Args:
        projected: The inputs' product with the cell's kernel, ``(batch, 3 * units)``.
        state: The state before the step, ``(batch, units)``.
        cell: The cell that holds the weights.

    Returns:
        The state after the step, ``(batch, units)``.
    """
    inputs = projected + cell.bias[0]
    memory = tf.matmul(state, cell.recurrent_kernel) + cell.bias[1]
    update_in, reset_in, new_in = tf.split(inputs, 3, axis=-1)
    update_on, reset_on, new_on = tf.split(memory, 3, axis=-1)
    update, reset = tf.sigmoid(update_in + update_on), tf.sigmoid(reset_in + reset_on)
    new = tf.tanh(new_in + reset * new_on)
    return update * state + (1 - update) * new


class CharacterLayers(keras.Model):
    """The parts of the network: embedding, gated recurrent units, dropout, output layer.

    Args:
        characters: The size of the vocabulary.
        embedding: The size of a character's vector.
        units: The units of each recurrent layer.
        layers: How many recurrent layers are stacked.
        dropout: The share of every layer's outputs that is dropped in training.
        tied: Whether the output layer reuses the character vectors (Press and Wolf 2017).
        batch_size: The rows of a training batch, each of which has a state.
        seed: The seed of the dropout.

    Attributes:
        characters: The size of the vocabulary.
        carried: Each layer's state at the end of the previous training batch, ``(batch, units)``.
            They are variables, so that the next batch can continue from them.
        optimizer: The optimizer that trains it.
    """

    def __init__(
        self,
        characters: int,
        embedding: int,
        units: int,
        layers: int = 1,
        dropout: float = 0.0,
        tied: bool = False,
        batch_size: int = 1,
        seed: int = 0,
    ) -> None:
        super().__init__()
        self.characters = characters
        self.embedding = keras.layers.Embedding(characters, embedding)
        self.grus = [
            keras.layers.GRU(units, return_sequences=True, return_state=True) for _ in range(layers)
        ]
        self.dropouts = [Dropout(dropout, seed + layer) for layer in range(layers)]
        # If tied, the features must have the size of a character's vector.
        self.readout = keras.layers.Dense(embedding if tied else characters, use_bias=not tied)
        self.bias = self.add_weight(shape=(characters,), initializer="zeros") if tied else None
        self.carried = [
            self.add_weight(shape=(batch_size, units), initializer="zeros", trainable=False)
            for _ in range(layers)
        ]

    def build(self, ids_shape: object = None) -> None:
        """Make the variables of the layers, whose sizes are known: Keras traces `call` otherwise.

        Args:
            ids_shape: Of what is read first; the sizes do not depend on it.
        """
        widths = [0, self.embedding.output_dim, *(gru.units for gru in self.grus)]
        for layer, width in zip((self.embedding, *self.grus, self.readout), widths, strict=True):
            if not layer.built:
                layer.build((None, None, width))

    def stepper(
        self, gru_step: Callable[..., tf.Tensor] = gru_step
    ) -> Callable[[tf.Tensor, States], tuple[tf.Tensor, States]]:
        """Return a function that reads one character in every row: how text is written.

        It takes ids ``(batch,)`` and states as `call` does, and returns the logits of the next
        character ``(batch, characters)`` and the states after it. The first layer's product with
        each character's vector is computed here once, not at every step.

        Args:
            gru_step: Takes one step of a gated recurrent unit.
        """
        first = self.grus[0].cell
        table = tf.matmul(self.embedding.embeddings, first.kernel)  # (characters, 3 * units)

        def step(ids: tf.Tensor, states: States) -> tuple[tf.Tensor, States]:
            after: States = []
            projected = tf.gather(table, ids)  # (batch, 3 * units)
            for gru, state in zip(self.grus, states, strict=True):
                if after:
                    projected = tf.matmul(after[-1], gru.cell.kernel)
                after.append(gru_step(projected, state, gru.cell))
            return self.logits(after[-1]), after

        return step

    def logits(self, features: tf.Tensor) -> tf.Tensor:
        """Score every character by features ``(..., units)``: ``(..., characters)``."""
        scores = self.readout(features)
        if self.bias is None:
            return scores
        return tf.matmul(scores, self.embedding.embeddings, transpose_b=True) + self.bias

    def zero_states(self, rows: int | tf.Tensor) -> States:
        """Return zero states, for rows that have not read anything yet."""
        return [tf.zeros([rows, gru.units]) for gru in self.grus]


class CharacterModel(CharacterLayers):
    """The network: it reads characters and scores each next one."""

    def call(
        self, ids: tf.Tensor, states: States | None = None, training: bool = False
    ) -> tuple[tf.Tensor, States]:
        """Read a piece of text in every row.

        Args:
            ids: ``(batch, time)``.
            states: Each layer's state after the text so far, ``(batch, units)``; None: no text yet.
            training: Whether to apply dropout.

        Returns:
            The logits of each next character ``(batch, time, characters)``, and each layer's
            state after the last character.
        """
        features = self.embedding(ids)  # (batch, time, embedding)
        states = self.zero_states(tf.shape(ids)[0]) if states is None else states
        after = []
        for gru, dropout, state in zip(self.grus, self.dropouts, states, strict=True):
            features, state = gru(features, initial_state=state)  # (batch, time, units)
            features = dropout(features, training=training)
            after.append(state)
        return self.logits(features), after
