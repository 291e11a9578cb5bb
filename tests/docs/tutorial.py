"""Follows a tutorial: writes the files and runs the commands that its page shows.

A block of Python or TOML whose first line names a file is that file, or more of it where the line
ends with ``(continued)``. A block ``sh`` has commands;
``# ends with status 1`` says how one ends. A block ``text`` below it is what they print, with
``...`` for anything.
"""

import os
import re
import subprocess
import sys
import sysconfig
import venv
from pathlib import Path

from tests.conftest import ROOT
from tests.docs.pages import blocks, text

FILE = re.compile(r"# ([\w./-]+\.(?:py|toml))( \(continued\))?\n")
STATUS = re.compile(r"\s+# ends with status (\d+)$")
PIP = {"PIP_NO_INDEX": "1", "PIP_NO_DEPS": "1", "PIP_NO_BUILD_ISOLATION": "0"}  # 0 stands for: none


def environment(folder: Path) -> dict[str, str]:
    """Make an environment that has all that this one has, and return the variables to use it.

    What a tutorial installs goes into it, and nowhere else.
    """
    venv.create(folder, with_pip=False)
    inner = {"base": str(folder), "platbase": str(folder)}
    packages = Path(sysconfig.get_path("purelib", vars=inner))
    here = [path for path in sys.path if path.endswith("site-packages")]
    packages.joinpath("here.pth").write_text(
        "".join(f"import site; site.addsitedir({path!r})\n" for path in here)
    )
    scripts = Path(sysconfig.get_path("scripts", vars=inner))
    python = next(scripts.glob("python*"))
    for name in ("pip", "coursekit"):
        script = scripts / name
        script.write_text(f'#!/bin/sh\nexec "{python}" -m {name} "$@"\n')
        script.chmod(0o755)
    kept = {k: v for k, v in os.environ.items() if not k.startswith(("COURSEKIT_", "PIP_"))}
    path = os.pathsep.join([str(scripts), kept["PATH"]])
    own = {"COURSEKIT_CACHE": str(folder / "cache"), "COURSEKIT_STATE": str(folder / "state")}
    return {**kept, **PIP, **own, "PATH": path, "PYTHONPATH": str(ROOT), "COLUMNS": "160"}


def follow(page: str, folder: Path, variables: dict[str, str]) -> int:
    """Do all that a page says; return how many commands were run."""
    printed, count = "", 0
    for language, body in blocks(text(page)):
        named = FILE.match(body)
        if language in ("python", "toml"):
            assert named, f"{page}: a block of code names no file:\n{body}"
            path = folder / named[1]
            path.parent.mkdir(parents=True, exist_ok=True)
            whole = body if language == "toml" else body[named.end() :]
            before = path.read_text(encoding="utf-8") if named[2] else ""
            path.write_text(before + whole, encoding="utf-8")
        elif language == "sh":
            printed = ""
            for line in body.splitlines():
                printed += run(line, folder, variables)
                count += 1
        elif language == "text":
            assert shows(printed, body), f"{page}: expected\n{body}\nbut got\n{printed}"
        else:
            assert language == "{toctree}", f"{page}: a block of {language!r}"
    return count


def run(line: str, folder: Path, variables: dict[str, str]) -> str:
    """Run a command line and return what it printed."""
    ends = STATUS.search(line)
    done = subprocess.run(
        STATUS.sub("", line),
        shell=True,
        cwd=folder,
        env=variables,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        encoding="utf-8",
        timeout=300,
    )
    wanted = int(ends[1]) if ends else 0
    assert done.returncode == wanted, f"{line} ended with {done.returncode}\n{done.stdout}"
    return done.stdout


def shows(printed: str, expected: str) -> bool:
    """Return whether an output is the expected one, ``...`` standing for anything."""
    pieces = map(re.escape, expected.strip("\n").split("..."))
    return re.fullmatch(r"\s*" + ".*".join(pieces) + r"\s*", printed, re.DOTALL) is not None
