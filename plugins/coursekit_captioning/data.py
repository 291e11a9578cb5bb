"""Examples -> vocabulary -> batches of pictures with captions."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Any, Protocol, TypeAlias

import numpy as np
import numpy.typing as npt

from coursekit import CourseError, Data, fingerprint
from coursekit.store import Pixels
from coursekit_captioning.encoders import PRETRAINED
from coursekit_captioning.examples import Example, Parts
from coursekit_captioning.scenes import captions as captions_of
from coursekit_captioning.scenes import draw, scenes
from coursekit_captioning.vocabulary import END, PAD, SPECIAL, START, Vocabulary

if TYPE_CHECKING:
    import tensorflow as tf

    from coursekit_captioning import CaptioningSettings

SCENE_SIZE = 64  # pixels of a side
HELD_OUT_SCENES = 600  # in each of validation and test

Ids: TypeAlias = npt.NDArray[np.int32]
Places: TypeAlias = npt.NDArray[np.int64]


class Pictures(Protocol):
    """What the encoder takes, by row: pixels of scenes, or features of photographs."""

    @property
    def shape(self) -> tuple[int, ...]:
        """Of one row."""

    @property
    def dtype(self) -> str:
        """Of the numbers."""

    def rows(self, places: Places) -> npt.NDArray[Any]:
        """Return rows ``(places, *shape)``, zeros for a place of -1."""


class DrawnScenes:
    """The pictures of scenes, each drawn when it is first asked for."""

    shape = (SCENE_SIZE, SCENE_SIZE, 3)
    dtype = "uint8"

    def __init__(self, examples: Sequence[Example]) -> None:
        self.examples = examples
        # What was not drawn yet takes no memory: the system gives zeros when they are touched.
        self.pixels: Pixels = np.zeros((len(examples), *self.shape), np.uint8)
        self.is_drawn = np.zeros(len(examples), bool)

    def rows(self, places: Places) -> Pixels:
        """Return pictures as ``(places, 64, 64, 3)``, black for a place of -1."""
        for place in places[places >= 0]:
            scene = self.examples[place].scene
            if not self.is_drawn[place] and scene is not None:
                self.pixels[place] = draw(scene, SCENE_SIZE)
                self.is_drawn[place] = True
        pictures = self.pixels[places]
        pictures[places < 0] = 0
        return pictures


def drawn_examples(split: str, count: int) -> list[Example]:
    """Return scenes as examples; the first of a split are the same for any count."""
    return [
        Example(
            f"scene {place}", tuple(caption.text for caption in captions_of(scene)), None, scene
        )
        for place, scene in enumerate(scenes(split, count))
    ]


def scene_parts(count: int) -> Parts:
    """Return scenes: so many to train on, and those with combinations that are held out."""
    return Parts(
        drawn_examples("train", count),
        drawn_examples("validation", HELD_OUT_SCENES),
        drawn_examples("test", HELD_OUT_SCENES),
        ("each held-out scene shows a coloured shape in a relation that it never has in training",),
    )


@dataclass(frozen=True)
class CaptionSplit:
    """One split: its examples, and batches of them.

    Attributes:
        examples: All of them.
        pictures: The pictures of all splits.
        first: The row of the first example's picture.
        vocabulary: The words of the captions.
        lengths: The buckets: the longest caption of each, in words.
        group: The captions of a picture that are learnt together.
        batch_size: The pictures of a batch.
        seed: Of the order of the batches.
    """

    examples: Sequence[Example]
    pictures: Pictures
    first: int
    vocabulary: Vocabulary
    lengths: tuple[int, ...]
    group: int
    batch_size: int
    seed: int

    def rows(self, places: Sequence[int]) -> npt.NDArray[Any]:
        """Return what the encoder takes of some examples, zeros for a place of -1."""
        examples = np.asarray(places, np.int64)
        return self.pictures.rows(np.where(examples < 0, -1, examples + self.first))

    @cached_property
    def buckets(self) -> list[tuple[Places, Ids]]:
        """The rows of each bucket: the example, and a group of its captions.

        The captions, ``(rows, group, length + 2)``, are ``<start> ... <end>`` and padding. A
        picture's captions are grouped by length, so that little of it is padding.
        """
        bucket_rows: list[list[tuple[int, list[list[int]]]]] = [[] for _ in self.lengths]
        for place, example in enumerate(self.examples):
            captions = sorted(map(self.vocabulary.encode, example.captions), key=len)
            short = [ids for ids in captions if 0 < len(ids) <= self.lengths[-1]]
            for start in range(0, len(short), self.group):
                together = short[start : start + self.group]
                longest = len(together[-1])
                bucket = next(i for i, bound in enumerate(self.lengths) if longest <= bound)
                bucket_rows[bucket].append((place, together))
        return [
            (np.array([place for place, _ in rows], np.int64), self._caption_array(rows, bound))
            for rows, bound in zip(bucket_rows, self.lengths, strict=True)
        ]

    def _caption_array(self, rows: Sequence[tuple[int, list[list[int]]]], bound: int) -> Ids:
        array = np.full((len(rows), self.group, bound + 2), PAD, np.int32)
        for row, (_, together) in enumerate(rows):
            for column, ids in enumerate(together):
                array[row, column, : len(ids) + 2] = [START, *ids, END]
        return array

    @cached_property
    def too_long(self) -> int:
        """How many captions are longer than the last bucket."""
        lengths = (len(text.split()) for example in self.examples for text in example.captions)
        return sum(length > self.lengths[-1] for length in lengths)

    @property
    def batch_count(self) -> int:
        """The batches of an epoch."""
        return sum(-(-len(owners) // self.batch_size) for owners, _ in self.buckets)

    def plan(self, epoch: int) -> list[tuple[int, Places]]:
        """Return the bucket and the rows of each batch; -1 is a row of padding.

        A batch has captions of one bucket only, so that the compiled step sees few shapes.
        """
        order = np.random.default_rng([self.seed, epoch])
        batches = []
        for bucket, (owners, _) in enumerate(self.buckets):
            steps = -(-len(owners) // self.batch_size)
            rows = np.full(steps * self.batch_size, -1)
            rows[: len(owners)] = order.permutation(len(owners))
            batches += [(bucket, part) for part in rows.reshape(steps, self.batch_size)]
        return [batches[turn] for turn in order.permutation(len(batches))]

    def batches(self, epoch: int) -> tf.data.Dataset:
        """Return one epoch, in random order.

        A batch is what the encoder takes, ``(batch, ...)``, and the ids of captions,
        ``(batch, group, length + 2)``. The last one of a bucket is filled up with padding.

        Args:
            epoch: The number of the epoch, from 0.
        """
        import tensorflow as tf

        plan = self.plan(epoch)

        def read() -> Iterator[tuple[npt.NDArray[Any], Ids]]:
            for bucket, rows in plan:
                owners, ids = self.buckets[bucket]
                is_padding = rows < 0
                captions = ids[rows]
                captions[is_padding] = PAD
                yield self.rows(np.where(is_padding, -1, owners[rows]).tolist()), captions

        signature = (
            tf.TensorSpec((self.batch_size, *self.pictures.shape), self.pictures.dtype),
            tf.TensorSpec((self.batch_size, self.group, None), tf.int32),
        )
        dataset = tf.data.Dataset.from_generator(read, output_signature=signature)
        return dataset.apply(tf.data.experimental.assert_cardinality(len(plan))).prefetch(2)


@dataclass
class CaptioningData(Data):
    """The splits of a set of pictures, with the words of their captions.

    Attributes:
        vocabulary: The words.
        shows_scenes: Whether the pictures are drawn scenes.
        encoder: The network that sees photographs.
        held_out: The examples that the demo takes by ``--index``, those of test.
        steps_per_epoch: The batches of the training split.
    """

    vocabulary: Vocabulary = field(default_factory=Vocabulary)
    shows_scenes: bool = True
    encoder: str = "mobilenet"
    held_out: Sequence[Example] = ()
    steps_per_epoch: int = 1

    @property
    def offset(self) -> float:
        """How far below and to the right of its cell's middle a feature looks, in cells."""
        return 0.0 if self.shows_scenes else PRETRAINED[self.encoder].offset


