import ast
import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from coursekit.distribution import kit
from coursekit.plugins import catalogue, find, syllabus
from tests.conftest import ROOT, Process, environment

FakePlugin = Callable[[str, str], Path]


def installed_with(folder: Path, tmp_path: Path, *more: Path) -> Process:
    return Process(tmp_path, environment(tmp_path / "cache", folder, *more))


@pytest.mark.parametrize(
    ("source", "error"),
    [
        ("raise RuntimeError('it is broken')", "RuntimeError: it is broken"),
        ("import no_such_package", "No module named 'no_such_package'"),
        ("def (", "SyntaxError"),
        ("", "it offers no lesson"),
        (
            "from coursekit import hookimpl\n@hookimpl\ndef coursekit_lesson():\n    return []\n",
            "a hook that does not exist",
        ),
        (
            "from coursekit import hookimpl\n@hookimpl\ndef coursekit_lessons():\n    return [3]\n",
            "its hook returned 3",
        ),
        ("raise SystemExit(3)", "SystemExit"),
    ],
)
def test_a_broken_plugin_is_reported_and_never_fatal(
    fake_plugin: FakePlugin, tmp_path: Path, installed: Path, source: str, error: str
) -> None:
    command = installed_with(fake_plugin("bad", source), tmp_path, installed)
    listing = command.json("list")
    assert "dots" in [lesson["name"] for lesson in listing["lessons"]]
    (broken,) = [item for item in listing["broken"] if item["plugin"].startswith("bad ")]
    assert error in broken["error"]
    assert broken["remedy"]
    shown = command("list")
    assert "dots" in shown.stdout
    assert "bad (bad_module, from bad)" in shown.stderr


def test_two_lessons_of_one_name_name_both_plugins(
    fake_plugin: FakePlugin, tmp_path: Path, installed: Path
) -> None:
    copy = "from coursekit_dots import coursekit_lessons\n"
    command = installed_with(fake_plugin("zwilling", copy), tmp_path, installed)
    listing = command.json("list")
    (broken,) = [item for item in listing["broken"] if "zwilling" in item["plugin"]]
    assert "'dots'" in broken["error"]
    assert "dots (coursekit_dots, from coursekit-dots)" in broken["error"]
    assert [lesson["name"] for lesson in listing["lessons"]].count("dots") == 1


def test_finding_imports_no_plugin(installed: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.syspath_prepend(str(installed))
    found = [item.name for item in find()]
    assert "dots" in found
    assert "coursekit_dots" not in sys.modules


@pytest.mark.parametrize("words", [["list"], ["--help"], [], ["info", "nmt"], ["runs"]])
def test_what_lists_is_light(words: list[str], process: Process) -> None:
    script = (
        "import sys\n"
        f"sys.argv = ['coursekit', *{words!r}]\n"
        "from coursekit.cli.app import main\n"
        "try:\n    main()\n"
        "except SystemExit as stop:\n    assert not stop.code, stop.code\n"
        "heavy = {'tensorflow', 'keras', 'matplotlib', 'sacrebleu', 'httpx', 'numpy'}\n"
        "assert not heavy & set(sys.modules), heavy & set(sys.modules)\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", script],
        cwd=process.folder,
        env=process.environment,
        capture_output=True,
        text=True,
        encoding="utf-8",
    )
    assert done.returncode == 0, done.stderr


def test_every_lesson_of_this_kit_loads() -> None:
    found = catalogue()
    ours = [item for item in found.broken if f"from {kit().name})" in item.plugin]
    assert ours == []
    assert found.providers["nmt"].label == f"nmt (coursekit_nmt, from {kit().name})"


def test_the_core_knows_no_plugin_by_its_name() -> None:
    told = {
        node.value
        for path in (ROOT / "coursekit").rglob("*.py")
        for node in ast.walk(ast.parse(path.read_text("utf-8")))
        if isinstance(node, ast.Constant) and isinstance(node.value, str)
    }
    assert {text for text in told if re.search(r"coursekit_(?!lessons\b)", text)} == set()


def test_syllabus_puts_prerequisites_first_and_survives_a_circle() -> None:
    class Fake:
        def __init__(self, *prerequisites: str) -> None:
            self.prerequisites = prerequisites

    lessons = {"a": Fake("c", "not-installed"), "b": Fake("a"), "c": Fake(), "d": Fake("d")}
    assert syllabus(lessons) == ["c", "a", "b", "d"]  # type: ignore[arg-type]
