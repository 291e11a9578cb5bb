"""The two losses, and one step of training for both networks."""

from __future__ import annotations

from collections.abc import Callable

import tensorflow as tf

from coursekit_dcgan.model import Gan


def cross_entropy(logits: tf.Tensor, target: float) -> tf.Tensor:
    """Return the mean binary cross-entropy in nats of logits ``(batch,)`` with one target."""
    targets = tf.fill(tf.shape(logits), target)
    return tf.reduce_mean(tf.nn.sigmoid_cross_entropy_with_logits(targets, logits))


def discriminator_loss(real: tf.Tensor, fake: tf.Tensor, smoothing: float = 0.0) -> tf.Tensor:
    """Return the discriminator's loss: its target is 1 for real images and 0 for drawn ones.

    Args:
        real: The discriminator's logits of real images, ``(batch,)``.
        fake: The discriminator's logits of drawn images, ``(batch,)``.
        smoothing: How far the target of real images is below 1. It keeps the discriminator from
            becoming too sure (one-sided label smoothing, Salimans et al. 2016, section 3.4).
    """
    return cross_entropy(real, 1.0 - smoothing) + cross_entropy(fake, 0.0)


def generator_loss(fake: tf.Tensor) -> tf.Tensor:
    """Return the generator's loss: it is low where drawn images are taken for real.

    The non-saturating loss ``-log D(G(z))`` (Goodfellow et al. 2014, section 3): its gradient is
    large exactly when the discriminator recognises every drawing.

    Args:
        fake: The discriminator's logits of drawn images, ``(batch,)``.
    """
    return cross_entropy(fake, 1.0)


def train_step(
    model: Gan,
    batch: tuple[tf.Tensor, tf.Tensor],
    judging: Callable[..., tf.Tensor] = discriminator_loss,
    fooling: Callable[[tf.Tensor], tf.Tensor] = generator_loss,
) -> dict[str, tf.Tensor]:
    """Take one training step for each network, both from the same forward pass.

    Args:
        model: The two networks and their optimizers.
        batch: Real images ``(batch, 28, 28, 1)`` and as many latents ``(batch, size)``.
        judging: The discriminator's loss. It takes its logits of real and of drawn images, and
            the smoothing.
        fooling: The generator's loss. It takes the discriminator's logits of drawn images.

    Returns:
        ``generator_loss`` and ``discriminator_loss`` in nats.
    """
    images, latents = batch
    generator, discriminator = model.generator, model.discriminator
    # BEGIN SOLUTION
    with tf.GradientTape() as generator_tape, tf.GradientTape() as discriminator_tape:
        drawn = generator(latents, training=True)
        real = discriminator(images, training=True)
        fake = discriminator(drawn, training=True)
        loss_g = fooling(fake)
        loss_d = judging(real, fake, model.smoothing)
    # Each loss is differentiated with respect to the variables of its own network only.
    gradients = generator_tape.gradient(loss_g, generator.trainable_variables)
    model.generator_optimizer.apply(gradients, generator.trainable_variables)
    gradients = discriminator_tape.gradient(loss_d, discriminator.trainable_variables)
    model.discriminator_optimizer.apply(gradients, discriminator.trainable_variables)
    # END SOLUTION
    model.follow(model.decay)
    return {"generator_loss": loss_g, "discriminator_loss": loss_d}
