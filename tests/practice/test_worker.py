"""What student code may do to the worker and its channel: each costs its own check at most."""

import os
import subprocess
import sys
import textwrap
import time
from collections.abc import Iterator
from contextlib import chdir, suppress
from pathlib import Path
from typing import Any

import psutil
import pytest

from coursekit.practice.limits import Limits
from coursekit.practice.namespace import StudentError
from coursekit.practice.worker_client import Child, Code
from coursekit.practice.worker_process import Worker, WorkerStartError

LIMITS = Limits(given=60, cell=10, total=60)
POSIX = pytest.mark.skipif(sys.platform == "win32", reason="signals and forks are POSIX's")


@pytest.fixture(scope="module")
def worker(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Worker]:
    """One process for all cases that it must survive."""
    with Worker(LIMITS) as made:
        made.begin(tmp_path_factory.mktemp("notebook"), {"probed": "def probed(): return six()"})
        yield made


class Spare:
    """Hands out processes that were started ahead, since most cases end theirs."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.next = Worker(LIMITS)
        self.used: list[Worker] = []

    def __call__(self) -> Worker:
        made, self.next = self.next, Worker(LIMITS)
        made.begin(self.folder, {})
        self.used.append(made)
        return made

    def end(self) -> None:
        for made in [self.next, *self.used]:
            made.end()


@pytest.fixture(scope="module")
def spare(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Spare]:
    made = Spare(tmp_path_factory.mktemp("notebook"))
    yield made
    made.end()


def run(worker: Worker, code: str, limit: float = 10) -> None:
    worker.ask(("cell", textwrap.dedent(code), "the cell"), limit)


def fault(worker: Worker, code: str, limit: float = 10) -> str:
    """Run a cell and call its `f`; return what is told of the fault."""
    try:
        run(worker, code, limit)
        answer = worker.ask(("call", "f", []), limit)
    except StudentError as error:
        return str(error)
    pytest.fail(f"no fault, but the answer {answer!r}")


def below(pid: int) -> list[psutil.Process]:
    return psutil.Process(pid).children(recursive=True)


def is_gone(pid: int, seconds: float = 10) -> bool:
    """Say whether a process is over within some seconds."""
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        try:
            if psutil.Process(pid).status() == psutil.STATUS_ZOMBIE:
                return True
        except psutil.NoSuchProcess:
            return True
        time.sleep(0.02)
    return False


# What a cell does, and what is undone after it. The answer that follows is right all the same.
SURVIVED = {
    "a flood of text": """
        import sys
        for _ in range(200): print("x" * 100_000); print("y" * 100_000, file=sys.stderr)
        """,
    "frames printed": "print('\\0' * 16 + '\\0\\0\\0\\1N', flush=True)",
    "frames written to 0, 1 and 2": """
        import os
        for descriptor in (0, 1, 2): os.write(descriptor, bytes(16) + b"\\0\\0\\0\\1N")
        """,
    "closed streams": "import sys; sys.stdout.close(); sys.stderr.close()",
    "no streams": "import sys; sys.stdout = sys.stderr = sys.stdin = None",
    "descriptors closed from 0 to 100": "import os; os.closerange(0, 100)",
    "descriptors written from 3 to 100": """
        import os
        for descriptor in range(3, 100):
            try: os.write(descriptor, b"{}")
            except OSError: pass
        """,
    "print replaced": "import builtins; builtins.print = print = None",
    "built-in functions replaced": """
        import builtins
        kept = {n: getattr(builtins, n) for n in ("compile", "exec", "type", "isinstance", "len")}
        for name in kept: setattr(builtins, name, None)
        """,
    "json replaced": "import json; json.dumps = json.loads = json.JSONEncoder = None",
    "os.write and os.read replaced": "import os; os.write = os.read = os._exit = None",
    "struct and re replaced": "import struct, re; struct.pack = struct.unpack = re.sub = None",
    "queues and threads replaced": """
        import queue, threading, _thread
        queue.SimpleQueue = queue.Queue = threading.Thread = _thread.start_new_thread = None
        """,
    "NumPy's functions replaced": """
        import numpy
        numpy.array = numpy.asarray = numpy.ndarray = numpy.frombuffer = numpy.generic = None
        """,
    "Here replaced": """
        import coursekit.practice.namespace as namespace
        namespace.Here.call = namespace.Here.value = lambda self, *args: 7
        namespace.plain = namespace.told = lambda value: 7
        """,
    "plain data replaced": """
        import coursekit.practice.plain_data as plain_data
        plain_data.plain = plain_data.pack = plain_data._plain = lambda *args: b"i\\1\\7"
        """,
    "the worker's own modules replaced": """
        import coursekit.practice.serve as serve, coursekit.practice.channel as channel
        import coursekit.practice.worker as worker
        serve.serve = serve._reply = channel.give = channel.frame = worker.serve = None
        """,
    "no module of the kit": """
        import sys
        for name in [n for n in sys.modules if n.startswith("coursekit")]: del sys.modules[name]
        """,
    "the main module replaced": "import sys; sys.modules['__main__'] = sys",
    "a thread that prints": """
        import threading
        def talk():
            while True: print("x" * 1000)
        threading.Thread(target=talk, daemon=True).start()
        """,
    "a tracer": "import sys; sys.settrace(lambda *args: None); sys.setprofile(lambda *args: None)",
    "signals ignored": """
        import signal
        for one in (signal.SIGTERM, signal.SIGINT): signal.signal(one, signal.SIG_IGN)
        """,
    "an environment without anything": "import os; os.environ.clear()",
    "a folder that is gone": "import os; os.mkdir('x'); os.chdir('x'); os.rmdir('../x')",
    "a warning that is an error": "import warnings; warnings.simplefilter('error')",
    "threads left": """
        import threading, time
        for _ in range(20): threading.Thread(target=time.sleep, args=(60,)).start()
        """,
    "a copy of the process": "import os; copy = os.fork()",
}
REMEMBER = """
    import builtins, json, numpy, os, queue, re, struct, sys, threading, _thread
    TOUCHED = (builtins, json, numpy, os, queue, re, struct, threading, _thread)
    KEPT = [(module, dict(vars(module))) for module in TOUCHED]
    MODULES, FOLDER, ENVIRONMENT = dict(sys.modules), os.getcwd(), dict(os.environ)
    def six(): return 6
    number = 6
