"""The pages for those who work on the kit name what exists."""

import re
import tomllib

import pytest

from coursekit import __version__
from tests.conftest import ROOT, Command
from tests.fast import EXPRESSION

PAGES = ("CONTRIBUTING.md", "CHANGELOG.md", "SECURITY.md", "README.md")
WORKFLOW = (ROOT / ".github" / "workflows" / "tests.yml").read_text("utf-8")
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]


def text(page: str) -> str:
    return (ROOT / page).read_text("utf-8")


def anchors(page: str) -> set[str]:
    """Return what a link may name after its #: headings in lower case, spaces as hyphens."""
    return {
        re.sub(r"[^\w-]", "", heading.strip().lower().replace(" ", "-"))
        for heading in re.findall(r"^#+ (.+)$", text(page), re.MULTILINE)
    }


@pytest.mark.parametrize("page", PAGES)
def test_links_lead_somewhere(page: str) -> None:
    links = re.findall(r"\]\((?!https?:)([^)#]*)#?([^)]*)\)", text(page))
    for path, anchor in links:
        assert (ROOT / path).exists(), path
        assert not anchor or anchor in anchors(path or page), f"{path}#{anchor}"


def test_commands_and_folders_exist(coursekit: Command) -> None:
    page = text("CONTRIBUTING.md")
    commands = set(re.findall(r"coursekit ([a-z]+)[ `]", page)) - {"run"}
    assert {"build", "verify", "doctor"} <= commands
    for command in commands:
        coursekit(command, "--help")
    for folder in re.findall(r"`([a-z/]+/)`", page):
        assert (ROOT / folder).is_dir(), folder


def test_the_fast_tests_are_called_the_same_everywhere() -> None:
    for page in ("README.md", "CONTRIBUTING.md", "CHANGELOG.md"):
        assert f'pytest -m "{EXPRESSION}"' in text(page)
    assert f'pytest -m "{EXPRESSION}"' in WORKFLOW


def test_the_version_is_the_same_everywhere() -> None:
    cited = re.search(r"^version: (.+)$", text("CITATION.cff"), re.MULTILINE)
    assert cited is not None
    assert cited[1] == PROJECT["version"] == __version__


def test_the_workflow_begins_with_the_oldest_python() -> None:
    matrix = re.search(r"python: \[(.+)\]", WORKFLOW)
    assert matrix is not None
    assert matrix[1].split(", ") == ['"3.11"', '"3.12"', '"3.13"']
    assert PROJECT["requires-python"] == ">=3.11"


def test_hooks_have_versions_that_the_development_tools_allow() -> None:
    pins = dict(re.findall(r'"(\w+)==([\d.]+)"', text(".pre-commit-config.yaml")))
    assert set(pins) == {"ruff", "codespell"}
    for tool, version in pins.items():
        (least,) = [
            line.split(">=")[1]
            for line in PROJECT["optional-dependencies"]["dev"]
            if line.startswith(f"{tool}>=")
        ]
        assert [int(part) for part in version.split(".")] >= [int(p) for p in least.split(".")]
