"""Downloads in real processes: two at once, one that is killed, and what they import."""

import os
import signal
import subprocess
import sys
from pathlib import Path
from random import Random

import pytest
from rich.console import Console

import coursekit
from coursekit.datasets import Dataset
from coursekit.store.cache import beside, location
from coursekit.store.download import fetch
from tests.conftest import HEED_CTRL_C
from tests.loopback import (
    Server,
    hold,
    only_file,
    screen_fixture,
    server_fixture,
    stall,
)

__all__ = ["screen_fixture", "server_fixture"]

CONTENT = Random(1).randbytes(300_000)
SCRIPT = """
import sys
from rich.console import Console
from coursekit import Dataset, RemoteFile
from coursekit.store.download import fetch
url, size, checksum = sys.argv[1:]
dataset = Dataset("pairs", "Pairs", "MIT", (RemoteFile(url, int(size), checksum),))
print(fetch(dataset, Console(stderr=True)).files["pairs.zip"])
"""


def start(*arguments: str) -> subprocess.Popen[str]:
    """Start Python; what it prints comes in pipes."""
    root = str(Path(coursekit.__file__).parents[1])
    return subprocess.Popen(
        [sys.executable, "-u", *arguments],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env=os.environ | {"PYTHONPATH": root},
        preexec_fn=HEED_CTRL_C,
    )


def start_fetch(dataset: Dataset) -> subprocess.Popen[str]:
    (file,) = dataset.files
    return start("-c", SCRIPT, file.url, str(file.size), file.checksum)


def await_line(process: subprocess.Popen[str], part: str) -> None:
    assert process.stderr is not None
    for line in process.stderr:
        if part in line:
            return
    pytest.fail(f"it ended without saying {part!r}")


def test_two_processes_make_one_download(server: Server) -> None:
    server.faults.append(hold)
    dataset = server.dataset(CONTENT)
    first = start_fetch(dataset)
    await_line(first, "downloading")
    while not server.requests:
        assert first.poll() is None
    second = start_fetch(dataset)
    await_line(second, "pairs.zip: another process is downloading it; waiting")
    server.released.set()
    for process in (first, second):
        out, _ = process.communicate(timeout=20)
        assert process.returncode == 0
        assert Path(out.strip()).read_bytes() == CONTENT
    assert len(server.requests) == 1


@pytest.mark.parametrize(
    "kind", [name for name in ("SIGKILL", "SIGINT", "SIGTERM") if os.name == "posix"]
)
def test_killed_process_is_taken_up_from(server: Server, screen: Console, kind: str) -> None:
    server.faults.append(stall(200_000))
    dataset = server.dataset(CONTENT)
    process = start_fetch(dataset)
    await_line(process, "50 %")
    process.send_signal(getattr(signal, kind))
    process.communicate(timeout=20)
    assert process.returncode != 0
    assert not location("pairs", "pairs.zip").exists()
    came = beside(location("pairs", "pairs.zip"), ".part").stat().st_size
    assert 0 < came <= 200_000
    assert only_file(fetch(dataset, screen)) == CONTENT
    assert server.ranges == [None, f"bytes={came}-"]


def test_what_is_heavy_is_imported_late() -> None:
    heavy = "httpx filelock platformdirs rich.console rich.progress ssl tensorflow keras"
    process = start(
        "-c",
        "import sys, coursekit.store.choose\n"
        f"print([name for name in {heavy.split()} if name in sys.modules])",
    )
    out, errors = process.communicate(timeout=60)
    assert (out.strip(), errors) == ("[]", "")
