"""The README shows only commands that exist."""

import re

import pytest

from tests.conftest import ROOT, Command

README = (ROOT / "README.md").read_text("utf-8")
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
