import json
import os
import re
import sys
import threading
from collections.abc import Callable, Iterator
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from coursekit.notebooks.notebook import build_notebook, notebook_text
from coursekit.practice.gather import exercise
from tests import sums
from tests.conftest import Command

pytestmark = pytest.mark.slow

Solve = Callable[..., Path]


@pytest.fixture
def loop(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, coursekit: Command) -> Iterator[Command]:
    sums.install(tmp_path / "plugin", monkeypatch)
    coursekit.environment["COURSEKIT_STATE"] = str(tmp_path / "state")
    coursekit("start", "sums", "work")
    yield coursekit
    sums.forget()


@pytest.fixture
def solve(loop: Command, tmp_path: Path) -> Solve:
    def solve(**changes: str) -> Path:
        path = tmp_path / "work" / "1-adding.ipynb"
        written = sums.SOLVED | {f"exercise-{name}": code for name, code in changes.items()}
        path.write_text(json.dumps(sums.write(json.loads(path.read_text()), written)))
        return path

    return solve


def test_start_never_writes_over_work(loop: Command, solve: Solve) -> None:
    before = solve().read_text()
    assert "kept" in loop("start", "sums", "work").stdout
    assert solve().read_text() == before
    assert "written" in loop("start", "sums/1", "elsewhere").stdout


def test_check_shows_words_points_and_the_next_step(loop: Command, solve: Solve) -> None:
    shown = loop("check", code=1).stdout
    assert "0 of 6 points" in shown
    assert "write your answer in their place" in shown
    assert "next: coursekit hint sums/adding" in shown
    solve(guess="guess = 5")
    shown = loop("check", "sums/1", code=1).stdout
    assert "Five is a slip." in shown
    assert "5 of 6 points" in shown
    solve()
    shown = loop("check", "adding").stdout
    assert "6 of 6 points" in shown
    assert "next: coursekit next" in shown


@pytest.mark.parametrize("name", ["sums", "sums/adding", "sums/1", "adding", "PATH"])
def test_the_same_names_everywhere_and_from_any_folder(
    loop: Command, solve: Solve, tmp_path: Path, name: str
) -> None:
    path = solve()
    (tmp_path / "far").mkdir()
    loop.folder = tmp_path / "far"
    word = str(path) if name == "PATH" else name
    for command in ("check", "hint", "solution", "update"):
        assert loop(command, word).stdout


def test_hints_come_one_by_one(loop: Command, solve: Solve) -> None:
    shown = [loop("hint").stdout for _ in range(4)]
    assert "hint 1 of 3\nWhat?" in shown[0]
    assert "hint 2 of 3\nWhich way?" in shown[1]
    assert "Nearly: add." in shown[2]
    assert "The total is right: hint 1 of 3" in shown[3]  # the guess is a prediction
    solve(total="def total(n):\n    return 0")
    assert "The total is right: hint 2 of 3" in loop("hint").stdout
    loop("hint")
    assert "The total is right: hint 3 of 3\nNearly: add." in loop("hint").stdout
    solve()
    assert "every check passes" in loop("hint").stdout


def test_the_solution_is_for_who_solved_or_gives_up(loop: Command, solve: Solve) -> None:
    assert "--give-up" in loop("solution", "sums/adding", code=1).stderr
    assert "found_so_far += number" in loop("solution", "sums/adding", "--give-up").stdout
    solve()
    loop("check")
    shown = loop("solution").stdout
    assert "found_so_far += number" in shown
    assert "\nEach number is added once: Σᵢ nᵢ.\n\nA second paragraph.\n" in shown
    assert "# guess\nguess = 4\n\nTwo and two make four.\n" in shown


def test_a_hint_can_be_chosen(loop: Command, solve: Solve) -> None:
    assert re.search(r"^3 +The mean is right +later +0/3$", loop("check", code=1).stdout, re.M)
    assert "The guess is right: hint 1 of 3" in loop("hint").stdout
    shown = loop("hint", "sums/adding", "3").stdout
    assert "The mean is right: hint 1 of 3\nWhat?" in shown
    assert "comes after 2, “The total is right”: pass that first" in shown
    assert "The mean is right: hint 2 of 3" in loop("hint", "adding", "means").stdout
    assert "The mean is right: hint 3 of 3" in loop("hint", "adding", "THE MEAN").stdout
    assert "The total is right: hint 1 of 3" in loop("hint", "2").stdout
    for word, says in (
        ("4", "2  totals: The total is right"),
        ("0", "sums/adding has no check '0'"),
        ("mean", "did you mean 'means'"),
        ("the", "3 checks of sums/adding begin with 'the'"),
        ("", "has no check ''"),
    ):
        assert says in loop("hint", "adding", word, code=1).stderr


