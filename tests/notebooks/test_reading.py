"""A notebook's file in every state in which programs, disks and people leave it."""

import codecs
import json
import os
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from coursekit.errors import CourseError
from coursekit.notebooks import reading
from coursekit.notebooks.reading import DEEPEST, read_notebook

CODE: dict[str, Any] = {
    "cell_type": "code",
    "execution_count": None,
    "id": "one",
    "metadata": {"tags": ["given"]},
    "outputs": [],
    "source": "x = 'ä'",
}
BOOK: dict[str, Any] = {"cells": [CODE], "metadata": {}, "nbformat": 4, "nbformat_minor": 5}
TEXT = json.dumps(BOOK, ensure_ascii=False)
OLD = {
    "metadata": {"name": ""},
    "nbformat": 3,
    "nbformat_minor": 0,
    "worksheets": [{"cells": [{"cell_type": "code", "input": "x = 'ä'", "language": "python"}]}],
}


def nested(depth: int) -> str:
    return TEXT.replace('"metadata": {}', '"metadata": {"a": ' + "[" * depth + "]" * depth + "}")


READ: dict[str, bytes] = {
    "utf-8": TEXT.encode(),
    "escapes": json.dumps(BOOK).encode(),
    "byte order mark": codecs.BOM_UTF8 + TEXT.encode(),
    "utf-16": TEXT.encode("utf-16"),
    "utf-16 without its mark": TEXT.encode("utf-16-le"),
    "utf-16 of the other kind": TEXT.encode("utf-16-be"),
    "utf-32": TEXT.encode("utf-32"),
    "lines of windows": json.dumps(BOOK, indent=1).replace("\n", "\r\n").encode(),
    "format 3": json.dumps(OLD).encode(),
    "format 3 without its number": json.dumps({"worksheets": OLD["worksheets"]}).encode(),
    "format 1": json.dumps(
        {"nbformat": 1, "cells": [{"cell_type": "code", "code": "x = 'ä'"}]}
    ).encode(),
    "no number": json.dumps({"cells": [CODE]}).encode(),
    "number as text": json.dumps(BOOK | {"nbformat": "4"}).encode(),
    "metadata null": json.dumps(BOOK | {"metadata": None}).encode(),
    "metadata of another type": json.dumps(
        BOOK | {"metadata": {"coursekit": [1]}, "cells": [CODE | {"metadata": {"nbgrader": 3}}]}
    ).encode(),
    "tags of another type": json.dumps(
        BOOK | {"cells": [CODE | {"metadata": {"tags": "given"}}]}
    ).encode(),
    "fields null": json.dumps(
        BOOK | {"cells": [CODE | dict.fromkeys(("id", "metadata", "outputs", "execution_count"))]}
    ).encode(),
    "fields missing": json.dumps(
        {"cells": [{"cell_type": "code", "source": ["x = ", "'ä'"]}]}
    ).encode(),
    "source as a list with null": json.dumps(
        {"cells": [{"cell_type": "code", "source": ["x = 'ä'", None]}]}
    ).encode(),
    "no cell type": json.dumps({"cells": [{"outputs": [], "source": "x = 'ä'"}]}).encode(),
    "id a number": json.dumps(BOOK | {"cells": [CODE | {"id": 5}]}).encode(),
    "outputs with null": json.dumps(BOOK | {"cells": [CODE | {"outputs": [None]}]}).encode(),
    "deep as figures are": nested(DEEPEST - 5).encode(),
}


