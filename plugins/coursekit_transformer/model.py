"""A transformer that reads a whole text at once and predicts the next character everywhere.

The decoder of Vaswani et al. (2017), normalised before each part as in GPT-2 (Radford et al.
2019). Positions are encoded by rotation (Su et al. 2021), so only distances count, and a text may
be longer than those used in training.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import NamedTuple, TypeAlias

import keras
import tensorflow as tf

from coursekit_transformer.layers import Dropout

NEVER = -1e9  # the score of a position that must not be looked at
ROTATION = 10_000.0  # the slowest pair rotates by one radian over about this many positions
SPREAD = 0.02  # of the readout's initial weights: untrained, no character is preferred

Attend = Callable[..., tuple[tf.Tensor, tf.Tensor]]
KeysValues: TypeAlias = tuple[tf.Tensor, tf.Tensor]


class Memory(NamedTuple):
    """What a transformer keeps of the text that it has read: the key-value cache.

    Attributes:
        layers: The keys and values of each layer, ``(batch, heads, window, size)``, the latest
            position last.
        read: How many characters have been read; if fewer than the window holds, its first
            positions are empty.
    """

    layers: list[KeysValues]
    read: tf.Tensor


def causal_mask(time: int, past: int = 0, window: int | None = None) -> tf.Tensor:
    """Return which positions each position may look at, ``(time, past + time)``: no later ones.

    Args:
        time: The number of positions that look.
        past: The number of earlier positions, which can also be looked at.
        window: How many positions each one sees at most, including itself; None: no limit.
    """
    looking = tf.range(past, past + time)[:, tf.newaxis]
    distance = looking - tf.range(past + time)  # (time, past + time)
    seen = distance >= 0
    return seen if window is None else seen & (distance < window)


def scaled_dot_product(
    queries: tf.Tensor, keys: tf.Tensor, values: tf.Tensor, mask: tf.Tensor
) -> tuple[tf.Tensor, tf.Tensor]:
    """Average the values, weighted by how well each key matches the query.

    Args:
        queries: What each position is looking for, ``(..., time, size)``.
        keys: How each position can be found, ``(..., positions, size)``.
        values: What each position offers, ``(..., positions, size)``.
        mask: True where a position may be looked at; broadcasts to ``(..., time, positions)``.

    Returns:
        The mixture ``(..., time, size)``, and the weights ``(..., time, positions)``, which sum
        to one over the last axis.
    """
    size = queries.shape[-1]
    scores = tf.matmul(queries, keys, transpose_b=True) / math.sqrt(size)
    weights = tf.nn.softmax(tf.where(mask, scores, NEVER))
    return tf.matmul(weights, values), weights


def split_heads(features: tf.Tensor, heads: int) -> tf.Tensor:
    """Split ``(batch, time, units)`` into ``(batch, heads, time, units / heads)``."""
    _, time, units = features.shape
    parts = tf.reshape(features, [-1, time, heads, units // heads])
    return tf.transpose(parts, [0, 2, 1, 3])


def merge_heads(parts: tf.Tensor) -> tf.Tensor:
    """Concatenate the heads ``(batch, heads, time, size)`` to ``(batch, time, units)``."""
    _, heads, time, size = parts.shape
    beside = tf.transpose(parts, [0, 2, 1, 3])  # (batch, time, heads, size)
    return tf.reshape(beside, [-1, time, heads * size])


def rotated(vectors: tf.Tensor, first: int = 0) -> tf.Tensor:
    """Rotate vectors by angles that grow with their position, each pair at its own rate.

    The dot product of a rotated query and a rotated key depends only on their distance.

    Args:
        vectors: Of consecutive positions, ``(..., time, size)``.
        first: The number of the first position.
    """
    time, size = vectors.shape[-2:]
    rates = ROTATION ** (-tf.range(0, size, 2, dtype=tf.float32) / size)
    places = tf.cast(first + tf.range(time), tf.float32)
    angles = places[:, tf.newaxis] * rates  # (time, size / 2)
    left, right = tf.split(vectors, 2, axis=-1)
    cos, sin = tf.cos(angles), tf.sin(angles)
    return tf.concat([left * cos - right * sin, left * sin + right * cos], axis=-1)


def layer_norm(features: tf.Tensor, scale: tf.Tensor, shift: tf.Tensor) -> tf.Tensor:
    """Normalise each position to mean 0 and variance 1, then scale and shift (Ba et al. 2016).

    Args:
        features: ``(..., units)``.
        scale: Of each unit, ``(units,)``.
        shift: Of each unit, ``(units,)``.
    """
    mean = tf.reduce_mean(features, axis=-1, keepdims=True)
    variance = tf.reduce_mean((features - mean) ** 2, axis=-1, keepdims=True)
    return (features - mean) * tf.math.rsqrt(variance + 1e-5) * scale + shift


class LayerNorm(keras.layers.Layer):
    """`layer_norm` with a learned scale and shift."""

    def __init__(self, units: int) -> None:
        super().__init__()
        self.scale = self.add_weight(shape=(units,), initializer="ones")
        self.shift = self.add_weight(shape=(units,), initializer="zeros")

    def call(self, features: tf.Tensor) -> tf.Tensor:
        """Return the features, normalised at each position, ``(..., units)``."""
        return layer_norm(features, self.scale, self.shift)


def linear(units: int, gain: float = 1.0, activation: str | None = None) -> keras.layers.Dense:
    """Return a dense layer without a bias.

    Args:
        units: The size of its output.
        gain: How large its output is compared with its input, with the initial weights.
        activation: The activation function, if any.
    """
    initial = keras.initializers.VarianceScaling(gain**2, "fan_in", "untruncated_normal")
    return keras.layers.Dense(units, activation, use_bias=False, kernel_initializer=initial)


class SelfAttention(keras.layers.Layer):
    """Each position attends to the positions before it, with several heads at once.

    Args:
        units, heads: The size of the features, and the number of heads.
        gain: Of the initial weights of the last matrix, see `linear`.
        attend: The attention function, see `scaled_dot_product`.
    """

    def __init__(
        self, units: int, heads: int, gain: float = 1.0, attend: Attend = scaled_dot_product
    ) -> None:
        super().__init__()
        self.heads = heads
        self.attend = attend
        self.project = linear(3 * units)
        self.merge = linear(units, gain)

    def call(
        self, features: tf.Tensor, seen: tf.Tensor, memory: KeysValues | None = None
    ) -> tuple[tf.Tensor, KeysValues, tf.Tensor]:
        """Return what each position receives, and what later positions need.

        Args:
            features: ``(batch, time, units)``.
            seen: The mask, ``(time, past + time)``. (Keras treats the name ``mask`` specially.)
            memory: The earlier keys and values, ``(batch, heads, past, size)`` each.

        Returns:
            Mixtures ``(batch, time, units)``; all keys and values; weights ``(..., past + time)``.
        """
        projected = tf.split(self.project(features), 3, axis=-1)
        queries, keys, values = (split_heads(part, self.heads) for part in projected)
        past = 0
        if memory is not None:
            # BEGIN SOLUTION
            past = memory[0].shape[2]
            keys = tf.concat([memory[0], keys], axis=2)
            values = tf.concat([memory[1], values], axis=2)
            # END SOLUTION
        mixed, weights = self.attend(rotated(queries, past), rotated(keys), values, seen)
        return self.merge(merge_heads(mixed)), (keys, values), weights


class Block(keras.layers.Layer):
    """Attention, then a feed-forward network at each position; both add to the features.

    Args:
        units, heads, attend: See `SelfAttention`.
        gain: Of the initial weights of what is added, see `linear`.
        dropout: The dropout rate of what is added; ``seed`` is for its random numbers.
        attention: The class of the attention layer, or a callable with the same arguments.
    """

    def __init__(
        self,
        units: int,
        heads: int,
        gain: float = 1.0,
        dropout: float = 0.0,
        seed: int = 0,
        attend: Attend = scaled_dot_product,
        attention: Callable[..., SelfAttention] = SelfAttention,
    ) -> None:
        super().__init__()
        self.norm_attention = LayerNorm(units)
        self.attention = attention(units, heads, gain, attend)
        self.norm_network = LayerNorm(units)
        self.widen = linear(4 * units, activation="gelu")
        self.narrow = linear(units, gain)
        self.dropouts = [Dropout(dropout, 2 * seed), Dropout(dropout, 2 * seed + 1)]

    def call(
        self,
        features: tf.Tensor,
        seen: tf.Tensor,
        memory: KeysValues | None = None,
        training: bool = False,
    ) -> tuple[tf.Tensor, KeysValues, tf.Tensor]:
        """Return the features after both additions, then what `SelfAttention` also returns."""
        received, memory, weights = self.attention(self.norm_attention(features), seen, memory)
        features = features + self.dropouts[0](received, training=training)
        computed = self.narrow(self.widen(self.norm_network(features)))
        return features + self.dropouts[1](computed, training=training), memory, weights


class Transformer(keras.Model):
    """Character vectors, blocks, logits.

    Args:
        characters: The size of the vocabulary.
        units: The size of the features.
        heads: Of each attention.
        layers: The number of blocks.
        window: How many characters each position sees at most, including itself.
        dropout: The dropout rate of the embeddings and of everything that is added.
        seed: Of the dropout.
        attend: See `SelfAttention`.
        block: The class of the blocks, or a callable with the same arguments.

    Attributes:
        characters: The size of the vocabulary.
        window: As above.
        optimizer: Its optimizer.
    """

    def __init__(
        self,
        characters: int,
        units: int,
        heads: int,
        layers: int,
        window: int,
        dropout: float = 0.0,
        seed: int = 0,
        attend: Attend = scaled_dot_product,
        block: Callable[..., Block] = Block,
    ) -> None:
        super().__init__()
        self.characters = characters
        self.window = window
        self.heads = heads
        initial = keras.initializers.RandomNormal(stddev=1.0)
        self.embedding = keras.layers.Embedding(characters, units, initial)
        gain = 1 / math.sqrt(2 * layers)  # all additions together: variance 1
        self.dropout = Dropout(dropout, 2 * seed)
        self.blocks = [
            block(units, heads, gain, dropout, layer + 1 + seed, attend) for layer in range(layers)
        ]
        self.norm = LayerNorm(units)
        small = keras.initializers.RandomNormal(stddev=SPREAD)
        self.readout = keras.layers.Dense(characters, use_bias=False, kernel_initializer=small)

    def call(
        self, ids: tf.Tensor, memory: Memory | None = None, training: bool = False
    ) -> tuple[tf.Tensor, Memory]:
        """Read a piece of text in every row, all its positions at once.

        Args:
            ids: ``(batch, time)``.
            memory: Of the text before; None: there is none.
            training: Whether to apply dropout.

        Returns:
            The logits of each next character ``(batch, time, characters)``, and the memory of
            the text up to the last one.
        """
        logits, memory, _ = self.read(ids, memory, training=training)
        return logits, memory

    def read(
        self, ids: tf.Tensor, memory: Memory | None = None, training: bool = False
    ) -> tuple[tf.Tensor, Memory, list[tf.Tensor]]:
        """Read as `call` does, and also return where each layer looked.

        Returns:
            The logits and the memory, then the weights of each layer's attention,
            ``(batch, heads, time, past + time)``.
        """
        past = 0 if memory is None else self.window
        before = tf.constant(0) if memory is None else memory.read
        places = ids.shape[1]
        seen = causal_mask(places, past, self.window)
        seen &= tf.range(past + places) >= past - before  # the memory may not be full yet
        features = self.dropout(self.embedding(ids), training=training)  # (batch, time, units)
        after, looks = [], []
        for layer, block in enumerate(self.blocks):
            known = None if memory is None else memory.layers[layer]
            features, known, weights = block(features, seen, known, training=training)
            after.append(tuple(part[:, :, -self.window :] for part in known))
            looks.append(weights)
        return self.readout(self.norm(features)), Memory(after, before + places), looks

    def empty_memory(self, rows: int) -> Memory:
        """Return the memory of rows that have not read anything yet."""
        size = self.embedding.output_dim // self.heads
        nothing = tf.zeros([rows, self.heads, self.window, size])
        return Memory([(nothing, nothing) for _ in self.blocks], tf.constant(0))
