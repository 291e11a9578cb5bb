"""Determinism and resuming: the same seed gives the same numbers, also after an interruption.

The steps are taken eagerly: that is quicker than to trace a graph for each of two models, and it
hides nothing. What Python keeps or draws at random in a step, a graph would keep as it was when
the step was traced.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from coursekit.conformance.case import Case, fault
from coursekit.returned import place

if TYPE_CHECKING:
    from coursekit.conformance.subject import Subject

STEPS = 2  # of each of the two epochs


@dataclass
class Trained:
    """A model that was trained for two short epochs, and what it was after each.

    Attributes:
        model: The model.
        paths: The checkpoints: untrained, after one epoch, after two.
    """

    model: Any
    paths: tuple[Path, Path, Path]


def cases(subject: Subject) -> list[Case]:
    """Return the cases of this group."""
    return [
        Case("training", "the same seed gives the same first weights", first_weights),
        Case("training", "a resumed run is the same, bit for bit", resumed),
        Case("training", "the same seed gives the same numbers", repeated),
    ]


def train(subject: Subject) -> Trained:
    """Train for two short epochs, with a checkpoint before and after each."""
    from coursekit.runs.checkpoint import Progress, save

    model = subject.model(subject.settings)
    paths = tuple(subject.folder / f"{epoch}.ckpt" for epoch in range(3))
    save(paths[0], model, Progress())
    for epoch in range(2):
        train_epoch(subject, model, epoch)
        save(paths[epoch + 1], model, Progress(epoch + 1))
    return Trained(model, (paths[0], paths[1], paths[2]))


def train_epoch(subject: Subject, model: Any, epoch: int) -> None:
    """Take the first steps of an epoch."""
    for batch in subject.few(epoch, "train", STEPS):
        with subject.calling("train_step"):
            subject.lesson.train_step(model, batch)


def different(model: Any, path: Path) -> str:
    """Return the first variable that is not what a checkpoint says, bit for bit; "" if none."""
    from coursekit.runs.checkpoint import load, state

    here = [(v.path, v.numpy().tobytes()) for v in state(model)]
    load(path, model)
    there = [variable.numpy().tobytes() for variable in state(model)]
    return next((name for (name, a), b in zip(here, there, strict=True) if a != b), "")


def first_weights(subject: Subject) -> Iterator[str]:
    """Compare two untrained models."""
    if name := different(subject.twin, subject.trained.paths[0]):
        yield fault(
            f"the variable {name} of a second untrained model differs "
            f"({place(subject.lesson, 'model')})",
            "the same first weights for the same seed",
            "give each initializer and SeedGenerator a seed made from settings.seed",
        )


def resumed(subject: Subject) -> Iterator[str]:
    """Load the checkpoint of the first epoch into a new model, and train the second."""
    if name := after(subject, 1):
        yield fault(
            f"the variable {name} differs after an epoch that was resumed "
            f"({place(subject.lesson, 'train_step')})",
            "what the uninterrupted run gave, bit for bit",
            "hold all that a step changes in variables that the model tracks, and draw random "
            "numbers from a keras.random.SeedGenerator of the model",
        )


def repeated(subject: Subject) -> Iterator[str]:
    """Train the first epoch a second time."""
    if name := after(subject, 0):
        yield fault(
            f"the variable {name} differs after the same epoch was trained twice "
            f"({place(subject.lesson, 'train_step')})",
            "the same numbers for the same seed, bit for bit",
            "draw random numbers from a keras.random.SeedGenerator of the model alone",
        )


def after(subject: Subject, epoch: int) -> str:
    """Return what differs after a second model has trained an epoch from its checkpoint."""
    from coursekit.runs.checkpoint import load

    trained, model = subject.trained, subject.twin
    load(trained.paths[epoch], model)
    train_epoch(subject, model, epoch)
    return different(model, trained.paths[epoch + 1])
