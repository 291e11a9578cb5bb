"""The network of Bahdanau, Cho and Bengio (2014): it looks back at the source at every word.

An encoder reads the source in both directions; a decoder writes the target one word at a
time and asks, before each, which source words matter now. All that does not depend on the
word before (the projections of the inputs, the attention keys, the logits of a training
batch) is computed for all time steps at once, outside the loops.
`BahdanauAttention`, here with one query, and `Decoder.embed` are as in coursekit_captioning.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import keras
import tensorflow as tf

from coursekit_nmt.data import PAD
from coursekit_nmt.layers import GRU, Dropout


class Memory(NamedTuple):
    """What the decoder knows about the source sentences.

    Attributes:
        annotations: The encoder's states and the word vectors, ``(batch, source, size)``
            with ``size = 2 * encoder units + embedding``.
        keys: The annotations' projection, compared with the query, ``(batch, source, units)``.
        mask: True where there is a word, ``(batch, source)``.
        state: The decoder's first state, ``(batch, units)``.
    """

    annotations: tf.Tensor
    keys: tf.Tensor
    mask: tf.Tensor
    state: tf.Tensor


class Encoder(keras.layers.Layer):
    """A bidirectional GRU: each word's annotation knows what comes before and after it.

    Args:
        words: The size of the source vocabulary.
        embedding: The size of a word vector.
        units: The units of each direction.
        dropout: The share of the word vectors that is dropped in training.
        annotation_dropout: The same of the annotations.
        seed: Of the dropout.
    """

    def __init__(
        self,
        words: int,
        embedding: int,
        units: int,
        dropout: float,
        annotation_dropout: float,
        seed: int,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self.embedding = keras.layers.Embedding(words, embedding)
        self.dropout = Dropout(dropout, seed)
        self.annotation_dropout = Dropout(annotation_dropout, seed + 4)
        self.forward = GRU(units)
        self.backward = GRU(units)

    def call(
        self, ids: tf.Tensor, training: bool = False
    ) -> tuple[tf.Tensor, tf.Tensor, tf.Tensor]:
        """Read the sentences.

        Args:
            ids: ``(batch, source)``, padded at the end.
            training: Whether to apply dropout.

        Returns:
            The annotations ``(batch, source, 2 * units + embedding)``, the backward GRU's state
            at the first word ``(batch, units)``, and the mask ``(batch, source)``.
        """
        mask = ids != PAD
        inputs = self.dropout(self.embedding(ids), training=training)
        forward = self.states(self.forward, inputs, mask)
        backward = self.states(self.backward, inputs, mask, reverse=True)
        annotations = tf.concat([tf.stack(forward, 1), tf.stack(backward, 1)], axis=-1)
        annotations = self.annotation_dropout(annotations, training=training)
        # The word's own vector too, so that a context says which word it came from.
        annotations = tf.concat([annotations, inputs], axis=-1)
        return annotations, backward[0], mask

    def states(
        self, gru: GRU, inputs: tf.Tensor, mask: tf.Tensor, reverse: bool = False
    ) -> list[tf.Tensor]:
        """Run one direction; return its state at each word, and zeros on padding."""
        projected = tf.unstack(gru.project(inputs), axis=1)
        words = tf.unstack(tf.cast(mask, tf.float32)[:, :, tf.newaxis], axis=1)
        state = tf.zeros_like(projected[0][:, : gru.units])
        states = [state] * len(words)
        # A Python loop: XLA compiles the steps of a fixed length into one program.
        for time in reversed(range(len(words))) if reverse else range(len(words)):
            state = words[time] * gru(projected[time], state)
            states[time] = state
        return states


class BahdanauAttention(keras.layers.Layer):
    """Additive attention, ``score = v . tanh(W query + U value)`` (Bahdanau et al. 2014, A.1.2).

    Args:
        units: The size of the space in which queries and keys are compared.
    """

    def __init__(self, units: int, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.query_projection = keras.layers.Dense(units, use_bias=False)
        self.key_projection = keras.layers.Dense(units, use_bias=False)
        self.score = keras.layers.Dense(1, use_bias=False)

    def keys(self, values: tf.Tensor) -> tf.Tensor:
        """Project the values; this is needed once for each sentence, whatever the query."""
        return self.key_projection(values)

    def call(
        self, query: tf.Tensor, keys: tf.Tensor, values: tf.Tensor, mask: tf.Tensor
    ) -> tuple[tf.Tensor, tf.Tensor]:
        """Look at the values of each sentence with one query.

        Args:
            query: The decoder's state, ``(batch, units)``.
            keys: The result of `keys`, ``(batch, source, units)``.
            values: The annotations, ``(batch, source, size)``.
            mask: True where there is a word, ``(batch, source)``.

        Returns:
            The context ``(batch, size)``, and the weights ``(batch, source)``, which are 0 on
            padding and sum to one.
        """
        query = self.query_projection(query)[:, tf.newaxis, :]  # (batch, 1, units)
        scores = self.score(tf.tanh(query + keys))[:, :, 0]  # (batch, source)
        # The lowest float, not -inf, so that a row of padding alone stays finite.
        weights = tf.nn.softmax(tf.where(mask, scores, scores.dtype.min))
        weights = tf.where(mask, weights, 0.0)
        context = tf.einsum("bs,bsu->bu", weights, values)
        return context, weights


class Decoder(keras.layers.Layer):
    """A GRU that is given its state, the word before, and what attention found.

    The matrix of word vectors is also the output layer (Press and Wolf 2017), so that a
    word learns from being read and from being written.

    Args:
        words: The size of the target vocabulary.
        embedding: The size of a word vector.
        units: The units of the GRU and of the attention.
        dropout: The share that is dropped of the word vectors and of the features.
        seed: Of the dropout.
        attention: The class of the attention layer, made with `units`.
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
        self.attention = attention(units)
        self.gru = GRU(units)
        self.context = keras.layers.Dense(3 * units, use_bias=False)
        self.readout = keras.layers.Dense(embedding, activation="tanh")
        self.features_dropout = Dropout(dropout, seed + 1)
        self.bias = self.add_weight(shape=(words,), initializer="zeros", name="bias")

    def embed(self, ids: tf.Tensor, training: bool = False) -> tf.Tensor:
        """Return the word vectors, ``(..., embedding)``, of about unit size in each number."""
        return self.dropout(self.scale * self.embedding(ids), training=training)

    def step(
        self, projected: tf.Tensor, state: tf.Tensor, memory: Memory
    ) -> tuple[tf.Tensor, tf.Tensor, tf.Tensor]:
        """Take one time step.

        Args:
            projected: `gru.project` of the previous word, ``(batch, 3 * units)``.
            state: The previous state, ``(batch, units)``.
            memory: The source sentences.

        Returns:
            The next state ``(batch, units)``, the context and the attention weights
            ``(batch, source)``.
        """
        context, weights = self.attention(state, memory.keys, memory.annotations, memory.mask)
        return self.gru(projected + self.context(context), state), context, weights

    def features(
        self, states: tf.Tensor, contexts: tf.Tensor, words: tf.Tensor, training: bool = False
    ) -> tf.Tensor:
        """Sum up what the next word is chosen by, as a vector ``(..., embedding)``.

        Args:
            states: The states of one or all time steps, ``(..., units)``.
            contexts: The contexts that they saw, ``(..., size)``.
            words: The word vectors that they read, ``(..., embedding)``.
            training: Whether to apply dropout.
        """
        features = self.readout(tf.concat([states, contexts, words], axis=-1))
        return self.features_dropout(features, training=training)

    def logits(self, features: tf.Tensor, ids: tf.Tensor | None = None) -> tf.Tensor:
        """Score the next word: all of the vocabulary, or only some words.

        Args:
            features: What `features` returned, ``(..., embedding)``.
            ids: The words to score, ``(choices,)``; None: all.

        Returns:
            ``(..., choices)``, the word vectors' products with the features.
        """
        vectors, bias = self.embedding.embeddings, self.bias
        if ids is not None:
            vectors, bias = tf.gather(vectors, ids), tf.gather(bias, ids)
        return tf.matmul(features, vectors, transpose_b=True) + bias

    def read(
        self, ids: tf.Tensor, memory: Memory, training: bool = False
    ) -> tuple[tf.Tensor, tf.Tensor]:
        """Read the right previous words at each place (teacher forcing).

        Args:
            ids: ``<start>``, then the target words, ``(batch, target)``.
            memory: The source sentences.
            training: Whether to apply dropout.

        Returns:
            The features ``(batch, target, embedding)`` and the attention weights
            ``(batch, target, source)``.
        """
        words = self.embed(ids, training=training)
        state, steps = memory.state, []
        for projected in tf.unstack(self.gru.project(words), axis=1):
            state, context, weights = self.step(projected, state, memory)
            steps.append((state, context, weights))
        states, contexts, weights = (tf.stack(part, axis=1) for part in zip(*steps, strict=True))
        return self.features(states, contexts, words, training=training), weights

    def call(
        self, ids: tf.Tensor, memory: Memory, training: bool = False
    ) -> tuple[tf.Tensor, tf.Tensor]:
        """Score every next word, ``(batch, target, words)``; the rest as in `read`."""
        features, weights = self.read(ids, memory, training=training)
        return self.logits(features), weights


