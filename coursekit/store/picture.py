"""The one reader of pictures: a file of any kind -> pixels of 8 bits, small.

Of an animation the first frame is taken; palettes and CMYK become red, green and blue; grey of
16 or 32 bits and of floats is scaled; the camera's note of how it was held is followed. What is
transparent becomes white, or black under a drawing that is light, so that it can be seen.
"""

from __future__ import annotations

import io
import warnings
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, NamedTuple, TypeAlias

import numpy as np
import numpy.typing as npt
from PIL import Image, ImageOps

from coursekit.errors import CourseError
from coursekit.store.folder import shown_name

if TYPE_CHECKING:
    from coursekit.store.folder import Listing

Pixels: TypeAlias = npt.NDArray[np.uint8]

MOST_PIXELS = 50_000_000  # decoded at once; a JPEG is scaled down while it is decoded
KINDS = "a JPEG, PNG, GIF, WebP, BMP or TIFF picture"
LIGHT = 192  # a transparent picture whose drawing is lighter gets a black ground
ORIENTATION = 0x0112  # the tag in EXIF
WITH_ALPHA = ("RGBA", "LA", "PA", "La", "RGBa")
TO_JPEG = "save it as a JPEG: open it in a photo program and export it"


def rgb_picture(data: bytes, size: int, name: str) -> Pixels:
    """Return a picture in colour, squeezed to a square, ``(size, size, 3)``.

    It is squeezed, not cropped: all of it is seen, and a box given in fractions of the picture
    stays where it was.

    Args:
        data: The picture file.
        size: The side of the square in pixels.
        name: What error messages call it.

    Raises:
        CourseError: It is no picture, it is cut off, or it is too large to decode.
    """
    with opened(data, name, "RGB", size) as picture:
        small = in_8_bits(picture).resize((size, size), Image.Resampling.BILINEAR)
        return np.asarray(upright(flat(small).convert("RGB"), picture), np.uint8)


def grey_picture(data: bytes, size: int, name: str) -> Pixels:
    """Return the middle square of a picture in grey, ``(size, size)``; see `rgb_picture`."""
    with opened(data, name, "L", 4 * size) as picture:
        grey = flat(in_8_bits(picture)).convert("L")
        small = ImageOps.fit(grey, (size, size), Image.Resampling.LANCZOS)
        return np.asarray(upright(small, picture), np.uint8)


class Small(NamedTuple):
    """The pictures of a folder that can be read, small and grey.

    Attributes:
        pixels: ``(size, size)`` of each.
        names: Of each.
        groups: Of each the place of the first picture that looks exactly like it.
        left_out: What could not be read and why, one line; empty if all could.
    """

    pixels: list[Pixels]
    names: list[str]
    groups: list[int]
    left_out: list[str]

    @property
    def copies(self) -> list[str]:
        """Which pictures are copies of others, whatever their files hold."""
        pairs = enumerate(self.groups)
        return [f"{self.names[at]} is {self.names[first]}" for at, first in pairs if at != first]


def small_pictures(listing: Listing, size: int) -> Small:
    """Read the pictures of a folder in grey, see `grey_picture`."""
    small = Small([], [], [], [])
    faults: list[str] = []
    seen: dict[bytes, int] = {}
    for name, read in listing.pictures():
        try:
            pixels = grey_picture(read(), size, name)
        except CourseError as error:
            faults.append(shown_name(error.what))
            continue
        small.groups.append(seen.setdefault(pixels.tobytes(), len(small.pixels)))
        small.pixels.append(pixels)
        small.names.append(name)
    if faults:
        small.left_out.append(named(f"{len(faults)} cannot be read", faults))
    return small


def named(what: str, where: Sequence[str], most: int = 3) -> str:
    """Return a count with its first examples: ``what: a; b; c and 4 more``."""
    more = f" and {len(where) - most} more" if len(where) > most else ""
    return f"{what}: {'; '.join(where[:most])}{more}"


