"""The pages of the course are made from the lessons: a further lesson needs no page by hand."""

import base64
import json
import re
from pathlib import Path
from typing import Any

import pytest

from coursekit.notebooks.course_map import hours
from coursekit.plugins import catalogue
from coursekit_docs.command_pages import split_examples
from coursekit_docs.course import Chapter, Unit, chapters, describe_pictures, pictures_of
from coursekit_docs.course_pages import lesson_page, map_page, map_part
from coursekit_docs.markdown import joined, prose, table
from tests.conftest import ROOT
from tests.docs.pages import DOCS

FIXED = "\N{NO-BREAK SPACE}"


def chapter_minutes(chapter: Chapter) -> str:
    """Return what the worked notebook of a lesson takes, as the map says it."""
    return hours(chapter.worked.minutes)


@pytest.fixture(scope="module")
def course() -> list[Chapter]:
    return chapters(ROOT)


def test_the_minutes_are_those_of_the_notebooks(course: list[Chapter]) -> None:
    """Added up from the built notebooks, not from the templates."""
    for chapter in course:
        name = chapter.lesson.name
        books = [ROOT / "lessons" / f"{name}.ipynb", *(ROOT / "exercises" / name).glob("*.ipynb")]
        texts = ["".join(json.loads(b.read_text("utf-8"))["cells"][0]["source"]) for b in books]
        stated = [re.search(r"\*\*Time\.\*\* (\d+) minutes", text) for text in texts]
        assert chapter.minutes == sum(int(found[1]) for found in stated if found)
        assert len(chapter.units) == len(books)


def test_the_map_has_every_lesson_and_exercise(course: list[Chapter]) -> None:
    page = map_page(course)
    assert [chapter.lesson.name for chapter in course] == [
        name for name in catalogue().lessons if (ROOT / "lessons" / f"{name}.ipynb").exists()
    ]
    for chapter in course:
        assert f"[{chapter.lesson.name}]({chapter.lesson.name}.md)" in page
        for unit in chapter.units:
            assert f"]({unit.place.as_posix()})" in page
    assert hours(sum(chapter.minutes for chapter in course)) in page


def test_every_lesson_has_its_page(course: list[Chapter]) -> None:
    for chapter in course:
        page, lesson = lesson_page(chapter, None, ()), chapter.lesson
        assert page.startswith(f"# {lesson.title}\n")
        assert lesson.question in page
        for metric in lesson.metrics:
            assert f"| `{metric.name}` | " in page
        for setting in lesson.presets["quick"].kinds():
            assert f"| `{setting}` | " in page
        for dataset in lesson.datasets:
            for expected in dataset.expected.values():
                assert expected.result in page
        for option in lesson.demo_options.kinds():
            assert f"| `--{option.replace('_', '-')}` | " in page
        assert "<unk>" not in page


def test_a_further_lesson_needs_no_page_by_hand(course: list[Chapter]) -> None:
    known = course[0]

    class Another(type(known.lesson)):  # type: ignore[misc]
        name, title, question = "sixth", "A sixth lesson", "Does it cost nothing?"
        prerequisites = ("textgen",)

    place = Path("lessons/sixth.ipynb")
    sixth = Chapter(Another(), Unit(known.worked.template, place, 30), ())
    page = map_page([*course, sixth])
    minutes = chapter_minutes(known)
    assert f"| [sixth](sixth.md) | textgen | {minutes} | 0: 0{FIXED}min | {minutes} |" in page
    assert f"{len(course) + 1} lessons" in page
    assert '<a href="sixth.html">' in page
    assert lesson_page(sixth, None, ()).startswith("# A sixth lesson\n")


def test_texts_that_pages_include_belong_to_lessons() -> None:
    found = {path.stem for path in (DOCS / "learn" / "about").glob("*.md")}
    assert found <= set(catalogue().lessons)


def test_the_map_is_on_other_pages_too(course: list[Chapter]) -> None:
    part = map_part(course, "../course/")
    for chapter in course:
        assert f"[{chapter.lesson.name}](../course/{chapter.lesson.name}.md)" in part
        assert f'<a href="../course/{chapter.lesson.name}.html">' in part
    assert "<style>" not in part  # the page gives it its colours


def test_cells_of_tables() -> None:
    made = table(("a", "b"), [("x|y", "two\n  lines"), (f"1{FIXED}h", "<unk> and `<pad>`")])
    assert made.splitlines() == [
        "| a | b |",
        "| --- | --- |",
        "| x\\|y | two lines |",
        f"| 1{FIXED}h | &lt;unk> and `<pad>` |",
    ]
    assert prose("no tags") == "no tags"
    assert [joined([]), joined(["a"]), joined(["a", "b", "c"])] == ["", "a", "a, b and c"]


def test_examples_leave_the_help() -> None:
    text = "Do it.\n\nMore of\nthis.\n\nExamples:\ncoursekit run nmt\n\ncoursekit runs\n"
    assert split_examples(text) == (
        "Do it.\n\nMore of this.",
        ["coursekit run nmt", "coursekit runs"],
    )
    assert split_examples("Example of nothing.") == ("Example of nothing.", [])


def book(*alts: str) -> dict[str, Any]:
    """Return a notebook with a heading and a picture for each text alternative."""
    png = base64.b64encode(b"png").decode()
    cells: list[dict[str, Any]] = []
    for number, alt in enumerate(alts):
        described = {"image/png": {"alt": alt}} if alt else {}
        output = {"data": {"image/png": png}, "metadata": described}
        cells.append({"cell_type": "markdown", "source": [f"# Part {number}\n", "text"]})
        cells.append({"cell_type": "code", "metadata": {}, "outputs": [output]})
    return {"cells": cells}


def test_pictures_have_a_text_alternative() -> None:
    made = book("", "a tree")
    describe_pictures(made)
    alts = [c["metadata"]["mystnb"]["image"]["alt"] for c in made["cells"][1::2]]
    assert alts == ["A figure of the section “Part 0”", "a tree"]


def test_the_last_pictures_are_shown() -> None:
    found = pictures_of("nmt", book(*map(str, range(6))))
    assert [picture.name for picture in found] == [f"nmt-{n}.png" for n in (3, 4, 5, 6)]
    assert found[0].section == "Part 2"
    assert found[0].content == b"png"
