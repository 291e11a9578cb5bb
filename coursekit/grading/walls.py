"""The walls between a student's code and all the rest of the machine.

``bubblewrap`` gives it namespaces of its own, with no network, a system that can only be read, an
empty scratch folder and nothing of the grader's. ``container`` asks docker or podman for the same.
``process`` is a process with limits alone; what it does not stop is said.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Literal, get_args

from coursekit.errors import CourseError
from coursekit.grading.view import KIT
from coursekit.plugins import find

Isolation = Literal["bubblewrap", "container", "process"]
ISOLATIONS: tuple[str, ...] = ("auto", *get_args(Isolation))

SCRATCH = "/scratch"  # where the student's code works, behind the walls
VIEW = "/kit"  # where it finds the kit and the plugin
SCRATCH_BYTES = 1_000_000_000
SYSTEM = ("/usr", "/bin", "/sbin", "/lib", "/lib32", "/lib64", "/libx32")
SETTINGS = ("ld.so.cache", "ld.so.conf", "ld.so.conf.d", "alternatives", "localtime", "fonts")
NOT_STOPPED = (
    "a process alone does not stop a student's code from reading the grader's files, from using "
    "the network, or from disturbing other processes of the same user"
)
INSTALL = "install bubblewrap (apt install bubblewrap), or choose --isolation process"


@dataclass(frozen=True)
class Walls:
    """How the process of a student's code is started.

    Attributes:
        isolation: What kind of walls they are.
        wrap: What comes before the command line.
        paths: Where that process finds modules, the copies of kit and plugin first.
        environment: Its environment.
        scratch: The folder in which it works; empty: the parent makes one.
        python: The interpreter, where it is found behind them.
    """

    isolation: Isolation
    wrap: tuple[str, ...]
    paths: tuple[str, ...]
    environment: dict[str, str]
    scratch: str = ""
    python: str = sys.executable


def choose(wanted: str) -> Isolation:
    """Return the walls to use: those that are asked for, or with "auto" the best there are.

    Raises:
        CourseError: There are no such walls, or not here.
    """
    if wanted not in ISOLATIONS:
        raise CourseError(f"there is no isolation {wanted!r}", f"one of {', '.join(ISOLATIONS)}")
    if wanted == "process":
        return "process"
    if wanted == "container":
        engine()
        return "container"
    reason = no_bubblewrap()
    if reason and wanted == "bubblewrap":
        raise CourseError(f"bubblewrap cannot be used: {reason}", remedy=INSTALL)
    return "process" if reason else "bubblewrap"


@lru_cache(maxsize=1)
def no_bubblewrap() -> str:
    """Return why bubblewrap cannot be used here; empty if it can."""
    if shutil.which("bwrap") is None:
        return "the command bwrap is not installed"
    trial = ["bwrap", *_apart(), *_system([]), "--", "/bin/true"]
    try:
        done = subprocess.run(trial, capture_output=True, text=True, timeout=20)
    except (OSError, subprocess.TimeoutExpired) as error:
        return str(error)
    said = done.stderr.strip().splitlines()
    return "" if done.returncode == 0 else (said or ["it does not start"])[-1]


def engine() -> str:
    """Return the command that runs containers.

    Raises:
        CourseError: None is installed.
    """
    for name in ("docker", "podman"):
        if shutil.which(name):
            return name
    raise CourseError(
        "neither docker nor podman is installed", remedy="install one, or choose --isolation auto"
    )


def walls(isolation: Isolation, view: Path, hidden: Iterable[Path] = (), image: str = "") -> Walls:
    """Return the walls around what runs with a view of kit and plugin.

    Args:
        isolation: What kind.
        view: The folder with the copies, see `make_view`.
        hidden: Files and folders of the grader's that must not be seen, wherever they lie.
        image: Of a container; it has ``python3`` with the kit's dependencies.

    Raises:
        CourseError: A container has no image.
    """
    own = [str(path) for path in site_folders()]
    if isolation == "process":
        return Walls("process", (), (str(view), *own), environment(""))
    if isolation == "container":
        if not image:
            raise CourseError(
                "no image is named",
                "one with Python and the kit's dependencies",
                "add --image NAME",
            )
        wrap = container(view, image)
        return Walls("container", wrap, (VIEW,), {**os.environ}, SCRATCH, "python3")
    seen = [Path(sys.prefix), Path(sys.base_prefix), Path(sys.executable).resolve().parent.parent]
    seen += [Path(path) for path in own]
    options = [
        "bwrap",
        *_apart(),
        *_system(seen),
        *_covered(seen, hidden),
        *("--ro-bind", str(view), VIEW),
        *("--remount-ro", "/", "--chdir", SCRATCH, "--"),
    ]
    return Walls("bubblewrap", tuple(options), (VIEW, *own), environment(SCRATCH), SCRATCH)


def environment(home: str) -> dict[str, str]:
    """Return the environment of a student's code: nothing of the grader's.

    Args:
        home: Its home and the place of its temporary files; empty: it has to be set later.
    """
    fixed = {
        "PATH": "/usr/local/bin:/usr/bin:/bin",
        "LANG": "C.UTF-8",
        "KERAS_BACKEND": "tensorflow",
        "TF_CPP_MIN_LOG_LEVEL": "3",
        "MPLBACKEND": "Agg",
        "CUDA_VISIBLE_DEVICES": "-1",
        "PYTHONDONTWRITEBYTECODE": "1",
        "PYTHONNOUSERSITE": "1",
    }
    places = {"HOME": home, "TMPDIR": home, "MPLCONFIGDIR": f"{home}/.matplotlib"} if home else {}
    windows = {k: v for k, v in os.environ.items() if k in ("SYSTEMROOT", "TEMP", "TMP")}
    return {**fixed, **places, **windows}


def site_folders() -> Iterator[Path]:
    """Yield where Python's own and installed packages are; no other folder is seen."""
    for name in sys.path:
        path = Path(name or ".").absolute()
        if path.is_dir() and name:
            own = any(path.is_relative_to(place) for place in (sys.prefix, sys.base_prefix))
            if own or any(path.glob("*.dist-info")):
                yield path


