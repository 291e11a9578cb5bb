"""Seconds that ``coursekit check`` of each solved exercise takes, in a fresh process each time.

    python benchmarks/check.py [EXERCISE ...] [--times 5] [--light]

Prints for each exercise the median and the best by the clock, and the least that its processes
took of the processors; then the median exercise of those that import TensorFlow and of the
others. ``--light`` leaves the former out.
"""

from __future__ import annotations

import argparse
import os
import platform
import resource
import subprocess
import sys
import time
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from typing import NamedTuple

from coursekit.notebooks.notebook import build_notebook, notebook_text
from coursekit.notebooks.template import Template
from coursekit.practice.gather import declared
from coursekit.practice.locate import all_exercises
from coursekit.practice.student_cells import work_of
from coursekit.practice.worker_client import Child

COMMAND = Path(sys.executable).with_name("coursekit")
PROBE = "def imports():\n    import sys\n    return 'tensorflow' in sys.modules\n"


class Times(NamedTuple):
    """What one check took, in seconds: by the clock, and of the processors."""

    wall: float
    processor: float


def checked(path: Path) -> Times:
    """Check a notebook.

    Raises:
        SystemExit: A check does not pass.
    """
    before, start = resource.getrusage(resource.RUSAGE_CHILDREN), time.perf_counter()
    done = subprocess.run([COMMAND, "check", path], capture_output=True, text=True)
    wall, after = time.perf_counter() - start, resource.getrusage(resource.RUSAGE_CHILDREN)
    if done.returncode:
        sys.exit(f"{path}: {done.stdout}{done.stderr}")
    spent = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return Times(wall, spent)


def written(template: Template, folder: Path) -> Path:
    """Write the solved edition of an exercise and return its path."""
    path = folder / template.lesson / template.file_name
    path.parent.mkdir(exist_ok=True)
    path.write_text(notebook_text(build_notebook(template, "solved")), encoding="utf-8")
    return path


def imports_tensorflow(template: Template, folder: Path) -> bool:
    """Run what a check runs of the solved edition, and say whether it imported TensorFlow."""
    work = work_of(template, build_notebook(template, "solved"))
    with Child(work.code, {**declared(template).probes, "imports": PROBE}, folder) as child:
        child.prepare()
        return bool(child.call("imports", []))


def main() -> None:
    """Check all exercises, or those that are named."""
    words = argparse.ArgumentParser()
    words.add_argument("exercises", nargs="*", metavar="EXERCISE")
    words.add_argument("--times", type=int, default=5)
    words.add_argument("--light", action="store_true")
    wanted = words.parse_args()
    known = all_exercises()
    found: dict[bool, list[float]] = {False: [], True: []}
    print(f"{platform.machine()}, {os.cpu_count()} processors, Python {platform.python_version()}")
    print(f"{'exercise':24}{'median':>9}{'best':>9}{'processors':>12}")
    with TemporaryDirectory() as folder:
        os.environ["COURSEKIT_STATE"] = f"{folder}/state"
        for name in wanted.exercises or known:
            template = known[name].read()
            heavy = imports_tensorflow(template, Path(folder))
            if heavy and wanted.light:
                continue
            path = written(template, Path(folder))
            times = [checked(path) for _ in range(wanted.times)]
            walls, spent = [t.wall for t in times], min(t.processor for t in times)
            found[heavy].append(median(walls))
            print(f"{name:24}{median(walls):7.2f} s{min(walls):7.2f} s{spent:10.2f} s", flush=True)
    for heavy, medians in found.items():
        if medians:
            which = "with" if heavy else "without"
            print(f"{which} TensorFlow: {median(medians):.2f} s (median of {len(medians)})")


if __name__ == "__main__":
    main()