def aspect_of(data: bytes) -> float:
    """Return the height of a picture by its width, as it is held; it was decoded before."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", Image.DecompressionBombWarning)
        with Image.open(io.BytesIO(data)) as picture:
            width, height = picture.size
            on_its_side = picture.getexif().get(ORIENTATION, 1) >= 5
    return width / height if on_its_side else height / width


@contextmanager
def opened(data: bytes, name: str, mode: str, size: int) -> Iterator[Image.Image]:
    """Open a picture, and turn whatever its decoder raises in the block into words.

    Args:
        data: The picture file.
        name: What error messages call it.
        mode: ``"RGB"`` or ``"L"``: what a JPEG is decoded to.
        size: The pixels of a side that are needed: a JPEG is decoded no larger than necessary.

    Raises:
        CourseError: It is no picture, it is cut off, or it is too large to decode.
    """
    if not data:
        raise CourseError(
            f"{name} cannot be read as a picture: it is empty", KINDS, "replace it, or remove it"
        )
    if is_heic(data):
        raise CourseError(f"{name} is a HEIC picture, which is not supported", KINDS, TO_JPEG)
    try:
        with warnings.catch_warnings():
            # `check_size` below is stricter than Pillow, which only warns.
            warnings.simplefilter("ignore")
            picture = Image.open(io.BytesIO(data))
            with picture:
                picture.draft(mode, (size, size))
                check_size(picture, name)
                yield picture
    except CourseError:
        raise
    except Image.DecompressionBombError as error:
        raise too_large(name, str(error)) from error
    except Exception as error:  # a decoder meets damage in a hundred ways
        raise CourseError(
            f"{name} cannot be read as a picture: {error or type(error).__name__}",
            f"{KINDS} that is complete",
            "replace it, or remove it",
        ) from error


def is_heic(data: bytes) -> bool:
    """Return whether a file is of the kind that iPhones write."""
    return data[4:8] == b"ftyp" and data[8:12] in (b"heic", b"heix", b"mif1", b"msf1", b"hevc")


def check_size(picture: Image.Image, name: str) -> None:
    """Raise a `CourseError` if a picture would take too much memory."""
    width, height = picture.size
    if width * height > MOST_PIXELS:
        raise too_large(name, f"it has {width:,} x {height:,} pixels")


def too_large(name: str, reason: str) -> CourseError:
    """Return the error for a picture that would take too much memory."""
    return CourseError(
        f"{name} is too large: {reason}",
        f"at most {MOST_PIXELS // 1_000_000} megapixels (a JPEG may have more)",
        "save it smaller, or as a JPEG",
    )


def in_8_bits(picture: Image.Image) -> Image.Image:
    """Return a picture as grey, RGB, RGBA or CMYK with 8 bits a channel."""
    if picture.mode in ("L", "RGB", "RGBA", "CMYK") and "transparency" not in picture.info:
        return picture
    if picture.mode.startswith(("I", "F")):
        return Image.fromarray(scaled(np.asarray(picture)))
    has_alpha = picture.mode in WITH_ALPHA or "transparency" in picture.info
    return picture.convert("RGBA" if has_alpha else "RGB")


def scaled(values: npt.NDArray[np.generic]) -> Pixels:
    """Return grey values of any type as 0 to 255.

    What is white follows from the type and the largest value: 1 of floats, else the largest
    number of 8, 12 or 16 bits, whichever holds all values. Other ranges (negative, larger) are
    stretched from the smallest value to the largest. What is not finite is black.
    """
    numbers = np.nan_to_num(values.astype(np.float64), nan=0.0, posinf=0.0, neginf=0.0)
    low, high = float(numbers.min()), float(numbers.max())
    is_float = np.issubdtype(values.dtype, np.floating)
    tops = (1.0, 255.0, 4095.0, 65535.0) if is_float else (255.0, 4095.0, 65535.0)
    top = next((top for top in tops if low >= 0 and high <= top), None)
    if top is None:
        numbers, top = numbers - low, high - low
    grey: Pixels = np.round(numbers * (255 / (top or 1.0))).astype(np.uint8)
    return grey


def flat(picture: Image.Image) -> Image.Image:
    """Return a picture on a ground on which its drawing is seen, where it is transparent."""
    if picture.mode != "RGBA":
        return picture
    alpha = np.asarray(picture.getchannel("A"), np.float64)
    grey = np.asarray(picture.convert("RGB").convert("L"), np.float64)
    is_light = alpha.sum() > 0 and (grey * alpha).sum() / alpha.sum() > LIGHT
    ground = Image.new("RGBA", picture.size, "black" if is_light else "white")
    return Image.alpha_composite(ground, picture).convert("RGB")


def upright(small: Image.Image, picture: Image.Image) -> Image.Image:
    """Turn a small square copy of a picture as the camera's note in the picture says."""
    orientation = picture.getexif().get(ORIENTATION, 1)
    if orientation == 1:
        return small
    small.getexif()[ORIENTATION] = orientation
    return ImageOps.exif_transpose(small)
