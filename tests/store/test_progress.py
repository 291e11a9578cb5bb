"""One live display at a time: what is counted joins the one that is active."""

import io
from typing import Any

import pytest
from rich.console import Console
from rich.live import Live

from coursekit.store import Meter
from coursekit.store.progress import active_console, busy


@pytest.fixture
def terminal() -> Console:
    return Console(file=io.StringIO(), force_terminal=True, width=80)


@pytest.fixture
def started(monkeypatch: pytest.MonkeyPatch) -> list[Live]:
    """The live displays that were started."""
    displays: list[Live] = []
    start = Live.start

    def counted(self: Live, refresh: bool = False) -> None:
        displays.append(self)
        start(self, refresh)

    monkeypatch.setattr(Live, "start", counted)
    return displays


def count(meter: Meter) -> None:
    with meter:
        meter.begin(0, 100)
        meter.advance(100)


def test_a_meter_alone_has_a_display_of_its_own(terminal: Console, started: list[Live]) -> None:
    count(Meter(terminal, "pairs.zip", 100))
    assert len(started) == 1
    assert "pairs.zip" in terminal.file.getvalue()  # type: ignore[attr-defined]


def test_a_meter_joins_the_spinner(terminal: Console, started: list[Live]) -> None:
    with busy(terminal, "reading pictures"):
        assert active_console() is terminal
        count(Meter(None, "features", 100))
        count(Meter(Console(file=io.StringIO(), force_terminal=True), "weights", 100))
        with busy(terminal, "and more"):
            pass
    assert len(started) == 1
    assert active_console() is not terminal


def test_a_meter_joins_the_training_view(dots: Any, terminal: Console, started: list[Live]) -> None:
    from coursekit.runs.display import LiveDisplay

    view = LiveDisplay(terminal, dots, epochs=1)
    with view.shown():
        meter = Meter(None, "classifier", 100)
        with meter:
            meter.begin(0, 100)
            assert [task.description for task in view.counted.tasks] == ["classifier"]
        assert not view.counted.tasks
    assert len(started) == 1


def test_elsewhere_there_are_plain_lines() -> None:
    pipe = Console(file=io.StringIO(), width=80)
    with busy(pipe, "reading"):
        count(Meter(pipe, "pairs.zip", 100))
    assert pipe.file.getvalue() == "pairs.zip: 100 %\n"  # type: ignore[attr-defined]
