"""Predictions are asked again: when, how they are judged, and what is kept."""

import io
import json
import os
import re
import sys
from collections.abc import Callable, Iterator
from contextlib import chdir, redirect_stderr, redirect_stdout, suppress
from datetime import date, timedelta
from pathlib import Path
from typing import Any
from unittest.mock import patch

import pytest

from coursekit.notebooks.template import read_template
from coursekit.practice.predicted import Prediction
from coursekit.practice.questions import last_question, prediction_faults, questions
from coursekit.practice.reviews import due_day
from tests import sums
from tests.conftest import Command

FIRST = """# %% [markdown]
# # Adding up
#
# **Goal.** Add.
#
# **Time.** 5 minutes
#
# **Before.** nothing

# %%
from coursekit.prepare import predict, reveal

"""
ASKED = """# %% [markdown]
# ## The sum
#
# Numbers can be added.
#
# What is the sum of the numbers from 1 to 100?

# %%
predict("sum", ...)

"""
SHOWN = """# %%
total = sum(range(101))
reveal("sum", total, unit="apples", within=0.05)
"""
LESSON = FIRST + ASKED + SHOWN


class Typed(io.StringIO):
    """What somebody types at a terminal; at its end, Ctrl-C is pressed."""

    def isatty(self) -> bool:
        return True

    def readline(self, *sizes: Any) -> str:  # type: ignore[override]
        line = super().readline(*sizes)
        if not line:
            raise KeyboardInterrupt
        return line


def ask(loop: Command, typed: str, *words: str) -> str:
    """Run a review at a terminal; return what it printed."""
    from coursekit.cli.app import main

    out = io.StringIO()
    with (
        redirect_stdout(out),
        redirect_stderr(out),
        chdir(loop.folder),
        patch.dict(os.environ, loop.environment),
        patch.object(sys, "argv", ["coursekit", "review", *words]),
        patch.object(sys, "stdin", Typed(typed)),
        suppress(SystemExit),
    ):
        main()
    assert "error:" not in out.getvalue()
    return out.getvalue()


@pytest.fixture
def loop(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, coursekit: Command) -> Iterator[Command]:
    """The exercise with a question above its prediction, and a worked lesson with one."""
    question = "\n# %% [markdown]\n# ## Predict first\n#\n# How much is two and two?\n\n"
    template = sums.TEMPLATE.replace("\n# %%\nguess", f"{question}# %%\nguess")
    path = sums.install(tmp_path / "plugin", monkeypatch, template)
    (path.parent / "lesson.py").write_text(LESSON)
    coursekit.environment["COURSEKIT_STATE"] = str(tmp_path / "state")
    coursekit("start", "sums", "work")
    yield coursekit
    sums.forget()


@pytest.fixture
def solved(loop: Command, tmp_path: Path) -> Command:
    path = tmp_path / "work" / "1-adding.ipynb"
    path.write_text(json.dumps(sums.write(json.loads(path.read_text()), sums.SOLVED)))
    loop("check", "sums/adding")
    return loop


@pytest.fixture
def measured(loop: Command, tmp_path: Path) -> Command:
    """The worked lesson was run with the guess 4000."""
    entry = {
        "guess": 4000,
        "measured": 5050,
        "unit": "apples",
        "within": 0.05,
        "day": days_ago(3),
    }
    (tmp_path / "state" / "predictions.json").write_text(json.dumps({"sums/sum": entry}))
    return loop


def days_ago(days: int) -> str:
    return (date.today() - timedelta(days=days)).isoformat()


@pytest.fixture
def kept(tmp_path: Path) -> Callable[[], dict[str, Any]]:
    file = tmp_path / "state" / "predictions.json"
    return lambda: json.loads(file.read_text())


@pytest.fixture
def change(tmp_path: Path) -> Callable[..., None]:
    """Change an entry of the file by hand."""
    file = tmp_path / "state" / "predictions.json"

    def change(name: str, **values: Any) -> None:
        known = json.loads(file.read_text())
        known[name] |= values
        file.write_text(json.dumps(known))

    return change


@pytest.mark.parametrize(
    ("known", "due"),
    [
        (Prediction(day="2026-02-27"), date(2026, 3, 1)),
        (Prediction(day="2026-01-01", asked="2026-03-01", stage=0), date(2026, 3, 3)),
        (Prediction(day="2026-01-01", asked="2026-03-01", stage=1), date(2026, 3, 8)),
        (Prediction(day="2026-01-01", asked="2026-03-01", stage=2), date(2026, 3, 22)),
        (Prediction(day="2026-01-01", asked="2026-03-01", stage=3), None),
    ],
)
def test_the_days_until_a_prediction_is_asked_again(known: Prediction, due: date | None) -> None:
    assert due_day(known) == due


