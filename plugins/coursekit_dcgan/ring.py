"""Eight clouds on a circle: a GAN so small that it collapses, or not, in seconds.

The test case of Metz et al. (2017, unrolled GANs): in two dimensions everyone sees which clouds
are missing.
"""

from __future__ import annotations

from collections.abc import Callable

import keras  # noqa: TID253 - only notebooks import this module
import numpy as np
import tensorflow as tf  # noqa: TID253

from coursekit_dcgan.data import Floats
from coursekit_dcgan.train import discriminator_loss, generator_loss

CLOUDS = 8
RADIUS, SPREAD = 2.0, 0.1
LATENT, UNITS, BATCH = 8, 64, 128


def centres() -> Floats:
    """Return the middles of the clouds, ``(CLOUDS, 2)``."""
    angles = np.arange(CLOUDS) * 2 * np.pi / CLOUDS
    return (RADIUS * np.stack([np.cos(angles), np.sin(angles)], axis=1)).astype(np.float32)


def network(outputs: int, seed: int) -> keras.Sequential:
    """Return two hidden layers and, if any outputs are asked for, a linear one."""
    sizes = [UNITS, UNITS] + [outputs] * (outputs > 0)
    return keras.Sequential(
        [
            keras.layers.Dense(
                size,
                "relu" if number < 2 else None,
                kernel_initializer=keras.initializers.GlorotUniform(seed + number),
            )
            for number, size in enumerate(sizes)
        ]
    )


def ring_points(
    company: Callable[[tf.Tensor], tf.Tensor], seed: int = 0, steps: int = 1_500, count: int = 1_000
) -> Floats:
    """Train a GAN on the clouds and return points that it draws, ``(count, 2)``.

    Args:
        company: From the judge's features of a batch ``(batch, features)`` to those that its
            last layer sees.
        seed: Of the first weights and of all that is drawn.
        steps: Of each of the two networks.
        count: Points to draw in the end.
    """
    keras.utils.set_random_seed(seed)
    generator, features = network(2, 10 * seed), network(0, 10 * seed + 5)
    last = keras.layers.Dense(1, kernel_initializer=keras.initializers.GlorotUniform(seed))
    middle = tf.constant(centres())

    def judge(points: tf.Tensor) -> tf.Tensor:
        return last(company(features(points)))[:, 0]

    judge(generator(tf.zeros((BATCH, LATENT))))  # makes the variables
    mine, hers = generator.variables, [*features.variables, *last.variables]
    optimizers = [keras.optimizers.Adam(1e-3, beta_1=0.5) for _ in range(2)]
    for optimizer, variables in zip(optimizers, (mine, hers), strict=True):
        optimizer.build(variables)
    random = tf.random.Generator.from_seed(seed)

    @tf.function
    def train() -> None:
        for _ in tf.range(steps):
            chosen = random.uniform((BATCH,), 0, CLOUDS, tf.int32)
            real = tf.gather(middle, chosen) + SPREAD * random.normal((BATCH, 2))
            with tf.GradientTape(persistent=True) as tape:
                fake = judge(generator(random.normal((BATCH, LATENT))))
                fooling, judging = generator_loss(fake), discriminator_loss(judge(real), fake)
            optimizers[0].apply(tape.gradient(fooling, mine), mine)
            optimizers[1].apply(tape.gradient(judging, hers), hers)

    train()
    points: Floats = generator(random.normal((count, LATENT))).numpy()
    return points
