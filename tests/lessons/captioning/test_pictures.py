"""Pictures of every kind that people have, and broken ones."""

import io
import os
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from coursekit import CourseError
from coursekit.store import aspect_of
from coursekit.store import rgb_picture as decode
from coursekit_captioning.pictures import Source, digests_of


def encoded(picture: Image.Image, kind: str, **options: object) -> bytes:
    buffer = io.BytesIO()
    picture.save(buffer, kind, **options)
    return buffer.getvalue()


@pytest.mark.parametrize(
    ("mode", "colour", "kind", "expected"),
    [
        ("L", 90, "PNG", (90, 90, 90)),
        ("1", 1, "PNG", (255, 255, 255)),
        ("RGB", (10, 200, 30), "PNG", (10, 200, 30)),
        ("CMYK", (0, 255, 255, 0), "TIFF", (255, 0, 0)),
        ("RGBA", (10, 200, 30, 0), "PNG", (255, 255, 255)),
        ("LA", (90, 255), "PNG", (90, 90, 90)),
    ],
)
def test_every_mode_becomes_rgb(
    mode: str, colour: object, kind: str, expected: tuple[int, int, int]
) -> None:
    found = decode(encoded(Image.new(mode, (40, 20), colour), kind), 8, "it")  # type: ignore[arg-type]
    assert found.shape == (8, 8, 3)
    assert found.dtype == np.uint8
    np.testing.assert_allclose(found.reshape(-1, 3), [expected] * 64, atol=1)


def test_a_cmyk_jpeg_keeps_its_colours() -> None:
    red = encoded(Image.new("CMYK", (32, 32), (0, 255, 255, 0)), "JPEG", quality=95)
    assert np.abs(decode(red, 4, "it").astype(int) - (255, 0, 0)).max() < 12


def test_of_an_animation_the_first_frame_is_taken() -> None:
    frames = [Image.new("RGB", (9, 9), colour) for colour in ("red", "lime")]
    moving = encoded(frames[0], "GIF", save_all=True, append_images=frames[1:])
    np.testing.assert_allclose(decode(moving, 2, "it")[0, 0], (255, 0, 0), atol=8)


def test_a_pipe_is_no_picture(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe.jpg")
    with pytest.raises(CourseError, match=r"pipe\.jpg is a device, a pipe or a socket"):
        Source(tmp_path / "pipe.jpg").read()


def test_a_picture_that_has_changed_has_another_digest(tmp_path: Path) -> None:
    file = tmp_path / "mine.png"
    found = []
    for colour in ("red", "lime"):
        file.write_bytes(encoded(Image.new("RGB", (9, 9), colour), "PNG"))
        os.utime(file, (1, 1))
        found += digests_of([Source(file)])
    assert len(set(found)) == 2


def test_one_pixel_is_enough() -> None:
    found = decode(encoded(Image.new("RGB", (1, 1), (1, 2, 3)), "PNG"), 6, "it")
    assert (found == (1, 2, 3)).all()


def test_a_picture_is_squeezed_not_cropped() -> None:
    wide = np.zeros((10, 40, 3), np.uint8)
    wide[:, :10], wide[:, 30:] = (255, 0, 0), (0, 0, 255)
    found = decode(encoded(Image.fromarray(wide), "PNG"), 4, "it")
    assert found[0, 0, 0] > 200
    assert found[0, 3, 2] > 200


def test_the_camera_is_turned_upright() -> None:
    picture = np.zeros((8, 16, 3), np.uint8)
    picture[:, :8] = 255  # bright on the left
    exif = Image.Exif()
    exif[0x0112] = 6  # held a quarter turn to the left
    data = encoded(Image.fromarray(picture), "JPEG", exif=exif, quality=95)
    found = decode(data, 4, "it")
    assert aspect_of(data) == 2
    assert found[0].mean() > 200  # the left is the top
    assert found[3].mean() < 50


def test_a_truncated_picture_is_an_error_that_names_it() -> None:
    noise = np.random.default_rng(0).integers(0, 255, (64, 64, 3)).astype(np.uint8)
    for kind in ("JPEG", "PNG"):
        data = encoded(Image.fromarray(noise), kind)
        with pytest.raises(CourseError, match=r"sea\.jpg cannot be read as a picture"):
            decode(data[: len(data) // 2], 8, "sea.jpg")


def test_what_is_no_picture_is_an_error() -> None:
    for data in (b"", b"<html>not here</html>"):
        with pytest.raises(CourseError, match="cannot be read as a picture"):
            decode(data, 8, "it")


def test_a_hundred_megapixels_are_refused_before_they_are_decoded() -> None:
    huge = encoded(Image.new("1", (10_000, 10_000)), "PNG")
    with pytest.raises(CourseError, match="too large: it has 10,000 x 10,000 pixels"):
        decode(huge, 8, "it")


def test_a_jpeg_of_a_hundred_megapixels_is_scaled_while_it_is_decoded() -> None:
    huge = encoded(Image.new("L", (10_000, 10_000), 77), "JPEG")
    np.testing.assert_allclose(decode(huge, 8, "it"), 77, atol=2)


def test_a_digest_follows_the_bytes(tmp_path: Path) -> None:
    one, same, other = (tmp_path / name for name in ("one", "same", "other"))
    for path, data in ((one, b"a"), (same, b"a"), (other, b"b")):
        path.write_bytes(data)
    first, second, third = digests_of([Source(one), Source(same), Source(other)])
    assert first == second != third
    with pytest.raises(CourseError, match=r"cannot read .*none"):
        digests_of([Source(tmp_path / "none")])
