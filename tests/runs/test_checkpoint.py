from pathlib import Path
from typing import Any

import numpy as np
import pytest

from coursekit import CourseError
from coursekit.runs.checkpoint import Progress, load, load_newest, save, state

pytestmark = pytest.mark.tf


def make(units: int = 3, dtype: str = "float32") -> Any:
    import keras

    model = keras.Sequential([keras.layers.Dense(units, dtype=dtype), keras.layers.Dropout(0.5)])
    model.build((None, 2))
    model.pair = [keras.optimizers.Adam(), {"slow": keras.optimizers.SGD(momentum=0.9)}]
    for optimizer in (model.pair[0], model.pair[1]["slow"]):
        optimizer.build(model.trainable_variables)
    return model


def test_it_holds_weights_seed_generators_and_every_optimizer(tmp_path: Path) -> None:
    model = make()
    # 2 weights, 1 seed; Adam: iteration, rate, 2 moments of 2 weights; SGD: the same, 1 moment
    assert len(state(model)) == 2 + 1 + (2 + 4) + (2 + 2)
    for number, variable in enumerate(state(model)):
        variable.assign(np.full(variable.shape, number).astype(variable.dtype))
    progress = Progress(epochs=3, best=0.5, best_epoch=2, waited=1)
    save(tmp_path / "a.ckpt", model, progress)
    other = make()
    assert load(tmp_path / "a.ckpt", other) == progress
    for number, variable in enumerate(state(other)):
        assert (variable.numpy() == number).all(), variable.path


def test_bfloat16_survives(tmp_path: Path) -> None:
    model, other = make(dtype="bfloat16"), make(dtype="bfloat16")
    state(model)[0].assign(np.full((2, 3), 1.5))
    save(tmp_path / "a.ckpt", model, Progress())
    load(tmp_path / "a.ckpt", other)
    assert (state(other)[0].numpy().astype("float32") == 1.5).all()


def test_another_model_is_refused(tmp_path: Path) -> None:
    save(tmp_path / "a.ckpt", make(units=3), Progress())
    with pytest.raises(CourseError, match="belongs to another model"):
        load(tmp_path / "a.ckpt", make(units=4))


@pytest.mark.parametrize("cut", [0, 10, 90, 200, -1])
def test_any_truncation_is_found(tmp_path: Path, cut: int) -> None:
    model = make()
    save(tmp_path / "a.ckpt", model, Progress())
    content = (tmp_path / "a.ckpt").read_bytes()
    (tmp_path / "a.ckpt").write_bytes(content[:cut])
    with pytest.raises(CourseError, match="cannot be used"):
        load(tmp_path / "a.ckpt", model)


def test_one_changed_byte_is_found(tmp_path: Path) -> None:
    model = make()
    save(tmp_path / "a.ckpt", model, Progress())
    content = bytearray((tmp_path / "a.ckpt").read_bytes())
    content[len(content) // 2] ^= 1
    (tmp_path / "a.ckpt").write_bytes(content)
    with pytest.raises(CourseError, match="checksum does not match"):
        load(tmp_path / "a.ckpt", model)


def test_saving_keeps_the_one_before_and_loading_falls_back_to_it(tmp_path: Path) -> None:
    model = make()
    assert load_newest(tmp_path, model) == (Progress(), "")
    for epochs in (1, 2):
        save(tmp_path / "last.ckpt", model, Progress(epochs), keep=tmp_path / "previous.ckpt")
    assert load_newest(tmp_path, model)[0].epochs == 2
    (tmp_path / "last.ckpt").write_bytes(b"")
    progress, said = load_newest(tmp_path, model)
    assert progress.epochs == 1
    assert "previous.ckpt is used instead" in said
    assert not list(tmp_path.glob("*.tmp"))
