"""Whatever a student's code starts, signals or uses up: nothing is left, and it is told."""

import os
import subprocess
import sys
import textwrap
import time
from contextlib import suppress
from pathlib import Path

import psutil
import pytest

from coursekit.practice.namespace import StudentError
from coursekit.practice.worker_client import Child, Code
from tests.workers import ENDED, LIMITS, POSIX, Spare, child, fault, is_gone, run

pytestmark = pytest.mark.slow


@POSIX
def test_the_parent_of_the_code_is_not_the_checks_process(spare: Spare) -> None:
    worker = spare()
    run(worker, "import os\ndef f(): return os.getppid(), os.getsid(0), os.getpgid(0), os.getpid()")
    parent, session, group, own = worker.ask(("call", "f", []), 10)
    assert parent == worker.process.pid != os.getpid()
    assert session == group == own
    psutil.Process(parent).suspend()  # whatever happens to its parent, the checks go on
    assert worker.ask(("call", "f", []), 5) == (parent, session, group, own)
    worker.end()
    assert is_gone(own)
    assert is_gone(parent)


@pytest.mark.skipif(sys.platform != "linux", reason="other systems let any process be signalled")
def test_no_process_outside_can_be_signalled_or_read(spare: Spare) -> None:
    worker = spare()
    run(worker, "import os\nfrom coursekit.practice.keeper import landlock\nV = landlock()")
    if worker.ask(("value", "V"), 5) < 6:
        pytest.skip("this kernel is older than Linux 6.12")
    for pid in (os.getpid(), os.getppid(), worker.process.pid):
        for call in (f"os.kill({pid}, 0)", f"os.killpg(os.getpgid({pid}), 0)"):
            assert "PermissionError" in fault(worker, f"import os\ndef f(): {call}")
        for file in ("mem", "fd/1"):
            assert "PermissionError" in fault(worker, f"def f(): open('/proc/{pid}/{file}', 'rb')")
    run(worker, "import subprocess\ndef f():\n    p = subprocess.Popen(['sleep', '60'])")
    run(worker, "def f():\n    p = subprocess.Popen(['sleep', '60']); p.kill(); return p.wait()")
    assert worker.ask(("call", "f", []), 10) == -9


LEFT = {
    "a child": "made = subprocess.Popen(['sleep', '600']).pid",
    "a child that holds the channel": """
        made = os.fork()
        if not made: time.sleep(600)
        """,
    "a child in a session of its own": """
        made = subprocess.Popen(['sleep', '600'], start_new_session=True).pid
        """,
    "a grandchild that nobody waits for": """
        code = ("import subprocess; print(subprocess.Popen(['sleep', '600'], "
                "stdout=subprocess.DEVNULL, start_new_session=True).pid)")
        done = subprocess.run([sys.executable, '-c', code], stdout=subprocess.PIPE)
        made = int(done.stdout)
        """,
    "a child that ignores signals": """
        made = subprocess.Popen(['sh', '-c', 'trap "" TERM HUP INT; sleep 600; sleep 600']).pid
        """,
    "a child that is stopped": """
        made = subprocess.Popen(['sleep', '600']).pid
        os.kill(made, signal.SIGSTOP)
        """,
}


@POSIX
@pytest.mark.parametrize("case", LEFT)
@pytest.mark.parametrize("end", ["close", "exit", "limit"])
def test_no_process_is_left_behind(spare: Spare, case: str, end: str) -> None:
    worker = spare()
    run(worker, "import os, signal, subprocess, sys, time")
    run(worker, LEFT[case])
    left = worker.ask(("value", "made"), 5)
    assert psutil.pid_exists(left)
    if end == "exit":
        assert fault(worker, "os._exit(1)").startswith(ENDED)
    elif end == "limit":
        assert "endless loop" in fault(worker, "while True: pass", 0.3)
    worker.end()
    assert is_gone(left, 1)
    assert is_gone(worker.process.pid, 1)


