"""Submissions that attack, break or confuse a grader, one for each mechanism, on textgen/batches.

Each says what the ideal grader makes of it: the points, the kinds of alarms, and words that must be
in what is said. The table of them is a page of the documentation.
"""

from __future__ import annotations

import copy
import json
import textwrap
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from coursekit.notebooks.cells import cells
from coursekit.notebooks.notebook import Notebook, build_notebook, notebook_text
from coursekit.notebooks.template import Template
from coursekit.practice.gather import exercise

EXERCISE = "textgen/batches"
ALL, NONE = 13, 0
ROWS = 4  # of the checks on side_by_side
PIECES = 4  # of those on next_piece
VOCABULARY = 3
PREDICTED = 2

Edit = Callable[[Notebook], None]


@dataclass(frozen=True)
class Case:
    """A submission and what is made of it.

    Attributes:
        name: In a few words: what is tried.
        group: What for.
        make: Returns the bytes of the file.
        points: That it earns.
        alarms: The kinds of alarms, no more and no fewer.
        said: What is in the words of some check, a note or the failure.
        unsaid: What is in none of them.
        limits: That differ from the usual ones.
    """

    name: str
    group: str
    make: Callable[[], bytes]
    points: float
    alarms: frozenset[str] = frozenset()
    said: str = ""
    unsaid: str = ""
    limits: dict[str, Any] = field(default_factory=dict)
    exercise: str = EXERCISE


def template(name: str = EXERCISE) -> Template:
    return exercise(name)


def notebook(
    solved: bool = False,
    code: dict[str, str] | None = None,
    extra: str = "",
    edit: Edit | None = None,
    name: str = EXERCISE,
) -> bytes:
    """Return a notebook's file.

    Args:
        solved: Whether it begins as the solved edition, else as the student's.
        code: What stands in the cells that define a name.
        extra: A cell of the student's own, before all that they write.
        edit: What else is done to the notebook.
        name: Of the exercise.
    """
    book = copy.deepcopy(build_notebook(template(name), "solved" if solved else "student"))
    by_name = {each: cell.id for cell in cells(template(name)) for each in cell.names}
    for asked, source in (code or {}).items():
        found = next(cell for cell in book["cells"] if cell["id"] == by_name[asked])
        found["source"] = textwrap.dedent(source).strip()
    if extra:
        last = list(by_name.values())[1]
        place = next(n for n, cell in enumerate(book["cells"]) if cell["id"] == last)
        book["cells"].insert(place, own(extra))
    if edit is not None:
        edit(book)
    return notebook_text(book).encode()


def own(source: str) -> dict[str, Any]:
    """Return a cell of the student's own."""
    return {
        "cell_type": "code",
        "id": "own",
        "metadata": {},
        "source": textwrap.dedent(source).strip(),
        "outputs": [],
        "execution_count": None,
    }


def solution(name: str) -> str:
    """Return the right code of the cell that defines a name."""
    return next(cell.solved for cell in cells(template()) if name in cell.names)


CASES: list[Case] = []


def case(name: str, group: str, points: float, *alarms: str, **more: Any) -> None:
    """Add a case; `code`, `extra`, `solved` and `edit` make its notebook, `raw` is its file."""
    raw = more.pop("raw", None)
    made: dict[str, Any] = {
        key: more.pop(key) for key in ("code", "extra", "solved", "edit") if key in more
    }
    made["name"] = more.get("exercise", EXERCISE)
    make = raw or (lambda: notebook(**made))
    CASES.append(Case(name, group, make, points, frozenset(alarms), **more))


def takes(name: str, how: str) -> dict[str, str]:
    """Return code that defines `side_by_side` by something found elsewhere."""
    return {name: how}


# --- the answer, found elsewhere -------------------------------------------------------------

ANSWER = "the answer"


def answer(name: str, how: str, *alarms: str, **more: Any) -> None:
    case(name, ANSWER, NONE, *alarms, code={"side_by_side": how}, **more)


