"""The fast tests import no TensorFlow, and one that does fails with words that say why."""

import subprocess
import sys
from pathlib import Path

import pytest

from tests.conftest import ROOT

SAMPLE = """
import pytest
import coursekit

def test_light():
    pass

def test_heavy():
    import {module}

@pytest.mark.tf
def test_marked():
    raise RuntimeError("runs only where TensorFlow may be imported")

@pytest.mark.slow
def test_slow():
    raise RuntimeError("runs only where there is time")
"""
WHOLE = "import pytest\nimport tensorflow\n\npytestmark = pytest.mark.tf\n\ndef test_any(): pass\n"


def fast(*words: str) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(
        [sys.executable, "-m", "pytest", "-p", "no:cacheprovider", "-m", "not tf", *words],
        cwd=ROOT,
        capture_output=True,
        text=True,
        encoding="utf-8",
    )


@pytest.mark.parametrize("module", ["tensorflow", "keras.layers"])
def test_a_test_without_the_mark_that_imports_tensorflow_fails(tmp_path: Path, module: str) -> None:
    (tmp_path / "test_sample.py").write_text(SAMPLE.format(module=module))
    (tmp_path / "test_whole.py").write_text(WHOLE)
    done = fast("-p", "tests.conftest", "-c", "pyproject.toml", str(tmp_path))
    assert "1 failed, 1 passed, 2 deselected" in done.stdout, done.stdout + done.stderr
    assert "a test without the mark tf imports" in done.stdout
    assert "test_heavy" in done.stdout


@pytest.mark.slow
def test_no_module_of_the_fast_tests_imports_tensorflow() -> None:
    done = fast("--collect-only", "tests")
    assert done.returncode == 0, done.stdout + done.stderr
