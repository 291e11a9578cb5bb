"""What the code of figures shows: no small letters, and a bar where a colour means a number."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

from coursekit.commands.copies import SCAFFOLD
from coursekit.drawing import SMALL
from tests.conftest import ROOT

FILES = sorted(
    path
    for folder in (ROOT / "plugins", ROOT / "coursekit", SCAFFOLD)
    for path in folder.rglob("*.py")
    if "imshow" in (text := path.read_text(encoding="utf-8")) or "fontsize" in text
)
SIZES = ("fontsize", "labelsize", "titlesize", "title_fontsize")
RELATIVE = ("xx-small", "x-small", "small", "smaller")
NO_NUMBER = ("gray", "Greys")  # pictures as they are, and yes or no


def pieces(text: str) -> Iterator[str]:
    """Yield the cells of a template, or the top-level statements of a module."""
    if "\n# %%" in text:
        yield from ("#" + cell for cell in text.split("\n# %%"))
    else:
        yield from (ast.unparse(node) for node in ast.parse(text).body)


def settings(tree: ast.AST) -> Iterator[tuple[str, ast.expr]]:
    """Yield what is set by name in a call or a dictionary."""
    for node in ast.walk(tree):
        if isinstance(node, ast.keyword) and node.arg:
            yield node.arg, node.value
        elif isinstance(node, ast.Dict):
            for key, value in zip(node.keys, node.values, strict=True):
                if isinstance(key, ast.Constant):
                    yield str(key.value), value


def means_a_number(call: ast.Call) -> bool:
    """Return whether a call draws numbers as colours."""
    given = {word.arg: word.value for word in call.keywords}
    cmap = given.get("cmap")
    colour = isinstance(cmap, ast.Constant) and cmap.value not in NO_NUMBER
    return colour or "norm" in given


def unreadable(text: str) -> list[str]:
    """Return what is hard to read in the figures that some code draws."""
    tree = ast.parse(text)
    faults = [
        f"{name}={value.value!r}"
        for name, value in settings(tree)
        if name in SIZES and isinstance(value, ast.Constant)
        if value.value in RELATIVE or (isinstance(value.value, float | int) and value.value < SMALL)
    ]
    for piece in pieces(text):
        calls = [node for node in ast.walk(ast.parse(piece)) if isinstance(node, ast.Call)]
        names = {node.func.attr for node in calls if isinstance(node.func, ast.Attribute)}
        if any(map(means_a_number, calls)) and "colorbar" not in names:
            faults.append("a colour without a bar")
    return faults


def test_there_are_figures_to_look_at() -> None:
    assert len(FILES) > 10


@pytest.mark.parametrize("path", FILES, ids=lambda path: "/".join(path.parts[-3:]))
def test_a_figure_is_readable(path: Path) -> None:
    assert unreadable(path.read_text(encoding="utf-8")) == []


@pytest.mark.parametrize(
    ("code", "fault"),
    [
        ('axes.set_title("a", fontsize=8)', "fontsize=8"),
        ('axes.legend(fontsize="small")', "fontsize='small'"),
        ('style = {"labelsize": 7.5}', "labelsize=7.5"),
        ('axes.imshow(a, cmap="Blues")', "a colour without a bar"),
        ("axes.imshow(a, norm=norm)", "a colour without a bar"),
    ],
)
def test_what_is_hard_to_read_is_found(code: str, fault: str) -> None:
    template = f"# %% [markdown]\n# text\n\n# %%\nfigure.colorbar(b)\n\n# %%\n{code}\n"
    module = f"def one():\n    figure.colorbar(b)\n\ndef two():\n    {code}\n"
    assert unreadable(template) == unreadable(module) == [fault]


@pytest.mark.parametrize(
    "code",
    [
        'axes.set_title("a", fontsize=9)',
        'axes.imshow(a, cmap="gray", vmin=0)',
        "axes.imshow(pixels)",
        'figure.colorbar(axes.imshow(a, cmap="Blues"))',
    ],
)
def test_what_is_readable_is_accepted(code: str) -> None:
    assert unreadable(code) == []