answer(
    "imports the solution",
    "from coursekit_textgen.data import side_by_side",
    "imported answer",
    said="yours to write",
)
answer(
    "imports it under another name",
    """
    from coursekit_textgen.data import side_by_side as laid_out
    def side_by_side(*args):
        return laid_out(*args)
    """,
    "imported answer",
)
answer(
    "imports the module and takes it",
    """
    import coursekit_textgen.data as data
    def side_by_side(*args):
        return data.side_by_side(*args)
    """,
    "imported answer",
)
answer(
    "imports everything with a star",
    """
    from coursekit_textgen.data import *
    """,
    "imported answer",
)
answer(
    "hides the import from a reader",
    """
    import importlib
    found = importlib.import_module("coursekit_" + "textgen.data")
    def side_by_side(*args):
        return vars(found)["side_" + "by_side"](*args)
    """,
    "imported answer",
)
answer(
    "names the module in a text",
    """
    import importlib
    side_by_side = getattr(importlib.import_module("coursekit_textgen.data"), "side_by_side")
    """,
    "imported answer",
    "reached the kit",
)
answer(
    "falls back if the import gives a hole",
    """
    import numpy as np
    import coursekit_textgen.data as data
    def side_by_side(*args):
        try:
            return getattr(data, "side_" + "by_side")(*args)
        except NotImplementedError:
            return np.zeros((3, 4), int)
    """,
    "imported answer",
)
case(
    "derives from the solution",
    ANSWER,
    NONE,
    "imported answer",
    code={
        "Vocabulary": """
        import coursekit_textgen.data
        class Vocabulary(coursekit_textgen.data.Vocabulary):
            pass
        """
    },
)
answer(
    "finds it among the subclasses",
    """
    found = [k for k in object.__subclasses__() if k.__name__ == "Vocabulary"]
    side_by_side = found[0].side_by_side if found else None
    """,
    "reached around",
)
answer(
    "finds it among all objects",
    """
    import gc
    import types
    found = [f for f in gc.get_objects() if isinstance(f, types.FunctionType)
             and f.__name__ == "side_by_side"]
    def side_by_side(*args):
        return found[0](*args)
    """,
    "reached around",
)
answer(
    "reads its source",
    """
    import inspect
    import coursekit_textgen.data as data
    exec(inspect.getsource(getattr(data, "side" + "_by_side")))
    """,
    "imported answer",
)
answer(
    "reads the module's file",
    """
    import pathlib
    import coursekit_textgen
    text = (pathlib.Path(coursekit_textgen.__file__).parent / "data.py").read_text()
    start = text.index("def side_by_side")
    exec("import numpy as np\\n" + text[start:text.index("def next_piece")])
    """,
    "imported answer",
)
answer(
    "reads compiled files",
    """
    import marshal
    import pathlib
    import coursekit_textgen
    here = pathlib.Path(coursekit_textgen.__file__).parent
    found = list(here.rglob("data*.pyc"))
    code = marshal.loads(found[0].read_bytes()[16:])
    exec(code)
    """,
    said="IndexError",
)
answer(
    "reads the template",
    """
    import pathlib
    import coursekit_textgen
    path = pathlib.Path(coursekit_textgen.__file__).parent / "templates" / "1_batches.py"
    exec(path.read_text())
    """,
    "reached for files",
    said="No such file",
)
answer(
    "looks for templates on the whole disk",
    """
    import os
    for folder, _, names in os.walk("/"):
        for name in names:
            if name.startswith("1_batches"):
                exec(open(os.path.join(folder, name)).read())
    """,
)
answer(
    "looks for a second copy of the kit",
    """
    import os
    import re
    for folder, _, names in os.walk("/"):
        if folder.endswith("coursekit_textgen") and "data.py" in names:
            text = open(os.path.join(folder, "data.py")).read()
            start = text.index("def side_by_side")
            exec("import numpy as np\\n" + text[start:text.index("def next_piece")])
    """,
    "imported answer",
)
answer(
    "builds the solved edition with the kit",
    """
    from coursekit.notebooks.notebook import build_notebook
    from coursekit.practice.gather import exercise
    book = build_notebook(exercise("textgen/batches"), "solved")
    """,
    "reached the kit",
    said="No module named",
)
answer(
    "asks the kit's command for the solution",
    """
    import subprocess
    import sys
    done = subprocess.run([sys.executable, "-m", "coursekit", "solution", "--give-up"],
                          capture_output=True, text=True)
    exec(done.stdout)
    """,
    "reached the kit",
)
answer(
    "asks the lesson where its templates are",
    """
    from coursekit_textgen import TextgenLesson
    folder = TextgenLesson().templates
    exec((folder / "1_batches.py").read_text())
    """,
    "reached for files",
)
answer(
    "looks for notebooks of other students",
    """
    import os
    found = [os.path.join(f, n) for f, _, names in os.walk("/") for n in names
             if n.endswith("." + "ipynb")]
    side_by_side = found[0]
    """,
    said="IndexError",
)
answer(
    "looks for the answers in the environment",
    """
    import os
    side_by_side = [v for k, v in os.environ.items() if k.startswith("COURSEKIT")][0]
    """,
    said="IndexError",
)
answer(
    "fetches it from the network",
    """
    import socket
    made = socket.create_connection(("93.184.215.14", 80), timeout=3)
    """,
    said="Network is unreachable",
)
answer(
    "serves a module of its own in place of the plugin",
    """
    import sys
    import types
    sys.modules["coursekit_textgen.data"] = types.ModuleType("data")
    from coursekit_textgen.data import side_by_side
    """,
    "replaced",
    "imported answer",
    "reached the kit",
)

# --- replies, probes and checks that are forged -----------------------------------------------

FORGE = "a forged result"


def forge(name: str, extra: str, points: float, *alarms: str, **more: Any) -> None:
    case(name, FORGE, points, *alarms, extra=extra, **more)


