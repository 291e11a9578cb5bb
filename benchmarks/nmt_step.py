"""How much faster is the lesson's compiled train step than an eager loop of 2018?

Run ``python benchmarks/nmt_step.py``; it takes about two minutes. Both sides have the
sizes of the preset ``quick``, and sentences that fill one of its length buckets.

The loop of 2018 is written again after the notebook of that time: TensorFlow runs each
operation by itself; the decoder is called for one word at a time, projects the attention
keys each time and multiplies with the whole vocabulary each time.
"""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable, Sequence
from typing import Any

import keras
import numpy as np
import tensorflow as tf

from coursekit import Settings
from coursekit_nmt import NmtLesson, NmtSettings
from coursekit_nmt.build import build_translator
from coursekit_nmt.data import SPECIAL, NmtData, Vocabulary
from coursekit_nmt.train import train_step

REPEATS = 12
BATCH_OF_2018 = 64


class Of2018(keras.Model):  # type: ignore[misc]
    """Encoder, attention and decoder with the sizes of the preset."""

    def __init__(self, settings: NmtSettings) -> None:
        super().__init__()
        self.source = keras.layers.Embedding(settings.source_words, settings.embedding)
        self.target = keras.layers.Embedding(settings.target_words, settings.embedding)
        self.encoder = keras.layers.GRU(
            2 * settings.encoder_units, return_sequences=True, return_state=True
        )
        self.bridge = keras.layers.Dense(settings.units)
        self.key, self.query = (keras.layers.Dense(settings.units) for _ in range(2))
        self.score = keras.layers.Dense(1)
        self.gru = keras.layers.GRU(settings.units, return_state=True)
        self.logits = keras.layers.Dense(settings.target_words)
        self.optimizer = keras.optimizers.Adam()

    def decode(
        self, word: tf.Tensor, state: tf.Tensor, annotations: tf.Tensor
    ) -> tuple[tf.Tensor, tf.Tensor]:
        """Attend, take one step, score the vocabulary: all of it for one word, ``(batch, 1)``."""
        query = self.query(state)[:, tf.newaxis]
        weights = tf.nn.softmax(self.score(tf.tanh(self.key(annotations) + query)), axis=1)
        context = tf.reduce_sum(weights * annotations, axis=1)
        inputs = tf.concat([context[:, tf.newaxis], self.target(word)], axis=-1)
        output, state = self.gru(inputs, initial_state=state)
        return self.logits(output), state


def step_of_2018(model: Of2018, batch: tuple[tf.Tensor, tf.Tensor]) -> tf.Tensor:
    """Take one step: the loss is summed up inside the loop over the target words."""
    source, target = batch
    loss = tf.constant(0.0)
    with tf.GradientTape() as tape:
        annotations, last = model.encoder(model.source(source))
        state = model.bridge(last)
        for time_step in range(target.shape[1] - 1):
            word, right = target[:, time_step : time_step + 1], target[:, time_step + 1]
            logits, state = model.decode(word, state, annotations)
            losses = tf.nn.sparse_softmax_cross_entropy_with_logits(right, logits)
            loss += tf.reduce_mean(losses * tf.cast(right != 0, tf.float32))
    gradients = tape.gradient(loss, model.trainable_variables)
    model.optimizer.apply_gradients(zip(gradients, model.trainable_variables, strict=True))
    return loss


def batch_of(settings: NmtSettings, rows: int, length: int) -> tuple[tf.Tensor, tf.Tensor]:
    """Return random sentences that fill a bucket."""
    order = np.random.default_rng(0)
    source = order.integers(len(SPECIAL), settings.source_words, (rows, length))
    target = order.integers(len(SPECIAL), settings.target_words, (rows, length + 2))
    return tf.constant(source, tf.int32), tf.constant(target, tf.int32)


def lesson_model(settings: NmtSettings) -> Any:
    """Return the lesson's model with vocabularies of the preset's size."""
    sizes = (settings.source_words, settings.target_words)
    source, target = (Vocabulary(tuple(f"w{i}" for i in range(size))) for size in sizes)
    return build_translator(NmtData(source_vocabulary=source, target_vocabulary=target), settings)


def sentences_per_second(step: Callable[[], Any], rows: int) -> float:
    """Return the speed of the median step, after one that compiles and one that warms up."""
    step(), step()
    seconds = []
    for _ in range(REPEATS):
        started = time.perf_counter()
        np.asarray(step())  # waits for the result
        seconds.append(time.perf_counter() - started)
    return rows / statistics.median(seconds)


def measure(settings: NmtSettings, length: int) -> Sequence[tuple[str, float]]:
    """Measure the old loop and the lesson's step, side by side."""
    old, new = Of2018(settings), lesson_model(settings)
    compiled = tf.function(train_step, jit_compile=settings.jit)
    found = []
    small = batch_of(settings, BATCH_OF_2018, length)
    speed = sentences_per_second(lambda: step_of_2018(old, small), BATCH_OF_2018)
    found.append((f"eager loop of 2018, batch {BATCH_OF_2018}", speed))
    for rows in sorted({BATCH_OF_2018, settings.batch_size}):
        batch = batch_of(settings, rows, length)
        step = lambda batch=batch: compiled(new, batch)["loss"]  # noqa: E731
        found.append((f"compiled quick step, batch {rows}", sentences_per_second(step, rows)))
    return found


def main() -> None:
    """Print the speeds."""
    settings: Settings = NmtLesson.presets["quick"]
    assert isinstance(settings, NmtSettings)
    length = settings.lengths[1]
    found = measure(settings, length)
    print(f"{length} source and {length} target words, {settings.units} units")
    for name, speed in found:
        print(f"{name:34} {speed:7,.0f} sentences/s {speed / found[0][1]:6.1f} x")


if __name__ == "__main__":
    main()
