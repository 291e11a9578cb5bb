"""What ``pytest -m "not tf"`` promises: no test that it runs imports TensorFlow or takes long.

Importing TensorFlow takes 3 to 9 seconds in every process, so the tests that need it carry the
mark ``tf``: a whole module by ``pytestmark = pytest.mark.tf``, else each test by itself. What takes
2 seconds for another reason, or starts dozens of processes, carries the mark ``slow``.
"""

import re
import sys
from collections.abc import Sequence
from pathlib import Path
from types import ModuleType

import pytest

from coursekit import keras_setup

EXPRESSION = "not tf"
WHOLE_MODULE = re.compile(r"^pytestmark = pytest\.mark\.tf$", re.MULTILINE)


class RefuseTensorFlow:
    """An import finder, asked before all others, that lets nobody import TensorFlow or Keras."""

    def find_spec(
        self, name: str, path: Sequence[str] | None = None, target: ModuleType | None = None
    ) -> None:
        """Leave every other module to the finders that follow.

        Raises:
            AssertionError: A test without the mark imports TensorFlow or Keras.
        """
        if name in ("tensorflow", "keras"):
            raise AssertionError(
                f"a test without the mark tf imports {name}; give it @pytest.mark.tf, "
                "or its module pytestmark = pytest.mark.tf"
            )


class Closed(pytest.Module):
    """A module of which no test will run, so that it need not be imported."""

    def collect(self) -> list[pytest.Item | pytest.Collector]:
        """Return no tests."""
        return []


class FastTests:
    """A pytest plugin for runs that leave out the tests marked ``tf``."""

    def __init__(self) -> None:
        self.refuse = RefuseTensorFlow()

    def pytest_sessionstart(self) -> None:
        """Refuse the import from here on, ahead of the kit's own finder of Keras."""
        keras_setup.install()
        sys.meta_path.insert(0, self.refuse)

    def pytest_sessionfinish(self) -> None:
        """Leave the process as it was."""
        sys.meta_path.remove(self.refuse)

    def pytest_pycollect_makemodule(
        self, module_path: Path, parent: pytest.Collector
    ) -> pytest.Module | None:
        """Leave the modules closed of which every test is marked: to open one is to import it."""
        if WHOLE_MODULE.search(module_path.read_text(encoding="utf-8")):
            return Closed.from_parent(parent, path=module_path)
        return None

    def pytest_collection_modifyitems(
        self, config: pytest.Config, items: list[pytest.Item]
    ) -> None:
        """Leave out what is slow without TensorFlow."""
        slow = [item for item in items if item.get_closest_marker("slow")]
        config.hook.pytest_deselected(items=slow)
        items[:] = [item for item in items if item not in slow]


def install(config: pytest.Config) -> None:
    """Register the plugin if this run leaves out the tests marked ``tf``."""
    if config.getoption("markexpr") == EXPRESSION:
        config.pluginmanager.register(FastTests(), "fast-tests")
