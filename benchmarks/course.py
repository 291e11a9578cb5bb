"""The whole course with solutions, from a fresh state: seconds of every notebook.

Executes every worked lesson and every solved exercise of the installed lessons, checks each
solved exercise from the command line, and ends with ``coursekit progress``, which must say 100 %.

    python benchmarks/course.py [LESSON ...]
"""

from __future__ import annotations

import os
import subprocess
import sys
import time
from pathlib import Path
from tempfile import TemporaryDirectory

from coursekit.errors import CourseError
from coursekit.notebooks import build
from coursekit.notebooks.notebook import build_notebook, notebook_text
from coursekit.notebooks.template import Template, templates
from coursekit.plugins import catalogue


def coursekit(*words: str) -> subprocess.CompletedProcess[str]:
    """Run the command line in a process of its own."""
    code = "from coursekit.cli.app import main; main()"
    return subprocess.run(
        [sys.executable, "-c", code, *words], capture_output=True, text=True, encoding="utf-8"
    )


def execute(template: Template, folder: Path) -> tuple[float, str]:
    """Execute a notebook with its solutions, write it, and return seconds and what failed."""
    book = build_notebook(template, "solved")
    path = folder / template.lesson / template.file_name
    path.parent.mkdir(exist_ok=True)
    path.write_text(notebook_text(book), encoding="utf-8")
    start = time.perf_counter()
    try:
        build.execute(book)
    except CourseError as error:
        return time.perf_counter() - start, str(error)
    return time.perf_counter() - start, ""


def check(template: Template, folder: Path) -> tuple[float, str]:
    """Check a solved exercise, and return seconds and what failed."""
    start = time.perf_counter()
    done = coursekit("check", str(folder / template.lesson / template.file_name))
    return time.perf_counter() - start, done.stdout + done.stderr if done.returncode else ""


def main() -> int:
    """Run the course; return 1 if anything fails."""
    known = catalogue()
    wanted = sys.argv[1:] or list(known.lessons)
    failed = []
    with TemporaryDirectory() as folder:
        os.environ["COURSEKIT_STATE"] = f"{folder}/state"
        print(f"{'notebook':22}{'execute':>9}{'check':>9}")
        for lesson in wanted:
            coursekit("start", lesson, f"{folder}/{lesson}")  # else no point is recorded
            for template in templates(known.lesson(lesson)):
                seconds, fault = execute(template, Path(folder))
                checking = ""
                if template.number and not fault:
                    took, fault = check(template, Path(folder))
                    checking = f"{took:.1f} s"
                print(f"{template.name:22}{seconds:7.1f} s{checking:>9}", flush=True)
                failed += [f"{template.name}: {fault}"] if fault else []
        shown = coursekit("progress").stdout
    print(f"\n{shown}")
    if not sys.argv[1:] and "points, 100%" not in shown:
        failed.append("progress is not at 100 %")
    print("\n".join(failed) or "all passed")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
