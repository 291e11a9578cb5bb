"""Predict, then run: an untrained model knows nothing, and one batch can be learnt by heart."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from coursekit.conformance.case import Case, NotApplicable, fault
from coursekit.conformance.subject import Subject
from coursekit.returned import place

EXAMPLES = 4  # that the batch to be overfitted repeats
MOST_STEPS = 200
READ_EVERY = 10
FALLS_TO = 0.5  # of the first loss
NEAR = 0.1  # of what chance predicts, relative


def cases(subject: Subject) -> list[Case]:
    """Return the cases of this group."""
    return [
        Case("learning", "the loss starts near what chance predicts", chance),
        Case("learning", "one batch can be overfitted", overfit),
    ]


def chance(subject: Subject) -> Iterator[str]:
    """Compare the losses of the first step with what the lesson expects of an untrained model."""
    lesson = subject.lesson
    with subject.calling("initial_losses"):
        expected = lesson.initial_losses(subject.data)
    if not expected:
        raise NotApplicable("the lesson does not say what chance predicts, in `initial_losses`")
    found = subject.eager_walk.losses[0]
    for name, value in expected.items():
        if name not in found:
            yield fault(
                f"`initial_losses` names {name!r} ({place(lesson, 'initial_losses')})",
                f"one of what train_step returns: {', '.join(found)}",
            )
        elif abs(found[name] - value) > NEAR * abs(value):
            yield fault(
                f"the first {name} is {found[name]:.3f} ({place(lesson, 'train_step')})",
                f"about {value:.3f}, which chance predicts, dropout off",
                "look at how the first weights of the last layer are drawn, and whether the "
                "loss is the mean over the examples",
            )


def overfit(subject: Subject) -> Iterator[str]:
    """Train on a few examples until a loss has fallen to half of what it was."""
    model, step = subject.calm.fresh(), subject.calm_step
    batch = repeated(subject.batch)
    first: dict[str, float] = {}
    last: dict[str, float] = {}
    for number in range(MOST_STEPS + 1):
        with subject.calling("train_step"):
            losses = step(model, batch)
        if number % READ_EVERY == 0:
            last = {name: float(value) for name, value in losses.items()}
            first = first or {name: value for name, value in last.items() if value > 0}
            if not first:
                raise NotApplicable("no loss is above zero")
            if any(last[name] < FALLS_TO * first[name] for name in first):
                return
    changes = ", ".join(f"{name} from {first[name]:.3f} to {last[name]:.3f}" for name in first)
    yield fault(
        f"{MOST_STEPS} steps on {EXAMPLES} examples took {changes} "
        f"({place(subject.lesson, 'train_step')})",
        f"a loss that falls to {FALLS_TO:.0%} of what it was",
        "look whether the gradients reach every layer, whether inputs and targets belong "
        "together, and at the learning rate",
    )


def repeated(batch: Any) -> Any:
    """Return a batch of the same shape that repeats its first few examples."""
    import tensorflow as tf

    def first_few(part: Any) -> Any:
        return tf.gather(part, tf.range(tf.shape(part)[0]) % EXAMPLES)

    return tf.nest.map_structure(first_few, batch)