def captioning_data(
    parts: Parts, pictures: Pictures, identities: Sequence[str], settings: CaptioningSettings
) -> CaptioningData:
    """Return the data that the lesson works on.

    Args:
        parts: The examples.
        pictures: What the encoder takes of them: of train, then validation, then test.
        identities: A text for each picture that names its content.
        settings: The hyper-parameters.

    Raises:
        CourseError: No caption is short enough, or no word frequent enough, to be trained on.
    """
    captions = (text for example in parts.train for text in example.captions)
    vocabulary = Vocabulary.of(captions, settings.words, settings.least)
    if len(vocabulary) == len(SPECIAL):
        raise CourseError(
            f"no word occurs {settings.least} times in the captions of the training split",
            "words to learn",
            "more pictures, or learn rare words too: --set least=1",
        )

    def split(examples: Sequence[Example], first: int) -> CaptionSplit:
        return CaptionSplit(
            examples,
            pictures,
            first,
            vocabulary,
            settings.lengths,
            settings.group,
            settings.batch_size,
            settings.seed,
        )

    sizes = [len(examples) for examples in parts[:3]]
    train = split(parts.train, 0)
    if not train.batch_count:
        raise CourseError(
            f"no caption has as few words as {settings.lengths[-1]}",
            "some short captions",
            "allow longer ones, for example --set lengths=10,20,40",
        )
    texts = ["\n".join(e.captions) for examples in parts[:3] for e in examples]
    return CaptioningData(
        fingerprint=fingerprint([*identities, *texts, str(sizes)]),
        train=train,
        validation=split(parts.validation, sizes[0]),
        test=split(parts.test, sizes[0] + sizes[1]),
        notes=notes(parts, train),
        vocabulary=vocabulary,
        shows_scenes=isinstance(pictures, DrawnScenes),
        encoder=settings.encoder,
        held_out=parts.test,
        steps_per_epoch=train.batch_count,
        demo_example=f"--index {min(3, len(parts.test) - 1)}" if parts.is_own else "",
    )


def notes(parts: Parts, train: CaptionSplit) -> tuple[str, ...]:
    """Say what there is and what was left out."""
    sizes = [len(examples) for examples in parts[:3]]
    captions = sum(len(example.captions) for example in parts.train)
    lines = [
        f"{sizes[0]:,} pictures with {captions:,} captions to train on, {sizes[1]:,} pictures "
        f"to validate, {sizes[2]:,} to test",
        *parts.notes,
        f"{len(train.vocabulary):,} words; the rest is <unk>, which is never written",
    ]
    if train.too_long:
        lines.append(
            f"{train.too_long:,} captions of more than {train.lengths[-1]} words are left out "
            "of training, but not of validation and test"
        )
    return tuple(lines)
