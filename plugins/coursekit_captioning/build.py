"""From settings to a model that is ready to train: its variables, its optimizer."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import keras  # noqa: TID253 - imported when a model is asked for
import numpy as np
import tensorflow as tf  # noqa: TID253
from keras.optimizers.schedules import CosineDecay  # noqa: TID253

from coursekit_captioning.data import CaptioningData, DrawnScenes
from coursekit_captioning.encoders import PRETRAINED
from coursekit_captioning.model import Captioner, FeatureEncoder, ShapeEncoder

if TYPE_CHECKING:
    from coursekit_captioning import CaptioningSettings


def learning_rate(peak: float, warm_up: int, steps: int) -> CosineDecay:
    """Return a rate that rises from near zero in a line and falls back in half a cosine.

    The first step has ``peak / warm_up``, the last of the warm-up `peak`; after the last of all
    steps it would be zero. As in coursekit_nmt.

    Args:
        peak: The highest rate.
        warm_up: The steps in which it rises.
        steps: All steps.
    """
    warm_up = max(warm_up, 1)
    return CosineDecay(
        peak / warm_up,
        steps - warm_up + 1,
        warmup_target=peak,
        warmup_steps=warm_up - 1,
    )


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
    rate = learning_rate(settings.learning_rate, round(settings.warmup * steps), steps)
    model.optimizer = keras.optimizers.Adam(rate, global_clipnorm=1.0)
    model.optimizer.build(model.trainable_variables)
    return model


def some_picture(data: CaptioningData, settings: CaptioningSettings) -> tf.Tensor:
    """Return a batch of one black picture, as the encoder takes it."""
    if data.shows_scenes:
        return tf.zeros((1, *DrawnScenes.shape), DrawnScenes.dtype)
    network = PRETRAINED[settings.encoder]
    return tf.constant(np.zeros((1, network.cells, network.channels), np.float16))
