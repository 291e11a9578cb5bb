"""Keras's settings: the kit's, whatever stands in the user's own file."""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.conftest import CASES

# Behaves at its import as Keras does, in a hundredth of the time.
KERAS = """
import json, os, sys
from types import SimpleNamespace
import keras.src.backend.config as file
config = SimpleNamespace(values=dict(file.values))
for _name in ("floatx", "image_data_format", "epsilon", "dtype_policy"):
    setattr(config, "set_" + _name, lambda value, name=_name: config.values.update({name: value}))
try: import pandas
except ImportError: pandas = None
"""
CONFIG = """
import json, os
_KERAS_DIR = os.environ.get("KERAS_HOME") or os.path.expanduser("~/.keras")
path = os.path.join(_KERAS_DIR, "keras.json")
values = json.load(open(path)) if os.path.exists(path) else {}
if values.get("floatx") == "float8": raise ValueError("Invalid floatx")
"""
SETTINGS = {
    "floatx": "float32",
    "image_data_format": "channels_last",
    "epsilon": 1e-7,
    "dtype_policy": "float32",
}
TELL = "print(json.dumps([keras.config.values, keras.file._KERAS_DIR, keras.pandas is None]))"


@pytest.fixture
def pretended(tmp_path: Path) -> Path:
    (tmp_path / "keras" / "src" / "backend").mkdir(parents=True)
    (tmp_path / "keras" / "__init__.py").write_text(KERAS)
    (tmp_path / "keras" / "src" / "backend" / "config.py").write_text(CONFIG)
    (tmp_path / "pandas.py").touch()
    return tmp_path


def told(folder: Path, code: str, settings: object, **environment: str) -> Any:
    """Run code in a process whose user has these settings of Keras's."""
    home = folder / "home"
    (home / ".keras").mkdir(parents=True, exist_ok=True)
    (home / ".keras" / "keras.json").write_text(json.dumps(settings))
    kept = {name: value for name, value in os.environ.items() if name != "KERAS_HOME"}
    paths = os.pathsep.join([str(folder), *(path for path in sys.path if path)])
    done = subprocess.run(
        [sys.executable, "-c", f"import json\n{code}\n{TELL}"],
        env={**kept, "HOME": str(home), "PYTHONPATH": paths, **environment},
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


@pytest.mark.parametrize(
    "settings",
    [
        {"floatx": "float16"},
        {"floatx": "float64", "image_data_format": "channels_first", "epsilon": 1e-3},
        {"floatx": "float8"},
        [],
    ],
)
def test_the_users_file_is_not_read(pretended: Path, settings: object) -> None:
    found, folder, without_pandas = told(pretended, "import coursekit, keras", settings)
    assert found == SETTINGS
    assert folder == str(pretended / "home" / ".keras")  # where weights and data sets are kept
    assert without_pandas is False


def test_a_keras_that_was_imported_before_is_put_right(pretended: Path) -> None:
    found, *_ = told(pretended, "import keras, coursekit", {"floatx": "float16", "backend": "x"})
    assert found == SETTINGS | {"backend": "x"}


def test_the_folder_that_the_user_chose_stays(pretended: Path) -> None:
    code = "import coursekit, keras, os\nassert os.environ['KERAS_HOME'] == 'chosen'"
    assert told(pretended, code, {}, KERAS_HOME="chosen")[1] == "chosen"


def test_a_light_import_leaves_out_what_no_exercise_uses_for_as_long_as_it_lasts(
    pretended: Path,
) -> None:
    light = "from coursekit import keras_setup\nkeras_setup.install(light=True)\nimport keras"
    assert told(pretended, f"{light}\nimport pandas", {})[2] is True
    assert told(pretended, f"import pandas\n{light}", {})[2] is False


@pytest.mark.tf
@pytest.mark.skipif(
    not CASES.is_dir(),
    reason=f"the settings are read from {CASES / 'keras-json'}, and there is no such folder",
)
def test_keras_itself_in_the_process_that_runs_a_students_code(tmp_path: Path) -> None:
    from coursekit.practice.worker_client import Child, Code
    from coursekit.practice.worker_process import Worker

    homes = CASES / "keras-json"
    code = """
import sys
import keras
import numpy as np
model = keras.Sequential([keras.layers.Conv2D(2, 3)])
shape, kind = model(np.ones((1, 8, 8, 3))).shape, keras.config.dtype_policy().name
found = keras.config.floatx(), keras.config.image_data_format(), kind, tuple(shape)
absent = [name for name in ("sklearn", "pandas", "matplotlib") if name in sys.modules]
import pandas
"""
    own = {**os.environ, "KERAS_HOME": str(homes / "float16" / ".keras")}
    cells = [Code("the cell", code, False)]
    with Child(cells, {}, tmp_path, worker=Worker(environment=own)) as child:
        assert child.value("found") == ("float32", "channels_last", "float32", (1, 6, 6, 2))
        assert child.value("absent") == []
        assert child.faults == {}
