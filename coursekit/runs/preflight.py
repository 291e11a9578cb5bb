"""What must be right before time is spent on an epoch: a built model, metrics as declared."""

import math
from collections.abc import Callable, Mapping
from typing import Any

from coursekit.errors import CourseError
from coursekit.lesson import Lesson, SplitName
from coursekit.runs.checkpoint import optimizers_of, state


def check_built(lesson: Lesson, model: Any) -> None:
    """Check that a checkpoint of this model would hold all that it needs to be resumed.

    Raises:
        CourseError: It is no Keras model, or it or one of its optimizers is not built.
    """
    import keras

    if not isinstance(model, keras.Model):
        raise CourseError(
            f"the model of {lesson.name} is of the class {type(model).__name__}", "a keras.Model"
        )
    if not model.variables:
        raise CourseError(
            f"the model of {lesson.name} has no variables: it is not built",
            "a model whose variables exist before the first step",
            "in `model`, build it or call it once on zeros of a batch's shape",
        )
    for optimizer in optimizers_of(model):
        if not optimizer.built:
            raise CourseError(
                f"the {type(optimizer).__name__} optimizer of {lesson.name} is not built",
                "an optimizer whose variables exist before the first step",
                "in `model`, call optimizer.build(model.trainable_variables)",
            )


def checked_step(
    lesson: Lesson, model: Any, step: Callable[[Any, Any], Any]
) -> Callable[[Any, Any], Any]:
    """Return a train step that checks what it returns, and that it makes no variables.

    Raises:
        CourseError: When it is called: it returned no losses by name, or a variable is new.
    """
    before = {id(variable) for variable in state(model)}

    def checked(model: Any, batch: Any) -> Any:
        losses = step(model, batch)
        if not isinstance(losses, Mapping) or not losses:
            raise CourseError(
                f"train_step of {lesson.name} returned {type(losses).__name__}",
                'its losses by name, such as {"loss": loss}',
            )
        for name, loss in losses.items():
            if math.prod(getattr(loss, "shape", ())) != 1:
                raise CourseError(
                    f"the loss {name!r} of {lesson.name} has the shape {tuple(loss.shape)}",
                    "one number",
                    "take the mean over the batch",
                )
        new = [v.path for v in state(model) if id(v) not in before]
        if new:
            raise CourseError(
                f"the first train step of {lesson.name} created variables: {', '.join(new[:3])}",
                "a model whose variables all exist before the first step",
                "in `model`, build it or call it once on zeros of a batch's shape",
            )
        return losses

    return checked


def measure(lesson: Lesson, model: Any, data: Any, split: SplitName) -> dict[str, float]:
    """Evaluate a lesson and return its metrics, checked.

    Raises:
        CourseError: They are not those that the lesson declares, or not finite numbers.
    """
    metrics = lesson.evaluate(model, data, split)
    if not isinstance(metrics, Mapping):
        raise CourseError(
            f"evaluate of {lesson.name} returned {type(metrics).__name__}",
            f'metrics by name, such as {{"{lesson.headline.name}": 0.5}}',
        )
    declared = [metric.name for metric in lesson.metrics]
    unknown = sorted(set(metrics) - set(declared))
    if unknown or lesson.headline.name not in metrics:
        fault = f"the undeclared {', '.join(unknown)}" if unknown else f"no {lesson.headline.name}"
        raise CourseError(
            f"evaluate of {lesson.name} returned {fault}",
            f"metrics out of {', '.join(declared)}, the first of them always",
        )
    numbers = {}
    for name, value in metrics.items():
        try:
            numbers[name] = float(value)
        except (TypeError, ValueError):
            raise CourseError(
                f"evaluate of {lesson.name}: {name} is a {type(value).__name__}", "one number"
            ) from None
        if not math.isfinite(numbers[name]):
            raise CourseError(
                f"evaluate of {lesson.name}: {name} is {numbers[name]} on the {split} split",
                "a finite number",
                "leave a metric out where it is not defined",
            )
    return numbers
