"""MS-COCO (Lin et al. 2014), read from its archives as published."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from coursekit import CourseError, LocalDataset
from coursekit_captioning.archives import members_of, read_text
from coursekit_captioning.examples import Example, Parts
from coursekit_captioning.pictures import Source
from coursekit_captioning.scenes import Box
from coursekit_captioning.split import split_by
from coursekit_captioning.text import normalize

Objects = dict[str, tuple[Box, ...]]

# What people write for a category; its own name, and its plural, go without saying.
SYNONYMS = {
    "person": (
        "man woman boy girl child kid lady guy player rider surfer skier skateboarder "
        "snowboarder batter people men women children"
    ),
    "bicycle": "bike",
    "motorcycle": "motorbike",
    "airplane": "plane jet aeroplane",
    "traffic light": "stoplight",
    "fire hydrant": "hydrant",
    "sports ball": "ball",
    "tennis racket": "racquet racket",
    "wine glass": "glass",
    "cup": "mug",
    "donut": "doughnut",
    "couch": "sofa",
    "potted plant": "plant",
    "dining table": "table",
    "tv": "television",
    "cell phone": "phone cellphone",
    "refrigerator": "fridge",
    "teddy bear": "teddy",
    "hair drier": "hairdryer",
    "knife": "knives",
    "sheep": "sheep lamb lambs",
}


def coco_parts(dataset: LocalDataset) -> Parts:
    """Return a split of our own, by image: eight tenths, one tenth, one tenth.

    val2017 has the boxes of its objects. train2014 goes without: its file of boxes needs
    gigabytes of memory to read, and learning needs none.

    Args:
        dataset: With an archive of images and one of annotations.

    Raises:
        CourseError: The archives do not hold what was published.
    """
    images = next(path for name, path in dataset.files.items() if "annotations" not in name)
    annotations = next(path for name, path in dataset.files.items() if "annotations" in name)
    year = images.stem  # val2017
    contents = document(annotations, f"captions_{year}.json")
    boxes: Mapping[int, Objects] = {}
    if year == "val2017":
        boxes = boxes_of(document(annotations, f"instances_{year}.json"))
    captions: dict[int, list[str]] = defaultdict(list)
    for annotation in contents["annotations"]:
        normal = normalize(annotation["caption"])
        if normal:
            captions[annotation["image_id"]].append(normal)
    members = members_of(images, ".jpg")
    examples = {}
    for image in contents["images"]:
        name, number = image["file_name"], image["id"]
        if name not in members:
            raise CourseError(f"there is no {name} in {images}", "the archive as published")
        if number in captions:
            examples[str(number)] = Example(
                name,
                tuple(captions[number]),
                Source(images, members[name]),
                objects=boxes.get(number, {}),
            )
    return split_by(examples)


def document(archive: Path, name: str) -> dict[str, Any]:
    """Return a file of annotations.

    Raises:
        CourseError: It is not there, or not the JSON that was published.
    """
    text = read_text(archive, name)
    try:
        contents = json.loads(text)
        if not isinstance(contents["images"], list) or not isinstance(
            contents["annotations"], list
        ):
            raise TypeError("images and annotations are not lists")
    except (ValueError, KeyError, TypeError) as error:
        raise CourseError(
            f"{name} in {archive} cannot be read: {error}", "the file as published"
        ) from error
    return dict(contents)


def boxes_of(document: Mapping[str, Any]) -> dict[int, Objects]:
    """Return for each image the boxes of its objects by the words that name them.

    Args:
        document: The contents of ``instances_*.json``: boxes are left, top, width and height
            in pixels of the original image.
    """
    sizes = {image["id"]: (image["width"], image["height"]) for image in document["images"]}
    words = {category["id"]: words_for(category["name"]) for category in document["categories"]}
    by_image: dict[int, dict[str, list[Box]]] = defaultdict(lambda: defaultdict(list))
    for annotation in document["annotations"]:
        width, height = sizes[annotation["image_id"]]
        left, top, wide, high = annotation["bbox"]
        box = Box(left / width, top / height, (left + wide) / width, (top + high) / height)
        for word in words[annotation["category_id"]]:
            by_image[annotation["image_id"]][word].append(box)
    return {
        image: {word: tuple(boxes) for word, boxes in objects.items()}
        for image, objects in by_image.items()
    }


def words_for(category: str) -> frozenset[str]:
    """Return the words that name a category: the last word of its name, synonyms, plurals."""
    singular = {category.split()[-1], *SYNONYMS.get(category, "").split()}
    return frozenset(singular | {plural(word) for word in singular})


def plural(word: str) -> str:
    """Return the regular plural of an English noun."""
    if word.endswith(("s", "x", "ch", "sh")):
        return word + "es"
    if word.endswith("y") and word[-2] not in "aeiou":
        return word[:-1] + "ies"
    return word + "s"
