"""What student code may do in its process: each costs its own check at most."""

import time
from pathlib import Path

import pytest

from coursekit.practice.worker_process import Worker
from tests.workers import CLOSED, ENDED, POSIX, WROTE, Spare, fault, is_gone, run

pytestmark = pytest.mark.slow

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
    "NotebookNamespace replaced": """
        import coursekit.practice.namespace as namespace
        namespace.NotebookNamespace.call = namespace.NotebookNamespace.value = lambda self, *args: 7
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


# The body of a function f, and what is said of it. The process continues.
REFUSED = {
    "an object that equals everything": (
        "class Yes:\n    __eq__ = lambda self, other: True\ndef f(): return Yes()",
        "f: the result holds a Yes;",
    ),
    "an array of a class of its own": (
        "import numpy as np\nclass Yes(np.ndarray):\n    __eq__ = lambda self, other: True\n"
        "def f(): return np.ones(3).view(Yes)",
        "f: the result holds a Yes, a subclass of ndarray",
    ),
    "a text of a class of its own": (
        "class Yes(str): pass\ndef f(): return Yes('a')",
        "a subclass of str; a plain str was expected",
    ),
    "a number of a class of its own": (
        "import enum\nclass Two(enum.IntEnum):\n    TWO = 2\ndef f(): return [Two.TWO]",
        "f: the result holds a Two, a subclass of int",
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
        "Bad: it cannot be shown as text: RuntimeError",
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
    "every descriptor leads to an end": (
        EVERY_DESCRIPTOR.format("os.dup2(os.open('/dev/null', 0), int(name))"),
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
