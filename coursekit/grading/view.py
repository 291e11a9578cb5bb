"""What a student's code finds in place of the kit and of the lesson's plugin.

It is a copy without what decides about marks (the builder of solved editions, templates, tests),
and with the solution of one exercise taken out, by the cutting that makes the student edition.
Whatever takes the solution as a default, derives from it or exports it again finds the hole.
"""

from __future__ import annotations

import ast
import re
import shutil
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import lru_cache
from importlib.util import find_spec
from pathlib import Path

from coursekit.notebooks import holes
from coursekit.notebooks import source as sources
from coursekit.notebooks.markers import markers
from coursekit.notebooks.template import Template
from coursekit.plugins import catalogue, find
from coursekit.practice.watch import ANSWER

KIT = "coursekit"
LEFT_OUT = {"templates", "tests", "__pycache__"}  # folders of any package
KITS_OWN = {"notebooks", "grading", "commands", "cli"}  # of the kit, besides
TAKEN = "is yours to write: the kit's own is not there"  # what the hole says
_HOLE = re.compile(r'^( *)raise NotImplementedError\("([\w.]+) is still to be written"\)$', re.M)
_NO_CHECKS = '''

def run_checks(name: str, namespace: dict[str, Any], *checks: str) -> None:
    """Do nothing: the checks run where the marks are."""


def hint(name: str) -> None:
    """Do nothing."""
'''


@dataclass(frozen=True)
class Cut:
    """A function or a class of a plugin that is, in whole or in part, a solution.

    Attributes:
        module: Where it is defined.
        name: Its name.
        methods: Those that are the solution; empty: the whole of it, or its marked regions.
    """

    module: str
    name: str
    methods: tuple[str, ...]


def solutions(template: Template) -> Iterator[Cut]:
    """Yield what an exercise asks for that a plugin defines."""
    for cell in template.cells:
        if cell.role != "student":
            continue
        for marker in markers(template, cell):
            node = marker.statement
            if marker.word == "exercise" and isinstance(node, ast.ImportFrom):
                for alias in node.names:
                    yield Cut(str(node.module), alias.name, marker.methods)


@lru_cache(maxsize=64)
def packages(template: Template) -> dict[str, Path]:
    """Return the folders of the packages that a notebook of an exercise may import, by name.

    These are the kit, the plugin, and the plugins that its source imports.
    """
    names = {KIT: _folder(KIT)}
    left = [_plugin(template)]
    known = {point.module.partition(".")[0].partition(":")[0] for point in find()}
    while left:
        name = left.pop()
        if name not in names:
            names[name] = _folder(name)
            left += sorted(known & _imported(names[name]) - names.keys())
    return names


def _plugin(template: Template) -> str:
    return catalogue().providers[template.lesson].module.partition(".")[0].partition(":")[0]


def _folder(package: str) -> Path:
    """Return the folder of a package, or the file of a plugin that is one module."""
    spec = find_spec(package)
    assert spec is not None
    if spec.submodule_search_locations:
        return Path(next(iter(spec.submodule_search_locations)))
    assert spec.origin is not None
    return Path(spec.origin)


def _imported(folder: Path) -> set[str]:
    """Return the packages that the modules of a package import."""
    found: set[str] = set()
    for path in [folder] if folder.is_file() else sorted(folder.rglob("*.py")):
        if not LEFT_OUT & set(path.relative_to(folder.parent).parts):
            for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
                if isinstance(node, ast.ImportFrom) and node.module and not node.level:
                    found.add(node.module.partition(".")[0])
                elif isinstance(node, ast.Import):
                    found |= {alias.name.partition(".")[0] for alias in node.names}
    return found


def make_view(template: Template, folder: Path) -> Path:
    """Write the copies for an exercise into an empty folder, and return the folder.

    Raises:
        CourseError: The template's markers are wrong.
    """
    there = packages(template)
    for name, path in there.items():
        if path.is_file():
            shutil.copyfile(path, folder / path.name)
        else:
            shutil.copytree(path, folder / name, ignore=_ignoring(path, name == KIT))
    with (folder / KIT / "practice" / "notebook_api.py").open("a", encoding="utf-8") as file:
        file.write(_NO_CHECKS)
    by_module: dict[str, list[Cut]] = {}
    for cut in solutions(template):
        by_module.setdefault(cut.module, []).append(cut)
    for module, cuts in by_module.items():
        text, path = sources.module_text(module)
        root = there[module.partition(".")[0]]
        copied = folder / path.relative_to(root.parent)
        copied.write_text(without(text, cuts), encoding="utf-8")
    return folder


def _ignoring(root: Path, is_kit: bool) -> shutil._Ignore:  # type: ignore[name-defined]
    def ignore(folder: str, names: list[str]) -> set[str]:
        dropped = {name for name in names if name in LEFT_OUT or name.endswith((".pyc", ".ipynb"))}
        return dropped | (KITS_OWN if is_kit and Path(folder) == root else set())

    return ignore


def without(text: str, cuts: Iterable[Cut]) -> str:
    """Return a module's source with solutions taken out; each hole reports who comes to it."""
    for cut in cuts:
        found = sources.find(cut.module, cut.name)
        student, _ = holes.hollow(found, cut.methods)
        assert found.text in text
        text = text.replace(found.text, _HOLE.sub(_reporting, student), 1)
    return text


def _reporting(hole: re.Match[str]) -> str:
    indent, name = hole[1], hole[2]
    return (
        f'{indent}__import__("sys").audit("{ANSWER}", "{name}")\n'
        f'{indent}raise NotImplementedError("{name} {TAKEN}")'
    )
