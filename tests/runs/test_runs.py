"""The promises of a run, on the outside plugin: real processes, killed and resumed."""

import csv
import io
import json
import os
import shutil
import signal
import sys
import time
from pathlib import Path
from typing import Any
from unittest.mock import MagicMock

import pytest
from rich.console import Console

from coursekit import CourseError
from coursekit.commands import bench, demo
from coursekit.console import Consoles, consoles
from coursekit.runs import checkpoint, loop, pictures, runner
from coursekit.runs.folder import Run
from coursekit.runs.resume import Request
from tests.conftest import Command, Process
from tests.disks import fill_disk

pytestmark = pytest.mark.tf


def history(folder: Path) -> list[dict[str, str]]:
    with (folder / "history.csv").open(encoding="utf-8") as file:
        return list(csv.DictReader(file))


def without_times(folder: Path) -> list[dict[str, str]]:
    times = ("train_seconds", "examples_per_second")
    return [{k: v for k, v in row.items() if k not in times} for row in history(folder)]


def values(path: Path) -> tuple[Any, list[Any]]:
    """Return a checkpoint's progress and arrays; names count layers by process."""
    header, arrays = checkpoint._read(path)
    return header.progress, [arrays[name].tolist() for name in sorted(arrays)]


def wait_for_epochs(folder: Path, epochs: int, process: Any) -> None:
    for _ in range(1200):
        if (folder / "last.ckpt").exists() and len(history(folder)) >= epochs:
            return
        assert process.poll() is None, process.stderr.read()
        time.sleep(0.05)
    raise AssertionError(f"no epoch {epochs} after a minute")


def test_a_run_leaves_everything_behind(coursekit: Command, finished: Path) -> None:
    names = {path.name for path in finished.iterdir()}
    assert {"run.json", "results.json", "curves.png", "training.gif", "sample.png"} <= names
    manifest = json.loads((finished / "run.json").read_text("utf-8"))
    assert manifest["dataset"] == "plane"
    assert manifest["settings"]["units"] == 8
    assert manifest["versions"]["tensorflow"] != "unknown"
    assert manifest["command"] == "coursekit run dots --out whole"
    assert manifest["cores"] >= 1
    rows = history(finished)
    assert [row["epoch"] for row in rows] == ["1", "2", "3", "4"]
    (listed,) = coursekit.json("runs", "--in", ".")
    assert listed["status"] == "finished"
    assert listed["epochs"] == 4
    assert listed["train_seconds"] == pytest.approx(
        sum(float(row["train_seconds"]) for row in rows), abs=1e-3
    )
    assert set(listed["metrics"]) == {"accuracy"}
    assert listed["seed"] == 0
    assert Path(coursekit.folder, listed["path"]) == finished


def test_results_go_to_stdout_and_progress_to_stderr(process: Process) -> None:
    done = process("run", "dots", "--out", "whole")
    assert "accuracy" in done.stdout
    assert "[right]" in done.stdout  # markup is shown, not eaten
    assert done.stdout.strip().splitlines()[-1] == 'next: coursekit demo dots "1 2"'
    assert "epoch 4/4" in done.stderr
    assert "epoch 4/4" not in done.stdout
    for noise in ("oneDNN", "cuda", "WARNING", "\x1b"):
        assert noise not in done.stderr + done.stdout


def test_same_seed_same_numbers_other_seed_others(coursekit: Command, finished: Path) -> None:
    coursekit("run", "dots", "--out", "again")
    coursekit("run", "dots", "--out", "other", "--seed", "1")
    last = [values(coursekit.folder / name / "last.ckpt") for name in ("again", "other")]
    assert last[0] == values(finished / "last.ckpt")
    assert last[1] != values(finished / "last.ckpt")


def test_killed_twice_and_resumed_equals_uninterrupted(warm: Process) -> None:
    warm("run", "dots", "--out", "calm", "--set", "slow=1")
    killed = warm.folder / "killed"
    words = ["run", "dots", "--out", "killed"]
    for epochs, more in ((1, ["--set", "slow=1"]), (2, ["--resume"])):
        child = warm.start(*words, *more)
        wait_for_epochs(killed, epochs, child)
        child.kill()
        child.wait()
    (listed,) = [r for r in warm.json("runs", "--in", ".") if r["path"].endswith("killed")]
    assert listed["status"] == "unfinished"
    assert listed["metrics"] == {}
    warm("run", "dots", "--resume", "--out", "killed")
    for name in ("last.ckpt", "best.ckpt", "previous.ckpt"):
        calm = (warm.folder / "calm" / name).read_bytes()
        assert (killed / name).read_bytes() == calm
    assert without_times(killed) == without_times(warm.folder / "calm")


