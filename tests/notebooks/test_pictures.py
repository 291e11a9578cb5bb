"""Every picture of a notebook is shown in one way, and has words for people who cannot see it."""

import ast
import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from coursekit.commands.copies import SCAFFOLD
from coursekit.notebooks.notebook import only_draws
from tests.conftest import ROOT

TEMPLATES = sorted([*ROOT.glob("plugins/*/templates/*.py"), *SCAFFOLD.glob("*/templates/*.py")])
LESSONS = sorted(ROOT.glob("lessons/*.ipynb"))


def name(path: Path) -> str:
    return "/".join((path.parts[-3].removeprefix("coursekit_"), path.stem))


def calls(tree: ast.AST) -> Iterator[tuple[str, ast.Call]]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Call):
            function = node.func
            yield (
                function.attr if isinstance(function, ast.Attribute) else ast.unparse(function),
                node,
            )


def last_expressions(text: str) -> Iterator[ast.expr]:
    """Yield what stands alone on the last line of a cell, which a notebook would show."""
    for cell in text.split("\n# %%"):
        code = "\n".join(cell.splitlines()[1:])
        body = ast.parse(code).body
        if body and isinstance(body[-1], ast.Expr):
            yield body[-1].value


def unseen(text: str) -> list[str]:
    """Return what is wrong with how a template shows its pictures."""
    faults = []
    for called, node in calls(ast.parse(text)):
        if called in ("Image", "savefig"):
            faults.append(f"line {node.lineno}: {called}, not show")
        if called in ("show", "explore"):
            alt = next((word.value for word in node.keywords if word.arg == "alt"), None)
            if not isinstance(alt, ast.JoinedStr | ast.Constant) or len(ast.unparse(alt)) < 40:
                faults.append(f"line {node.lineno}: {called} without a sentence as its alt")
    for shown in last_expressions(text):
        called = ast.unparse(shown.func) if isinstance(shown, ast.Call) else "figure"
        if called.endswith(("figure", "plot")):
            faults.append(f"{ast.unparse(shown)} stands alone, not in show")
    return faults


@pytest.mark.parametrize("path", TEMPLATES, ids=name)
def test_each_picture_is_shown_with_words(path: Path) -> None:
    assert unseen(path.read_text(encoding="utf-8")) == []


@pytest.mark.parametrize(
    ("cell", "fault"),
    [
        ("figure", "stands alone"),
        ("attention_figure(a, b)", "stands alone"),
        ("Image(data)", "Image, not show"),
        ("figure.savefig(file)", "savefig, not show"),
        ("show(figure)", "without a sentence"),
        ('show(figure, alt="curve")', "without a sentence"),
        ('explore(curve, alt="curve", width=[1, 2])', "explore without a sentence"),
    ],
)
def test_a_picture_without_words_is_found(cell: str, fault: str) -> None:
    assert fault in unseen(f"# %% [markdown]\n# text\n\n# %%\n{cell}\n")[0]


@pytest.mark.parametrize("path", LESSONS, ids=lambda path: path.stem)
def test_the_pictures_of_a_worked_lesson_have_words(path: Path) -> None:
    book = json.loads(path.read_text(encoding="utf-8"))
    outputs = [output for cell in book["cells"] for output in cell.get("outputs", [])]
    pictures = [output for output in outputs if "image/png" in output.get("data", {})]
    assert pictures
    silent = [p for p in pictures if len(p["metadata"].get("image/png", {}).get("alt", "")) < 40]
    assert not silent, f"{len(silent)} of {len(pictures)} pictures have no text alternative"


@pytest.mark.parametrize(
    ("source", "folded"),
    [
        ('show(figures.grid(3), alt="three")', True),
        ('from here import figures\n\nshow(figures.grid(3), alt="three")', True),
        ('rows = 3\nshow(figures.grid(rows), alt="three")', False),
        ('show(figure, alt="a curve")', False),
        ("from here import figures", False),
    ],
)
def test_code_that_only_shows_a_drawing_is_folded_away(source: str, folded: bool) -> None:
    assert only_draws(source) == folded
