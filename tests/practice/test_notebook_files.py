"""`coursekit check` on right solutions of textgen/batches, in files of every kind."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from coursekit.notebooks.notebook import build_notebook
from coursekit.practice.gather import exercise
from tests.conftest import Command

pytestmark = pytest.mark.slow

Book = dict[str, Any]


@pytest.fixture
def solved() -> Book:
    made: Book = json.loads(json.dumps(build_notebook(exercise("textgen/batches"), "solved")))
    return made


@pytest.fixture
def check(coursekit: Command, tmp_path: Path) -> Command:
    coursekit.environment["COURSEKIT_STATE"] = str(tmp_path / "state")
    return coursekit


def code(source: str) -> dict[str, Any]:
    return {"cell_type": "code", "execution_count": None, "metadata": {}, "outputs": [],
            "source": source}  # fmt: skip


def as_text(book: Book) -> bytes:
    return json.dumps(book, ensure_ascii=False).encode()


def old_format(book: Book) -> bytes:
    import nbformat

    node = nbformat.from_dict(book)  # type: ignore[no-untyped-call]
    old = nbformat.convert(node, 3)  # type: ignore[no-untyped-call]
    for cell in old["worksheets"][0]["cells"]:
        cell["metadata"] = {}
    return as_text({**old, "metadata": {"name": ""}})


def without_metadata(book: Book) -> bytes:
    for cell in book["cells"]:
        cell |= {"metadata": None, "id": None}
    return as_text({**book, "metadata": None})


def of_colab(book: Book) -> bytes:
    for number, cell in enumerate(book["cells"]):
        cell["metadata"]["id"] = f"colab-{number}"
        del cell["id"]
    return as_text({**book, "nbformat_minor": 0})


def reordered(book: Book) -> bytes:
    texts = [cell for cell in book["cells"] if cell["cell_type"] == "markdown"]
    rest = [cell for cell in book["cells"] if cell["cell_type"] != "markdown"]
    return as_text({**book, "cells": rest + texts})


def with_half_an_emoji(book: Book) -> bytes:
    book["cells"].insert(3, code("x = '\ud83d'"))
    book["cells"][0]["source"] += "\udca9"
    return json.dumps(book).encode()


def with_marks_in_a_cell(book: Book) -> bytes:
    book["cells"].insert(3, code("<<<<<<< local\nx = 1\n=======\nx = 2\n>>>>>>> remote"))
    return as_text(book)


def with_lists(book: Book) -> bytes:
    for cell in book["cells"]:
        cell["source"] = cell["source"].splitlines(keepends=True)
    return as_text(book)


FILES: dict[str, Callable[[Book], bytes]] = {
    "as it was built": as_text,
    "byte order mark": lambda book: b"\xef\xbb\xbf" + as_text(book),
    "utf-16": lambda book: json.dumps(book, ensure_ascii=False).encode("utf-16"),
    "format 3": old_format,
    "without metadata and ids": without_metadata,
    "of Colab": of_colab,
    "texts at the end": reordered,
    "half an emoji": with_half_an_emoji,
    "marks of a merge in a cell": with_marks_in_a_cell,
    "sources as lists": with_lists,
}


@pytest.mark.parametrize("name", FILES)
def test_it_earns_its_points(check: Command, tmp_path: Path, solved: Book, name: str) -> None:
    path = tmp_path / "1-batches.ipynb"
    path.write_bytes(FILES[name](solved))
    shown = check("check", str(path))
    assert "13 of 13 points" in shown.stdout
    assert "not run: 2 training cells\n" in shown.stdout
    assert "Traceback" not in shown.stderr


def test_files_named_like_libraries_lie_beside(
    check: Command, tmp_path: Path, solved: Book
) -> None:
    for name in ("random", "secrets", "numpy"):
        (tmp_path / f"{name}.py").write_text("print('my own exercise')\n")
    path = tmp_path / "1-batches.ipynb"
    path.write_bytes(as_text(solved))
    shown = check("check", str(path)).stdout
    assert "13 of 13 points" in shown
    assert "random.py beside the notebook" in shown


def test_what_was_left_out_and_what_does_not_count_is_said(
    check: Command, tmp_path: Path, solved: Book
) -> None:
    book = solved
    place = next(n for n, c in enumerate(book["cells"]) if c.get("id") == "exercise-side_by_side")
    book["cells"][place:place] = [
        code("%matplotlib inline\n!pip install nothing\nx = !ls"),
        code("def cached_property():\n    return 3"),
        code("print(no_such_name)\nagain = 1"),
    ]
    book["cells"].append(code("print(losses)"))
    del book["cells"][2]
    path = tmp_path / "1-batches.ipynb"
    path.write_bytes(as_text(book))
    lines = check("check", str(path)).stdout.splitlines()
    assert "13 of 13 points" in lines
    told = lines[lines.index("13 of 13 points") + 1 :]
    assert told == [
        "not counted: cached_property in the cell “def cached_property():”; the check uses the "
        "exercise's own cached_property",
        "not run: 2 training cells, code that needs the trained model, %matplotlib inline, "
        "!pip install nothing, !ls",
        "stopped early: the cell “print(no_such_name)”: NameError: name 'no_such_name' is not "
        "defined",
        "run although they are missing from the notebook: 'from coursekit.prepare import show'",
        "not recorded in your progress: `coursekit start` did not write it; coursekit start "
        f"textgen/batches {tmp_path} makes it yours",
        "next: coursekit next",
    ]


@pytest.mark.parametrize("content", [b"", bytes(100), b"{", b'{"cells": 5}'])
def test_a_damaged_file_is_reset_by_its_path(
    check: Command, tmp_path: Path, content: bytes
) -> None:
    check("start", "textgen/batches", "work")
    path = tmp_path / "work" / "1-batches.ipynb"
    path.write_bytes(content)
    for words in (("check",), ("check", str(path)), ("hint", "textgen"), ("update", str(path))):
        told = check(*words, code=1).stderr
        assert "tip: coursekit reset textgen/batches writes a fresh one" in told
    check("reset", str(path))
    assert path.with_name("1-batches.backup-1.ipynb").read_bytes() == content
    assert "0 of 13 points" in check("check", code=1).stdout
    other = tmp_path / "other.ipynb"
    other.write_bytes(content)
    assert "tip: coursekit start LESSON DIR" in check("reset", str(other), code=1).stderr
    assert other.read_bytes() == content
