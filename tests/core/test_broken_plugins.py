"""Mistakes of authors that are seen when lessons are listed: each is told in words, with its place.

All of these plugins are installed side by side, so that the test is also of one failure that
stays one failure.
"""

import re
import sys
from pathlib import Path
from typing import Any

import pytest

from coursekit.plugins import catalogue
from tests.conftest import Process, environment

HEAD = """from dataclasses import dataclass

from coursekit import Dataset, Lesson, Metric, Options, Settings, hookimpl, setting


@dataclass(frozen=True, kw_only=True)
class Sizes(Settings):
    units: int = setting(8, "width of the layer", low=1)


@dataclass(frozen=True, kw_only=True)
class Flags(Options):
    loud: bool = setting(False, "in capitals")


class Mine(Lesson):
    name, title, question = "NAME", "A lesson", "Does it load?"
    presets = {"quick": Sizes()}
    datasets = (Dataset("none", "nothing", "public domain"),)
    metrics = (Metric("m", "nothing"),)
    demo_options = Flags
    data = model = train_step = evaluate = demo = lambda self, *args: None


@hookimpl
def coursekit_lessons():
    return [Mine()]
"""
Change = tuple[str, str]

# What is changed, and what is said; AT is the place of the line that is marked with <<.
LESSONS: dict[str, tuple[Change, str]] = {
    "sound": (("A lesson", "A sound lesson"), ""),
    "no_range": (
        ("class Sizes(Settings):\n    units: int = setting(8, \"width of the layer\", low=1)",
         "class Sizes(Settings):\n    units: float = 0.5"),
        r"FILE:6: the setting units of Sizes has no range; expected: low or high, or both",
    ),
    "option_no_range": (
        ('loud: bool = setting(False, "in capitals")', 'times: int = setting(1, "how often")'),
        r"FILE:11: the option times of Flags has no range",
    ),
    "option_run": (
        ('loud: bool = setting(False, "in capitals")', 'run: bool = False'),
        r"FILE:11: the demo of its lesson option_run has an option run, and --run means another",
    ),
    "option_no": (
        ('loud: bool = setting(False, "in capitals")',
         'loud: bool = True\n    no_loud: bool = True'),
        r"FILE:11: .* an option no_loud, and --no-loud means that loud is off",
    ),
    "options_made": (("demo_options = Flags", "demo_options = Flags()"),
                     r"FILE:16: .* has the demo_options Flags\(loud=False\); expected: a class"),
    "undecorated": (
        ("@dataclass(frozen=True, kw_only=True)\nclass Sizes", "class Sizes"),
        r"FILE:6: the class Sizes is no dataclass, so what it declares is not a setting",
    ),
    "dict_preset": (('{"quick": Sizes()}', '{"quick": {"units": 8}}'),
                    r"FILE:16: the presets of its lesson dict_preset are not a dictionary of sett"),
    "one_preset": (('{"quick": Sizes()}', "Sizes()"), r"FILE:16: the presets of its lesson"),
    "slow_only": (('"quick": Sizes', '"slow": Sizes'), r"FILE:16: .* has no preset 'quick'"),
    "comma": (('(Metric("m", "nothing"),)', '(Metric("m", "nothing"))'),
              r"FILE:16: its lesson comma has metrics of the class Metric"),
    "downloads": (
        ('"public domain"),)',
         '"public domain", (__import__("coursekit").RemoteFile("http://x/y", 1, "md5:0"),)),)'),
        r"FILE:16: its lesson downloads has no built-in data set; expected: at least one",
    ),
    "no_question": (('"Does it load?"', '""'), r"FILE:16: its lesson Mine does not set question"),
    "title_number": (('"A lesson"', "7"), r"FILE:16: its lesson Mine has the title 7"),
    "name_words": (('"NAME"', '"two words"'), r"FILE:16: .* has the name 'two words'; exp"),
    "no_evaluate": (("train_step = evaluate", "train_step"),
                    r"the lesson no_evaluate has no evaluate: Mine in FILE does not define it"),
    "class_alone": (("[Mine()]", "[Mine]"), r"its hook returned <class '\w+.Mine'>; exp"),
    "no_list": (("[Mine()]", "Mine()"), r"its hook returned <\w+.Mine object.*; expected: a list"),
    "unmarked": (("@hookimpl\n", ""), r"its coursekit_lessons is not marked @hookimpl"),
    "argument": (("def coursekit_lessons()", "def coursekit_lessons(wish)"),
                 r"its hook is not the kit's: Argument\(s\) {'wish'}"),
    "exits": (("class Mine", "raise SystemExit('that is all')\n\nclass Mine"),
              r"FILE:16: it ends the program when it is imported \(SystemExit: that is all\)"),
    "raises": (("class Mine", "1 / 0\n\nclass Mine"), r"FILE:16: ZeroDivisionError: division"),
    "syntax": (("class Mine(Lesson):", "class Mine(Lesson)"),
               r"FILE:16: SyntaxError: expected ':'"),
    "imports_itself": (("from dataclasses", "import imports_itself.data\nfrom dataclasses"),
                       r"FILE:1: ModuleNotFoundError: No module named 'imports_itself.data'"),
    "heavy": (("class Mine", "import tensorflow as tf\n\n\nclass Mine"),
              r"FILE:16 imports tensorflow, which makes every `coursekit list` slow"),
    "heavy_beside": (("class Mine", "from heavy_parts import layer\n\n\nclass Mine"),
                     r"FILE:16 imports keras through .*heavy_parts.py:2, which makes"),
    "heavy_hidden": (
        ("class Mine",
         "try:\n    import tensorflow\nexcept Exception:\n    tensorflow = None\n\n\nclass Mine"),
        r"FILE:17 imports tensorflow, which makes",
    ),
    "heavy_asks": (("class Mine", "import importlib.util as u\nu.find_spec('keras')\n\nclass Mine"),
                   ""),
    "prints": (("class Mine", "print('hello there')\n\n\nclass Mine"), ""),
}  # fmt: skip


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    made = tmp_path_factory.mktemp("plugins")
    for name, ((old, new), _) in LESSONS.items():
        assert old in HEAD, name
        (made / f"{name}.py").write_text(HEAD.replace(old, new, 1).replace("NAME", name))
        point(made, name, f"[coursekit]\n{name} = {name}\n")
    (made / "heavy_parts.py").write_text("def layer():\n    import keras\n\n\nlayer()\n")
    (made / "empty_folder").mkdir()
    point(made, "nowhere", "[coursekit]\nnowhere = coursekit_nowhere\n")
    point(made, "no_name", "[coursekit]\nno_name = sound:lessons\n")
    point(made, "hyphen", "[coursekit]\nhyphen = coursekit-hyphen\n")
    point(made, "empty", "[coursekit]\nempty = empty_folder\n")
    point(made, "plural", "[coursekits]\nplural = sound\n")
    point(made, "dotted", "[coursekit.plugin]\ndotted = sound\n")
    point(made, "both", "[coursekit.extra]\nmore = sound\n[coursekit]\nboth = nothing_at_all\n")
    point(made, "other", "[course_tools]\nother = sound\n[pytest12]\nother = sound\n")
    return made


