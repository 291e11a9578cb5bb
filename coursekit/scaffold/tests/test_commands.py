"""The lesson as people use it, from the command line."""

import subprocess
import sys
from pathlib import Path

NAME, DATASET, PRESET = "telegraph", "letters", "tiny"


def coursekit(*words: str, folder: Path) -> str:
    """Run a command that must succeed, and return what it printed."""
    done = subprocess.run(
        [sys.executable, "-m", "coursekit", *words],
        cwd=folder,
        capture_output=True,
        text=True,
        encoding="utf-8",
    )
    assert done.returncode == 0, f"{done.stdout}\n{done.stderr}"
    return done.stdout


def test_it_trains_and_then_shows_what_it_can_do(tmp_path: Path) -> None:
    coursekit("run", NAME, "--data", DATASET, "--preset", PRESET, "--out", "run", folder=tmp_path)
    assert coursekit("demo", NAME, "--run", "run", folder=tmp_path).strip()


def test_the_exercises_are_ready_for_students(tmp_path: Path) -> None:
    assert "wrong" not in coursekit("verify", NAME, folder=tmp_path)
