"""What the core promises of every lesson, proved on each that this kit installs.

Each runs with its smallest preset on its built-in data set.
"""

import shutil
import time
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from coursekit import LocalDataset
from coursekit.lesson import Lesson
from coursekit.plugins import catalogue
from coursekit.runs import loop
from tests.conftest import Process
from tests.runs.test_runs import history, without_times

LESSONS = catalogue().lessons


def smallest(lesson: Lesson) -> str:
    return "tiny" if "tiny" in lesson.presets else "quick"


def built_in(lesson: Lesson) -> str:
    return next(dataset.name for dataset in lesson.datasets if dataset.built_in)


@pytest.fixture(scope="module", params=sorted(LESSONS))
def lesson(request: pytest.FixtureRequest) -> Lesson:
    return LESSONS[request.param]


@pytest.fixture(scope="module")
def settings(lesson: Lesson) -> Any:
    chosen = lesson.presets[smallest(lesson)]
    return chosen.replace({"dropout": 0.0} if "dropout" in chosen.kinds() else {})


@pytest.fixture(scope="module")
def data(lesson: Lesson, settings: Any) -> Any:
    return lesson.data(LocalDataset(built_in(lesson)), settings)


def test_it_says_all_that_people_need(lesson: Lesson) -> None:
    assert {"quick", "full"} <= set(lesson.presets)
    assert lesson.question.endswith("?")
    assert len({dataset.name for dataset in lesson.datasets}) == len(lesson.datasets)
    for dataset in lesson.datasets:
        assert dataset.licence
        for preset, base in lesson.presets.items():
            dataset.settings(preset, base)  # overrides name fields that exist, in their range
        for file in dataset.files:
            assert file.checksum.startswith(("sha256:", "md5:"))


def batches(split: Any, epoch: int, count: int = 3) -> list[list[Any]]:
    import tensorflow as tf

    return [[t.numpy() for t in tf.nest.flatten(b)] for b in split.batches(epoch).take(count)]


@pytest.mark.tf
def test_batches_depend_on_seed_and_epoch_alone(lesson: Lesson, settings: Any, data: Any) -> None:
    again = lesson.data(LocalDataset(built_in(lesson)), settings)
    assert again.fingerprint == data.fingerprint
    for one, two in zip(batches(data.train, 1), batches(again.train, 1), strict=True):
        for a, b in zip(one, two, strict=True):
            np.testing.assert_array_equal(a, b)
    assert int(data.train.batches(0).cardinality()) == len(list(data.train.batches(0)))


@pytest.mark.tf
def test_eager_graph_and_xla_take_the_same_step(lesson: Lesson, settings: Any, data: Any) -> None:
    batch = next(iter(data.train.batches(0)))
    ways = {"eager": (False, True), "graph": (False, False), "xla": (True, False)}
    losses, weights = {}, {}
    for way, (jit, eager) in ways.items():
        loop.make_deterministic(settings.seed)
        model = lesson.model(data, settings)
        step = loop.compiled(lesson, jit, eager)
        losses[way] = [
            {name: float(value) for name, value in step(model, batch).items()} for _ in range(3)
        ]
        weights[way] = [variable.numpy() for variable in model.trainable_variables]
    for way in ("graph", "xla"):
        for one, two in zip(losses["eager"], losses[way], strict=True):
            assert one == pytest.approx(two, rel=1e-3)
        for a, b in zip(weights["eager"], weights[way], strict=True):
            np.testing.assert_allclose(a, b, atol=2e-3)


@pytest.mark.tf
def test_metrics_are_those_that_it_names(lesson: Lesson, settings: Any, data: Any) -> None:
    loop.make_deterministic(settings.seed)
    model = lesson.model(data, settings)
    found = lesson.evaluate(model, data, "validation")
    assert lesson.headline.name in found
    assert set(found) <= {metric.name for metric in lesson.metrics}


@pytest.mark.tf
def test_killed_and_resumed_equals_uninterrupted(
    lesson: Lesson, process: Process, tmp_path: Path
) -> None:
    words = ("run", lesson.name, "--data", built_in(lesson), "--preset", smallest(lesson))
    whole, killed = tmp_path / "whole", tmp_path / "killed"
    process(*words, "--out", str(whole))
    child = process.start(*words, "--out", str(killed))
    while not (killed / "last.ckpt").exists():
        assert child.poll() is None, child.stderr and child.stderr.read()
        time.sleep(0.02)
    child.kill()
    child.communicate()
    done = process("run", lesson.name, "--resume", "--out", str(killed))
    for name in ("last.ckpt", "best.ckpt"):
        assert (killed / name).read_bytes() == (whole / name).read_bytes(), name
    assert without_times(killed) == without_times(whole)
    assert len(history(whole)) == lesson.presets[smallest(lesson)].epochs
    assert done.stdout.strip().splitlines()[-1].startswith(f"next: coursekit demo {lesson.name}")
    for noise in ("oneDNN", "cuda", "Traceback", "WARNING"):
        assert noise not in done.stderr
    shutil.rmtree(killed)
    shown = process("demo", lesson.name, "--run", str(whole))
    assert shown.stdout.strip()
