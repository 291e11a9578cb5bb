"""Pictures of any kind -> square arrays of red, green and blue.

A picture is squeezed to a square, not cropped: all of it is seen, and a box given in
fractions of the picture stays where it was.
"""

from __future__ import annotations

import hashlib
import io
import warnings
import zipfile
import zlib
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import TypeAlias

import numpy as np
import numpy.typing as npt
from PIL import Image, ImageOps

from coursekit import CourseError

Pixels: TypeAlias = npt.NDArray[np.uint8]

MOST_PIXELS = 50_000_000  # decoded at once; a JPEG is scaled down while it is decoded
KINDS = "a JPEG, PNG, GIF, WebP, BMP or TIFF picture"


@dataclass(frozen=True)
class Source:
    """Where the bytes of a picture are.

    Attributes:
        path: The picture's file, or the zip archive that holds it.
        member: Its name in the archive; empty for a file.
    """

    path: Path
    member: str = ""

    @property
    def name(self) -> str:
        """What error messages call it."""
        return f"{self.member} in {self.path}" if self.member else str(self.path)

    def read(self) -> bytes:
        """Return the picture's bytes.

        Raises:
            CourseError: There is no such picture.
        """
        try:
            if not self.member:
                return self.path.read_bytes()
            return open_archive(self.path, self.path.stat().st_mtime_ns).read(self.member)
        except (OSError, KeyError, RuntimeError, zipfile.BadZipFile, zlib.error) as error:
            reason = getattr(error, "strerror", None) or error
            raise CourseError(f"cannot read the picture {self.name}: {reason}") from error


@lru_cache(maxsize=2)
def open_archive(archive: Path, mtime_ns: int) -> zipfile.ZipFile:
    """Return an archive that stays open: its table of contents is long. Threads may share it."""
    return zipfile.ZipFile(archive)


def digests_of(sources: Sequence[Source]) -> list[str]:
    """Return for each picture a text that changes when its bytes do.

    Of a member of an archive it is the checksum that stands in the archive.

    Raises:
        CourseError: A picture cannot be read.
    """
    digests = []
    for source in sources:
        if source.member:
            info = open_archive(source.path, source.path.stat().st_mtime_ns).getinfo(source.member)
            digests.append(f"{info.CRC:08x}{info.file_size:x}")
        else:
            digests.append(hashlib.sha256(source.read()).hexdigest())
    return digests


def decode(data: bytes, size: int, name: str) -> Pixels:
    """Return a picture as ``(size, size, 3)``.

    Of an animation the first frame is taken; grey, CMYK and palette become RGB; what is
    transparent becomes white; the camera's note of how it was held is followed.

    Args:
        data: The picture file.
        size: The side of the square.
        name: What error messages call it.

    Raises:
        CourseError: It is no picture, it is cut off, or it is too large to decode.
    """
    try:
        with warnings.catch_warnings():
            # `check_size` below is stricter than Pillow, which only warns.
            warnings.simplefilter("ignore", Image.DecompressionBombWarning)
            picture = Image.open(io.BytesIO(data))
        with picture:
            picture.draft("RGB", (size, size))  # JPEG only: decodes every 2nd to 8th pixel
            check_size(picture, name)
            # Squeezed before it is turned and converted: those work on copies of the whole.
            orientation = picture.getexif().get(0x0112, 1)
            flat = rgb(to_square(picture, size))
    except Image.DecompressionBombError as error:
        raise _too_large(name, str(error)) from error
    except (OSError, SyntaxError, ValueError, EOFError) as error:
        raise CourseError(
            f"{name} cannot be read as a picture: {error}",
            f"{KINDS} that is whole",
            "replace it, or take its lines out of captions.csv",
        ) from error
    if orientation != 1:
        flat.getexif()[0x0112] = orientation
        flat = ImageOps.exif_transpose(flat)
    return np.asarray(flat, np.uint8)


def aspect_of(data: bytes) -> float:
    """Return the height of a picture by its width, as it is held; it was decoded before."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", Image.DecompressionBombWarning)
        with Image.open(io.BytesIO(data)) as picture:
            width, height = picture.size
            on_its_side = picture.getexif().get(0x0112, 1) >= 5
    return width / height if on_its_side else height / width


def check_size(picture: Image.Image, name: str) -> None:
    """Raise a `CourseError` if a picture would take too much memory."""
    width, height = picture.size
    if width * height > MOST_PIXELS:
        raise _too_large(name, f"it has {width:,} x {height:,} pixels")


def _too_large(name: str, reason: str) -> CourseError:
    return CourseError(
        f"{name} is too large: {reason}",
        f"at most {MOST_PIXELS // 1_000_000} megapixels (a JPEG may have more)",
        "save it smaller, or as a JPEG",
    )


def to_square(picture: Image.Image, size: int) -> Image.Image:
    """Return a square copy of a picture, smoothed where it shrinks."""
    if picture.mode not in ("L", "RGB", "RGBA", "CMYK"):
        has_alpha = "transparency" in picture.info or picture.mode in ("PA", "LA", "La", "RGBa")
        picture = grey16(picture) if picture.mode.startswith(("I", "F")) else picture
        picture = picture.convert("RGBA" if has_alpha else "RGB")
    return picture.resize((size, size), Image.Resampling.BILINEAR)


def grey16(picture: Image.Image) -> Image.Image:
    """Return a grey picture of 16 or more bits with 8, its range stretched to the whole."""
    values = np.asarray(picture, np.float32)
    low, high = float(values.min()), float(values.max())
    grey = (values - low) * (255 / (high - low) if high > low else 0)
    return Image.fromarray(grey.astype(np.uint8))


def rgb(picture: Image.Image) -> Image.Image:
    """Return a picture in red, green and blue, on white where it is transparent."""
    if picture.mode == "RGBA":
        white = Image.new("RGBA", picture.size, "white")
        return Image.alpha_composite(white, picture).convert("RGB")
    return picture.convert("RGB")


def load_picture(source: Source, size: int) -> Pixels:
    """Read and decode a picture, see `decode`."""
    return decode(source.read(), size, source.name)
