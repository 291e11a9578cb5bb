"""Members that a lesson's class leaves to the modules beside it."""

import importlib
import sys
from collections.abc import Callable, Iterator
from importlib.metadata import EntryPoint
from pathlib import Path
from typing import Any

import pytest

from coursekit import CourseError, Lesson
from coursekit.plugins import Found, catalogue, load

TOP = """
from coursekit import Dataset, Lesson, Metric, Settings, hookimpl

class TinyLesson(Lesson):
    name = "tiny"
    title = "A lesson on a page"
    question = "Is a page enough?"
    presets = {"quick": Settings()}
    datasets = (Dataset("none", "nothing", "public domain"),)
    metrics = (Metric("right", "share that is right"),)

@hookimpl
def coursekit_lessons():
    return [TinyLesson()]
"""
WHOLE = {
    "data": "def data(dataset, settings):\n    return ['data', dataset]\n",
    "model": "def model(data, settings):\n    return 'model'\n",
    "train": "def train_step(model, batch, loss=None):\n    return {'loss': 0.5}\n",
    "evaluate": "def evaluate(model, data, split):\n    return {'right': 1.0}\n",
    "demo": "def demo(model, data, request, options):\n    return 'shown'\n",
}
Write = Callable[..., Path]


@pytest.fixture
def write(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Write]:
    """Return a function that writes a package of a lesson's modules and makes it importable."""
    monkeypatch.syspath_prepend(str(tmp_path))
    names: list[str] = []

    def package(name: str, top: str = TOP, **changed: str | None) -> Path:
        folder = tmp_path / name
        folder.mkdir()
        names.append(name)
        (folder / "__init__.py").write_text(top)
        for module, text in {**WHOLE, **changed}.items():
            if text is not None:
                (folder / f"{module}.py").write_text(text)
        importlib.invalidate_caches()
        return folder

    yield package
    for name in [n for n in sys.modules if n.split(".")[0] in names]:
        del sys.modules[name]


def found(package: str) -> Found:
    return Found(package, package, package, EntryPoint(package, package, "coursekit"))


def loaded(package: str) -> Lesson:
    (lesson,) = load(found(package))
    return lesson


def refused(package: str) -> CourseError:
    with pytest.raises(CourseError) as caught:
        load(found(package))
    return caught.value


def test_a_member_is_the_function_of_its_module(write: Write) -> None:
    write("forward_whole")
    lesson = loaded("forward_whole")
    assert lesson.data("set", None) == ["data", "set"]  # type: ignore[arg-type]
    train = importlib.import_module("forward_whole.train")
    assert lesson.train_step is train.train_step  # what a debugger and TensorFlow see
    assert lesson.evaluate(None, None, "test") == {"right": 1.0}
    assert lesson.demo(None, None, None, None) == "shown"


def test_nothing_is_imported_before_it_is_asked_for(write: Write) -> None:
    loud = {module: f"raise RuntimeError('imported')\n{text}" for module, text in WHOLE.items()}
    write("forward_lazy", **loud)
    lesson = loaded("forward_lazy")
    assert [name for name in sys.modules if name.startswith("forward_lazy.")] == []
    with pytest.raises(RuntimeError, match="imported"):
        lesson.model(None, None)


def test_what_is_left_out_has_a_meaning_of_its_own(write: Write) -> None:
    write("forward_without")
    lesson = loaded("forward_without")
    assert lesson.signatures() == {}
    assert lesson.assets(None) == {}
    assert lesson.restore({}, None) is None


def test_what_may_be_left_out_is_found_where_it_is(write: Write) -> None:
    kept = "def assets(data):\n    return {'words': data}\n"
    kept += "def restore(assets, settings):\n    return assets['words']\n"
    signed = "def signatures():\n    return {'right': 'by hand'}\n"
    write("forward_with", data=WHOLE["data"] + kept, evaluate=WHOLE["evaluate"] + signed)
    lesson = loaded("forward_with")
    assert lesson.restore(lesson.assets("abc"), None) == "abc"
    assert lesson.signatures() == {"right": "by hand"}


