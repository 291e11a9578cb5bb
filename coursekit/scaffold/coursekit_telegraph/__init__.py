"""Lesson `telegraph`: read Morse code that was keyed by hand.

This is the light part: what the lesson is called, its settings and its data sets. The rest is
in `data`, `model`, `train`, `evaluate` and `demo`, the modules beside it. Each holds the
function of the same name (``train_step`` in ``train.py``), which the kit calls when it is
needed. TensorFlow is imported there, never here, so that ``coursekit list`` stays fast.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from coursekit import (
    Dataset,
    Expected,
    Lesson,
    Metric,
    Options,
    Settings,
    hookimpl,
    setting,
)


@dataclass(frozen=True, kw_only=True)
class TelegraphSettings(Settings):
    """The hyper-parameters; each can be changed with ``--set name=value``."""

    epochs: int = setting(8, "passes over the training signals", low=1, high=10_000)
    batch_size: int = setting(64, "signals in one train step", low=1, high=4_096)
    operators: int = setting(400, "people who key the training signals", low=1, high=10_000)
    noise: float = setting(0.25, "standard deviation of the noise on the line", low=0, high=10)
    filters: int = setting(16, "filters of the first convolution", low=1, high=1_024)
    learning_rate: float = setting(4e-3, "learning rate of Adam", low=0, high=1)


@dataclass(frozen=True, kw_only=True)
class TelegraphDemoOptions(Options):
    """What the demo can be told; each field becomes an option of the command line."""

    noise: float = setting(0.25, "standard deviation of the noise on the line", low=0, high=10)
    seed: int = setting(0, "another seed, another operator", low=0, high=2**31 - 1)


LETTERS = Dataset(
    name="letters",
    title="Morse code, each letter keyed by operators who differ in speed and rhythm",
    licence="generated, free to use",
    expected={"quick": Expected(0.3, "98 % read correctly")},
)

TINY = TelegraphSettings(epochs=2, operators=20, filters=4)
QUICK = TelegraphSettings()
FULL = TelegraphSettings(epochs=30, operators=1_000, filters=32)


class TelegraphLesson(Lesson):
    """Letters out of a noisy line."""

    name = "telegraph"
    title = "Reading Morse code with a convolutional network"
    question = "Can a machine read Morse code?"
    presets = {"tiny": TINY, "quick": QUICK, "full": FULL}
    datasets = (LETTERS,)
    metrics = (
        Metric("accuracy", "share of the letters that were read correctly", style=".1%"),
        Metric("baseline", "the same share if the most similar mean signal is taken", style=".1%"),
    )
    demo_request = "a word"
    demo_example = '"SOS"'
    demo_options = TelegraphDemoOptions


@hookimpl
def coursekit_lessons() -> Iterable[Lesson]:
    """Offer the lesson."""
    return [TelegraphLesson()]