"""
RESTORE = """
    for module, names in KEPT: vars(module).update(names)
    sys.modules.update(MODULES)
    sys.settrace(None); sys.setprofile(None)
    os.chdir(FOLDER); os.environ.update(ENVIRONMENT)
"""


@POSIX
@pytest.mark.parametrize("case", SURVIVED)
def test_the_answer_after_it_is_right(worker: Worker, case: str) -> None:
    run(worker, REMEMBER)
    run(worker, SURVIVED[case])
    assert worker.ask(("call", "six", []), 10) == 6
    assert worker.ask(("call", "probed", []), 10) == 6
    assert worker.ask(("value", "number"), 10) == 6
    run(worker, RESTORE)


# The body of a function f, and what is said of it. The process goes on.
REFUSED = {
    "an object that equals everything": (
        "class Yes:\n    __eq__ = lambda self, other: True\ndef f(): return Yes()",
        "f: the result holds a Yes;",
    ),
    "an array of a class of its own": (
        "import numpy as np\nclass Yes(np.ndarray):\n    __eq__ = lambda self, other: True\n"
        "def f(): return np.ones(3).view(Yes)",
        "f: the result holds a Yes, a kind of ndarray of its own",
    ),
    "a text of a class of its own": (
        "class Yes(str): pass\ndef f(): return Yes('a')",
        "a kind of str of its own; a plain str was expected",
    ),
    "a number of a class of its own": (
        "import enum\nclass Two(enum.IntEnum):\n    TWO = 2\ndef f(): return [Two.TWO]",
        "f: the result holds a Two, a kind of int of its own",
    ),
    "a class that claims to be a list": (
        "class Liar:\n    __class__ = list\ndef f(): return Liar()",
        "f: the result holds a Liar;",
    ),
    "100,000 levels": (
        "def f():\n    made = []\n    for _ in range(100_000): made = [made]\n    return made",
        "f: the result is nested more than 50 levels deep",
    ),
    "a list that holds itself": (
        "def f():\n    made = []\n    made.append(made)\n    return {'a': (made,)}",
        "f: the result is nested more than 50 levels deep",
    ),
    "an object whose array is itself": (
        "class Endless:\n    def numpy(self): return self\ndef f(): return Endless()",
        "f: the result holds a Endless;",
    ),
    "a large array": (
        "import numpy as np\ndef f(): return np.zeros(10_000_000)",
        "f: the result is too large: at most 250,000 values and 45 MB were expected",
    ),
    "a large array that takes no room": (
        "import numpy as np\ndef f(): return np.broadcast_to(0.0, (10**6, 10**6))",
        "f: the result is too large",
    ),
    "a million numbers": ("def f(): return list(range(10**6))", "f: the result is too large"),
    "a number of a million digits": (
        "def f(): return 10 ** 1_000_000",
        "f: the result holds a whole number of 3321929 bits",
    ),
    "a key that is an array": (
        "class Key:\n    def numpy(self): return [1]\ndef f(): return {Key(): 1}",
        "f: a key of the dict is a Key",
    ),
    "an error text of 40 MB": ("def f(): raise ValueError('x' * 40_000_000)", "ValueError: xxx"),
    "control characters": (
        "def f(): raise ValueError('\\x1b[2J\\x1b]0;title\\x07a\\x08\\x9b\\u202eb\\ud800')",
        r"ValueError: a\x08\x9b\u202eb\ud800",
    ),
    "an error with control characters for a name": (
        "def f(): raise type('Bad\\x1b[31m\\x07', (Exception,), {})('x')",
        r"Bad\x07: x",
    ),
    "an error that cannot be told": (
        "class Bad(Exception):\n    def __str__(self): raise RuntimeError\ndef f(): raise Bad",
        "Bad: its text cannot be made: RuntimeError",
    ),
    "a syntax error of the student's own making": (
        "def f():\n    error = SyntaxError('no')\n    error.text = 5\n    raise error",
        "SyntaxError: no, line None: 5",
    ),
    "what Keras never says": (
        "def f(): raise ValueError('Exception encountered when calling')",
        "ValueError: Exception encountered when calling",
    ),
    "an interruption": ("def f(): raise KeyboardInterrupt", "KeyboardInterrupt"),
    "an exit": ("def f(): raise SystemExit(0)", "SystemExit: 0"),
    "a question to nobody": ("def f(): return input()", "in f: def f(): return input()"),
    "a lower limit of recursion": (
        "import sys\ndef f():\n    sys.setrecursionlimit(60)\n    return f()",
        "RecursionError",
    ),
    "no function": ("f = 'x' * 10_000_000", "and a function was expected"),
}


@pytest.mark.parametrize("case", REFUSED)
def test_it_is_told_in_bounded_words_and_the_process_goes_on(worker: Worker, case: str) -> None:
    code, says = REFUSED[case]
    told = fault(worker, code)
    assert says in told
    assert len(told) < 2200
    assert not set(told) & {"\x1b", "\x07", "\x08", "\x00", "\x9b", "\ud800"}
    run(worker, "import sys\nsys.setrecursionlimit(1000)\ndef six(): return 6")
    assert worker.ask(("call", "six", []), 10) == 6


# Cells that end their process, by what is said. Each stands for one door.
WROTE = "something other than its answer came back"
CLOSED = "your code closed the channel"
ENDED = "your code ended the process: a crash, or exit()?"
EVERY_DESCRIPTOR = """
    import os
    for name in os.listdir("/proc/self/fd"):
        try: {}
        except OSError: pass
