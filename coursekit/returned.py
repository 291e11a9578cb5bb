"""What a lesson's members returned: checked where it arrives, in words for its author.

``coursekit run`` checks here before time is spent on an epoch, ``coursekit verify`` checks the
same here, so both say the same sentence: what was found and where, what was expected, what to do.
"""

from __future__ import annotations

import inspect
import json
from pathlib import Path
from typing import Any

from coursekit.errors import CourseError
from coursekit.lesson import Data, Lesson, SplitName

SPLITS: tuple[SplitName, ...] = ("train", "validation", "test")


def place(lesson: Lesson, member: str) -> str:
    """Return where a lesson defines a member, as ``path/to/file.py:12``."""
    return line_of(getattr(lesson, member)) or shown_path(Path(inspect.getfile(type(lesson))))


def line_of(function: Any) -> str:
    """Return where a function or a method is defined; empty if it is not written in Python."""
    found = inspect.unwrap(function)
    code = getattr(getattr(found, "__func__", found), "__code__", None)
    return f"{shown_path(Path(code.co_filename))}:{code.co_firstlineno}" if code else ""


def batches_place(lesson: Lesson, data: Any, split: SplitName = "train") -> str:
    """Return where the batches of a split are made, as ``path/to/file.py:12``."""
    return line_of(getattr(data, split).batches) or place(lesson, "data")


def shown_path(path: Path) -> str:
    """Return a path as people read it: from the current folder, if it is inside."""
    return str(path.relative_to(Path.cwd())) if path.is_relative_to(Path.cwd()) else str(path)


def wrong(
    lesson: Lesson, member: str, what: str, expected: str, remedy: str = "", at: str = ""
) -> CourseError:
    """Return the error of a member: what it did, and where it is defined, or another place."""
    where = at or place(lesson, member)
    return CourseError(f"`{member}` of {lesson.name} {what} ({where})", expected, remedy)


def kind_of(value: object) -> str:
    """Return what something is in a few words: ``None``, ``a tuple``, ``an EagerTensor``."""
    if value is None:
        return "None"
    name = type(value).__name__
    return f"{'an' if name[0] in 'aeiouAEIOU' else 'a'} {name}"


def data_of(lesson: Lesson, data: Any) -> Any:
    """Return what `Lesson.data` returned.

    Raises:
        CourseError: It is no `Data`, or one of its fields is not what it must be.
    """
    if not isinstance(data, Data):
        raise wrong(
            lesson,
            "data",
            f"returned {kind_of(data)}",
            "a coursekit.Data",
            "return Data(fingerprint([...]), train, validation, test)",
        )
    if not isinstance(data.fingerprint, str) or not data.fingerprint:
        raise wrong(
            lesson,
            "data",
            "returned Data without a fingerprint",
            "a text that names exactly what is learnt from",
            "make it with coursekit.fingerprint of all that the splits hold",
        )
    if not isinstance(data.notes, tuple) or not all(isinstance(n, str) for n in data.notes):
        raise wrong(
            lesson,
            "data",
            f"returned Data with notes of the class {type(data.notes).__name__}",
            "a tuple of lines",
            'a tuple of one has a comma: ("256 dots",)',
        )
    if not isinstance(data.demo_example, str):
        raise wrong(
            lesson,
            "data",
            f"returned Data with a demo_example of the class {type(data.demo_example).__name__}",
            "a text as one would type it in a shell, or an empty one",
        )
    for name in SPLITS:
        if not callable(getattr(getattr(data, name), "batches", None)):
            raise wrong(
                lesson,
                "data",
                f"returned Data with a {name} split that is {kind_of(getattr(data, name))}",
                "an object with a method batches(epoch)",
                "give each split a class with that method, see coursekit.Split",
            )
    return data


def batches_of(lesson: Lesson, data: Any, epoch: int, split: SplitName = "train") -> Any:
    """Return the batches of an epoch; nothing is read of them yet.

    Raises:
        CourseError: They are no `tf.data.Dataset`, or their parts do not have the examples first.
    """
    import tensorflow as tf

    found = getattr(data, split).batches(epoch)
    where = f"{split}.batches({epoch})"
    if not isinstance(found, tf.data.Dataset):
        raise wrong(
            lesson,
            "data",
            f"gave a split whose {where} returned {kind_of(found)}",
            "a tf.data.Dataset of batches",
            "tf.data.Dataset.from_tensor_slices(arrays).batch(batch_size) makes one",
            batches_place(lesson, data, split),
        )
    for spec in tf.nest.flatten(found.element_spec):
        shape = getattr(spec, "shape", None)
        if shape is None or (shape.rank is not None and shape.rank == 0):
            raise wrong(
                lesson,
                "data",
                f"gave a split whose {where} has a part without an axis: {spec}",
                "batches, every tensor of them with the examples on its first axis",
                "call .batch(batch_size) on the dataset",
                batches_place(lesson, data, split),
            )
    return found


def check_batch(lesson: Lesson, batch: Any) -> Any:
    """Return a batch that was read.

    Raises:
        CourseError: Its tensors do not have the same number of examples on their first axis.
    """
    import tensorflow as tf

    parts = tf.nest.flatten(batch)
    shapes = [tuple(part.shape) for part in parts]
    if not shapes or any(len(shape) == 0 or shape[0] == 0 for shape in shapes):
        found = "no tensor" if not shapes else f"tensors of the shapes {_listed(shapes)}"
        raise wrong(
            lesson,
            "data",
            f"gave a batch with {found}",
            "tensors with one example or more on the first axis",
        )
    if len({shape[0] for shape in shapes}) > 1:
        raise wrong(
            lesson,
            "data",
            f"gave a batch whose tensors have the shapes {_listed(shapes)}",
            "the same number of examples on the first axis of each",
            "transpose the part that has another axis first, or leave it out of the batch",
        )
    return batch


def _listed(shapes: list[tuple[int, ...]]) -> str:
    return " and ".join(map(str, shapes))


def signatures_of(lesson: Lesson) -> dict[str, str]:
    """Return a lesson's own description of how its metrics are computed.

    Raises:
        CourseError: It is no dictionary of texts.
    """
    found: Any = lesson.signatures()
    if not isinstance(found, dict) or not all(
        isinstance(part, str) for pair in found.items() for part in pair
    ):
        raise wrong(
            lesson,
            "signatures",
            f"returned {kind_of(found)}",
            'a dictionary of texts, such as {"bleu": "sacrebleu 2.4, 13a"}',
        )
    return found


def assets_of(lesson: Lesson, data: Any) -> dict[str, Any]:
    """Return what the demo needs of the data, as JSON can hold it.

    Raises:
        CourseError: It is no dictionary, or holds something that JSON cannot.
    """
    found: Any = lesson.assets(data)
    expected = "a dictionary of plain values: numbers, texts, lists and dictionaries"
    if not isinstance(found, dict):
        raise wrong(lesson, "assets", f"returned {kind_of(found)}", expected)
    try:
        json.dumps(found, allow_nan=False)
    except (TypeError, ValueError) as error:
        raise wrong(
            lesson,
            "assets",
            f"returned what JSON cannot hold: {error}",
            expected,
            "turn arrays into lists with .tolist(), and objects into what they are made of",
        ) from error
    return found


def restored_of(lesson: Lesson, restored: Any) -> Any:
    """Return what `Lesson.restore` returned.

    Raises:
        CourseError: It is neither `Data` nor None.
    """
    if restored is not None and not isinstance(restored, Data):
        raise wrong(
            lesson,
            "restore",
            f"returned {kind_of(restored)}",
            "the lesson's Data without splits, or None where the demo needs the data set",
        )
    return restored
