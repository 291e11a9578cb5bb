"""Killed at each moment at which something reaches the disk, a run is resumed bit for bit."""

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.conftest import Command
from tests.runs.test_runs import values, without_times

pytestmark = pytest.mark.tf

WORDS = ("run", "dots", "--epochs", "2", "--eager", "--set", "batch_size=64")


class Killed(BaseException):
    """Stands for ``kill -9``: nothing of the program's own is done after it."""


class Moments:
    """Counts the calls that bring bytes or names to the disk; ends the program at one of them."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.count = 0
        self.last: int | None = None
        self.names: list[str] = []
        for name in ("fsync", "replace"):
            monkeypatch.setattr(os, name, self.counted(name, getattr(os, name)))
        unlink = Path.unlink

        def kept(path: Path, missing_ok: bool = False) -> None:
            if self.last is None or self.count <= self.last:
                unlink(path, missing_ok=missing_ok)

        monkeypatch.setattr(Path, "unlink", kept)  # a dead program cleans up nothing

    def counted(self, name: str, call: Callable[..., Any]) -> Callable[..., Any]:
        def instead(*words: Any, **more: Any) -> Any:
            self.pass_by(f"before {name}")
            result = call(*words, **more)
            self.pass_by(f"after {name}")
            return result

        return instead

    def pass_by(self, name: str) -> None:
        if self.last is not None and self.count > self.last:
            return  # dead already
        self.names.append(name)
        if self.count == self.last:
            self.count += 1
            raise Killed
        self.count += 1

    def until(self, last: int | None) -> None:
        self.count, self.last, self.names = 0, last, []


def test_each_moment(coursekit: Command, monkeypatch: pytest.MonkeyPatch) -> None:
    whole = coursekit.folder / "whole"
    moments = Moments(monkeypatch)
    coursekit(*WORDS, "--out", "whole")
    number = moments.count
    assert number >= 60
    assert {"before fsync", "after fsync", "before replace", "after replace"} == set(moments.names)
    # What is on the disk before a call is what was there after the last one: only one is tried.
    before = [at for at, name in enumerate(moments.names) if name.startswith("before")]
    assert 2 * len(before) == number
    for last in (*before, number - 1):
        out = coursekit.folder / f"killed-{last}"
        moments.until(last)
        with pytest.raises(Killed):
            coursekit(*WORDS, "--out", str(out))
        moments.until(None)
        finished = (out / "results.json").exists()
        if (out / "run.json").exists() and not finished:
            coursekit("run", "dots", "--resume", "--out", str(out))
        elif not finished:  # killed before there was a run: the folder is as good as new
            coursekit(*WORDS, "--out", str(out))
        for name in ("last.ckpt", "best.ckpt"):
            assert values(out / name) == values(whole / name), (last, name)
        assert without_times(out) == without_times(whole), last
