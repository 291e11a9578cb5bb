"""A small classifier, trained on real images, that judges the drawn ones.

Each data set has one: it is trained once on the training images and kept in the cache. The
features in front of its last layer are the space in which real and drawn images are compared.
"""

from __future__ import annotations

import hashlib
import math
import zipfile
from pathlib import Path
from typing import NamedTuple

import keras  # noqa: TID253 - only evaluate.py imports this module
import numpy as np
import numpy.typing as npt
import tensorflow as tf  # noqa: TID253

from coursekit import fingerprint
from coursekit.store import artefact_path, computed_once, writing
from coursekit_dcgan.load import Floats, Images, Pixels, scaled

FEATURES = 64
BATCH = 128
LEAST_STEPS, EPOCHS = 500, 3  # whichever is longer
RATE = 4e-3
AT_ONCE = 500  # images that are judged in one call
VERSION = "1"  # of what is trained and how; part of the name in the cache


class Classifier(keras.Model):
    """Two convolutions, one layer of features, one logit a class.

    Args:
        classes: How many.
    """

    def __init__(self, classes: int) -> None:
        super().__init__()
        # Seeds of its own: training it does not touch the run's random numbers.
        starts = iter(keras.initializers.HeNormal(seed=seed) for seed in range(4))
        self.convolutions = [
            keras.layers.Conv2D(channels, 5, 2, "same", kernel_initializer=next(starts))
            for channels in (16, 32)
        ]
        self.flat = keras.layers.Flatten()
        self.hidden = keras.layers.Dense(FEATURES, kernel_initializer=next(starts))
        self.last = keras.layers.Dense(classes, kernel_initializer=next(starts))

    def call(self, images: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
        """Return the logits ``(batch, classes)`` and the features ``(batch, FEATURES)``.

        Args:
            images: From -1 to 1, ``(batch, 28, 28, 1)``.
        """
        maps = images
        for convolution in self.convolutions:
            maps = tf.nn.relu(convolution(maps))  # 14 x 14, then 7 x 7
        features = tf.nn.relu(self.hidden(self.flat(maps)))
        return self.last(features), features


class Judged(NamedTuple):
    """What the classifier finds in some images.

    Attributes:
        probabilities: Of each class, ``(images, classes)``.
        features: ``(images, FEATURES)``.
    """

    probabilities: Floats
    features: Floats


@tf.function(autograph=False)
def _judge(model: Classifier, images: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
    logits, features = model(images)
    return tf.nn.softmax(logits), features


def judge(model: Classifier, pixels: Pixels) -> Judged:
    """Classify images ``(images, 28, 28)``."""
    batches = []
    for start in range(0, len(pixels), AT_ONCE):
        piece = pixels[start : start + AT_ONCE]
        batch = np.zeros((AT_ONCE, *piece.shape[1:]), np.uint8)  # one shape, compiled once
        batch[: len(piece)] = piece
        parts = _judge(model, tf.constant(scaled(batch)))
        batches.append([part.numpy()[: len(piece)] for part in parts])
    probabilities, features = (np.concatenate(parts) for parts in zip(*batches, strict=True))
    return Judged(probabilities, features)


def accuracy(model: Classifier, images: Images) -> float:
    """Return the share of labelled images that are classified rightly."""
    assert images.labels is not None
    return float((judge(model, images.pixels).probabilities.argmax(1) == images.labels).mean())


def shift_images(pixels: Pixels, order: np.random.Generator) -> Pixels:
    """Shift each image by up to two pixels each way: few digits then teach more."""
    shifts = order.integers(-2, 3, (len(pixels), 2))
    return np.stack(
        [np.roll(image, tuple(shift), (0, 1)) for image, shift in zip(pixels, shifts, strict=True)]
    )


def train_classifier(images: Images) -> Classifier:
    """Train a classifier on labelled images, in the same way every time."""
    assert images.labels is not None
    model = Classifier(int(images.labels.max()) + 1)
    model(tf.zeros((1, *images.pixels.shape[1:], 1)))
    batch = min(BATCH, len(images.pixels))
    each = len(images.pixels) // batch
    epochs = max(EPOCHS, math.ceil(LEAST_STEPS / each))
    rate = keras.optimizers.schedules.CosineDecay(RATE, epochs * each)
    optimizer = keras.optimizers.Adam(rate)
    optimizer.build(model.trainable_variables)

    @tf.function(autograph=False)
    def step(inputs: tf.Tensor, labels: tf.Tensor) -> None:
        with tf.GradientTape() as tape:
            logits, _ = model(inputs)
            loss = tf.nn.sparse_softmax_cross_entropy_with_logits(labels, logits)
        optimizer.apply(tape.gradient(loss, model.trainable_variables), model.trainable_variables)

    for epoch in range(epochs):
        order = np.random.default_rng(epoch)
        for places in order.permutation(len(images.pixels))[: each * batch].reshape(each, batch):
            inputs = scaled(shift_images(images.pixels[places], order))
            step(tf.constant(inputs), tf.constant(images.labels[places].astype(np.int32)))
    return model


def weights_path(images: Images) -> Path:
    """Return where the classifier of these training images is kept."""
    assert images.labels is not None
    key = fingerprint([VERSION, images.pixels.tobytes(), images.labels.tobytes()])
    return artefact_path("dcgan-classifiers", f"{key[:24]}.npz")


def classifier_of(images: Images) -> Classifier:
    """Return the classifier of a data set, from the cache or trained now.

    Args:
        images: The training images, with labels.
    """
    return computed_once(
        weights_path(images),
        read_weights,
        lambda path: write_weights(path, train_classifier(images)),
    )


def digest(arrays: list[npt.NDArray[np.float32]]) -> str:
    """Return a checksum of weights."""
    return hashlib.sha256(b"".join(array.tobytes() for array in arrays)).hexdigest()


def write_weights(path: Path, model: Classifier) -> None:
    """Write the weights: under its name the file is whole."""
    arrays = model.get_weights()
    with writing(path) as file:
        np.savez(file, *arrays, digest=np.str_(digest(arrays)))


def read_weights(path: Path) -> Classifier | None:
    """Read what `write_weights` wrote; None if it is not there, or damaged."""
    try:
        with np.load(path) as file:
            names = [name for name in file.files if name.startswith("arr_")]
            arrays = [file[f"arr_{number}"] for number in range(len(names))]
            right = str(file["digest"])
    except (OSError, ValueError, KeyError, EOFError, zipfile.BadZipFile):
        return None
    if digest(arrays) != right:
        return None
    model = Classifier(arrays[-1].shape[0])
    model(tf.zeros((1, 28, 28, 1)))
    model.set_weights(arrays)
    return model
