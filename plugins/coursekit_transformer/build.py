"""From settings to a model that is ready to train: its variables, its optimizer."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import keras  # noqa: TID253 - imported when a model is asked for
import tensorflow as tf  # noqa: TID253

from coursekit import CourseError
from coursekit_transformer.data import TransformerData
from coursekit_transformer.model import Transformer

if TYPE_CHECKING:
    from coursekit_transformer import TransformerSettings


def build_model(
    data: TransformerData,
    settings: TransformerSettings,
    network: Callable[..., Transformer] = Transformer,
    **parts: object,
) -> Transformer:
    """Return the untrained network, its variables and its optimizer made.

    The learning rate rises in a line, then falls in half a cosine to zero at the last step.

    Args:
        data: For the vocabulary and the steps of an epoch.
        settings: The hyper-parameters; the seed also decides the first weights.
        network: The class of the network, or what takes the same arguments.
        **parts: Of the network, in place of the plugin's own: ``attend``, ``block``.

    Raises:
        CourseError: The units cannot be shared out among the heads in pairs.
    """
    if settings.units % (2 * settings.heads):
        raise CourseError(
            f"{settings.units} units cannot be shared out among {settings.heads} heads in pairs",
            f"a multiple of {2 * settings.heads} units",
            f"--set units={2 * settings.heads * max(1, settings.units // (2 * settings.heads))}",
        )
    keras.utils.set_random_seed(settings.seed)
    model = network(
        len(data.vocabulary),
        settings.units,
        settings.heads,
        settings.layers,
        settings.length,
        settings.dropout,
        settings.seed,
        **parts,
    )
    model(tf.zeros((1, 1), tf.int32))  # makes the variables
    model.optimizer = optimizer(settings, settings.epochs * data.steps_per_epoch)
    vectors = [variable for variable in model.trainable_variables if len(variable.shape) < 2]
    model.optimizer.exclude_from_weight_decay(vectors)  # they scale and shift
    model.optimizer.build(model.trainable_variables)
    return model


def optimizer(settings: TransformerSettings, steps: int) -> keras.optimizers.Optimizer:
    """Return AdamW (Loshchilov and Hutter 2019) with its schedule.

    Args:
        settings: The hyper-parameters.
        steps: Of the whole training.
    """
    warm_up = round(settings.warmup * steps)
    rate = keras.optimizers.schedules.CosineDecay(
        0.0,
        max(steps - warm_up, 1),
        warmup_target=settings.learning_rate,
        warmup_steps=max(warm_up, 1),
    )
    return keras.optimizers.AdamW(
        rate, weight_decay=settings.weight_decay, beta_2=0.99, global_clipnorm=1.0
    )
