"""``check`` with names alone runs without Typer, and as Typer would run it."""

from __future__ import annotations

import subprocess
import sys

import pytest

from coursekit.cli import app, practice
from coursekit.practice import start

POSIX = pytest.mark.skipif(sys.platform == "win32", reason="Typer expands *.ipynb on Windows")


@POSIX
@pytest.mark.parametrize("words", ["check", "check a", "check a b.ipynb --json", "check --json"])
def test_names_alone_need_no_parser(words: str) -> None:
    assert practice.is_plain_check(words.split())


@pytest.mark.parametrize(
    "words", ["", "checks", "check --help", "check -h", "check --jsn", "check -- a", "hint a"]
)
def test_all_else_is_parsed(words: str) -> None:
    assert not practice.is_plain_check(words.split())


def test_completion_is_left_to_typer(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("_COURSEKIT_COMPLETE", "complete_bash")
    assert not practice.is_plain_check(["check", "a"])


@POSIX
@pytest.mark.parametrize(
    "words", ["check nowhere.ipynb", "check nowhere/else", "check no.ipynb no/where --json"]
)
def test_both_ways_say_the_same(
    words: str, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    told = []
    for plain in (True, False):
        if not plain:
            monkeypatch.setattr(practice, "is_plain_check", lambda words: False)
        monkeypatch.setattr(sys, "argv", ["coursekit", *words.split()])
        with pytest.raises(SystemExit) as ended:
            app.main()
        told.append((ended.value.code, *capfd.readouterr()))
    assert told[0] == told[1]
    assert told[0][0] == 1
    assert "there is no" in "".join(told[0][1:])


def test_a_process_that_nobody_takes_is_ended() -> None:
    start.start_ahead()
    (ahead,) = start._ahead
    start.end_untaken()
    assert ahead.process.poll() is not None
    assert ahead.said.closed
    assert start.taken() is None


def test_a_process_that_cannot_start_ahead_is_left_to_whoever_needs_it(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def missing(*args: object, **options: object) -> None:
        raise FileNotFoundError(2, "No such file", "python")

    monkeypatch.setattr(subprocess, "Popen", missing)
    start.start_ahead()
    assert start.taken() is None