def test_a_wrong_prediction_hides_no_hint_of_what_comes_after_it(
    loop: Command, solve: Solve
) -> None:
    solve(guess="guess = 5", total="def total(n):\n    return 0")
    assert re.search(r"^2 +The total is right +not yet", loop("check", code=1).stdout, re.M)
    for number in (1, 2, 3):
        shown = loop("hint").stdout
        assert f"The guess is right: hint {number} of 3" in shown
        assert "for a hint on 2 (totals), 3 (means): coursekit hint sums/adding NUMBER" in shown
    assert "The total is right: hint 1 of 3" in loop("hint").stdout
    solve(guess="guess = 5")
    assert "The guess is right: hint 3 of 3" in loop("hint").stdout


def test_progress_as_a_page(loop: Command, solve: Solve, tmp_path: Path) -> None:
    solve()
    loop("check")
    loop("progress", "--html", "--name", "<Ada> & Co")
    text = (loop.folder / "coursekit-progress.html").read_text()
    assert "<bdi>&lt;Ada&gt; &amp; Co</bdi>" in text
    assert "<script" not in text
    row = re.search(r'<tr class="solved">.*?</tr>', text, re.DOTALL)
    assert row
    assert "1. Adding" in row[0]
    assert f"{date.today():%B %Y}" in row[0]
    assert "6 <small>of 6</small>" in row[0]
    loop("progress", "--html")  # an earlier page is replaced
    assert "My progress" in (loop.folder / "coursekit-progress.html").read_text()
    foreign = tmp_path / "mine.html"
    foreign.write_text("<p>mine</p>")
    assert "is not a page of" in loop("progress", "--html", str(foreign), code=1).stderr
    assert foreign.read_text() == "<p>mine</p>"
    assert "is a folder" in loop("progress", "--html", str(tmp_path), code=1).stderr
    assert "add --html" in loop("progress", "mine.html", code=1).stderr


def test_next_and_progress(loop: Command, solve: Solve) -> None:
    assert "sums/adding" in loop("next").stdout  # of the lesson at hand
    solve()
    loop("check", "sums")
    lines = loop("progress").stdout.splitlines()
    line = next(x for x in lines if x.startswith("sums/adding"))
    assert "solved" in line
    assert "6/6" in line
    assert lines[-1].startswith("next: coursekit start textgen/")


def test_a_broken_template_does_not_end_the_progress_of_the_others(
    loop: Command, solve: Solve, tmp_path: Path
) -> None:
    path = solve()
    loop("check")
    template = tmp_path / "plugin" / "templates" / "1_adding.py"
    template.write_text(template.read_text().replace("points=2,", "points=TWO,"))
    shown = loop("progress")
    line = next(x for x in shown.stdout.splitlines() if x.startswith("sums/adding"))
    assert "broken" in line
    assert f"{template}:" in shown.stderr
    assert "nmt/attention" in shown.stdout
    assert shown.stdout.splitlines()[-1].startswith("next: coursekit start textgen/")
    assert "textgen/" in loop("next").stdout
    assert "points of the check totals" in loop("check", str(path), code=1).stderr


def test_progress_survives_a_lesson_that_is_no_longer_installed(
    loop: Command, solve: Solve, tmp_path: Path
) -> None:
    solve()
    loop("check")
    record = tmp_path / "state" / "coursework.json"
    record.write_text(record.read_text().replace("sums/adding", "gone/adding"))
    assert loop("progress").stdout.splitlines()[-1].startswith("next: coursekit start textgen/")


def test_reset_keeps_a_backup(loop: Command, solve: Solve) -> None:
    path = solve()
    before = path.read_bytes()
    loop("check")
    loop("reset")
    loop("reset", "sums/adding")
    assert path.with_name("1-adding.backup-1.ipynb").read_bytes() == before
    assert path.with_name("1-adding.backup-2.ipynb").exists()
    assert "is still to be written" in path.read_text()
    assert "started" in loop("progress").stdout


def test_update_keeps_the_students_cells(loop: Command, solve: Solve, tmp_path: Path) -> None:
    path = solve()
    assert "up to date" in loop("update").stdout
    book = json.loads(path.read_text())
    own: dict[str, Any] = {"cell_type": "code", "metadata": {}, "outputs": []}
    own |= {"execution_count": None, "id": "mine", "source": "x = 1  # my own"}
    book["cells"].insert(5, own)
    path.write_text(json.dumps(book))
    template = tmp_path / "plugin" / "templates" / "1_adding.py"
    template.write_text(
        template.read_text().replace("# %%\nprint", "# %%\n# A new edition.\nprint")
    )
    assert "your cells" in loop("update").stdout
    after = path.read_text()
    assert "A new edition." in after
    assert "return total(numbers) / len(numbers)" in after
    assert after.count("x = 1  # my own") == 1
    assert path.with_name("1-adding.backup-1.ipynb").exists()
    assert "6 of 6 points" in loop("check").stdout
    assert "up to date" in loop("update").stdout


