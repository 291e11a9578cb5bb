"""From settings to a model that is ready to train: its variables, its optimizer."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import keras  # noqa: TID253 - imported when a model is asked for
import tensorflow as tf  # noqa: TID253

from coursekit_nmt.data import NmtData
from coursekit_nmt.model import Translator

if TYPE_CHECKING:
    from coursekit_nmt import NmtSettings


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


def build_translator(data: NmtData, settings: NmtSettings, **parts: Any) -> Translator:
    """Return the untrained translator, its variables and its optimizer made.

    Args:
        data: For the vocabularies and the steps of an epoch.
        settings: The hyper-parameters; the seed also decides the first weights.
        **parts: Other classes for `attention` or `decoder`, see `Translator`.
    """
    keras.utils.set_random_seed(settings.seed)
    model = Translator(
        len(data.source_vocabulary),
        len(data.target_vocabulary),
        settings.embedding,
        settings.units,
        settings.encoder_units,
        settings.dropout,
        settings.annotation_dropout,
        settings.seed,
        **parts,
    )
    some_words = tf.ones((1, 2), tf.int32)
    model((some_words, some_words))  # makes the variables
    model.smoothing = settings.smoothing
    # A small vocabulary is cheaper to sum over than to sample.
    model.samples = settings.samples if settings.samples < len(data.target_vocabulary) else 0
    steps = settings.epochs * data.steps_per_epoch
    rate = WarmUpDecay(settings.learning_rate, round(settings.warmup * steps), steps)
    model.optimizer = keras.optimizers.Adam(rate, global_clipnorm=1.0)
    model.optimizer.build(model.trainable_variables)
    return model