"""
ENDING = {
    "5 on every descriptor": (EVERY_DESCRIPTOR.format("os.write(int(name), b'5\\n')"), WROTE),
    "an answer without a nonce": (
        EVERY_DESCRIPTOR.format("os.write(int(name), bytes(16) + b'\\0\\0\\0\\1N')"),
        WROTE,
    ),
    "a flood on every descriptor": (
        EVERY_DESCRIPTOR.format("[os.write(int(name), bytes(60_000)) for _ in range(2000)]"),
        WROTE,
    ),
    "every descriptor closed": (EVERY_DESCRIPTOR.format("os.close(int(name))"), CLOSED),
    "every descriptor closed in an endless loop": (
        EVERY_DESCRIPTOR.format("os.close(int(name))") + "\n    while True: pass",
        CLOSED,
    ),
    "os._exit": ("import os; os._exit(0)", ENDED),
    "a crash": ("import ctypes; ctypes.string_at(0)", f"{ENDED} (SIGSEGV)"),
    "abort": ("import os; os.abort()", f"{ENDED} (SIGABRT)"),
    "a signal to itself": ("import os; os.kill(os.getpid(), 9)", f"{ENDED} (SIGKILL)"),
    "a signal to its group": ("import os; os.kill(0, 15)", f"{ENDED} (SIGTERM)"),
}


@pytest.mark.skipif(not Path("/proc/self/fd").exists(), reason="lists descriptors as Linux does")
@pytest.mark.parametrize("case", ENDING)
def test_it_ends_the_process_and_is_told(spare: Spare, case: str) -> None:
    code, says = ENDING[case]
    worker = spare()
    assert fault(worker, code, 5).startswith(says)
    assert worker.ended
    assert is_gone(worker.process.pid)


ENDLESS = {
    "a loop": "while True: pass",
    "a loop that ignores signals": """
        import signal
        for one in set(signal.Signals) - {signal.SIGKILL, signal.SIGSTOP}:
            signal.signal(one, signal.SIG_IGN)
        while True:
            try: 1 / 0
            except BaseException: pass
        """,
    "a loop that lets no thread run": "import re; re.match('(a*)*b', 'a' * 40)",
    "it stops itself": "import os, signal; os.kill(os.getpid(), signal.SIGSTOP)",
    "it stops its group": "import os, signal; os.killpg(0, signal.SIGSTOP)",
}


@POSIX
@pytest.mark.parametrize("case", ENDLESS)
def test_it_ends_within_its_limit(spare: Spare, case: str) -> None:
    worker = spare()
    started = time.monotonic()
    assert fault(worker, ENDLESS[case], 0.5) == "no answer within 0.5 seconds: an endless loop?"
    assert time.monotonic() - started < 5
    assert is_gone(worker.process.pid)


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
        with pytest.raises(StudentError, match=f"{WROTE}|it ended with the status 0"):
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
        with pytest.raises(StudentError, match=r"did not read the question within 0\.5 s"):
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
        ((sys.executable, "-c", "raise SystemExit(3)"), "it ended with the status 3"),
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
def test_no_process_outside_can_be_signalled(spare: Spare) -> None:
    worker = spare()
    run(worker, "import os\nfrom coursekit.practice.keeper import landlock\nV = landlock()")
    if worker.ask(("value", "V"), 5) < 6:
        pytest.skip("this kernel is older than Linux 6.12")
    for pid in (os.getpid(), os.getppid(), worker.process.pid):
        for call in (f"os.kill({pid}, 0)", f"os.killpg(os.getpgid({pid}), 0)"):
            assert "PermissionError" in fault(worker, f"import os\ndef f(): {call}")
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


def child(folder: Path, code: str, **limits: Any) -> Child:
    """Return a child whose one cell is the student's."""
    cells = [Code("the cell", textwrap.dedent(code), True)]
    values: dict[str, Any] = {"given": 60, "cell": 10, "total": 60} | limits
    return Child(cells, {}, folder, Limits(**values))


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
        "your code used more than 1 seconds of the processor",
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


