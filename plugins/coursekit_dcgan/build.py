"""From settings to the two networks, ready to train: their variables, their optimizers."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import keras  # noqa: TID253 - imported when a model is built
import tensorflow as tf  # noqa: TID253

from coursekit_dcgan.data import Latents
from coursekit_dcgan.model import Discriminator, Gan, Generator, unchanged

if TYPE_CHECKING:
    from coursekit_dcgan import DcganSettings


def build_gan(
    settings: DcganSettings,
    generator: type[Any] = Generator,
    discriminator: type[Any] = Discriminator,
    compare_batch: Callable[[tf.Tensor], tf.Tensor] = unchanged,
) -> Gan:
    """Return the untrained networks, with their variables and optimizers.

    Args:
        settings: The hyper-parameters; the seed also decides the initial weights.
        generator: The class of the generator.
        discriminator: The class of the discriminator.
        compare_batch: Turns the discriminator's features of a batch into those that its last
            layer reads.
    """
    keras.utils.set_random_seed(settings.seed)
    width, kernel, seed = settings.width, settings.kernel, settings.seed
    model = Gan(
        generator(width, kernel, seed),
        discriminator(
            settings.discriminator_width,
            settings.discriminator_layers,
            kernel,
            settings.dropout,
            seed + 10,
            compare_batch,
        ),
        generator(width, kernel, seed),
        Latents(settings.latent, settings.categories),
        settings.average,
        settings.smoothing,
    )
    latents = tf.zeros((1, model.latents.size))  # makes the variables
    model.discriminator(model.generator(latents))
    model(latents)
    model.follow(0.0)
    model.generator_optimizer = keras.optimizers.Adam(
        settings.generator_rate, beta_1=settings.beta_1
    )
    model.generator_optimizer.build(model.generator.trainable_variables)
    model.discriminator_optimizer = keras.optimizers.Adam(
        settings.discriminator_rate, beta_1=settings.beta_1
    )
    model.discriminator_optimizer.build(model.discriminator.trainable_variables)
    return model
