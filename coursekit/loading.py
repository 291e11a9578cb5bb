"""What happens while a plugin is imported: no TensorFlow, and nothing is printed unseen.

The module that an entry point names is imported whenever lessons are listed. TensorFlow takes
seconds to import, so it is refused there, and whoever asked for it is named.
"""

from __future__ import annotations

import io
import sys
import traceback
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from types import FrameType, ModuleType
from typing import NamedTuple

from coursekit import keras_setup
from coursekit.errors import CourseError

HEAVY = ("tensorflow", "keras")


class Place(NamedTuple):
    """A line of code that is running."""

    file: str
    line: int

    def __str__(self) -> str:
        return f"{self.file}:{self.line}"


def _running(frame: FrameType | None) -> Iterator[FrameType]:
    """Yield the frames that are running, the innermost first, without Python's importing."""
    while frame is not None:
        in_file, in_module = frame.f_code.co_filename, frame.f_globals.get("__name__")
        if not in_file.startswith("<frozen importlib._bootstrap") and in_module != "importlib":
            yield frame
        frame = frame.f_back


def _place(frame: FrameType) -> Place:
    return Place(frame.f_code.co_filename, frame.f_lineno)


class Refusal:
    """An import finder that finds nothing, and lets nobody import what is heavy.

    Args:
        light: The module that must stay light.
    """

    def __init__(self, light: str) -> None:
        self.light = light
        self.error: CourseError | None = None

    def find_spec(
        self, name: str, path: Sequence[str] | None = None, target: ModuleType | None = None
    ) -> None:
        """Leave every other module to the finders that follow.

        Raises:
            CourseError: TensorFlow or Keras is to be imported.
        """
        if name not in HEAVY:
            return
        frames = list(_running(sys._getframe(1)))
        if frames[0].f_globals.get("__name__") == "importlib.util":  # it asks whether there is one
            return
        self.error = self._told(name, frames)
        raise self.error

    def _told(self, name: str, frames: list[FrameType]) -> CourseError:
        own = [frame for frame in frames if frame.f_globals.get("__name__") == self.light]
        asking, light = _place(frames[0]), _place(own[0] if own else frames[0])
        through = "" if asking == light else f" through {asking}"
        return CourseError(
            f"{light} imports {name}{through}, which makes every `coursekit list` slow",
            "a module that imports nothing heavy at its top",
            "import it inside the function that needs it, or in model.py, train.py, evaluate.py "
            "or demo.py",
        )


class Printed(io.TextIOBase):
    """Takes the place of stdout: passes on to stderr what is printed, and keeps who began it."""

    def __init__(self, light: str) -> None:
        self.light = light
        self.first = ""
        self.place: Place | None = None

    def write(self, text: str) -> int:
        """Pass a text on."""
        if text.strip() and self.place is None:
            frames = list(_running(sys._getframe(1)))
            own = [frame for frame in frames if frame.f_globals.get("__name__") == self.light]
            self.first, self.place = text.strip(), _place((own or frames)[0])
        return sys.stderr.write(text)


@contextmanager
def kept_light(light: str) -> Iterator[None]:
    """Refuse what is heavy while a plugin's light module is imported and its hook is called.

    Args:
        light: The module.

    Raises:
        CourseError: TensorFlow or Keras is imported, even if the plugin hides the error.
    """
    refusal = Refusal(light)
    with keras_setup.ahead(refusal):
        yield
        if refusal.error:
            raise refusal.error


def origin(error: BaseException, package: str) -> str:
    """Return the line of a package that an error comes from, such as ``file.py:3``.

    Args:
        error: What was raised.
        package: The plugin's; if the error has no frame there, its innermost frame counts.

    Returns:
        The place; empty if the error comes from the kit itself.
    """
    if isinstance(error, SyntaxError) and error.filename:
        return f"{error.filename}:{error.lineno}"
    frames = [(frame, line) for frame, line in traceback.walk_tb(error.__traceback__)]
    named = [(f.f_globals.get("__name__", "").partition(".")[0], f, line) for f, line in frames]
    own = [Place(f.f_code.co_filename, line) for name, f, line in named if name == package]
    return str(own[-1]) if own else ""