BESIDE = {
    "random.py": "print('my own exercise')\ndef f(x):\n    return x\n",
    "secrets.py": "raise RuntimeError('mine')",
    "numpy.py": "raise RuntimeError('mine')",
    "helper.py": "def six(): return 6",
    "test.py": "raise RuntimeError('mine')",
}


def test_files_beside_the_notebook_hide_no_library_and_are_named(tmp_path: Path) -> None:
    for name, text in BESIDE.items():
        (tmp_path / name).write_text(text)
    (tmp_path / "json").mkdir()
    (tmp_path / "json" / "__init__.py").write_text("raise RuntimeError('mine')")
    code = """
        import json, random, secrets
        import numpy
        import helper, sys
        numbers = numpy.random.default_rng(0).integers(1, 2, 3)
        six, last, first = helper.six(), sys.path[-1], sys.path[0]
    """
    with child(tmp_path, code) as made:
        assert made.value("six") == 6
        assert list(made.value("numbers")) == [1, 1, 1]
        assert made.value("last") == str(tmp_path.resolve())
        assert made.faults == {}
    named = [warning.split(" beside")[0] for warning in made.warnings]
    assert named == ["json", "numpy.py", "random.py", "secrets.py"]  # nothing imports test
    assert "has the name of the library random: Jupyter imports your file" in made.warnings[2]


