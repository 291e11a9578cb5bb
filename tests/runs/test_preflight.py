"""What a run does before its first epoch; the mistakes that it finds are in `tests/conformance`."""

from pathlib import Path
from typing import Any

import pytest

from coursekit.console import consoles
from coursekit.runs.resume import Request
from coursekit.runs.runner import run_lesson

pytestmark = pytest.mark.tf


def test_the_untrained_model_is_measured_once(
    dots: Any, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    out = tmp_path / "run"
    run_lesson(dots, Request(out=out, assignments=("epochs=1",)), consoles())
    shown = capsys.readouterr().err
    assert shown.count("untrained  accuracy ") == 1
    run_lesson(dots, Request(out=out, resume=True, assignments=("epochs=2",)), consoles())
    assert "untrained  accuracy" not in capsys.readouterr().err
