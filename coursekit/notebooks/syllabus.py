"""The two README.md of the course and its map: goals, minutes, prerequisites, links."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

from coursekit.lesson import Lesson
from coursekit.notebooks.course_map import Stop, drawing, hours, in_words, overview, stop_of
from coursekit.notebooks.ownership import BUILT
from coursekit.notebooks.template import Template, templates
from coursekit.plugins import catalogue

LESSONS, EXERCISES = Path("lessons"), Path("exercises")
HEAD = f"{BUILT} from the templates: change those -->\n"


def place_of(template: Template) -> Path:
    """Return where a worked lesson, or an exercise's student edition, is written: from the root."""
    if template.number:
        return EXERCISES / template.lesson / template.file_name
    return LESSONS / f"{template.lesson}.ipynb"


def syllabus(built: Iterable[Lesson]) -> dict[Path, str]:
    """Return the two README.md and the drawn map, by path: goals, minutes, prerequisites, links.

    They list the lessons that are built, and those whose notebooks are there already. There is a
    map if at least two of them have a worked notebook.

    Args:
        built: The lessons whose notebooks are written in the current folder.
    """
    named = {lesson.name for lesson in built}
    lessons: list[str] = []
    exercises: list[str] = []
    stops: list[Stop] = []
    for lesson in catalogue().lessons.values():
        if lesson.name not in named and not _is_there(lesson):
            continue
        found = [t for t in templates(lesson) if lesson.name in named or place_of(t).exists()]
        lessons += [line for one in found if not one.number for line in _worked(lesson, one)]
        if any(template.number for template in found):
            exercises += [f"## {lesson.name}: {lesson.title}\n", *_table(found), ""]
            exercises += [f"Together {hours(sum(stop_of(lesson, found).exercises))}.\n"]
        if found and not found[0].number:
            stops.append(stop_of(lesson, found))
    pages = {}
    if lessons:
        head = "Worked notebooks with their outputs, in the order of the course.\n"
        pages[LESSONS / "README.md"] = [HEAD, "# The lessons\n", head, *lessons]
    if exercises and len(stops) > 1:
        pages[EXERCISES / "map.svg"] = [HEAD.rstrip(), drawing(stops, {})]
        exercises = [*_map(stops), *exercises]
    if exercises:
        head = "Start them with `coursekit start LESSON`; `coursekit check` looks at them.\n"
        pages[EXERCISES / "README.md"] = [HEAD, "# The exercises\n", head, *exercises]
    return {path: "\n".join(lines).rstrip() + "\n" for path, lines in pages.items()}


def _is_there(lesson: Lesson) -> bool:
    return (LESSONS / f"{lesson.name}.ipynb").exists() or (EXERCISES / lesson.name).is_dir()


def _worked(lesson: Lesson, template: Template) -> Iterator[str]:
    yield f"## [{template.title}]({place_of(template).name})\n"
    yield f"{lesson.question} {template.fields['goal']}\n"
    yield f"{template.fields['time']}; before it: {template.fields['before']}\n"


def _map(stops: Sequence[Stop]) -> Iterator[str]:
    yield "## The way through\n"
    yield f"![Map of the course: {in_words(stops)}](map.svg)\n"
    yield from overview(stops, {})
    yield "\nThe times are the authors' estimates, from the first cell of each notebook.\n"


def _table(found: Iterable[Template]) -> Iterator[str]:
    yield "| exercise | goal | time | before | kind |"
    yield "| --- | --- | --- | --- | --- |"
    for template in found:
        if template.number:
            link = f"[{template.number}. {template.title}]({template.lesson}/{template.file_name})"
            fields = [template.fields[name] for name in ("goal", "time", "before", "kind")]
            yield "| " + " | ".join([link, *fields]) + " |"
