"""What must be right before time is spent on an epoch: a model that is built, a step, metrics.

What `Lesson.data` and the splits give is checked in `coursekit.returned`.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from coursekit.lesson import Lesson, Metric, SplitName
from coursekit.returned import check_batch, kind_of, wrong
from coursekit.runs.checkpoint import optimizers_of, state

OF_THE_HISTORY = ("epoch", "train_seconds", "examples_per_second")  # its own columns
SLACK = 1e-6  # by which a metric may leave its range, for rounding


def check_built(lesson: Lesson, model: Any) -> Any:
    """Return a model of which a checkpoint would hold all that it needs to be resumed.

    Raises:
        CourseError: It is no Keras model, or it or one of its optimizers is not built.
    """
    import keras

    if not isinstance(model, keras.Model):
        raise wrong(
            lesson,
            "model",
            f"returned {kind_of(model)}",
            "a keras.Model",
            "derive the network from keras.Model, and return an instance",
        )
    if not model.variables:
        raise wrong(
            lesson,
            "model",
            "returned a model that has no variables: it is not built",
            "a model whose variables exist before the first step",
            "build it, or call it once on zeros of a batch's shape",
        )
    for optimizer in optimizers_of(model):
        if not optimizer.built:
            raise wrong(
                lesson,
                "model",
                f"returned a model whose {type(optimizer).__name__} optimizer is not built",
                "an optimizer whose variables exist before the first step",
                "call optimizer.build(model.trainable_variables)",
            )
    return model


def checked_step(
    lesson: Lesson, model: Any, step: Callable[[Any, Any], Any]
) -> Callable[[Any, Any], Any]:
    """Return a train step that checks its batch, its losses, and that it makes no variables.

    Raises:
        CourseError: When it is called: the examples are not first, it returned no losses by
            name, or a variable is new.
    """
    before = {id(variable) for variable in state(model)}

    def checked(model: Any, batch: Any) -> Any:
        losses = losses_of(lesson, step(model, check_batch(lesson, batch)))
        new = [v.path for v in state(model) if id(v) not in before]
        if new:
            raise wrong(
                lesson,
                "train_step",
                f"created variables in its first step: {', '.join(new[:3])}",
                "a model whose variables all exist before the first step",
                "in `model`, build it or call it once on zeros of a batch's shape",
            )
        return losses

    return checked


def measure(lesson: Lesson, model: Any, data: Any, split: SplitName) -> dict[str, float]:
    """Evaluate a lesson and return its metrics, checked.

    Raises:
        CourseError: They are not those that the lesson declares, or not finite numbers in
            their ranges.
    """
    return metrics_of(lesson, lesson.evaluate(model, data, split), split)


def losses_of(lesson: Lesson, losses: Any) -> Any:
    """Return what a train step returned.

    Raises:
        CourseError: They are no losses by name, or one of them is not one number.
    """
    if not isinstance(losses, Mapping) or not losses:
        found = "no losses" if isinstance(losses, Mapping) else kind_of(losses)
        raise wrong(
            lesson,
            "train_step",
            f"returned {found}",
            'its losses by name, such as {"loss": loss}',
        )
    for name, loss in losses.items():
        if not isinstance(name, str) or name in OF_THE_HISTORY or name.startswith("validation_"):
            raise wrong(
                lesson,
                "train_step",
                f"returned a loss named {name!r}",
                "a name that the history of a run does not use itself",
                "call it loss, or by what it measures",
            )
        shape = getattr(loss, "shape", ())
        if math.prod(shape) != 1:
            raise wrong(
                lesson,
                "train_step",
                f"returned a loss {name!r} that has the shape {tuple(shape)}",
                "one number",
                "take the mean over the batch: tf.reduce_mean",
            )
        if not _is_number(loss):
            raise wrong(lesson, "train_step", f"returned {kind_of(loss)} as {name!r}", "one number")
    return losses


def _is_number(value: Any) -> bool:
    try:
        float(value)
    except (TypeError, ValueError):
        return False
    return not isinstance(value, str)


def metrics_of(lesson: Lesson, metrics: Any, split: SplitName) -> dict[str, float]:
    """Return what `Lesson.evaluate` returned, as plain numbers.

    Raises:
        CourseError: They are not the metrics that the lesson declares, or one is not a finite
            number in its range.
    """
    if not isinstance(metrics, Mapping):
        raise wrong(
            lesson,
            "evaluate",
            f"returned {kind_of(metrics)}",
            f'metrics by name, such as {{"{lesson.headline.name}": 0.5}}',
        )
    declared = {metric.name: metric for metric in lesson.metrics}
    unknown = [str(name) for name in metrics if name not in declared]
    if unknown:
        raise wrong(
            lesson,
            "evaluate",
            f"returned the undeclared {', '.join(unknown)} on the {split} split",
            f"only metrics that the lesson declares: {', '.join(declared)}",
            f"add Metric({unknown[0]!r}, ...) to the lesson's `metrics`, or do not return it",
        )
    needed = [m.name for m in lesson.metrics if m is lesson.headline or not m.optional]
    missing = [name for name in needed if name not in metrics]
    if missing:
        raise wrong(
            lesson,
            "evaluate",
            f"returned no {', '.join(missing)} on the {split} split",
            f"all of {', '.join(needed)}",
            "return it, or declare it with optional=True if it is not defined for all data"
            if missing != [lesson.headline.name]
            else "the first of `metrics` is the headline, which chooses the best epoch: return it",
        )
    return {name: _in_range(lesson, declared[name], metrics[name], split) for name in metrics}


def _in_range(lesson: Lesson, metric: Metric, value: Any, split: SplitName) -> float:
    if not _is_number(value):
        raise wrong(lesson, "evaluate", f"returned {kind_of(value)} as {metric.name}", "one number")
    number = float(value)
    if not math.isfinite(number):
        raise wrong(
            lesson,
            "evaluate",
            f"says that {metric.name} is {number} on the {split} split",
            "a finite number",
            "leave a metric out where it is not defined, and declare it with optional=True",
        )
    slack = SLACK * max(1.0, abs(number))
    low, high = metric.low, metric.high
    if (low is not None and number < low - slack) or (high is not None and number > high + slack):
        raise wrong(
            lesson,
            "evaluate",
            f"says that {metric.name} is {number:g} on the {split} split",
            f"a number {metric.limits}",
            "correct how it is computed, or the range in its Metric",
        )
    return number


def shown_of(lesson: Lesson, result: Any) -> list[Any]:
    """Return what a demo returned, as a list.

    Raises:
        CourseError: There is nothing to look at, or something that nobody can look at.
    """
    from rich.text import Text

    found = list(result) if isinstance(result, (list, tuple)) else [result]
    for item in found:
        if not isinstance(item, (str, Text, Iterator)) and not hasattr(item, "savefig"):
            raise wrong(
                lesson,
                "demo",
                f"returned {kind_of(item)}",
                "a text, a figure of matplotlib, an iterator of text, or a list of these",
                "return what is to be shown; do not print it",
            )
    if not found:
        raise wrong(lesson, "demo", "returned an empty list", "something to look at")
    return [_pieces(lesson, item) if isinstance(item, Iterator) else item for item in found]


def _pieces(lesson: Lesson, pieces: Iterator[Any]) -> Iterator[str]:
    """Yield the pieces of a text that is shown as it arrives."""
    for piece in pieces:
        if not isinstance(piece, str):
            raise wrong(
                lesson, "demo", f"returned an iterator that gave {kind_of(piece)}", "pieces of text"
            )
        yield piece
