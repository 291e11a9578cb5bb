"""The networks that were trained on ImageNet and see photographs for the decoder."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from coursekit import CourseError, RemoteFile
from coursekit.store import fetch_file, reading

if TYPE_CHECKING:
    import keras

FOLDER = "imagenet"  # of the cache
LICENCE = "Apache-2.0, the Keras authors"
_PUBLISHED = "https://storage.googleapis.com/tensorflow/keras-applications/"


@dataclass(frozen=True)
class Pretrained:
    """A network without its classifier.

    Attributes:
        name: What the setting ``encoder`` calls it.
        file: Its published weights.
        size: The side of the pictures that it takes.
        grid: The cells of its last layer along each side.
        channels: The features of a cell.
        offset: How far below and to the right of the middle of its cell a feature looks, in cells.
    """

    name: str
    file: RemoteFile
    size: int
    grid: int
    channels: int
    offset: float = 0.0

    @property
    def cells(self) -> int:
        """The places that attention can look at."""
        return self.grid * self.grid


MOBILENET = Pretrained(
    "mobilenet",
    RemoteFile(
        _PUBLISHED + "mobilenet/mobilenet_2_5_224_tf_no_top.h5",
        2_108_140,
        "sha256:dbdb03ee2a22fd895301636cd328b234bb3a9952358f436d82f46b81e0d5b0bf",
    ),
    size=224,
    grid=7,
    channels=256,
    # Each of its five strides of 2 is padded on one side only: 1/2 + 1 + 2 + 4 + 8 pixels of 32.
    offset=15.5 / 32,
)
INCEPTION = Pretrained(
    "inception",
    RemoteFile(
        _PUBLISHED + "inception_v3/inception_v3_weights_tf_dim_ordering_tf_kernels_notop.h5",
        87_910_968,
        "md5:bcbd6486424b2319ff4ef7d526e38f63",
    ),
    size=299,
    grid=8,
    channels=2048,
)
PRETRAINED = {encoder.name: encoder for encoder in (MOBILENET, INCEPTION)}


def weights_of(encoder: Pretrained) -> Path:
    """Return the file of a network's weights, downloading it if it is missing."""
    return fetch_file(FOLDER, encoder.file, LICENCE)


def load_weights(base: keras.Model, encoder: Pretrained, weights: Path) -> None:
    """Read a network's weights; raise a `CourseError` if they are not those of this network."""
    try:
        base.load_weights(weights)
    except (OSError, ValueError, KeyError, AttributeError, RuntimeError, TypeError) as error:
        reason = next(iter(str(error).splitlines()), "")
        raise CourseError(
            f"{weights} does not hold the weights of {encoder.name}: {reason}",
            f"{encoder.file.name}, {encoder.file.size:,} bytes",
            "delete it; it will be downloaded again",
        ) from error


def network(encoder: Pretrained, weights: Path | None) -> keras.Model:
    """Return a network that takes bytes and returns features.

    Args:
        encoder: Which.
        weights: The file of its weights; None: random ones, for tests.

    Returns:
        A model from pictures ``(batch, size, size, 3)`` of uint8 to features
        ``(batch, cells, channels)`` of float16.

    Raises:
        CourseError: The weights are not those of this network.
    """
    import keras

    shape = (encoder.size, encoder.size, 3)
    arguments: dict[str, Any] = {"include_top": False, "input_shape": shape, "weights": None}
    if encoder is MOBILENET:
        base = keras.applications.MobileNet(alpha=0.25, **arguments)
    else:
        base = keras.applications.InceptionV3(**arguments)
    if weights is not None:
        with reading(weights):
            load_weights(base, encoder, weights)
    pictures = keras.Input(shape, dtype="uint8")
    # Both were trained on pictures scaled to the range from -1 to 1.
    inputs = keras.layers.Rescaling(1 / 127.5, offset=-1.0)(pictures)
    features = keras.layers.Reshape((encoder.cells, encoder.channels))(base(inputs))
    return keras.Model(pictures, keras.ops.cast(features, "float16"))
