"""A text: characters -> numbers -> windows, shuffled -> batches.

The characters, the splits and the samples are as in coursekit_textgen, so that the figures of the
two lessons can be compared. The batches are not: nothing is carried from one to the next, so the
windows of text need not follow each other.

As in coursekit_textgen: `Vocabulary`, `opening`, `beginning`, `passage`, `TransformerData`.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, TypeAlias

import numpy as np
import numpy.typing as npt

from coursekit import CourseError, Data, fingerprint, quoted
from coursekit_transformer.load import Parts

if TYPE_CHECKING:
    import tensorflow as tf

    from coursekit_transformer import TransformerSettings

UNKNOWN = 0  # the id of every character that the training text does not have
LEAST_STEPS = 10  # fewer steps in an epoch teach nothing

Ids: TypeAlias = npt.NDArray[np.int32]


@dataclass(frozen=True)
class Vocabulary:
    """The characters of the training text; a character's id is its place, counted from 1."""

    characters: str

    @classmethod
    def of(cls, text: str) -> Vocabulary:
        """Return the characters of a text in the order of their code points."""
        return cls("".join(sorted(set(text))))

    def __len__(self) -> int:
        return len(self.characters) + 1

    @cached_property
    def _ids(self) -> dict[str, int]:
        return {character: place for place, character in enumerate(self.characters, 1)}

    def __contains__(self, character: str) -> bool:
        return character in self._ids

    def encode(self, text: str) -> Ids:
        """Return the id of each character, ``(characters,)``; `UNKNOWN` for those not here."""
        ids = self._ids
        return np.fromiter((ids.get(character, UNKNOWN) for character in text), np.int32, len(text))

    def decode(self, ids: npt.ArrayLike) -> str:
        """Return the text of some ids ``(characters,)``."""
        return "".join(self._signs[np.asarray(ids, np.int32)].tolist())

    @cached_property
    def _signs(self) -> npt.NDArray[np.str_]:
        return np.array(["\N{REPLACEMENT CHARACTER}", *self.characters])


