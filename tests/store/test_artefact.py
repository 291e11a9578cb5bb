"""What is computed once: who waits is told for whom, and does not wait without end."""

import os
import re
from pathlib import Path

import pytest
from rich.console import Console

from coursekit import CourseError
from coursekit.store import artefact, cache, computed_once


def read(path: Path) -> str | None:
    return path.read_text() if path.is_file() else None


def write(path: Path) -> None:
    owner = cache.beside(path, artefact.OWNER).read_text()
    assert owner.startswith(f"process {os.getpid()} on ")
    path.write_text("42")


def test_it_is_computed_once_and_the_owner_goes(tmp_path: Path) -> None:
    path = tmp_path / "folder" / "weights"
    assert computed_once(path, read, write) == "42"
    assert computed_once(path, read, lambda _: pytest.fail("it is there")) == "42"
    assert not cache.beside(path, artefact.OWNER).exists()


def test_who_waits_is_told_how_to_proceed_and_not_kept_for_ever(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path, screen = tmp_path / "weights", Console(record=True, width=200)
    monkeypatch.setattr(artefact, "TELL_AFTER", 0.0)
    monkeypatch.setattr(artefact, "HALT_AFTER", 0.5)
    monkeypatch.setattr(artefact, "active_console", lambda: screen)
    cache.beside(path, artefact.OWNER).write_text("process 7 on here")
    with cache.locked(path, lambda: None), pytest.raises(CourseError) as caught:
        computed_once(path, read, write)
    assert re.search(
        r"process 7 on here keeps .*weights\.lock and has written nothing for 0\.008",
        str(caught.value),
    )
    assert caught.value.remedy == "look for a stopped coursekit process and end it"
    first, second = screen.export_text().splitlines()
    assert first == "another process is computing weights; waiting"
    assert "process 7 on here holds" in second
    assert "Ctrl-C stops waiting" in second