class Translator(keras.Model):
    """An encoder, a decoder, and the bridge between their states.

    Args:
        source_words: The size of the source vocabulary.
        target_words: The size of the target vocabulary.
        embedding: The size of a word vector.
        units: The units of the decoder and of the attention.
        encoder_units: The units of each direction of the encoder.
        dropout: See `Encoder` and `Decoder`.
        annotation_dropout: See `Encoder`.
        seed: Of the dropout.
        attention: The class of the attention layer.
        decoder: The class of the decoder.

    Attributes:
        smoothing: The label smoothing that the train step uses.
        samples: The words in its estimate of the loss's normaliser; 0: the whole vocabulary.
        seeds: What draws these words.
        optimizer: Its optimizer.
    """

    def __init__(
        self,
        source_words: int,
        target_words: int,
        embedding: int,
        units: int,
        encoder_units: int,
        dropout: float = 0.0,
        annotation_dropout: float = 0.0,
        seed: int = 0,
        attention: type[keras.layers.Layer] = BahdanauAttention,
        decoder: type[keras.layers.Layer] = Decoder,
    ) -> None:
        super().__init__()
        self.encoder = Encoder(
            source_words, embedding, encoder_units, dropout, annotation_dropout, seed
        )
        self.decoder = decoder(
            target_words, embedding, units, dropout, seed + 1, attention=attention
        )
        self.bridge = keras.layers.Dense(units, activation="tanh")
        self.smoothing = 0.0
        self.samples = 0
        self.seeds = keras.random.SeedGenerator(seed + 3)

    def encode(self, source: tf.Tensor, training: bool = False) -> Memory:
        """Read source sentences ``(batch, source)``, keys included."""
        annotations, state, mask = self.encoder(source, training=training)
        keys = self.decoder.attention.keys(annotations)
        return Memory(annotations, keys, mask, self.bridge(state))

    def call(
        self, inputs: tuple[tf.Tensor, tf.Tensor], training: bool = False
    ) -> tuple[tf.Tensor, tf.Tensor]:
        """Return logits and attention weights of ``(source, target so far)``, see `Decoder`."""
        source, target = inputs
        memory = self.encode(source, training=training)
        logits, weights = self.decoder(target, memory, training=training)
        return logits, weights

    def next_word(
        self, ids: tf.Tensor, state: tf.Tensor, memory: Memory
    ) -> tuple[tf.Tensor, tf.Tensor, tf.Tensor]:
        """Take one step of decoding.

        Args:
            ids: The word before, ``(batch,)``.
            state: The decoder's state, ``(batch, units)``.
            memory: The source sentences.

        Returns:
            The logits ``(batch, words)``, the next state and the attention weights.
        """
        word = self.decoder.embed(ids)
        projected = self.decoder.gru.project(word)
        state, context, weights = self.decoder.step(projected, state, memory)
        features = self.decoder.features(state, context, word)
        return self.decoder.logits(features), state, weights
