"""``coursekit doctor``: what must be right on a machine before a lesson can run on it."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from importlib.metadata import packages_distributions
from pathlib import Path
from typing import NamedTuple

from packaging.utils import canonicalize_name
from rich.filesize import decimal
from rich.text import Text

from coursekit.console import Consoles, table
from coursekit.distribution import PACKAGE, bound, kit
from coursekit.errors import CourseError
from coursekit.practice.records import state_path
from coursekit.store.cache import cache_dir

ROOM = 1_000_000_000  # bytes that data sets and runs may need
ASK_TENSORFLOW = (
    "import json, sys; import tensorflow as tf, keras; print('\\n' + json.dumps([tf.__version__, "
    "keras.__version__, [d.name for d in tf.config.list_physical_devices('GPU')]]))"
)


class Finding(NamedTuple):
    """One thing that was checked; `remedy` is empty if it is right."""

    what: str
    found: str
    remedy: str = ""


def findings() -> Iterator[Finding]:
    """Check versions, GPU, folders and the kernel."""
    yield Finding("Python", sys.version.split()[0])
    yield _kit()
    yield from _tensorflow()
    yield _place("cache", cache_dir, "COURSEKIT_CACHE")
    yield _place("your progress", lambda: state_path().parent, "COURSEKIT_STATE")
    yield _writable("this folder", Path.cwd())
    yield _kernel()


def _kit() -> Finding:
    own = kit()
    names = {canonicalize_name(name) for name in packages_distributions().get(PACKAGE, ())}
    others = sorted(names - {canonicalize_name(own.name)})
    remedy = f"pip uninstall {' '.join(others)}, then install {own.name} again" if others else ""
    found = f"{own.version}, from the distribution {', '.join([own.name, *others])}"
    return Finding(PACKAGE, found, remedy)


def _tensorflow() -> Iterator[Finding]:
    done = subprocess.run(
        [sys.executable, "-c", ASK_TENSORFLOW],
        capture_output=True,
        text=True,
        env={**os.environ, "TF_CPP_MIN_LOG_LEVEL": "3", "KERAS_BACKEND": "tensorflow"},
    )
    try:
        tensorflow, keras, gpus = json.loads(done.stdout.splitlines()[-1])
    except (IndexError, ValueError):
        last = (done.stderr.strip().splitlines() or ["no output"])[-1]
        needed = bound("tensorflow", kit())
        yield Finding("TensorFlow", last, f'pip install --force-reinstall "{needed}"')
        return
    yield Finding("TensorFlow", tensorflow)
    yield Finding("Keras", keras)
    yield Finding("GPU", ", ".join(gpus) or "none; the lessons are made for a CPU")


def _place(what: str, find: Callable[[], Path], variable: str) -> Finding:
    """Check a folder that an environment variable may name."""
    try:
        finding = _writable(what, find())
    except CourseError as error:
        return Finding(what, error.what, f"set {variable} to {error.expected or 'a folder'}")
    if finding.remedy.startswith("make"):
        return finding._replace(remedy=f"{finding.remedy}, or set {variable} to another")
    return finding


def _writable(what: str, folder: Path) -> Finding:
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=folder):
            free = shutil.disk_usage(folder).free
    except OSError as error:
        return Finding(what, f"{folder}: {error.strerror}", f"make {folder} writable")
    remedy = "" if free > ROOM else f"free some space: {decimal(ROOM)} is enough"
    return Finding(what, f"{folder}, {decimal(free)} free", remedy)


def _kernel() -> Finding:
    from jupyter_client.kernelspec import KernelSpecManager, NoSuchKernel

    try:
        spec = KernelSpecManager().get_kernel_spec("python3")
    except NoSuchKernel:
        return Finding("notebook kernel", "none", f"{sys.executable} -m ipykernel install --user")
    return Finding("notebook kernel", f"{spec.display_name} ({spec.argv[0]})")


def doctor(out: Consoles) -> int:
    """Print what was found, and the number of things to fix."""
    grid, wrong = table("", "what", "found", lead=("", "what")), []
    for finding in findings():
        sign = Text("!", style="yellow") if finding.remedy else Text("ok", style="green")
        grid.add_row(sign, Text(finding.what), Text(finding.found))
        wrong += [finding] if finding.remedy else []
    out.show(grid)
    for finding in wrong:
        out.result(f"{finding.what}: {finding.remedy}", "bold")
    return len(wrong)
