"""What the tests share: a command line in a process of its own, and the outside plugin."""

import gc
import io
import json
import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import chdir, redirect_stderr, redirect_stdout
from pathlib import Path
from typing import Any, NamedTuple
from unittest.mock import patch

import pytest

from tests import fast

ROOT = Path(__file__).parent.parent
OUTSIDE = ROOT / "tests" / "outside"
# Published files, which no test downloads: those of a mirror, or of a folder beside this checkout.
MIRROR = Path(os.environ.get("COURSEKIT_MIRROR") or ROOT.parent / "shared" / "data" / "mirror")
CASES = (
    ROOT.parent / "shared" / "cases"
)  # small inputs that failed once; a checkout need not have them


THREADS = "TF_NUM_INTRAOP_THREADS"


def pytest_configure(config: pytest.Config) -> None:
    """Hold the tests without the mark ``tf`` to importing no TensorFlow, and share the cores.

    TensorFlow wants every core for itself, and its idle threads wait busily: where several
    workers of pytest run, each gets its part of them.
    """
    fast.install(config)
    if workers := int(os.environ.get("PYTEST_XDIST_WORKER_COUNT", 0)):
        os.environ.setdefault(THREADS, str(max(1, (os.cpu_count() or 1) // workers)))


@pytest.fixture(autouse=True, scope="module")
def _short_collections() -> Iterator[None]:
    """Keep Python's garbage collection short.

    A process that has imported TensorFlow and run a thousand tests holds a million objects. Each
    full collection looks at all of them, which made allocations ten times as slow. What a module
    leaves alive is not looked at again.
    """
    gc.freeze()
    yield
    gc.collect()
    gc.freeze()


def published(dataset: str, name: str) -> Path:
    """Return a published file of a data set, or skip the test where it is absent.

    The reason of the skip names the public address, which is the one that the lesson declares:
    download the file from there into a folder and let ``COURSEKIT_MIRROR`` name that folder.
    """
    from coursekit.plugins import catalogue

    for path in (MIRROR / dataset / name, MIRROR / name):
        if path.is_file():
            return path
    sets = [each for lesson in catalogue().lessons.values() for each in lesson.datasets]
    files = [file for each in sets if each.name == dataset for file in each.files]
    address = next(file.url for file in files if file.name == name)
    pytest.skip(f"needs {name}, published at {address}, in a folder that COURSEKIT_MIRROR names")


def _heed_ctrl_c() -> None:
    signal.signal(signal.SIGINT, signal.SIG_DFL)


# A shell lets its background jobs ignore Ctrl-C, and what they start inherits that.
HEED_CTRL_C = None if sys.platform == "win32" else _heed_ctrl_c


class Done(NamedTuple):
    """What a command printed."""

    stdout: str
    stderr: str


class Command:
    """Runs ``coursekit`` in this process, which has imported TensorFlow once."""

    def __init__(self, folder: Path, environment: dict[str, str]) -> None:
        self.folder = folder
        self.environment = environment

    def __call__(self, *words: str, code: int | tuple[int, ...] | None = 0) -> Done:
        """Run a command that must end with a code, or one of several; None: 0, 1 or 2."""
        from coursekit.cli.app import main

        out, errors = io.StringIO(), io.StringIO()
        with (
            redirect_stdout(out),
            redirect_stderr(errors),
            chdir(self.folder),
            patch.dict(os.environ, self.environment),
            patch.object(sys, "argv", ["coursekit", *words]),
            patch.object(sys, "stdin", io.StringIO()),
        ):
            try:
                main()
                ended: object = 0
            except SystemExit as stop:
                ended = stop.code or 0
        done = Done(out.getvalue(), errors.getvalue())
        codes = (0, 1, 2) if code is None else code if isinstance(code, tuple) else (code,)
        right = ended in codes
        assert right, f"{words} ended with {ended}\n{done.stdout}\n{done.stderr}"
        return done

    def json(self, *words: str) -> Any:
        return json.loads(self(*words, "--json").stdout)


class Process(Command):
    """Runs ``coursekit`` in a process of its own, as a user does."""

    def arguments(self, *words: str) -> list[str]:
        return [sys.executable, "-m", "coursekit", *words]

    def __call__(self, *words: str, code: int | tuple[int, ...] | None = 0) -> Done:
        done = subprocess.run(
            self.arguments(*words),
            cwd=self.folder,
            env=self.environment,
            capture_output=True,
            text=True,
            encoding="utf-8",
            timeout=300,
            stdin=subprocess.DEVNULL,
        )
        codes = (0, 1, 2) if code is None else code if isinstance(code, tuple) else (code,)
        right = done.returncode in codes
        assert right, f"{words}\n{done.stdout}\n{done.stderr}"
        return Done(done.stdout, done.stderr)

    def start(self, *words: str) -> "subprocess.Popen[str]":
        return subprocess.Popen(
            self.arguments(*words),
            cwd=self.folder,
            env=self.environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            encoding="utf-8",
            preexec_fn=HEED_CTRL_C,
        )


def environment(cache: Path, *paths: Path) -> dict[str, str]:
    """Return an environment with a cache of its own, no mirror, and folders to import from.

    A process in it computes with all cores, as a user's does.
    """
    kept = {k: v for k, v in os.environ.items() if not k.startswith("COURSEKIT_") and k != THREADS}
    return {
        **kept,
        "COURSEKIT_CACHE": str(cache),
        "PYTHONPATH": os.pathsep.join(map(str, paths)),
        "PYTHONIOENCODING": "utf-8",
    }


@pytest.fixture(scope="session")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Install the outside plugin with pip into a folder of its own."""
    made = tmp_path_factory.mktemp("installed")
    source = tmp_path_factory.mktemp("source") / "outside"
    shutil.copytree(OUTSIDE, source, ignore=shutil.ignore_patterns("__pycache__"))
    command = ["-m", "pip", "install", "--quiet", "--no-deps", "--no-build-isolation"]
    done = subprocess.run(
        [sys.executable, *command, "--target", str(made), str(source)],
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr
    return made


@pytest.fixture
def process(tmp_path: Path, installed: Path) -> Process:
    """The command line in an empty folder and processes of its own, with the outside plugin."""
    return Process(tmp_path, environment(tmp_path / "cache", installed))


@pytest.fixture(scope="session")
def server() -> Iterator[Any]:
    """The process that command lines are forked off, see `tests.warm`."""
    from tests.warm import Server

    made = Server(ROOT)
    yield made
    made.end()


def forked(request: pytest.FixtureRequest, folder: Path, there: dict[str, str]) -> Process:
    """Return a command line whose processes are forked, where the system can, see `tests.warm`."""
    if not hasattr(os, "fork"):
        return Process(folder, there)
    from tests.warm import Warm

    return Warm(folder, there, request.getfixturevalue("server"))


@pytest.fixture
def warm(request: pytest.FixtureRequest, tmp_path: Path, installed: Path) -> Process:
    """As `process`, without the seconds of importing TensorFlow."""
    return forked(request, tmp_path, environment(tmp_path / "cache", installed))


@pytest.fixture
def coursekit(tmp_path: Path, dots: Any) -> Command:
    """The command line in an empty folder, in this process, with the outside plugin."""
    return Command(tmp_path, {"COURSEKIT_CACHE": str(tmp_path / "cache"), "COURSEKIT_MIRROR": ""})


@pytest.fixture
def dots(installed: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    """The outside plugin's lesson, in this process."""
    monkeypatch.syspath_prepend(str(installed))
    from coursekit.plugins import catalogue

    yield catalogue().lesson("dots")
    for name in [name for name in sys.modules if name.startswith("coursekit_dots")]:
        del sys.modules[name]


@pytest.fixture
def fake_plugin(tmp_path: Path) -> Callable[[str, str], Path]:
    """Return a function that installs a module as a plugin, by hand, into a folder."""

    def make(name: str, source: str) -> Path:
        folder = tmp_path / "plugins"
        meta = folder / f"{name}-1.0.dist-info"
        meta.mkdir(parents=True)
        (folder / f"{name}_module.py").write_text(source, encoding="utf-8")
        (meta / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {name}\nVersion: 1.0\n")
        (meta / "entry_points.txt").write_text(f"[coursekit]\n{name} = {name}_module\n")
        return folder

    return make
