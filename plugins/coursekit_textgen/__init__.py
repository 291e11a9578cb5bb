"""Lesson `textgen`: write text one character after another (Karpathy 2015).

The article: https://karpathy.github.io/2015/05/21/rnn-effectiveness/
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from coursekit import (
    CourseError,
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
    from coursekit_textgen.data import TextgenData
    from coursekit_textgen.model import CharacterModel


@dataclass(frozen=True, kw_only=True)
class TextgenSettings(Settings):
    """The hyper-parameters of the character model."""

    epochs: int = setting(5, "passes over the training text", low=1, high=100_000)
    batch_size: int = setting(64, "rows of text in one train step", low=1, high=65_536)
    jit: bool = setting(True, "compile the train step with XLA")
    length: int = setting(32, "characters of a row in one train step", low=1, high=10_000)
    carry_state: bool = setting(True, "start each batch from the final state of the one before")
    embedding: int = setting(64, "size of a character's vector", low=1, high=4_096)
    units: int = setting(256, "units of a recurrent layer", low=1, high=8_192)
    layers: int = setting(1, "number of recurrent layers", low=1, high=8)
    tied: bool = setting(False, "also use the character vectors as the output layer")
    dropout: float = setting(0.1, "dropout rate of the outputs", low=0, high=0.9)
    learning_rate: float = setting(8e-3, "peak learning rate of Adam", low=0, high=1)
    warmup: float = setting(0.05, "share of the steps used for warm-up", low=0, high=1)


COLDEST = 0.01  # no other temperature but 0 is lower: below it, only the likeliest is left


@dataclass(frozen=True, kw_only=True)
class TextgenDemoOptions(Options):
    """How to write."""

    length: int = setting(400, "characters to write", low=1, high=1_000_000)
    temperature: float = setting(
        0.8, "below 1: safer, above 1: wilder, 0: always the likeliest", low=0, high=9
    )
    top_k: int = setting(0, "draw from this many of the likeliest characters; 0: from all", low=0)
    top_p: float = setting(
        1.0, "draw from the likeliest whose probabilities add up to this", low=0, high=1
    )
    count: int = setting(1, "texts to write at once", low=1, high=4_096)
    seed: int = setting(0, "another seed, another text", low=0, high=2**31 - 1)
    surprise: bool = setting(False, "show how unexpected each character of a text is")

    def __post_init__(self) -> None:
        """Check the temperature, too.

        Raises:
            CourseError: A value is out of its range, or the temperature is too close to zero.
        """
        super().__post_init__()
        if 0 < self.temperature < COLDEST:
            raise CourseError(
                f"temperature={self.temperature} is too close to zero to divide by",
                f"0, which takes the likeliest character, or from {COLDEST} to 9",
            )


SHAKESPEARE = Dataset(
    name="shakespeare",
    title="40,000 lines of Shakespeare's plays (tinyshakespeare)",
    licence="public domain; compiled by Andrej Karpathy",
    expected={"quick": Expected(2, "1.50 nats"), "full": Expected(25, "1.46 nats")},
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

TINY = TextgenSettings(epochs=2, batch_size=256, length=16, units=16, embedding=8, dropout=0.1)
QUICK = TextgenSettings()
FULL = TextgenSettings(epochs=14, units=512, dropout=0.5, learning_rate=6e-3)


class TextgenLesson(
    Lesson["TextgenSettings", "TextgenData", "CharacterModel", "TextgenDemoOptions"]
):
    """Text, one character after another."""

    name = "textgen"
    title = "Text generation with a character-level recurrent network"
    question = "Can a machine write a poem?"
    presets = {"tiny": TINY, "quick": QUICK, "full": FULL}
    datasets = (SHAKESPEARE, STDLIB)
    own_data = "a text file in UTF-8, the longer the better"
    metrics = (
        Metric("loss", "cross-entropy per held-out character, in nats", "lower", ".4f", low=0),
        Metric("bits_per_character", "the same in bits", "lower", ".4f", low=0),
    )
    demo_request = "a beginning"
    demo_example = '"ROMEO:"'
    demo_options = TextgenDemoOptions

    def data(self, dataset: LocalDataset, settings: TextgenSettings) -> TextgenData:
        """Read a text, split it and number its characters."""
        from coursekit_textgen.data import textgen_data
        from coursekit_textgen.load import load_parts

        return textgen_data(load_parts(dataset), settings)

    def model(self, data: TextgenData, settings: TextgenSettings) -> CharacterModel:
        """Return a network with an optimizer whose rate falls to zero at the last step."""
        from coursekit_textgen.build import build_model

        return build_model(data, settings)

    def initial_losses(self, data: TextgenData) -> dict[str, float]:
        """Return the cross-entropy of a network that takes every character for as likely."""
        return {"loss": math.log(len(data.vocabulary))}

    def assets(self, data: TextgenData) -> dict[str, Any]:
        """Return the characters, and the pieces of text that the standard sample needs."""
        return {
            "characters": data.vocabulary.characters,
            "opening": data.opening,
            "passage": data.passage,
            "demo_example": data.demo_example,
        }

    def restore(self, assets: dict[str, Any], settings: TextgenSettings) -> TextgenData:
        """Return the data of a demo, without splits."""
        from coursekit_textgen.data import TextgenData, Vocabulary

        return TextgenData(
            vocabulary=Vocabulary(assets["characters"]),
            opening=assets["opening"],
            passage=assets["passage"],
            demo_example=assets.get("demo_example", ""),
        )


@hookimpl
def coursekit_lessons() -> Iterable[Lesson]:
    """Offer the lesson."""
    return [TextgenLesson()]