def test_an_answer_is_asked_again_two_days_after_its_check_passed(
    solved: Command, kept: Callable[[], Any], change: Callable[..., None]
) -> None:
    assert list(kept()) == ["sums/adding/guess"]  # what is written as a function is not asked
    assert "nothing is due; the next is due on" in solved("review").stdout
    assert "in 2 days" in solved("review").stdout
    assert "due for review" not in solved("next").stdout
    change("sums/adding/guess", day=days_ago(2))
    for command in ("next", "progress"):
        assert "due for review: coursekit review" in solved(command).stdout
    shown = ask(solved, "4\n")
    assert "1 of 1  sums/adding/guess" in shown
    assert "How much is two and two?\n\nguess = " in shown
    assert "right: The guess is right" in shown
    assert "it is asked again on" in shown
    assert "in 7 days" in shown
    assert "1 of 1 answered correctly" in shown
    assert kept()["sums/adding/guess"]["stage"] == 1
    assert "nothing is due" in ask(solved, "")


def test_a_wrong_answer_is_named_and_starts_over(
    solved: Command, kept: Callable[[], Any], change: Callable[..., None]
) -> None:
    change("sums/adding/guess", asked=days_ago(8), stage=1)
    shown = ask(solved, "5\n")
    assert "wrong\n  five: Five is a slip." in shown
    assert "the answer: guess = 4" in shown
    assert "in 2 days" in shown
    one = kept()["sums/adding/guess"]
    assert (one["stage"], one["asked"]) == (0, days_ago(0))


def test_an_expression_is_computed_and_what_is_none_is_asked_again(
    solved: Command, kept: Callable[[], Any]
) -> None:
    shown = ask(solved, "four and\nnp.sqrt(16)\n", "--all")
    assert "'four and' is not a Python expression" in shown
    assert "right" in shown
    assert kept()["sums/adding/guess"]["stage"] == 0  # it was not due: practice, no step
    assert "wrong" in ask(solved, "1 / 0\n", "--all")


def test_a_measured_prediction_is_compared_with_the_students_own_run(
    measured: Command, kept: Callable[[], Any]
) -> None:
    shown = ask(measured, "about five\n5,000 apples\n")
    assert "Numbers can be added.\n\nWhat is the sum of the numbers from 1 to 100?" in shown
    assert "'about five' is not a number" in shown
    assert "you predicted 5,000 apples; measured 5,050 apples (less than 1 % off: right)" in shown
    assert "in the notebook you predicted 4,000 apples" in shown
    assert kept()["sums/sum"]["stage"] == 1
    assert kept()["sums/sum"]["guess"] == 4000


def test_what_was_answered_is_saved_when_ctrl_c_ends_a_review(
    solved: Command, kept: Callable[[], Any], change: Callable[..., None], tmp_path: Path
) -> None:
    change("sums/adding/guess", day=days_ago(5))
    state = kept() | {
        "sums/sum": {"guess": 1, "measured": 5050, "day": days_ago(4)},
        "gone/loss": {"guess": 1, "measured": 2, "day": days_ago(9)},
        "sums/no-more": {"guess": 1, "measured": 2, "day": days_ago(9)},
    }
    (tmp_path / "state" / "predictions.json").write_text(json.dumps(state))
    shown = ask(solved, "4\n")
    assert "2 of 2  sums/sum" in shown
    assert "1 of 1 answered correctly" in shown
    assert kept()["sums/adding/guess"]["stage"] == 1
    assert kept()["sums/sum"]["stage"] == 0
    assert kept()["gone/loss"]["guess"] == 1  # of a lesson that is not installed now


def test_an_empty_line_skips_a_question(measured: Command, kept: Callable[[], Any]) -> None:
    assert "0 of 0 answered correctly" in ask(measured, "\n")
    assert "asked" not in kept()["sums/sum"]


def test_without_a_terminal_it_lists_what_is_due(measured: Command) -> None:
    shown = measured("review").stdout
    assert "sums/sum    today  never" in shown
    assert "5,050" not in shown
    assert measured.json("review") == [
        {"name": "sums/sum", "due": days_ago(1), "is_due": True, "asked": None, "right_in_a_row": 0}
    ]


def test_the_third_right_answer_is_the_last_one(
    measured: Command, change: Callable[..., None]
) -> None:
    change("sums/sum", stage=2, asked=days_ago(21))
    assert "done: not asked again" in ask(measured, "5050\n")
    assert "each prediction rightly three times" in measured("review").stdout
    assert "due for review" not in measured("next").stdout
    assert "done: not asked again" in ask(measured, "5050\n", "--all")
    assert "in 2 days" in ask(measured, "1\n", "--all")


