"""What authors get wrong: a run stops before its first epoch, and the suite says the same."""

import re
from collections.abc import Callable, Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from coursekit import CourseError, Metric
from coursekit.console import consoles
from coursekit.runs.resume import Request
from coursekit.runs.runner import run_lesson
from coursekit.testing import conformance

pytestmark = pytest.mark.tf

Mistake = Callable[..., Any]  # takes the right member, then what that takes


def gives(value: Any) -> Mistake:
    return lambda original, *given: value


def with_field(**fields: Any) -> Mistake:
    """Return `data` with other fields."""

    def mistake(original: Any, *given: Any) -> Any:
        data = original(*given)
        vars(data).update(fields)
        return data

    return mistake


def with_batches(make: Callable[[Any], Any]) -> Mistake:
    """Return `data` whose training split gives other batches."""

    def mistake(original: Any, *given: Any) -> Any:
        data = original(*given)
        right = data.train
        data.train = SimpleNamespace(batches=lambda epoch: make(right.batches(epoch)))
        return data

    return mistake


def transposed(batches: Any) -> Any:
    import tensorflow as tf

    return batches.map(lambda dots, sides: (tf.transpose(dots), sides))


def of_one_number(batches: Any) -> Any:
    import tensorflow as tf

    return batches.map(lambda dots, sides: (dots, tf.reduce_sum(sides)))


def unbuilt_model(original: Any, *given: Any) -> Any:
    import keras

    model = keras.Sequential([keras.layers.Dense(1)])
    model.optimizer = keras.optimizers.Adam()
    return model


def unbuilt_optimizer(original: Any, *given: Any) -> Any:
    import keras

    model = original(*given)
    model.optimizer = keras.optimizers.SGD()
    return model


def late_variables(original: Any, model: Any, batch: Any) -> Any:
    import keras

    losses = original(model, batch)
    model.late = keras.Variable(0.0)
    return losses


def vector(original: Any, model: Any, batch: Any) -> Any:
    return {"loss": batch[1]}


def bare(original: Any, model: Any, batch: Any) -> Any:
    return original(model, batch)["loss"]


def called_epoch(original: Any, model: Any, batch: Any) -> Any:
    return {"epoch": original(model, batch)["loss"]}


def a_tensor(original: Any, *given: Any) -> Any:
    import tensorflow as tf

    return tf.constant(0.5)


def an_array(original: Any, *given: Any) -> Any:
    import numpy as np

    return {"words": np.zeros(3)}


def numbers(original: Any, *given: Any) -> Iterator[int]:
    return iter([1, 2])


