"""The plugin of pytest: a test for each case when it is asked for, and otherwise nothing."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

from tests.conftest import ROOT, environment

LIGHT = """
import sys

def test_nothing_of_the_kit_is_imported():
    assert "pytest_coursekit" in sys.modules
    kit = {name for name in sys.modules if name.split(".")[0] in ("coursekit", "tensorflow")}
    assert not kit
"""


def run_pytest(folder: Path, installed: Path, *words: str) -> str:
    done = subprocess.run(
        [
            sys.executable,
            "-m",
            "pytest",
            "-p",
            "pytest_coursekit",
            "-p",
            "no:cacheprovider",
            *words,
        ],
        cwd=folder,
        env=environment(folder / "cache", installed, ROOT),
        capture_output=True,
        text=True,
        encoding="utf-8",
    )
    return done.stdout + done.stderr


def test_other_tests_do_not_notice_it(tmp_path: Path, installed: Path) -> None:
    (tmp_path / "test_light.py").write_text(LIGHT)
    assert "1 passed" in run_pytest(tmp_path, installed)


def test_a_test_for_each_case_of_a_group(tmp_path: Path, installed: Path) -> None:
    words = ("--coursekit", "dots", "--coursekit-only", "contract", "-v")
    found = run_pytest(tmp_path, installed, *words)
    assert "coursekit::dots::contract::it says what people need to know PASSED" in found
    assert "5 passed" in found
    chosen = run_pytest(tmp_path, installed, *words, "-k", "metrics")
    assert "1 passed, 4 deselected" in chosen


def test_what_is_skipped_says_why(tmp_path: Path, installed: Path) -> None:
    words = ("--coursekit", "dots", "--coursekit-only", "exercises", "-rs")
    found = run_pytest(tmp_path, installed, *words)
    assert "1 skipped" in found
    assert "the lesson has no templates in" in " ".join(found.split())


def test_a_fault_is_told_in_a_sentence(tmp_path: Path, installed: Path) -> None:
    (tmp_path / "conftest.py").write_text(
        "from coursekit_dots import DotsLesson\nDotsLesson.question = 'No question.'\n"
    )
    words = ("--coursekit", "dots", "--coursekit-only", "contract")
    found = run_pytest(tmp_path, installed, *words)
    assert "1 failed, 4 passed" in found
    assert re.search(r"question is 'No question.' \(.*, class DotsLesson\); expected: ", found)
    assert "Traceback" not in found
    assert "suite.py" not in found


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (("--coursekit", "dot"), "did you mean 'dots'?"),
        (("--coursekit", "dots", "--coursekit-only", "contrakt"), "did you mean 'contract'?"),
    ],
)
def test_what_is_mistyped(
    tmp_path: Path, installed: Path, words: tuple[str, ...], says: str
) -> None:
    found = run_pytest(tmp_path, installed, *words)
    assert says in found
    assert "Traceback" not in found
