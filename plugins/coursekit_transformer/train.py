"""The loss and one step of training.

As in coursekit_textgen: `character_loss`.
"""

from __future__ import annotations

import tensorflow as tf

from coursekit_transformer.model import Transformer


def character_loss(logits: tf.Tensor, targets: tf.Tensor) -> tf.Tensor:
    """Return the cross-entropy of each character in nats, ``(batch, time)``.

    Args:
        logits: ``(batch, time, characters)``.
        targets: The characters that came next, ``(batch, time)``.
    """
    return tf.nn.sparse_softmax_cross_entropy_with_logits(labels=targets, logits=logits)


def train_step(model: Transformer, batch: tuple[tf.Tensor, tf.Tensor]) -> dict[str, tf.Tensor]:
    """Take one train step: at every position of every window, predict the next character.

    Args:
        model: The network.
        batch: Inputs and targets, ``(batch, time)`` each.

    Returns:
        ``loss``, the mean cross-entropy per character in nats.
    """
    inputs, targets = batch
    with tf.GradientTape() as tape:
        logits, _ = model(inputs, training=True)
        loss = tf.reduce_mean(character_loss(logits, targets))
    gradients = tape.gradient(loss, model.trainable_variables)
    model.optimizer.apply(gradients, model.trainable_variables)
    return {"loss": loss}
