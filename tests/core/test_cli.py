import json
import sys

import pytest

from coursekit import __version__
from tests.conftest import MIRROR, Command, Process, published


def test_bare_command_asks_the_questions_and_names_the_next_one(coursekit: Command) -> None:
    shown = coursekit().stdout
    assert "Can a machine translate a sentence?" in shown
    assert "next: coursekit run " in shown


def test_help_comes_in_groups_with_examples(coursekit: Command) -> None:
    shown = coursekit("--help").stdout
    for group in ("Learn", "Practise", "Teach", "Author"):
        assert group in shown
    assert "coursekit run nmt" in shown
    commands = "list info run demo bench data runs start check hint solution next progress"
    for command in f"{commands} reset update watch doctor build verify".split():
        assert f"coursekit {command}" in coursekit(command, "--help").stdout


def test_version(coursekit: Command) -> None:
    assert coursekit("--version").stdout.strip() == f"coursekit {__version__}"


def test_python_m_coursekit_is_the_command_line(process: Process) -> None:
    assert process.arguments("list") == [sys.executable, "-m", "coursekit", "list"]
    assert process("--version").stdout == f"coursekit {__version__}\n"
    assert "Usage: coursekit " in process("--help").stdout
    assert "No such command 'lst'" in process("lst", code=2).stderr


def test_info_tells_data_sets_presets_and_expectations(coursekit: Command) -> None:
    shown = coursekit("info", "nmt").stdout
    for word in ("tatoeba", "2.6 MB", "licence", "phrasebook", "built in", "bleu", "seed"):
        assert word in shown
    values = coursekit.json("info", "nmt")
    assert {"quick", "full"} <= set(values["presets"])
    assert values["datasets"][0]["size"] == 2_638_744
    assert values["datasets"][0]["licence"].startswith("CC BY 2.0 FR")


@pytest.mark.parametrize(
    ("words", "code", "says"),
    [
        (["run", "nnt"], 1, "did you mean 'nmt'?"),
        (["info", "dot"], 1, "did you mean 'dots'?"),
        (["run", "dots", "--preset", "quik"], 1, "did you mean 'quick'?"),
        (["run", "dots", "--data", "plain"], 1, "did you mean 'plane'?"),
        (["run", "dots", "--data", "no/such.txt"], 1, "no/such.txt"),
        (["run", "dots", "--set", "unit=3"], 1, "did you mean 'units'?"),
        (["run", "dots", "--set", "units=x"], 1, "a whole number"),
        (["run", "dots", "--set", "units=999"], 1, "from 1 to 256"),
        (["run", "dots", "--epochs", "0"], 1, "at least 1"),
        (["run", "dots", "--epochs", "many"], 2, "epochs"),
        (["data", "dots", "--data", "plain"], 1, "did you mean 'plane'?"),
        (["data", "dots", "--verify", "--remove"], 1, "cannot be combined"),
        (["run", "nmt", "--seed", "3000000000"], 1, "from 0 to 2,147,483,647"),
        (["runs", "dot"], 1, "did you mean 'dots'?"),
        (["demo", "--run", "x", "dots"], 1, "coursekit demo LESSON"),
        (["rum", "dots"], 2, "rum"),
        (["run"], 2, "LESSON"),
    ],
)
def test_bad_input_says_what_was_expected(
    coursekit: Command, words: list[str], code: int, says: str
) -> None:
    done = coursekit(*words, code=code)
    assert says in done.stderr
    assert done.stdout == ""
    assert "Traceback" not in done.stderr
    if code == 1:
        assert done.stderr.startswith("error: ")
    assert not (coursekit.folder / "runs").exists()


def test_completion_knows_the_lessons(process: Process) -> None:
    process.environment |= {
        "_COURSEKIT_COMPLETE": "complete_bash",
        "COMP_WORDS": "coursekit run do",
        "COMP_CWORD": "2",
    }
    assert "dots" in process().stdout


def test_data_shows_where_it_is(coursekit: Command) -> None:
    (row,) = coursekit.json("data", "dots")
    assert row == {
        "name": "plane",
        "built_in": True,
        "size": 0,
        "licence": "public domain",
        "folder": None,
        "checked": "",
    }
    rows = {item["name"]: item for item in coursekit.json("data", "nmt", "--show")}
    assert rows["tatoeba"]["folder"] is None


def test_data_from_a_mirror_is_downloaded_verified_and_removed(coursekit: Command) -> None:
    published("tatoeba", "spa-eng.zip")
    coursekit.environment["COURSEKIT_MIRROR"] = str(MIRROR)
    done = coursekit("data", "nmt", "--data", "tatoeba")
    assert "CC BY 2.0 FR" in done.stderr + done.stdout
    path = coursekit.folder / "cache" / "tatoeba" / "spa-eng.zip"
    assert path.stat().st_size == 2_638_744
    assert "checksums match" in coursekit("data", "nmt", "--data", "tatoeba", "--verify").stdout
    path.write_bytes(path.read_bytes()[:-1] + b"?")
    damaged = coursekit("data", "nmt", "--data", "tatoeba", "--verify", code=1)
    assert "damaged: spa-eng.zip" in damaged.stderr
    coursekit("data", "nmt", "--data", "tatoeba", "--remove")
    assert not path.exists()
    missing = coursekit("data", "nmt", "--data", "tatoeba", "--verify", code=1)
    assert "missing: spa-eng.zip" in missing.stderr


@pytest.mark.tf
def test_without_a_network_the_built_in_set_is_used_and_named(warm: Process) -> None:
    # Nothing answers at this proxy, so the published address cannot be reached.
    for name in ("http_proxy", "https_proxy", "HTTP_PROXY", "HTTPS_PROXY"):
        warm.environment[name] = "http://127.0.0.1:9"
    done = warm("run", "nmt", "--preset", "tiny", "--epochs", "1", "--out", "r")
    assert "no network: using the built-in set 'phrasebook'" in done.stderr
    assert "test split of phrasebook" in done.stdout
    manifest = json.loads((warm.folder / "r" / "run.json").read_text("utf-8"))
    assert manifest["dataset"] == "phrasebook"
    assert "no network" in manifest["notes"][0]
    assert "BLEU" in manifest["signatures"]["bleu"] or "nrefs" in manifest["signatures"]["bleu"]