def test_kill_between_any_two_writes_of_an_epoch(coursekit: Command, finished: Path) -> None:
    """Cut an epoch's writes short at each point and resume: the end is the same."""
    whole = {name: values(finished / name) for name in ("last.ckpt", "best.ckpt")}
    for case in ("history only", "history and best", "renamed, last missing"):
        coursekit("run", "dots", "--out", "cut", "--epochs", "4")
        cut = coursekit.folder / "cut"
        (cut / "results.json").unlink()
        if case == "renamed, last missing":
            (cut / "last.ckpt").unlink()
        else:
            (cut / "previous.ckpt").replace(cut / "last.ckpt")
        if case == "history only":
            shutil.copy(cut / "last.ckpt", cut / "best.ckpt")
        coursekit("run", "dots", "--resume", "--out", "cut")
        for name, content in whole.items():
            assert values(cut / name) == content, (case, name)
        assert without_times(cut) == without_times(finished)
        shutil.rmtree(cut)


def test_truncated_checkpoint_falls_back_to_the_one_before(
    coursekit: Command, finished: Path
) -> None:
    last = finished / "last.ckpt"
    content, before = last.read_bytes(), values(last)
    last.write_bytes(content[: len(content) // 2])
    (finished / "results.json").unlink()
    done = coursekit("run", "dots", "--resume", "--out", "whole")
    assert "truncated or damaged" in done.stderr
    assert "previous.ckpt is used instead" in done.stderr
    assert values(last) == before


def test_two_damaged_checkpoints_are_an_error(coursekit: Command, finished: Path) -> None:
    (finished / "results.json").unlink()
    for name in ("last.ckpt", "previous.ckpt"):
        (finished / name).write_bytes(b"no checkpoint")
    done = coursekit("run", "dots", "--resume", "--out", "whole", code=1)
    assert "cannot be used" in done.stderr
    assert (finished / "last.ckpt").read_bytes() == b"no checkpoint"


@pytest.mark.skipif(sys.platform == "win32", reason="sends SIGINT")
def test_ctrl_c_keeps_what_is_there_and_says_how_to_go_on(warm: Process) -> None:
    child = warm.start("run", "dots", "--out", "stopped", "--set", "slow=1.5")
    wait_for_epochs(warm.folder / "stopped", 1, child)
    child.send_signal(signal.SIGINT)
    _, errors = child.communicate(timeout=60)
    assert child.returncode == 130
    assert "coursekit run dots --resume --out stopped" in errors
    assert "Traceback" not in errors
    assert (warm.folder / "stopped" / "curves.png").exists()
    assert len(history(warm.folder / "stopped")) >= 1


def test_resume_finds_the_newest_unfinished_run(warm: Process) -> None:
    warm("run", "dots")
    child = warm.start("run", "dots", "--out", "runs/dots/mine", "--set", "slow=1.5")
    wait_for_epochs(warm.folder / "runs/dots/mine", 1, child)
    busy = warm("run", "dots", "--resume", "--out", "runs/dots/mine", code=1)
    assert "in use by another process" in busy.stderr
    child.kill()
    child.wait()
    done = warm("run", "dots", "--resume")
    assert f"runs{os.sep}dots{os.sep}mine" in done.stderr
    nothing = warm("run", "dots", "--resume", code=1)
    assert "no unfinished run of dots" in nothing.stderr
    assert "coursekit run dots" in nothing.stderr


def test_more_epochs_on_resume_are_said(coursekit: Command, finished: Path) -> None:
    again = coursekit("run", "dots", "--resume", "--out", "whole", code=1)
    assert "is finished" in again.stderr
    done = coursekit("run", "dots", "--resume", "--out", "whole", "--epochs", "6")
    assert "--epochs is now 6" in done.stderr
    assert len(history(finished)) == 6
    fewer = coursekit("run", "dots", "--resume", "--out", "whole", "--epochs", "2", code=1)
    assert "6 epochs already" in fewer.stderr


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (["--set", "units=9"], "units 8, not 9"),
        (["--seed", "3"], "seed 0, not 3"),
        (["--preset", "full"], "preset quick, not full"),
        (["--data", "other"], "data set plane, not other"),
        (["--eager"], "a compiled step"),
    ],
)
def test_resume_with_changed_settings_is_an_error(
    coursekit: Command, finished: Path, words: list[str], says: str
) -> None:
    (finished / "results.json").unlink()
    done = coursekit("run", "dots", "--resume", "--out", "whole", *words, code=1)
    assert says in done.stderr


def test_resume_with_changed_data_is_an_error(coursekit: Command) -> None:
    own = coursekit.folder / "own.txt"
    own.write_text("a")
    coursekit("run", "dots", "--out", "run", "--data", "own.txt")
    (coursekit.folder / "run" / "results.json").unlink()
    own.write_text("b")
    done = coursekit("run", "dots", "--resume", "--out", "run", code=1)
    assert "is not the one that this run was trained on" in done.stderr