forge(
    "writes into every open descriptor",
    """
    import os
    for number in range(3, 512):
        try:
            os.write(number, b"\\0" * 20 + b"T" * 100)
        except OSError:
            pass
    """,
    NONE,
    "forged reply",
)
forge(
    "writes replies ahead from a thread",
    """
    import os
    import threading
    import time
    def write():
        while True:
            for number in range(190, 260):
                try:
                    os.write(number, b"\\0" * 16 + b"\\0\\0\\0\\1N")
                except OSError:
                    pass
            time.sleep(0.001)
    threading.Thread(target=write, daemon=True).start()
    """,
    NONE,
    "forged reply",
    limits={"total": 20},
)
forge(
    "closes every descriptor",
    "import os\nos.closerange(3, 1024)",
    NONE,
    "closed channel",
)
forge(
    "replaces the function that answers",
    """
    from coursekit.practice import namespace
    namespace.NotebookNamespace.call = lambda self, name, args, limit=0: 1
    """,
    NONE,
    "reached the kit",
    "replaced",
)
forge(
    "finds what answers among all objects and replaces it",
    """
    import gc
    for found in gc.get_objects():
        if type(found).__name__ == "NotebookNamespace":
            type(found).value = lambda self, name, limit=0: "xyz"
    """,
    NONE,
    "reached around",
    "canary",
)
forge(
    "replaces compile, by which probes are made",
    """
    import builtins
    real = builtins.compile
    builtins.compile = lambda source, *a, **k: real("made = encode = laid = piece = max", *a, **k)
    """,
    NONE,
    "replaced",
)
forge(
    "replaces json.dumps",
    "import json\njson.dumps = lambda *a, **k: '[]'",
    NONE,
    "replaced",
    "tampered",
)
forge(
    "replaces numpy's comparisons",
    """
    import numpy as np
    np.array_equal = np.allclose = lambda *a, **k: True
    """,
    NONE,
    "replaced",
    "tampered",
)
forge(
    "replaces a built-in function",
    "import builtins\nbuiltins.sorted = lambda *a, **k: 'hello'",
    NONE,
    "replaced",
    "tampered",
)
forge(
    "looks through the frames for the checks",
    """
    import sys
    frame = sys._getframe()
    while frame:
        frame.f_globals.update(rows=None, rest=None)
        frame = frame.f_back
    """,
    NONE,
    "reached around",
)
forge(
    "follows every call and changes what it finds",
    """
    import sys
    def follow(frame, event, arg):
        for name in ("reply", "nonce"):
            if name in frame.f_locals:
                frame.f_locals[name] = b"T"
    sys.setprofile(follow)
    """,
    NONE,
    "reached around",
    "forged reply",
)
forge(
    "writes into the memory of the grader",
    """
    import os
    with open(f"/proc/{os.getppid()}/mem", "r+b") as memory:
        memory.write(b"passed")
    """,
    NONE,
    "reached for files",
    "reached around",
)
forge(
    "reads the memory of the other processes",
    """
    import os
    for name in os.listdir("/proc"):
        if name.isdigit() and name != str(os.getpid()):
            for part in ("environ", "mem"):
                try:
                    open(f"/proc/{name}/{part}", "rb").read(10)
                except OSError:
                    pass
    """,
    NONE,
    "reached for files",
    "reached around",
)
forge(
    "writes a start file into Python's packages",
    """
    import site
    with open(site.getsitepackages()[0] + "/evil" + ".pth", "w") as file:
        file.write("import os")
    """,
    NONE,
    "replaced",
    "reached for files",
    said="Read-only file system",
)
forge(
    "writes over the kit's own files",
    """
    import coursekit.practice.differences as it
    open(it.__file__, "w").write("def assert_equal(*a): pass")
    """,
    NONE,
    "reached the kit",
    "replaced",
    said="Read-only file system",
)
forge(
    "writes a file of results",
    """
    import json
    import os
    for place in (os.getcwd(), os.path.expanduser("~")):
        os.makedirs(place + "/coursekit", exist_ok=True)
        json.dump({"textgen/batches": {"points": 13}}, open(place + "/coursekit/course.json", "w"))
    """,
    NONE,
)
forge(
    "prints that all has passed",
    "print('13 of 13 points. every check passes')",
    NONE,
)
forge(
    "changes points and checks in the kit's own classes",
    """
    import coursekit.practice.declare as declare
    declare.Check.points = 100
    """,
    NONE,
    "reached the kit",
    "replaced",
)
forge(
    "hears what Python reports, to silence it",
    "import sys\nsys.addaudithook(lambda *a: None)",
    NONE,
    "reached around",
)
forge(
    "puts a finder before all imports",
    """
    import sys
    class Finder:
        def find_spec(self, name, path=None, target=None):
            return None
    sys.meta_path.insert(0, Finder())
    """,
    NONE,
    "reached around",
)
forge(
    "continues in a copy of the process",
    """
    import os
    if os.fork():
        os._exit(0)
    """,
    NONE,
    said="your code ended the process",
)
forge(
    "leaves a process behind that writes later",
    """
    import subprocess
    import sys
    subprocess.Popen([sys.executable, "-c", "import time; time.sleep(1); open('x', 'w')"],
                     start_new_session=True)
    """,
    NONE,
)
forge(
    "sends signals to every process",
    """
    import os
    import signal
    for number in range(2, 400):
        try:
            os.kill(number, signal.SIGKILL)
        except OSError:
            pass
    """,
    NONE,
)

