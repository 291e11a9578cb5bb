"""Keras's settings, the same on every machine, whatever ``~/.keras/keras.json`` says.

The lessons are written for 32-bit floats and for pictures with the channels last. When it is
imported, Keras reads other settings from a file in the user's home, and refuses to be imported if
that file is damaged. So it does not get to see the file, wherever it is imported: in a command, a
notebook, or the process that runs a student's code. Where it was imported before, its settings are
put right.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, nullcontext
from importlib.abc import Loader, MetaPathFinder
from importlib.machinery import ModuleSpec, PathFinder
from pathlib import Path
from types import ModuleType
from typing import Any

FLOATX = "float32"
LAYOUT = "channels_last"
EPSILON = 1e-7
# What TensorFlow and Keras import if it is installed, for functions that no exercise calls: a
# third of the seconds that they take to import.
UNUSED = ("sklearn", "pandas", "scipy", "matplotlib")


def settle() -> None:
    """Give Keras, which has been imported, the settings of the lessons."""
    config = sys.modules["keras"].config
    config.set_floatx(FLOATX)
    config.set_image_data_format(LAYOUT)
    config.set_epsilon(EPSILON)
    config.set_dtype_policy(FLOATX)


class _Settling(MetaPathFinder):
    """Finds Keras and TensorFlow as Python does; what is added happens around their import."""

    light = False

    def find_spec(
        self, name: str, path: Sequence[str] | None = None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        if name not in ("keras", "tensorflow"):
            return None
        spec = PathFinder.find_spec(name, path, target)
        if spec is not None and spec.loader is not None:
            self._surround(spec.loader)
        return spec

    def _surround(self, loader: Loader) -> None:
        run = loader.exec_module

        def exec_module(module: ModuleType) -> None:
            keras = module.__name__ == "keras"
            with _without(UNUSED if self.light else ()), _nowhere() if keras else nullcontext():
                run(module)
            if keras:
                settle()

        loader.exec_module = exec_module  # type: ignore[method-assign]


_settling = _Settling()


def install(light: bool = False) -> None:
    """Make sure that Keras has the settings of the lessons from now on.

    Args:
        light: Let Keras and TensorFlow find `UNUSED` missing while they are imported. Afterwards
            each can be imported as usual.
    """
    _settling.light = _settling.light or light
    if "keras" in sys.modules:
        settle()
    elif _settling not in sys.meta_path:
        sys.meta_path.insert(0, _settling)


@contextmanager
def ahead(finder: Any) -> Iterator[None]:
    """Let a finder be asked for Keras and TensorFlow before this module's own.

    Args:
        finder: An object with the method ``find_spec``, as on `sys.meta_path`.
    """
    own = sys.meta_path.index(_settling) if _settling in sys.meta_path else 0
    sys.meta_path.insert(own, finder)
    try:
        yield
    finally:
        sys.meta_path.remove(finder)


@contextmanager
def _without(names: Sequence[str]) -> Iterator[None]:
    hidden = [name for name in names if name not in sys.modules]
    for name in hidden:
        sys.modules[name] = None  # type: ignore[assignment]
    try:
        yield
    finally:
        for name in hidden:
            sys.modules.pop(name, None)


@contextmanager
def _nowhere() -> Iterator[None]:
    """Let Keras look for its settings where no file can be; its folder is the same afterwards."""
    given = os.environ.get("KERAS_HOME")
    os.environ["KERAS_HOME"] = str(Path(os.devnull) / "keras")
    try:
        yield
    finally:
        if given is None:
            del os.environ["KERAS_HOME"]
        else:
            os.environ["KERAS_HOME"] = given
        # Keras keeps data sets and published weights there.
        if config := sys.modules.get("keras.src.backend.config"):
            vars(config)["_KERAS_DIR"] = given or _home()


def _home() -> str:
    """Return the folder that Keras takes where KERAS_HOME is not set."""
    home = Path("~").expanduser()
    return str((home if os.access(home, os.W_OK) else Path("/tmp")) / ".keras")
