"""Lesson `captioning`: describe a picture with attention (Show, Attend and Tell, 2015).

The paper: https://arxiv.org/abs/1502.03044
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass
from types import MappingProxyType
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
    from coursekit_captioning.data import CaptioningData
    from coursekit_captioning.model import Captioner


@dataclass(frozen=True, kw_only=True)
class CaptioningSettings(Settings):
    """The hyper-parameters of the captioner."""

    epochs: int = setting(6, "passes over the training split", low=1, high=100_000)
    batch_size: int = setting(128, "pictures in one train step", low=1, high=65_536)
    jit: bool = setting(True, "compile the train step with XLA")
    encoder: str = setting(
        "mobilenet",
        "pretrained network for photographs; scenes use a small one of their own",
        choices=("mobilenet", "inception"),
    )
    scenes: int = setting(12_000, "drawn scenes to train on", low=1, high=1_000_000)
    group: int = setting(1, "captions of a picture in one train step", low=1, high=100)
    units: int = setting(256, "units of the decoder and of the attention", low=8, high=4_096)
    embedding: int = setting(256, "size of a word vector", low=1, high=4_096)
    words: int = setting(5_000, "size of the vocabulary; other words become <unk>", low=5)
    least: int = setting(5, "how often a word must occur to be in the vocabulary", low=1)
    lengths: tuple[int, ...] = setting(
        (8, 11, 14, 20), "length buckets in words; longer captions are not trained on", low=1
    )
    dropout: float = setting(0.4, "dropout rate of features and word vectors", low=0, high=0.9)
    smoothing: float = setting(0.1, "label smoothing", low=0, high=0.9)
    attend_everywhere: float = setting(
        0.0, "weight of the doubly stochastic regularisation", low=0, high=100
    )
    learning_rate: float = setting(2e-3, "peak learning rate of Adam", low=0, high=1)
    warmup: float = setting(0.05, "share of the steps used for warm-up", low=0, high=1)

    def __post_init__(self) -> None:
        """Check the buckets too. As in coursekit_nmt.

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
class CaptioningDemoOptions(Options):
    """What to describe, and how."""

    index: int = setting(0, "which held-out picture to describe if you name none", low=0)
    beam: int = setting(4, "beam width of the search; 1: greedy search", low=1, high=64)


# Drawn scenes never run out, so there is little need to guard against memorising them.
_OF_SCENES: dict[str, object] = {
    "jit": False,  # convolutions are slower under XLA
    "batch_size": 32,
    "group": 5,
    "units": 160,
    "embedding": 96,
    "least": 1,
    "lengths": (14,),
    "dropout": 0.1,
    "smoothing": 0.0,
    "learning_rate": 2e-3,
}

SCENES = Dataset(
    name="scenes",
    title="coloured shapes, drawn and described by a grammar that knows what is true",
    licence="MIT, part of coursekit",
    overrides={
        "quick": {**_OF_SCENES, "epochs": 5},
        "full": {**_OF_SCENES, "epochs": 12, "scenes": 40_000},
    },
    expected={"quick": Expected(5.0, "CIDEr 3.1, 85 % of the captions true")},
)

FLICKR8K = Dataset(
    name="flickr8k",
    title="8,000 photographs of people and dogs with five captions each (Hodosh et al. 2013)",
    licence="non-commercial research and education only; the photographers keep their rights",
    files=(
        RemoteFile(
            "https://github.com/jbrownlee/Datasets/releases/download/Flickr8k/Flickr8k_Dataset.zip",
            1_115_419_746,
            "md5:f18a1e2920de5bd84dae7cf08ec78978",
        ),
        RemoteFile(
            "https://github.com/jbrownlee/Datasets/releases/download/Flickr8k/Flickr8k_text.zip",
            2_340_801,
            "md5:bf6c1abcb8e4a833b7f922104de18627",
        ),
    ),
)

_COCO = "http://images.cocodataset.org/"
_COCO_LICENCE = "captions and boxes CC BY 4.0, COCO Consortium; photographs: Flickr's terms of use"

COCO = Dataset(
    name="coco",
    title="5,000 photographs of MS-COCO (val2017) with five captions each, and object boxes",
    licence=_COCO_LICENCE,
    files=(
        RemoteFile(
            _COCO + "zips/val2017.zip",
            815_585_330,
            "sha256:4f7e2ccb2866ec5041993c9cf2a952bbed69647b115d0f74da7ce8f4bef82f05",
        ),
        RemoteFile(
            _COCO + "annotations/annotations_trainval2017.zip",
            252_907_541,
            "sha256:113a836d90195ee1f884e704da6304dfaaecff1f023f49b6ca93c4aaae470268",
        ),
    ),
)

