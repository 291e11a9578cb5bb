"""The lesson that is looked at, and what the cases share, so that it is made once."""

from __future__ import annotations

import inspect
import traceback
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, Generic, TypeVar, overload

from coursekit.conformance.case import NotApplicable
from coursekit.datasets import Dataset, LocalDataset
from coursekit.errors import CourseError
from coursekit.lesson import Lesson, SplitName
from coursekit.prepare import preset_settings
from coursekit.returned import batches_of, check_batch, place, shown_path
from coursekit.settings import Settings
from coursekit.store.reading import lesson_data

if TYPE_CHECKING:
    from coursekit.conformance.calm import Calm
    from coursekit.conformance.step import Walk
    from coursekit.conformance.training import Trained

T = TypeVar("T")

EPOCHS = 2  # of a preset that is not tiny
LONGEST = 200  # characters of somebody else's message


class Shared(Generic[T]):
    """A part of a subject that is made when it is first asked for.

    What goes wrong then is told once: to the case that asked first. Later ones do not apply.

    Args:
        noun: What it is, for people.
        make: Makes it.
    """

    def __init__(self, noun: str, make: Callable[[Any], T]) -> None:
        self.noun, self.make = noun, make

    @overload
    def __get__(self, subject: None, owner: type) -> Shared[T]: ...

    @overload
    def __get__(self, subject: Subject, owner: type) -> T: ...

    def __get__(self, subject: Subject | None, owner: type) -> Shared[T] | T:
        """Return the part.

        Raises:
            NotApplicable: It could not be made before.
        """
        if subject is None:
            return self
        if self.noun in subject.failed:
            raise NotApplicable(f"it needs {self.noun}, which failed above")
        if self.noun not in subject.made:
            try:
                subject.made[self.noun] = self.make(subject)
            except Exception:
                subject.failed.add(self.noun)
                raise
        made: T = subject.made[self.noun]
        return made


def shared(noun: str) -> Callable[[Callable[[Any], T]], Shared[T]]:
    """Make a method a part that is shared; see `Shared`."""
    return lambda make: Shared(noun, make)