def test_watch_checks_at_each_save(
    loop: Command, solve: Solve, monkeypatch: pytest.MonkeyPatch
) -> None:
    from coursekit.commands import exercises

    path, seen = solve(), []
    looked = threading.Event()

    def look(name: str, out: object) -> None:
        seen.append(name)
        looked.set()
        if len(seen) == 2:
            raise KeyboardInterrupt

    def save() -> None:
        looked.wait(60)  # until the notebook as it is was seen
        os.utime(path, ns=(1, 1))

    monkeypatch.setattr(exercises, "check", look)
    threading.Thread(target=save).start()
    loop("watch", code=130)
    assert seen == [str(path)] * 2


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (["start", "sms"], "did you mean 'sums'"),
        (["start", "sums/addin"], "did you mean 'sums/adding'"),
        (["start", "dots"], "has no notebooks"),
        (["check", "no.ipynb"], "there is no notebook"),
        (["check", "nmt/attention"], "coursekit start nmt/attention"),
        (["check", "nmt"], "nmt has not been started\ntip: coursekit start nmt"),
        (["check", "dots"], "dots has no exercises"),
        (["start", "nmt/0"], "nmt/1 (padding), nmt/2 (attention), nmt/3 (decoder)"),
        (["check", "nmt/9"], "nmt/4 (loss), nmt/5 (beam)"),
        (["check", "broken.ipynb"], "not a notebook that can be read"),
        (["check", "strange.ipynb"], "is not a notebook of an exercise"),
        (["build", "--check", "--solutions", "x"], "cannot be combined"),
    ],
)
def test_bad_input(loop: Command, tmp_path: Path, words: list[str], says: str) -> None:
    (tmp_path / "broken.ipynb").write_text('{"cells": [')
    (tmp_path / "strange.ipynb").write_text('{"cells": [], "metadata": {}}')
    assert says in loop(*words, code=1).stderr


def test_a_moved_notebook_is_found_again_by_its_path(
    loop: Command, solve: Solve, tmp_path: Path
) -> None:
    path = solve().rename(tmp_path / "mine.ipynb")
    assert "was moved" in loop("check", "sums/adding", code=1).stderr
    assert "6 of 6" in loop("check", str(path)).stdout
    assert "6 of 6" in loop("check", "sums/adding").stdout


