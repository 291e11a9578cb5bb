"""Light to list: who imports something heavy is named with the file and the line."""

import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from coursekit.plugins import catalogue
from coursekit.testing import conformance

LESSON = """
from coursekit import Dataset, Lesson, Metric, Settings, hookimpl
{imports}

class Heavy(Lesson):
    name, title, question = "heavy", "Heavy", "Is it heavy?"
    presets = {{"quick": Settings()}}
    datasets = (Dataset("none", "nothing", "public domain"),)
    metrics = (Metric("m", "nothing"),)
    data = model = train_step = evaluate = demo = lambda self, *args: None

    @property
    def templates(self):
        {body}

Heavy.__abstractmethods__ = frozenset()

@hookimpl
def coursekit_lessons():
    return [Heavy()]
"""


@pytest.fixture
def heavy(
    fake_plugin: Callable[[str, str], Path], monkeypatch: pytest.MonkeyPatch
) -> Iterator[Callable[..., list[str]]]:
    """Return a function that installs the lesson and returns what the group finds."""

    def look(imports: str = "", body: str = "return None") -> list[str]:
        folder = fake_plugin("heavy", LESSON.format(imports=imports, body=body))
        # A small module takes the place of a heavy one, which this process need not import.
        (folder / "jax.py").write_text("VERSION = 1\n")
        monkeypatch.syspath_prepend(str(folder))
        lesson = catalogue().lesson("heavy")
        return [fault for found in conformance(lesson, ["imports"]) for fault in found.faults]

    yield look
    for name in ("heavy_module", "jax"):
        sys.modules.pop(name, None)


def test_a_light_plugin(heavy: Callable[..., list[str]]) -> None:
    assert heavy() == []


@pytest.mark.parametrize(
    ("words", "line"),
    [
        ({"imports": "import jax"}, 3),
        ({"imports": "if True:\n    from jax import VERSION"}, 4),
        ({"body": "import jax; return jax.VERSION"}, 14),
    ],
)
def test_a_heavy_plugin_is_told_where(
    heavy: Callable[..., list[str]], words: dict[str, str], line: int
) -> None:
    (told,) = heavy(**words)
    assert f"heavy_module.py:{line} imports jax when lessons are listed" in told
    assert told.endswith("import jax inside the function that needs it")


def test_the_door_is_light() -> None:
    script = (
        "import sys, coursekit.testing\n"
        "assert coursekit.testing.trials('nmt')\n"
        "heavy = {'tensorflow', 'keras', 'matplotlib', 'sacrebleu', 'httpx', 'numpy', 'pytest'}\n"
        "assert not heavy & set(sys.modules), heavy & set(sys.modules)\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", script], env=os.environ, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr
