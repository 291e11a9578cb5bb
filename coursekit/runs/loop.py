"""The training loop that every lesson shares.

It takes the lesson's train step as it is, compiles it, and keeps the run in
a state from which it can be resumed bit for bit after a kill at any moment: each
epoch depends on the checkpoint before it and on (seed, epoch) alone.
"""

import math
import time
from collections.abc import Callable, Mapping
from importlib.util import find_spec
from typing import Any

from coursekit.errors import CourseError
from coursekit.lesson import Lesson
from coursekit.prepare import has_xla
from coursekit.returned import batches_of
from coursekit.runs import checkpoint, pictures
from coursekit.runs.checkpoint import BEST, LAST, PREVIOUS, Progress
from coursekit.runs.display import PlainDisplay
from coursekit.runs.folder import Run
from coursekit.runs.preflight import check_built, checked_step, measure, shown_of
from coursekit.settings import Settings

READ_EVERY = 0.25  # seconds between looks at the losses, each of which waits for the device


def make_deterministic(seed: int) -> None:
    """Seed everything and ask TensorFlow for the same numbers each time."""
    import keras
    import tensorflow as tf

    keras.utils.set_random_seed(seed)
    tf.config.experimental.enable_op_determinism()


def compiled(lesson: Lesson, jit: bool, eager: bool) -> Callable[[Any, Any], Any]:
    """Return the lesson's train step, compiled unless `eager`, with XLA if `jit`."""
    if eager:
        return lesson.train_step
    import tensorflow as tf

    step: Callable[[Any, Any], Any] = tf.function(lesson.train_step, jit_compile=jit)
    return step


class Losses:
    """Means over an epoch of the losses that each step returned."""

    def __init__(self, remedy: str) -> None:
        self.remedy = remedy
        self.pending: list[Mapping[str, Any]] = []
        self.sums: dict[str, float] = {}
        self.steps = 0

    def add(self, losses: Mapping[str, Any]) -> None:
        """Take the losses of one step; they are not read yet."""
        self.pending.append(losses)

    def read(self) -> dict[str, float]:
        """Return the means so far.

        Raises:
            CourseError: A loss is not finite.
        """
        for losses in self.pending:
            self.steps += 1
            for name, value in losses.items():
                number = float(value)
                if not math.isfinite(number):
                    raise CourseError(
                        f"the {name} became {number} at step {self.steps} of this epoch",
                        "a finite number",
                        self.remedy,
                    )
                self.sums[name] = self.sums.get(name, 0.0) + number
        self.pending.clear()
        return {name: value / max(self.steps, 1) for name, value in self.sums.items()}


def train_epoch(
    lesson: Lesson,
    step: Callable[[Any, Any], Any],
    model: Any,
    batches: Any,
    display: PlainDisplay,
    remedy: str,
) -> tuple[dict[str, float], int]:
    """Take a step for each batch; return the mean losses and the number of examples."""
    import tensorflow as tf

    losses, examples, count, seen = Losses(remedy), 0, 0, time.monotonic()
    first = checked_step(lesson, model, step)
    for count, batch in enumerate(batches, 1):
        losses.add((first if count == 1 else step)(model, batch))
        examples += int(tf.nest.flatten(batch)[0].shape[0])
        if time.monotonic() - seen > READ_EVERY:
            seen = time.monotonic()
            display.update(count, examples, losses.read())
    if count == 0:
        raise CourseError("the training split gave no batch", "at least one full batch of examples")
    means = losses.read()
    display.update(count, examples, means)
    return means, examples


