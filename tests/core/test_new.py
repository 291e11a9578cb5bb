"""``coursekit new``: projects that work at once, under names that nothing else has."""

import ast
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

from coursekit import __version__
from coursekit.commands.copies import SCAFFOLD, Names, new_names, renamed
from tests.conftest import ROOT, Command, Process, environment
from tests.workers import WorkerHere

PIP = (sys.executable, "-m", "pip", "install", "--quiet", "--no-deps", "--no-build-isolation")


def files(folder: Path) -> set[str]:
    found = (path.relative_to(folder) for path in folder.rglob("*") if path.is_file())
    return {path.as_posix() for path in found if "__pycache__" not in path.parts}


def pyproject(folder: Path) -> dict[str, object]:
    found: dict[str, object] = tomllib.loads((folder / "pyproject.toml").read_text("utf-8"))
    return found["project"]  # type: ignore[return-value]


def test_a_new_project_is_the_scaffold_under_its_own_name(
    coursekit: Command, tmp_path: Path
) -> None:
    said = coursekit("new", "weather_report").stdout
    made = tmp_path / "weather_report"
    assert files(made) == {
        place.replace("coursekit_telegraph", "coursekit_weather_report")
        for place in files(SCAFFOLD)
    }
    for place in files(made):
        text = (made / place).read_text("utf-8")
        assert "telegraph" not in text.lower(), place
        assert place in said
        if place.endswith(".py"):
            ast.parse(text)
    project = pyproject(made)
    assert project["name"] == "coursekit-weather-report"
    assert project["dependencies"] == ["coursekit-lessons"]
    assert project["entry-points"] == {"coursekit": {"weather_report": "coursekit_weather_report"}}
    last = "next: pip install -e weather_report && coursekit run weather_report"
    assert said.splitlines()[-1] == last


def test_the_files_are_those_of_the_design() -> None:
    package = {p.split("/", 1)[1] for p in files(SCAFFOLD) if p.startswith("coursekit_")}
    modules = {f"{name}.py" for name in ("data", "model", "train", "evaluate", "demo")}
    assert package == modules | {"__init__.py", "templates/lesson.py", "templates/1_loss.py"}


def test_without_an_exercise(coursekit: Command, tmp_path: Path) -> None:
    coursekit("new", "plain", "here", "--no-exercise")
    left_out = files(SCAFFOLD) - {
        place.replace("coursekit_plain", "coursekit_telegraph")
        for place in files(tmp_path / "here")
    }
    assert left_out == {"coursekit_telegraph/templates/1_loss.py"}


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("class", ["'class' is a word of Python itself", "coursekit new my_class"]),
        ("my lesson", ["'my lesson' cannot be the name", "coursekit new my_lesson"]),
        ("3dogs", ["'3dogs' cannot be", "coursekit new dogs"]),
        ("Wetter", ["coursekit new wetter"]),
        ("größe", ["coursekit new groe"]),
        ("---", ["cannot be"]),
        ("a" * 41, ["at most 40"]),
        ("../up", ["coursekit new up"]),
        ("nmt", ["a lesson named nmt", "coursekit_nmt", "coursekit new my_nmt --from nmt"]),
        ("dots", ["a lesson named dots", "from coursekit-dots"]),
        ("json", ["a Python package named json"]),
        ("numpy", ["a Python package named numpy"]),
        ("lessons", ["coursekit-lessons, and that is installed already"]),
    ],
)
def test_names_that_cannot_be_used(
    coursekit: Command, tmp_path: Path, name: str, words: list[str]
) -> None:
    said = coursekit("new", "--", name, code=1).stderr
    for part in words:
        assert part in said
    assert said.startswith("error: ")
    assert list(tmp_path.iterdir()) == [] or not files(tmp_path)


def test_an_importable_package_of_the_new_name_is_in_the_way(
    coursekit: Command, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "site" / "coursekit_mine").mkdir(parents=True)
    (tmp_path / "site" / "coursekit_mine" / "__init__.py").write_text("")
    monkeypatch.syspath_prepend(str(tmp_path / "site"))
    assert "package named coursekit_mine" in coursekit("new", "mine", code=1).stderr


def test_nothing_is_written_over(coursekit: Command, tmp_path: Path) -> None:
    (tmp_path / "mine").mkdir()
    coursekit("new", "mine")  # into an empty folder
    readme = tmp_path / "mine" / "README.md"
    readme.write_text("my own words")
    before = files(tmp_path)
    for words in (("mine",), ("other", "mine"), ("other", "mine/README.md")):
        said = coursekit("new", *words, code=1).stderr
        assert "is there already, and nothing is written over" in said
    assert files(tmp_path) == before
    assert readme.read_text() == "my own words"


