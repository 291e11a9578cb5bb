"""From a data set's name to the data of the lesson, and what a run keeps of it."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from coursekit import LocalDataset
from coursekit_captioning.coco import coco_parts
from coursekit_captioning.data import (
    CaptioningData,
    DrawnScenes,
    captioning_data,
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


def load_data(dataset: LocalDataset, settings: CaptioningSettings) -> CaptioningData:
    """Return what the lesson learns from.

    Raises:
        CourseError: The files are not what this lesson can read.
    """
    if dataset.name == "scenes":
        parts = scene_parts(settings.scenes)
        examples = [example for split in parts[:3] for example in split]
        known_by = [repr(example.scene) for example in examples]
        return captioning_data(parts, DrawnScenes(examples), known_by, settings)
    return photograph_data(photograph_parts(dataset), settings)


def photograph_parts(dataset: LocalDataset) -> Parts:
    """Return the examples of a set of photographs."""
    if dataset.path is not None:
        return folder_parts(dataset.path)
    if dataset.name == "flickr8k":
        return flickr8k_parts(dataset)
    return coco_parts(dataset)


def photograph_data(parts: Parts, settings: CaptioningSettings) -> CaptioningData:
    """Return photographs as the features that a pretrained network sees in them."""
    examples = [example for split in parts[:3] for example in split]
    sources = [example.source for example in examples if example.source is not None]
    digests = digests_of(sources)
    features = features_of(sources, digests, PRETRAINED[settings.encoder])
    return captioning_data(parts, features, digests, settings)


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
        "held_out": len(held_out) if data.shows_scenes else held_out,
    }


def restore(assets: dict[str, Any], settings: CaptioningSettings) -> CaptioningData:
    """Return what `assets` returned as data without splits."""
    data = CaptioningData(
        vocabulary=Vocabulary(tuple(assets["words"])),
        shows_scenes=assets["shows_scenes"],
        encoder=settings.encoder,
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