class Subject:
    """A lesson under its tiny settings, on its built-in data.

    Args:
        lesson: The lesson.
        folder: For checkpoints; empty, and removed by who made it.
    """

    def __init__(self, lesson: Lesson, folder: Path) -> None:
        self.lesson = lesson
        self.folder = folder
        self.made: dict[str, Any] = {}
        self.failed: set[str] = set()

    @contextmanager
    def calling(self, member: str) -> Iterator[None]:
        """Put into words what a member of the lesson raises in the block.

        Raises:
            CourseError: It raised an error.
        """
        try:
            yield
        except (CourseError, NotApplicable):
            raise
        except Exception as error:
            raise CourseError(
                f"`{member}` of {self.lesson.name} raised {type(error).__name__}: "
                f"{brief(error)} ({self.origin(error, member)})",
                "no error on its own built-in data with tiny settings",
            ) from error

    def origin(self, error: BaseException, member: str) -> str:
        """Return the line of the lesson's own code that an error came from."""
        home = Path(inspect.getfile(type(self.lesson))).parent
        frames = traceback.extract_tb(error.__traceback__)
        own = [frame for frame in frames if Path(frame.filename).is_relative_to(home)]
        if not own:
            return place(self.lesson, member)
        return f"{shown_path(Path(own[-1].filename))}:{own[-1].lineno}"

    @shared("the built-in data set")
    def dataset(self) -> Dataset:
        """The first data set that needs no download."""
        found = next((each for each in self.lesson.datasets if each.built_in), None)
        if found is None:
            raise CourseError(
                f"{self.lesson.name} has no built-in data set",
                "at least one Dataset without files",
                "generate a small one, or take one out of a package",
            )
        return found

    @shared("the settings")
    def settings(self) -> Settings:
        """The preset ``tiny``, else ``quick`` with few epochs."""
        preset = "tiny" if "tiny" in self.lesson.presets else "quick"
        chosen = preset_settings(self.lesson, self.dataset, preset)
        return chosen if preset == "tiny" else chosen.replace({"epochs": EPOCHS})

    @shared("the data")
    def data(self) -> Any:
        """What the lesson reads of the built-in data set."""
        return self.read()

    def read(self) -> Any:
        """Read the built-in data set."""
        with self.calling("data"):
            return lesson_data(self.lesson, LocalDataset(self.dataset.name), self.settings)

    @shared("a batch of the training split")
    def batch(self) -> Any:
        """The first of the first epoch."""
        with self.calling("data"):
            for batch in batches_of(self.lesson, self.data, 0):
                return check_batch(self.lesson, batch)
        raise CourseError(
            f"the training split of {self.lesson.name} gave no batch "
            f"({place(self.lesson, 'data')})",
            "at least one",
            "make the data larger, or the batches of its smallest preset smaller",
        )

    @shared("a second reading of the data")
    def again(self) -> Any:
        """The same data, read with other random numbers around it."""
        _ = self.data
        self.scramble(3)
        return self.read()

    @shared("the model without dropout")
    def calm(self) -> Calm:
        """See `Calm`."""
        from coursekit.conformance.calm import Calm, calm_settings

        with self.calling("data"):
            steps = int(batches_of(self.lesson, self.data, 0).cardinality())
        return Calm(self.model(calm_settings(self.settings, steps)))

    @shared("the compiled step")
    def calm_step(self) -> Callable[[Any, Any], Any]:
        """The train step as a graph, traced once for the model without dropout."""
        from coursekit.runs.loop import compiled

        return compiled(self.lesson, jit=False, eager=False)

    @shared("an eager step")
    def eager_walk(self) -> Walk:
        """A few eager steps of the model without dropout; the first is checked."""
        from coursekit.conformance.step import walk
        from coursekit.runs.preflight import checked_step

        model = self.calm.model
        return walk(self, checked_step(self.lesson, model, self.lesson.train_step))

    @shared("a trained model")
    def trained(self) -> Trained:
        """See `Trained`."""
        from coursekit.conformance.training import train

        return train(self)

    @shared("a second model")
    def twin(self) -> Any:
        """Another untrained model of the same settings."""
        _ = self.trained
        return self.model(self.settings)

    @shared("the metrics of the validation split")
    def measured(self) -> dict[str, float]:
        """What the trained model reaches there."""
        from coursekit.conformance.metrics import measured

        return measured(self, "validation")

    @shared("the standard sample")
    def sample(self) -> list[Any]:
        """What the trained model shows without a request."""
        from coursekit.conformance.demo import show

        options = self.lesson.demo_options()
        return show(self, self.trained.model, self.data, None, options)

    def scramble(self, number: int) -> None:
        """Set the random generators that everybody shares, on which nothing may depend."""
        import keras

        keras.utils.set_random_seed(number)

    def model(self, settings: Settings) -> Any:
        """Return a new model, seeded as a run does it."""
        from coursekit.runs.loop import make_deterministic
        from coursekit.runs.preflight import check_built

        data = self.data
        make_deterministic(settings.seed)
        with self.calling("model"):
            return check_built(self.lesson, self.lesson.model(data, settings))

    def few(self, epoch: int, split: SplitName, count: int) -> Iterator[Any]:
        """Yield the first batches of an epoch."""
        with self.calling("data"):
            for batch in batches_of(self.lesson, self.data, epoch, split).take(count):
                yield check_batch(self.lesson, batch)


def brief(error: BaseException) -> str:
    """Return an error's message in a line; TensorFlow's are long, and end with the cause."""
    lines = [line.strip() for line in str(error).splitlines() if line.strip()]
    if not lines:
        return "without a message"
    line = lines[-1] if "in user code" in lines[0] else lines[0]
    return line if len(line) <= LONGEST else line[: LONGEST - 3] + "..."
