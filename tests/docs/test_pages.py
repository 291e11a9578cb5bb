"""The pages lead somewhere, show commands that exist, and name errors that are raised."""

import dataclasses
import re
from functools import lru_cache
from pathlib import Path

import pytest

from coursekit.plugins import catalogue
from coursekit_docs.command_pages import commands
from tests.conftest import ROOT
from tests.docs.pages import DOCS, anchors, blocks, codes, pages, text

PAGES = pages()
COMMANDS = commands()
# Pieces of errors that shells say, or that are put together.
OTHERS = ("coursekit", "command not found", "cannot write", "became nan at step")
LINK = re.compile(r"\]\((?!https?:)([^)#\s]*)#?([^)\s]*)\)")


def name_of(path: Path) -> str:
    return path.relative_to(DOCS).as_posix()


def test_there_are_pages_to_look_at() -> None:
    sections = {name_of(path).split("/")[0] for path in PAGES}
    assert sections >= {"start", "learn", "tutorials", "howto", "reference", "explanation"}


@pytest.mark.parametrize("path", PAGES, ids=name_of)
def test_links_lead_somewhere(path: Path) -> None:
    # What is included stands in another folder.
    folder = DOCS / "course" if path.parent.name == "about" else path.parent
    for target, anchor in LINK.findall(path.read_text(encoding="utf-8")):
        there = (folder / target).resolve() if target else path
        if there.is_relative_to(DOCS / "course"):  # it is built
            assert there.stem in {*catalogue().lessons, "index"}, target
            continue
        assert there.exists(), target
        assert not anchor or anchor in anchors(there.read_text(encoding="utf-8")), anchor


@pytest.mark.parametrize("path", PAGES, ids=name_of)
def test_every_page_is_in_a_table_of_contents(path: Path) -> None:
    if path.parent.name == "about" or path == DOCS / "index.md":
        return
    above = DOCS / "index.md" if path.name == "index.md" else path.parent / "index.md"
    entry = path.relative_to(above.parent).with_suffix("").as_posix()
    trees = [body for kind, body in blocks(above.read_text("utf-8")) if kind == "{toctree}"]
    assert any(entry in body.splitlines() for body in trees), f"{entry} is missing in {above}"


def shown(path: Path) -> set[str]:
    """Return the command lines that a page shows."""
    page = path.read_text(encoding="utf-8")
    found = {code for code in codes(page) if code.startswith("coursekit ")}
    for language, body in blocks(page):
        if language in ("sh", "powershell", "text"):
            found |= set(re.findall(r"^(?:\$ )?(coursekit .*)$", body, re.MULTILINE))
    return found


@pytest.mark.parametrize("path", PAGES, ids=name_of)
def test_shown_commands_and_their_flags_exist(path: Path) -> None:
    for line in shown(path):
        words = line.partition("#")[0].split()
        if words[1] == "[OPTIONS]" or words[1].startswith("-"):
            continue
        assert words[1] in COMMANDS, line
        known = flags(words[1], words[2] if len(words) > 2 else "")
        for flag in re.findall(r"(?<!\S)--[a-z][a-z-]*", line):
            assert flag in known, f"{line}: {flag}"


@lru_cache
def flags(command: str, lesson: str) -> frozenset[str]:
    """Return the long options of a command; of ``demo``, those of the lesson, too."""
    found = {opt for param in COMMANDS[command].params for opt in param.opts}
    if command == "demo" and lesson in catalogue().lessons:
        fields = dataclasses.fields(catalogue().lesson(lesson).demo_options)
        found |= {f"--{field.name.replace('_', '-')}" for field in fields}
    return frozenset(found | {"--help", "--run"})


@lru_cache
def sources() -> str:
    """Return all code that can raise an error, without what joins the pieces of a text."""
    files = [p for root in ("coursekit", "plugins") for p in sorted((ROOT / root).rglob("*.py"))]
    code = "\n".join(path.read_text(encoding="utf-8") for path in files)
    code = re.sub(r'"\s*\n\s*f?"', "", code)  # one text on several lines
    return re.sub(r"\{[^{}]*\}", "...", code)  # what is filled in


def test_troubleshooting_names_errors_that_are_raised() -> None:
    terms = re.findall(r"^(\S.*)\n: ", text("howto/troubleshooting.md"), re.MULTILINE)
    errors = [code for term in terms for code in codes(term) if " " in code]
    assert len(errors) > 25
    for error in errors:
        for piece in filter(None, map(str.strip, re.split(r"\.\.\.|:", error))):
            assert piece in OTHERS or piece in sources(), f"no error says {piece!r}"


def test_the_glossary_is_in_order() -> None:
    terms = re.findall(r"^(\S.*)\n: ", text("learn/glossary.md"), re.MULTILINE)
    assert len(terms) > 50
    assert terms == sorted(set(terms), key=str.lower)


def test_the_texts_speak_of_the_project_alone() -> None:
    for path in PAGES:
        page = path.read_text(encoding="utf-8").lower()
        for word in ("../shared", "worktree", "/work/", "todo", "tbd"):
            assert word not in page, f"{path}: {word}"