def test_a_copy_says_what_it_is_a_copy_of(coursekit: Command, tmp_path: Path) -> None:
    coursekit("new", "german", "--from", "nmt")
    made = tmp_path / "german"
    readme, commands = (made / "README.md").read_text("utf-8"), made / "tests/test_commands.py"
    assert "*Can a machine translate a sentence?*" in readme
    assert 'coursekit demo german "¿dónde está mi libro?"' in readme
    assert '"german", "phrasebook", "tiny"' in commands.read_text("utf-8")
    assert not (made / "tests" / "test_lesson.py").exists()  # it is about the scaffold's lesson
    described = "Can a machine translate a sentence? A lesson for coursekit."
    assert pyproject(made)["description"] == described
    top = (made / "coursekit_german" / "__init__.py").read_text("utf-8")
    assert "class GermanLesson(Lesson[" in top
    assert '    name = "german"\n' in top
    assert '    prerequisites = ("textgen",)\n' in top
    template = (made / "coursekit_german" / "templates" / "2_attention.py").read_text("utf-8")
    assert "import BahdanauAttention  # exercise" in template
    assert "coursekit_nmt" not in template
    assert (made / "LICENSE").read_text("utf-8") == (ROOT / "LICENSE").read_text("utf-8")
    assert readme.endswith(
        f"\nThe code is a copy of the lesson nmt of coursekit-lessons {__version__}. It is under "
        "the licence of that project (MIT), whose text is in [LICENSE](LICENSE) and stays with "
        "it.\n"
    )


def test_a_copy_of_an_outside_lesson_requires_what_that_requires(
    coursekit: Command, tmp_path: Path
) -> None:
    coursekit("new", "specks", "--from", "dots")
    made = tmp_path / "specks"
    assert pyproject(made)["dependencies"] == ["coursekit-lessons"]
    assert not (made / "LICENSE").exists()
    said = (made / "README.md").read_text("utf-8").splitlines()[-1]
    assert said.startswith("The code is a copy of the lesson dots of coursekit-dots ")
    assert said.endswith("without the text of a licence: ask its authors before you pass it on.")
    assert "class SpecksLesson" in (made / "coursekit_specks" / "__init__.py").read_text("utf-8")


def test_an_unknown_lesson_to_copy(coursekit: Command, tmp_path: Path) -> None:
    said = coursekit("new", "mine", "--from", "ntm", code=1).stderr
    assert "no lesson named 'ntm'" in said
    assert "nmt" in said
    assert not (tmp_path / "mine").exists()


def test_a_word_that_is_also_prose_stays_where_it_is_prose() -> None:
    old = Names("transformer", "coursekit_transformer", "Transformer")
    text = (
        "from coursekit_transformer.model import Transformer\n"
        'class TransformerLesson: name = "transformer"\n'
        "# A transformer reads; `transformer` too: coursekit run transformer\n"
        'hint("transformer/leak"); transformer_data(parts); docs/transformer/x\n'
    )
    assert renamed(text, old, new_names("my_own"), everywhere=False) == (
        "from coursekit_my_own.model import Transformer\n"
        'class MyOwnLesson: name = "my_own"\n'
        "# A transformer reads; `my_own` too: coursekit run my_own\n"
        'hint("my_own/leak"); my_own_data(parts); docs/transformer/x\n'
    )


def install(folder: Path, into: Path) -> None:
    done = subprocess.run(
        [*PIP, "--target", str(into), str(folder)], capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr


class Passed:
    """A pytest plugin that counts what passes."""

    def __init__(self) -> None:
        self.names: list[str] = []

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        if report.when == "call" and report.passed:
            self.names.append(report.nodeid.rpartition("::")[2])


def own_tests(folder: Path) -> list[str]:
    """Run the tests of a project in this process; return the names of those that pass."""
    passed = Passed()
    options = ["-p", "no:cacheprovider", "-p", "no:xdist", "-p", "no:faulthandler", "-q"]
    ended = pytest.main(
        [*options, "--rootdir", str(folder), "-c", str(folder / "pyproject.toml"), str(folder)],
        plugins=[passed],
    )
    assert ended == 0
    return passed.names


@pytest.mark.tf
def test_a_new_project_learns_and_passes_its_tests_without_an_edit(
    coursekit: Command, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    coursekit("new", "weather")
    made, site = tmp_path / "weather", tmp_path / "site"
    install(made, site)
    monkeypatch.delenv("PYTEST_ADDOPTS", raising=False)
    monkeypatch.setenv("COURSEKIT_CACHE", str(tmp_path / "cache"))
    monkeypatch.setattr("coursekit.practice.worker_client.Worker", WorkerHere)
    monkeypatch.chdir(made)
    monkeypatch.syspath_prepend(str(site))
    before = set(sys.modules)
    passed = own_tests(made)
    for name in set(sys.modules) - before:
        if name.partition(".")[0] in ("coursekit_weather", "test_commands", "test_lesson"):
            del sys.modules[name]
    assert {name.partition("[")[0] for name in passed} == {
        node.name
        for path in (SCAFFOLD / "tests").glob("test_*.py")
        for node in ast.parse(path.read_text("utf-8")).body
        if isinstance(node, ast.FunctionDef) and node.name.startswith("test_")
    }
    process = Process(tmp_path, environment(tmp_path / "cache", site))
    assert "a lesson named weather" in process("new", "weather", "again", code=1).stderr


@pytest.mark.slow
def test_a_copy_is_a_lesson_with_its_own_exercises(tmp_path: Path) -> None:
    process = Process(tmp_path, environment(tmp_path / "cache", tmp_path / "site"))
    process("new", "shaker", "--from", "transformer")
    install(tmp_path / "shaker", tmp_path / "site")
    listing = process.json("list")
    assert listing["broken"] == []
    assert {"shaker", "transformer"} <= {lesson["name"] for lesson in listing["lessons"]}
    process("start", "shaker")
    assert len(list((tmp_path / "shaker").glob("*.ipynb"))) == 7
    notebook = (tmp_path / "shaker" / "1-attention.ipynb").read_text("utf-8")
    assert "coursekit_shaker" in notebook
    assert "coursekit_transformer" not in notebook
