"""Answers that no worker of ours gives: malformed, endless, ahead of time, or none."""

import os
import sys
from pathlib import Path
from queue import SimpleQueue

import pytest

from coursekit.practice import serve
from coursekit.practice.channel import take
from coursekit.practice.keeper import Ending
from coursekit.practice.namespace import StudentError
from coursekit.practice.worker_client import Child
from coursekit.practice.worker_process import Worker, WorkerStartError
from tests.workers import LIMITS, WROTE, is_gone

# A child that is not ours: it reads the first question and answers it with the right nonce.
FOREIGN = """
import os, sys, time
def take(size):
    data = b""
    while len(data) < size: data += os.read(0, size - len(data))
    return data
def give(data):
    while data: data = data[os.write(1, data):]
head = take(20)
nonce = head[:16]
take(int.from_bytes(head[16:], "big"))
def answer(payload): give(nonce + len(payload).to_bytes(4, "big") + payload)
"""
LONG = "(2_000_000).to_bytes(4, 'big')"
MALFORMED = {
    "nothing": "answer(b'')",
    "5": "answer(b'5')",
    "{}": "answer(b'{}')",
    "JSON with NaN": 'answer(b\'{"value": NaN, "x": Infinity}\')',
    "a number": "answer(b'i\\1\\5')",
    "an empty tuple": "answer(b't\\0\\0\\0\\0')",
    "three values": "answer(b't\\0\\0\\0\\3NNN')",
    "100,000 levels": "answer(b'l\\0\\0\\0\\1' * 100_000 + b'N')",
    "a list that is said to be long": "answer(b'l\\xff\\xff\\xff\\xff')",
    "two million values": f"answer(b'l' + {LONG} + b'N' * 2_000_000)",
    "a key that is a list": "answer(b'm\\0\\0\\0\\1l\\0\\0\\0\\0N')",
    "an array of objects": "answer(b'a\\2\\1|O' + (1).to_bytes(8, 'big') + bytes(8))",
    "an array of records": "answer(b'a\\7\\1(9,9)f8' + bytes(8))",
    "an array larger than its data": "answer(b'a\\3\\1<f8' + b'\\xff' * 8)",
    "an array of negative room": "answer(b'a\\3\\2<f8' + b'\\xff' * 8 + bytes(8))",
    "a text that is none": "answer(b's\\0\\0\\0\\1\\xff')",
    "more than there is to say": "answer(b't\\0\\0\\0\\2s\\0\\0\\0\\5valueNNNN')",
    "another nonce": "nonce = bytes(16); answer(b't\\0\\0\\0\\2s\\0\\0\\0\\5valueN')",
    "a head alone": "give(nonce + b'\\0\\0\\0\\7')",
    "half a head": "give(nonce[:9])",
}


def foreign(code: str) -> Worker:
    return Worker(LIMITS, wrap=(sys.executable, "-S", "-c", FOREIGN + code))


@pytest.mark.parametrize("case", MALFORMED)
def test_a_malformed_answer_is_a_fault_and_no_traceback(case: str) -> None:
    with foreign(MALFORMED[case]) as worker:
        with pytest.raises(StudentError, match=f"{WROTE}|it exited with status 0"):
            worker.ask(("value", "x"), 10)
        assert worker.ended


def test_an_answer_with_a_length_beyond_the_limit_is_not_read() -> None:
    flood = "give(nonce + b'\\xff' * 4)\nwhile True: give(bytes(60_000))"
    with foreign(flood) as worker, pytest.raises(StudentError, match="is too large: 4295 MB"):
        worker.ask(("value", "x"), 10)


@pytest.mark.parametrize(
    "code",
    [
        "give(nonce + b'\\0\\0\\xff\\xff')\nwhile True: give(b'x'); time.sleep(0.05)",
        "time.sleep(60)",
        "os.close(0); time.sleep(60)",
    ],
)
def test_an_answer_that_never_comes_to_an_end_has_a_limit(code: str) -> None:
    with (
        foreign(code) as worker,
        pytest.raises(StudentError, match=r"no answer within 0\.5 seconds"),
    ):
        worker.ask(("value", "x"), 0.5)


def test_a_question_that_nobody_reads_has_a_limit() -> None:
    with Worker(LIMITS, wrap=(sys.executable, "-S", "-c", "import time; time.sleep(60)")) as worker:
        pid = worker.process.pid
        with pytest.raises(StudentError, match=r"did not read the request within 0\.5 s"):
            worker.ask(("value", "x" * 10_000_000), 0.5)
        assert is_gone(pid)


def test_an_error_text_is_bounded_and_clean_whoever_wrote_it() -> None:
    text = "b't\\0\\0\\0\\2s\\0\\0\\0\\5errors' + (40_000_000).to_bytes(4, 'big')"
    code = f"answer({text} + b'\\x1b[31m' * 8_000_000)"
    with foreign(code) as worker, pytest.raises(StudentError) as found:
        worker.ask(("value", "x"), 20)
    assert str(found.value) == "... (39998000 more characters)"


def test_what_python_prints_at_its_start_is_no_answer() -> None:
    code = "answer(b't\\0\\0\\0\\2s\\0\\0\\0\\5valuei\\1\\7')"
    before = "import sys; print('hello from a .pth file' * 50, flush=True)\n"
    with Worker(LIMITS, wrap=(sys.executable, "-S", "-c", before + FOREIGN + code)) as worker:
        assert worker.ask(("value", "x"), 10) == 7


def test_an_answer_that_was_written_ahead_of_its_question_is_none() -> None:
    two = "answer(b't\\0\\0\\0\\2s\\0\\0\\0\\5valuei\\1\\7')\n" * 2
    with foreign(two + "time.sleep(60)") as worker:
        assert worker.ask(("value", "x"), 10) == 7
        with pytest.raises(StudentError, match=WROTE):
            worker.ask(("value", "x"), 10)


@pytest.mark.parametrize(
    ("wrap", "says"),
    [
        (("no-such-program",), "no-such-program: No such file or directory"),
        ((sys.executable, "-c", "raise SystemExit('no room left')"), "no room left"),
        ((sys.executable, "-c", "import no_such_module"), "No module named 'no_such_module'"),
        ((sys.executable, "-c", "raise SystemExit(3)"), "it exited with status 3"),
        (("sh", "-c", "printf 'a\\033[2Jb' >&2; false"), "start: ab"),
    ],
)
def test_a_process_that_cannot_start_is_told_as_such(
    wrap: tuple[str, ...], says: str, tmp_path: Path
) -> None:
    with pytest.raises(WorkerStartError, match="the process that runs your code cannot start") as e:
        Child([], {}, tmp_path, start=lambda: Worker(LIMITS, wrap)).prepare()
    assert says in e.value.what
    assert e.value.remedy


@pytest.mark.parametrize("reused", [True, False])
def test_the_end_of_another_file_is_not_the_end_of_the_questions(
    reused: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The student's code closes the channel and opens a file, which gets the same number."""
    asked, questions = os.pipe()

    def late(descriptor: int, size: int) -> bytes:
        with Path(os.devnull).open("rb") as file:
            os.dup2(file.fileno(), descriptor) if reused else os.close(questions)
        return take(descriptor, size)

    def leave(code: int) -> None:
        raise SystemExit(code)

    monkeypatch.setattr(serve, "take", late)
    monkeypatch.setattr(serve, "_exit", leave)
    with pytest.raises(SystemExit) as left:
        serve._receive(asked, SimpleQueue())
    assert left.value.code == (Ending.CLOSED if reused else 0)
    os.close(asked)