def _own_packages() -> set[str]:
    """Return the packages in which solutions are: of the kit and of all plugins."""
    return {KIT, *(point.module.partition(".")[0].partition(":")[0] for point in find())}


def _apart() -> list[str]:
    """Return the options by which a process shares nothing with the others of this machine."""
    return [
        *("--unshare-all", "--die-with-parent", "--new-session", "--cap-drop", "ALL"),
        *("--unshare-user", "--uid", "1000", "--gid", "1000", "--hostname", "exercise"),
    ]


def _system(seen: Iterable[Path]) -> list[str]:
    """Return the options that show the system and some folders, to be read."""
    options: list[str] = []
    for name in SYSTEM:
        path = Path(name)
        if path.is_symlink():
            options += ["--symlink", str(path.readlink()), name]
        elif path.is_dir():
            options += ["--ro-bind", name, name]
    for name in SETTINGS:
        options += ["--ro-bind-try", f"/etc/{name}", f"/etc/{name}"]
    outer: list[Path] = [Path(name) for name in SYSTEM]
    for path in sorted({path for path in seen if path.is_dir()}, key=lambda p: len(p.parts)):
        if not any(path.is_relative_to(other) for other in outer):
            options += ["--ro-bind", str(path), str(path)]
            outer.append(path)
    options += ["--proc", "/proc", "--dev", "/dev", "--remount-ro", "/dev"]
    if not any(path.is_relative_to("/tmp") for path in outer):
        options += ["--symlink", SCRATCH, "/tmp"]
    return [*options, "--size", str(SCRATCH_BYTES), "--tmpfs", SCRATCH]


def _covered(seen: Iterable[Path], hidden: Iterable[Path]) -> list[str]:
    """Return the options that cover what lies in a folder that is seen, and must not be."""
    places = [Path(name) for name in SYSTEM] + list(seen)
    own = [path / name for path in site_folders() for name in _own_packages()]
    own += [path / f"{name}.py" for path in site_folders() for name in _own_packages()]
    options: list[str] = []
    for path in {*own, *(Path(path).resolve() for path in hidden)}:
        if any(path.is_relative_to(place) for place in places) and path.exists():
            nothing = ("--tmpfs",) if path.is_dir() else ("--ro-bind", os.devnull)
            options += [*nothing, str(path)]
    return options


def container(view: Path, image: str) -> tuple[str, ...]:
    """Return what comes before the command line of a process in a container."""
    return (
        *(engine(), "run", "--rm", "--interactive", "--network", "none", "--read-only"),
        *("--cap-drop", "ALL", "--security-opt", "no-new-privileges", "--pids-limit", "256"),
        *("--user", "65534:65534", "--workdir", SCRATCH),
        *("--tmpfs", f"{SCRATCH}:size={SCRATCH_BYTES},mode=1777"),
        *("--mount", f"type=bind,source={view},target={VIEW},readonly"),
        *(word for pair in environment(SCRATCH).items() for word in ("--env", "=".join(pair))),
        *("--env", f"PYTHONPATH={VIEW}", image),
    )
