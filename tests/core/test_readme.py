"""The README shows only commands that exist; nothing tells to install what is not ours."""

import re
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.conftest import ROOT, Command

README = (ROOT / "README.md").read_text("utf-8")
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
# Up to the end of the command; in a notebook's JSON a line ends with \\n.
INSTALL = re.compile(r"pip install((?:(?!&&|;|`|\\n)[^\n])*)")
BARE_NAME = re.compile(r"""(?<![\w/.-])coursekit[\w-]*(?![\w/.-]| @)""")
COMMANDS = sorted(set(re.findall(r"`coursekit ([a-z]+)[^`]*`", README)))


def test_it_shows_every_command() -> None:
    assert {"info", "run", "demo", "bench", "data", "runs"} <= set(COMMANDS)


@pytest.mark.parametrize("line", sorted(set(re.findall(r"`(coursekit [^`A-Z]*)`", README))))
def test_a_shown_command_and_its_flags_exist(line: str, coursekit: Command) -> None:
    words = line.split()
    command = words[1] if len(words) > 1 else "--help"
    if command == "demo":
        shown = coursekit("demo", words[2], "--help").stdout
    else:
        shown = coursekit(command, *(["--help"] if command != "--help" else [])).stdout
    for flag in re.findall(r"--[a-z]+", line):
        assert flag in shown


def test_nothing_is_left_to_fill_in() -> None:
    assert "@@" not in README
    assert README.count("<!-- test command -->") == 1


def test_it_names_the_distribution_and_the_address_of_the_project_file() -> None:
    assert f"`{PROJECT['name']}`" in README
    address = PROJECT.get("urls", {}).get("Repository")
    clones = set(re.findall(r"git clone (\S+)", README))
    assert clones == {address or "REPOSITORY"}
    assert ("`REPOSITORY` stands for" in README) == (address is None)


def texts() -> Iterator[Path]:
    """Yield the files of this repository that people read."""
    yield from (path for path in ROOT.iterdir() if path.is_file())
    for folder in ("coursekit", "plugins", "tests", "lessons", "exercises", "docs", "benchmarks"):
        for path in (ROOT / folder).rglob("*"):
            if path.suffix in (".py", ".md", ".toml", ".ipynb"):
                yield path


def bare(text: str) -> list[str]:
    """Return the commands that install something of this name from the package index."""
    return [words for words in INSTALL.findall(text) if BARE_NAME.search(words)]


def test_nothing_installs_a_bare_name() -> None:
    pip = "pip install"
    for wrong in ("coursekit", "-q coursekit", '"coursekit-lessons>=0.1"', "x coursekit-dots[a]"):
        assert bare(f"{pip} {wrong}"), wrong
    for right in (". && coursekit run", '"coursekit-dots @ git+https://a', "path/to/coursekit-x"):
        assert not bare(f"{pip} {right}"), right
    found = {str(path.relative_to(ROOT)): bare(path.read_text("utf-8")) for path in texts()}
    assert {path: words for path, words in found.items() if words} == {}