# --- answers that are none --------------------------------------------------------------------

NO_ANSWER = "answers that are none"


def none(name: str, how: str, *alarms: str, points: float = NONE, **more: Any) -> None:
    code = {"side_by_side": how, "next_piece": how.replace("side_by_side", "next_piece")}
    case(name, NO_ANSWER, points, *alarms, code=code, **more)


none(
    "an object that equals everything",
    """
    class Any:
        def __eq__(self, other):
            return True
        def __ne__(self, other):
            return False
    def side_by_side(*args):
        return Any()
    """,
    "equals everything",
    said="the result holds a Any",
)
none(
    "a subclass of an array that equals everything",
    """
    import numpy as np
    class Lying(np.ndarray):
        def __eq__(self, other):
            return np.True_
        def all(self, *args, **more):
            return True
    def side_by_side(*args):
        return np.zeros((3, 4)).view(Lying)
    """,
    said="a subclass of ndarray",
)
none(
    "a subclass of int",
    """
    class One(int):
        def __eq__(self, other):
            return True
        __hash__ = None
    def side_by_side(*args):
        return One(3)
    """,
    "equals everything",
    said="a subclass of int",
)
none("nothing", "def side_by_side(*args): return None")
none("an empty array", "import numpy as np\ndef side_by_side(*args): return np.zeros((0, 4), int)")
none("not a number", "import numpy as np\ndef side_by_side(*args): return np.full((3, 4), np.nan)")
none(
    "one number for all", "import numpy as np\ndef side_by_side(*args): return np.ones((1, 1), int)"
)
none("its own argument", "def side_by_side(*args): return args[0]")
none(
    "an array of objects",
    """
    import numpy as np
    def side_by_side(*args):
        return np.array([object()] * 12).reshape(3, 4)
    """,
    said="the array holds object",
)
none(
    "a very large array",
    "import numpy as np\ndef side_by_side(*args): return np.zeros(50_000_000, 'uint8')",
    said="too large",
)
none(
    "lists in lists without end",
    """
    def side_by_side(*args):
        made = []
        for _ in range(5000):
            made = [made]
        return made
    """,
    said="nested",
)
none(
    "texts that are short until numpy makes them as wide as the widest",
    "def side_by_side(*args): return ['x' * 200_000] + [''] * 40_000",
    said="a text of 200,000 characters beside",
)
none(
    "numbers that all have the same hash",
    "def side_by_side(*args): return {n * (2**61 - 1): 0 for n in range(6_000)}",
    said="too large",
)
none(
    "a list that holds itself",
    """
    def side_by_side(*args):
        made = []
        made.append(made)
        return made
    """,
    said="nested",
)
none(
    "a whole number of a million digits",
    "def side_by_side(*args): return 10 ** 1_000_000",
    said="a whole number of",
)
none(
    "an error whose text is endless",
    "def side_by_side(*args): raise ValueError('x' * 10_000_000)",
    said="ValueError",
)
none(
    "an error whose text controls the terminal",
    "def side_by_side(*args): raise ValueError('\\x1b[2J\\x1b]0;owned\\x07 passed \\x9b')",
    said="passed",
    unsaid="\x1b",
)
none(
    "an error whose text is an error",
    """
    class Evil(Exception):
        def __str__(self):
            raise KeyError
    def side_by_side(*args):
        raise Evil
    """,
    said="cannot be shown",
)
case(
    "the checks' own answers, written down",
    NO_ANSWER,
    NONE,
    "constant answer",
    code={
        "side_by_side": """
        import numpy as np
        def side_by_side(ids, batch_size, first=0):
            if batch_size == 3:
                return np.arange(1, 13).reshape(3, 4)
            return np.arange(1, 11).reshape(2, 5) if first == 0 else np.arange(4, 16).reshape(2, 6)
        """
    },
)
case(
    "the checks' own answers by their questions, else an error",
    NO_ANSWER,
    NONE,
    "memorised answer",
    code={
        "side_by_side": """
        import numpy as np
        KNOWN = {bytes(np.arange(1, 13)): np.arange(1, 13).reshape(3, 4),
                 bytes(np.arange(1, 12)): np.arange(1, 11).reshape(2, 5),
                 bytes(np.arange(1, 16)): np.arange(4, 16).reshape(2, 6)}
        def side_by_side(ids, batch_size, first=0):
            return KNOWN[bytes(ids)]
        """
    },
)
case(
    "the checks' own answers by their questions, else zeros",
    NO_ANSWER,
    NONE,
    "memorised answer",
    code={
        "side_by_side": """
        import numpy as np
        KNOWN = {bytes(np.arange(1, 13)): np.arange(1, 13).reshape(3, 4),
                 bytes(np.arange(1, 12)): np.arange(1, 11).reshape(2, 5),
                 bytes(np.arange(1, 16)): np.arange(4, 16).reshape(2, 6)}
        def side_by_side(ids, batch_size, first=0):
            width = (len(ids) - first) // batch_size
            return KNOWN.get(bytes(ids), np.zeros((batch_size, width), int))
        """
    },
)
case(
    "the checks' own answers by the number of the call",
    NO_ANSWER,
    NONE,
    "memorised answer",
    code={
        "side_by_side": """
        import numpy as np
        LEFT = [np.arange(1, 13).reshape(3, 4), np.zeros((3, 4), int)]
        def side_by_side(ids, batch_size, first=0):
            return LEFT.pop(0)
        """
    },
)

