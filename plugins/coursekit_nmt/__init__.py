"""Lesson `nmt`: translate Spanish to English with attention (Bahdanau, Cho, Bengio 2014).

The paper: https://arxiv.org/abs/1409.0473
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
    from coursekit import Showable
    from coursekit_nmt.data import NmtData
    from coursekit_nmt.model import Translator


@dataclass(frozen=True, kw_only=True)
class NmtSettings(Settings):
    """The hyper-parameters of the translator."""

    epochs: int = setting(3, "passes over the training split", low=1, high=100_000)
    batch_size: int = setting(128, "sentence pairs in one train step", low=1, high=65_536)
    jit: bool = setting(True, "compile the train step with XLA")
    units: int = setting(192, "units of the decoder and of the attention", low=1, high=4_096)
    encoder_units: int = setting(128, "units of each direction of the encoder", low=1, high=4_096)
    embedding: int = setting(128, "size of a word vector", low=1, high=4_096)
    source_words: int = setting(
        12_000, "size of the Spanish vocabulary; other words become <unk>", low=5
    )
    target_words: int = setting(
        6_000, "size of the English vocabulary; other words become <unk>", low=5
    )
    lengths: tuple[int, ...] = setting(
        (6, 9, 12, 18), "length buckets in words; longer pairs are not trained on", low=1, high=500
    )
    dropout: float = setting(0.1, "dropout rate of word vectors and features", low=0, high=0.9)
    annotation_dropout: float = setting(
        0.0, "dropout rate of the encoder's annotations", low=0, high=0.9
    )
    smoothing: float = setting(0.1, "label smoothing", low=0, high=0.9)
    samples: int = setting(
        1_024, "words in the training loss's normaliser; 0: the whole vocabulary", low=0
    )
    learning_rate: float = setting(4e-3, "peak learning rate of Adam", low=0, high=1)
    warmup: float = setting(0.1, "share of the steps used for warm-up", low=0, high=1)

    def __post_init__(self) -> None:
        """Check the buckets too. As in coursekit_captioning.

        Raises:
            CourseError: A value is out of its range, or the lengths do not rise.
        """
        super().__post_init__()
        if not 1 <= len(self.lengths) <= 4 or list(self.lengths) != sorted(set(self.lengths)):
            raise CourseError(
                f"lengths={','.join(map(str, self.lengths))} are not length buckets",
                "one to four increasing numbers, since each batch shape is compiled separately",
                "for example --set lengths=8,12,20",
            )


@dataclass(frozen=True, kw_only=True)
class NmtDemoOptions(Options):
    """How to translate."""

    beam: int = setting(4, "beam width of the search; 1: greedy search", low=1, high=64)


TATOEBA = Dataset(
    name="tatoeba",
    title="118,964 English-Spanish sentence pairs that volunteers of tatoeba.org wrote",
    licence="CC BY 2.0 FR, tatoeba.org and manythings.org/anki",
    expected={"quick": Expected(7, "BLEU 44"), "full": Expected(33, "BLEU 52")},
    files=(
        RemoteFile(
            "https://storage.googleapis.com/download.tensorflow.org/data/spa-eng.zip",
            2_638_744,
            "sha256:0c4fd7825d3d872488d38c157f784e035edab4f2ff0df25a2a208790ecb5b58f",
        ),
    ),
)

# A small world: no rare words, and sentences alike enough that dropout is what generalises.
_OF_PHRASEBOOK: dict[str, object] = {
    "jit": False,  # so small a network is trained before XLA has compiled it
    "batch_size": 64,
    "units": 128,
    "encoder_units": 96,
    "embedding": 96,
    "source_words": 2_000,
    "target_words": 2_000,
    "lengths": (8, 14),
    "dropout": 0.3,
    "annotation_dropout": 0.3,
    "learning_rate": 4e-3,
}

PHRASEBOOK = Dataset(
    name="phrasebook",
    title="Spanish sentences that a grammar generates, with all their right translations",
    licence="MIT, part of coursekit",
    overrides={
        "quick": {**_OF_PHRASEBOOK, "epochs": 8},
        "full": {**_OF_PHRASEBOOK, "epochs": 24},
    },
    expected={"quick": Expected(3, "97 % exact match")},
)

TINY = NmtSettings(
    epochs=2,
    batch_size=512,
    jit=False,
    units=16,
    encoder_units=16,
    embedding=16,
    source_words=500,
    target_words=500,
    lengths=(5,),
    samples=0,
    learning_rate=1e-2,
)
QUICK = NmtSettings()
FULL = NmtSettings(
    epochs=12,
    units=256,
    encoder_units=160,
    source_words=16_000,
    target_words=8_000,
    samples=1_536,
    dropout=0.2,
    learning_rate=3e-3,
)


class NmtLesson(Lesson["NmtSettings", "NmtData", "Translator", "NmtDemoOptions"]):
    """Spanish to English, with a network that shows where it looks."""

    name = "nmt"
    title = "Machine translation with attention, Spanish to English"
    question = "Can a machine translate a sentence?"
    prerequisites = ("textgen",)
    presets = {"tiny": TINY, "quick": QUICK, "full": FULL}
    datasets = (TATOEBA, PHRASEBOOK)
    own_data = "a UTF-8 text file, a pair on each line: English, a tab, Spanish"
    metrics = (
        Metric(
            "bleu",
            "BLEU of the free-running translations, all references used",
            style=".1f",
            low=0,
            high=100,
        ),
        Metric(
            "chrf",
            "F-score of n-grams of characters instead of words",
            style=".1f",
            low=0,
            high=100,
        ),
        Metric(
            "exact_match",
            "share of translations that equal one of the references",
            style=".1%",
            low=0,
            high=1,
        ),
        Metric(
            "attention_alignment",
            "share of content words that look at a word they translate (phrasebook)",
            style=".1%",
            low=0,
            high=1,
            optional=True,
        ),
    )
    demo_request = "Spanish sentences"
    demo_example = '"¿dónde está mi libro?"'
    demo_options = NmtDemoOptions

    def data(self, dataset: LocalDataset, settings: NmtSettings) -> NmtData:
        """Read pairs, split them by groups and number their words."""
        from coursekit_nmt.data import nmt_data
        from coursekit_nmt.load import load_parts

        return nmt_data(load_parts(dataset), settings)

    def model(self, data: NmtData, settings: NmtSettings) -> Translator:
        """Return a translator with an optimizer whose rate falls to zero at the last step."""
        from coursekit_nmt.build import build_translator

        return build_translator(data, settings)

    def demo(
        self, model: Translator, data: NmtData, request: str | None, options: NmtDemoOptions
    ) -> list[Showable]:
        """Translate sentences and show where the network looked."""
        from coursekit_nmt.demo import demo

        return demo(model, data, request, options.beam)

    def initial_losses(self, data: NmtData) -> dict[str, float]:
        """Return the cross-entropy of a network that takes every word for as likely."""
        return {"loss": math.log(len(data.target_vocabulary))}

    def assets(self, data: NmtData) -> dict[str, Any]:
        """Return the vocabularies, and what the standard sample needs."""
        return {
            "sample": data.sample,
            "demo_example": data.demo_example,
            "keeps_accents": data.keeps_accents,
            "source": list(data.source_vocabulary.words),
            "target": list(data.target_vocabulary.words),
        }

    def restore(self, assets: dict[str, Any], settings: NmtSettings) -> NmtData:
        """Return the data of a demo: vocabularies without splits."""
        from coursekit_nmt.data import NmtData, Vocabulary

        return NmtData(
            sample=assets.get("sample", NmtData.sample),
            demo_example=assets.get("demo_example", ""),
            keeps_accents=assets.get("keeps_accents", False),
            source_vocabulary=Vocabulary(tuple(assets["source"])),
            target_vocabulary=Vocabulary(tuple(assets["target"])),
        )


@hookimpl
def coursekit_lessons() -> Iterable[Lesson]:
    """Offer the lesson."""
    return [NmtLesson()]
