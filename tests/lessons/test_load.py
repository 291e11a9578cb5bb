"""From a data set's name to its reader: all four lessons have a table that refuses other names."""

from collections.abc import Callable
from importlib import import_module
from typing import Any

import pytest

from coursekit import CourseError, LocalDataset
from coursekit.lesson import Lesson
from coursekit.plugins import catalogue

LESSONS = {name: catalogue().lessons[name] for name in ("textgen", "dcgan", "nmt", "captioning")}


@pytest.fixture(params=LESSONS)
def lesson(request: pytest.FixtureRequest) -> Lesson:
    return LESSONS[request.param]


def readers(lesson: Lesson) -> dict[str, Callable[..., Any]]:
    table: dict[str, Callable[..., Any]] = import_module(f"coursekit_{lesson.name}.load").READERS
    return table


def test_every_data_set_that_a_lesson_offers_has_a_reader(lesson: Lesson) -> None:
    assert set(readers(lesson)) == {dataset.name for dataset in lesson.datasets}


def test_a_data_set_without_a_reader_is_refused(lesson: Lesson) -> None:
    with pytest.raises(CourseError) as caught:
        lesson.data(LocalDataset("a-fifth"), lesson.presets["tiny"])
    assert caught.value.what == "no reader for the data set 'a-fifth'"
    assert all(dataset.name in caught.value.expected for dataset in lesson.datasets)
    assert f"coursekit_{lesson.name}/load.py" in caught.value.remedy


def test_own_data_needs_no_name_of_the_table(lesson: Lesson, tmp_path: Any) -> None:
    """It is read by its path: the error is about the file, not about the name."""
    missing = tmp_path / "missing"
    with pytest.raises(CourseError, match="missing") as caught:
        lesson.data(LocalDataset(str(missing), path=missing), lesson.presets["tiny"])
    assert "no reader" not in caught.value.what
