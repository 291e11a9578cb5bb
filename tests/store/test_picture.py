"""The one reader of pictures: values worked out by hand for every kind that people have."""

import io
import struct
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pytest
from PIL import Image

from coursekit import CourseError
from coursekit.store import grey_picture, list_pictures, rgb_picture, small_pictures
from coursekit.store import picture as picture_module


def encoded(picture: Image.Image, kind: str = "PNG", **options: object) -> bytes:
    buffer = io.BytesIO()
    picture.save(buffer, kind, **options)
    return buffer.getvalue()


def quarters(*values: float, kind: npt.DTypeLike = np.uint8) -> Image.Image:
    """Four grey quarters, from the top left, row by row, 8 x 8 pixels each."""
    array = np.array(values, kind).reshape(2, 2)
    return Image.fromarray(array.repeat(8, 0).repeat(8, 1))


def read(data: bytes) -> list[int]:
    """Return the grey value in the middle of each quarter, by both readings of the reader."""
    grey, colour = grey_picture(data, 16, "it"), rgb_picture(data, 16, "it")
    corners = [(4, 4), (4, 12), (12, 4), (12, 12)]
    for row, column in corners:
        assert np.ptp(colour[row, column]) == 0
        assert abs(int(colour[row, column, 0]) - int(grey[row, column])) <= 1
    return [int(grey[place]) for place in corners]


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        ((0, 13107, 32768, 65535), [0, 51, 128, 255]),  # 16 bits: 13107 / 257 = 51
        ((0, 819, 2048, 4095), [0, 51, 128, 255]),  # 12 bits, as microscopes have: 819 / 4095 = 1/5
        ((0, 51, 128, 255), [0, 51, 128, 255]),  # 8 bits in a file of 16
    ],
)
def test_grey_of_16_bits_is_scaled(values: tuple[int, ...], expected: list[int]) -> None:
    assert read(encoded(quarters(*values, kind=np.uint16))) == expected


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        ((0, 0.2, 0.5, 1), [0, 51, 128, 255]),
        ((0, 51, 128, 255), [0, 51, 128, 255]),
        ((-1, -0.6, 0, 1), [0, 51, 128, 255]),  # stretched: 0.4 of a range of 2 is a fifth
        ((float("nan"), 0.2, 0.5, float("inf")), [0, 51, 128, 0]),  # not finite: black
    ],
)
def test_grey_of_floats_is_scaled(values: tuple[float, ...], expected: list[int]) -> None:
    assert read(encoded(quarters(*values, kind=np.float32), "TIFF")) == expected


def test_grey_of_32_bits_is_stretched() -> None:
    values = (-1_000_000, -600_000, 0, 1_000_000)
    assert read(encoded(quarters(*values, kind=np.int32), "TIFF")) == [0, 51, 128, 255]


def drawing(ink: int, alpha: int = 255) -> bytes:
    """The top left quarter is drawn, the rest is transparent, whatever colour it has."""
    array = np.zeros((16, 16, 4), np.uint8)
    array[:8, :8] = (ink, ink, ink, alpha)
    return encoded(Image.fromarray(array))


def test_a_transparent_ground_lets_the_drawing_be_seen() -> None:
    assert read(drawing(0)) == [0, 255, 255, 255]  # black ink on white
    assert read(drawing(255)) == [255, 0, 0, 0]  # white ink on black
    assert read(drawing(100)) == [100, 255, 255, 255]
    assert read(drawing(0, 51)) == [204, 255, 255, 255]  # a fifth of black on white


def test_a_transparent_palette_is_seen_too() -> None:
    picture = quarters(0, 1, 1, 1).convert("P")
    picture.putpalette([0, 0, 0, 0, 0, 0])
    assert read(encoded(picture, transparency=1)) == [0, 255, 255, 255]


