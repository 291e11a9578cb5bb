"""The pages of the documentation as text, for its tests."""

import re
from collections.abc import Iterator
from pathlib import Path

from tests.conftest import ROOT

DOCS = ROOT / "docs"
GENERATED = (DOCS / "course", DOCS / "_build")


def pages() -> list[Path]:
    """Return the pages that people wrote, and the parts that generated pages include."""
    found = (path for path in DOCS.rglob("*.md") if not path.name.startswith("_"))
    return sorted(p for p in found if not any(p.is_relative_to(g) for g in GENERATED))


def text(name: str) -> str:
    """Return a page by its path below ``docs/``."""
    return (DOCS / name).read_text(encoding="utf-8")


def codes(page: str) -> set[str]:
    """Return what stands in backticks within a line."""
    return set(re.findall(r"(?<!`)`([^`\n]+)`(?!`)", page))


def blocks(page: str) -> Iterator[tuple[str, str]]:
    """Yield the language and the text of each block of code."""
    found = re.findall(r"^ *(`{3,})([\w{}.-]*)[^\n]*\n(.*?)^ *\1 *$", page, re.M | re.S)
    yield from ((language, body) for _, language, body in found)


def anchors(page: str) -> set[str]:
    """Return what a link may name after its #."""
    return {
        re.sub(r"[^\w-]", "", re.sub(r"[ .]", "-", heading.strip().lower()))
        for heading in re.findall(r"^#+ (.+)$", page, re.MULTILINE)
    }
