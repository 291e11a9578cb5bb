"""Light to list: the plugin's top module imports nothing heavy."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator

from coursekit.conformance.case import Case, NotApplicable, fault
from coursekit.conformance.subject import Subject
from coursekit.plugins import catalogue

HEAVY = ("tensorflow", "keras", "torch", "jax", "matplotlib", "sacrebleu", "scipy", "pandas")
# Tells who asks for a heavy module, instead of importing it.
SCRIPT = """
import json, sys, traceback
names, distribution = sys.argv[1:3]
class Tell:
    def find_spec(self, name, path=None, target=None):
        if name in sys.argv[3:]:
            stack = [f for f in traceback.extract_stack()[:-1] if "importlib" not in f.filename]
            print(json.dumps([name, stack[-1].filename, stack[-1].lineno]))
            sys.stdout.flush()
            import os
            os._exit(0)
from coursekit.plugins import find, load
sys.meta_path.insert(0, Tell())
for found in find():
    if found.name == names and found.distribution == distribution:
        for lesson in load(found):
            lesson.presets, lesson.datasets, lesson.metrics, lesson.templates, lesson.demo_options
"""


def cases(subject: Subject) -> list[Case]:
    """Return the one case of this group."""
    return [Case("imports", "listing the lesson imports nothing heavy", heavy)]


def heavy(subject: Subject) -> Iterator[str]:
    """Import the plugin in a new process where nothing heavy can be imported."""
    found = catalogue().providers.get(subject.lesson.name)
    if found is None:
        raise NotApplicable("the lesson is not installed as a plugin")
    done = subprocess.run(
        [sys.executable, "-c", SCRIPT, found.name, found.distribution, *HEAVY],
        env={**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, sys.path))},
        capture_output=True,
        text=True,
        encoding="utf-8",
        check=False,
    )
    if done.returncode:
        last = (done.stderr.strip().splitlines() or [f"it ended with {done.returncode}"])[-1]
        yield fault(f"{found.label} cannot be imported in a new process: {last}")
    elif done.stdout.strip():
        name, file, line = json.loads(done.stdout.strip().splitlines()[-1])
        yield fault(
            f"{file}:{line} imports {name} when lessons are listed",
            "a plugin whose top module imports nothing heavy",
            f"import {name} inside the function that needs it",
        )
