"""The loss and one step of training.

As in coursekit_transformer: `character_loss`.
"""

from __future__ import annotations

import tensorflow as tf

from coursekit_textgen.model import CharacterModel


def character_loss(logits: tf.Tensor, targets: tf.Tensor) -> tf.Tensor:
    """Return the cross-entropy of each character in nats, ``(batch, time)``.

    Args:
        logits: ``(batch, time, characters)``.
        targets: The characters that came next, ``(batch, time)``.
    """
    return tf.nn.sparse_softmax_cross_entropy_with_logits(labels=targets, logits=logits)


def train_step(
    model: CharacterModel, batch: tuple[tf.Tensor, tf.Tensor, tf.Tensor]
) -> dict[str, tf.Tensor]:
    """Take one step of truncated backpropagation through time.

    The state is carried over from the previous batch; the gradient is not.

    Args:
        model: The network, with the states of the previous batch.
        batch: Inputs ``(batch, time)``, targets ``(batch, time)`` and ``fresh`` ``(batch,)``,
            true for rows that do not continue a row of the previous batch.

    Returns:
        ``loss``, the mean cross-entropy per character in nats.
    """
    inputs, targets, fresh = batch
    states = [tf.where(fresh[:, tf.newaxis], 0.0, state) for state in model.carried]
    with tf.GradientTape() as tape:
        logits, after = model(inputs, states, training=True)
        loss = tf.reduce_mean(character_loss(logits, targets))
    gradients = tape.gradient(loss, model.trainable_variables)
    model.optimizer.apply(gradients, model.trainable_variables)
    for carried, state in zip(model.carried, after, strict=True):
        carried.assign(state)
    return {"loss": loss}
