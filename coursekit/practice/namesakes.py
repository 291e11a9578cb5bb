"""Files beside a notebook that bear the name of a library.

A kernel imports the file in place of the library; the checks import the library. Both cannot be
right, and Jupyter itself may break, so the student is told.
"""

from __future__ import annotations

import os
import sys
from importlib.machinery import PathFinder
from pathlib import Path


def namesakes(folder: Path) -> dict[str, Path]:
    """Return the modules in a folder whose names a library has that lies elsewhere, by name."""
    own = folder.resolve()
    elsewhere = [path for path in sys.path if path and Path(path).resolve() != own]
    found: dict[str, Path] = {}
    if not os.access(folder, os.R_OK):  # entered, but not listed
        return found
    for path in sorted(folder.iterdir()):
        name = path.stem if path.suffix == ".py" else path.name
        if not name.isidentifier() or not (path.suffix == ".py" or (path / "__init__.py").exists()):
            continue
        if name in sys.stdlib_module_names or PathFinder.find_spec(name, elsewhere):
            found[name] = path
    return found


def in_words(name: str, path: Path) -> str:
    """Warn the student of a file that hides a library."""
    return (
        f"{path.name} beside the notebook has the same name as the library {name}: "
        f"Jupyter imports your file in its place, the checks import the library. Rename your file"
    )
