"""The model without dropout: what is switched off, and how it is put back."""

from dataclasses import dataclass
from typing import Any

import pytest

from coursekit import Settings, setting
from coursekit.conformance.calm import Calm, calm_settings
from coursekit.conformance.learning import MOST_STEPS


@dataclass(frozen=True, kw_only=True)
class Limited(Settings):
    epochs: int = setting(3, "passes", low=1, high=10)
    dropout: float = setting(0.3, "a rate", low=0, high=0.9)
    word_dropout: float = setting(0.3, "a rate that is never zero", low=0.1, high=0.9)
    dropout_layers: int = setting(2, "no rate", low=0)


@pytest.mark.parametrize(
    ("steps", "epochs"),
    [(MOST_STEPS, 3), (MOST_STEPS // 2, 4), (1, 10), (-2, 3)],  # twice the steps are needed
)
def test_settings(steps: int, epochs: int) -> None:
    expected = {"epochs": epochs, "dropout": 0.0, "word_dropout": 0.3, "dropout_layers": 2}
    found = calm_settings(Limited(), steps).as_dict()
    assert {name: found[name] for name in expected} == expected


@pytest.mark.tf
def test_layers_within_layers_are_switched_off_and_weights_put_back() -> None:
    import keras
    import numpy as np

    inner = keras.Sequential([keras.layers.Dropout(0.5, seed=1), keras.layers.Dense(2)])
    model: Any = keras.Sequential([inner, keras.layers.GRU(3, dropout=0.5, seed=2)])
    model.build((None, 4, 5))
    model.optimizer = keras.optimizers.SGD()
    model.optimizer.build(model.trainable_variables)
    calm = Calm(model)
    inputs = np.ones((2, 4, 5), np.float32)
    one, other = model(inputs, training=True), model(inputs, training=True)
    np.testing.assert_array_equal(one, other)
    model.trainable_variables[0].assign_add(np.ones((5, 2)))
    model.optimizer.iterations.assign(7)
    assert not np.allclose(model(inputs), one)
    assert calm.fresh() is model
    np.testing.assert_array_equal(model(inputs), one)
    assert int(model.optimizer.iterations) == 0
