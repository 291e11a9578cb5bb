"""From settings to a model that is ready to train: its variables, its optimizer."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import keras  # noqa: TID253 - imported when a model is built
import tensorflow as tf  # noqa: TID253

from coursekit_textgen.data import TextgenData
from coursekit_textgen.model import CharacterModel

if TYPE_CHECKING:
    from coursekit_textgen import TextgenSettings


def build_model(
    data: TextgenData,
    settings: TextgenSettings,
    network: Callable[..., CharacterModel] = CharacterModel,
) -> CharacterModel:
    """Return the untrained network, its variables and its optimizer made.

    The learning rate rises in a line, then falls in half a cosine to zero at the last step.

    Args:
        data: For the vocabulary and the steps of an epoch.
        settings: The hyper-parameters; the seed also decides the first weights.
        network: The class of the network, or what takes the same arguments.
    """
    keras.utils.set_random_seed(settings.seed)
    model = network(
        len(data.vocabulary),
        settings.embedding,
        settings.units,
        settings.layers,
        settings.dropout,
        settings.tied,
        settings.batch_size,
        settings.seed,
    )
    model(tf.zeros((1, 1), tf.int32))  # makes the variables
    steps = settings.epochs * data.steps_per_epoch
    warm_up = round(settings.warmup * steps)
    rate = keras.optimizers.schedules.CosineDecay(
        0.0,
        max(steps - warm_up, 1),
        warmup_target=settings.learning_rate,
        warmup_steps=max(warm_up, 1),
    )
    model.optimizer = keras.optimizers.Adam(rate, global_clipnorm=1.0)
    model.optimizer.build(model.trainable_variables)
    return model
