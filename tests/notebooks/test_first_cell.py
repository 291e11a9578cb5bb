"""The first code cell names what a notebook needs and how to get it, of the kit or from outside."""

import shutil
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

from coursekit.errors import CourseError
from coursekit.notebooks.notebook import build_notebook
from coursekit.notebooks.reading import read_notebook
from coursekit.notebooks.template import templates
from coursekit.plugins import catalogue
from coursekit.practice import require
from tests.conftest import OUTSIDE, ROOT

PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
KIT, VERSION = PROJECT["name"], PROJECT["version"]
ADDRESS = PROJECT.get("urls", {}).get("Repository", "")
LIBRARIES = [
    next(line for line in PROJECT["dependencies"] if line.startswith(name))
    for name in ("tensorflow", "numpy", "matplotlib")
]
TEMPLATE = """# %% [markdown]
# # Sides
#
# **Goal.** Name a side.
#
# **Time.** 5 minutes
#
# **Before.** nothing
#
# **Kind.** complete

# %%
side = 1  # exercise
"""
# What pip puts into a folder works as in an environment, editable plugins too.
COMMAND = (
    "import site, sys; site.addsitedir(sys.argv.pop(1)); from coursekit.cli.app import main; main()"
)


def install(folder: Path, address: str, *options: str) -> Path:
    """Install the outside plugin, with an exercise, by pip; return where its metadata is."""
    source = folder / "source"
    shutil.copytree(OUTSIDE, source, ignore=shutil.ignore_patterns("__pycache__"))
    project = source / "pyproject.toml"
    urls = f'[project.urls]\nRepository = "{address}"\n' if address else ""
    editable = '[tool.hatch.build]\ndev-mode-dirs = ["."]\n'
    project.write_text(f"{project.read_text()}\n{urls}\n{editable}")
    (source / "coursekit_dots" / "templates").mkdir()
    (source / "coursekit_dots" / "templates" / "1_sides.py").write_text(TEMPLATE)
    command = ["-m", "pip", "install", "--quiet", "--no-deps", "--no-build-isolation"]
    done = subprocess.run(
        [sys.executable, *command, "--target", str(folder / "there"), *options, str(source)],
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr
    return folder / "there"


@pytest.mark.slow
@pytest.mark.parametrize("options", [(), ("--editable",)], ids=["wheel", "editable"])
@pytest.mark.parametrize("address", ["https://host.example/dots", ""], ids=["address", "none"])
def test_the_notebook_of_an_outside_plugin_names_it_and_installs_it(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    address: str,
    options: tuple[str, ...],
) -> None:
    there = install(tmp_path, address, *options)
    done = subprocess.run(
        [sys.executable, "-c", COMMAND, str(there), "build", "dots"],
        cwd=tmp_path,
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr
    book = read_notebook(tmp_path / "exercises" / "dots" / "1-sides.ipynb")
    source = next(cell["source"] for cell in book["cells"] if cell["cell_type"] == "code")

    needs = [f"{KIT}>={VERSION}", "coursekit-dots>=1.0", *LIBRARIES]
    clones = [n for n, known in ((KIT, ADDRESS), ("coursekit-dots", address)) if not known]
    between = "\n# and of "
    words = (
        f"clone the repository of {between.join(clones)},\n"
        "# then run this line without its #, with the path of your clone:"
        if clones
        else "run this line without its #:"
    )
    own = f'"coursekit-dots @ git+{address}"' if address else "path/to/coursekit-dots"
    kit = f'"{KIT} @ git+{ADDRESS}"' if ADDRESS else f"path/to/{KIT}"
    quoted = ", ".join(f'"{need}"' for need in needs)
    assert source == (
        "# Run this cell first. It checks that what the notebook needs is installed.\n"
        '# Stuck? Write hint("dots/sides") in a cell of your own.\n'
        f"# On Colab or Kaggle, before that, {words}\n"
        f"# %pip install {kit} {own}\n"
        "from __future__ import annotations\n\n"
        "from coursekit.practice import hint, require, run_checks\n\n"
        f"require({quoted})"
    )

    with pytest.raises(CourseError, match=r"coursekit-dots>=1\.0 \(here: none\)\n.*first lines"):
        exec(source, {})
    monkeypatch.syspath_prepend(str(there))
    exec(source, {})
    assert capsys.readouterr().out.startswith(f"{KIT} {VERSION}, coursekit-dots 1.0, tensorflow 2.")


@pytest.mark.parametrize("lesson", ["textgen", "dcgan", "nmt", "captioning"])
def test_the_notebooks_of_the_kit_name_its_distribution(lesson: str) -> None:
    for template in templates(catalogue().lesson(lesson)):
        book = build_notebook(template, "student")
        source = next(cell["source"] for cell in book["cells"] if cell["cell_type"] == "code")
        quoted = ", ".join(f'"{need}"' for need in (f"{KIT}>={VERSION}", *LIBRARIES))
        assert source.endswith(f"\nrequire({quoted})")


def test_the_remedy_names_to_pip_only_what_the_kit_requires() -> None:
    with pytest.raises(CourseError, match=r"tip: %pip install --upgrade \"numpy>=99\", then"):
        require("numpy>=99", f"{KIT}>={VERSION}")
    with pytest.raises(CourseError, match="tip: follow the first lines of this cell, then"):
        require("numpy>=99", f"{KIT}>=99")
    with pytest.raises(CourseError, match="'numpy 99' is not a requirement"):
        require("numpy 99")


def test_an_older_notebook_means_the_kit_by_its_import(capsys: pytest.CaptureFixture[str]) -> None:
    require("coursekit>=0.1.0")
    assert capsys.readouterr().out == f"coursekit {VERSION}\n"
    with pytest.raises(CourseError, match=rf"coursekit>=99 \(here: {VERSION}\)"):
        require("coursekit>=99")
