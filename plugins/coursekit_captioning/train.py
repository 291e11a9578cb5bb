"""The loss and one step of training; `token_loss` as in coursekit_nmt."""

from __future__ import annotations

import tensorflow as tf

from coursekit_captioning.model import Captioner
from coursekit_captioning.vocabulary import PAD


def token_loss(
    logits: tf.Tensor, targets: tf.Tensor, smoothing: float = 0.0
) -> tuple[tf.Tensor, tf.Tensor]:
    """Return the mean cross-entropy of the real tokens, plain and smoothed, in nats.

    Padding is left out of the sum and of the number it is divided by. Label smoothing (Szegedy
    et al. 2016) gives the right word the target `1 - smoothing` and spreads the rest over all
    words. The gradient follows the smoothed loss; the plain one is for comparisons.

    Args:
        logits: ``(batch, captions, time, vocabulary)``.
        targets: The right words, ``(batch, captions, time)``.
        smoothing: The share spread over all words, from 0 to below 1.
    """
    normaliser = tf.reduce_logsumexp(logits, axis=-1)  # (batch, captions, time)
    # BEGIN SOLUTION
    real = tf.cast(targets != PAD, logits.dtype)
    tokens = tf.maximum(tf.reduce_sum(real), 1.0)
    right = tf.gather(logits, targets, batch_dims=3)
    plain = tf.reduce_sum(real * (normaliser - right)) / tokens
    # END SOLUTION
    uniform = tf.reduce_sum(real * (normaliser - tf.reduce_mean(logits, axis=-1))) / tokens
    return plain, (1 - smoothing) * plain + smoothing * uniform


def attention_penalty(weights: tf.Tensor, targets: tf.Tensor) -> tf.Tensor:
    """Penalise overlooking a part of the picture (Show, Attend and Tell, equation 14).

    The weights of a word sum to one over the cells. The penalty is zero if the weights of each
    cell sum to the same number over the words, ``words / cells``. (The paper asks for a sum of
    1, which a short caption on a large grid cannot reach.)

    Args:
        weights: ``(batch, captions, time, cells)``.
        targets: The right words, ``(batch, captions, time)``.

    Returns:
        The mean over the captions of ``sum over cells (share - sum over words weight)^2``.
    """
    real = tf.cast(targets != PAD, weights.dtype)[..., tf.newaxis]
    sums = tf.reduce_sum(real * weights, axis=2)  # (batch, captions, cells)
    share = tf.reduce_sum(real, axis=2) / weights.shape[3]  # (batch, captions, 1)
    captions = tf.reduce_sum(real[:, :, 0])
    return tf.reduce_sum(tf.square(share - sums)) / tf.maximum(captions, 1.0)


def train_step(model: Captioner, batch: tuple[tf.Tensor, tf.Tensor]) -> dict[str, tf.Tensor]:
    """Take one step: teacher forcing, loss, gradients, update.

    Args:
        model: A `Captioner`.
        batch: Pictures ``(batch, ...)`` and captions ``<start> ... <end>`` of each,
            ``(batch, captions, time)``.

    Returns:
        ``loss``, the plain cross-entropy per token in nats.
    """
    pictures, captions = batch
    read, write = captions[:, :, :-1], captions[:, :, 1:]
    with tf.GradientTape() as tape:
        logits, weights = model((pictures, read), training=True)
        loss, smoothed = token_loss(logits, write, model.smoothing)
        if model.attend_everywhere:
            smoothed += model.attend_everywhere * attention_penalty(weights, write)
    gradients = tape.gradient(smoothed, model.trainable_variables)
    model.optimizer.apply(gradients, model.trainable_variables)
    return {"loss": loss}
