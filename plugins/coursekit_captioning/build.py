"""From settings to a model that is ready to train: its variables, its optimizer."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import keras  # noqa: TID253 - imported when a model is asked for
import numpy as np
import tensorflow as tf  # noqa: TID253

from coursekit_captioning.data import CaptioningData, DrawnScenes
from coursekit_captioning.encoders import PRETRAINED
from coursekit_captioning.model import Captioner, FeatureEncoder, ShapeEncoder

if TYPE_CHECKING:
    from coursekit_captioning import CaptioningSettings


class WarmUpDecay(keras.optimizers.schedules.LearningRateSchedule):  # type: ignore[misc]
    """A learning rate that rises from zero in a line and falls back to zero in half a cosine.

    Args:
        peak: The highest rate.
        warm_up: The step at which it is reached.
        steps: The step at which it is zero again.
    """

    def __init__(self, peak: float, warm_up: int, steps: int) -> None:
        self.peak, self.warm_up, self.steps = peak, warm_up, steps

    def __call__(self, step: tf.Tensor) -> tf.Tensor:
        """Return the rate of a step, counted from 0."""
        step = tf.cast(step, tf.float32)
        rising = (step + 1) / max(self.warm_up, 1)
        done = (step - self.warm_up) / max(self.steps - self.warm_up, 1)
        falling = (1 + tf.cos(math.pi * tf.clip_by_value(done, 0.0, 1.0))) / 2
        return self.peak * tf.minimum(rising, falling)

    def get_config(self) -> dict[str, Any]:
        """Return the arguments."""
        return {"peak": self.peak, "warm_up": self.warm_up, "steps": self.steps}


def build_captioner(data: CaptioningData, settings: CaptioningSettings, **parts: Any) -> Captioner:
    """Return the untrained model, its variables and its optimizer made.

    Args:
        data: For the vocabulary, the kind of pictures and the steps of an epoch.
        settings: The hyper-parameters; the seed also decides the first weights.
        **parts: Other classes for `encoder`, `attention` or `decoder`, see `Captioner`.
    """
    keras.utils.set_random_seed(settings.seed)
    encoder = ShapeEncoder if data.shows_scenes else FeatureEncoder
    model = Captioner(
        len(data.vocabulary),
        settings.embedding,
        settings.units,
        settings.dropout,
        settings.seed,
        **{"encoder": encoder, **parts},
    )
    model((some_picture(data, settings), tf.ones((1, 1, 2), tf.int32)))  # makes the variables
    model.smoothing = settings.smoothing
    model.attend_everywhere = settings.attend_everywhere
    steps = settings.epochs * data.steps_per_epoch
    rate = WarmUpDecay(settings.learning_rate, round(settings.warmup * steps), steps)
    model.optimizer = keras.optimizers.Adam(rate, global_clipnorm=1.0)
    model.optimizer.build(model.trainable_variables)
    return model


def some_picture(data: CaptioningData, settings: CaptioningSettings) -> tf.Tensor:
    """Return a batch of one black picture, as the encoder takes it."""
    if data.shows_scenes:
        return tf.zeros((1, *DrawnScenes.shape), DrawnScenes.dtype)
    network = PRETRAINED[settings.encoder]
    return tf.constant(np.zeros((1, network.cells, network.channels), np.float16))
