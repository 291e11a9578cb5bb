"""The tutorials can be followed, from an empty folder, with nothing but their own text."""

from pathlib import Path

import pytest

from tests.docs.tutorial import environment, follow, shows

pytestmark = pytest.mark.tf
pytest.importorskip("editables", reason="pip install -e needs it: pip install -e '.[dev]'")


@pytest.fixture(scope="module")
def variables(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    return environment(tmp_path_factory.mktemp("environment"))


@pytest.fixture(scope="module")
def clock(tmp_path_factory: pytest.TempPathFactory, variables: dict[str, str]) -> Path:
    """The folder in which the first tutorial was followed."""
    folder = tmp_path_factory.mktemp("clock")
    assert follow("tutorials/first-lesson.md", folder, variables) >= 8
    return folder


def test_the_first_lesson_grows_from_an_empty_folder(clock: Path) -> None:
    assert len(list(clock.glob("runs/clock/*/results.json"))) == 1
    assert (clock / "small" / "history.csv").read_text("utf-8").count("\n") == 4


def test_the_first_exercise_grows_from_the_first_lesson(
    clock: Path, variables: dict[str, str]
) -> None:
    assert follow("tutorials/first-exercise.md", clock, variables) >= 9
    assert (clock / "lessons" / "clock.ipynb").exists()


def test_dots_stand_for_anything() -> None:
    assert shows("a\nb 12 c\nd\n", "...\nb ... c\n...")
    assert not shows("a\nb 12 d\n", "...\nb ... c\n...")
    assert not shows("more\nall is well\n", "all is well\n")