# The member, what is wrong with it, what both say, the group that finds it.
MISTAKES: list[tuple[str, Mistake, str, str]] = [
    ("data", gives(None), "returned None", "data"),
    ("data", gives((1, 2, 3)), "returned a tuple .*expected: a coursekit.Data", "data"),
    ("data", with_field(fingerprint=""), "Data without a fingerprint", "data"),
    ("data", with_field(notes="256 dots"), r"notes of the class str .*\(\"256 dots\",\)", "data"),
    ("data", with_field(demo_example=3), "a demo_example of the class int", "data"),
    ("data", with_field(train=[1, 2]), "a train split that is a list", "data"),
    ("data", with_field(test=None), "a test split that is None", "data"),
    ("data", with_batches(list), r"train.batches\(0\) returned a list", "data"),
    ("data", with_batches(of_one_number), "a part without an axis", "data"),
    ("data", with_batches(transposed), r"the shapes \(2, 16\) and \(16,\)", "batches"),
    ("data", with_batches(lambda batches: batches.take(0)), "gave no batch", "data"),
    ("model", gives(None), "returned None .*expected: a keras.Model", "step"),
    ("model", gives("a model"), "returned a str", "step"),
    ("model", unbuilt_model, "no variables: it is not built", "step"),
    ("model", unbuilt_optimizer, "whose SGD optimizer is not built", "step"),
    ("train_step", late_variables, "created variables in its first step", "step"),
    ("train_step", gives(None), "returned None .*expected: its losses by name", "step"),
    ("train_step", gives({}), "returned no losses", "step"),
    ("train_step", bare, "returned an EagerTensor", "step"),
    ("train_step", vector, r"a loss 'loss' that has the shape \(16,\)", "step"),
    ("train_step", gives({"loss": "low"}), "returned a str as 'loss'", "step"),
    ("train_step", called_epoch, "a loss named 'epoch'", "step"),
    ("train_step", gives({"loss": float("nan")}), "nan .*expected: a finite number", "step"),
    ("evaluate", gives(0.5), "returned a float", "metrics"),
    ("evaluate", a_tensor, "returned an EagerTensor", "metrics"),
    ("evaluate", gives({}), "returned no accuracy on the validation split", "metrics"),
    ("evaluate", gives({"accuracy": 0.5, "extra": 1.0}), "the undeclared extra", "metrics"),
    ("evaluate", gives({"accuracy": float("nan")}), "accuracy is nan on the valid", "metrics"),
    ("evaluate", gives({"accuracy": "high"}), "returned a str as accuracy", "metrics"),
    ("evaluate", gives({"accuracy": 50.0}), "accuracy is 50 .*from 0 to 1", "metrics"),
    ("signatures", gives(["bleu"]), "returned a list", "metrics"),
    ("signatures", gives({"bleu": 4}), "expected: a dictionary of texts", "metrics"),
    ("assets", gives([1]), "returned a list", "data"),
    ("assets", an_array, "what JSON cannot hold: .*ndarray", "data"),
    ("demo", gives(None), "returned None", "demo"),
    ("demo", gives([]), "returned an empty list", "demo"),
    ("demo", gives({"text": "right"}), "returned a dict", "demo"),
    ("demo", numbers, "an iterator that gave an int", "demo"),
]  # fmt: skip


def install(dots: Any, monkeypatch: pytest.MonkeyPatch, member: str, mistake: Mistake) -> None:
    original = getattr(dots, member)
    monkeypatch.setattr(dots, member, lambda *given: mistake(original, *given))


def first_fault(dots: Any, group: str) -> str:
    faults = [fault for found in conformance(dots, [group]) for fault in found.faults]
    assert faults, f"the group {group} finds nothing"
    return faults[0]


@pytest.mark.parametrize(("member", "mistake", "says", "group"), MISTAKES)
def test_a_run_and_the_suite_say_what_is_wrong_and_where(
    dots: Any,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    member: str,
    mistake: Mistake,
    says: str,
    group: str,
) -> None:
    install(dots, monkeypatch, member, mistake)
    out = tmp_path / "run"
    with pytest.raises(CourseError) as caught:
        run_lesson(dots, Request(out=out, assignments=("epochs=1",), eager=True), consoles())
    assert not (out / "last.ckpt").exists()
    said, told = " ".join(str(caught.value).split()), first_fault(dots, group)
    assert re.search(says, said), said
    assert re.search(says, told), told
    assert "\n" not in told
    assert re.search(rf"^`?\w.*\(.*{Path(__file__).name}:\d+\)", told), told


def test_restore_of_something_else(dots: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    install(dots, monkeypatch, "restore", gives("a text"))
    assert "`restore` of dots returned a str" in first_fault(dots, "demo")


def test_a_metric_that_is_declared_and_not_returned(
    dots: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    more = Metric("bias", "how far it leans to one side")
    monkeypatch.setattr(dots, "metrics", (*dots.metrics, more))
    with pytest.raises(CourseError, match="returned no bias on the validation split"):
        run_lesson(dots, Request(out=tmp_path / "run", eager=True), consoles())
    told = first_fault(dots, "metrics")
    assert "returned no bias" in told
    assert "optional=True" in told
    optional = Metric("bias", "how far it leans to one side", optional=True)
    monkeypatch.setattr(dots, "metrics", (*dots.metrics[:1], optional))
    assert not any(found.faults for found in conformance(dots, ["metrics"]))