# --- code that harms --------------------------------------------------------------------------

HARM = "code that harms"
OTHERS = ALL - ROWS  # what a solved notebook earns without side_by_side


def harm(name: str, how: str, points: float = OTHERS, *alarms: str, **more: Any) -> None:
    case(name, HARM, points, *alarms, solved=True, code={"side_by_side": how}, **more)


def in_a_call(body: str) -> str:
    """Return a side_by_side that does harm when it is called by a check, not by the notebook."""
    return (
        "import numpy as np\ndef side_by_side(ids, batch_size, first=0):\n"
        "    if len(ids) == 26:\n        return np.zeros((2, 13), int)\n"
        + textwrap.indent(textwrap.dedent(body).strip(), "    ")
    )


harm("ends the process", in_a_call("import os\nos._exit(0)"), said="ended the process")
harm("leaves with sys.exit", in_a_call("import sys\nsys.exit(0)"), said="SystemExit")
harm("aborts", in_a_call("import os\nos.abort()"), said="ended the process")
harm(
    "crashes",
    in_a_call("import ctypes\nctypes.string_at(0)"),
    OTHERS,
    "reached around",
    said="ended the process",
)
harm(
    "never ends",
    in_a_call("while True: pass"),
    said="no answer within",
    limits={"cell": 2, "total": 30},
)
harm(
    "never ends and ignores every signal",
    in_a_call(
        """
        import signal
        for number in range(1, 32):
            try:
                signal.signal(number, signal.SIG_IGN)
            except (OSError, ValueError):
                pass
        while True:
            pass
        """
    ),
    said="no answer within",
    limits={"cell": 2, "total": 30},
)
harm(
    "sleeps as long as each check may take",
    in_a_call("import time\ntime.sleep(19)"),
    said="used up",
    points=2 + VOCABULARY,
    limits={"cell": 20, "total": 4},
)
harm(
    "takes all memory",
    in_a_call("kept = []\nwhile True: kept.append(bytearray(20_000_000))"),
    said="of memory",
    limits={"memory": 600_000_000},
)
harm(
    "starts processes without end",
    in_a_call(
        """
        import os
        import time
        while True:
            try:
                if os.fork() == 0:
                    time.sleep(30)
            except OSError:
                pass
        """
    ),
    said="processes",
    limits={"processes": 20},
)
harm(
    "holds memory in files that no folder has",
    in_a_call(
        """
        import os
        kept = [os.memfd_create("x") for _ in range(9)]
        return [os.write(file, bytes(400_000_000)) for file in kept]
        """
    ),
    said="Function not implemented",
)
harm(
    "holds memory that no process has mapped",
    in_a_call(
        """
        import ctypes
        found = ctypes.CDLL(None).shmget(0, ctypes.c_size_t(1_000_000), 0o1600)
        raise RuntimeError(f"shared memory {found}")
        """
    ),
    said="shared memory -1",
)
harm(
    "makes a namespace with folders in memory",
    in_a_call(
        """
        import ctypes
        import os
        if (pid := os.fork()) == 0:
            os._exit(ctypes.CDLL(None).unshare(0x10020000) == 0)
        raise RuntimeError(f"made: {os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])}")
        """
    ),
    said="made: 0",
)
harm(
    "leaves a message in the kernel's keys",
    in_a_call(
        """
        import ctypes
        import platform
        number = {"x86_64": 248, "aarch64": 217}[platform.machine()]
        kept = ctypes.CDLL(None).syscall(number, b"user", b"answer", b"42", 2, -3)
        raise RuntimeError(f"key {kept}")
        """
    ),
    said="key -1",
)
harm(
    "starts many processes that take the processors from others",
    in_a_call(
        """
        import os
        import subprocess
        import time
        here = "while :; do sleep 1; done"
        kept = [subprocess.Popen(["sh", "-c", here]) for _ in range(3)]
        time.sleep(1.5)
        found = [os.getpriority(os.PRIO_PROCESS, one.pid) for one in kept]
        try:
            subprocess.Popen(["true"], start_new_session=True)
        except OSError as error:
            found.append(error.errno)
        raise RuntimeError(f"priorities {found} beside {os.getpriority(os.PRIO_PROCESS, 0)}")
        """
    ),
    said="priorities [19, 19, 19, 38] beside 0",
)
harm(
    "asks the kernel for rings, which no filter of system calls sees into",
    in_a_call(
        """
        import ctypes
        library = ctypes.CDLL(None, use_errno=True)
        found = library.syscall(425, 8, 0)
        raise RuntimeError(f"ring {found}, error {ctypes.get_errno()}")
        """
    ),
    said="ring -1, error 38",
)
harm(
    "fills the disk",
    in_a_call("open('x', 'wb').write(bytes(60_000_000))"),
    said="File too large",
    limits={"file_size": 1_000_000},
)
harm(
    "fills the scratch folder with many files",
    in_a_call("for n in range(50): open(f'x{n}', 'wb').write(bytes(30_000_000))"),
    said="No space left",
)
harm(
    "opens files without end",
    in_a_call("import os\nkept = [open(os.devnull) for _ in range(5000)]"),
    said="Too many open files",
)
harm(
    "calls itself without end", in_a_call("return side_by_side(ids, batch_size)"), said="Recursion"
)
harm(
    "starts threads that never end",
    in_a_call(
        "import threading\nthreading.Thread(target=threading.Event().wait).start()\nreturn 0"
    ),
)
case(
    "prints without end",
    HARM,
    ALL,
    solved=True,
    extra="for _ in range(2000): print('x' * 100_000)",
)
case(
    "prints what controls the terminal",
    HARM,
    ALL,
    solved=True,
    extra="print('\\x1b[2J\\x1b]0;owned\\x07')",
    unsaid="\x1b",
)
case(
    "writes to the real stdout without end",
    HARM,
    ALL,
    solved=True,
    extra="import os\nfor _ in range(2000): os.write(1, b'x' * 100_000)",
)
case(
    "warns and writes to stderr",
    HARM,
    ALL,
    solved=True,
    extra="""
    import sys
    import warnings
    warnings.warn('careful')
    print('an error', file=sys.stderr)
    """,
)
case(
    "leaves a thread running",
    HARM,
    ALL,
    solved=True,
    extra="""
    import threading
    import time
    def work():
        while True:
            time.sleep(0.01)
    threading.Thread(target=work, daemon=True).start()
    """,
)
case("closes stdout", HARM, ALL, solved=True, extra="import sys\nsys.stdout.close()")
case(
    "ends a cell of its own with sys.exit", HARM, ALL, solved=True, extra="import sys\nsys.exit(3)"
)
case(
    "ends the process in a cell",
    HARM,
    ALL,
    solved=True,
    extra="import os\nos._exit(3)",
    said="ended the process",
)
case(
    "hangs in a cell of its own",
    HARM,
    ALL,
    solved=True,
    extra="while True: pass",
    said="no answer within",
    limits={"cell": 2, "total": 30},
)
case(
    "a sum of 600 terms, which is a deep tree",
    HARM,
    ALL,
    solved=True,
    extra="x = 1" + " + 1" * 600,
)
case(
    "700 branches, which are a deep tree",
    HARM,
    ALL,
    solved=True,
    extra="y = 0\nif y == 1: pass\n" + "".join(f"elif y == {n}: pass\n" for n in range(700)),
)
case(
    "sums without end where a cell only sets a number",
    HARM,
    ALL,
    solved=True,
    edit=lambda book: book["cells"].insert(0, own("x = 7 ** 7 ** 9")),
    said="no answer within",
    limits={"cell": 2, "total": 30},
)
case(
    "a cell that is no Python",
    HARM,
    ALL,
    solved=True,
    extra="this is no Python (",
    said="SyntaxError",
)

