"""A model without dropout that can be put back to its first weights, so that it is made once."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator
from typing import Any

from coursekit.conformance.learning import MOST_STEPS
from coursekit.settings import Settings


class Calm:
    """A model whose every step is the same eagerly and compiled.

    Args:
        model: The model; its dropout layers are switched off.
    """

    def __init__(self, model: Any) -> None:
        from coursekit.runs.checkpoint import state

        switch_off(model)
        self.model = model
        self.variables = state(model)
        self.start = [variable.numpy() for variable in self.variables]
        self.first_weights = [variable.numpy() for variable in model.trainable_variables]

    def fresh(self) -> Any:
        """Return the model, all its variables as they were at first."""
        for variable, value in zip(self.variables, self.start, strict=True):
            variable.assign(value)
        return self.model


def calm_settings(settings: Settings, steps: int) -> Settings:
    """Return settings without dropout, and with epochs enough for a rate that does not end early.

    Args:
        settings: The tiny ones.
        steps: The batches of an epoch; less than 1 if nobody knows.
    """
    changes: dict[str, object] = {}
    for field in dataclasses.fields(settings):
        low, high = field.metadata.get("low"), field.metadata.get("high")
        if "dropout" in field.name and field.type in (float, "float") and not low:
            changes[field.name] = 0.0
        elif field.name == "epochs" and steps > 0:
            enough = max(settings.epochs, -(-2 * MOST_STEPS // steps))
            changes["epochs"] = enough if high is None else min(enough, int(high))
    return settings.replace(changes)


def switch_off(model: Any) -> None:
    """Set the rate of each dropout layer to zero, before its first step."""
    for layer in layers(model):
        names = ("rate",) if "Dropout" in type(layer).__name__ else ("dropout", "recurrent_dropout")
        for name in names:
            whole = not isinstance(getattr(type(layer), name, None), property)  # not its cell's
            if whole and isinstance(getattr(layer, name, None), float):
                setattr(layer, name, 0.0)


def layers(model: Any) -> Iterator[Any]:
    """Yield the layers of a model, and the layers of each of them."""
    seen: set[int] = set()
    waiting = [model]
    while waiting:
        layer = waiting.pop()
        if id(layer) not in seen:
            seen.add(id(layer))
            waiting.extend(layer._layers)
            yield layer
