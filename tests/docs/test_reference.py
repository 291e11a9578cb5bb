"""The reference lists what there is: nothing is missing, nothing is invented."""

import dataclasses
import importlib
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from coursekit import Lesson, hookspecs
from coursekit.notebooks import holes, markers, template
from coursekit.plugins import catalogue
from coursekit.runs import checkpoint, folder, pictures, runner
from coursekit_docs.command_pages import commands, commands_page, is_argument
from coursekit_docs.course import chapters
from coursekit_docs.course_pages import datasets_table
from tests.conftest import ROOT
from tests.core.test_doors import DOORS
from tests.docs.pages import codes, text

SOURCES = [
    path for root in ("coursekit", "plugins") for path in sorted((ROOT / root).rglob("*.py"))
]


def first_column(page: str) -> set[str]:
    """Return what stands as code in the first cell of a page's tables."""
    return {word for line in page.splitlines() if line.startswith("| ") for word in _codes(line)}


def _codes(line: str) -> set[str]:
    return codes(re.split(r"(?<!\\)\|", line)[1])


@pytest.mark.parametrize("name", sorted(commands()))
def test_every_command_and_all_its_options_are_listed(name: str) -> None:
    section = re.search(rf"^### coursekit {name}\n.*?(?=^##|\Z)", commands_page(), re.M | re.S)
    assert section is not None
    for param in commands()[name].params:
        for word in () if is_argument(param) or param.hidden else param.opts:
            assert f"`{word}" in section[0], word
    for example in re.findall(r"^coursekit .*$", str(commands()[name].help), re.MULTILINE):
        assert example.strip() in section[0]


def test_the_page_of_commands_includes_them() -> None:
    assert "```{include} _commands.md" in text("reference/commands.md")


def members_of_lesson() -> Iterator[str]:
    """Yield the public members of `Lesson`."""
    yield from (name for name in {**Lesson.__annotations__, **vars(Lesson)} if name[0] != "_")


@pytest.mark.parametrize("name", sorted(members_of_lesson()))
def test_every_member_of_lesson_is_listed(name: str) -> None:
    assert name in first_column(text("reference/lesson.md"))


def test_no_member_of_lesson_is_invented() -> None:
    assert first_column(text("reference/lesson.md")) - {"templates/"} == set(members_of_lesson())
    assert "autofunction:: coursekit.hookspecs.coursekit_lessons" in text("reference/lesson.md")
    assert callable(hookspecs.coursekit_lessons)


def documented(page: str) -> set[str]:
    """Return the objects that a page documents by a directive of Sphinx."""
    return {
        f"{module}.{name}"
        for module, name in re.findall(r"^\.\. [\w:]+:: ([\w.]+)\.(\w+)", page, re.MULTILINE)
    }


@pytest.mark.parametrize("module", DOORS)
def test_every_public_name_is_listed(module: str) -> None:
    page = text("reference/api.md")
    listed = documented(page) | documented(text("reference/lesson.md"))
    for name in importlib.import_module(module).__all__:
        is_there = f"{module}.{name}" in listed or name == "__version__"
        assert is_there, f"reference/api.md does not list {module}.{name}"
    assert f"\n## {module}\n" in page


def test_no_public_name_is_invented() -> None:
    for name in documented(text("reference/api.md")):
        module, _, last = name.rpartition(".")
        assert last in importlib.import_module(module).__all__, name


def test_every_marker_is_listed() -> None:
    page = text("reference/markers.md")
    listed = codes(page)
    assert {f"# {word}" for word in markers.WORDS} <= listed
    assert {*template.TAGS, *template.KINDS, holes.BEGIN, holes.END, holes.HOLE} <= listed
    assert {f"@{word}" for word in template.CHECK_MARKS} <= listed
    assert {"**Goal.**", "**Time.**", "**Before.**", "**Kind.**"} <= listed
    for code in first_column(page):
        if code.startswith("# ") and "SOLUTION" not in code:
            assert template.MARKER.fullmatch(code), f"{code} is no marker"


def test_every_file_of_a_run_is_listed() -> None:
    page = text("reference/run-files.md")
    files = {folder.MANIFEST, folder.HISTORY, folder.RESULTS, folder.ASSETS, folder.LOCK}
    files |= {checkpoint.LAST, checkpoint.PREVIOUS, checkpoint.BEST, pictures.GIF, runner.LOG}
    assert files | {"curves.png", "sample.png", "tensorboard/"} <= first_column(page)
    for kind in (folder.Manifest, folder.Results):
        assert {field.name for field in dataclasses.fields(kind)} <= first_column(page)
    assert set(folder.COLUMNS) <= codes(page)


def test_every_environment_variable_is_listed() -> None:
    listed = first_column(text("reference/environment.md"))
    found = {name for path in SOURCES for name in _variables(path)}
    assert {"COURSEKIT_CACHE", "COURSEKIT_MIRROR", "KERAS_BACKEND"} <= found
    assert found - {"IPYKERNEL_CELL_NAME"} <= listed  # the kernel's own


def _variables(path: Path) -> set[str]:
    """Return the environment variables that a module names."""
    code = path.read_text(encoding="utf-8")
    named = set(re.findall(r"\b(COURSEKIT_[A-Z]+|[A-Z]+_PROXY|SSL_CERT_\w+)\b", code))
    read = re.findall(r'environ(?:\.\w+\(|\[)"([A-Z_]+)"', code)
    return named | set(read)


def test_every_exit_code_is_listed() -> None:
    page = text("reference/exit-codes.md")
    listed = set(map(int, re.findall(r"^\| (\d+) \|", page, re.MULTILINE)))
    given = {0, 2}  # of Typer
    for path in (ROOT / "coursekit" / "cli").glob("*.py"):
        code = path.read_text(encoding="utf-8")
        for call in re.findall(r"(?:typer\.Exit|SystemExit)\(([^)]*)\)", code):
            given |= set(map(int, re.findall(r"\d+", call)))
    assert listed == given == {0, 1, 2, 130}


def test_every_data_set_is_listed() -> None:
    assert "```{include} _datasets.md" in text("reference/datasets.md")
    listed = datasets_table(chapters(ROOT))
    for lesson in bundled():
        for dataset in lesson.datasets:
            (row,) = [line for line in listed.splitlines() if f"| `{dataset.name}` |" in line]
            assert dataset.licence in row
            default = f"[{lesson.name}](../course/{lesson.name}.md)"
            default += " (default)" if dataset is lesson.datasets[0] else ""
            assert default in row


def test_the_metrics_that_are_explained_exist() -> None:
    page = text("explanation/metrics.md")
    explained = {code for term in re.findall(r"^(`.+`)\n: ", page, re.M) for code in codes(term)}
    known = {metric.name for lesson in bundled() for metric in lesson.metrics}
    assert explained <= known
    assert {lesson.headline.name for lesson in bundled()} <= explained


def bundled() -> list[Lesson]:
    """Return the lessons of this repository."""
    known = catalogue().lessons
    return [known[path.stem] for path in sorted((ROOT / "lessons").glob("*.ipynb"))]