def test_a_method_wins_and_can_call_the_function(write: Write) -> None:
    method = """
    def evaluate(self, model, data, split):
        return {**super().evaluate(model, data, split), "more": 2.0}

@hookimpl"""
    write("forward_method", TOP.replace("\n@hookimpl", method))
    assert loaded("forward_method").evaluate(None, None, "test") == {"right": 1.0, "more": 2.0}


def test_a_derived_lesson_keeps_the_modules_of_the_one_it_derives_from(write: Write) -> None:
    write("forward_base")
    derived = """
from coursekit import hookimpl
from forward_base import TinyLesson

class OtherLesson(TinyLesson):
    name = "other"

@hookimpl
def coursekit_lessons():
    return [OtherLesson()]
"""
    gone = dict.fromkeys(WHOLE)
    write("forward_derived", derived, **{**gone, "demo": WHOLE["demo"].replace("shown", "mine")})
    lesson = loaded("forward_derived")
    assert lesson.demo(None, None, None, None) == "mine"
    assert lesson.train_step.__module__ == "forward_base.train"


@pytest.mark.parametrize(
    ("module", "text", "words"),
    [
        ("train", None, ["has no train_step", "train.py does not exist"]),
        ("train", "def step(m, b): ...\n", ["train.py does not define it", "(model, batch)"]),
        ("data", "class A:\n    def data(self): ...\n", ["data.py does not define it"]),
        ("demo", None, ["demo.py does not exist", "demo(model, data, request, options)"]),
    ],
)
def test_what_is_missing_is_named_with_file_and_signature(
    write: Write, module: str, text: str | None, words: list[str]
) -> None:
    folder = write("forward_gap", **{module: text})
    error = refused("forward_gap")
    for part in [*words, "the lesson tiny", f"{folder / '__init__.py'}", f"{module}.py"]:
        assert part in str(error), str(error)
    assert "\n" not in error.what
    assert not [name for name in sys.modules if name.startswith("forward_gap.")]


def test_used_without_being_loaded_it_says_the_same(write: Write) -> None:
    write("forward_used", model=None)
    lesson = importlib.import_module("forward_used").TinyLesson()
    with pytest.raises(CourseError, match=r"(?s)model\.py does not exist.*model\(data, settings\)"):
        lesson.model(None, None)


@pytest.mark.parametrize(
    "text",
    [
        "from forward_other.own import train_step\n",
        "from forward_other.own import step as train_step\n",
        "from forward_other.own import *\n",
        "train_step = lambda model, batch: {}\n",
        "if True:\n    def train_step(model, batch): ...\n",
        "def (\n",  # importing it says what is wrong
    ],
)
def test_a_function_may_come_from_elsewhere(write: Write, text: str) -> None:
    write("forward_other", train=text)
    assert loaded("forward_other").name == "tiny"


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("def demo(model, data, options): ...\n", r"demo\(model, data, options\) in .*demo\.py"),
        ("def demo(): ...\n", r"demo\(\) in .*demo\.py cannot be called"),
        ("demo = 'text'\n", r"demo in .*demo\.py is no function"),
    ],
)
def test_other_arguments_are_refused(write: Write, text: str, words: str) -> None:
    write("forward_taken", demo=text)
    with pytest.raises(CourseError, match=words) as caught:
        _ = loaded("forward_taken").demo
    assert caught.value.expected == "def demo(model, data, request, options): ..."


def test_a_module_without_a_package_has_no_modules_beside_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.syspath_prepend(str(tmp_path))
    (tmp_path / "forward_lonely.py").write_text(TOP)
    (tmp_path / "data.py").write_text(WHOLE["data"])  # of anybody
    assert "has no data" in refused("forward_lonely").what
    del sys.modules["forward_lonely"]


def test_the_class_itself_shows_its_documentation() -> None:
    assert "hyper-parameters" in (Lesson.data.__doc__ or "")
    assert Lesson.train_step.__name__ == "train_step"


@pytest.mark.tf
@pytest.mark.parametrize("name", ["textgen", "dcgan", "nmt", "captioning", "transformer"])
def test_the_lessons_of_the_kit_step_in_their_own_module(name: str) -> None:
    lesson: Any = catalogue().lesson(name)
    for member, module in (("train_step", "train"), ("evaluate", "evaluate")):
        assert getattr(lesson, member).__module__ == f"coursekit_{name}.{module}"
