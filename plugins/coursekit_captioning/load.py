"""From a data set's name to its examples and pictures, and what a run keeps of them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from coursekit import CourseError, LocalDataset
from coursekit_captioning.coco import coco_parts
from coursekit_captioning.data import (
    CaptioningData,
    DrawnScenes,
    Pictures,
    drawn_examples,
    scene_parts,
)
from coursekit_captioning.encoders import PRETRAINED
from coursekit_captioning.examples import Example, Parts
from coursekit_captioning.features import features_of
from coursekit_captioning.flickr8k import flickr8k_parts
from coursekit_captioning.folder import folder_parts
from coursekit_captioning.pictures import Source, digests_of
from coursekit_captioning.vocabulary import Vocabulary

if TYPE_CHECKING:
    from coursekit_captioning import CaptioningSettings


READERS: dict[str, Callable[[LocalDataset, CaptioningSettings], Parts]] = {
    "scenes": lambda _, settings: scene_parts(settings.scenes),
    "flickr8k": lambda dataset, _: flickr8k_parts(dataset),
    "coco": lambda dataset, _: coco_parts(dataset),
    "coco-train2014": lambda dataset, _: coco_parts(dataset),
}


def load_parts(dataset: LocalDataset, settings: CaptioningSettings) -> Parts:
    """Return the splits of a data set, or of the user's own data. As in coursekit_nmt.

    Raises:
        CourseError: No reader has the data set's name, or the data is not what the reader reads.
    """
    if dataset.path is not None:
        return folder_parts(dataset.path)
    if dataset.name not in READERS:
        raise CourseError(
            f"no reader for the data set {dataset.name!r}",
            f"one of: {', '.join(sorted(READERS))}",
            "add a reader to READERS in coursekit_captioning/load.py",
        )
    return READERS[dataset.name](dataset, settings)


def pictures_of(parts: Parts, settings: CaptioningSettings) -> tuple[Pictures, list[str]]:
    """Return what the encoder takes of some examples, and a text that names each picture's content.

    Of scenes these are pixels, of photographs the features that a pretrained network sees.

    Raises:
        CourseError: A photograph cannot be read.
    """
    examples = [example for split in parts[:3] for example in split]
    sources = [example.source for example in examples if example.source is not None]
    if not sources:
        return DrawnScenes(examples), [repr(example.scene) for example in examples]
    digests = digests_of(sources)
    return features_of(sources, digests, PRETRAINED[settings.encoder]), digests


def assets(data: CaptioningData) -> dict[str, Any]:
    """Return what the demo needs, as plain JSON values."""
    held_out = [
        {
            "name": example.name,
            "captions": list(example.captions),
            "path": str(example.source.path) if example.source else "",
            "member": example.source.member if example.source else "",
        }
        for example in data.held_out
    ]
    return {
        "words": list(data.vocabulary.words),
        "shows_scenes": data.shows_scenes,
        "demo_example": data.demo_example,
        "held_out": len(held_out) if data.shows_scenes else held_out,
    }


def restore(assets: dict[str, Any], settings: CaptioningSettings) -> CaptioningData:
    """Return what `assets` returned as data without splits."""
    data = CaptioningData(
        vocabulary=Vocabulary(tuple(assets["words"])),
        shows_scenes=assets["shows_scenes"],
        encoder=settings.encoder,
        demo_example=assets.get("demo_example", ""),
    )
    if data.shows_scenes:
        return replace(data, held_out=drawn_examples("test", assets["held_out"]))
    held_out = [
        Example(
            plain["name"], tuple(plain["captions"]), Source(Path(plain["path"]), plain["member"])
        )
        for plain in assets["held_out"]
    ]
    return replace(data, held_out=held_out)