@pytest.mark.parametrize(
    ("orientation", "expected"),
    [
        (1, [10, 90, 170, 250]),
        (2, [90, 10, 250, 170]),  # mirrored
        (3, [250, 170, 90, 10]),  # upside down
        (4, [170, 250, 10, 90]),
        (5, [10, 170, 90, 250]),
        (6, [170, 10, 250, 90]),  # the first row is the right side
        (7, [250, 90, 170, 10]),
        (8, [90, 250, 10, 170]),  # the first row is the left side
    ],
)
def test_the_note_of_the_camera_is_followed(orientation: int, expected: list[int]) -> None:
    exif = Image.Exif()
    exif[0x0112] = orientation
    assert read(encoded(quarters(10, 90, 170, 250), exif=exif)) == expected


@pytest.mark.parametrize("mode", ["1", "L", "LA", "P", "RGB", "RGBA", "CMYK"])
def test_white_of_every_kind_is_white(mode: str) -> None:
    picture = Image.new("L", (40, 40), 255).convert(mode)
    data = encoded(picture, "TIFF" if mode == "CMYK" else "PNG")
    assert grey_picture(data, 28, "it").min() >= 250
    assert rgb_picture(data, 28, "it").min() >= 250


def test_grey_is_the_middle_square_by_brightness() -> None:
    wide = np.zeros((56, 112, 3), np.uint8)
    wide[:, 28:84] = 255
    found = grey_picture(encoded(Image.fromarray(wide)), 28, "it")
    assert (found[:, 2:-2] >= 250).all()  # only at the cut does the filter see what is outside
    red = encoded(Image.new("RGB", (30, 30), (255, 0, 0)))
    assert set(grey_picture(red, 28, "it").ravel().tolist()) == {76}  # 0.299 * 255


def bomb(width: int, height: int) -> bytes:
    """A BMP file whose header promises so many pixels."""
    header = struct.pack("<IiiHHIIiiII", 40, width, height, 1, 24, 0, 0, 0, 0, 0, 0)
    return b"BM" + struct.pack("<IHHI", 54 + 12, 0, 0, 54) + header + bytes(12)


@pytest.mark.parametrize("reader", [grey_picture, rgb_picture])
@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b"", "it.png cannot be read as a picture: it is empty"),
        (b"<html>not here</html>", "it.png cannot be read as a picture"),
        (b"\0\0\0\x18ftypheic" + bytes(30), "it.png is a HEIC picture"),
        (bomb(440_000, 440_000), "it.png is too large"),
        (bomb(10_000, 10_000), "it.png is too large: it has 10,000 x 10,000 pixels"),
        (encoded(quarters(1, 2, 3, 4))[:60], "it.png cannot be read as a picture"),
    ],
)
def test_what_is_no_picture_is_said(reader: object, data: bytes, message: str) -> None:
    assert callable(reader)
    with pytest.raises(CourseError) as caught:
        reader(data, 8, "it.png")
    assert caught.value.what.startswith(message)
    assert caught.value.remedy


def test_whatever_a_decoder_raises_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(picture: object) -> None:
        raise AssertionError("an odd chunk")

    monkeypatch.setattr(picture_module, "in_8_bits", fail)
    with pytest.raises(CourseError, match="it cannot be read as a picture: an odd chunk"):
        grey_picture(encoded(quarters(1, 2, 3, 4)), 8, "it")


def test_copies_are_pictures_that_look_alike(tmp_path: Path) -> None:
    (tmp_path / "a.png").write_bytes(encoded(quarters(1, 2, 3, 4)))
    (tmp_path / "b.bmp").write_bytes(encoded(quarters(1, 2, 3, 4), "BMP"))
    (tmp_path / "c.png").write_bytes(encoded(quarters(9, 2, 3, 4)))
    (tmp_path / "d.png").write_bytes(b"no picture")
    small = small_pictures(list_pictures(tmp_path), 8)
    assert small.names == ["a.png", "b.bmp", "c.png"]
    assert small.groups == [0, 0, 2]
    assert small.copies == ["b.bmp is a.png"]
    (line,) = small.left_out
    assert line.startswith("1 cannot be read: d.png cannot be read as a picture")