@pytest.mark.tf
def test_doctor_looks_at_all(
    loop: Command, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    shown = loop("doctor").stdout
    for word in ("TensorFlow", "Keras", "GPU", "cache", "this folder", "kernel"):
        assert word in shown
    loop.environment["COLUMNS"] = "40"
    narrow = loop("doctor").stdout
    for sign, word in re.findall(r"^(ok|!) +(\S+)", shown, re.MULTILINE):
        assert re.search(rf"^{sign} +{word}", narrow, re.MULTILINE)
    from coursekit.commands import doctor

    monkeypatch.setattr(doctor, "ASK_TENSORFLOW", "raise ImportError('no such library')")
    (tmp_path / "cache").rmdir()
    (tmp_path / "cache").write_text("a file")
    shown = loop("doctor", code=1).stdout
    assert "cache: set COURSEKIT_CACHE" in shown
    assert "TensorFlow: pip install" in shown


def test_a_bare_check_after_start_takes_the_first_exercise(loop: Command) -> None:
    loop("start", "nmt", "mine")
    assert loop("check", code=1).stdout.startswith("nmt/padding")


def test_somebody_elses_notebook_is_checked_and_not_recorded(
    loop: Command, solve: Solve, tmp_path: Path
) -> None:
    theirs = tmp_path / "theirs.ipynb"
    theirs.write_bytes(solve().read_bytes())
    solve(guess="guess = 5")
    loop("check", code=1)
    shown = loop("check", str(theirs)).stdout
    assert "6 of 6 points" in shown
    assert "not recorded in your progress: your notebook is " in shown
    wrong = tmp_path / "wrong.ipynb"
    wrong.write_text(theirs.read_text().replace("total(numbers) / len(numbers)", "0"))
    shown = loop("check", str(wrong), code=1).stdout
    assert f"next: coursekit hint {wrong}" in shown
    assert "The mean is right: hint 1 of 3" in loop("hint", str(wrong)).stdout
    loop("reset", str(theirs))
    line = next(x for x in loop("progress").stdout.splitlines() if x.startswith("sums/adding"))
    assert "5/6" in line
    assert "started" in line
    assert "5 of 6" in loop("check", code=1).stdout


def test_a_notebook_that_start_did_not_write_counts_after_start(
    coursekit: Command, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    sums.install(tmp_path / "plugin", monkeypatch)
    coursekit.environment["COURSEKIT_STATE"] = str(tmp_path / "state")
    (tmp_path / "got").mkdir()
    path = tmp_path / "got" / "1-adding.ipynb"
    book = build_notebook(exercise("sums/adding"), "student")
    path.write_text(notebook_text(sums.write(book, sums.SOLVED)))
    shown = coursekit("check", str(path)).stdout
    assert f"coursekit start sums/adding {path.parent} makes it yours" in shown
    assert "not started" in coursekit("progress").stdout.splitlines()[-4]
    before = path.read_bytes()
    assert "kept" in coursekit("start", "sums/adding", str(path.parent)).stdout
    assert path.read_bytes() == before
    assert "not recorded" not in coursekit("check", str(path)).stdout
    line = next(x for x in coursekit("progress").stdout.splitlines() if x.startswith("sums"))
    assert "6/6" in line
    sums.forget()


@pytest.mark.parametrize("how", ["locked", "damaged", "a folder", "another type", "deep"])
def test_a_record_that_cannot_be_saved_costs_no_result(
    loop: Command, solve: Solve, tmp_path: Path, how: str
) -> None:
    path, record = solve(), tmp_path / "state" / "coursework.json"
    content = {"damaged": "{", "another type": '{"sums/adding": []}', "deep": "[" * 100_000}
    if how == "locked":
        record.with_name("coursework.json.lock").unlink()
        record.with_name("coursework.json.lock").mkdir()
    elif how == "a folder":
        record.unlink()
        record.mkdir()
    else:
        record.write_text(content[how])
    done = loop("check", str(path))
    assert "6 of 6 points" in done.stdout
    assert "your progress could not be saved: " in done.stderr
    solve(guess="guess = 5")
    assert "The guess is right: hint 1 of 3" in loop("hint", str(path)).stdout
    if how != "locked":
        assert loop("progress", code=1).stderr.startswith("error: ")


@pytest.mark.skipif(
    sys.platform == "win32" or os.geteuid() == 0, reason="nothing is closed to root or on Windows"
)
def test_a_folder_that_cannot_be_written(loop: Command, solve: Solve, tmp_path: Path) -> None:
    path = solve()
    (tmp_path / "state").chmod(0o500)
    path.parent.chmod(0o500)
    done = loop("check", str(path))
    (tmp_path / "state").chmod(0o700)
    path.parent.chmod(0o700)
    assert "6 of 6 points" in done.stdout
    assert "your progress could not be saved: " in done.stderr


def test_records_that_lead_nowhere(loop: Command, tmp_path: Path) -> None:
    record = tmp_path / "state" / "coursework.json"
    kept = json.loads(record.read_text())
    for place in ("/dev/null", "x" * 5000, "a\0b", str(tmp_path), ""):
        kept["sums/adding"] |= {"path": place, "failing": "no_such_check", "total": 6}
        record.write_text(json.dumps(kept))
        assert "sums/adding" in loop("progress").stdout
        assert "tip: coursekit start" in loop("check", "sums/adding", code=1).stderr
        assert "Traceback" not in loop("hint", code=1).stderr


def test_hints_after_a_check_was_renamed(loop: Command, solve: Solve, tmp_path: Path) -> None:
    solve(guess="guess = 5")
    loop("check", code=1)
    record = tmp_path / "state" / "coursework.json"
    record.write_text(record.read_text().replace('"guessed"', '"old_name"'))
    assert "The guess is right: hint 1 of 3" in loop("hint").stdout


def test_check_as_json_and_several_notebooks_in_one_call(
    loop: Command, solve: Solve, tmp_path: Path
) -> None:
    path = solve(guess="guess = 5")
    copied = tmp_path / "copy.ipynb"
    copied.write_text(path.read_text())
    bad = tmp_path / "bad.ipynb"
    bad.write_text("no notebook")
    solve()
    words = ("check", str(path), str(copied), str(bad), "--json")
    right, wrong, damaged = json.loads(loop(*words, code=1).stdout)
    assert (right["exercise"], right["points"], right["recorded"]) == ("sums/adding", 6, True)
    assert (wrong["notebook"], wrong["points"], wrong["recorded"]) == (str(copied), 5, False)
    assert [check["points"] for check in wrong["checks"] if check["status"] == "wrong"] == [0]
    assert "Five is a slip." in "".join(check["words"] for check in wrong["checks"])
    assert damaged["notebook"] == str(bad)
    assert "is not a notebook" in damaged["error"]
    shown = loop("check", str(path), str(bad), str(copied), code=1)
    assert shown.stdout.count("of 6 points") == 2
    assert "bad.ipynb is not a notebook" in " ".join(shown.stderr.split())
    assert json.loads(loop("check", "--json").stdout)[0]["points"] == 6
