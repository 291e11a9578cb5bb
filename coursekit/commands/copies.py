"""A lesson's project under another name: its package, and the files around it.

What it starts from is the lesson in ``coursekit/scaffold``, a project like any other, or the
package of an installed lesson. Around either stand the scaffold's files: pyproject, README, tests.
"""

from __future__ import annotations

import inspect
import json
import re
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from importlib.metadata import Distribution
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path

from coursekit.distribution import PACKAGE, is_same, kit, kit_name, licence, licence_texts
from coursekit.errors import CourseError, disk_errors
from coursekit.lesson import Lesson
from coursekit.plugins import Catalogue

SCAFFOLD = Path(__file__).parent.parent / "scaffold"
OF_ITS_OWN_LESSON = "tests/test_lesson.py"
TEXTS = frozenset({".py", ".md", ".toml", ".txt"})


@dataclass(frozen=True)
class Names:
    """What a lesson is called.

    Attributes:
        lesson: The word that the command line takes.
        package: What is imported.
        kind: What the names of its classes start with.
    """

    lesson: str
    package: str
    kind: str

    @property
    def distribution(self) -> str:
        """What pip installs."""
        return self.package.replace("_", "-")


@dataclass(frozen=True)
class Origin:
    """What a project starts from.

    Attributes:
        lesson: The lesson.
        names: What it is called.
        folder: Its package.
        requires: What its distribution requires.
        source: The distribution that it is copied from; None if it is not known.
    """

    lesson: Lesson
    names: Names
    folder: Path
    requires: tuple[str, ...]
    source: Distribution | None = None

    @property
    def is_scaffold(self) -> bool:
        """Whether this is the scaffold's own lesson."""
        return self.folder.parent == SCAFFOLD


def new_names(name: str) -> Names:
    """Return what the parts of a new lesson are called."""
    return Names(name, f"{PACKAGE}_{name}", name.title().replace("_", ""))


def scaffold() -> Origin:
    """Return the scaffold's lesson; it is not installed, so it is imported from its folder."""
    (folder,) = (path.parent for path in SCAFFOLD.glob("*/__init__.py"))
    spec = spec_from_file_location(folder.name, folder / "__init__.py")
    assert spec is not None
    assert spec.loader is not None
    module, kept = module_from_spec(spec), sys.modules.pop(folder.name, None)
    sys.modules[folder.name] = module  # dataclasses look for it
    try:
        spec.loader.exec_module(module)
    finally:
        del sys.modules[folder.name]
        sys.modules.update({folder.name: kept} if kept else {})
    (lesson,) = module.coursekit_lessons()
    return Origin(lesson, _names_of(lesson, folder.name), folder, (kit_name(),))


def installed(name: str, known: Catalogue) -> Origin:
    """Return an installed lesson.

    Raises:
        CourseError: There is none of that name, or its package cannot be copied as it is.
    """
    lesson = known.lesson(name)
    package = type(lesson).__module__.partition(".")[0]
    if not hasattr(sys.modules[package], "__path__"):
        raise CourseError(
            f"the lesson {name} is the single file {inspect.getfile(type(lesson))}",
            "a lesson that is a package: a folder with an __init__.py",
        )
    others = [
        other
        for other, each in known.lessons.items()
        if other != name and type(each).__module__.partition(".")[0] == package
    ]
    if others:
        raise CourseError(
            f"the package {package} offers {', '.join(others)}, too", "a package of one lesson"
        )
    folder = Path(inspect.getfile(sys.modules[package])).parent
    found = known.providers[name].entry_point.dist
    own = found is None or is_same(found, kit())
    requires = (kit_name(),) if own or found is None else tuple(found.requires or ())
    source = kit() if own else found
    return Origin(lesson, _names_of(lesson, package), folder, requires, source)


def _names_of(lesson: Lesson, package: str) -> Names:
    return Names(lesson.name, package, type(lesson).__name__.removesuffix("Lesson"))


