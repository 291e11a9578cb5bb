"""The lesson as people use it, from the command line.

The commands run in this process, which imports TensorFlow once, not once for each.
"""

import io
import runpy
import sys
from contextlib import redirect_stdout
from pathlib import Path
from unittest.mock import patch

import pytest

NAME, DATASET, PRESET = "telegraph", "letters", "tiny"


def coursekit(*words: str) -> str:
    """Run a command that must succeed, and return what it printed."""
    printed, code = io.StringIO(), None
    with patch.object(sys, "argv", ["coursekit", *words]), redirect_stdout(printed):
        try:
            runpy.run_module("coursekit", run_name="__main__")
        except SystemExit as end:
            code = end.code
    assert not code, printed.getvalue()
    return printed.getvalue()


def test_it_trains_and_then_shows_what_it_can_do(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    coursekit("run", NAME, "--data", DATASET, "--preset", PRESET, "--out", "run")
    assert coursekit("demo", NAME, "--run", "run").strip()


def test_the_exercises_are_ready_for_students() -> None:
    words = ("--only", "notebooks", "--only", "exercises")
    assert "wrong" not in coursekit("verify", NAME, *words)
