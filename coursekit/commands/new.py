"""``coursekit new``: the project of a lesson of one's own, which works at once."""

from __future__ import annotations

import keyword
import os
import re
import unicodedata
from importlib.util import find_spec
from pathlib import Path

from coursekit import distribution
from coursekit.atomic import make_folder, write_new
from coursekit.commands.copies import Names, installed, new_names, project, scaffold
from coursekit.console import Consoles
from coursekit.errors import CourseError
from coursekit.plugins import Catalogue, catalogue
from coursekit.printable import quoted, shortened

LONGEST = 40  # letters of a name


def new_lesson(
    name: str, folder: Path | None, source: str | None, exercises: bool, out: Consoles
) -> None:
    """Write the project of a new lesson.

    Args:
        name: Of the lesson.
        folder: Of the project; None: one of the lesson's name.
        source: The installed lesson to copy; None: the small one that comes with the kit.
        exercises: Whether exercises are copied, too.
        out: Where to print.

    Raises:
        CourseError: The name cannot be used, the folder is not empty, or there is no such lesson.
    """
    known = catalogue()
    names = checked(name, known)
    where = folder or Path(name)
    if os.path.lexists(where) and (not where.is_dir() or any(where.iterdir())):
        raise CourseError(
            f"{where} is there already, and nothing is written over",
            "a folder that is empty or does not exist",
            f"coursekit new {name} DIR",
        )
    origin = installed(source, known) if source else scaffold()
    files = dict(project(origin, names, exercises))  # all are read before the first is written
    for place, content in files.items():
        make_folder((where / place).parent)
        if not write_new(where / place, content):
            raise CourseError(f"{where / place} is there already, and nothing is written over")
        out.result(str(where / place))
    out.result(f"next: pip install -e {quoted(where)} && coursekit run {name}", "bold")


def checked(name: str, known: Catalogue) -> Names:
    """Return what the parts of a lesson of that name are called.

    Raises:
        CourseError: It is no name of a Python package, or belongs to something that is installed.
    """
    reserved = keyword.iskeyword(name)
    if reserved or not re.fullmatch(r"[a-z][a-z0-9_]*", name) or len(name) > LONGEST:
        why = "is a word of Python itself" if reserved else "cannot be the name of a lesson"
        better = _suggested(name)
        raise CourseError(
            f"{shortened(name)!r} {why}",
            f"at most {LONGEST} small letters from a to z, digits and _, a letter first: it is "
            "part of a package's name",
            f"coursekit new {better}" if better else "",
        )
    if name in known.lessons:
        raise CourseError(
            f"there is a lesson named {name}, from {known.providers[name].label}",
            "a name of its own",
            f"coursekit new my_{name} --from {name} copies it",
        )
    names = new_names(name)
    for package in (name, names.package):
        if _importable(package):
            raise CourseError(
                f"there is a Python package named {package} here already",
                "a name that nothing else has",
                f"coursekit new my_{name}",
            )
    if distribution.installed(names.distribution):
        raise CourseError(
            f"its project would be called {names.distribution}, and that is installed already",
            "a name that nothing else has",
            f"coursekit new my_{name}",
        )
    return names


def _suggested(name: str) -> str:
    """Return a name that is like one that cannot be used; empty if there is none."""
    plain = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode().lower()
    word = re.sub(r"[^a-z0-9]+", "_", plain).strip("_").lstrip("0123456789_")[:LONGEST]
    return f"my_{word}" if keyword.iskeyword(word) else word


def _importable(package: str) -> bool:
    """Return whether there is a module of that name; a folder without code is none."""
    spec = find_spec(package)
    return spec is not None and spec.origin is not None
