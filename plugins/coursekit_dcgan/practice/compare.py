"""Trains variants of the lesson for some steps and puts what they draw side by side."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from types import SimpleNamespace
from typing import Any, NamedTuple

import numpy as np
import tensorflow as tf  # noqa: TID253 - only notebooks import this module
from matplotlib.figure import Figure  # noqa: TID253

from coursekit_dcgan.classifier import judge
from coursekit_dcgan.data import DcganData, ImageSplit
from coursekit_dcgan.demo import canvas
from coursekit_dcgan.evaluate import SEED, draw, frechet_distance, recognised
from coursekit_dcgan.load import Floats, Pixels
from coursekit_dcgan.model import Gan
from coursekit_dcgan.practice.figures import clouds
from coursekit_dcgan.train import train_step

SHOWN = 20  # images of each variant
SIDE = 0.52  # inches of an image: 57 pixels in a notebook


class Drawn(NamedTuple):
    """What a variant draws, and what the classifier makes of it.

    Attributes:
        pixels: ``(images, 28, 28)``.
        recognised: The share of images in which the classifier is more than 90 % sure.
        shares: The share of each class among the drawn images, ``(classes,)``.
        distance: The Fréchet distance from the real validation images.
        features: What the classifier computes before its last layer, ``(images, features)``.
    """

    pixels: Pixels
    recognised: float
    shares: Sequence[float]
    distance: float
    features: Floats


def fit(
    model: Gan,
    data: DcganData,
    steps: int,
    step: Callable[[Gan, Any], dict[str, tf.Tensor]] = train_step,
    first: int = 0,
) -> list[dict[str, float]]:
    """Train for some steps with a compiled step, and return the losses of each.

    Args:
        model: The networks.
        data: The data, of which the training images are used.
        steps: The number of steps.
        step: Takes the model and a batch, as `train_step` does.
        first: The number of the first step, if the model was trained before.
    """
    compiled_step = tf.function(lambda batch: step(model, batch))
    assert isinstance(data.train, ImageSplit)
    each = data.train.steps
    losses = []
    for number in range(first, first + steps):
        if number == first or number % each == 0:
            batches = iter(data.train.batches(number // each).skip(number % each))
        losses.append({name: float(loss) for name, loss in compiled_step(next(batches)).items()})
    return losses


class _WithoutMode:
    """A network that is never in training mode."""

    def __init__(self, network: Any) -> None:
        self.network = network
        self.trainable_variables = network.trainable_variables

    def __call__(self, inputs: tf.Tensor, training: bool = False) -> tf.Tensor:
        """Ignore the mode."""
        return self.network(inputs, training=False)


def without_training_mode(
    step: Callable[[Any, Any], dict[str, tf.Tensor]],
) -> Callable[[Any, Any], dict[str, tf.Tensor]]:
    """Return a training step whose networks ignore that they are trained.

    Args:
        step: Takes the model and a batch, as `train_step` does.
    """
    networks = ("generator", "discriminator")
    shared = ("smoothing", "decay", "follow", *(f"{name}_optimizer" for name in networks))

    def changed(model: Any, batch: Any) -> dict[str, tf.Tensor]:
        parts = {name: getattr(model, name) for name in shared}
        parts |= {name: _WithoutMode(getattr(model, name)) for name in networks}
        return step(SimpleNamespace(**parts), batch)

    return changed


def drawn(model: Gan, data: DcganData, count: int = 1_000) -> Drawn:
    """Draw images with the generator's average, and classify them."""
    pixels = draw(model, model.latents.draw(count, SEED))
    judged = judge(data.classifier, pixels)
    real = judge(data.classifier, data.parts.validation.pixels)
    classes = judged.probabilities.shape[1]
    counts = np.bincount(judged.probabilities.argmax(axis=1), minlength=classes)
    return Drawn(
        pixels,
        recognised(judged.probabilities),
        (counts / count).tolist(),
        frechet_distance(judged.features, real.features),
        judged.features,
    )


def between(values: Sequence[float], form: str = "") -> str:
    """Return the range of some values, ``"1 to 2"``, or one value if both ends read the same.

    Args:
        values: At least one, such as a metric with several seeds.
        form: How each is written, as for `format`.
    """
    least, most = format(min(values), form), format(max(values), form)
    return least if least == most else f"{least} to {most}"


def beside(variants: Mapping[str, Pixels], columns: int = 5, count: int = SHOWN) -> Figure:
    """Put the first images of each variant side by side, below their names.

    Args:
        variants: Images ``(images, 28, 28)`` by name.
        columns: The number of columns for each variant.
        count: The number of images shown of each.
    """
    rows = -(-count // columns)
    width = SIDE * max(columns, 5)  # a name needs its place, too
    size = (width * len(variants), width * rows / columns + 0.3)
    figure = Figure(figsize=size, layout="constrained")
    places = figure.subplots(1, len(variants), squeeze=False)[0]
    for axes, (name, pixels) in zip(places, variants.items(), strict=True):
        axes.imshow(canvas(pixels[:count], columns), cmap="gray", vmin=0, vmax=255)
        axes.set_title(name, fontsize=9)
        axes.set_axis_off()
    return figure


def on_cloud(variants: Mapping[str, Drawn], data: DcganData) -> Figure:
    """Draw what each variant draws as points on the cloud of real validation images.

    Args:
        variants: What is drawn, by the name of the variant.
        data: For the real images and the classifier, whose features become points.
    """
    real = judge(data.classifier, data.parts.validation.pixels)
    features = {name: one.features for name, one in variants.items()}
    return clouds(real.features, real.probabilities.argmax(axis=1), features)


def gradient_maps(early: Floats, drawn: Floats, late: Floats) -> Figure:
    """Draw gradients with respect to pixels: their mean sizes, and one of them with its drawing.

    Args:
        early: After one step, ``(drawings, height, width)``.
        drawn: The drawings after the last step, ``(drawings, height, width)``.
        late: Their gradients.
    """
    figure = Figure(figsize=(9.6, 2.9), layout="constrained")
    places = figure.subplots(1, 4)
    most = float(np.abs(late[0]).max()) or 1.0
    maps: tuple[tuple[Floats, str, dict[str, Any]], ...] = (
        (np.abs(early).mean(0), "size of the gradient\nafter one step", {"vmin": 0}),
        (np.abs(late).mean(0), "size of the gradient\nafter the last step", {"vmin": 0}),
        (drawn[0], "a drawing\nafter the last step", {"cmap": "gray"}),
        (late[0], "its gradient", {"cmap": "RdBu_r", "vmin": -most, "vmax": most}),
    )
    for axes, (values, title, how) in zip(places, maps, strict=True):
        shown = axes.imshow(values, interpolation="nearest", **how)
        axes.set_title(title, fontsize=9)
        axes.set(xticks=[], yticks=[])
    bar = figure.colorbar(shown, ax=places[-1], shrink=0.7)
    bar.set_ticks([-most, 0, most], labels=["darker", "0", "brighter"], fontsize=9)
    return figure
