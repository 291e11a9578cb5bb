"""Images and noise: pixels -> batches of real images, each with as many latent vectors.

Categories in the noise: InfoGAN, https://arxiv.org/abs/1606.03657, and DeLiGAN,
https://arxiv.org/abs/1706.02071.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import numpy.typing as npt

from coursekit import CourseError, Data, fingerprint
from coursekit_dcgan.load import Floats, Images, Parts, five_thousand, split

if TYPE_CHECKING:
    import tensorflow as tf

    from coursekit_dcgan import DcganSettings
    from coursekit_dcgan.classifier import Classifier

NO_IMAGES = Images(np.zeros((0, 28, 28), np.uint8), None)
NO_PARTS = Parts(NO_IMAGES, NO_IMAGES, NO_IMAGES)


class Latents(NamedTuple):
    """The distribution of the latent vectors that images are drawn from.

    A normal distribution is one connected cloud, but halfway between a 0 and a 1 there is no digit.
    So a vector also names one of several categories, as in InfoGAN (Chen et al. 2016) and DeLiGAN
    (Gurumurthy et al. 2017). No label is used: the generator decides what they are for.

    Attributes:
        normal: The number of values sampled from a standard normal distribution.
        categories: The number of categories, all equally likely; 0: the article's latents.
    """

    normal: int
    categories: int

    @property
    def size(self) -> int:
        """The numbers of a vector."""
        return self.normal + self.categories

    def draw(self, count: int, *seed: int) -> Floats:
        """Return vectors ``(count, size)``: the normal numbers, then the category, one-hot.

        The one is scaled so that the mean square of the category's numbers is 1, like that of the
        normal ones.
        """
        random = np.random.default_rng(seed)
        vectors = random.standard_normal((count, self.size), np.float32)
        if self.categories:
            categories = random.integers(self.categories, size=count)
            vectors[:, self.normal :] = np.eye(self.categories)[categories] * self.categories**0.5
        return vectors


@dataclass(frozen=True)
class ImageSplit:
    """One split: its images and its batches.

    Attributes:
        images: All of them.
        batch_size: The images of a batch, and the latents.
        steps: The number of batches in an epoch, however many images there are.
        latents: The distribution of the latent vectors.
        seed: The seed of the order of the images and of the latents.
    """

    images: Images
    batch_size: int
    steps: int
    latents: Latents
    seed: int

    def batches(self, epoch: int) -> tf.data.Dataset:
        """Return one epoch: ``(images, latents)``.

        ``images`` are ``(batch, 28, 28, 1)`` from -1 to 1, ``latents`` ``(batch, size)``.
        The images of all epochs form one stream: all images in random order, then all again in
        another order. So every batch is full, and no image is left out.

        Args:
            epoch: The number of the epoch, from 0.
        """
        import tensorflow as tf

        order = self.order(epoch)
        noise = self.latents.draw(self.steps * self.batch_size, self.seed, epoch)
        pixels = tf.constant(self.images.pixels)
        pairs = tf.data.Dataset.from_tensor_slices(
            (
                order.reshape(self.steps, self.batch_size),
                noise.reshape(self.steps, self.batch_size, self.latents.size),
            )
        )

        def batch(places: tf.Tensor, noise: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
            images = tf.cast(tf.gather(pixels, places), tf.float32) / 127.5 - 1.0
            return images[..., tf.newaxis], noise

        return pairs.map(batch).prefetch(2)

    def order(self, epoch: int) -> npt.NDArray[np.int32]:
        """Return the places of an epoch's images, ``(steps * batch,)``."""
        count, size = len(self.images.pixels), self.steps * self.batch_size
        start, stop = epoch * size, (epoch + 1) * size
        passes = range(start // count, -(-stop // count))
        orders = [
            np.random.default_rng([self.seed, number]).permutation(count) for number in passes
        ]
        stream = np.concatenate(orders).astype(np.int32)
        return stream[start - passes.start * count :][:size]


@dataclass
class DcganData(Data):
    """The splits of a set of images.

    Attributes:
        parts: The images of each split.
    """

    parts: Parts = NO_PARTS

    @cached_property
    def classifier(self) -> Classifier:
        """The classifier for these images, or that of the digits if they have no labels.

        It is trained when it is first used, unless it is in the cache.
        """
        from coursekit_dcgan.classifier import classifier_of

        train = self.parts.train
        return classifier_of(train if train.labels is not None else split(five_thousand()).train)


def dcgan_data(name: str, parts: Parts, settings: DcganSettings) -> DcganData:
    """Return the data that the lesson works on.

    Raises:
        CourseError: There are fewer images than a batch has.
    """

    def part(images: Images) -> ImageSplit:
        return ImageSplit(
            images,
            settings.batch_size,
            settings.steps,
            Latents(settings.latent, settings.categories),
            settings.seed,
        )

    counts = [len(images.pixels) for images in parts[:3]]
    if counts[0] < settings.batch_size:
        raise CourseError(
            f"{name} has {counts[0]:,} images to train on, fewer than a batch of "
            f"{settings.batch_size:,}",
            "at least one full batch",
            f"--set batch_size={max(1, counts[0] // 4)}, or more images",
        )
    views = settings.epochs * settings.steps * settings.batch_size / counts[0]
    return DcganData(
        fingerprint=fingerprint(images.pixels.tobytes() for images in parts[:3]),
        train=part(parts.train),
        validation=part(parts.validation),
        test=part(parts.test),
        notes=(
            f"{counts[0]:,} images to train on, {counts[1]:,} to validate, {counts[2]:,} to test",
            f"an epoch is {settings.steps:,} steps; "
            f"by the end each image is seen about {views:.{0 if views >= 10 else 1}f} times",
            *parts.notes,
            "a small classifier judges what is drawn: trained once on real images, then kept",
        ),
        parts=parts,
    )
