"""``coursekit build``: notebooks and syllabus on the disk, and whether they are up to date."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from coursekit.atomic import make_folder, write_text
from coursekit.console import Consoles
from coursekit.errors import CourseError
from coursekit.lesson import Lesson
from coursekit.notebooks.notebook import (
    MOST_BYTES,
    Notebook,
    build_notebook,
    code_hash,
    notebook_text,
    read_notebook,
    sources,
)
from coursekit.notebooks.syllabus import EXERCISES, LESSONS, syllabus
from coursekit.notebooks.template import Template, templates

TRAINING_LIMIT = 1_800  # seconds that one cell of a worked lesson may take


def lesson_path(template: Template) -> Path:
    """Return where a worked lesson is written, below the root."""
    return LESSONS / f"{template.lesson}.ipynb"


def exercise_path(template: Template) -> Path:
    """Return where an exercise's student edition is written, below the root."""
    return EXERCISES / template.lesson / template.file_name


def build(lessons: Iterable[Lesson], solutions: Path | None, out: Consoles) -> None:
    """Build the notebooks of lessons, and the syllabus of all lessons, in the current folder.

    Args:
        lessons: Whose templates to build.
        solutions: A folder for the solved editions; then nothing else is built.
        out: Where to print the paths.
    """
    for lesson in lessons:
        for template in templates(lesson):
            if solutions is not None:
                if template.number:
                    book = build_notebook(template, "solved")
                    _write(solutions / lesson.name / template.file_name, notebook_text(book), out)
            elif template.number:
                book = build_notebook(template, "student")
                _write(exercise_path(template), notebook_text(book), out)
            else:
                _build_lesson(template, out)
    if solutions is None:
        for path, text in syllabus().items():
            _write(path, text, out)


def _write(path: Path, text: str, out: Consoles) -> None:
    make_folder(path.parent)
    if not path.exists() or path.read_text(encoding="utf-8") != text:
        write_text(path, text)
    out.result(str(path))


def _build_lesson(template: Template, out: Consoles) -> None:
    """Execute a worked lesson, unless its outputs are those of its code already."""
    path, book = lesson_path(template), build_notebook(template, "solved")
    kept = with_outputs_of(read_notebook(path), book) if path.exists() else None
    if kept is None:
        out.say(f"executing {path} ...")
    text = notebook_text(kept or execute(book))
    if len(text.encode()) > MOST_BYTES:
        raise CourseError(
            f"{path} would have {len(text.encode()):,} bytes", f"at most {MOST_BYTES:,}"
        )
    _write(path, text, out)


def with_outputs_of(there: Notebook, book: Notebook) -> Notebook | None:
    """Return a notebook with the outputs that its code has made before; None if it has not."""
    known = there["metadata"].get("coursekit", {})
    if known.get("code") != code_hash(book):
        return None
    made: Notebook = json.loads(json.dumps(book))
    made["metadata"]["coursekit"]["code"] = known["code"]
    old = [cell for cell in there["cells"] if cell["cell_type"] == "code"]
    new = [cell for cell in made["cells"] if cell["cell_type"] == "code"]
    for cell, before in zip(new, old, strict=True):
        if cell["source"] != before["source"]:
            return None  # the file was changed by hand
        cell["outputs"], cell["execution_count"] = before["outputs"], before["execution_count"]
    return made


def execute(book: Notebook) -> Notebook:
    """Run a notebook in a kernel and return it with its outputs and the hash of its code.

    Raises:
        CourseError: A cell fails, takes too long, or ends the kernel.
    """
    import nbclient
    import nbformat
    from nbclient.exceptions import CellControlSignal, DeadKernelError

    node = nbformat.from_dict(book)  # type: ignore[no-untyped-call]
    client = nbclient.NotebookClient(node, timeout=TRAINING_LIMIT, kernel_name="python3")
    try:
        # What TensorFlow's native code logs is nobody's business; errors come as messages.
        client.execute(stderr=subprocess.DEVNULL)
    except (CellControlSignal, DeadKernelError) as error:
        raise CourseError(
            f"a cell of {book['metadata']['coursekit']['exercise']} fails:\n{error}"
        ) from None
    made: dict[str, Any] = json.loads(nbformat.writes(node))  # type: ignore[no-untyped-call]
    for cell, source in zip(made["cells"], book["cells"], strict=True):
        cell["source"] = source["source"]
        cell["metadata"] = source["metadata"]
        if cell["cell_type"] == "code":
            cell["outputs"] = [_joined(o) for o in cell["outputs"] if o.get("name") != "stderr"]
    made["metadata"] = book["metadata"] | {}
    made["metadata"]["coursekit"] = book["metadata"]["coursekit"] | {"code": code_hash(book)}
    return made


def _joined(output: dict[str, Any]) -> dict[str, Any]:
    """Return an output whose texts are single strings."""
    made = dict(output)
    if isinstance(made.get("text"), list):
        made["text"] = "".join(made["text"])
    return made


def out_of_date(path: Path, book: Notebook) -> str:
    """Say in what a file differs from what would be built; empty if in nothing."""
    if not path.exists():
        return "is missing"
    there = read_notebook(path)
    mine = [(c.get("id"), c["cell_type"], c["source"]) for c in there["cells"]]
    if mine != sources(book):
        return "differs from its template and the plugin's code"
    outputs = any(cell.get("outputs") for cell in there["cells"])
    stored = there["metadata"].get("coursekit", {}).get("code", "")
    if outputs and stored != code_hash(book):
        return "has outputs of other code"
    return ""


def check_up_to_date(lessons: Iterable[Lesson], out: Consoles) -> None:
    """Compare what is in the current folder with what would be built.

    Raises:
        CourseError: Something is missing or out of date.
    """
    faults = []
    for lesson in lessons:
        for template in templates(lesson):
            if template.number:
                path, text = (
                    exercise_path(template),
                    notebook_text(build_notebook(template, "student")),
                )
                there = path.read_text(encoding="utf-8") if path.exists() else ""
                fault = "" if there == text else "differs from its template and the plugin's code"
            else:
                path, book = lesson_path(template), build_notebook(template, "solved")
                fault = out_of_date(path, book)
                if not fault and "code" not in read_notebook(path)["metadata"]["coursekit"]:
                    fault = "has not been executed"
            if fault:
                faults.append(f"{path} {fault}")
    for path, text in syllabus().items():
        if not path.exists() or path.read_text(encoding="utf-8") != text:
            faults.append(f"{path} differs from the templates")
    if faults:
        raise CourseError("\n".join(faults), remedy="coursekit build")
    out.result("all notebooks are up to date")
