"""The loss, and one step of training."""

from __future__ import annotations

from collections.abc import Callable

import tensorflow as tf

from coursekit_telegraph.model import Reader


def cross_entropy(logits: tf.Tensor, letters: tf.Tensor) -> tf.Tensor:
    """Return how surprised a network is by the right letters, in nats, the mean of a batch.

    Args:
        logits: A score for each letter, ``(batch, letters)``.
        letters: The places of the right letters in the alphabet, ``(batch,)``.
    """
    log_probabilities = tf.nn.log_softmax(logits)  # (batch, letters)
    right = tf.gather(log_probabilities, letters, axis=1, batch_dims=1)  # (batch,)
    return -tf.reduce_mean(right)


def train_step(
    model: Reader,
    batch: tuple[tf.Tensor, tf.Tensor],
    loss: Callable[[tf.Tensor, tf.Tensor], tf.Tensor] = cross_entropy,
) -> dict[str, tf.Tensor]:
    """Take one step and return the loss.

    Args:
        model: The network, with its optimizer.
        batch: Signals ``(batch, time)`` and letters ``(batch,)``.
        loss: Of logits and letters.
    """
    signals, letters = batch
    with tf.GradientTape() as tape:
        value = loss(model(signals, training=True), letters)
    gradients = tape.gradient(value, model.trainable_variables)
    model.optimizer.apply(gradients, model.trainable_variables)
    return {"loss": value}
