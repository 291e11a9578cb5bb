"""From settings to a model that is ready to train: its variables, its optimizer."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import keras  # noqa: TID253 - imported when a model is asked for
import tensorflow as tf  # noqa: TID253
from keras.optimizers.schedules import CosineDecay  # noqa: TID253

from coursekit_nmt.data import NmtData
from coursekit_nmt.model import Translator

if TYPE_CHECKING:
    from coursekit_nmt import NmtSettings


def learning_rate(peak: float, warm_up: int, steps: int) -> CosineDecay:
    """Return a rate that rises from near zero in a line and falls back in half a cosine.

    The first step has ``peak / warm_up``, the last of the warm-up `peak`; after the last of all
    steps it would be zero. As in coursekit_captioning.

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
    rate = learning_rate(settings.learning_rate, round(settings.warmup * steps), steps)
    model.optimizer = keras.optimizers.Adam(rate, global_clipnorm=1.0)
    model.optimizer.build(model.trainable_variables)
    return model
