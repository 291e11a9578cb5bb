"""The train step: its losses, and that a debugger, a graph and XLA all take the same step."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

from coursekit.conformance.case import Case, NotApplicable, fault
from coursekit.conformance.subject import Subject
from coursekit.returned import place, wrong

STEPS = 2
LOSSES_AGREE = 1e-3  # relative; sums are taken in another order
CHANGES_AGREE = 0.05  # of the norm of what three steps change


class Walk(NamedTuple):
    """What a few steps on one batch gave.

    Attributes:
        losses: Of each step, by name.
        weights: After the last.
    """

    losses: list[dict[str, float]]
    weights: list[Any]


def cases(subject: Subject) -> list[Case]:
    """Return the cases of this group."""
    return [
        Case("step", "the model is built before its first step", built),
        Case("step", "a step returns its losses and makes no variables", losses),
        Case("step", "a compiled step is the same as an eager one", graph),
        Case("step", "a step compiled with XLA is the same, too", xla),
    ]


def built(subject: Subject) -> Iterator[str]:
    """Make the model; it is checked as it comes."""
    _ = subject.calm
    yield from ()


def losses(subject: Subject) -> Iterator[str]:
    """Take eager steps; they are checked as they come."""
    _ = subject.eager_walk
    yield from ()


def graph(subject: Subject) -> Iterator[str]:
    """Take the same steps as a graph."""
    expected = subject.eager_walk
    yield from unlike(subject, "as a graph", expected, walk(subject, subject.calm_step))


def xla(subject: Subject) -> Iterator[str]:
    """Take the same steps with XLA."""
    from coursekit.prepare import has_xla
    from coursekit.runs.loop import compiled

    expected = subject.eager_walk
    if not subject.settings.jit:
        raise NotApplicable("its smallest preset does not ask for XLA, with jit")
    if not has_xla():
        raise NotApplicable("this TensorFlow has no XLA")
    step = compiled(subject.lesson, jit=True, eager=False)
    yield from unlike(subject, "with XLA", expected, walk(subject, step))


def walk(subject: Subject, step: Callable[[Any, Any], Any]) -> Walk:
    """Take a few steps on one batch from the first weights, dropout off.

    Raises:
        CourseError: A loss is not finite.
    """
    model, batch = subject.calm.fresh(), subject.batch
    taken: list[dict[str, float]] = []
    for number in range(1, STEPS + 1):
        with subject.calling("train_step"):
            found = step(model, batch)
        taken.append({name: float(value) for name, value in found.items()})
        for name, value in taken[-1].items():
            if not math.isfinite(value):
                raise wrong(
                    subject.lesson,
                    "train_step",
                    f"says that {name} is {value} in step {number}",
                    "a finite number",
                    "look for a logarithm or a division by zero, and at the learning rate",
                )
    return Walk(taken, [variable.numpy() for variable in model.trainable_variables])


def unlike(subject: Subject, way: str, expected: Walk, found: Walk) -> Iterator[str]:
    """Yield in what two walks differ."""
    remedy = "use TensorFlow's own functions and no state of Python inside train_step"
    for number, (one, other) in enumerate(zip(expected.losses, found.losses, strict=True), 1):
        for name in one:
            gap = abs(one[name] - other.get(name, float("nan")))
            if not gap <= LOSSES_AGREE * max(abs(one[name]), LOSSES_AGREE):
                yield fault(
                    f"the {name} of step {number} is {other.get(name)} {way} and {one[name]} "
                    f"run eagerly, dropout off ({place(subject.lesson, 'train_step')})",
                    "the same within rounding",
                    remedy,
                )
                return
    share = apart(subject, expected.weights, found.weights)
    if not share <= CHANGES_AGREE:
        yield fault(
            f"{STEPS} steps {way} change the weights otherwise than eagerly, by {share:.0%} of "
            f"the change, dropout off ({place(subject.lesson, 'train_step')})",
            "the same within rounding",
            remedy,
        )


def apart(subject: Subject, one: list[Any], other: list[Any]) -> float:
    """Return how far two results are apart, as a share of how far the first is from the start."""
    start = subject.calm.first_weights
    gap = sum(float(((a - b) ** 2).sum()) for a, b in zip(one, other, strict=True))
    way = sum(float(((a - b) ** 2).sum()) for a, b in zip(one, start, strict=True))
    return float((gap / way) ** 0.5) if way else float(gap > 0)
