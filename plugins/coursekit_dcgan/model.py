"""The two networks of a DCGAN: one draws, the other tells real images from drawn ones.

After Radford, Metz and Chintala (2016) in the layout of TensorFlow's article of 2018: no
pooling, strides instead; batch normalisation in the generator; leaky rectifiers.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import keras
import tensorflow as tf

from coursekit_dcgan.data import Latents

SLOPE = 0.2  # of the leaky rectifiers, as in the DCGAN paper
SMALL = 7  # height and width where drawing begins: 7 -> 14 -> 28


def spread(seed: int) -> keras.initializers.Initializer:
    """Return the paper's initial weights, normal with a standard deviation of 0.02."""
    return keras.initializers.RandomNormal(stddev=0.02, seed=seed)


def unchanged(features: tf.Tensor) -> tf.Tensor:
    """Return the features of a batch unchanged: every image is judged on its own."""
    return features


class Generator(keras.layers.Layer):
    """Turns a latent vector into an image, with transposed convolutions.

    Args:
        width: The channels of the last hidden layer; the layers before it have twice as many.
        kernel: Height and width of the kernels.
        seed: Of the initial weights.
    """

    def __init__(self, width: int, kernel: int, seed: int, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.first = keras.layers.Dense(
            SMALL * SMALL * 2 * width, use_bias=False, kernel_initializer=spread(seed)
        )
        self.shape = keras.layers.Reshape((SMALL, SMALL, 2 * width))
        # Where a normalisation follows, its shift replaces the bias.
        self.enlarging = [
            keras.layers.Conv2DTranspose(
                channels, kernel, strides, "same", use_bias=channels == 1,
                kernel_initializer=spread(seed + number),
            )
            for number, (channels, strides) in enumerate([(2 * width, 1), (width, 2), (1, 2)], 1)
        ]  # fmt: skip
        self.norms = [keras.layers.BatchNormalization(momentum=0.9) for _ in self.enlarging]

    def call(self, latents: tf.Tensor, training: bool = False) -> tf.Tensor:
        """Draw images from latent vectors.

        Args:
            latents: ``(batch, size)``.
            training: Whether to normalise with the statistics of this batch, or with their moving
                averages: then an image does not depend on the others in its batch.

        Returns:
            Images from -1, black, to 1, white, ``(batch, 28, 28, 1)``.
        """
        features = self.shape(self.first(latents))  # (batch, 7, 7, 2 * width)
        for enlarge, norm in zip(self.enlarging, self.norms, strict=True):
            features = enlarge(tf.nn.leaky_relu(norm(features, training=training), SLOPE))
        return tf.tanh(features)  # 7 x 7, 14 x 14, 28 x 28


class Discriminator(keras.layers.Layer):
    """Turns an image into a logit; above zero it takes the image for a real one.

    Batch normalisation follows every convolution except the first, as in the DCGAN paper (the
    article has none). Real and drawn images are judged in separate batches: in a common batch,
    each would be normalised with the statistics of both.

    Args:
        width: The channels of the first layer; each later one has twice as many.
        layers: How many convolutions with a stride of two.
        kernel: Height and width of the kernels.
        dropout: The share of every layer's outputs that is dropped in training.
        seed: Of the initial weights and of the dropout.
        compare_batch: Turns the features of a batch ``(batch, features)`` into those that the last
            layer reads, ``(batch, any)``. It can add what the other images of the batch show.
    """

    def __init__(
        self,
        width: int,
        layers: int,
        kernel: int,
        dropout: float,
        seed: int,
        compare_batch: Callable[[tf.Tensor], tf.Tensor] = unchanged,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self.shrinking = [
            keras.layers.Conv2D(
                width * 2**number, kernel, 2, "same", kernel_initializer=spread(seed + number)
            )
            for number in range(layers)
        ]
        self.norms = [keras.layers.BatchNormalization(momentum=0.9) for _ in range(layers - 1)]
        self.dropouts = [
            keras.layers.Dropout(dropout, seed=seed + number) for number in range(layers)
        ]
        self.flat = keras.layers.Flatten()
        self.compare_batch = compare_batch
        self.last = keras.layers.Dense(1, kernel_initializer=spread(seed + layers))

    def call(self, images: tf.Tensor, training: bool = False) -> tf.Tensor:
        """Judge images: the higher the logit, the more real.

        Args:
            images: From -1 to 1, ``(batch, 28, 28, 1)``.
            training: Whether to apply dropout and normalise with the statistics of this batch.

        Returns:
            Logits, ``(batch,)``.
        """
        features = images
        for number, shrink in enumerate(self.shrinking):
            features = shrink(features)  # half as high, half as wide
            if number > 0:
                features = self.norms[number - 1](features, training=training)
            features = tf.nn.leaky_relu(features, SLOPE)
            features = self.dropouts[number](features, training=training)
        return self.last(self.compare_batch(self.flat(features)))[:, 0]


class Gan(keras.Model):
    """A generator, a discriminator, and the generator's average over its last steps.

    A generator moves from one weak spot of the discriminator to the next; the average of its
    weights draws better than any single state (Yazıcı et al. 2019).

    Args:
        generator: Draws.
        discriminator: Judges.
        average: A network of the same class and size as the generator.
        latents: The distribution of the vectors that it draws from.
        decay: The share of the average that is kept at each step; 0: it is the generator itself.
        smoothing: How far the target of real images is below 1.

    Attributes:
        generator_optimizer: Of the generator alone.
        discriminator_optimizer: Of the discriminator alone, since the two have opposite goals.
    """

    def __init__(
        self,
        generator: Generator,
        discriminator: Discriminator,
        average: Generator,
        latents: Latents,
        decay: float,
        smoothing: float,
    ) -> None:
        super().__init__()
        self.generator = generator
        self.discriminator = discriminator
        self.average = average
        self.average.trainable = False
        self.latents = latents
        self.decay = decay
        self.smoothing = smoothing

    def call(self, latents: tf.Tensor) -> tf.Tensor:
        """Draw images with the average: ``(batch, size)`` to ``(batch, 28, 28, 1)``."""
        return self.average(latents, training=False)

    def follow(self, decay: float) -> None:
        """Move the average towards the generator, including the moving averages of its norms."""
        for mean, now in zip(self.average.weights, self.generator.weights, strict=True):
            mean.assign(decay * mean + (1 - decay) * now)
