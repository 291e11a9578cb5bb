"""Pictures with their captions, in three splits: what every loader returns."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from coursekit_captioning.pictures import Source
from coursekit_captioning.scenes import Box, Scene, boxes_of


@dataclass(frozen=True)
class Example:
    """A picture and what people wrote about it.

    Attributes:
        name: What the user calls the picture.
        captions: In normal form.
        source: Where a photograph is; None for a scene.
        scene: What was drawn; None for a photograph.
        objects: The boxes of the things in a photograph, by the words that name them.
    """

    name: str
    captions: tuple[str, ...]
    source: Source | None = None
    scene: Scene | None = None
    objects: Mapping[str, tuple[Box, ...]] = field(default_factory=dict)

    def boxes(self, words: Sequence[str]) -> tuple[tuple[Box, ...], ...]:
        """Return for each word of a caption the boxes of what it names, see `scenes.boxes_of`."""
        if self.scene is not None:
            return boxes_of(self.scene, words)
        return tuple(self.objects.get(word, ()) for word in words)


class Parts(NamedTuple):
    """The examples of the three splits; no picture is in two of them.

    Attributes:
        train: What is learnt from.
        validation: What selects the best epoch.
        test: What is reported.
        notes: What the learner should know of them.
        is_own: Whether they are the user's own.
    """

    train: Sequence[Example]
    validation: Sequence[Example]
    test: Sequence[Example]
    notes: tuple[str, ...] = ()
    is_own: bool = False
