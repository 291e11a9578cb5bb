"""The templates: each has a right name, and both editions of its notebook can be built."""

from __future__ import annotations

from collections.abc import Iterator

from coursekit.conformance.case import Case, NotApplicable, sentence
from coursekit.conformance.subject import Subject
from coursekit.errors import CourseError


def cases(subject: Subject) -> list[Case]:
    """Return the one case of this group."""
    return [Case("notebooks", "notebooks can be built from the templates", build)]


def build(subject: Subject) -> Iterator[str]:
    """Build both editions of each template; nothing is executed or written."""
    from coursekit.notebooks.notebook import build_notebook
    from coursekit.notebooks.template import addresses, misnamed

    found = addresses(subject.lesson)
    yield from misnamed(subject.lesson)
    if not found:
        raise NotApplicable(f"the lesson has no templates in {subject.lesson.templates}")
    for address in found:
        try:
            template = address.read()
            build_notebook(template, "solved")
            if template.number:
                build_notebook(template, "student")
        except CourseError as error:
            yield sentence(error)
