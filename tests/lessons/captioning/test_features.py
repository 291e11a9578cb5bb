"""The feature file: rows by position, whole batches after a kill, and faults that are named."""

from dataclasses import replace
from pathlib import Path
from typing import Any, cast

import keras
import numpy as np
import pytest
import tensorflow as tf
from PIL import Image

from coursekit import CourseError
from coursekit.store.cache import beside
from coursekit_captioning import features
from coursekit_captioning.encoders import MOBILENET, Pretrained, network
from coursekit_captioning.features import BATCH, FeatureFile, feature_file, features_of
from coursekit_captioning.pictures import Source

pytestmark = pytest.mark.tf

SMALL = Pretrained("mobilenet", MOBILENET.file, size=4, grid=1, channels=2)
COUNT = 2 * BATCH + 5


class Means:
    """A network of no weights: the mean of red and of green."""

    def __init__(self) -> None:
        self.batches = 0

    def predict_on_batch(self, pixels: Any) -> Any:
        self.batches += 1
        return pixels[..., :2].mean(axis=(1, 2))[:, np.newaxis].astype(np.float16)


@pytest.fixture
def sources(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> list[Source]:
    monkeypatch.setenv("COURSEKIT_CACHE", str(tmp_path / "cache"))
    for number in range(COUNT):
        Image.new("RGB", (5, 3), (number, 2 * number, 0)).save(tmp_path / f"{number}.png")
    return [Source(tmp_path / f"{number}.png") for number in range(COUNT)]


def computed(sources: list[Source], model: Means) -> FeatureFile:
    return features_of(sources, [source.name for source in sources], SMALL, cast(Any, model))


def test_rows_are_in_the_order_of_the_pictures(sources: list[Source]) -> None:
    file = computed(sources, Means())
    assert file.path.stat().st_size == COUNT * 2 * 2  # nothing but float16
    rows = file.rows(np.array([7, -1, COUNT - 1]))
    np.testing.assert_array_equal(rows[:, 0], [[7, 14], [0, 0], [COUNT - 1, 2 * (COUNT - 1)]])


def test_features_are_computed_once(sources: list[Source]) -> None:
    model = Means()
    computed(sources, model)
    computed(sources, model)
    assert model.batches == 3


def test_a_killed_run_goes_on_at_a_whole_batch(sources: list[Source]) -> None:
    whole = computed(sources, Means()).path.read_bytes()
    path = feature_file(sources, [source.name for source in sources], SMALL)
    path.unlink()
    # A batch, and half a row of the next one.
    beside(path, ".part").write_bytes(whole[: BATCH * 4 + 2])
    model = Means()
    assert computed(sources, model).path.read_bytes() == whole
    assert model.batches == 2


def test_other_pictures_are_another_file(sources: list[Source]) -> None:
    paths = {feature_file(sources, digests, SMALL) for digests in (["a", "b"], ["b", "a"], ["ab"])}
    assert len(paths) == 3


def test_all_unreadable_pictures_are_named(sources: list[Source], tmp_path: Path) -> None:
    for number in (3, 40):
        (tmp_path / f"{number}.png").write_bytes(b"no picture")
    with pytest.raises(CourseError, match=r"(?s)2 of the pictures.*/3\.png.*/40\.png"):
        computed(sources, Means())
    assert not list((tmp_path / "cache" / "features").glob("*.part"))


def test_the_size_is_said_before(
    sources: list[Source], capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(features, "network", None)  # not needed: the model is given
    computed(sources, Means())
    told = capsys.readouterr().err
    assert told.startswith(f"features of {COUNT} pictures by mobilenet: {COUNT * 4} bytes in ")
    assert "features: 100 %" in told


@pytest.mark.filterwarnings("ignore:Skipping nested container")
def test_weights_of_the_wrong_shape_are_an_error(tmp_path: Path) -> None:
    import keras

    other = keras.applications.MobileNet(
        alpha=0.5, include_top=False, input_shape=(224, 224, 3), weights=None
    )
    path = tmp_path / "other.weights.h5"
    other.save_weights(path)
    with pytest.raises(CourseError, match="does not hold the weights of mobilenet"):
        network(MOBILENET, path)
    path.write_bytes(b"not weights")
    with pytest.raises(CourseError, match="does not hold the weights of mobilenet"):
        network(MOBILENET, path)


def test_the_network_scales_as_keras_applications_does() -> None:
    import keras

    keras.utils.set_random_seed(0)
    model = network(MOBILENET, None)
    pixels = np.random.default_rng(0).integers(0, 256, (2, 224, 224, 3)).astype(np.uint8)
    found = model.predict_on_batch(pixels)
    assert found.shape == (2, 49, 256)
    assert found.dtype == np.float16
    base = next(layer for layer in model.layers if layer.name.startswith("mobilenet"))
    scaled = keras.applications.mobilenet.preprocess_input(pixels.astype(np.float32))
    expected = base.predict_on_batch(scaled).reshape(2, 49, 256)
    np.testing.assert_allclose(found, expected, atol=2e-3)


def test_a_cell_looks_where_its_offset_says() -> None:
    # Every kernel is a mean, so that what a cell sees is as much on the left as on the right.
    large = replace(MOBILENET, size=448, grid=14)  # what a cell in the middle sees is all inside
    model = keras.applications.MobileNet(
        alpha=0.25, include_top=False, input_shape=(448, 448, 3), weights=None
    )
    for layer in model.layers:
        if isinstance(layer, keras.layers.Conv2D | keras.layers.DepthwiseConv2D):
            height, width, channels, _ = layer.kernel.shape
            each = isinstance(layer, keras.layers.DepthwiseConv2D)
            share = 1 / (height * width * (1 if each else channels))
            layer.kernel.assign(np.full(layer.kernel.shape, share))
    pixels, middle = tf.Variable(tf.ones((1, large.size, large.size, 3))), large.grid // 2
    with tf.GradientTape() as tape:
        seen = tf.reduce_sum(model(pixels)[0, middle, middle])
    influence = tf.reduce_sum(tf.abs(tape.gradient(seen, pixels)), axis=(0, 3)).numpy()
    places = (np.arange(large.size) + 0.5) * large.grid / large.size  # in cells
    for axis in (0, 1):
        share = influence.sum(axis) / influence.sum()
        assert share @ places - middle - 0.5 == pytest.approx(large.offset, abs=0.01)
