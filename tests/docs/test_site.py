"""The site builds without a warning."""

import re
import shutil
import subprocess
import sys
from html import unescape
from pathlib import Path

import pytest

from tests.conftest import ROOT
from tests.docs.pages import DOCS

pytestmark = pytest.mark.slow
pytest.importorskip("sphinx", reason="needs Sphinx: pip install -e '.[docs]'")
LEAVE = shutil.ignore_patterns("_build", "course", "_commands.md", "__pycache__")


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Build the site from a copy of its sources, and return its folder."""
    root = tmp_path_factory.mktemp("site")
    shutil.copytree(DOCS, root / "docs", ignore=LEAVE)
    for name in ("lessons", "exercises"):
        shutil.copytree(ROOT / name, root / name)
    command = ["-m", "sphinx", "-q", "-W", "--keep-going", "-b", "html", "docs", "html"]
    done = subprocess.run([sys.executable, *command], cwd=root, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return root / "html"


def test_every_notebook_is_rendered_with_its_outputs(site: Path) -> None:
    for folder in ("lessons", "exercises"):
        for book in (ROOT / folder).rglob("*.ipynb"):
            page = (site / "course" / book.relative_to(ROOT)).with_suffix(".html")
            assert page.exists(), page
    textgen = (site / "course" / "lessons" / "textgen.html").read_text("utf-8")
    assert "First Citizen:" in unescape(textgen)
    assert '<div class="cell_output docutils container">' in textgen


def test_formulas_need_no_script(site: Path) -> None:
    page = (site / "course" / "lessons" / "nmt.html").read_text("utf-8")
    assert page.count("<math") >= 3
    assert not re.search(r"<script[^>]*mathjax", page, re.IGNORECASE)


def test_nothing_is_loaded_from_elsewhere(site: Path) -> None:
    for page in site.rglob("*.html"):
        for tag in re.findall(r"<(?:script|link|img|iframe)\b[^>]*>", page.read_text("utf-8")):
            assert not re.search(r'(?:src|href)="(?:https?:)?//', tag), f"{page}: {tag}"


def test_every_picture_has_a_text_alternative(site: Path) -> None:
    for page in (site / "course").rglob("*.html"):
        for tag in re.findall(r"<img\b[^>]*>", page.read_text("utf-8")):
            alt = re.search(r'alt="([^"]*)"', tag)
            assert alt is not None, f"{page}: {tag}"
            assert len(alt[1]) > 8, f"{page}: {tag}"


def test_the_reference_documents_the_members(site: Path) -> None:
    page = (site / "reference" / "lesson.html").read_text("utf-8")
    for member in ("data", "model", "train_step", "evaluate", "demo", "restore"):
        assert f'id="coursekit.Lesson.{member}"' in page
