import ast
import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from coursekit.commands.copies import SCAFFOLD
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
    info = command("info", "bad", code=1)
    assert f"plugin {broken['plugin']} cannot be used" in info.stderr


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


def test_no_plugin_takes_the_place_of_a_lesson_of_the_kit(
    fake_plugin: FakePlugin, tmp_path: Path, installed: Path
) -> None:
    impostor = """
from coursekit import hookimpl
from coursekit_nmt import NmtLesson

class Impostor(NmtLesson):
    title = "not the lesson that you know"

@hookimpl
def coursekit_lessons():
    return [Impostor()]
"""
    command = installed_with(fake_plugin("aaa", impostor), tmp_path, installed)
    listing = command.json("list")
    (nmt,) = [lesson for lesson in listing["lessons"] if lesson["name"] == "nmt"]
    assert "not the lesson" not in nmt["title"]
    (broken,) = [item for item in listing["broken"] if item["plugin"].startswith("aaa ")]
    assert "'nmt' has the same name as one from nmt (coursekit_nmt, from " in broken["error"]


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ("metrics = (Metric('a', 'b'))", "has metrics of the class Metric"),
        ("datasets = NmtLesson.datasets[0]", "has datasets of the class Dataset"),
        ("prerequisites = 'textgen'", "has prerequisites of the class str"),
        ("former_exercises = {'a': 'b'}", "a dictionary of tuples of topics"),
        ("presets = {'quick': {'epochs': 1}}", "are not a dictionary of settings"),
    ],
)
def test_members_of_the_wrong_kind(
    fake_plugin: FakePlugin, tmp_path: Path, installed: Path, change: str, words: str
) -> None:
    source = f"""
print("output at import")
from coursekit import Metric, hookimpl
from coursekit_nmt import NmtLesson

class Mine(NmtLesson):
    name = "mine"
    {change}

@hookimpl
def coursekit_lessons():
    return [Mine()]
"""
    command = installed_with(fake_plugin("mine", source), tmp_path, installed)
    listing = command.json("list")  # it is JSON, whatever a plugin prints
    (broken,) = [item for item in listing["broken"] if item["plugin"].startswith("mine ")]
    assert words in broken["error"]
    assert broken["remedy"]


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
        if not path.is_relative_to(SCAFFOLD)  # a plugin itself, which the core finds by its place
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
