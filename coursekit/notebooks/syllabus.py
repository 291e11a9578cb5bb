"""The two README.md of the course: goals, minutes, prerequisites, links."""

from __future__ import annotations

from pathlib import Path

from coursekit.notebooks.template import templates
from coursekit.plugins import catalogue

LESSONS, EXERCISES = Path("lessons"), Path("exercises")


def syllabus() -> dict[Path, str]:
    """Return the two README.md, by path: goals, minutes, prerequisites, links."""
    lessons, exercises = ["# The lessons\n"], ["# The exercises\n"]
    lessons.append("Worked notebooks with their outputs, in the order of the course.\n")
    exercises.append("Start them with `coursekit start LESSON`; `coursekit check` looks at them.\n")
    for lesson in catalogue().lessons.values():
        found = templates(lesson)
        if any(template.number for template in found):
            exercises += [f"## {lesson.name}: {lesson.title}\n"]
            exercises += [
                "| exercise | goal | time | before | kind |",
                "| --- | --- | --- | --- | --- |",
            ]
        for template in found:
            fields = template.fields
            if not template.number:
                lessons += [
                    f"## [{template.title}]({lesson.name}.ipynb)\n",
                    f"{lesson.question} {fields['goal']}\n",
                    f"{fields['time']}; before it: {fields['before']}\n",
                ]
                continue
            link = f"[{template.number}. {template.title}]({lesson.name}/{template.file_name})"
            cells = (link, fields["goal"], fields["time"], fields["before"], fields["kind"])
            exercises.append("| " + " | ".join(cells) + " |")
        if any(template.number for template in found):
            exercises.append("")
    start = "<!-- built by `coursekit build` from the templates: change those -->\n"
    return {
        LESSONS / "README.md": "\n".join([start, *lessons]).rstrip() + "\n",
        EXERCISES / "README.md": "\n".join([start, *exercises]).rstrip() + "\n",
    }
