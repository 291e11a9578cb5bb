"""The order of the course: the lessons, and what the end of each notebook says comes next."""

import re
from itertools import pairwise

import pytest

from coursekit.notebooks.template import Template, templates
from coursekit.plugins import catalogue

COURSE = ["textgen", "nmt", "captioning", "dcgan", "transformer"]
BY_LESSON = {name: templates(catalogue().lessons[name]) for name in COURSE}
ALL = [template for name in COURSE for template in BY_LESSON[name]]


def last_words(template: Template) -> str:
    """Return what the last cell says after **Next:**, on one line."""
    match = re.search(r"\*\*Next:\*\* (.+)\Z", template.cells[-1].source, re.DOTALL)
    assert match, f"{template.path} does not end with **Next:**"
    return " ".join(match[1].split())


def test_the_lessons_follow_their_prerequisites() -> None:
    lessons = catalogue().lessons
    assert [name for name in lessons if name in COURSE] == COURSE
    needs = {name: lessons[name].prerequisites for name in COURSE}
    assert needs == {
        "textgen": (),
        "nmt": ("textgen",),
        "captioning": ("nmt",),
        "dcgan": ("textgen",),
        "transformer": ("textgen",),
    }


@pytest.mark.parametrize("template", ALL, ids=lambda template: template.name)
def test_every_notebook_says_what_comes_next(template: Template) -> None:
    words = last_words(template)
    following = dict(pairwise(COURSE)).get(template.lesson, "")
    named = set(re.findall(r"(?:lesson|lesson is) `(\w+)`", words))
    assert named <= {following}
    if template.number:
        assert f"`coursekit check {template.name}`" in words
    is_last = template is BY_LESSON[template.lesson][-1]
    if following and (is_last or not template.number):
        assert named == {following}
    elif template.number:
        assert "`coursekit next`" in words or "`coursekit progress`" in words


@pytest.mark.parametrize("template", ALL, ids=lambda template: template.name)
def test_nothing_comes_before_that_is_later(template: Template) -> None:
    before = template.fields["before"]
    earlier = COURSE[: COURSE.index(template.lesson) + (template.number > 0)]
    assert set(re.findall(r"\b(" + "|".join(COURSE) + r")\b", before)) <= set(earlier)
    numbers = re.findall(r"(?<=exercise )\d|(?<=exercises )\d (?:and|to) \d", before)
    if "of textgen" not in before:
        assert all(int(each[-1]) < template.number for each in numbers)
