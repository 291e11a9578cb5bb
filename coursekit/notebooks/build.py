"""``coursekit build``: notebooks and syllabus on the disk, and whether they are up to date."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from coursekit.atomic import make_folder, write_text
from coursekit.console import Consoles
from coursekit.errors import CourseError, disk_errors
from coursekit.exploring import WIDGET
from coursekit.lesson import Lesson
from coursekit.notebooks.cells import Edition
from coursekit.notebooks.notebook import (
    MOST_BYTES,
    Notebook,
    build_notebook,
    code_hash,
    notebook_text,
    sources,
)
from coursekit.notebooks.ownership import may_write
from coursekit.notebooks.reading import read_notebook
from coursekit.notebooks.syllabus import place_of, syllabus
from coursekit.notebooks.template import Template, misnamed, templates

TRAINING_LIMIT = 1_800  # seconds that one cell of a worked lesson may take


def build(lessons: Iterable[Lesson], solutions: Path | None, force: bool, out: Consoles) -> None:
    """Build the notebooks of lessons, and their syllabus, in the current folder.

    Args:
        lessons: Whose templates to build.
        solutions: A folder for the solved editions; then nothing else is built.
        force: Also overwrite files that the kit did not write.
        out: Where to print the paths.

    Raises:
        CourseError: A template is wrong, or a file is in the way; then nothing was written.
    """
    chosen = list(lessons)
    books = _books(chosen, solutions)
    in_the_way = [path for path, _, book in books if not may_write(path, book)]
    if in_the_way and not force:
        raise CourseError(
            "not as coursekit built them: " + ", ".join(map(str, in_the_way)),
            remedy="move them elsewhere, or add --force to overwrite them",
        )
    for path, template, book in books:
        if template.number:
            _write(path, notebook_text(book), out)
        else:
            _build_lesson(path, book, out)
    for path, text in syllabus(chosen).items() if solutions is None else ():
        if force or may_write(path):
            _write(path, text, out)
        else:
            out.say(f"kept {path}, which is not as coursekit built it; --force overwrites it")


def _books(
    lessons: Iterable[Lesson], solutions: Path | None
) -> list[tuple[Path, Template, Notebook]]:
    """Return what is to be built, and where."""
    found = []
    for lesson in lessons:
        if faults := misnamed(lesson):
            raise CourseError("\n".join(faults))
        for template in templates(lesson):
            book = build_notebook(template, _edition(template, solutions))
            if solutions is None:
                found.append((place_of(template), template, book))
            elif template.number:
                found.append((solutions / lesson.name / template.file_name, template, book))
    return found


def _edition(template: Template, solutions: Path | None) -> Edition:
    return "student" if template.number and solutions is None else "solved"


def _write(path: Path, text: str, out: Consoles) -> None:
    make_folder(path.parent)
    with disk_errors("read", path):
        there = path.read_bytes() if path.exists() else b""
    if there != text.encode():
        write_text(path, text)
    out.result(str(path))


def _build_lesson(path: Path, book: Notebook, out: Consoles) -> None:
    """Execute a worked lesson, unless its outputs are those of its code already."""
    there = _readable(path)
    kept = with_outputs_of(there, book) if there else None
    if kept is None:
        out.say(f"executing {path} ...")
    text = notebook_text(kept or execute(book))
    if len(text.encode()) > MOST_BYTES:
        raise CourseError(
            f"{path} would have {len(text.encode()):,} bytes", f"at most {MOST_BYTES:,}"
        )
    _write(path, text, out)


def _readable(path: Path) -> Notebook | None:
    """Return the notebook of that name; None if it is missing, or damaged and written over."""
    try:
        return read_notebook(path) if path.exists() else None
    except CourseError:
        return None


def with_outputs_of(there: Notebook, book: Notebook) -> Notebook | None:
    """Return a notebook with the outputs that its code has made before; None if it has not."""
    known = there["metadata"].get("coursekit", {})
    if known.get("code") != code_hash(book):
        return None
    filled: Notebook = json.loads(json.dumps(book))
    filled["metadata"]["coursekit"]["code"] = known["code"]
    old = [cell for cell in there["cells"] if cell["cell_type"] == "code"]
    new = [cell for cell in filled["cells"] if cell["cell_type"] == "code"]
    for cell, before in zip(new, old, strict=True):
        if cell["source"] != before["source"]:
            return None  # the file was changed by hand
        cell["outputs"], cell["execution_count"] = before["outputs"], before["execution_count"]
    return filled


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
    executed: dict[str, Any] = json.loads(nbformat.writes(node))  # type: ignore[no-untyped-call]
    for cell, source in zip(executed["cells"], book["cells"], strict=True):
        cell["source"] = source["source"]
        cell["metadata"] = source["metadata"]
        if cell["cell_type"] == "code":
            cell["outputs"] = _merged(o for o in cell["outputs"] if o.get("name") != "stderr")
    executed["metadata"] = book["metadata"] | {}
    executed["metadata"]["coursekit"] = book["metadata"]["coursekit"] | {"code": code_hash(book)}
    return executed


def _merged(outputs: Iterable[dict[str, Any]]) -> list[dict[str, Any]]:
    """Return outputs in which what was printed piece by piece is one text, as Jupyter saves it."""
    merged: list[dict[str, Any]] = []
    for output in map(_joined, outputs):
        before = merged[-1] if merged else {}
        if output.get("name") and output.get("name") == before.get("name"):
            before["text"] += output["text"]
        else:
            merged.append(output)
    return merged


def _joined(output: dict[str, Any]) -> dict[str, Any]:
    """Return an output whose texts are single strings, without a widget that needs its kernel."""
    joined = dict(output)
    if WIDGET in joined.get("data", {}):
        joined["data"] = {kind: data for kind, data in joined["data"].items() if kind != WIDGET}
    if isinstance(joined.get("text"), list):
        joined["text"] = "".join(joined["text"])
    return joined


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
        return "has outputs of different code"
    return ""


def check_up_to_date(lessons: Iterable[Lesson], out: Consoles) -> None:
    """Compare what is in the current folder with what would be built.

    Raises:
        CourseError: Something is missing or out of date.
    """
    chosen = list(lessons)
    faults = []
    for path, template, book in _books(chosen, None):
        if template.number:
            there = path.read_text(encoding="utf-8") if path.exists() else ""
            same = there == notebook_text(book)
            fault = "" if same else "differs from its template and the plugin's code"
        else:
            fault = out_of_date(path, book)
            if not fault and "code" not in read_notebook(path)["metadata"]["coursekit"]:
                fault = "has not been executed"
        if fault:
            faults.append(f"{path} {fault}")
    for path, text in syllabus(chosen).items():
        if not path.exists():
            faults.append(f"{path} is missing")
        elif may_write(path) and path.read_text(encoding="utf-8") != text:
            faults.append(f"{path} differs from the templates")
    if faults:
        raise CourseError("\n".join(faults), remedy="coursekit build")
    out.result("all notebooks are up to date")
