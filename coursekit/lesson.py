"""The contract between the core and a lesson: data + model + train step + demo.

Everything that the core can do (list, run, resume, evaluate, show) it does
through the members of `Lesson`, so these docstrings are the reference for
plugin authors. A module that defines a `Lesson` must stay light: TensorFlow is
imported at the top of ``model.py``, ``train.py``, ``evaluate.py`` and ``demo.py``, never there.
"""

from __future__ import annotations

import inspect
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Generic, Literal, Protocol, TypeAlias

from typing_extensions import TypeVar

from coursekit.datasets import Dataset, LocalDataset
from coursekit.errors import CourseError
from coursekit.forwarding import absent, forwards_to
from coursekit.settings import Options, Settings, limits

if TYPE_CHECKING:
    import tensorflow as tf
    from matplotlib.figure import Figure
    from rich.text import Text

# A text, a styled text, a picture, or a text that is shown as it arrives.
Showable: TypeAlias = "str | Text | Figure | Iterator[str]"
SplitName: TypeAlias = Literal["train", "validation", "test"]


class Split(Protocol):
    """One part of a data set, as a pipeline of batches."""

    def batches(self, epoch: int) -> tf.data.Dataset:
        """Return the batches of one epoch.

        Their order and content depend on the settings' seed and on `epoch`
        alone, so that an interrupted epoch can be repeated exactly. Every
        tensor of a batch has the examples on its first axis. Give the pipeline
        a known cardinality, and the display can tell the time left.

        Args:
            epoch: The number of the epoch, from 0.
        """
        ...


class AbsentSplit:
    """Takes the place of the splits of data that was restored from a run's folder."""

    def batches(self, epoch: int) -> tf.data.Dataset:
        """Raise an error: the run's folder holds what the demo needs, not the examples."""
        raise CourseError("the examples of this data set are not loaded, only what the demo needs")


@dataclass
class Data:
    """What `Lesson.data` returns; a lesson derives its own with its vocabularies.

    Attributes:
        fingerprint: Of exactly what is learnt from, see `coursekit.fingerprint`.
        train: The split that is trained on.
        validation: The split that selects the best epoch and stops.
        test: The split that is reported once, at the end.
        notes: Lines that the learner should read: sizes, what was left out.
        demo_example: An input of the demo that suits this data better than the lesson's
            own, as one would type it in a shell; empty if there is none. A lesson that sets it
            keeps it in its assets.
    """

    fingerprint: str = ""
    train: Split = field(default_factory=AbsentSplit)
    validation: Split = field(default_factory=AbsentSplit)
    test: Split = field(default_factory=AbsentSplit)
    notes: tuple[str, ...] = ()
    demo_example: str = ""


@dataclass(frozen=True)
class Metric:
    """A number by which a lesson is judged.

    Attributes:
        name: Its name in the dictionary that `Lesson.evaluate` returns.
        meaning: One line that says what it counts.
        better: Which direction is better.
        style: How it is printed, a format specification such as ``".1f"`` or ``".1%"``.
        low: The smallest value that it can have; None: there is none.
        high: The largest value that it can have; None: there is none.
        optional: Whether `Lesson.evaluate` may leave it out, on data or a split for which it
            is not defined. The headline is never left out.
    """

    name: str
    meaning: str
    better: Literal["higher", "lower"] = "higher"
    style: str = ".3f"
    low: float | None = None
    high: float | None = None
    optional: bool = False

    @property
    def limits(self) -> str:
        """Its range in words, empty if it has none."""
        return limits({"low": self.low, "high": self.high})

    def text(self, value: float) -> str:
        """Return the value as people read it."""
        return format(value, self.style)

    def improves(self, value: float, best: float | None) -> bool:
        """Return whether a value beats the best so far (None: there is none)."""
        if best is None:
            return value == value
        return value > best if self.better == "higher" else value < best


SettingsT = TypeVar("SettingsT", bound=Settings, default=Any)
DataT = TypeVar("DataT", bound=Data, default=Any)
ModelT = TypeVar("ModelT", default=Any)
OptionsT = TypeVar("OptionsT", bound=Options, default=Any)


