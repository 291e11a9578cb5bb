"""The judge and its metrics: by hand, against independent computations, and kept in a cache."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import tensorflow as tf

from coursekit_dcgan import TINY, DcganLesson
from coursekit_dcgan.build import build_gan
from coursekit_dcgan.classifier import (
    Classifier,
    accuracy,
    classifier_of,
    judge,
    shift_images,
    weights_path,
    train_classifier,
)
from coursekit_dcgan.data import dcgan_data
from coursekit_dcgan.evaluate import draw, evaluate, frechet_distance, recognised, smallest_class
from coursekit_dcgan.load import Images, Parts, split

pytestmark = pytest.mark.tf

RANDOM = np.random.default_rng(0)


def test_frechet_distance_by_hand() -> None:
    """Two numbers: (m - n)^2 + (s - t)^2 of the means and standard deviations."""
    one, other = np.array([[0.0], [2.0]]), np.array([[4.0], [12.0]])
    # Means 1 and 8; deviations (of n - 1) the roots of 2 and 32.
    expected = 7.0**2 + (32**0.5 - 2**0.5) ** 2
    assert frechet_distance(one, other) == pytest.approx(expected)


def test_frechet_distance_of_commuting_covariances() -> None:
    """Of independent features it is the sum over the features, worked out one by one."""
    one = RANDOM.normal(0, 1, (4_000, 3))
    other = one * np.array([1.0, 2.0, 3.0]) + np.array([0.0, 1.0, 0.0])
    mean = (one.mean(0) * [0, 1, 2] + [0, 1, 0]) ** 2
    deviation = (one.std(0, ddof=1) * [0, 1, 2]) ** 2
    assert frechet_distance(one, other) == pytest.approx((mean + deviation).sum(), rel=0.01)


def test_frechet_distance_against_the_root_of_the_product() -> None:
    """The formula as it stands, with the eigenvalues of the product that is not symmetric."""
    one = RANDOM.normal(size=(50, 4)) @ RANDOM.normal(size=(4, 4))
    other = RANDOM.normal(size=(60, 4)) @ RANDOM.normal(size=(4, 4)) + 1
    c, d = np.cov(one.T), np.cov(other.T)
    roots = np.sqrt(np.linalg.eigvals(c @ d).astype(complex)).real.sum()
    apart = ((one.mean(0) - other.mean(0)) ** 2).sum()
    expected = apart + np.trace(c) + np.trace(d) - 2 * roots
    assert frechet_distance(one, other) == pytest.approx(expected)
    assert frechet_distance(one, other) == pytest.approx(frechet_distance(other, one))
    assert frechet_distance(one, one) == pytest.approx(0, abs=1e-9)


def test_a_feature_that_never_varies_does_no_harm() -> None:
    one = np.array([[1.0, 5.0], [3.0, 5.0]])
    assert frechet_distance(one, one + np.array([0.0, 2.0])) == pytest.approx(4.0)


def test_shares_by_hand() -> None:
    seen = np.array(
        [[0.95, 0.05, 0], [0.89, 0.11, 0], [0.02, 0.98, 0], [0.3, 0.3, 0.4], [0.9, 0.1, 0]],
        np.float32,
    )
    assert recognised(seen) == pytest.approx(2 / 5)  # 0.9 itself is not surer than 0.9
    assert smallest_class(seen) == pytest.approx(1 / 5)  # three, one, one
    assert smallest_class(seen[:3]) == 0  # the third class is never seen


def bars(count: int, seed: int) -> Images:
    """Return images with a bar, standing or lying: two classes that anyone can tell."""
    random = np.random.default_rng(seed)
    pixels = random.integers(0, 60, (count, 28, 28)).astype(np.uint8)
    labels = np.arange(count, dtype=np.uint8) % 2
    for number, place_of in enumerate(random.integers(6, 20, count)):
        image = pixels[number] if labels[number] else pixels[number].T
        image[:, place_of : place_of + 3] = 220
    return Images(pixels, labels)


@pytest.fixture(scope="module")
def cache(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("cache")


@pytest.fixture(autouse=True)
def own_cache(cache: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COURSEKIT_CACHE", str(cache))
    monkeypatch.setattr("coursekit_dcgan.classifier.LEAST_STEPS", 60)


@pytest.fixture(scope="module")
def parts() -> Parts:
    return split(bars(500, 1))


def test_the_classifier_learns_and_is_always_the_same(parts: Parts) -> None:
    state = str(np.random.get_state())
    one, other = train_classifier(parts.train), train_classifier(parts.train)
    for a, b in zip(one.get_weights(), other.get_weights(), strict=True):
        np.testing.assert_array_equal(a, b)
    assert str(np.random.get_state()) == state
    assert accuracy(one, parts.test) > 0.9


def test_it_is_kept_and_a_damaged_copy_is_made_anew(parts: Parts, cache: Path) -> None:
    first = classifier_of(parts.train)
    path = weights_path(parts.train)
    assert path.is_relative_to(cache)
    made = path.stat().st_mtime_ns
    classifier_of(parts.train)
    assert path.stat().st_mtime_ns == made
    for damaged in (b"", path.read_bytes()[:-900], damage(path.read_bytes())):
        path.write_bytes(damaged)
        again = classifier_of(parts.train)
        for a, b in zip(first.get_weights(), again.get_weights(), strict=True):
            np.testing.assert_array_equal(a, b)


def damage(content: bytes) -> bytes:
    """Change a weight, and the archive's own checksum of it, as no accident would."""
    import io

    arrays: dict[str, Any] = dict(np.load(io.BytesIO(content)))
    arrays["arr_0"] = arrays["arr_0"] + 1
    out = io.BytesIO()
    np.savez(out, **arrays)
    return out.getvalue()