@pytest.mark.parametrize("name", READ)
def test_it_is_read(tmp_path: Path, name: str, capfd: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "a.ipynb"
    path.write_bytes(READ[name])
    book = read_notebook(path)
    (cell,) = book["cells"]
    assert cell["source"] == "x = 'ä'"
    assert cell["cell_type"] == "code"
    assert cell["outputs"] == []
    assert cell["execution_count"] is None
    assert isinstance(book["metadata"], dict)
    assert isinstance(cell["metadata"], dict)
    assert cell["metadata"].get("tags", []) in ([], ["given"])
    assert isinstance(cell.get("id", ""), str)
    assert capfd.readouterr() == ("", "")


REFUSED: dict[str, tuple[bytes, str]] = {
    "empty": (b"", "is empty"),
    "blank": (b"\n\n  \t", "is empty"),
    "zero bytes of a crash": (bytes(4096), "is empty"),
    "half a file": (TEXT.encode()[:60], "not a notebook that can be read"),
    "a page": (b"<!DOCTYPE html><title>404</title>", "not a notebook that can be read"),
    "python": (b"x = 3\n", "not a notebook that can be read"),
    "a picture": (b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR", "is not UTF-8: it has the byte 0x89 at 0"),
    "latin-1": (TEXT.encode("latin-1"), "is not UTF-8: it has the byte 0xe4"),
    "conflict": (
        TEXT.replace("{", "{\n   <<<<<<< HEAD\n\n=======\n\n>>>>>>> theirs\n", 1).encode(),
        "git's conflict markers, the first on line 2",
    ),
    "null": (b"null", "it holds null"),
    "a list": (b"[]", "it holds a list"),
    "a number": (b"5", "it holds a number"),
    "a text": (b'"notebook"', "it holds a text"),
    "a long number": (b"9" * 10_000, "not a notebook that can be read"),
    "no cells": (b"{}", "it has no cells"),
    "cells null": (b'{"cells": null}', "its cells are null"),
    "cells an object": (b'{"cells": {}}', "its cells are an object"),
    "a cell null": (b'{"cells": [null]}', "its cell 1 is null"),
    "a cell a number": (b'{"cells": [{"cell_type": "raw"}, 5]}', "its cell 2 is a number"),
    "a cell of no type": (b'{"cells": [{"source": ""}]}', "its cell 1 is of the type None"),
    "a source that is a number": (
        b'{"cells": [{"cell_type": "code", "source": 5}]}',
        "the source of its cell 1 is a number",
    ),
    "format 3 with nothing": (b'{"nbformat": 3}', "it has no cells"),
    "format 3 with null": (
        b'{"nbformat": 3, "worksheets": [null]}',
        "its format 3 could not be upgraded",
    ),
    "format 3 of numbers": (
        b'{"nbformat": 3, "worksheets": [{"cells": [5]}]}',
        "its format 3 could not be upgraded",
    ),
    "format of another type": (b'{"nbformat": [1], "worksheets": []}', "could not be upgraded"),
    "deep": (nested(DEEPEST + 5).encode(), "nested too deeply"),
    "very deep": (nested(100_000).encode(), "nested too deeply"),
    "very deep objects": (b'{"a":' * 100_000, "nested too deeply"),
}


@pytest.mark.parametrize("name", REFUSED)
def test_it_is_refused_in_words(tmp_path: Path, name: str) -> None:
    content, says = REFUSED[name]
    path = tmp_path / "a.ipynb"
    path.write_bytes(content)
    with pytest.raises(CourseError) as found:
        read_notebook(path, "coursekit reset sums/adding")
    assert says in found.value.what
    assert str(path) in found.value.what
    assert "coursekit reset sums/adding" in found.value.remedy or name == "conflict"
    assert "backup" not in str(found.value)


def test_git_is_asked_for_one_version(tmp_path: Path) -> None:
    path = tmp_path / "my course" / "a.ipynb"
    path.parent.mkdir()
    path.write_text(f"{TEXT}\n<<<<<<< HEAD\n")
    with pytest.raises(CourseError) as found:
        read_notebook(path)
    assert f"git checkout --ours '{path}'" in found.value.remedy or sys.platform == "win32"


def pipe(path: Path) -> Path:
    os.mkfifo(path)
    return path


def loop(path: Path) -> Path:
    path.symlink_to(path)
    return path


def folder(path: Path) -> Path:
    path.mkdir()
    return path


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no such files")
@pytest.mark.parametrize(
    ("make", "says"),
    [
        (pipe, "is a device, a pipe or a socket"),
        (lambda path: Path("/dev/zero"), "is a device, a pipe or a socket"),
        (folder, "is a folder"),
        (loop, "its links form a loop"),
        (lambda path: path, "No such file"),
        (lambda path: path.parent / ("x" * 300), "the name is too long"),
    ],
)
def test_what_is_no_file(tmp_path: Path, make: Callable[[Path], Path], says: str) -> None:
    with pytest.raises(CourseError, match=says):
        read_notebook(make(tmp_path / "a.ipynb"))


def test_a_huge_one_is_not_read(tmp_path: Path) -> None:
    path = tmp_path / "a.ipynb"
    with path.open("wb") as file:
        file.truncate(reading.MOST_READ + 1)
    with pytest.raises(CourseError, match="clear the outputs"):
        read_notebook(path)


def test_half_of_a_character_can_be_written_again(tmp_path: Path) -> None:
    path = tmp_path / "a.ipynb"
    path.write_text(json.dumps(BOOK | {"cells": [CODE | {"source": "x = '\ud83d'"}]}))
    assert read_notebook(path)["cells"][0]["source"] == "x = '\N{REPLACEMENT CHARACTER}'"
    raw = TEXT.replace("ä", "\ud83d").encode("utf-8", "surrogatepass")
    path.write_bytes(raw)
    read_notebook(path)["cells"][0]["source"].encode("utf-8")
    whole = TEXT.replace("ä", "\N{GRINNING FACE}")
    path.write_text(json.dumps(json.loads(whole)))  # as two escapes
    assert "\N{GRINNING FACE}" in read_notebook(path)["cells"][0]["source"]


def test_cells_of_old_formats(tmp_path: Path) -> None:
    """Of format 2 and 3: headings, outputs, prompts; what nbformat draws by chance is left out."""
    cells = [
        {"cell_type": "heading", "level": 2, "source": "Part\n"},
        {"cell_type": "markdown", "source": ["One\n", "two"]},
        {
            "cell_type": "code",
            "input": ["a = 1\n", "a"],
            "outputs": [{"output_type": "pyout", "text": ["1"], "prompt_number": 1}],
            "prompt_number": 1,
        },
    ]
    path = tmp_path / "a.ipynb"
    path.write_text(json.dumps({"nbformat": 2, "worksheets": [{"cells": cells}]}))
    found = read_notebook(path)
    assert [cell["source"] for cell in found["cells"]] == ["## Part", "One\ntwo", "a = 1\na"]
    assert found["cells"][2]["outputs"][0]["output_type"] == "execute_result"
    assert found == read_notebook(path)
