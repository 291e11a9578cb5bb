"""What the notebooks do again and again: train for some steps, write text, draw curves."""

from __future__ import annotations

import textwrap
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
import numpy.typing as npt
import tensorflow as tf  # noqa: TID253 - only notebooks import this module
from matplotlib.figure import Figure  # noqa: TID253

from coursekit.prepare import has_xla
from coursekit_textgen.data import Vocabulary
from coursekit_textgen.decode import Taste, narrowed, texts, write
from coursekit_textgen.model import CharacterModel
from coursekit_textgen.train import train_step

Losses = npt.NDArray[np.float32]
SIGNS = str.maketrans({" ": "␣", "\n": "↵", "\t": "→"})
MOST_BARS = 15  # of the likeliest characters

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


def what_comes_next(
    model: CharacterModel, vocabulary: Vocabulary, prompt: str, taste: Taste, seed: int = 0
) -> Figure:
    """Draw the probabilities of the next character, and below them what a model writes.

    It compiles nothing, so a figure takes less than a second, whatever the taste.

    Args:
        model: A trained network.
        vocabulary: Its characters.
        prompt: What the text continues; at least two characters.
        taste: How to sample.
        seed: Decides what is sampled.
    """
    ids = tf.constant(vocabulary.encode(prompt)[np.newaxis])  # (1, characters)
    _, states = model(ids[:, :-1])
    logits, _ = model(ids[:, -1:], states)
    chances = tf.nn.softmax(narrowed(logits[:, -1], taste))[0].numpy()
    characters, _, _ = write(model, ids[:, -1], states, tf.constant([seed, 0]), taste)
    likeliest = np.argsort(-chances)[:MOST_BARS]
    figure = Figure(figsize=(7, 3.6), layout="constrained")
    axes = figure.subplots()
    axes.bar(range(len(likeliest)), chances[likeliest])
    names = [vocabulary.decode([i]).translate(SIGNS) for i in likeliest]
    axes.set_xticks(range(len(likeliest)), names, family="monospace")
    axes.set(ylim=(0, 1), ylabel="probability", title=f"The next character after {prompt[-24:]!r}")
    written = vocabulary.decode(characters.numpy()[:, 0])
    lines = [line for part in written.split("\n") for line in textwrap.wrap(part) or [""]]
    axes.set_xlabel("\n".join(lines), family="monospace", loc="left", parse_math=False)
    return figure


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
