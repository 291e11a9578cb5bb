"""How good the drawn images are; the losses of two competing networks do not show it.

The Fréchet distance here compares features of the small classifier that belongs to the data
set. It is not the Inception FID of papers, https://arxiv.org/abs/1706.08500, and cannot be
compared with it. The distance of two Gaussians: https://doi.org/10.1016/0047-259X%2882%2990077-X.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import tensorflow as tf

from coursekit import SplitName
from coursekit_dcgan.classifier import Judged, accuracy, judge
from coursekit_dcgan.data import DcganData
from coursekit_dcgan.load import Floats, Images, Pixels, unscaled
from coursekit_dcgan.model import Gan

DRAWN = {"validation": 2_000, "test": 10_000}
SURE = 0.9  # a probability
AT_ONCE = 250  # images drawn in one call
SEED = 1_000_003  # of the latents, not one that training draws from

Matrix = npt.NDArray[np.float64]


@tf.function(autograph=False)
def _draw(model: Gan, noise: tf.Tensor) -> tf.Tensor:
    return model(noise)


def draw(model: Gan, noise: Floats) -> Pixels:
    """Draw an image for each latent vector ``(images, size)``: ``(images, 28, 28)``."""
    batches = []
    for start in range(0, len(noise), AT_ONCE):
        piece = noise[start : start + AT_ONCE]
        batch = np.zeros((AT_ONCE, noise.shape[1]), np.float32)  # one shape, compiled once
        batch[: len(piece)] = piece
        batches.append(unscaled(_draw(model, tf.constant(batch)).numpy()[: len(piece)]))
    return np.concatenate(batches)


def root(matrix: Matrix) -> Matrix:
    """Return the square root of a symmetric matrix without negative eigenvalues."""
    values, vectors = np.linalg.eigh(matrix)
    square_root: Matrix = (vectors * np.sqrt(np.maximum(values, 0.0))) @ vectors.T
    return square_root


def frechet_distance(one: npt.ArrayLike, other: npt.ArrayLike) -> float:
    """Return the squared Fréchet distance between two sets of features, each seen as a Gaussian.

    ``|m - n|^2 + tr(C + D - 2 (C D)^(1/2))`` (Dowson and Landau 1982; Heusel et al. 2017).

    Args:
        one: ``(images, features)``, at least two images.
        other: The same, of other images.
    """
    a, b = np.asarray(one, np.float64), np.asarray(other, np.float64)
    apart = ((a.mean(0) - b.mean(0)) ** 2).sum()
    c, d = np.atleast_2d(np.cov(a, rowvar=False)), np.atleast_2d(np.cov(b, rowvar=False))
    # A symmetric matrix with the same eigenvalues as C D has a root with the same trace.
    half = root(c)
    return float(apart + np.trace(c) + np.trace(d) - 2 * np.trace(root(half @ d @ half)))


def recognised(probabilities: Floats) -> float:
    """Return the share of images whose class the classifier gives more than `SURE`."""
    return float((probabilities.max(axis=1) > SURE).mean())


def smallest_class(probabilities: Floats) -> float:
    """Return the share of the class that the classifier finds least often."""
    counts = np.bincount(probabilities.argmax(axis=1), minlength=probabilities.shape[1])
    return float(counts.min() / len(probabilities))


def evaluate(model: Gan, data: DcganData, split: SplitName) -> dict[str, float]:
    """Draw images from fixed latents and compare them with the real ones of a split.

    Returns:
        ``frechet_distance``, and where the images have labels ``recognised`` and
        ``smallest_class``. On test also the same for the real images (the distance: between them
        and as many training images), and the classifier's accuracy.
    """
    images: Images = getattr(data.parts, split)
    fake = judge(data.classifier, draw(model, model.latents.draw(DRAWN[split], SEED)))
    real = judge(data.classifier, images.pixels)
    metrics = {"frechet_distance": frechet_distance(fake.features, real.features)}
    has_labels = images.labels is not None
    if has_labels:
        metrics |= shares("", fake)
    if split == "test":
        other = judge(data.classifier, data.parts.train.pixels[: len(images.pixels)])
        distance = frechet_distance(other.features, real.features)
        metrics["real_frechet_distance"] = distance
        if has_labels:
            metrics |= shares("real_", real)
            metrics["classifier_accuracy"] = accuracy(data.classifier, images)
    return metrics


def shares(prefix: str, judged: Judged) -> dict[str, float]:
    """Return ``recognised`` and ``smallest_class`` of images, with a prefix before each name."""
    return {
        f"{prefix}recognised": recognised(judged.probabilities),
        f"{prefix}smallest_class": smallest_class(judged.probabilities),
    }