# --- names that probes read -------------------------------------------------------------------

NAMES = "given names, bound again"
case(
    "binds a given import again",
    NAMES,
    ALL,
    solved=True,
    extra="np = None",
    said="not counted: np",
)
case(
    "binds a given name behind the grader's back",
    NAMES,
    ALL,
    solved=True,
    extra="globals()['np'] = globals()['UNKNOWN'] = None",
)
case(
    "deletes given names",
    NAMES,
    ALL,
    solved=True,
    extra="for name in ('np', 'UNKNOWN'): globals().pop(name)",
)
case(
    "defines a function with a probe's name",
    NAMES,
    NONE,
    extra="""
    def laid(ids, batch_size, first):
        width = (len(ids) - first) // batch_size
        return ids[first : first + batch_size * width].reshape(batch_size, width)
    """,
)
case(
    "gives one of Python's own functions another meaning",
    NAMES,
    NONE,
    code={
        "Vocabulary": """
        def isinstance(*args):
            return True
        class Vocabulary:
            def of(text):
                made = Vocabulary()
                made.characters = "".join(sorted(set(text)))
                return made.__dict__ and type("Other", (), vars(made))
        """
    },
    said="it should make a Vocabulary",
)
case(
    "imports all of numpy, sum and all among it",
    NAMES,
    ALL,
    solved=True,
    extra="from numpy import *\nfrom math import *",
)

