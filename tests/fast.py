"""What ``pytest -m "not tf"`` promises: no test that it runs imports TensorFlow.

Importing TensorFlow takes 3 to 9 seconds in every process, so the tests that need it carry the
mark ``tf``: a whole module by ``pytestmark = pytest.mark.tf``, else each test by itself.
"""

import re
import sys
from collections.abc import Sequence
from pathlib import Path
from types import ModuleType

import pytest

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


class FastTests:
    """A pytest plugin for runs that leave out the tests marked ``tf``."""

    def __init__(self) -> None:
        self.refuse = RefuseTensorFlow()

    def pytest_sessionstart(self) -> None:
        """Refuse the import from here on."""
        sys.meta_path.insert(0, self.refuse)

    def pytest_sessionfinish(self) -> None:
        """Leave the process as it was."""
        sys.meta_path.remove(self.refuse)

    def pytest_ignore_collect(self, collection_path: Path) -> bool | None:
        """Pass over modules of which every test is marked: collecting one would import it."""
        if collection_path.suffix != ".py":
            return None
        return bool(WHOLE_MODULE.search(collection_path.read_text(encoding="utf-8"))) or None


def install(config: pytest.Config) -> None:
    """Register the plugin if this run leaves out the tests marked ``tf``."""
    if config.getoption("markexpr") == EXPRESSION:
        config.pluginmanager.register(FastTests(), "fast-tests")
