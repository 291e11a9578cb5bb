"""A text: characters -> numbers -> rows that continue where they stopped -> batches.

The text is cut into as many long rows as a batch has, side by side. A batch is the next
piece of every row, so row i of a batch continues row i of the batch before: that is what
makes it right to carry the network's state from batch to batch.

As in coursekit_transformer: `Vocabulary`, `opening`, `beginning`, `passage`, `TextgenData`.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, TypeAlias

import numpy as np
import numpy.typing as npt

from coursekit import CourseError, Data, fingerprint, quoted
from coursekit_textgen.load import Parts

if TYPE_CHECKING:
    import tensorflow as tf

    from coursekit_textgen import TextgenSettings

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
        batch_size: The rows of a batch.
        length: The characters of a row in one batch.
        carry_state: Whether a batch starts from the final state of the one before.
        seed: Of where the rows begin in each epoch.
    """

    ids: Ids
    batch_size: int
    length: int
    carry_state: bool
    seed: int

    @property
    def steps(self) -> int:
        """The batches of an epoch, the same for every epoch."""
        # Room for the latest beginning, and for the character after the last one.
        rows = (len(self.ids) - self.length) // self.batch_size
        return max(0, (rows - 1) // self.length)

    def batches(self, epoch: int) -> tf.data.Dataset:
        """Return one epoch: ``(inputs, targets, fresh)``.

        ``inputs`` and ``targets`` are ``(batch, length)``, the targets one character further on.
        ``fresh`` ``(batch,)`` is true where a row does not continue the one before it: in the
        first batch of an epoch, and always if the state is not carried.

        Each epoch begins a little later in the text (by less than `length`), so that the
        cuts between batches fall elsewhere.

        Args:
            epoch: The number of the epoch, from 0.
        """
        first = int(np.random.default_rng([self.seed, epoch]).integers(self.length))
        return batches_of(
            side_by_side(self.ids, self.batch_size, first),
            self.length,
            self.steps,
            self.carry_state,
        )


def side_by_side(ids: Ids, batch_size: int, first: int = 0) -> Ids:
    """Cut a text into long rows ``(batch, width)``: each starts where the row above it ends.

    The rows are as long as possible; the few characters that remain at the end are dropped.

    Args:
        ids: The text, ``(characters,)``.
        batch_size: How many rows.
        first: The place in the text where the first row begins.
    """
    width = (len(ids) - first) // batch_size
    return ids[first : first + batch_size * width].reshape(batch_size, width)


def next_piece(rows: Ids, step: int, length: int) -> tuple[Ids, Ids]:
    """Return the inputs and the targets of one batch, each ``(batch, length)``.

    The targets are the inputs shifted by one character; the next batch begins with the last
    target of this one.

    Args:
        rows: The text side by side, ``(batch, width)``.
        step: The number of the batch, from 0.
        length: The characters of a row in one batch.
    """
    start = step * length
    piece = rows[:, start : start + length + 1]
    return piece[:, :-1], piece[:, 1:]


def batches_of(rows: Ids, length: int, steps: int, carry_state: bool) -> tf.data.Dataset:
    """Return batches ``(inputs, targets, fresh)``, as `TextSplit.batches` describes them.

    Args:
        rows: The text side by side, ``(batch, width)``.
        length: The characters of a row in one batch.
        steps: How many batches.
        carry_state: Whether a batch starts from the state at the end of the previous batch.
    """
    import tensorflow as tf

    whole = tf.constant(rows)  # stored once, not copied for each batch

    def batch(step: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor, tf.Tensor]:
        inputs, targets = next_piece(whole, tf.cast(step, tf.int32), length)
        shape = [len(rows), length]
        fresh = tf.fill([len(rows)], step == 0 or not carry_state)
        return tf.ensure_shape(inputs, shape), tf.ensure_shape(targets, shape), fresh

    return tf.data.Dataset.range(steps).map(batch)


@dataclass
class TextgenData(Data):
    """The splits of a text, with its characters.

    Attributes:
        vocabulary: The characters.
        steps_per_epoch: The batches of the training split.
        opening: How the samples begin: the first line of the held-out text.
        passage: A piece of the held-out text, for the picture of surprise.
    """

    vocabulary: Vocabulary = Vocabulary("")
    steps_per_epoch: int = 1
    opening: str = ""
    passage: str = ""


def textgen_data(parts: Parts, settings: TextgenSettings) -> TextgenData:
    """Return the data that the lesson works on.

    Raises:
        CourseError: The text is too short to fill the batches of an epoch.
    """
    vocabulary = Vocabulary.of(parts.train)

    def split(text: str) -> TextSplit:
        return TextSplit(
            vocabulary.encode(text),
            settings.batch_size,
            settings.length,
            settings.carry_state,
            settings.seed,
        )

    train, validation, test = split(parts.train), split(parts.validation), split(parts.test)
    if train.steps < LEAST_STEPS or len(validation.ids) < 2 or len(test.ids) < 2:
        least = math.ceil(settings.batch_size * settings.length * (LEAST_STEPS + 2) / 0.9)
        raise CourseError(
            f"the text is too short: {len(parts.train):,} characters to train on make "
            f"{train.steps} batches of {settings.batch_size} x {settings.length}",
            f"about {least:,} characters or more",
            "use a longer text" + smaller_batches(len(parts.train), settings),
        )
    return TextgenData(
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


def smaller_batches(characters: int, settings: TextgenSettings) -> str:
    """Return the settings with which a short text would do, if there are such."""
    rows, length = min(8, settings.batch_size), min(32, settings.length)
    if characters < rows * length * (LEAST_STEPS + 2):
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
    unknown = f"{unseen:,} held-out characters never occur in training: all count as one unknown"
    return (sizes, parts.note, unknown, *parts.looks)


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
