"""Show, Attend and Tell (Xu et al. 2015): a network that looks at the picture before each word.

An encoder turns a picture into a grid of features, one cell for each part. A decoder writes the
caption word by word. Before each word it computes which cells matter now. What does not depend
on the previous word (the features, the attention keys) is computed once for each picture.
`BahdanauAttention`, here without padding, and `Decoder.embed` are as in coursekit_nmt.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import keras
import numpy as np
import tensorflow as tf

from coursekit_captioning.layers import GRU, Dropout


class Memory(NamedTuple):
    """What the decoder knows about the pictures.

    Attributes:
        annotations: The features of the cells, ``(batch, cells, units)``.
        keys: Their projections, which attention compares with the query, ``(batch, cells, units)``.
        state: The decoder's first state, ``(batch, 1, units)``.
    """

    annotations: tf.Tensor
    keys: tf.Tensor
    state: tf.Tensor


def coordinates(side: int) -> tf.Tensor:
    """Return the middles of a grid's cells, ``(side * side, 2)``: down and across, -1 to 1."""
    middles = (np.arange(side, dtype=np.float32) + 0.5) / side * 2 - 1
    down, across = np.meshgrid(middles, middles, indexing="ij")
    return tf.constant(np.stack([down, across], axis=-1).reshape(-1, 2))


