"""What a plugin may import from the core: a few public places, and nothing else."""

import ast
import importlib
from collections.abc import Iterator
from pathlib import Path

import pytest

from coursekit.commands.copies import SCAFFOLD
from tests.conftest import OUTSIDE, ROOT

DOORS = (
    "coursekit",
    "coursekit.drawing",
    "coursekit.prepare",
    "coursekit.practice",
    "coursekit.store",
    "coursekit.testing",
)
PACKAGES = (ROOT / "plugins", OUTSIDE, *SCAFFOLD.glob("coursekit_*"))
FILES = sorted(path for folder in PACKAGES for path in folder.rglob("*.py"))


def imports(path: Path) -> Iterator[tuple[str, str]]:
    """Yield the module and the name of each absolute import, wherever it stands."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.ImportFrom) and node.module and node.level == 0:
            yield from ((node.module, alias.name) for alias in node.names)
        elif isinstance(node, ast.Import):
            yield from ((alias.name, "") for alias in node.names)


def imported(path: Path) -> Iterator[tuple[str, str]]:
    """Yield the imports from the core."""
    yield from (found for found in imports(path) if found[0].split(".")[0] == "coursekit")


def test_there_are_plugins_to_look_at() -> None:
    assert len(FILES) > 60
    assert {name for path in FILES for name in imported(path)} > {("coursekit", "Lesson")}


@pytest.mark.parametrize("path", FILES, ids=lambda path: "/".join(path.parts[-2:]))
def test_a_plugin_imports_through_the_doors(path: Path) -> None:
    for module, name in imported(path):
        assert module in DOORS, f"{path}: {module} is not public"
        public = importlib.import_module(module).__all__
        assert name in public, f"{path}: {module} does not export {name!r}"


def test_no_plugin_imports_another() -> None:
    for path in FILES:
        plugin = next(part for part in path.parts if part.startswith("coursekit_"))
        packages = {module.split(".")[0] for module, _ in imports(path)}
        others = {name for name in packages if name.startswith("coursekit_")} - {plugin}
        assert not others, f"{path} imports {others}"


def test_each_public_name_exists() -> None:
    for module in DOORS:
        door = importlib.import_module(module)
        for name in door.__all__:
            assert getattr(door, name) is not None
