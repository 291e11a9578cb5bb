"""The processes that the tests of this folder share."""

from collections.abc import Iterator

import pytest

from coursekit.practice.worker_process import Worker
from tests.workers import LIMITS, Spare


@pytest.fixture(scope="module")
def worker(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Worker]:
    """One process for all cases that it must survive."""
    with Worker(LIMITS) as made:
        made.begin(tmp_path_factory.mktemp("notebook"), {"probed": "def probed(): return six()"})
        yield made


@pytest.fixture(scope="module")
def spare(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Spare]:
    made = Spare(tmp_path_factory.mktemp("notebook"))
    yield made
    made.end()
