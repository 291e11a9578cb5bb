"""Faults of a lesson that are found before time is spent on an epoch."""

from pathlib import Path
from typing import Any

import pytest

from coursekit import CourseError
from coursekit.console import consoles
from coursekit.runs.resume import Request
from coursekit.runs.runner import run_lesson

pytestmark = pytest.mark.tf


def unbuilt_model(original: Any, data: Any, settings: Any) -> Any:
    import keras

    model = keras.Sequential([keras.layers.Dense(1)])
    model.optimizer = keras.optimizers.Adam()
    return model


def unbuilt_optimizer(original: Any, data: Any, settings: Any) -> Any:
    import keras

    model = original(data, settings)
    model.optimizer = keras.optimizers.SGD()
    return model


def no_model(original: Any, data: Any, settings: Any) -> Any:
    return "a model"


def late_variables(original: Any, model: Any, batch: Any) -> Any:
    import keras

    losses = original(model, batch)
    model.late = keras.Variable(0.0)
    return losses


def vector_loss(original: Any, model: Any, batch: Any) -> Any:
    return {"loss": batch[1]}


def bare_loss(original: Any, model: Any, batch: Any) -> Any:
    return original(model, batch)["loss"]


def metrics(value: Any) -> Any:
    return lambda original, model, data, split: value


FAULTS: list[tuple[str, Any, str]] = [
    ("model", unbuilt_model, "no variables: it is not built"),
    ("model", unbuilt_optimizer, "SGD optimizer of dots is not built"),
    ("model", no_model, "of the class str"),
    ("train_step", late_variables, "created variables"),
    ("train_step", vector_loss, r"has the shape \(16,\)"),
    ("train_step", bare_loss, "expected: its losses by name"),
    ("evaluate", metrics(0.5), "returned float"),
    ("evaluate", metrics({}), "returned no accuracy"),
    ("evaluate", metrics({"accuracy": 0.5, "extra": 1.0}), "the undeclared extra"),
    ("evaluate", metrics({"accuracy": float("nan")}), "accuracy is nan on the validation split"),
    ("evaluate", metrics({"accuracy": "high"}), "accuracy is a str"),
]


@pytest.mark.parametrize(("member", "fault", "words"), FAULTS)
def test_a_fault_stops_before_anything_is_saved(
    dots: Any, tmp_path: Path, member: str, fault: Any, words: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    original = getattr(dots, member)
    monkeypatch.setattr(dots, member, lambda *given: fault(original, *given))
    out = tmp_path / "run"
    request = Request(out=out, assignments=("epochs=1",), eager=True)
    with pytest.raises(CourseError, match=words):
        run_lesson(dots, request, consoles())
    assert not (out / "last.ckpt").exists()


def test_the_untrained_model_is_measured_once(
    dots: Any, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    out = tmp_path / "run"
    run_lesson(dots, Request(out=out, assignments=("epochs=1",)), consoles())
    shown = capsys.readouterr().err
    assert shown.count("untrained  accuracy ") == 1
    run_lesson(dots, Request(out=out, resume=True, assignments=("epochs=2",)), consoles())
    assert "untrained  accuracy" not in capsys.readouterr().err
