"""Flickr8k (Hodosh, Young and Hockenmaier 2013), read from its two archives as published."""

from __future__ import annotations

from coursekit import CourseError, LocalDataset
from coursekit_captioning.archives import members_of, read_text
from coursekit_captioning.examples import Example, Parts
from coursekit_captioning.pictures import Source
from coursekit_captioning.text import normalize

IMAGES, TEXT = "Flickr8k_Dataset.zip", "Flickr8k_text.zip"
CAPTIONS = "Flickr8k.token.txt"
SPLITS = {
    "train": "Flickr_8k.trainImages.txt",
    "validation": "Flickr_8k.devImages.txt",
    "test": "Flickr_8k.testImages.txt",
}


def flickr8k_parts(dataset: LocalDataset) -> Parts:
    """Return the official splits: 6,000 photographs, 1,000 and 1,000.

    The photographs stay in their archive and are read from there.

    Args:
        dataset: With the files `IMAGES` and `TEXT`.

    Raises:
        CourseError: The archives do not hold what was published.
    """
    images, text = dataset.files[IMAGES], dataset.files[TEXT]
    members = members_of(images, ".jpg")
    captions = captions_of(read_text(text, CAPTIONS))
    parts = {}
    for split, names_file in SPLITS.items():
        names = read_text(text, names_file).split()
        missing = [name for name in names if name not in members or name not in captions]
        if missing:
            raise CourseError(
                f"{len(missing)} photographs of {names_file} have no picture or no caption, "
                f"such as {missing[0]}",
                f"each in {images} and in {CAPTIONS}",
            )
        parts[split] = [
            Example(name, captions[name], Source(images, members[name])) for name in names
        ]
    return Parts(parts["train"], parts["validation"], parts["test"])


def captions_of(text: str) -> dict[str, tuple[str, ...]]:
    """Return the captions of each photograph.

    Args:
        text: Lines ``name.jpg#number``, a tab, and the caption.
    """
    by_name: dict[str, list[str]] = {}
    for line in text.splitlines():
        key, _, caption = line.partition("\t")
        normal = normalize(caption)
        if normal:
            by_name.setdefault(key.partition("#")[0], []).append(normal)
    return {name: tuple(captions) for name, captions in by_name.items()}
