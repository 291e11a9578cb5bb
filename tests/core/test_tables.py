"""Tables lose nothing where the terminal is narrow: results, points and names stay whole."""

import io
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from rich.console import Console

from coursekit.console import Grid, cells, table
from coursekit.practice.locate import all_exercises
from tests import sums
from tests.conftest import Command


def shown(grid: Grid, width: int) -> list[str]:
    out = io.StringIO()
    Console(file=out, width=width).print(grid, crop=False)
    return [line.rstrip() for line in out.getvalue().splitlines()]


def filled(grid: Grid) -> Grid:
    grid.add_row(*cells("textgen/batches", "From a text to batches that go on", "solved", "9/13"))
    grid.add_row(*cells("nmt/beam", "Beam search", "not started", "0/8"))
    return grid


def test_a_wide_table() -> None:
    grid = filled(table("exercise", "title", "state", "points", right=("points",)))
    assert shown(grid, 80) == [
        "exercise         title                              state        points",
        "textgen/batches  From a text to batches that go on  solved         9/13",
        "nmt/beam         Beam search                        not started     0/8",
    ]


def test_running_text_is_wrapped_first() -> None:
    lead = ("exercise", "state", "points")
    grid = filled(table("exercise", "title", "state", "points", right=("points",), lead=lead))
    assert shown(grid, 54) == [
        "exercise         title             state        points",
        "textgen/batches  From a text to    solved         9/13",
        "                 batches that go",
        "                 on",
        "nmt/beam         Beam search       not started     0/8",
    ]


def test_then_each_row_is_a_paragraph() -> None:
    lead = ("exercise", "state", "points")
    grid = filled(table("exercise", "title", "state", "points", right=("points",), lead=lead))
    assert shown(grid, 40) == [
        "textgen/batches  solved  9/13",
        "  title: From a text to batches that go",
        "    on",
        "nmt/beam  not started  0/8",
        "  title: Beam search",
    ]
    grid = filled(table("exercise", "title", "state", "points", right=("points",)))
    assert shown(grid, 40)[3:5] == ["  state: solved", "  points: 9/13"]


def test_a_path_is_left_whole() -> None:
    grid = table("lesson", "epochs", "path", whole=("path",))
    path = "runs/captioning/2026-01-02-030405-with-a-long-name"
    grid.add_row(*cells("captioning", "3/3", path))
    assert shown(grid, 40) == ["captioning", "  epochs: 3/3", f"  path: {path}"]


@pytest.fixture
def narrow(
    coursekit: Command, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Command]:
    sums.install(tmp_path / "plugin", monkeypatch)
    coursekit.environment |= {"COLUMNS": "40", "COURSEKIT_STATE": str(tmp_path / "state")}
    yield coursekit
    sums.forget()


def test_check_and_progress(narrow: Command) -> None:
    narrow("start", "sums", "work")
    lines = narrow("check", code=1).stdout.splitlines()
    for row in ("not yet     0/1", "later       0/3"):
        assert [line for line in lines if line.endswith(row)], (row, lines)
    assert "0 of 6 points" in lines
    shown = narrow("progress").stdout
    assert "sums/adding  started  0/6\n" in shown
    rows = re.findall(r"^\w+/[\w-]+  (?:solved|started|not started)  \d+/\d+$", shown, re.MULTILINE)
    assert len(rows) == len(all_exercises())
    assert max(map(len, rows)) <= 40


def test_list_info_data_and_the_welcome(narrow: Command) -> None:
    for words in (("list",), ("info", "nmt"), ("data", "nmt", "--show"), ()):
        lines = narrow(*words).stdout.splitlines()
        broken = [x for x in lines if x.startswith("  ") and len(x) > 40 and " " in x.strip()[8:]]
        assert broken == [], words
    listed = narrow("list").stdout
    for name in ("textgen", "dcgan", "nmt", "captioning"):
        assert f"\n{name}\n  title: " in f"\n{listed}"
    info = narrow("info", "nmt").stdout
    assert "\nbatch_size\n  tiny: 512\n  quick: 128\n" in info
    assert "\n  expected of quick: " in info


@pytest.mark.tf
def test_runs(narrow: Command) -> None:
    narrow("run", "dots", "--epochs", "1", "--set", "batch_size=2", "--out", "mine")
    shown = narrow("runs", "--in", ".").stdout
    assert re.search(r"^dots\n(  .+\n)*  epochs: 1/1\n(  .+\n)*  headline: .+\n  path: ", shown)