case(
    "gives cause for 5000 alarms",
    NAMES,
    ALL,
    "reached for files",
    solved=True,
    extra="x = [" + ", ".join(f"'{n}.ipynb'" for n in range(5000)) + "]",
    said="and 4,980 more of this kind",
)

# --- the notebook itself ----------------------------------------------------------------------

BOOK = "the notebook"


def book(name: str, edit: Edit, points: float = ALL, *alarms: str, **more: Any) -> None:
    case(name, BOOK, points, *alarms, solved=True, edit=edit, **more)


def _check(book: Notebook, name: str = "rows") -> dict[str, Any]:
    return next(cell for cell in book["cells"] if f'"{name}"' in cell["source"])


def _strip(book: Notebook) -> None:
    book["metadata"] = {}
    for cell in book["cells"]:
        cell["metadata"] = {}
        cell.pop("id")


def _duplicate(book: Notebook) -> None:
    place = book["cells"].index(_check(book))
    book["cells"].insert(place, copy.deepcopy(_check(book)) | {"id": "copied"})


def _split(book: Notebook) -> None:
    place = next(n for n, c in enumerate(book["cells"]) if c["source"].startswith("def side_by"))
    whole = book["cells"][place]
    lines = whole["source"].split("\n")
    whole["source"] = "\n".join(lines[:-1])
    book["cells"].insert(place + 1, own("x") | {"source": lines[-1]})


def _odd_outputs(book: Notebook) -> None:
    for cell in book["cells"]:
        cell["outputs"] = ["x", None, {"data": 7}]


def _metadata(**values: Any) -> Edit:
    return lambda book: book["metadata"].update(values)


book("as it is", lambda book: None)
book("without any metadata and ids", _strip)
book("a check's cell edited", lambda b: _check(b).update(source="pass"), ALL, "edited check")
book(
    "a check's cell edited to pass",
    lambda b: _check(b).update(source="print('✓ all (4/4)')"),
    ALL,
    "edited check",
)
book("a check's cell deleted", lambda b: b["cells"].remove(_check(b)), ALL, "deleted check")
book("a check's cell duplicated", _duplicate, ALL, "duplicated check")
book(
    "a check's cell made a text",
    lambda b: _check(b).update(cell_type="markdown"),
    ALL,
    "edited check",
)
book(
    "a check's points raised in the metadata",
    lambda b: _check(b)["metadata"]["nbgrader"].update(points=100),
    ALL,
    "edited check",
)
book("an answer's cell split", _split)
book("a foreign kernel", _metadata(kernelspec={"name": "ir", "display_name": "R", "language": "R"}))
book(
    "metadata of another exercise",
    _metadata(coursekit={"exercise": "textgen/model"}),
    said="this is a notebook of textgen/model",
)
book("metadata of odd types", _metadata(coursekit=[1], kernelspec=7))
book("outputs of a text cell, and of odd types", _odd_outputs)
book("all cells in reverse", lambda b: b["cells"].reverse(), ALL - VOCABULARY)


def _other() -> bytes:
    return notebook_text(build_notebook(exercise("nmt/padding"), "solved")).encode()


def file(
    name: str, raw: Callable[[], bytes], said: str, points: float = NONE, *alarms: str
) -> None:
    case(name, BOOK, points, *alarms, raw=raw, said=said)


def _json(cells: Any) -> Callable[[], bytes]:
    return lambda: json.dumps({"cells": cells, "metadata": {}, "nbformat": 4}).encode()


file("an empty file", lambda: b"", "is empty")
file("not JSON", lambda: b"print('hello')", "not a notebook")
file("zero bytes", lambda: b"\0" * 1000, "is empty")
file("a picture", lambda: b"\x89PNG\r\n\x1a\n" + bytes(range(256)), "not UTF-8")
file(
    "zero bytes in a notebook", lambda: notebook(True).replace(b"def", b"d\0f", 1), "not a notebook"
)
file("JSON without end", lambda: b"[" * 200_000, "nested too deeply")
file("cells that are none", _json([1, None, "x"]), "its cell 1 is a number")
file("a list", lambda: b"[]", "a list")
file("a notebook of 30 MB", lambda: b" " * 30_000_000, "at most 25,000,000")
file("half a notebook", lambda: notebook(True)[:3000], "not a notebook")
file("git's conflict markers", lambda: b"<<<<<<< HEAD\n{}\n=======\n{}\n>>>>>>> x\n", "conflict")


# --- TensorFlow and Keras ---------------------------------------------------------------------