def test_the_folder_environment_and_command_line_are_the_callers(tmp_path: Path) -> None:
    (tmp_path / "data.txt").write_text("in the folder")
    (tmp_path / "wrap.py").write_text(
        "import os, sys\nos.environ['WRAPPED'] = 'yes'\nos.execv(sys.argv[1], sys.argv[1:])"
    )
    own = {"PATH": os.defpath, "SECRET": "only this"}
    code = "import os\ndef f(): return open('data.txt').read(), os.environ['SECRET'], [*os.environ]"

    def start() -> Worker:
        return Worker(LIMITS, wrap=(sys.executable, str(tmp_path / "wrap.py")), environment=own)

    with Child([Code("the cell", code, True)], {}, tmp_path, LIMITS, start=start) as made:
        text, secret, names = made.call("f", [])
    assert (text, secret) == ("in the folder", "only this")
    assert "WRAPPED" in names
    assert not {"HOME", "USER", "COURSEKIT_CACHE"} & set(names)


@POSIX
@pytest.mark.parametrize(
    ("code", "says"),
    [
        (
            "import ctypes; ctypes.string_at(0)",
            r"in the given cell first, the code ended the process: .*\(SIGSEGV\)",
        ),
        ("while True: pass", r"the given cell first, no answer within 0\.3 seconds"),
    ],
)
def test_a_given_cell_that_ends_the_process_is_no_fault_of_the_students(
    tmp_path: Path, code: str, says: str
) -> None:
    cells = [Code("first", code, False), Code("second", "x = 1", True)]
    limits = Limits(given=60 if "ctypes" in code else 0.3)
    made = Child(cells, {}, tmp_path, limits, Worker(LIMITS))
    with made, pytest.raises(WorkerStartError, match=says):
        made.value("x")


def test_a_library_that_cannot_be_imported_is_told_as_such(tmp_path: Path) -> None:
    (tmp_path / "broken").mkdir()
    (tmp_path / "broken" / "numpy.py").write_text("raise ImportError('built for another Python')")
    code = """
import os, sys
os.environ["PYTHONPATH"] = sys.argv[1]
os.execv(sys.argv[2], sys.argv[2:])
"""
    wrap = (sys.executable, "-c", code, str(tmp_path / "broken"))
    with pytest.raises(WorkerStartError, match="ImportError: built for another Python"):
        Child([], {}, tmp_path, start=lambda: Worker(LIMITS, wrap)).prepare()


@POSIX
def test_the_current_folder_may_be_deleted(tmp_path: Path) -> None:
    (tmp_path / "gone").mkdir()
    with chdir(tmp_path / "gone"):
        (tmp_path / "gone").rmdir()
        with child(tmp_path, "x = 1") as made:
            assert made.value("x") == 1


def test_a_process_that_was_started_ahead_is_used_and_ended(tmp_path: Path) -> None:
    ahead = Worker(LIMITS)
    with ahead, Child([Code("the cell", "x = 1", True)], {}, tmp_path, LIMITS, ahead) as made:
        assert made.value("x") == 1
        assert made.worker is ahead
    assert is_gone(ahead.process.pid)
    with Worker(LIMITS) as unused:
        pass
    assert is_gone(unused.process.pid)


def test_the_cells_are_a_module_of_their_own_as_in_a_kernel(worker: Worker) -> None:
    code = """
        from __future__ import annotations
        import __main__, dataclasses, sys, typing
        @dataclasses.dataclass
        class Point:
            kind: typing.ClassVar[int] = 1
            x: int = 2
        hints = sorted(typing.get_type_hints(Point))
        same = __main__.Point is Point
        fields = [field.name for field in dataclasses.fields(Point)]
        file = hasattr(__main__, "__file__")
    """
    run(worker, code)
    assert worker.ask(("value", "hints"), 5) == ["kind", "x"]
    assert worker.ask(("value", "same"), 5) is True
    assert worker.ask(("value", "fields"), 5) == ["x"]
    assert worker.ask(("value", "file"), 5) is False