def point(folder: Path, name: str, lines: str) -> None:
    meta = folder / f"{name}-1.0.dist-info"
    meta.mkdir()
    (meta / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {name}\nVersion: 1.0\n")
    (meta / "entry_points.txt").write_text(lines)


@pytest.fixture(scope="module")
def listing(folder: Path, tmp_path_factory: pytest.TempPathFactory) -> Any:
    here = tmp_path_factory.mktemp("here")
    return Process(here, environment(here / "cache", folder)).json("list")


def told(listing: Any, name: str, kind: str = "broken") -> dict[str, str]:
    (found,) = [item for item in listing[kind] if item["plugin"].startswith(f"{name} (")]
    assert found["remedy"]
    assert "\n" not in found["error"]
    return dict(found)


@pytest.mark.parametrize("name", [name for name, (_, says) in LESSONS.items() if says])
def test_a_mistake_is_told_with_its_place(listing: Any, folder: Path, name: str) -> None:
    error = told(listing, name)["error"]
    says = LESSONS[name][1].replace("FILE", re.escape(str(folder / f"{name}.py")))
    assert re.match(says, error), error
    assert name not in [lesson["name"] for lesson in listing["lessons"]]


def test_what_is_sound_is_listed(listing: Any) -> None:
    names = {lesson["name"] for lesson in listing["lessons"]}
    assert {"sound", "heavy_asks", "prints", "nmt"} <= names
    assert names.isdisjoint(name for name, (_, says) in LESSONS.items() if says)


def test_what_is_printed_at_import_is_told_and_spoils_nothing(listing: Any, folder: Path) -> None:
    said = told(listing, "prints", "noted")
    assert said["error"].startswith(f"{folder / 'prints.py'}:16 prints 'hello there' whenever")
    assert [item["plugin"].split()[0] for item in listing["noted"]] == ["prints"]


@pytest.mark.parametrize(
    ("name", "says"),
    [
        ("nowhere", "names the module 'coursekit_nowhere', which does not exist"),
        ("no_name", "`no_name = sound:lessons` names lessons, which sound does not define"),
        ("hyphen", "names the module 'coursekit-hyphen', which does not exist"),
        ("empty", "empty_folder has no file: it is a folder without __init__.py"),
        ("plural", "its entry point is in the group 'coursekits', which is not read"),
        ("dotted", "its entry point is in the group 'coursekit.plugin', which is not read"),
    ],
)
def test_an_entry_point_that_leads_nowhere(listing: Any, name: str, says: str) -> None:
    found = told(listing, name)
    assert says in found["error"]
    assert "pyproject.toml" in found["remedy"] or "__init__.py" in found["remedy"]


def test_other_groups_are_nobodys_business(listing: Any) -> None:
    assert "'nothing_at_all'" in told(listing, "both")["error"]  # and nothing of its other group
    assert not [item for item in listing["broken"] if item["plugin"].startswith(("other", "more"))]


def test_tensorflow_that_is_there_already_is_nobodys_fault(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A notebook or a test has imported it before lessons are listed."""
    monkeypatch.syspath_prepend(str(folder))
    monkeypatch.setitem(sys.modules, "tensorflow", sys)
    finders = list(sys.meta_path)
    found = catalogue()
    assert "heavy" in found.lessons
    assert sys.meta_path == finders
    for name in LESSONS:
        sys.modules.pop(name, None)
