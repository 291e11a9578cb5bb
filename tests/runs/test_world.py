"""A run in a world that does not cooperate: pictures, pipes, names, other processors."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from coursekit.runs.folder import new_folder
from tests.conftest import Command, Process

pytestmark = pytest.mark.tf


def test_a_picture_that_cannot_be_drawn_stops_no_run(
    coursekit: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    from matplotlib.figure import Figure

    def fail(*_: object, **__: object) -> None:
        raise RuntimeError("no font of that name")

    monkeypatch.setattr(Figure, "savefig", fail)
    done = coursekit("run", "dots", "--out", "r", "--epochs", "2")
    assert "accuracy" in done.stdout
    assert "cannot draw the picture" in done.stderr
    assert "no font of that name" in done.stderr
    assert "the results are safe" in done.stderr
    assert (coursekit.folder / "r" / "results.json").exists()


def test_two_runs_of_one_second_have_folders_of_their_own(tmp_path: Path) -> None:
    folders = {new_folder("dots", tmp_path) for _ in range(5)}
    assert len(folders) == 5
    assert all(folder.is_dir() for folder in folders)


def test_other_cores_are_reported_on_resume(coursekit: Command, finished: Path) -> None:
    manifest = json.loads((finished / "run.json").read_text("utf-8"))
    assert manifest["cores"] == len(os.sched_getaffinity(0)) if sys.platform == "linux" else True
    manifest["cores"] += 6
    (finished / "run.json").write_text(json.dumps(manifest), encoding="utf-8")
    done = coursekit("run", "dots", "--resume", "--out", "whole", "--epochs", "5")
    assert f"started on {manifest['cores']} cores" in done.stderr


@pytest.mark.skipif(sys.platform == "win32", reason="there is no head on Windows")
def test_a_closed_pipe_loses_no_picture(process: Process, finished_run: Path) -> None:
    words = " ".join(
        f"'{word}'" for word in process.arguments("demo", "dots", "--run", "r", "--times", "3")
    )
    (process.folder / "r").symlink_to(finished_run)
    before = set(finished_run.glob("demo/*.png"))
    done = subprocess.run(
        ["sh", "-c", f"{words} | true"],
        cwd=process.folder,
        env=process.environment,
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert "Traceback" not in done.stderr
    assert len(set(finished_run.glob("demo/*.png")) - before) == 1