@POSIX
def test_a_parent_that_is_killed_leaves_nothing(tmp_path: Path) -> None:
    code = """
        import sys
        from pathlib import Path
        from coursekit.practice.worker_process import Worker
        worker = Worker()
        worker.begin(Path("."), {})
        worker.ask(("cell", "import os, re, subprocess", ""), 9)
        worker.ask(("cell", "made = subprocess.Popen(['sleep', '600'])", ""), 9)
        worker.ask(("cell", "own = os.getpid(), made.pid", ""), 9)
        print(*worker.ask(("value", "own"), 9), worker.process.pid, flush=True)
        worker.ask(("cell", "re.match('(a*)*b', 'a' * 40)", ""), 60)
    """
    parent = subprocess.Popen(
        [sys.executable, "-c", textwrap.dedent(code)],
        stdout=subprocess.PIPE,
        text=True,
        cwd=tmp_path,
    )
    with parent:
        assert parent.stdout is not None
        pids = [int(word) for word in parent.stdout.readline().split()]
        parent.kill()
    assert len(pids) == 3
    assert [pid for pid in pids if not is_gone(pid)] == []


USED_UP = {
    "memory": (
        {"memory": 400_000_000},
        "import numpy, time\ndef f(): kept = numpy.ones(10**8); time.sleep(5)",
        "your code used more than 0.4 GB of memory",
    ),
    "memory of all processes": (
        {"memory": 400_000_000},
        "import numpy, os, time\ndef f():\n"
        "    for _ in range(3): os.fork() or (numpy.ones(2 * 10**7), time.sleep(9))\n"
        "    time.sleep(9)",
        "your code used more than 0.4 GB of memory",
    ),
    "processes": (
        {"processes": 10},
        "import subprocess, time\ndef f():\n"
        "    for _ in range(20): subprocess.Popen(['sleep', '60'], start_new_session=True)\n"
        "    time.sleep(9)",
        "your code started more than 10 processes",
    ),
    "the processor's time": (
        {"cpu": 1},
        "def f():\n    while True: pass",
        "your code used more than 1 seconds of processor time",
    ),
    "the size of a file": (
        {"file_size": 1_000_000},
        "def f(): open('large', 'wb').write(bytes(2_000_000))",
        "File too large",
    ),
    "open files": (
        {"open_files": 50},
        "def f(): return len([open('/dev/null') for _ in range(60)])",
        "Too many open files",
    ),
    "the time of one answer": (
        {},
        "import time\ndef f(): time.sleep(60)",
        "no answer within 0.3 seconds",
    ),
}


@POSIX
@pytest.mark.parametrize("case", USED_UP)
def test_a_limit_is_told_and_the_next_answer_comes(tmp_path: Path, case: str) -> None:
    limits, code, says = USED_UP[case]
    with child(tmp_path, code + "\ndef six(): return 6", **limits) as made:
        made.prepare()
        with pytest.raises(StudentError, match=says):
            made.call("f", [], 0.3 if "time of one" in case else 10)
        assert made.call("six", []) == 6
        assert made.faults == {}


def test_restarts_and_sleeps_count_against_one_limit(tmp_path: Path) -> None:
    code = "import os, time\ndef f(): time.sleep(0.4)\ndef g(): os._exit(0)"
    started = time.monotonic()
    with child(tmp_path, code, total=1.0) as made:
        made.prepare()
        for name in "fgfgfgfgf":
            with suppress(StudentError):
                made.call(name, [])
        with pytest.raises(StudentError, match="the 1 seconds for the whole notebook are used up"):
            made.call("f", [])
    assert time.monotonic() - started < 20


def test_a_cell_that_ends_the_process_is_not_run_again(tmp_path: Path) -> None:
    cells = [
        Code("first", "x = 1", False),
        Code("second", "import os; os._exit(0)", True),
        Code("third", "y = x + 1", False),
    ]
    with Child(cells, {}, tmp_path, LIMITS) as made:
        assert made.value("y") == 2
        assert list(made.faults) == ["second"]
        assert made.faults["second"].startswith(ENDED)
        with pytest.raises(StudentError, match=r"your code ended the process.*second"):
            made.value("z")