COCO_TRAIN2014 = Dataset(
    name="coco-train2014",
    title="82,783 photographs of MS-COCO (train2014), the set of the 2018 article",
    licence=_COCO_LICENCE,
    files=(
        RemoteFile(
            _COCO + "zips/train2014.zip",
            13_510_573_713,
            "sha256:ede4087e640bddba550e090eae701092534b554b42b05ac33f0300b984b31775",
        ),
        RemoteFile(
            _COCO + "annotations/annotations_trainval2014.zip",
            252_872_794,
            "sha256:031296bbc80c45a1d1f76bf9a90ead27e94e99ec629208449507a4917a3bf009",
        ),
    ),
)

TINY = CaptioningSettings(
    epochs=2,
    batch_size=16,
    jit=False,
    scenes=64,
    group=5,
    units=16,
    embedding=16,
    least=1,
    lengths=(5,),
    dropout=0.0,
    smoothing=0.0,
    learning_rate=2e-3,
)
QUICK = CaptioningSettings()
FULL = CaptioningSettings(epochs=20, units=384, embedding=384, dropout=0.5, encoder="inception")


def _bleu(name: str, meaning: str) -> Metric:
    return Metric(name, meaning, style=".1f", low=0, high=100)


class CaptioningLesson(
    Lesson["CaptioningSettings", "CaptioningData", "Captioner", "CaptioningDemoOptions"]
):
    """A picture in, a sentence out, and where the network looked at each word."""

    name = "captioning"
    title = "Image captioning with visual attention"
    question = "Can a machine describe a picture?"
    prerequisites = ("nmt",)
    presets = {"tiny": TINY, "quick": QUICK, "full": FULL}
    datasets = (SCENES, FLICKR8K, COCO, COCO_TRAIN2014)
    own_data = (
        "a folder of photographs with captions.csv: columns image, caption and, optionally, split"
    )
    metrics = (
        Metric(
            "cider",
            "CIDEr-D: how similar the captions are to those that people wrote",
            style=".2f",
            low=0,
            high=10,
        ),
        Metric(
            "true_captions",
            "share of captions in which every word is true (scenes)",
            style=".1%",
            low=0,
            high=1,
            optional=True,
        ),
        Metric(
            "pointing_game",
            "share of object words with the attention peak on that object (scenes, coco)",
            style=".1%",
            low=0,
            high=1,
            optional=True,
        ),
        _bleu("bleu_1", "BLEU with single words, all references used"),
        _bleu("bleu_2", "the same with n-grams of up to two words"),
        _bleu("bleu_3", "the same with n-grams of up to three"),
        _bleu("bleu_4", "the same with n-grams of up to four, the usual BLEU"),
    )
    demo_request = "a picture's file or web address"
    demo_example = "--index 3"
    demo_options = CaptioningDemoOptions
    former_exercises = MappingProxyType({"decoding": ("greedy", "search")})

    def data(self, dataset: LocalDataset, settings: CaptioningSettings) -> CaptioningData:
        """Read pictures and captions; compute the features of photographs once."""
        from coursekit_captioning.data import captioning_data
        from coursekit_captioning.load import load_parts, pictures_of

        parts = load_parts(dataset, settings)
        return captioning_data(parts, *pictures_of(parts, settings), settings)

    def model(self, data: CaptioningData, settings: CaptioningSettings) -> Captioner:
        """Return a captioner with an optimizer whose rate falls to zero at the last step."""
        from coursekit_captioning.build import build_captioner

        return build_captioner(data, settings)

    def initial_losses(self, data: CaptioningData) -> dict[str, float]:
        """Return the cross-entropy of a network that takes every word for as likely."""
        return {"loss": math.log(len(data.vocabulary))}

    def assets(self, data: CaptioningData) -> dict[str, Any]:
        """Return the vocabulary, and where the held-out pictures are."""
        from coursekit_captioning.load import assets

        return assets(data)

    def restore(self, assets: dict[str, Any], settings: CaptioningSettings) -> CaptioningData:
        """Return the data of a demo: vocabulary and held-out pictures, without splits."""
        from coursekit_captioning.load import restore

        return restore(assets, settings)


@hookimpl
def coursekit_lessons() -> Iterable[Lesson]:
    """Offer the lesson."""
    return [CaptioningLesson()]
