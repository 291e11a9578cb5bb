"""What is shown while a run trains."""

import io
from typing import Any

import pytest
from rich.console import Console

from coursekit.runs.display import LiveDisplay


@pytest.mark.parametrize("height", [24, 50])
def test_the_live_display_shows_all_and_fits_the_screen(dots: Any, height: int) -> None:
    screen = Console(file=io.StringIO(), force_terminal=True, width=80, height=height)
    view = LiveDisplay(screen, dots, epochs=20)
    for epoch in range(14):
        view.start_epoch(epoch, 10)
        view.update(5, 80, {"loss": 1.5})
        row = {"epoch": epoch + 1, "loss": 1.5, "validation_accuracy": 0.25}
        view.end_epoch({**row, "train_seconds": 1, "examples_per_second": 80}, ["a\nb\nc\nd\ne"])
    view.start_epoch(14, 10)
    view.update(5, 80, {"loss": 1.5})
    with screen.capture() as shown:
        screen.print(view.view())
    text = shown.get()
    assert text.count("\n") < height
    for word in ("accuracy", "25.0%", "after epoch 14", "epoch 15/20", "examples/s", "left"):
        assert word in text