class FeatureEncoder(keras.layers.Layer):
    """Projects the features that a pretrained network computed, as the 2018 article does.

    Args:
        units: The size of an annotation.
        dropout: The share of the features that is dropped in training.
        seed: The seed of the dropout.
    """

    def __init__(self, units: int, dropout: float, seed: int, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.dropout = Dropout(dropout, seed)
        self.projection = keras.layers.Dense(units)
        self.normalization = keras.layers.LayerNormalization()

    def call(self, features: tf.Tensor, training: bool = False) -> tf.Tensor:
        """Return annotations ``(batch, cells, units)`` of features ``(batch, cells, channels)``."""
        features = self.dropout(tf.cast(features, tf.float32), training=training)
        return tf.nn.relu(self.normalization(self.projection(features)))


class ShapeEncoder(keras.layers.Layer):
    """A small convolutional network for pictures of 64 x 64, trained together with the decoder.

    Each cell of its 8 x 8 grid also gets its coordinates. A convolution alone responds to a circle
    in the same way wherever the circle is, so words such as "above" would be hard to learn.

    Args:
        units: The size of an annotation.
        dropout: Not used: there are always enough drawn pictures.
        seed: The seed of the initial weights for the place.
    """

    # Channels, kernel and stride of each convolution. A kernel of 3 with a stride of 2 is padded
    # on one side only; three of these would shift what each cell sees by half a cell.
    CONVOLUTIONS = ((24, 4, 2), (48, 4, 2), (80, 3, 1), (128, 4, 2), (128, 3, 1))
    where = staticmethod(coordinates)  # a subclass may replace it

    def __init__(self, units: int, dropout: float, seed: int, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.convolutions = [
            keras.layers.Conv2D(width, kernel, stride, padding="same", use_bias=False)
            for width, kernel, stride in self.CONVOLUTIONS
        ]
        self.normalizations = [
            keras.layers.BatchNormalization(momentum=0.95) for _ in self.CONVOLUTIONS
        ]
        place = max(units // 5, 2)  # the numbers of an annotation that say where it is
        self.projection = keras.layers.Dense(units - place)
        # Larger initial weights than Keras's default: with those, "above" was learned last.
        spread = keras.initializers.RandomNormal(stddev=1.0, seed=seed)
        self.place = keras.layers.Dense(place, use_bias=False, kernel_initializer=spread)

    def call(self, pictures: tf.Tensor, training: bool = False) -> tf.Tensor:
        """Return annotations ``(batch, 64, units)`` of pictures ``(batch, 64, 64, 3)`` of uint8."""
        grid = tf.cast(pictures, tf.float32) / 127.5 - 1.0
        for convolution, normalization in zip(self.convolutions, self.normalizations, strict=True):
            grid = tf.nn.relu(normalization(convolution(grid), training=training))
        side, channels = grid.shape[1], grid.shape[3]  # (batch, 8, 8, channels)
        cells = tf.reshape(grid, [-1, side * side, channels])
        seen = tf.nn.relu(self.projection(cells))
        place = tf.repeat(self.place(self.where(side))[tf.newaxis], tf.shape(seen)[0], axis=0)
        return tf.concat([seen, place], axis=-1)


class BahdanauAttention(keras.layers.Layer):
    """Additive attention, ``score = v . tanh(W query + U value)`` (Bahdanau et al. 2014, A.1.2).

    Args:
        units: The size of the space in which queries and keys are compared.
    """

    def __init__(self, units: int, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.query_projection = keras.layers.Dense(units)
        self.key_projection = keras.layers.Dense(units, use_bias=False)
        self.score = keras.layers.Dense(1, use_bias=False)

    def keys(self, values: tf.Tensor) -> tf.Tensor:
        """Project the values for the comparison, once for each picture, whatever the query."""
        return self.key_projection(values)

    def call(
        self, query: tf.Tensor, keys: tf.Tensor, values: tf.Tensor
    ) -> tuple[tf.Tensor, tf.Tensor]:
        """Look at the values of each picture, once for each query.

        Args:
            query: The decoder's states and the vectors of the previous words, concatenated,
                ``(batch, queries, units + embedding)``.
            keys: What `keys` returned, ``(batch, cells, units)``.
            values: The annotations, ``(batch, cells, size)``.

        Returns:
            The contexts ``(batch, queries, size)`` and the weights ``(batch, queries, cells)``,
            which sum to one over the cells.
        """
        query = self.query_projection(query)[:, :, tf.newaxis]  # (batch, queries, 1, units)
        scores = self.score(tf.tanh(query + keys[:, tf.newaxis]))  # (batch, queries, cells, 1)
        weights = tf.nn.softmax(scores[..., 0])
        return tf.matmul(weights, values), weights


class Decoder(keras.layers.Layer):
    """A GRU that writes a caption. It takes its state and returns the next one.

    The word vectors are used twice: to read a word, and to choose the next one.

    Args:
        words: The size of the vocabulary.
        embedding: The size of a word vector.
        units: The units of the GRU and of the attention.
        dropout: The share of the word vectors and of the features that is dropped in training.
        seed: The seed of the dropout.
        attention: The class of the attention layer, which gets half of `units`.
    """

    def __init__(
        self,
        words: int,
        embedding: int,
        units: int,
        dropout: float,
        seed: int,
        attention: type[keras.layers.Layer] = BahdanauAttention,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self.scale = embedding**0.5
        spread = keras.initializers.RandomNormal(stddev=1 / self.scale)
        self.embedding = keras.layers.Embedding(words, embedding, embeddings_initializer=spread)
        self.dropout = Dropout(dropout, seed)
        self.attention = attention(units // 2)
        self.gate = keras.layers.Dense(units, activation="sigmoid")
        self.gru = GRU(units)
        self.context = keras.layers.Dense(3 * units, use_bias=False)
        self.readout = keras.layers.Dense(embedding)
        self.features_dropout = Dropout(dropout, seed + 1)
        self.bias = self.add_weight(shape=(words,), initializer="zeros", name="bias")

    def embed(self, ids: tf.Tensor, training: bool = False) -> tf.Tensor:
        """Return the word vectors, ``(..., embedding)``, each number of about unit size."""
        return self.dropout(self.scale * self.embedding(ids), training=training)

    def step(
        self, word: tf.Tensor, projected: tf.Tensor, state: tf.Tensor, memory: Memory
    ) -> tuple[tf.Tensor, tf.Tensor, tf.Tensor]:
        """Take one time step.

        The previous word is part of the query. If the picture has two things and the previous
        word is "red", only that word tells which of them comes next. The network of the paper
        uses the state alone, which has not read the word yet, so it looks at both.

        The state also decides how much of the context is used: for "of" there is little to see
        (the gate of Show, Attend and Tell, section 4.2.1).

        Args:
            word: The vectors of the previous words, ``(batch, captions, embedding)``.
            projected: `gru.project` of them, ``(batch, captions, 3 * units)``.
            state: The previous states, ``(batch, captions, units)``.
            memory: The pictures. Each is used for several captions.

        Returns:
            The next states and the contexts that they saw, ``(batch, captions, units)``, and
            the attention weights ``(batch, captions, cells)``.
        """
        query = tf.concat([state, word], axis=-1)
        context, weights = self.attention(query, memory.keys, memory.annotations)
        context = self.gate(state) * context
        return self.gru(projected + self.context(context), state), context, weights

    def logits(
        self, states: tf.Tensor, contexts: tf.Tensor, words: tf.Tensor, training: bool = False
    ) -> tf.Tensor:
        """Score the next word (Show, Attend and Tell, equation 7).

        Args:
            states: The states of one or all time steps, ``(..., units)``.
            contexts: The contexts that they saw, ``(..., units)``.
            words: The word vectors that they read, ``(..., embedding)``.
            training: Whether to apply dropout.

        Returns:
            The logits, ``(..., vocabulary)``: dot products of the features with all word vectors.
        """
        inputs = tf.concat([states, contexts, words], axis=-1)
        features = self.readout(self.features_dropout(inputs, training=training))
        return tf.matmul(features, self.embedding.embeddings, transpose_b=True) + self.bias

    def call(
        self, ids: tf.Tensor, memory: Memory, training: bool = False
    ) -> tuple[tf.Tensor, tf.Tensor]:
        """Read the right words and score the word after each of them (teacher forcing).

        Args:
            ids: ``<start>`` and the captions, ``(batch, captions, time)``.
            memory: The pictures.
            training: Whether to apply dropout.

        Returns:
            The logits ``(batch, captions, time, vocabulary)`` and the attention weights
            ``(batch, captions, time, cells)``.
        """
        words = self.embed(ids, training=training)
        state, steps = tf.repeat(memory.state, ids.shape[1], axis=1), []
        # A Python loop: XLA compiles the steps of a fixed length into one program.
        projected = tf.unstack(self.gru.project(words), axis=2)
        for word, inputs in zip(tf.unstack(words, axis=2), projected, strict=True):
            state, context, weights = self.step(word, inputs, state, memory)
            steps.append((state, context, weights))
        states, contexts, weights = (tf.stack(part, axis=2) for part in zip(*steps, strict=True))
        return self.logits(states, contexts, words, training=training), weights


class Captioner(keras.Model):
    """An encoder, a decoder, and the bridge between them.

    Args:
        words: The size of the vocabulary.
        embedding: The size of a word vector.
        units: The size of an annotation, the units of the decoder and of the attention.
        dropout: See `FeatureEncoder` and `Decoder`.
        seed: The seed of the dropout.
        encoder: The class of the encoder.
        attention: The class of the attention layer.
        decoder: The class of the decoder.

    Attributes:
        smoothing: The label smoothing that the train step uses.
        attend_everywhere: The weight of the doubly stochastic regularisation in its loss.
        optimizer: Its optimizer.
    """

    def __init__(
        self,
        words: int,
        embedding: int,
        units: int,
        dropout: float = 0.0,
        seed: int = 0,
        encoder: type[keras.layers.Layer] = FeatureEncoder,
        attention: type[keras.layers.Layer] = BahdanauAttention,
        decoder: type[keras.layers.Layer] = Decoder,
    ) -> None:
        super().__init__()
        self.encoder = encoder(units, dropout, seed)
        self.decoder = decoder(words, embedding, units, dropout, seed + 1, attention=attention)
        self.bridge = keras.layers.Dense(units, activation="tanh")
        self.smoothing = 0.0
        self.attend_everywhere = 0.0

    def see(self, pictures: tf.Tensor, training: bool = False) -> Memory:
        """Encode pictures, or features of pictures, and compute the attention keys."""
        annotations = self.encoder(pictures, training=training)
        keys = self.decoder.attention.keys(annotations)
        return Memory(annotations, keys, self.bridge(tf.reduce_mean(annotations, 1, True)))

    def call(
        self, inputs: tuple[tf.Tensor, tf.Tensor], training: bool = False
    ) -> tuple[tf.Tensor, tf.Tensor]:
        """Return logits and attention weights, see `Decoder`.

        Args:
            inputs: Pictures ``(batch, ...)`` and ids ``(batch, captions, time)``: each picture
                is encoded once, for all of its captions.
            training: Whether to apply dropout.
        """
        pictures, ids = inputs
        memory = self.see(pictures, training=training)
        logits, weights = self.decoder(ids, memory, training=training)
        return logits, weights

    def next_word(
        self, ids: tf.Tensor, state: tf.Tensor, memory: Memory
    ) -> tuple[tf.Tensor, tf.Tensor, tf.Tensor]:
        """Take one step of decoding.

        Args:
            ids: The previous words, ``(batch, captions)``.
            state: The decoder's states, ``(batch, captions, units)``.
            memory: The pictures.

        Returns:
            The logits ``(batch, captions, vocabulary)``, the next states and the attention
            weights ``(batch, captions, cells)``.
        """
        word = self.decoder.embed(ids)
        projected = self.decoder.gru.project(word)
        state, context, weights = self.decoder.step(word, projected, state, memory)
        return self.decoder.logits(state, context, word), state, weights