def test_a_question_of_nmt_is_judged_by_its_own_check(
    coursekit: Command, tmp_path: Path, kept: Callable[[], Any]
) -> None:
    coursekit.environment["COURSEKIT_STATE"] = str(tmp_path / "state")
    (tmp_path / "state").mkdir()
    record = {"nmt/attention": {"passed": ["prediction"]}, "nmt/decoder": {"passed": ["no"]}}
    (tmp_path / "state" / "coursework.json").write_text(json.dumps(record))
    shown = ask(coursekit, "1/4\n", "--all")
    assert "two places of padding follow it" in shown
    assert "counts padding: You took softmax over all four places" in shown
    assert "the answer: first_weight = 0.5" in shown
    assert list(kept()) == ["nmt/attention/first_weight"]


def test_there_is_nothing_to_review_yet(loop: Command) -> None:
    assert "there are no predictions yet" in loop("review").stdout


def test_work_that_was_checked_by_an_earlier_edition_counts_from_today(
    solved: Command, kept: Callable[[], Any], tmp_path: Path
) -> None:
    (tmp_path / "state" / "predictions.json").unlink()
    assert "in 2 days" in solved("review").stdout
    assert kept()["sums/adding/guess"]["day"] == days_ago(0)


def test_a_damaged_file_is_named_and_stops_nothing_else(solved: Command, tmp_path: Path) -> None:
    file = tmp_path / "state" / "predictions.json"
    file.write_text('{"sums/sum": {"day": "2026-13-45"}}')
    told = solved("review", code=1).stderr
    assert str(file) in told
    assert "a day such as 2026-03-01" in told
    assert "move it away" in told
    assert re.search(r"sums/adding +Adding +solved +6/6", solved("progress").stdout)
    assert "progress could not be saved" in solved("check", "sums/adding").stderr
    assert "2026-13-45" in file.read_text()


def faults(folder: Path, text: str, name: str = "lesson.py") -> str:
    path = folder / name
    path.write_text(text)
    return "\n".join(prediction_faults(read_template(path, "sums")))


def test_a_lesson_that_asks_and_answers_passes_the_gate(tmp_path: Path) -> None:
    assert faults(tmp_path, LESSON) == ""
    (asked,) = questions(read_template(tmp_path / "lesson.py", "sums"))
    assert (asked.key, asked.name) == ("sums/sum", "sum")
    assert asked.text.endswith("What is the sum of the numbers from 1 to 100?")


@pytest.mark.parametrize(
    ("text", "line", "told"),
    [
        (FIRST + ASKED, 21, "predict('sum', ...) without reveal('sum', ...) in a later cell"),
        (FIRST + SHOWN, 15, "reveal('sum', ...) without predict('sum', ...) in a cell above"),
        (LESSON + ASKED + SHOWN, 34, "predict('sum', ...) again: give it another name"),
        (LESSON + SHOWN, 28, "reveal('sum', ...) again: give it another name"),
        (LESSON.replace("100?", "100."), 21, "the cell above predict asks nothing"),
        (LESSON.replace("...", "5050"), 21, "the guess is the student's"),
        (LESSON.replace("predict(", "print()\npredict("), 22, "predict needs a cell of its own"),
        (LESSON.replace('predict("sum"', 'predict("nmt/sum"'), 21, "names another lesson"),
        (LESSON.replace('predict("sum"', "predict(str()"), 21, "is not a text"),
    ],
)
def test_the_gate_names_the_line_of_a_prediction_that_cannot_work(
    tmp_path: Path, text: str, line: int, told: str
) -> None:
    found = faults(tmp_path, text)
    assert f"lesson.py:{line}: " in found
    assert told in found


def test_a_function_of_the_lessons_own_called_predict_is_none_of_the_kits(tmp_path: Path) -> None:
    own = FIRST.replace("from coursekit.prepare import predict, reveal", "predict = print")
    assert faults(tmp_path, own + '# %%\npredict("sum")\n') == ""


def test_an_exercise_has_an_answer_instead(tmp_path: Path) -> None:
    head = LESSON.replace("# **Before.** nothing", "# **Before.** nothing\n#\n# **Kind.** predict")
    assert "write `name = 3  # exercise`" in faults(tmp_path, head, "1_adding.py")


def test_the_end_of_a_long_text_is_the_question() -> None:
    text = "# Loss\n\nA long story.\n\nMore of it.\n\nIt falls?\n\n* a\n* b"
    assert last_question(text) == "More of it.\n\nIt falls?\n\n* a\n* b"
    marked = text.replace("More of it.", "**Predict, then run.** Now.\n\nWhy?\n\nSo?")
    assert last_question(marked).startswith("**Predict, then run.** Now.\n\nWhy?")
    assert last_question("What is 2 + 2?") == "What is 2 + 2?"
