"""The map of the course: hours added up from the templates, arrows, words, light and dark."""

import re
from pathlib import Path
from xml.etree import ElementTree

import pytest

from coursekit.errors import CourseError
from coursekit.notebooks.course_map import (
    FIXED,
    Stop,
    columns,
    drawing,
    hours,
    in_words,
    minutes_of,
    overview,
    stop_of,
)
from coursekit.notebooks.syllabus import syllabus
from coursekit.notebooks.template import read_template
from coursekit.plugins import catalogue
from tests.conftest import ROOT

COURSE = ["textgen", "nmt", "captioning", "dcgan", "transformer"]
STOPS = [
    Stop("a", (), 60, (25, 30), "You can skip it."),
    Stop("b", ("a",), 45, (20,)),
    Stop("c", ("a", "b"), 10, ()),
]
SVG = "{http://www.w3.org/2000/svg}"


def test_the_sums_by_hand() -> None:
    lines = [line.replace(FIXED, " ") for line in overview(STOPS, {"b": "b.md"})]
    assert lines[2:] == [
        "| a | - | 1 h | 2: 55 min | 1 h 55 min | You can skip it. |",
        "| [b](b.md) | a | 45 min | 1: 20 min | 1 h 5 min | - |",
        "| c | a, b | 10 min | 0: 0 min | 10 min | - |",
        "| **all** |  | 1 h 55 min | 3: 1 h 15 min | **3 h 10 min** | |",
    ]
    assert {line.count(" |") for line in lines} == {6}


def test_the_drawing_of_three_lessons() -> None:
    root = ElementTree.fromstring(drawing(STOPS, {"b": "b.md?x&y"}))
    assert len(root.findall(f"{SVG}path[@class='arrow']")) == 3
    assert [link.get("href") for link in root.iter(f"{SVG}a")] == ["b.md?x&y"]
    boxes = [(int(r.get("x", "")), int(r.get("y", ""))) for r in root.iter(f"{SVG}rect")]
    assert boxes == [(5, 5), (223, 5), (441, 5)]  # each 168 wide, 50 apart
    words = [text.text for text in root.iter(f"{SVG}text")]
    assert words[::2] == ["1. a", "2. b", "3. c"]
    assert words[3] == f"1 exercise, 1{FIXED}h{FIXED}5{FIXED}min"
    assert root.get("aria-label") == in_words(STOPS)
    assert in_words(STOPS) == "a (1 h 55 min); b after a (1 h 5 min); c after a and b (10 min)"
    style = root.findtext(f"{SVG}style") or ""
    light, dark = style.split("@media (prefers-color-scheme: dark)")
    assert set(re.findall(r"#\w{6}", light)).isdisjoint(re.findall(r"#\w{6}", dark))


def test_columns_follow_the_longest_way() -> None:
    needs = {"a": (), "b": ("a",), "c": ("a", "b"), "d": (), "e": ("d", "elsewhere")}
    assert columns(needs) == {"a": 0, "b": 1, "c": 2, "d": 0, "e": 1}


def test_hours() -> None:
    assert hours(0) == f"0{FIXED}min"
    assert hours(45) == f"45{FIXED}min"
    assert hours(60) == f"1{FIXED}h"
    assert hours(215) == f"3{FIXED}h{FIXED}35{FIXED}min"
    assert minutes_of("about 75 minutes") == 75
    with pytest.raises(ValueError, match="an hour"):
        minutes_of("an hour")


def test_a_template_without_minutes_is_named(tmp_path: Path) -> None:
    path = tmp_path / "lesson.py"
    path.write_text("# %% [markdown]\n# # A\n#\n# **Goal.** b\n#\n# **Time.** an hour\n#\n"
                    "# **Before.** c\n")  # fmt: skip
    with pytest.raises(CourseError, match=r"lesson\.py:1: .*an hour.*\n.*25 minutes"):
        stop_of(catalogue().lessons["textgen"], [read_template(path, "textgen")])


def minutes_in(name: str) -> list[int]:
    """Return the minutes that a lesson's templates state, read without the kit."""
    folder = ROOT / "plugins" / f"coursekit_{name}" / "templates"
    texts = [path.read_text("utf-8") for path in sorted(folder.glob("*.py"))]
    return [int(re.findall(r"^# \*\*Time\.\*\* (\d+) minutes$", text, re.M)[0]) for text in texts]


def test_the_pages_have_the_map_and_the_hours_of_the_templates() -> None:
    lessons = [catalogue().lessons[name] for name in COURSE]
    pages = {path.name: text for path, text in syllabus(lessons).items() if path.parts[0][0] == "e"}
    assert (ROOT / "exercises" / "map.svg").read_text("utf-8") == pages["map.svg"]
    page = pages["README.md"].replace(FIXED, " ")
    each = {name: minutes_in(name) for name in COURSE}
    for name, minutes in each.items():
        row = next(line for line in page.splitlines() if line.startswith(f"| {name} |"))
        assert f"{len(minutes) - 1}: " in row
        assert f"| {hours(sum(minutes)).replace(FIXED, ' ')} |" in row
    total = hours(sum(map(sum, each.values()))).replace(FIXED, " ")
    assert f"**{total}**" in page
    drawn = ElementTree.fromstring(pages["map.svg"])
    assert len(list(drawn.iter(f"{SVG}rect"))) == len(COURSE)
    start, end = pages["README.md"].index("| lesson |"), pages["README.md"].index("\nThe times")
    readme = (ROOT / "README.md").read_text("utf-8")
    assert pages["README.md"][start:end].strip() in readme
    alt = re.findall(r"!\[(Map of the course: .+?)\]\((.+?)\)", readme)
    assert alt == [(f"Map of the course: {drawn.get('aria-label')}", "exercises/map.svg")]


def test_every_lesson_says_who_can_skip_what_and_is_right() -> None:
    needed = {before for name in COURSE for before in catalogue().lessons[name].prerequisites}
    for name in COURSE:
        lesson = catalogue().lessons[name]
        worked = read_template(lesson.templates / "lesson.py", name)
        skip = worked.fields["skip"]
        assert ("No other lesson builds on this one" in skip) == (name not in needed)
        count = len(list(lesson.templates.glob("[1-9]_*.py")))
        assert all(1 <= int(number) <= count for number in re.findall(r"\b\d\b", skip))