def test_folders_that_are_not_for_this_run(coursekit: Command, finished: Path) -> None:
    taken = coursekit("run", "dots", "--out", "whole", code=1)
    assert "is not empty" in taken.stderr
    assert "--resume" in taken.stderr
    (coursekit.folder / "file").write_text("mine")
    file = coursekit("run", "dots", "--out", "file", code=1)
    assert "is a file" in file.stderr
    empty = coursekit("run", "dots", "--resume", "--out", "nowhere", code=1)
    assert "is not a run" in empty.stderr
    manifest = json.loads((finished / "run.json").read_text("utf-8"))
    (finished / "run.json").write_text(json.dumps({**manifest, "lesson": "nmt"}))
    other = coursekit("run", "dots", "--resume", "--out", "whole", code=1)
    assert "is a run of nmt, not of dots" in other.stderr
    (finished / "run.json").write_text(json.dumps({**manifest, "format": 0}))
    older = coursekit("run", "dots", "--resume", "--out", "whole", code=1)
    assert "written in format 0" in older.stderr
    (finished / "run.json").write_text("{")
    broken = coursekit("demo", "dots", "--run", "whole", code=1)
    assert "run.json is damaged" in broken.stderr


def test_a_loss_that_is_not_finite_stops_the_run(coursekit: Command) -> None:
    done = coursekit("run", "dots", "--out", "r", "--set", "learning_rate=1e38", code=1)
    assert "the loss became" in done.stderr
    assert "learning_rate" in done.stderr
    assert "Traceback" not in done.stderr


