"""The loss and one step of training; `token_loss` as in coursekit_captioning.

Sampled softmax: https://arxiv.org/abs/1412.2007. Label smoothing: https://arxiv.org/abs/1512.00567.
"""

from __future__ import annotations

import math
from typing import NamedTuple

import tensorflow as tf

from coursekit_nmt.data import PAD
from coursekit_nmt.model import Decoder, Translator


class Choice(NamedTuple):
    """The parts of the cross-entropy of each token, ``(batch, target)`` each.

    Attributes:
        right: The logit of the right word.
        mean: The mean of the logits of all words.
        normaliser: The log of the sum of ``exp(logit)`` over all words.
    """

    right: tf.Tensor
    mean: tf.Tensor
    normaliser: tf.Tensor


def full_choice(decoder: Decoder, features: tf.Tensor, targets: tf.Tensor) -> Choice:
    """Score all words of the vocabulary.

    Args:
        decoder: For its logits.
        features: ``(batch, target, embedding)``.
        targets: The right words, ``(batch, target)``.
    """
    logits = decoder.logits(features)  # (batch, target, words)
    right = tf.gather(logits, targets, batch_dims=2)
    return Choice(right, tf.reduce_mean(logits, axis=-1), tf.reduce_logsumexp(logits, axis=-1))


def sampled_choice(
    decoder: Decoder, features: tf.Tensor, targets: tf.Tensor, samples: int, seed: tf.Tensor
) -> Choice:
    """Estimate the normaliser from half as many frequent and half as many random words.

    The product with all word vectors is the most expensive part of a step. Here the most
    frequent words (which have the lowest ids) are always used. Each word sampled from the
    others counts for several of them, so that the sum is right on average (importance
    sampling: Bengio and Senécal 2003; Jean et al. 2015).

    Args:
        decoder: For its logits.
        features: ``(batch, target, embedding)``.
        targets: The right words, ``(batch, target)``.
        samples: The words that take part, fewer than the vocabulary has.
        seed: Of the draw, two numbers.
    """
    words = decoder.bias.shape[0]
    frequent, rare = samples // 2, samples - samples // 2
    ids = tf.random.stateless_uniform([rare], seed, frequent, words, tf.int32, alg="philox")
    ids = tf.concat([tf.range(frequent), ids], axis=0)  # (samples,)
    stands_for = [0.0] * frequent + [math.log((words - frequent) / rare)] * rare
    logits = decoder.logits(features, ids) + tf.constant(stands_for)  # (batch, target, samples)
    vectors = decoder.embedding.embeddings
    right = tf.reduce_sum(features * tf.gather(vectors, targets), axis=-1)
    right += tf.gather(decoder.bias, targets)
    # The right word always takes part, and only once.
    others = tf.where(ids == targets[:, :, tf.newaxis], logits.dtype.min, logits)
    normaliser = tf.reduce_logsumexp(tf.concat([right[:, :, tf.newaxis], others], -1), axis=-1)
    mean = tf.linalg.matvec(features, tf.reduce_mean(vectors, axis=0))
    return Choice(right, mean + tf.reduce_mean(decoder.bias), normaliser)


def token_loss(
    choice: Choice, targets: tf.Tensor, smoothing: float = 0.0
) -> tuple[tf.Tensor, tf.Tensor]:
    """Return the mean cross-entropy of the real tokens, plain and smoothed, in nats.

    Padding is left out of the sum and of the number that it is divided by. With label
    smoothing (Szegedy et al. 2016) the target gives the right word `1 - smoothing` and
    spreads the rest over all words. The gradient follows the smoothed loss; the plain one
    is for comparisons.

    Args:
        choice: The parts of the losses.
        targets: The right words, ``(batch, target)``.
        smoothing: From 0 to below 1.
    """
    real = tf.cast(targets != PAD, choice.right.dtype)  # (batch, target)
    tokens = tf.maximum(tf.reduce_sum(real), 1.0)
    plain = tf.reduce_sum(real * (choice.normaliser - choice.right)) / tokens
    uniform = tf.reduce_sum(real * (choice.normaliser - choice.mean)) / tokens
    return plain, (1 - smoothing) * plain + smoothing * uniform


def train_step(model: Translator, batch: tuple[tf.Tensor, tf.Tensor]) -> dict[str, tf.Tensor]:
    """Take one step: teacher forcing, loss, gradients, update.

    Args:
        model: A `Translator`; its `smoothing` and `samples` decide how the loss is computed.
        batch: Sources ``(batch, source)`` and targets ``<start> ... <end>``,
            ``(batch, target + 2)``.

    Returns:
        ``loss``, the plain cross-entropy per token in nats.
    """
    source, target = batch
    read, write = target[:, :-1], target[:, 1:]
    with tf.GradientTape() as tape:
        features, _ = model.decoder.read(read, model.encode(source, training=True), training=True)
        if model.samples:  # only for large vocabularies
            seed = tf.cast(model.seeds.next(), tf.int32)
            choice = sampled_choice(model.decoder, features, write, model.samples, seed)
        else:
            choice = full_choice(model.decoder, features, write)
        loss, smoothed = token_loss(choice, write, model.smoothing)
    gradients = tape.gradient(smoothed, model.trainable_variables)
    model.optimizer.apply(gradients, model.trainable_variables)
    return {"loss": loss}