def fit(
    lesson: Lesson,
    model: Any,
    data: Any,
    settings: Settings,
    run: Run,
    display: PlainDisplay,
    eager: bool = False,
) -> Progress:
    """Train until the last epoch, or until validation has not improved for `patience` epochs.

    Resumes at the run's newest whole checkpoint if there is one. Before the first epoch the
    untrained model is evaluated and shown: that is the figure to beat, and a lesson whose
    metrics or demo are not what they must be stops before the first epoch.

    Raises:
        CourseError: The model is not built, a member returned something that it must not, a
            loss or a metric is not finite or not as declared, or the run's folder cannot be
            written.
    """
    check_built(lesson, model)
    progress, said = checkpoint.load_newest(run.path, model)
    if said:
        display.say(said)
    run.write_history(run.history()[: progress.epochs])
    jit = settings.jit and not eager
    if jit and not has_xla():
        display.say("this TensorFlow has no XLA: the step runs as a plain graph, more slowly")
        jit = False
    step = compiled(lesson, jit, eager)
    opened = progress.epochs
    batches = batches_of(lesson, data, opened)
    if progress.epochs == 0:
        begin(lesson, model, data, display)
    scalars = _scalars(run)
    while progress.epochs < settings.epochs and not stops(progress, settings):
        epoch = progress.epochs
        if epoch != opened:
            batches, opened = batches_of(lesson, data, epoch), epoch
        cardinality = int(batches.cardinality())
        display.start_epoch(epoch, cardinality if cardinality >= 0 else None)
        started = time.monotonic()
        losses, examples = train_epoch(lesson, step, model, batches, display, _remedy(epoch))
        seconds = time.monotonic() - started
        display.evaluating("validation")
        metrics = measure(lesson, model, data, "validation")
        row = {
            "epoch": epoch + 1,
            **losses,
            **{f"validation_{name}": value for name, value in metrics.items()},
            "train_seconds": seconds,
            "examples_per_second": examples / seconds,
        }
        sample = sample_of(lesson, model, data)
        progress = advance(lesson, progress, metrics)
        keep(run, model, progress, row)
        try:
            pictures.save_frames(run, epoch + 1, sample)
        except CourseError as error:  # a run is worth more than a picture
            display.say(str(error))
        scalars(row)
        display.end_epoch(row, sample)
    if stops(progress, settings) and progress.epochs < settings.epochs:
        display.say(
            f"stopped early: {lesson.headline.name} has not improved for {progress.waited} epochs"
        )
    return progress


def begin(lesson: Lesson, model: Any, data: Any, display: PlainDisplay) -> None:
    """Show what the untrained model reaches on the validation split.

    Raises:
        CourseError: The demo or the metrics are not what they must be.
    """
    sample_of(lesson, model, data)
    display.evaluating("validation")
    display.start(measure(lesson, model, data, "validation"))


def sample_of(lesson: Lesson, model: Any, data: Any) -> list[Any]:
    """Return a lesson's standard sample, every text of it read to its end.

    Raises:
        CourseError: The demo returned something that nobody can look at.
    """
    result = lesson.demo(model, data, None, lesson.demo_options())
    return pictures.gathered(shown_of(lesson, result))


def stops(progress: Progress, settings: Settings) -> bool:
    """Return whether early stopping applies."""
    return 0 < settings.patience <= progress.waited


def advance(lesson: Lesson, progress: Progress, metrics: Mapping[str, float]) -> Progress:
    """Return the progress after one more epoch with these validation metrics."""
    value = metrics[lesson.headline.name]
    epochs = progress.epochs + 1
    if lesson.headline.improves(value, progress.best):
        return Progress(epochs, value, epochs, 0)
    return Progress(epochs, progress.best, progress.best_epoch, progress.waited + 1)


def keep(run: Run, model: Any, progress: Progress, row: dict[str, float]) -> None:
    """Write an epoch to disk: history, then best, then last.

    In this order a kill in between loses nothing: what was written early is
    repeated, the same, from the last checkpoint.
    """
    run.write_history([*run.history()[: progress.epochs - 1], row])
    if progress.best_epoch in (progress.epochs, 0):
        checkpoint.save(run.path / BEST, model, progress)
    checkpoint.save(run.path / LAST, model, progress, keep=run.path / PREVIOUS)


def _remedy(epoch: int) -> str:
    kept = f"the checkpoint of epoch {epoch} is kept; " if epoch else ""
    return kept + "start again with a lower --set learning_rate, or another --seed"


def _scalars(run: Run) -> Callable[[Mapping[str, float]], None]:
    """Return a function that writes a row for TensorBoard, where that is installed."""
    if find_spec("tensorboard") is None:
        return lambda row: None
    import tensorflow as tf

    writer = tf.summary.create_file_writer(str(run.path / "tensorboard"))

    def write(row: Mapping[str, float]) -> None:
        with writer.as_default():
            for name, value in row.items():
                if name != "epoch":
                    label = name.replace("validation_", "validation/")
                    tf.summary.scalar(label, value, step=int(row["epoch"]))
        writer.flush()

    return write
