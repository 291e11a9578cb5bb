"""Eight clouds on a circle: a GAN so small that you see in seconds whether it collapses.

The test case of Metz et al. (2017, unrolled GANs): in two dimensions everyone sees which clouds
are missing.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

import keras  # noqa: TID253 - only notebooks import this module
import numpy as np
import tensorflow as tf  # noqa: TID253
from matplotlib.figure import Figure  # noqa: TID253

from coursekit_dcgan.load import Floats
from coursekit_dcgan.practice.compare import between
from coursekit_dcgan.train import discriminator_loss, generator_loss

CLOUDS = 8
RADIUS, SPREAD = 2.0, 0.1
LATENT, UNITS, BATCH = 8, 64, 64
RATES = 2e-3, 1e-3  # a generator that learns faster than its discriminator collapses
NEAR, LEAST = 0.5, 0.02  # a cloud is hit if at least 2 % of the points are within 0.5


def centres() -> Floats:
    """Return the centres of the clouds, ``(CLOUDS, 2)``."""
    angles = np.arange(CLOUDS) * 2 * np.pi / CLOUDS
    return (RADIUS * np.stack([np.cos(angles), np.sin(angles)], axis=1)).astype(np.float32)


def network(*more: keras.layers.Layer) -> keras.Sequential:
    """Return a network of two hidden layers and the layers that come after them."""
    return keras.Sequential([*(keras.layers.Dense(UNITS, "relu") for _ in range(2)), *more])


def restart(variables: Sequence[keras.Variable], seed: int) -> None:
    """Reset the weights to the initial ones of a seed, and the biases to zero."""
    for number, variable in enumerate(variables):
        first = keras.initializers.GlorotUniform(100 * seed + number)
        variable.assign(first(variable.shape) if len(variable.shape) == 2 else 0 * variable)


def ring_points(
    compare_batch: Callable[[tf.Tensor], tf.Tensor],
    seeds: Sequence[int],
    steps: int = 1_500,
    count: int = 1_000,
) -> list[Floats]:
    """Train a GAN on the clouds, once for each seed; return what each draws, ``(count, 2)``.

    Args:
        compare_batch: Turns the discriminator's features of a batch ``(batch, features)`` into
            those that its last layer reads.
        seeds: Seeds of the initial weights and of all random numbers.
        steps: The number of training steps of each network.
        count: The number of points to draw at the end.
    """
    generator, features = network(keras.layers.Dense(2)), network()
    last = keras.layers.Dense(1)
    middle, random = tf.constant(centres()), tf.random.Generator.from_seed(0)

    def judge(points: tf.Tensor) -> tf.Tensor:
        return last(compare_batch(features(points)))[:, 0]

    judge(generator(tf.zeros((BATCH, LATENT))))  # makes the variables
    of_generator, of_discriminator = generator.variables, [*features.variables, *last.variables]
    optimizers = [keras.optimizers.Adam(rate, beta_1=0.5) for rate in RATES]
    for optimizer, variables in zip(optimizers, (of_generator, of_discriminator), strict=True):
        optimizer.build(variables)

    def train() -> None:
        for _ in tf.range(steps):
            clouds = random.uniform((BATCH,), 0, CLOUDS, tf.int32)
            real = tf.gather(middle, clouds) + SPREAD * random.normal((BATCH, 2))
            with tf.GradientTape(persistent=True) as tape:
                fake = judge(generator(random.normal((BATCH, LATENT))))
                fooling, judging = generator_loss(fake), discriminator_loss(judge(real), fake)
            optimizers[0].apply(tape.gradient(fooling, of_generator), of_generator)
            gradients = tape.gradient(judging, of_discriminator)
            optimizers[1].apply(gradients, of_discriminator)

    train_graph = tf.function(train).get_concrete_function()  # compiled once for all seeds
    samples = []
    for seed in seeds:
        restart([*of_generator, *of_discriminator], seed)
        for optimizer, rate in zip(optimizers, RATES, strict=True):
            for variable in optimizer.variables:
                variable.assign(0 * variable)
            optimizer.learning_rate = rate
        random.reset_from_seed(seed)
        train_graph()
        samples.append(generator(random.normal((count, LATENT))).numpy())
    return samples


def hit(points: Floats) -> tuple[int, float]:
    """Return how many clouds are hit, and the share of the points that are near any cloud."""
    apart = np.linalg.norm(points[:, np.newaxis] - centres(), axis=-1)  # (count, CLOUDS)
    near = apart.min(axis=1) < NEAR
    counts = np.bincount(apart.argmin(axis=1)[near], minlength=CLOUDS)
    return int((counts > LEAST * len(points)).sum()), float(near.mean())


def hit_by_seeds(samples: Sequence[Floats]) -> str:
    """Return the ranges of both figures of `hit` over several seeds, as a sentence.

    Args:
        samples: The points of each seed, ``(count, 2)``.
    """
    clouds, near = zip(*map(hit, samples), strict=True)
    return (
        f"{between(clouds)} of {CLOUDS} clouds are hit, "
        f"{between(near, '.0%')} of the points are near a cloud"
    )


def ring_figure(variants: Mapping[str, Floats]) -> Figure:
    """Draw the points of each variant on the clouds, side by side."""
    figure = Figure(figsize=(2.6 * len(variants), 2.9), layout="constrained")
    places = figure.subplots(1, len(variants), squeeze=False)[0]
    for axes, (name, points) in zip(places, variants.items(), strict=True):
        axes.scatter(*centres().T, s=900, color="0.88")
        axes.scatter(*points.T, s=3, color="tab:blue", alpha=0.5)
        axes.set(xlim=(-3, 3), ylim=(-3, 3), xticks=[], yticks=[], aspect="equal")
        axes.set_title(name, fontsize=9)
    return figure
