"""What the notebooks do again and again: train for some steps, read on, draw curves."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
import numpy.typing as npt
import tensorflow as tf  # noqa: TID253 - only notebooks import this module
from matplotlib.figure import Figure  # noqa: TID253

from coursekit.prepare import has_xla
from coursekit_textgen.data import Vocabulary
from coursekit_textgen.decode import Taste, texts
from coursekit_textgen.model import CharacterModel
from coursekit_textgen.train import train_step

Losses = npt.NDArray[np.float32]

# TensorFlow warns of compiling again for each taste, which is what is meant here.
tf.get_logger().setLevel("ERROR")


def learn(
    model: CharacterModel, batches: tf.data.Dataset, step: Callable[..., Any] = train_step
) -> Losses:
    """Train a model on some batches and return the loss of each step, ``(steps,)``.

    Args:
        model: With its optimizer.
        batches: Of inputs, targets and fresh.
        step: Takes the model and a batch, and returns its ``loss``.
    """
    compiled_step = tf.function(step, jit_compile=has_xla())
    return np.array([float(compiled_step(model, batch)["loss"]) for batch in batches], np.float32)


def continued(
    model: CharacterModel,
    vocabulary: Vocabulary,
    prompt: str,
    length: int,
    taste: Taste,
    **how: Any,
) -> str:
    """Return what a model writes after a prompt, as `coursekit_textgen.decode.texts` does."""
    return "".join(piece[0] for piece in texts(model, vocabulary, prompt, length, 1, taste, **how))


def curves(
    title: str, losses_by_name: Mapping[str, Losses], window: int = 20, along: str = "step"
) -> Figure:
    """Draw losses by step, each point the mean of `window` steps.

    Args:
        title: Of the figure.
        losses_by_name: What to call them, and the losses ``(steps,)``.
        window: Steps of the moving mean.
        along: What the steps are.
    """
    figure = Figure(figsize=(7, 3.2), layout="constrained")
    axes = figure.subplots()
    for name, losses in losses_by_name.items():
        smooth = np.convolve(losses, np.ones(window) / window, mode="valid")
        axes.plot(np.arange(window, len(losses) + 1), smooth, label=name)
    axes.set(title=title, xlabel=along, ylabel="loss (nats)")
    axes.grid(alpha=0.3)
    axes.legend()
    return figure
