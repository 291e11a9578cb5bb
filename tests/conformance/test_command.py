"""``coursekit verify``: verdicts in groups, times, and an exit code."""

import re

import pytest

from tests.conftest import Command

pytestmark = pytest.mark.tf


def test_all_groups(coursekit: Command) -> None:
    done = coursekit("verify", "dots")
    lines = done.stdout.splitlines()
    groups = [line for line in lines if not line.startswith(" ")][:-1]
    assert groups == [
        "imports", "contract", "settings", "data", "batches", "step", "learning", "training",
        "metrics", "demo", "notebooks", "exercises",
    ]  # fmt: skip
    assert re.fullmatch(r"  right a compiled step is the same as an eager one  \d+\.\d s",
                        next(line for line in lines if "compiled step is" in line))  # fmt: skip
    assert re.fullmatch(r"dots: \d\d right, 5 skipped in 0:\d\d", lines[-1])
    assert "wrong" not in done.stdout
    assert done.stderr == ""


def test_chosen_groups(coursekit: Command) -> None:
    done = coursekit("verify", "dots", "--only", "settings", "--only", "contract")
    assert [line for line in done.stdout.splitlines() if not line.startswith(" ")][:2] == [
        "contract",
        "settings",
    ]
    assert (
        "did you mean 'contract'?"
        in coursekit("verify", "dots", "--only", "contrakt", code=1).stderr
    )


def test_faults(coursekit: Command, monkeypatch: pytest.MonkeyPatch) -> None:
    from coursekit_dots import DotsLesson  # type: ignore[import-not-found]

    monkeypatch.setattr(DotsLesson, "evaluate", lambda *given: 0.5)
    done = coursekit("verify", "dots", "--only", "metrics", code=1)
    assert "  wrong evaluate returns what is declared, on the validation split" in done.stdout
    assert re.search(r"\n {8}`evaluate` of dots returned a float \(.*\); expected: ", done.stdout)
    assert "it needs the metrics of the validation split, which failed above" in done.stdout
    assert "error: dots does not pass 2 of 4 cases" in done.stderr
    assert "Traceback" not in done.stderr
