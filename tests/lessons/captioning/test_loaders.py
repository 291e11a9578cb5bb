"""The loaders, on small archives of exactly the published layout, and the user's own folders."""

import io
import json
import sys
import zipfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from coursekit import CourseError, LocalDataset, RemoteFile
from coursekit.store import DamagedError, cache
from coursekit.store.reading import lesson_data
from coursekit_captioning import CaptioningLesson
from coursekit_captioning.coco import coco_parts, words_for
from coursekit_captioning.examples import Parts
from coursekit_captioning.flickr8k import flickr8k_parts
from coursekit_captioning.folder import folder_parts
from coursekit_captioning.pictures import load_picture
from coursekit_captioning.scenes import Box


def jpeg(number: int) -> bytes:
    buffer = io.BytesIO()
    pixels = np.random.default_rng(number).integers(0, 255, (12, 16, 3)).astype(np.uint8)
    Image.fromarray(pixels).save(buffer, "JPEG")
    return buffer.getvalue()


def zipped(path: Path, members: dict[str, bytes]) -> Path:
    with zipfile.ZipFile(path, "w") as archive:
        for name, data in members.items():
            archive.writestr(name, data)
    return path


def names(parts: Parts) -> list[list[str]]:
    return [[example.name for example in split] for split in parts[:3]]


def flickr8k(folder: Path, train: Sequence[str] = ("1_a.jpg", "2_b.jpg")) -> LocalDataset:
    pictures = {
        f"Flicker8k_Dataset/{name}": jpeg(k)
        for k, name in enumerate(("1_a.jpg", "2_b.jpg", "3_c.jpg", "4_d.jpg"))
    }
    pictures["__MACOSX/Flicker8k_Dataset/._1_a.jpg"] = b"junk"
    lines = [
        f"{name}#{k}\tA dog 's ball , number {k} ."
        for name in ("1_a.jpg", "2_b.jpg", "3_c.jpg", "4_d.jpg", "5_gone.jpg.1")
        for k in range(5)
    ]
    text = {
        "Flickr8k.token.txt": "\n".join(lines),
        "Flickr8k.lemma.token.txt": "",
        "Flickr_8k.trainImages.txt": "\n".join(train) + "\n",
        "Flickr_8k.devImages.txt": "3_c.jpg\n",
        "Flickr_8k.testImages.txt": "4_d.jpg\n",
        "__MACOSX/._Flickr8k.token.txt": "junk",
        "readme.txt": "",
    }
    files = {
        "Flickr8k_Dataset.zip": zipped(folder / "Flickr8k_Dataset.zip", pictures),
        "Flickr8k_text.zip": zipped(
            folder / "Flickr8k_text.zip", {name: data.encode() for name, data in text.items()}
        ),
    }
    return LocalDataset("flickr8k", files)


def test_flickr8k_has_its_official_splits(tmp_path: Path) -> None:
    parts = flickr8k_parts(flickr8k(tmp_path))
    assert names(parts) == [["1_a.jpg", "2_b.jpg"], ["3_c.jpg"], ["4_d.jpg"]]
    first = parts.train[0]
    assert first.captions[3] == "a dog's ball number 3"
    assert len(first.captions) == 5
    assert first.source is not None
    assert load_picture(first.source, 8).shape == (8, 8, 3)


def test_flickr8k_with_a_photograph_missing_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(CourseError, match=r"1 photographs of .*train.* such as 9_x\.jpg"):
        flickr8k_parts(flickr8k(tmp_path, ("1_a.jpg", "9_x.jpg")))


class Seen(CaptioningLesson):
    """The lesson, up to the features: it reads every caption and every photograph."""

    def data(self, dataset: LocalDataset, settings: object) -> Any:
        parts = flickr8k_parts(dataset)
        return [load_picture(e.source, 8) for split in parts[:3] for e in split if e.source]