class Lesson(Generic[SettingsT, DataT, ModelT, OptionsT]):
    """A lesson: data + model + train step + demo.

    It is generic in the classes of its settings, data, model and demo options, so that a type
    checker compares a plugin's methods with each other:
    ``class NmtLesson(Lesson["NmtSettings", "NmtData", "Translator", "NmtDemoOptions"])``.
    Left out, they are not checked.

    A class need not write the methods. One that it does not write is the function of the same
    name, without `self`, in a module beside the class, which is imported when it is needed:
    `data`, `assets` and `restore` in ``data.py``, `model` in ``model.py``, `train_step` and
    `initial_losses` in ``train.py``, `evaluate` and `signatures` in ``evaluate.py``, `demo` in
    ``demo.py``. A lesson may leave out `assets`, `restore`, `signatures` and `initial_losses`.

    Attributes:
        name: The word that the command line takes, such as ``nmt``.
        title: One line.
        question: The plain question that it answers.
        prerequisites: Names of the lessons that come before it.
        presets: ``quick`` and ``full`` hyper-parameters, by name.
        datasets: The data sets by name, the default first, at least one built in.
        own_data: What a path given to ``--data`` must be; empty if none is taken.
        metrics: What `evaluate` returns. The first is the headline: it selects
            the best epoch on the validation split and is reported on test.
        demo_request: What the demo takes as its input, in two or three words; empty for nothing.
        demo_limit: The most characters of an input.
        demo_example: An input as one would type it in a shell, quoted.
        demo_options: A frozen dataclass of options that become flags of the demo.
        former_exercises: Topics of exercises that an earlier edition had, each with the topics
            of those that replaced it. A student's notebook of one is then recognised, and
            ``coursekit update`` writes the answers into new notebooks.
    """

    name: str
    title: str
    question: str
    prerequisites: tuple[str, ...] = ()
    presets: Mapping[str, SettingsT]
    datasets: tuple[Dataset, ...]
    own_data: str = ""
    metrics: tuple[Metric, ...]
    demo_request: str = ""
    demo_limit: int = 2_000
    demo_example: str = ""
    demo_options: type[OptionsT] = Options  # type: ignore[assignment]
    former_exercises: Mapping[str, tuple[str, ...]] = MappingProxyType({})

    @property
    def headline(self) -> Metric:
        """The metric that counts."""
        return self.metrics[0]

    @property
    def templates(self) -> Path:
        """The folder of notebook templates, by default ``templates/`` beside the class."""
        return Path(inspect.getfile(type(self))).parent / "templates"

    @forwards_to("data")
    def data(self, dataset: LocalDataset, settings: SettingsT) -> DataT:
        """Read a data set and return its splits as `Data`.

        Args:
            dataset: The files, downloaded and checked, or the user's own path. A file that
                was damaged since, so that reading it fails, is named and downloaded again.
            settings: The hyper-parameters, of the class of the lesson's presets.

        Raises:
            CourseError: The files are not what this lesson can read.
        """
        raise absent(self, "data")

    @forwards_to("model")
    def model(self, data: DataT, settings: SettingsT) -> ModelT:
        """Return the untrained model.

        It is built (its variables exist), and it owns its optimizers, as
        attributes, built too, and any carried state as non-trainable
        variables. What it holds is exactly what a checkpoint saves.
        """
        raise absent(self, "model")

    @forwards_to("train")
    def train_step(self, model: ModelT, batch: Any) -> dict[str, tf.Tensor]:
        """Take one eager step: tape, loss, gradients, apply.

        Plain TensorFlow, so that it can be stepped through with a debugger;
        the runner compiles it unless ``--eager``. Return the losses, scalars
        by name.
        """
        raise absent(self, "train_step")

    @forwards_to("evaluate")
    def evaluate(self, model: ModelT, data: DataT, split: SplitName) -> dict[str, float]:
        """Return the metrics by name, measured free-running on a split.

        All that are declared, but those that are optional and not defined here.
        """
        raise absent(self, "evaluate")

    @forwards_to("demo")
    def demo(
        self, model: ModelT, data: DataT, request: str | None, options: OptionsT
    ) -> Showable | list[Showable]:
        """Use the model and return something to look at; never print.

        A text, a styled `rich.text.Text`, a matplotlib figure, an iterator of
        text that is shown as it arrives, or a list of these. Without a
        request it returns the lesson's standard sample, which the runner also
        shows after each epoch: texts in the terminal, figures as frames.

        Args:
            model: The trained model.
            data: What `data` or `restore` returned.
            request: What the user typed, None for the standard sample.
            options: An instance of `demo_options`.
        """
        raise absent(self, "demo")

    @forwards_to("train")
    def initial_losses(self, data: DataT) -> dict[str, float]:
        """Return what the losses of an untrained model should be, where chance predicts it.

        A classifier that knows nothing gives each of n classes 1/n, so its cross-entropy is
        ``log(n)`` nats: ``{"loss": math.log(len(data.vocabulary))}``. ``coursekit verify``
        compares the first step's losses with it. Empty, the default: nothing is known.
        """
        return {}

    @forwards_to("evaluate")
    def signatures(self) -> dict[str, str]:
        """Return how each metric is computed (tokens, library, version), for the manifest."""
        return {}

    @forwards_to("data")
    def assets(self, data: DataT) -> dict[str, Any]:
        """Return what `model` and `demo` need of the data (vocabularies), as plain JSON values."""
        return {}

    @forwards_to("data")
    def restore(self, assets: dict[str, Any], settings: SettingsT) -> DataT | None:
        """Return `Data` without splits from what `assets` returned.

        None, the default, means that the demo needs the data set itself; it
        is then read again.
        """
        return None