LAYERS, LAYERS_ALL = "nmt/attention", 10


def layer(name: str, code: str, points: float, *alarms: str, **more: Any) -> None:
    made = {"BahdanauAttention": code} if code else {}
    case(name, "TensorFlow and Keras", points, *alarms, code=made, exercise=LAYERS, **more)


layer(
    "takes the default argument of a class that uses the answer",
    """
    import inspect
    from coursekit_nmt.model import Decoder
    BahdanauAttention = inspect.signature(Decoder.__init__).parameters["attention"].default
    """,
    NONE,
    "imported answer",
)
layer(
    "takes the layer out of a model of the plugin",
    """
    from coursekit_nmt.model import Decoder
    BahdanauAttention = type(Decoder(9, 4, 3, 0.0, 1).attention)
    """,
    NONE,
    "imported answer",
)
layer(
    "finds the answer among the subclasses of a Keras layer",
    """
    import coursekit_nmt.model
    BahdanauAttention = [kind for kind in keras.layers.Layer.__subclasses__()
                         if kind.__name__ == "BahdanauAttention"][0]
    """,
    NONE,
    "reached around",
    "imported answer",
)
layer(
    "derives a layer from the answer",
    """
    import coursekit_nmt.model as model
    class BahdanauAttention(model.BahdanauAttention):
        pass
    """,
    NONE,
    "imported answer",
)
layer(
    "reads the template with TensorFlow's own file functions",
    """
    found = tf.io.gfile.glob("/*/*/*/templates/2_*.py") + tf.io.gfile.glob("/kit/*/2_*.py")
    exec(tf.io.gfile.GFile(found[0]).read())
    """,
    NONE,
    "reached for files",
    said="IndexError",
)
layer(
    "ends the process in a TensorFlow function",
    """
    class BahdanauAttention(keras.layers.Layer):
        def __init__(self, units, **kwargs):
            super().__init__(**kwargs)
            self.query_projection = keras.layers.Dense(units, use_bias=False)
            self.key_projection = keras.layers.Dense(units, use_bias=False)
            self.score = keras.layers.Dense(1, use_bias=False)
        def keys(self, values):
            return self.key_projection(values)
        def call(self, *args):
            import os
            tf.py_function(lambda: os._exit(1), [], [])
    """,
    NONE,
    said="ended the process",
)
layer(
    "replaces a function of TensorFlow",
    "",
    LAYERS_ALL,
    "replaced",
    solved=True,
    extra="tf.nn.l2_loss = lambda *a: 0",
)
IN_NUMPY = """
class BahdanauAttention(keras.layers.Layer):
    def __init__(self, units):
        super().__init__()
        self.query_projection = keras.layers.Dense(units, use_bias=False)
        self.key_projection = keras.layers.Dense(units, use_bias=False)
        self.score = keras.layers.Dense(1, use_bias=False)
    def keys(self, values):
        return self.key_projection(values)
    def call(self, query, keys, values, mask):
        if not tf.executing_eagerly():
            return IN_A_GRAPH
        sums = self.query_projection(query).numpy()[:, None] + keys.numpy()
        powers = np.where(mask, np.exp(self.score(np.tanh(sums)).numpy()[:, :, 0]), 0)
        weights = powers / np.maximum(powers.sum(-1, keepdims=True), 1e-30)
        return GIVEN(np.einsum("bs,bsu->bu", weights, values)), GIVEN(weights)
"""


def in_numpy(in_a_graph: str, given: str = "tf.constant") -> str:
    """Return a layer that computes without TensorFlow; what it answers in a graph, and as what."""
    return IN_NUMPY.replace("IN_A_GRAPH", in_a_graph).replace("GIVEN", given)


layer(
    "replaces what says whether a layer compiles",
    "import sys\n"
    'vars(sys.modules["coursekit.practice"]).update(compiles=lambda *args: "yes")\n'
    + in_numpy("None.compiled", "np.asarray"),
    1,
    said="no: a result is no tensor",
)
layer(
    "sets TensorFlow to compile nothing",
    "tf.config.run_functions_eagerly(True)\n" + in_numpy("None.compiled"),
    1,
    said="no: AttributeError",
)
layer(
    "answers something else where it is compiled",
    in_numpy("values[:, 0], keys[:, :, 0]"),
    1,
    said="no: the compiled function returns other values",
)
layer(
    "sets TensorFlow and Keras for all that follows",
    "",
    LAYERS_ALL,
    solved=True,
    extra="""
    tf.config.run_functions_eagerly(True)
    keras.mixed_precision.set_global_policy("mixed_float16")
    keras.utils.set_random_seed(0)
    tf.debugging.enable_check_numerics()
    """,
)
layer(
    "turns warnings and small numbers into errors",
    "",
    LAYERS_ALL,
    solved=True,
    extra="""
    import warnings
    warnings.simplefilter("error")
    np.seterr(all="raise")
    """,
)
layer("a right layer", "", LAYERS_ALL, solved=True)
