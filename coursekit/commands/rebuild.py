"""``coursekit build --watch``: builds the exercises at each save, and says what will be seen."""

from __future__ import annotations

import importlib
import inspect
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path

from coursekit.atomic import make_folder, write_text
from coursekit.commands.saves import saves
from coursekit.console import Consoles
from coursekit.errors import CourseError, disk_errors
from coursekit.lesson import Lesson
from coursekit.notebooks.build import out_of_date
from coursekit.notebooks.cells import forget
from coursekit.notebooks.notebook import Notebook, build_notebook, notebook_text
from coursekit.notebooks.ownership import may_write
from coursekit.notebooks.preview import differences, holes, shown_files
from coursekit.notebooks.syllabus import EXERCISES, place_of, syllabus
from coursekit.notebooks.template import Address, Template, addresses, misnamed


def watch_build(lessons: Iterable[Lesson], force: bool, out: Consoles) -> None:
    """Build the exercises of lessons at each save of a template or of what it shows.

    What is wrong is said, and the notebooks stay as they were. It ends with Ctrl-C.

    Args:
        lessons: Whose exercises to build.
        force: Also overwrite files that the kit did not write.
        out: Where to print.

    Raises:
        CourseError: None of the lessons has a template.
    """
    chosen = list(lessons)
    if not any(lesson.templates.is_dir() for lesson in chosen):
        raise CourseError(
            "there is nothing to watch",
            "a folder of templates beside the lesson: "
            + ", ".join(str(e.templates) for e in chosen),
        )
    bench = _Bench(chosen, force, out)
    for round_, changed in enumerate(saves(bench.files)):
        if round_ == 0:
            out.say(f"watching the templates and the code of {bench.names}; Ctrl-C ends it")
        else:
            out.say(f"saved: {', '.join(sorted({path.name for path in changed}))}", "dim")
        bench.build(changed, first=round_ == 0)


class _Bench:
    """What was built so far, to compare with.

    Args:
        lessons: Whose exercises to build.
        force: Also overwrite files that the kit did not write.
        out: Where to print.
    """

    def __init__(self, lessons: list[Lesson], force: bool, out: Consoles) -> None:
        self.lessons, self.force, self.out = lessons, force, out
        self.built: dict[Path, Notebook] = {}
        self.shown: dict[Path, set[Path]] = {}  # by template
        self.told: set[Path] = set()  # worked lessons that were said to be out of date

    @property
    def names(self) -> str:
        """The lessons."""
        return ", ".join(lesson.name for lesson in self.lessons)

    def files(self) -> Iterator[Path]:
        """Yield the files that a build reads."""
        for lesson in self.lessons:
            yield from self._files_of(lesson)

    def _files_of(self, lesson: Lesson) -> set[Path]:
        found = {path for path in lesson.templates.glob("*.py") if not path.name.startswith(".")}
        shown = [self.shown.get(path, set()) for path in found]
        return found.union(_package(lesson), *shown)

    def build(self, changed: set[Path], first: bool) -> None:
        """Build what a change may concern.

        Args:
            changed: The files that changed.
            first: Whether this is the first time: then everything is named.
        """
        forget()
        importlib.invalidate_caches()
        gone = {path for path in changed if not path.exists()}
        told = False
        for lesson in self.lessons:
            if first or changed & (self._files_of(lesson) | gone):
                told |= self._build_lesson(lesson, first)
        if not told:
            self.out.result("nothing changes for the student")

    def _build_lesson(self, lesson: Lesson, first: bool) -> bool:
        """Build the templates of a lesson; return whether there was anything to say."""
        faults, told = misnamed(lesson), False
        for fault in faults:
            self.out.say(fault, "yellow")
        for address in addresses(lesson):
            try:
                told |= self._build_template(address, first)
            except CourseError as error:
                faults.append(str(error))
                self.out.say(in_a_sentence(error), "yellow")
        if not faults:
            told |= self._build_page()
        return told or bool(faults)

    def _build_template(self, address: Address, first: bool) -> bool:
        template = address.read()
        book = build_notebook(template, "student" if template.number else "solved")
        self.shown[template.path] = shown_files(template)
        path = place_of(template)
        before = self.built.get(path)
        self.built[path] = book
        if before == book:
            return False
        word = self._write(path, book) if template.number else self._worked(path, template, book)
        self.out.result(f"{path} {word}: {holes(template)}")
        for line in differences(before, book) if before else ():
            self.out.result(line)
        return True

    def _write(self, path: Path, book: Notebook) -> str:
        """Write a student edition; return what became of it."""
        text = notebook_text(book)
        with disk_errors("read", path):
            there = path.read_bytes() if path.is_file() else b""
        if there == text.encode():
            return "is up to date"
        if not (self.force or may_write(path, book)):
            return "is kept, for it is not as coursekit built it (--force overwrites it)"
        make_folder(path.parent)
        write_text(path, text)
        return "is written"

    def _worked(self, path: Path, template: Template, book: Notebook) -> str:
        """Say once that a worked lesson is out of date; it would have to be executed."""
        fault = out_of_date(path, book)
        if fault and path not in self.told:
            self.told.add(path)
            self.out.say(
                f"{path} {fault}; worked lessons are not executed while watching: "
                f"coursekit build {template.lesson}"
            )
        return "is out of date" if fault else "is up to date"

    def _build_page(self) -> bool:
        """Write the page that lists the exercises, and its map; return whether one changed."""
        try:
            pages = syllabus(self.lessons)
        except CourseError as error:  # of another lesson, whose notebooks are there, too
            self.out.say(in_a_sentence(error), "yellow")
            return True
        own = [page for page in pages if page.parent == EXERCISES]
        changed = [self._write_page(page, pages[page]) for page in own]  # all of them
        return any(changed)

    def _write_page(self, page: Path, text: str) -> bool:
        with disk_errors("read", page):
            there = page.read_bytes() if page.is_file() else b""
        if there == text.encode() or not (self.force or may_write(page)):
            return False
        make_folder(page.parent)
        write_text(page, text)
        self.out.result(f"{page} is written")
        return True


def in_a_sentence(error: CourseError) -> str:
    """Return an error on one line."""
    return "; ".join(line for line in str(error).splitlines() if line)


def _package(lesson: Lesson) -> set[Path]:
    """Return the Python files of a lesson's package, or its one file."""
    home = Path(inspect.getfile(type(lesson)))
    if not getattr(sys.modules.get(type(lesson).__module__), "__package__", ""):
        return {home}
    return {path for path in home.parent.rglob("*.py") if "__pycache__" not in path.parts}
