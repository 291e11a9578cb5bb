"""Small files that were once misread, each read rightly or refused with a remedy."""

from pathlib import Path

import numpy as np
import pytest

from coursekit import CourseError
from coursekit_captioning.folder import folder_parts as photographs
from coursekit_dcgan.load import folder_parts as drawings
from coursekit_nmt.own import own_parts
from tests.conftest import CASES


def case(name: str) -> Path:
    if not (CASES / name).exists():
        pytest.skip(f"needs the folder {name} of small inputs beside this checkout")
    return CASES / name


@pytest.mark.parametrize("name", ["png16", "exif", "checkpoints", "brokenframes"])
def test_pictures(name: str) -> None:
    """Each folder holds 90 pictures of an L: its foot is to the right, its bar upright."""
    parts = drawings(case(name) / "pics")
    images = np.concatenate([part.pixels for part in parts[:3]]).astype(int)
    assert len(images) == 90
    assert images.max() >= 240
    upright = images.mean(axis=0)
    left, right = upright[:, :14], upright[:, 14:]
    assert left[4:14].mean() > right[4:14].mean() + 20  # the bar is on the left, above
    assert right[18:25].mean() > right[4:14].mean() + 20  # the foot is on the right, below


def test_what_was_left_out_is_named() -> None:
    assert ".ipynb_checkpoints" in "\n".join(drawings(case("checkpoints") / "pics").notes)
    assert "scan.bmp is too large" in "\n".join(drawings(case("brokenframes") / "pics").notes)


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("cap-commas", "30 entries of .* have more columns than the header"),
        ("cap-stray-quote-late", "a double quote is not closed:\n  line 42"),
        ("cap-swapped", "the columns of .* are swapped"),
    ],
)
def test_captions(name: str, message: str) -> None:
    with pytest.raises(CourseError, match=message) as caught:
        photographs(case(name))
    assert caught.value.remedy


@pytest.mark.parametrize(
    ("name", "source", "target"),
    [
        ("nmt-anki-no-head", "yo ve la casa .", "i see the house ."),
        ("nmt-cr-only", "yo ve la casa .", "i see the house ."),
        ("nmt-tatoeba-4-columns", "yo ve la casa .", "i see the house ."),
        ("nmt-chinese", "我 看 见 房 子 。", "i see the house ."),
        ("nmt-hindi", "मैं घर देखता है ।", "i see the house ."),
    ],
)
def test_pairs(name: str, source: str, target: str) -> None:
    (path,) = case(name).iterdir()
    parts = own_parts(path)
    pairs = {tuple(pair) for split in parts[:3] for pair in split}
    assert (source, target) in pairs
    assert len(pairs) == 210
    assert sum(note.startswith("as read: ") for note in parts.notes) == 3