@dataclass(frozen=True)
class TextSplit:
    """One split: its text, and the batches of it.

    Attributes:
        ids: The whole text, ``(characters,)``.
        batch_size: The windows of a batch.
        length: The characters of a window.
        seed: Of where the windows begin, and of their order, in each epoch.
    """

    ids: Ids
    batch_size: int
    length: int
    seed: int

    @property
    def steps(self) -> int:
        """The batches of an epoch, the same for every epoch."""
        # Room for the latest beginning, and for the character after the last one.
        windows = (len(self.ids) - self.length) // self.length
        return max(0, windows // self.batch_size)

    def batches(self, epoch: int) -> tf.data.Dataset:
        """Return one epoch: ``(inputs, targets)``, each ``(batch, length)``.

        The targets are the inputs, one character further on. Every epoch cuts the text into
        windows from another beginning, and takes them in another order.

        Args:
            epoch: The number of the epoch, from 0.
        """
        starts = self.starts(np.random.default_rng([self.seed, epoch]))
        return batches_of(self.ids, starts.reshape(-1, self.batch_size), self.length)

    def starts(self, draw: np.random.Generator) -> Ids:
        """Return where the windows of an epoch begin, shuffled, ``(steps * batch,)``."""
        first = int(draw.integers(self.length))
        windows = (len(self.ids) - 1 - first) // self.length
        order = draw.permutation(windows)[: self.steps * self.batch_size]
        return (first + self.length * order).astype(np.int32)


def batches_of(ids: Ids, starts: Ids, length: int) -> tf.data.Dataset:
    """Return batches ``(inputs, targets)`` of windows, each ``(batch, length)``.

    Args:
        ids: The text, ``(characters,)``.
        starts: Where the windows of each batch begin, ``(steps, batch)``.
        length: The characters of a window.
    """
    import tensorflow as tf

    whole = tf.constant(ids)  # held once, not once for each batch
    batch_size = starts.shape[1]

    def batch(begins: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
        places = begins[:, tf.newaxis] + tf.range(length + 1)  # (batch, length + 1)
        windows = tf.ensure_shape(tf.gather(whole, places), [batch_size, length + 1])
        return windows[:, :-1], windows[:, 1:]

    return tf.data.Dataset.from_tensor_slices(starts).map(batch)


@dataclass
class TransformerData(Data):
    """The splits of a text, with its characters.

    Attributes:
        vocabulary: The characters.
        steps_per_epoch: The batches of the training split.
        opening: How the samples begin: the first line of the held-out text.
        passage: A piece of the held-out text, for the pictures of attention.
    """

    vocabulary: Vocabulary = Vocabulary("")
    steps_per_epoch: int = 1
    opening: str = ""
    passage: str = ""


def transformer_data(parts: Parts, settings: TransformerSettings) -> TransformerData:
    """Return the data that the lesson works on.

    Raises:
        CourseError: The text is too short to fill the batches of an epoch.
    """
    vocabulary = Vocabulary.of(parts.train)

    def split(text: str) -> TextSplit:
        ids = vocabulary.encode(text)
        return TextSplit(ids, settings.batch_size, settings.length, settings.seed)

    train, validation, test = split(parts.train), split(parts.validation), split(parts.test)
    if train.steps < LEAST_STEPS or len(validation.ids) < 2 or len(test.ids) < 2:
        windows = settings.batch_size * LEAST_STEPS + 1
        raise CourseError(
            f"the text is too short: {len(parts.train):,} characters to train on make "
            f"{train.steps} batches of {settings.batch_size} x {settings.length}",
            f"about {math.ceil(windows * settings.length / 0.9):,} characters or more",
            "use a longer text" + smaller_batches(len(parts.train), settings),
        )
    return TransformerData(
        fingerprint=fingerprint(parts[:3]),
        train=train,
        validation=validation,
        test=test,
        notes=notes(parts, vocabulary),
        vocabulary=vocabulary,
        steps_per_epoch=train.steps,
        opening=opening(parts.validation),
        demo_example=quoted(beginning(parts.validation)) if parts.is_other else "",
        passage=passage(parts.validation),
    )


def smaller_batches(characters: int, settings: TransformerSettings) -> str:
    """Return the settings with which a short text would do, if there are such."""
    rows, length = min(4, settings.batch_size), min(32, settings.length)
    if characters < (rows * LEAST_STEPS + 1) * length:
        return ""
    return f", or smaller batches: --set batch_size={rows} --set length={length}"


def notes(parts: Parts, vocabulary: Vocabulary) -> tuple[str, ...]:
    """Say what there is."""
    sizes = (
        f"{len(parts.train):,} characters to train on, {len(parts.validation):,} to validate, "
        f"{len(parts.test):,} to test; {len(vocabulary.characters)} different ones"
    )
    unseen = sum(c not in vocabulary for c in parts.validation + parts.test)
    if not unseen:
        return (sizes, parts.note, *parts.looks)
    met = f"{unseen:,} held-out characters never occur in training: all count as one unknown"
    return (sizes, parts.note, met, *parts.looks)


def opening(text: str, most: int = 80) -> str:
    """Return the first whole line of a text that has words, with its line break."""
    lines = text.split("\n")[1:]  # the first may begin in the middle
    return next((line for line in lines if line.strip()), text[:most])[:most] + "\n"


def beginning(text: str, words: int = 3) -> str:
    """Return the first words of a text's first whole line, as one would type a beginning."""
    return " ".join(opening(text).split()[:words])[:40] or "the"


def passage(text: str, most: int = 400) -> str:
    """Return a piece of a text that begins and ends with whole lines where it can."""
    start = text.find("\n\n") + 2 if "\n\n" in text[: len(text) - most] else 0
    piece = text[start : start + most]
    return piece[: piece.rfind("\n")] if "\n" in piece[most // 2 :] else piece