def project(origin: Origin, new: Names, exercises: bool) -> Iterator[tuple[Path, bytes]]:
    """Yield the files of a new project, each with its place below the project's folder.

    Args:
        origin: What it starts from.
        new: What the new lesson is called.
        exercises: Whether the exercises are copied, too.

    Raises:
        CourseError: A file cannot be read.
    """
    start = scaffold()
    for place in ("pyproject.toml", "README.md", *_tests(origin)):
        text = _adapted(_read(SCAFFOLD / place).decode(), start, origin)
        text = renamed(text, start.names, new, everywhere=True)
        yield Path(place), (text + _copied(origin) if place == "README.md" else text).encode()
    for name, text in licence_texts(origin.source) if origin.source else ():
        yield Path(name), text.encode()
    for path in sorted(origin.folder.rglob("*")):
        within = path.relative_to(origin.folder)
        is_exercise = within.match("templates/[0-9]*_*.py") and len(within.parts) == 2
        if not path.is_file() or "__pycache__" in within.parts or (is_exercise and not exercises):
            continue
        content = _read(path)
        if path.suffix in TEXTS:
            text = content.decode("utf-8")
            content = renamed(text, origin.names, new, origin.is_scaffold).encode()
        yield new.package / within, content


def _copied(origin: Origin) -> str:
    """Return what a README says of the code that was copied; the scaffold is not spoken of."""
    if origin.is_scaffold or origin.source is None:
        return ""
    files = [f"[{name}]({name})" for name, _ in licence_texts(origin.source)]
    said = licence(origin.source)
    terms = (
        f"under the licence of that project{f' ({said})' if said else ''}, whose text is in "
        f"{', '.join(files)} and stays with it"
        if files
        else "of that project, which comes without the text of a licence: ask its authors before "
        "you pass it on"
    )
    version = f"{origin.source.name} {origin.source.version}"
    return f"\nThe code is a copy of the lesson {origin.lesson.name} of {version}. It is {terms}.\n"


def _tests(origin: Origin) -> list[str]:
    found = sorted(f"tests/{path.name}" for path in (SCAFFOLD / "tests").glob("test_*.py"))
    return [place for place in found if origin.is_scaffold or place != OF_ITS_OWN_LESSON]


def _read(path: Path) -> bytes:
    with disk_errors("read", path):
        return path.read_bytes()


def _adapted(text: str, start: Origin, origin: Origin) -> str:
    """Return a file of the scaffold that says of the origin what it said of its own lesson."""
    mine, its = start.lesson, origin.lesson
    described = json.dumps(f"{its.question} A lesson for {PACKAGE}.", ensure_ascii=False)
    changes = {
        f'"{mine.question} A lesson for {PACKAGE}."': described,
        mine.question: its.question,
        f"demo {mine.name} {mine.demo_example}": f"demo {mine.name} {its.demo_example}".rstrip(),
        json.dumps(list(start.requires)): json.dumps(list(origin.requires)),
        _tried(mine): _tried(its).replace(f'"{its.name}"', f'"{mine.name}"', 1),
    }
    for old, new in changes.items():
        text = text.replace(old, new)
    return text


def _tried(lesson: Lesson) -> str:
    """Return what the tests of a project train: lesson, built-in data set, smallest preset."""
    built_in = next(each.name for each in lesson.datasets if each.built_in)
    preset = "tiny" if "tiny" in lesson.presets else "quick"
    return f'"{lesson.name}", "{built_in}", "{preset}"'


def renamed(text: str, old: Names, new: Names, everywhere: bool) -> str:
    """Return a text in which a lesson has another name.

    Args:
        text: Code, or prose.
        old: What it was called.
        new: What it is called.
        everywhere: Whether the lesson's name, as a word of its own, always means the lesson; else
            only where it is quoted, in a command, before a slash, or begins a function's name.
    """
    word = re.escape(old.lesson)
    text = re.sub(rf"\b{re.escape(old.package)}\b", new.package, text)
    text = re.sub(rf"\b{re.escape(old.distribution)}\b", new.distribution, text)
    text = re.sub(rf"\b{old.kind}(?=[A-Z])", new.kind, text)
    text = re.sub(rf"\b{word}_(?=\w)", f"{new.lesson}_", text)
    if everywhere:
        return re.sub(rf"\b{word}\b", new.lesson, text)
    text = re.sub(rf"(?<=[\"'`]){word}(?=[\"'`])", new.lesson, text)
    text = re.sub(rf"\b({PACKAGE} [a-z]+ ){word}\b", rf"\g<1>{new.lesson}", text)
    return re.sub(rf"(?<![\w/.]){word}/(?=\w)", f"{new.lesson}/", text)
