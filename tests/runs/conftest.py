"""One run of the outside lesson, trained once and copied by who needs it."""

import shutil
from pathlib import Path

import pytest

from tests.conftest import Command, environment, forked


@pytest.fixture(scope="session")
def finished_run(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory, installed: Path
) -> Path:
    """A finished run of ``dots``, which is not to be changed."""
    folder = tmp_path_factory.mktemp("finished")
    forked(request, folder, environment(folder / "cache", installed))(
        "run", "dots", "--out", "whole"
    )
    return folder / "whole"


@pytest.fixture
def finished(coursekit: Command, finished_run: Path) -> Path:
    """A finished run of a test's own, in the folder of its command line."""
    shutil.copytree(finished_run, coursekit.folder / "whole")
    return coursekit.folder / "whole"