def test_a_full_disk_keeps_the_epochs_before(
    dots: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    saved = checkpoint.save
    written: list[int] = []

    def full(path: Path, model: Any, progress: Any, keep: Path | None = None) -> None:
        if progress.epochs == 3:
            fill_disk(monkeypatch, path.name + ".tmp", room=100)
        saved(path, model, progress, keep)
        written.append(progress.epochs)

    monkeypatch.setattr(checkpoint, "save", full)
    request = Request(out=tmp_path / "run")
    with pytest.raises(CourseError, match="the disk is full"):
        runner.run_lesson(dots, request, consoles())
    monkeypatch.undo()
    assert max(written) == 2
    model = dots.model(None, dots.presets["quick"])
    assert checkpoint.load_newest(tmp_path / "run", model)[0].epochs == 2


def test_demo_uses_the_newest_finished_run(coursekit: Command) -> None:
    missing = coursekit("demo", "dots", code=1)
    assert "no finished run of dots" in missing.stderr
    assert "0.1 minutes" in missing.stderr
    coursekit("run", "dots")
    shown = coursekit("demo", "dots", "3 3", "--loud", "--times", "2")
    assert shown.stdout.splitlines() == ["[RIGHT]", "[RIGHT]", "on the right"]
    assert "demo-1.png" in shown.stderr
    dashed = coursekit("demo", "dots", "--", "-3 -3")
    assert dashed.stdout.splitlines()[0] == "[left]"
    assert "demo-2.png" in dashed.stderr
    wrong = coursekit("demo", "dots", "--times", "9", code=1)
    assert "from 1 to 3" in wrong.stderr
    assert "--loud" in coursekit("demo", "dots", "--help").stdout


def test_an_eager_run_learns_the_same(coursekit: Command, finished: Path) -> None:
    coursekit("run", "dots", "--out", "eager", "--eager", "--epochs", "1")
    eager = float(history(coursekit.folder / "eager")[0]["loss"])
    assert eager == pytest.approx(float(history(finished)[0]["loss"]), rel=1e-4)


def test_bench_compares_the_three_ways(
    process: Process, coursekit: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(bench, "SECONDS", 0.5)
    coursekit.environment["PYTHONPATH"] = process.environment["PYTHONPATH"]
    rows = coursekit.json("bench", "dots")
    assert [row["way"] for row in rows] == ["eager", "graph", "xla"]
    for row in rows:
        assert row["steps_per_second"] > 0
        assert row["examples_per_second"] == pytest.approx(16 * row["steps_per_second"])
        assert row["peak_memory"] > 50e6
    refused = coursekit("bench", "dots", "--set", "units=0", code=1)
    assert "from 1 to 256" in refused.stderr


def test_the_best_epoch_is_kept_and_patience_stops(
    coursekit: Command, dots: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    series = iter([0.3, 0.5, 0.9, 0.6, 0.4])  # the first before training

    def evaluate(self: Any, model: Any, data: Any, split: str) -> dict[str, float]:
        return {"accuracy": next(series) if split == "validation" else 0.7}

    monkeypatch.setattr(type(dots), "evaluate", evaluate)
    done = coursekit("run", "dots", "--out", "r", "--epochs", "8", "--set", "patience=2")
    assert "accuracy has not improved for 2 epochs" in done.stderr
    assert [row["validation_accuracy"] for row in history(coursekit.folder / "r")] == [
        "0.5",
        "0.9",
        "0.6",
        "0.4",
    ]
    results = json.loads((coursekit.folder / "r" / "results.json").read_text("utf-8"))
    assert results["best_epoch"] == 2
    assert results["metrics"] == {"accuracy": 0.7}
    best, _ = values(coursekit.folder / "r" / "best.ckpt")
    assert best.epochs == 2


def test_a_damaged_best_checkpoint_gives_way_to_the_last(
    coursekit: Command, finished: Path
) -> None:
    (finished / "best.ckpt").write_bytes(b"x")
    shown = coursekit("demo", "dots", "--run", "whole")
    assert "last.ckpt is used instead" in shown.stderr
    assert "[right]" in shown.stdout


@pytest.mark.parametrize("name", ["assets.json", "history.csv", "results.json"])
def test_a_full_disk_is_told_whatever_is_written(
    name: str, coursekit: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    fill_disk(monkeypatch, name + ".tmp", room=0)
    done = coursekit("run", "dots", "--out", "r", code=1)
    assert f"{name}: the disk is full" in done.stderr
    assert "--resume" in done.stderr


def test_results_are_safe_when_a_picture_cannot_be_written(
    coursekit: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*words: Any) -> None:
        raise CourseError("cannot write the picture: No space left on device")

    monkeypatch.setattr(pictures, "save_curves", full)
    done = coursekit("run", "dots", "--out", "r")
    assert "No space left on device" in done.stderr
    assert "accuracy" in done.stdout
    assert (coursekit.folder / "r" / "results.json").exists()


def test_without_a_run_the_quick_one_is_offered(
    dots: Any, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    started: list[Any] = []
    screen = Console(file=io.StringIO(), force_terminal=True)
    out = Consoles(screen, screen)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys.stdin, "isatty", lambda: True, raising=False)
    monkeypatch.setattr(demo, "run_lesson", lambda *words: started.append(words))
    for answer, starts in (("n", False), ("", True)):
        monkeypatch.setattr(screen, "input", lambda prompt, answer=answer: answer)
        if starts:
            demo.offer(dots, out)
        else:
            with pytest.raises(CourseError, match="nothing to show yet"):
                demo.offer(dots, out)
    assert len(started) == 1
    assert "the quick one takes about 0.1 minutes" in screen.file.getvalue()  # type: ignore[attr-defined]


def test_resume_passes_over_a_run_that_is_in_use(coursekit: Command, finished: Path) -> None:
    for name in ("old", "busy"):
        shutil.copytree(finished, coursekit.folder / "runs" / "dots" / name)
        (coursekit.folder / "runs" / "dots" / name / "results.json").unlink()
    busy = Run(coursekit.folder / "runs" / "dots" / "busy")
    busy.update(created="9999-01-01T00:00:00+00:00")
    busy.lock()
    try:
        done = coursekit("run", "dots", "--resume")
    finally:
        busy.unlock()
    assert f"dots{os.sep}old" in done.stderr


def test_a_damaged_history_spoils_no_list(coursekit: Command, finished: Path) -> None:
    (finished / "history.csv").write_text("epoch,loss\n1,abc\n")
    done = coursekit("runs", "--in", ".", "--json")
    assert json.loads(done.stdout) == []
    assert "is damaged" in done.stderr


def test_redirected_output_is_utf_8_whatever_the_system_says(process: Process) -> None:
    process.environment["PYTHONIOENCODING"] = "cp1252"
    assert "·" in process("run", "dots", "--epochs", "1").stderr


def test_scalars_are_written_where_tensorboard_is_installed(
    dots: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    import tensorflow as tf

    written: list[tuple[str, float, int]] = []
    writer = MagicMock()
    monkeypatch.setattr(tf.summary, "create_file_writer", lambda folder: writer)
    monkeypatch.setattr(
        tf.summary, "scalar", lambda name, value, step: written.append((name, value, step))
    )
    for installed in (None, object()):
        monkeypatch.setattr(loop, "find_spec", lambda name, found=installed: found)
        out = tmp_path / str(installed is None)
        runner.run_lesson(dots, Request(out=out, assignments=("epochs=1",)), consoles())
        assert bool(written) == (installed is not None)
    assert {name for name, _, _ in written} == {
        "loss",
        "validation/accuracy",
        "train_seconds",
        "examples_per_second",
    }
    assert {step for _, _, step in written} == {1}
    assert writer.flush.called
