"""What the notebooks need often: train for some steps, continue a text, time, draw curves."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
import tensorflow as tf  # noqa: TID253 - only notebooks import this module
from matplotlib.figure import Figure  # noqa: TID253

from coursekit.prepare import has_xla
from coursekit_transformer.data import Vocabulary
from coursekit_transformer.decode import Taste, texts
from coursekit_transformer.model import Transformer
from coursekit_transformer.train import train_step

Losses = npt.NDArray[np.float32]

# TensorFlow warns when it compiles again for each taste, which is intended here.
tf.get_logger().setLevel("ERROR")


def learn(
    model: Transformer, batches: tf.data.Dataset, step: Callable[..., Any] = train_step
) -> Losses:
    """Train a model on some batches and return the loss of each step, ``(steps,)``.

    Args:
        model: With its optimizer.
        batches: Of inputs and targets.
        step: Takes the model and a batch, and returns its ``loss``.
    """
    compiled = tf.function(step, jit_compile=has_xla())
    return np.array([float(compiled(model, batch)["loss"]) for batch in batches], np.float32)


def continued(
    model: Transformer,
    vocabulary: Vocabulary,
    prompt: str,
    length: int,
    taste: Taste,
    **how: Any,
) -> str:
    """Return what a model writes after a prompt, as `coursekit_transformer.decode.texts` does."""
    return "".join(piece[0] for piece in texts(model, vocabulary, prompt, length, 1, taste, **how))


def seconds(work: Callable[[], object], times: int = 3) -> float:
    """Return the seconds of the fastest of some runs, after a first one that may compile."""
    work()
    taken = []
    for _ in range(times):
        start = time.perf_counter()
        work()
        taken.append(time.perf_counter() - start)
    return min(taken)


def curves(
    title: str, named: Mapping[str, Losses], window: int = 20, along: str = "step"
) -> Figure:
    """Draw losses by step, each point the mean of `window` steps.

    Args:
        title: Of the figure.
        named: What to call them, and the losses ``(steps,)``.
        window: Steps of the moving mean; all of them where there are fewer.
        along: What the steps are.
    """
    figure = Figure(figsize=(7, 3.2), layout="constrained")
    axes = figure.subplots()
    for name, losses in named.items():
        width = min(window, len(losses))
        smooth = np.convolve(losses, np.ones(width) / width, mode="valid")
        axes.plot(np.arange(width, len(losses) + 1), smooth, label=name)
    axes.set(title=title, xlabel=along, ylabel="loss (nats)")
    axes.grid(alpha=0.3)
    axes.legend()
    return figure


def lines(
    title: str,
    along: Sequence[float],
    named: Mapping[str, Sequence[float]],
    labels: tuple[str, str],
    logarithmic: bool = False,
) -> Figure:
    """Draw measured values along an axis.

    Args:
        title: Of the figure.
        along: Where the values lie on the axis.
        named: What to call each line, and its values.
        labels: Of the two axes.
        logarithmic: Whether both axes are; then a power is a straight line.
    """
    figure = Figure(figsize=(7, 3.2), layout="constrained")
    axes = figure.subplots()
    for name, values in named.items():
        axes.plot(along, values, marker="o", label=name)
    axes.set(title=title, xlabel=labels[0], ylabel=labels[1])
    if logarithmic:
        axes.set_xscale("log", base=2)
        axes.set_yscale("log")
        axes.set_xticks(along, [f"{place:g}" for place in along])
    axes.grid(alpha=0.3)
    axes.legend()
    return figure