@pytest.mark.parametrize("archive", ["Flickr8k_Dataset.zip", "Flickr8k_text.zip"])
def test_damaged_archive_is_named_wherever_the_damage_is(
    tmp_path: Path, archive: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Zeros at a hundred places, behind a stamp that still fits: it is read rightly or named."""
    monkeypatch.setattr(sys.modules["coursekit.store.reading"], "data_of", lambda lesson, pixels: pixels)
    dataset = flickr8k(tmp_path)
    path = dataset.files[archive]
    sound, checksum = path.read_bytes(), cache.checksum(path, "sha256")
    pixels = lesson_data(Seen(), dataset, None)
    named = 0
    for start in range(0, len(sound), max(1, len(sound) // 100)):
        path.write_bytes(sound[:start] + bytes(40) + sound[start + 40 :])
        cache.record(path, RemoteFile("http://host/it", len(sound), checksum))
        try:
            found = lesson_data(Seen(), dataset, None)
        except DamagedError as error:
            assert str(path) in error.what
            named += 1
        else:
            assert all(map(np.array_equal, found, pixels))
    assert named > 40


def coco(folder: Path, year: str = "val2017", count: int = 20) -> LocalDataset:
    images = [
        {"id": 100 + k, "file_name": f"{100 + k:012}.jpg", "width": 200, "height": 100}
        for k in range(count)
    ]
    captions = [
        {"image_id": image["id"], "id": k, "caption": f"A man rides a wave, number {k}."}
        for image in images
        for k in range(5)
    ]
    boxes = [{"image_id": 100, "category_id": 1, "bbox": [20, 10, 100, 50], "iscrowd": 0}]
    categories = [{"id": 1, "name": "person"}, {"id": 42, "name": "surfboard"}]
    annotations = {
        f"annotations/captions_{year}.json": {"images": images, "annotations": captions},
        f"annotations/instances_{year}.json": {
            "images": images,
            "annotations": boxes,
            "categories": categories,
        },
    }
    pictures = {
        f"{year}/": b"",
        **{f"{year}/{image['file_name']}": jpeg(k) for k, image in enumerate(images)},
    }
    texts = {name: json.dumps(document).encode() for name, document in annotations.items()}
    described = f"annotations_trainval{year[-4:]}.zip"
    return LocalDataset(
        "coco",
        {
            f"{year}.zip": zipped(folder / f"{year}.zip", pictures),
            described: zipped(folder / described, texts),
        },
    )


def test_coco_is_split_by_image_and_keeps_boxes(tmp_path: Path) -> None:
    parts = coco_parts(coco(tmp_path))
    assert [len(split) for split in parts[:3]] == [16, 2, 2]
    assert len({name for split in names(parts) for name in split}) == 20
    (known,) = [e for split in parts[:3] for e in split if e.name == "000000000100.jpg"]
    boxes = known.boxes(["a", "man", "rides", "surfboard"])
    assert boxes[0] == boxes[2] == boxes[3] == ()
    assert boxes[1] == (Box(0.1, 0.1, 0.6, 0.6),)


def test_coco_train2014_goes_without_boxes(tmp_path: Path) -> None:
    parts = coco_parts(coco(tmp_path, "train2014"))
    assert len(parts.train) == 16
    assert not any(example.objects for split in parts[:3] for example in split)


def test_coco_that_is_cut_off_is_an_error(tmp_path: Path) -> None:
    dataset = coco(tmp_path)
    zipped(
        dataset.files["annotations_trainval2017.zip"], {"annotations/captions_val2017.json": b"{"}
    )
    with pytest.raises(CourseError, match=r"captions_val2017.json in .* cannot be read"):
        coco_parts(dataset)


def test_words_that_name_a_category() -> None:
    assert {"person", "man", "women", "surfers"} <= words_for("person")
    assert {"light", "lights", "stoplight"} <= words_for("traffic light")
    assert {"bus", "buses"} == words_for("bus")
    assert {"knife", "knives"} <= words_for("knife")


def folder(path: Path, rows: Sequence[str], pictures: int = 12) -> Path:
    for number in range(pictures):
        (path / f"p{number}.jpg").write_bytes(jpeg(number))
    (path / "captions.csv").write_text("\n".join(rows) + "\n", encoding="utf-8")
    return path


def test_a_folder_is_split_by_picture(tmp_path: Path) -> None:
    rows = [f'p{k}.jpg,"A cat, on a mat"' for k in range(12)] + ["p3.jpg,Again the cat!"]
    parts = folder_parts(folder(tmp_path, ["image,caption", *rows]))
    assert [len(split) for split in parts[:3]] == [10, 1, 1]
    (third,) = [e for split in parts[:3] for e in split if e.name == "p3.jpg"]
    assert third.captions == ("a cat on a mat", "again the cat")


def test_copies_of_a_picture_are_one(tmp_path: Path) -> None:
    folder(
        tmp_path, ["image,caption", *(f"p{k}.jpg,a cat" for k in range(12)), "copy.jpg,two cats"]
    )
    (tmp_path / "copy.jpg").write_bytes(jpeg(3))
    parts = folder_parts(tmp_path)
    assert sum(len(split) for split in parts[:3]) == 12
    assert "1 copies of pictures were merged" in parts.notes
    (third,) = [e for split in parts[:3] for e in split if e.name == "p3.jpg"]
    assert third.captions == ("a cat", "two cats")


def test_a_column_says_the_split(tmp_path: Path) -> None:
    rows = ["p0.jpg,a cat,train", "p1.jpg,a dog,dev", "p2.jpg,a cow,test"]
    parts = folder_parts(folder(tmp_path, ["image,caption,split", *rows]))
    assert names(parts) == [["p0.jpg"], ["p1.jpg"], ["p2.jpg"]]


FAULTS = {
    "missing pictures": (
        ["image,caption", "p0.jpg,a cat", "none.jpg,a dog", "nor.jpg,a cow"],
        r"2 entries of .* name pictures that do not exist:\n  none.jpg\n  nor.jpg",
    ),
    "empty captions": (
        ["image,caption", "p0.jpg,a cat", "p1.jpg,", "p2.jpg,..."],
        r"2 entries of .* no word in the caption:\n  line 3\n  line 4",
    ),
    "no columns": (["file,text", "p0.jpg,a cat"], "no columns image and caption"),
    "nothing": (["image,caption"], "has no captions"),
    "one picture": (["image,caption", "p0.jpg,a cat"], "1 picture with captions: too few"),
    "another split": (
        ["image,caption,split", "p0.jpg,a cat,train", "p1.jpg,a cat,held"],
        r"in no split .*\n  line 3: 'held'",
    ),
    "two splits": (
        ["image,caption,split", "p0.jpg,a cat,train", "p0.jpg,a dog,test"],
        r"put pictures into two splits:\n  p0.jpg",
    ),
    "no test": (
        ["image,caption,split", "p0.jpg,a cat,train", "p1.jpg,a cat,dev"],
        "no pictures in the split test",
    ),
}


@pytest.mark.parametrize("fault", FAULTS)
def test_a_faulty_file_is_an_error_that_names_the_lines(fault: str, tmp_path: Path) -> None:
    rows, message = FAULTS[fault]
    with pytest.raises(CourseError, match=message):
        folder_parts(folder(tmp_path, rows))


def test_one_picture_under_two_names_must_not_leak(tmp_path: Path) -> None:
    rows = ["p0.jpg,a cat,train", "p1.jpg,a dog,dev", "copy.jpg,a cat,test"]
    folder(tmp_path, ["image,caption,split", *rows])
    (tmp_path / "copy.jpg").write_bytes(jpeg(0))
    with pytest.raises(CourseError, match=r"p0.jpg \(train\) is copy.jpg \(test\)"):
        folder_parts(tmp_path)


def test_a_folder_without_the_file_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(CourseError, match=r"there is no .*captions.csv"):
        folder_parts(tmp_path)


def test_a_file_in_another_encoding_is_an_error(tmp_path: Path) -> None:
    (tmp_path / "captions.csv").write_bytes("image,caption\np0.jpg,café".encode("latin-1"))
    with pytest.raises(CourseError, match="cannot be read"):
        folder_parts(tmp_path)
