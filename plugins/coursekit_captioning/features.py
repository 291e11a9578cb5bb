"""Features of photographs: computed once, kept in one file, read by row.

The file is nothing but float16 numbers, a row a picture, so that a row is found by
multiplication. It is read by position, not mapped into memory: a process that maps a file
grows by all it has looked at.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt
from rich.filesize import decimal

from coursekit import CourseError, fingerprint
from coursekit.store import (
    Meter,
    Pixels,
    active_console,
    artefact_path,
    beside,
    computed_once,
    require_space,
)
from coursekit_captioning.encoders import Pretrained, network, weights_of
from coursekit_captioning.pictures import Source, load_picture

if TYPE_CHECKING:
    import keras

FOLDER = "features"  # of the cache
BATCH = 32
DECODERS = 2  # threads that decode pictures while the network computes
AHEAD = 4  # batches that they are ahead

Rows = npt.NDArray[np.float16]


@dataclass(frozen=True)
class FeatureFile:
    """The features of some pictures, on disk.

    Attributes:
        path: The raw file.
        shape: Of one row, ``(cells, channels)``.
        count: The rows.
    """

    path: Path
    shape: tuple[int, int]
    count: int

    @property
    def dtype(self) -> str:
        """Of the numbers."""
        return "float16"

    @property
    def row_bytes(self) -> int:
        """The size of a row."""
        return 2 * self.shape[0] * self.shape[1]

    @property
    def is_complete(self) -> bool:
        """Whether all rows are there."""
        return self.path.is_file() and self.path.stat().st_size == self.count * self.row_bytes

    def rows(self, places: npt.NDArray[np.int64]) -> Rows:
        """Return rows, zeros for a place of -1, as ``(places, cells, channels)``."""
        features: Rows = np.zeros((len(places), *self.shape), np.float16)
        with self.path.open("rb", buffering=0) as file:
            for row, place in enumerate(places):
                if place >= 0:
                    file.seek(int(place) * self.row_bytes)
                    file.readinto(memoryview(features[row]).cast("B"))
        return features


def feature_file(sources: Sequence[Source], digests: Sequence[str], encoder: Pretrained) -> Path:
    """Return where the features of these pictures by this encoder are, or will be.

    Args:
        sources: The pictures, in order.
        digests: What their content is known by.
        encoder: The network.
    """
    key = fingerprint([encoder.name, encoder.file.checksum, *digests])[:24]
    return artefact_path(FOLDER, f"{encoder.name}-{len(sources)}-{key}.f16")


def features_of(
    sources: Sequence[Source],
    digests: Sequence[str],
    encoder: Pretrained,
    model: keras.Model | None = None,
) -> FeatureFile:
    """Return the features of pictures, computing those that are not in the cache yet.

    A run that is killed is resumed where it stopped, at a whole batch, so that the numbers are
    the same. The file has its name only when it is complete.

    Args:
        sources: The pictures, in the order of the rows.
        digests: What their content is known by.
        encoder: The network.
        model: What computes; None: the network with its ImageNet weights.

    Raises:
        CourseError: Pictures cannot be read (all of them are named), or the disk is full.
    """
    path = feature_file(sources, digests, encoder)
    file = FeatureFile(path, (encoder.cells, encoder.channels), len(sources))
    return computed_once(
        path,
        lambda _: file if file.is_complete else None,
        lambda _: _compute(file, sources, encoder, model),
    )


def _compute(
    file: FeatureFile, sources: Sequence[Source], encoder: Pretrained, model: keras.Model | None
) -> None:
    part, console = beside(file.path, ".part"), active_console()
    total = file.count * file.row_bytes
    first = _whole_batches(part, file)
    console.print(
        f"features of {file.count:,} pictures by {encoder.name}: {decimal(total)} in {part.parent}",
        markup=False,
        highlight=False,
        soft_wrap=True,
    )
    require_space(part.parent, total - first * file.row_bytes)
    model = network(encoder, weights_of(encoder)) if model is None else model
    broken: list[str] = []
    with part.open("ab") as output, Meter(None, "features", total) as meter:
        meter.begin(first * file.row_bytes, total)
        for pixels in _pixel_batches(sources[first:], encoder.size, broken):
            rows = model.predict_on_batch(pixels)
            if not broken:  # after a fault it continues only to name all of them
                output.write(rows.tobytes())
                output.flush()
            meter.advance(rows.nbytes)
        os.fsync(output.fileno())
    if broken:
        part.unlink()  # with other pictures it would have another name
        raise _unreadable(broken)
    part.replace(file.path)


def _whole_batches(part: Path, file: FeatureFile) -> int:
    """Return the rows of a part file that can be kept, cutting off what is behind them."""
    if not part.is_file():
        return 0
    rows = min(part.stat().st_size // file.row_bytes, file.count)
    rows -= rows % BATCH if rows < file.count else 0
    with part.open("r+b") as stream:
        stream.truncate(rows * file.row_bytes)
    return rows


def _pixel_batches(sources: Sequence[Source], size: int, broken: list[str]) -> Iterator[Pixels]:
    """Yield batches of pixels, decoded by threads that are some batches ahead."""

    def one(source: Source) -> Pixels:
        try:
            return load_picture(source, size)
        except CourseError as error:
            broken.append(error.what)
            return np.zeros((size, size, 3), np.uint8)

    def whole(start: int) -> Pixels:
        return np.stack([one(source) for source in sources[start : start + BATCH]])

    with ThreadPoolExecutor(DECODERS) as pool:
        starts = iter(range(0, len(sources), BATCH))
        futures: list[Future[Pixels]] = [pool.submit(whole, s) for s in islice(starts, AHEAD)]
        while futures:
            yield futures.pop(0).result()
            futures += [pool.submit(whole, start) for start in islice(starts, 1)]


def _unreadable(broken: Sequence[str]) -> CourseError:
    listing = "\n  ".join(sorted(broken)[:5])
    more = f"\n  and {len(broken) - 5} more" if len(broken) > 5 else ""
    return CourseError(
        f"{len(broken)} of the pictures cannot be used:\n  {listing}{more}",
        "complete pictures of up to 50 megapixels",
        "replace them, or remove their lines from captions.csv",
    )
