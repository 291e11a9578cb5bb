"""Checkpoints: one file that holds all that a run needs to be resumed bit for bit.

The file is a header line with a sha256, then a NumPy ``.npz`` archive with
every variable of the model (Keras's seed generators are among them) and of
its optimizers, then the progress of the run. It is written to a temporary
name and renamed, so that under its own name there is always a whole file.
"""

import hashlib
import io
import json
import math
import zipfile
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np

from coursekit.atomic import writing
from coursekit.errors import CourseError
from coursekit.runs.folder import FULL_DISK
from coursekit.stored import as_plain, read_bytes

MAGIC = b"coursekit-checkpoint-1 "
LAST, PREVIOUS, BEST = "last.ckpt", "previous.ckpt", "best.ckpt"


@dataclass(frozen=True)
class Progress:
    """How far a run has come.

    Attributes:
        epochs: Epochs finished.
        best: The best validation headline so far.
        best_epoch: The epoch that reached it, counted from 1; 0 before the first.
        waited: Epochs since then.
    """

    epochs: int = 0
    best: float | None = None
    best_epoch: int = 0
    waited: int = 0


def state(model: Any) -> list[Any]:
    """Return every variable that a model and its optimizers hold, in a fixed order.

    Optimizers are found among the model's attributes, alone or in lists and
    dictionaries, since Keras does not count their variables as the model's.
    """
    variables = list(model.variables)
    for optimizer in optimizers_of(model):
        variables.extend(optimizer.variables)
    unique = {id(variable): variable for variable in variables}
    return list(unique.values())


def optimizers_of(model: Any) -> Iterator[Any]:
    """Yield the optimizers among a model's attributes, in a fixed order."""
    for _, value in sorted(vars(model).items()):
        yield from _optimizers(value)


def _optimizers(value: Any) -> Iterator[Any]:
    import keras

    if isinstance(value, keras.optimizers.Optimizer):
        yield value
    elif isinstance(value, (list, tuple, dict)):
        for part in value.values() if isinstance(value, dict) else value:
            yield from _optimizers(part)


def save(path: Path, model: Any, progress: Progress, keep: Path | None = None) -> None:
    """Write a checkpoint atomically.

    Args:
        path: Its name.
        model: The model, with its optimizers as attributes.
        progress: How far the run has come.
        keep: Where the file that has that name so far goes, once the new one is whole.

    Raises:
        CourseError: The disk is full or the folder cannot be written; whatever
            had that name before is still there.
    """
    variables = state(model)
    header = {
        "progress": asdict(progress),
        "variables": [[v.path, list(v.shape), str(v.dtype)] for v in variables],
    }
    arrays: dict[str, Any] = {f"v{i}": _plain(v) for i, v in enumerate(variables)}
    arrays["header"] = np.frombuffer(json.dumps(header).encode(), np.uint8)
    buffer = io.BytesIO()
    np.savez(buffer, **arrays)
    payload = buffer.getbuffer()
    digest = hashlib.sha256(payload).hexdigest().encode()
    with writing(path, remedy=FULL_DISK, keep=keep) as file:
        file.write(MAGIC + digest + b"\n")
        file.write(payload)


def _plain(variable: Any) -> np.ndarray[Any, Any]:
    value = np.asarray(variable.numpy())
    # NumPy cannot name bfloat16 in a file: its bits travel as integers.
    return value.view(np.uint16) if value.dtype.name == "bfloat16" else value


@dataclass(frozen=True)
class Header:
    """What a checkpoint says of itself: its progress; path, shape and type of each variable."""

    progress: Progress
    variables: list[tuple[str, list[int], str]]


def _read(path: Path) -> tuple[Header, dict[str, np.ndarray[Any, Any]]]:
    """Return a checkpoint's header and arrays.

    Raises:
        ValueError: It is damaged, or no checkpoint.
    """
    first, _, payload = read_bytes(path).partition(b"\n")
    if not first.startswith(MAGIC):
        raise ValueError("it does not start like a checkpoint")
    if hashlib.sha256(payload).hexdigest().encode() != first[len(MAGIC) :].strip():
        raise ValueError("its checksum does not match: it is truncated or damaged")
    with zipfile.ZipFile(io.BytesIO(payload)) as archive:
        arrays = {
            info.filename.removesuffix(".npy"): _array(archive, info) for info in archive.infolist()
        }
    header = as_plain(json.loads(arrays.pop("header").tobytes()), Header)
    for number, (name, shape, _) in enumerate(header.variables):
        if list(arrays[f"v{number}"].shape) != shape:
            raise ValueError(f"the variable {name} does not have the shape given in the header")
    return header, arrays


def _array(archive: zipfile.ZipFile, info: zipfile.ZipInfo) -> np.ndarray[Any, Any]:
    """Read an array whose size is what its header says: nothing larger is allocated."""
    if info.compress_type != zipfile.ZIP_STORED:
        raise ValueError(f"{info.filename} is compressed")
    content = archive.read(info)
    file = io.BytesIO(content)
    np.lib.format.read_magic(file)
    shape, fortran, dtype = np.lib.format.read_array_header_1_0(file)
    size = math.prod(shape) * dtype.itemsize
    if fortran or dtype.hasobject or size != len(content) - file.tell():
        raise ValueError(f"{info.filename} does not hold an array of {shape}")
    return np.frombuffer(content, dtype, offset=file.tell()).reshape(shape)


def load(path: Path, model: Any) -> Progress:
    """Put a checkpoint's values into a model and return how far the run had come.

    Raises:
        CourseError: The file is missing, damaged, or of another model.
    """
    try:
        header, arrays = _read(path)
    except (ValueError, KeyError, RecursionError, zipfile.BadZipFile) as error:
        raise CourseError(
            f"the checkpoint {path} cannot be used: {error}",
            "a complete checkpoint",
            "start a new run",
        ) from error
    variables = state(model)
    expected = [[v.path, list(v.shape), str(v.dtype)] for v in variables]
    # Keras numbers the names of layers by process: shapes and types must match.
    if [list(entry[1:]) for entry in header.variables] != [entry[1:] for entry in expected]:
        raise CourseError(
            f"the checkpoint {path} belongs to another model",
            f"{len(expected)} variables of the shapes that these settings give",
            "start a new run, or go back to the version that wrote it",
        )
    for i, variable in enumerate(variables):
        value = arrays[f"v{i}"]
        if str(variable.dtype) == "bfloat16":
            value = value.view(variable.numpy().dtype)
        variable.assign(value)
    return header.progress


def load_newest(folder: Path, model: Any) -> tuple[Progress, str]:
    """Load the last checkpoint, or the one before if the last is damaged.

    Returns:
        The progress, and a line to say when the last could not be used ("" if it could).

    Raises:
        CourseError: Neither can be used, though one of them exists.
    """
    return _first_whole(folder, (LAST, PREVIOUS), model)


def load_best(folder: Path, model: Any) -> tuple[Progress, str]:
    """Load the best checkpoint, or the last if that is damaged; otherwise as `load_newest`."""
    return _first_whole(folder, (BEST, LAST, PREVIOUS), model)


def _first_whole(folder: Path, names: tuple[str, ...], model: Any) -> tuple[Progress, str]:
    candidates = [folder / name for name in names if (folder / name).exists()]
    if not candidates:
        return Progress(), ""
    problems: list[CourseError] = []
    for path in candidates:
        try:
            progress = load(path, model)
        except CourseError as error:
            problems.append(error)
            continue
        said = f"{problems[0].what}; {path.name} is used instead" if problems else ""
        return progress, said
    raise problems[0]
