"""Lesson `transformer`: read a text all at once, by attention alone (Vaswani et al. 2017).

The paper: https://arxiv.org/abs/1706.03762
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from coursekit import (
    Dataset,
    Expected,
    Lesson,
    LocalDataset,
    Metric,
    Options,
    RemoteFile,
    Settings,
    hookimpl,
    setting,
)

if TYPE_CHECKING:
    from coursekit_transformer.data import TransformerData
    from coursekit_transformer.model import Transformer


@dataclass(frozen=True, kw_only=True)
class TransformerSettings(Settings):
    """The hyper-parameters of the transformer."""

    epochs: int = setting(3, "passes over the training text", low=1, high=100_000)
    batch_size: int = setting(16, "windows of text in one train step", low=1, high=65_536)
    jit: bool = setting(True, "compile the train step with XLA")
    length: int = setting(
        64, "characters in a window: how far back each can look", low=2, high=4_096
    )
    units: int = setting(128, "size of the features of a character", low=2, high=4_096)
    heads: int = setting(4, "attention heads in each layer", low=1, high=64)
    layers: int = setting(4, "number of blocks", low=1, high=64)
    dropout: float = setting(0.0, "dropout rate of the residual branches", low=0, high=0.9)
    learning_rate: float = setting(4e-3, "peak learning rate of AdamW", low=0, high=1)
    warmup: float = setting(0.05, "share of the steps used for warm-up", low=0, high=1)
    weight_decay: float = setting(0.1, "weight decay of AdamW, for matrices", low=0, high=1)


@dataclass(frozen=True, kw_only=True)
class TransformerDemoOptions(Options):
    """How to write."""

    length: int = setting(400, "characters to write", low=1, high=1_000_000)
    temperature: float = setting(
        0.8, "below 1: safer, above 1: wilder, 0: always the likeliest", low=0, high=9
    )
    top_k: int = setting(0, "draw from this many of the likeliest characters; 0: from all", low=0)
    count: int = setting(1, "texts to write at once", low=1, high=4_096)
    seed: int = setting(0, "another seed, another text", low=0, high=2**31 - 1)
    without_cache: bool = setting(False, "read the whole window again for every character")
    attention: bool = setting(False, "show where each head looks while it reads a text")


SHAKESPEARE = Dataset(
    name="shakespeare",
    title="40,000 lines of Shakespeare's plays (tinyshakespeare)",
    licence="public domain; compiled by Andrej Karpathy",
    expected={"quick": Expected(4, "1.54 nats")},
    files=(
        RemoteFile(
            "https://raw.githubusercontent.com/karpathy/char-rnn/master/data/tinyshakespeare/input.txt",
            1_115_394,
            "sha256:86c4e6aa9db7c042ec79f339dcb96d42b0075e16b8fc2e86bf0ca57e2dc565ed",
            "tinyshakespeare.txt",
        ),
    ),
)

STDLIB = Dataset(
    name="stdlib",
    title="the source of 18 modules of Python's own standard library",
    licence="PSF License, part of Python",
)

TINY = TransformerSettings(epochs=2, batch_size=256, length=16, units=16, heads=2, layers=2)
QUICK = TransformerSettings()
FULL = TransformerSettings(
    epochs=10,
    batch_size=32,
    length=128,
    units=192,
    heads=6,
    layers=6,
    dropout=0.1,
    learning_rate=3e-3,
)


class TransformerLesson(
    Lesson["TransformerSettings", "TransformerData", "Transformer", "TransformerDemoOptions"]
):
    """Text, all of it at once."""

    name = "transformer"
    title = "A transformer: text by attention alone"
    question = "Can a machine see the whole text at once?"
    prerequisites = ("textgen",)
    presets = {"tiny": TINY, "quick": QUICK, "full": FULL}
    datasets = (SHAKESPEARE, STDLIB)
    own_data = "a text file in UTF-8, the longer the better"
    metrics = (
        Metric("loss", "cross-entropy per held-out character, in nats", "lower", ".4f", low=0),
        Metric("bits_per_character", "the same in bits", "lower", ".4f", low=0),
    )
    demo_request = "a beginning"
    demo_example = '"ROMEO:"'
    demo_options = TransformerDemoOptions

    def data(self, dataset: LocalDataset, settings: TransformerSettings) -> TransformerData:
        """Read a text, split it and number its characters."""
        from coursekit_transformer.data import transformer_data
        from coursekit_transformer.load import load_parts

        return transformer_data(load_parts(dataset), settings)

    def model(self, data: TransformerData, settings: TransformerSettings) -> Transformer:
        """Return a network with an optimizer whose rate falls to zero at the last step."""
        from coursekit_transformer.build import build_model

        return build_model(data, settings)

    def initial_losses(self, data: TransformerData) -> dict[str, float]:
        """Return the cross-entropy of a network that takes every character for as likely."""
        return {"loss": math.log(len(data.vocabulary))}

    def assets(self, data: TransformerData) -> dict[str, Any]:
        """Return the characters, and the pieces of text that the standard sample needs."""
        return {
            "characters": data.vocabulary.characters,
            "opening": data.opening,
            "passage": data.passage,
            "demo_example": data.demo_example,
        }

    def restore(self, assets: dict[str, Any], settings: TransformerSettings) -> TransformerData:
        """Return the data of a demo, without splits."""
        from coursekit_transformer.data import TransformerData, Vocabulary

        return TransformerData(
            vocabulary=Vocabulary(assets["characters"]),
            opening=assets["opening"],
            passage=assets["passage"],
            demo_example=assets.get("demo_example", ""),
        )


@hookimpl
def coursekit_lessons() -> Iterable[Lesson]:
    """Offer the lesson."""
    return [TransformerLesson()]