def test_other_images_have_another_classifier(parts: Parts) -> None:
    assert weights_path(parts.train) != weights_path(parts.test)
    assert parts.train.labels is not None
    other = Images(parts.train.pixels, 1 - parts.train.labels)
    assert weights_path(parts.train) != weights_path(other)


def test_judging_in_pieces_is_judging_at_once(
    parts: Parts, monkeypatch: pytest.MonkeyPatch
) -> None:
    model, pixels = Classifier(3), parts.train.pixels[:10]
    logits, features = model(tf.constant(pixels.astype(np.float32)[..., None] / 127.5 - 1))
    monkeypatch.setattr("coursekit_dcgan.classifier.AT_ONCE", 4)
    found = judge(model, pixels)
    np.testing.assert_allclose(found.probabilities, tf.nn.softmax(logits), rtol=1e-4, atol=1e-6)
    np.testing.assert_allclose(found.features, features, rtol=1e-4, atol=1e-5)


def test_images_are_moved_by_two_pixels_at_most() -> None:
    pixels = np.zeros((200, 28, 28), np.uint8)
    pixels[:, 14, 14] = 255
    places = np.argwhere(shift_images(pixels, np.random.default_rng(0)))[:, 1:]
    assert len(places) == 200
    assert (places.min(), places.max()) == (12, 16)


def test_what_evaluation_says(parts: Parts) -> None:
    data = dcgan_data("bars", parts, TINY)
    model = build_gan(TINY)
    found = evaluate(model, data, "validation")
    assert set(found) == {"frechet_distance", "recognised", "smallest_class"}
    assert found == evaluate(model, data, "validation")
    test = evaluate(model, data, "test")
    assert set(test) == {metric.name for metric in DcganLesson.metrics}
    # An untrained generator is far from what real images are from each other.
    assert test["frechet_distance"] > 10 * test["real_frechet_distance"]
    assert test["classifier_accuracy"] > 0.9
    assert test["real_smallest_class"] == pytest.approx(0.5, abs=0.15)


def test_images_without_labels_get_the_distance_alone(parts: Parts) -> None:
    train, validation, test = (Images(part.pixels, None) for part in parts[:3])
    plain = Parts(train, validation, test)
    data = dcgan_data("bars", plain, TINY)
    data.classifier = train_classifier(parts.train)  # in place of the digits' own
    assert set(evaluate(build_gan(TINY), data, "test")) == {
        "frechet_distance",
        "real_frechet_distance",
    }


def test_drawing_in_pieces_is_drawing_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    model = build_gan(TINY)
    noise = model.latents.draw(7, 3)
    whole = np.round((model(noise).numpy()[..., 0] + 1) * 127.5)
    monkeypatch.setattr("coursekit_dcgan.evaluate.AT_ONCE", 3)
    np.testing.assert_allclose(draw(model, noise), whole, atol=1)
