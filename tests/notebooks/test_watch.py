"""``coursekit build --watch``: what is built at each save, and what is said of it."""

import io
import itertools
import os
import signal
import sys
import time
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path

import pytest

from coursekit.commands import saves
from tests import sums
from tests.conftest import Command, Process, environment

NOTEBOOK = Path("exercises") / "sums" / "1-adding.ipynb"
Watch = Callable[..., list[str]]


@pytest.fixture
def adding(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    yield sums.install(tmp_path / "plugin", monkeypatch)
    sums.forget()


def save(path: Path, *changes: tuple[str, str], text: str | None = None) -> None:
    """Save a file with changes, later than anything before."""
    content = path.read_text() if text is None else text
    for old, new in changes:
        assert old in content
        content = content.replace(old, new, 1)
    path.write_text(content)
    later = time.time_ns() + next(SECONDS) * 10**9
    os.utime(path, ns=(later, later))


SECONDS = itertools.count(1)


def taken(stream: io.StringIO) -> str:
    """Return what was printed, and forget it."""
    said = stream.getvalue()
    stream.seek(0)
    stream.truncate()
    return said


@pytest.fixture
def watch(coursekit: Command, adding: Path, monkeypatch: pytest.MonkeyPatch) -> Watch:
    """Return a function that watches, does a step after each look, and then presses Ctrl-C.

    It returns what was printed before the first step, and after each.
    """

    def run(*steps: Callable[[], object], words: tuple[str, ...] = ("sums",)) -> list[str]:
        left, heard = iter(steps), []

        def tick(seconds: float) -> None:
            assert seconds == saves.TICK
            streams: list[object] = [sys.stdout, sys.stderr]
            heard.append("".join(taken(s) for s in streams if isinstance(s, io.StringIO)))
            step = next(left, None)
            if step is None:
                raise KeyboardInterrupt
            step()

        monkeypatch.setattr("coursekit.commands.saves.time.sleep", tick)
        coursekit("build", *words, "--watch", code=130)
        return heard

    return run


def test_each_save_is_built_and_what_the_student_will_see_is_said(
    watch: Watch, adding: Path, tmp_path: Path
) -> None:
    path = tmp_path / NOTEBOOK
    first, given, idle, text, same = watch(
        lambda: save(adding, ("print(mean((1.0, 3.0)))", "print(mean((1.0, 5.0)))")),
        lambda: None,
        lambda: save(adding, ("# # Adding", "# # Adding up\n#\n# In steps.")),
        lambda: save(adding),
    )
    assert "watching the templates and the code of sums; Ctrl-C ends it" in first
    assert f"{NOTEBOOK} is written: to write: guess, total, mean; 6 points in 3 checks" in first
    assert "exercises/README.md is written" in first
    assert given.startswith(f"{NOTEBOOK} is written: ")
    # The cells: title, what it needs, imports, guess, total, mean, print.
    assert "  cell 7 (given): changed\n      - print(mean((1.0, 3.0)))\n" in given
    assert "\n      + print(mean((1.0, 5.0)))\n" in given
    assert "saved: 1_adding.py" in given
    assert given.count("  cell ") == 1
    assert idle == ""
    assert "  cell 1 (text): changed\n      - # Adding\n" in text
    assert "In steps." in text
    assert same == "nothing changes for the student\nsaved: 1_adding.py\n"
    assert "mean((1.0, 5.0))" in path.read_text()
    assert "Adding up" in (path.parents[1] / "README.md").read_text()


def test_a_save_of_what_a_template_shows_is_built(
    watch: Watch, adding: Path, tmp_path: Path
) -> None:
    code = adding.parents[1] / "sums_code.py"
    _, other, broken, fixed = watch(
        lambda: save(code, ("Return the mean.", "Return the arithmetic mean.")),
        lambda: save(code, ("count = len", "count = = len")),
        lambda: save(code, ("count = = len", "count = len")),
    )
    assert "  cell 6 (to write): changed\n" in other
    assert "Return the arithmetic mean." in (tmp_path / NOTEBOOK).read_text()
    line = next(n for n, row in enumerate(code.read_text().splitlines(), 1) if "count = l" in row)
    assert f"1_adding.py:24: {code}:{line}: invalid syntax; expected: valid Python\n" in broken
    assert "nothing changes for the student" in fixed


def test_new_cells_holes_and_checks_are_named(watch: Watch, adding: Path) -> None:
    _, more, less = watch(
        lambda: save(adding, ("# %%\nprint", "# %%\nsurprise = 2  # exercise\n\n# %%\nprint")),
        lambda: save(adding, ("# %%\nsurprise = 2  # exercise\n\n", "")),
    )
    assert "to write: guess, total, mean, surprise; 6 points" in more
    assert "  cell 7 (to write): new\n      + surprise = ...  # your answer" in more
    assert "  gone: to write surprise = ..." in less
    assert "to write: guess, total, mean; 6" in less


@pytest.mark.parametrize(
    ("change", "says"),
    [
        (("guess = 4  #", "guess = 4 + #"), "1_adding.py:18: invalid syntax; expected: valid"),
        (("mean  # exercise", "mean  # exercize"), "1_adding.py:32: the comment `# exercize` is"),
        (("**Goal.** Add, and know", "Add."), "1_adding.py:2: the first cell is missing **Goal.**"),
        (("import total", "import totl"), "sums_code defines no function or class totl; tip: did"),
        (("# %%\nguess", "\0# %%\nguess"), "1_adding.py holds zero bytes; expected: a Python file"),
    ],
)  # fmt: skip
def test_a_broken_template_is_told_and_the_notebook_stays(
    watch: Watch, adding: Path, tmp_path: Path, change: tuple[str, str], says: str
) -> None:
    path, right = tmp_path / NOTEBOOK, adding.read_text()
    seen: list[bytes] = []

    def damage() -> None:
        seen.append(path.read_bytes())
        save(adding, change)

    def repair() -> None:
        seen.append(path.read_bytes())
        save(adding, text=right + "\n# %%\nprint(1)\n")

    _, broken, fixed = watch(damage, repair)
    assert seen[0] == seen[1]
    told = [line for line in broken.splitlines() if says in line]
    assert len(told) == 1, broken
    assert "(given): new\n      + print(1)" in fixed
    assert path.read_bytes() != seen[0]


def test_new_templates_are_built_and_misnamed_ones_are_told(
    watch: Watch, adding: Path, tmp_path: Path
) -> None:
    second = adding.with_name("2_taking.py")
    text = adding.read_text().replace("Adding", "Taking")

    def remove() -> None:
        adding.with_name("third.py").unlink()
        second.unlink()

    _, new, misnamed, gone = watch(
        lambda: save(second, text=text),
        lambda: save(adding.with_name("third.py"), text=text),
        remove,
    )
    assert "exercises/sums/2-taking.ipynb is written: to write: guess" in new
    assert "1-adding" not in new
    assert "third.py: no template has such a name: call it 1_topic.py" in misnamed
    assert "saved: 2_taking.py, third.py" in gone
    assert (tmp_path / "exercises" / "sums" / "2-taking.ipynb").exists()  # nothing is deleted


def test_a_worked_lesson_is_not_executed_and_that_is_said_once(
    watch: Watch, adding: Path, tmp_path: Path
) -> None:
    worked = adding.with_name("lesson.py")
    worked.write_text(
        "# %% [markdown]\n# # Sums\n#\n# **Goal.** See.\n#\n# **Time.** 5 minutes\n#\n"
        "# **Before.** nothing\n\n# %%\n1 / 0\n"
    )
    first, changed, broken = watch(
        lambda: save(worked, ("1 / 0", "2 / 0")), lambda: save(worked, ("2 / 0", "2 /"))
    )
    assert first.count("worked lessons are not executed while watching: coursekit build sums") == 1
    assert "lessons/sums.ipynb is missing; worked" in first
    assert "worked lessons are not executed" not in changed
    assert "lessons/sums.ipynb is out of date: 3 cells\n  cell 3 (given): changed" in changed
    assert "lesson.py:11: invalid syntax" in broken
    assert not (tmp_path / "lessons").exists()


def test_work_of_others_is_kept(watch: Watch, adding: Path, tmp_path: Path) -> None:
    path = tmp_path / NOTEBOOK
    path.parent.mkdir(parents=True)
    path.write_text("my own")
    first, again = watch(lambda: save(adding, ("1.0, 3.0", "1.0, 5.0")))
    assert f"{NOTEBOOK} is kept, for it is not as coursekit built it (--force overw" in first
    assert "is kept" in again
    assert path.read_text() == "my own"
    (first,) = watch(words=("sums", "--force"))
    assert "is written" in first
    assert "still to be written" in path.read_text()


@pytest.mark.parametrize("other", [["--check"], ["--solutions", "x"]])
def test_watching_is_not_combined(coursekit: Command, adding: Path, other: list[str]) -> None:
    said = coursekit("build", "sums", "--watch", *other, code=1).stderr
    assert f"{other[0]} and --watch cannot be combined" in said


def test_a_lesson_without_templates_cannot_be_watched(coursekit: Command) -> None:
    assert "there is nothing to watch" in coursekit("build", "dots", "--watch", code=1).stderr


def test_files_that_join_after_a_save_are_no_save(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    old, joined = tmp_path / "old", tmp_path / "joined"
    old.write_text("")
    joined.write_text("")
    os.utime(joined, ns=(1, 1))
    looked = {old}
    steps: Iterator[Callable[[], None]] = iter(
        [partial(save, joined), old.unlink, partial(save, old, text="x")]
    )
    monkeypatch.setattr("coursekit.commands.saves.time.sleep", lambda _: next(steps)())
    found = saves.saves(lambda: sorted(looked))
    assert next(found) == {old}
    looked.add(joined)  # as a build does, that finds out what it reads
    assert next(found) == {joined}
    assert next(found) == {old}  # while it was away, nothing was said


@pytest.mark.slow
def test_ctrl_c_ends_it_cleanly(adding: Path, tmp_path: Path) -> None:
    process = Process(tmp_path, environment(tmp_path / "cache", adding.parents[1]))
    watching = process.start("build", "sums", "--watch")
    assert watching.stderr is not None
    assert "watching" in watching.stderr.readline()
    until = time.monotonic() + 60
    while not (tmp_path / "exercises" / "README.md").exists() and time.monotonic() < until:
        time.sleep(0.05)
    watching.send_signal(signal.SIGINT)
    _, errors = watching.communicate(timeout=60)
    assert watching.returncode == 130
    assert errors == ""
