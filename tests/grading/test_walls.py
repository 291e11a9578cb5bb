"""What a student's code sees of the machine."""

from __future__ import annotations

import os
import stat
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from coursekit.errors import CourseError
from coursekit.grading import walls
from coursekit.grading.exam import Exam
from coursekit.grading.grade import grade
from coursekit.grading.results import Submission
from coursekit.practice.namespace import StudentError
from coursekit.practice.worker_process import Worker
from tests.grading.cases import ALL, notebook, template

needs_bubblewrap = pytest.mark.skipif(
    bool(walls.no_bubblewrap()), reason=f"bubblewrap: {walls.no_bubblewrap()}"
)
POSIX = pytest.mark.skipif(sys.platform == "win32", reason="needs a POSIX system")


@pytest.fixture(scope="module")
def private(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder of the grader's, with other students' work in it."""
    folder = tmp_path_factory.mktemp("private")
    (folder / "other.ipynb").write_text("the work of somebody else")
    return folder


@pytest.fixture(scope="module")
def behind(private: Path) -> Iterator[Worker]:
    """A process behind bubblewrap."""
    with Exam(template(), "bubblewrap", covered=[private]) as exam:
        worker = exam.worker()
        worker.begin(Path(walls.SCRATCH), {})
        yield worker
        worker.end()


def ask(worker: Worker, expression: str) -> object:
    """Return the value of an expression, or the words of the error."""
    code = f"import os, sys, socket, pathlib\ndef f():\n    return {expression}"
    worker.ask(("cell", code, "c"), 10)
    try:
        return worker.ask(("call", "f", []), 10)
    except StudentError as error:
        return str(error)


@needs_bubblewrap
@pytest.mark.parametrize(
    ("expression", "found"),
    [
        ("os.getpid()", 1),
        ("os.getcwd()", walls.SCRATCH),
        ("os.listdir('.')", []),
        ("os.path.expanduser('~')", walls.SCRATCH),
        ("sorted(os.listdir('/sys'))", "No such file"),
        ("[n for _, n in socket.if_nameindex()]", ["lo"]),
        ("socket.gethostname()", "exercise"),
        ("os.path.exists('/etc/passwd')", False),
        ("[k for k in os.environ if k.startswith(('COURSEKIT', 'PYTEST', 'USER'))]", []),
        ("open('/usr/x', 'w')", "Read-only file system"),
        ("open('/kit/x', 'w')", "Read-only file system"),
        ("open('/x', 'w')", "Read-only file system"),
        ("open('/dev/x', 'w')", "Read-only file system"),
        ("open('/dev/shm/x', 'w').write('a')", 1),
        ("open('x', 'w').write('a')", 1),
        ("os.setuid(0)", "Invalid argument"),
        ("os.mkdir('y') or os.chroot('y')", "Operation not permitted"),
        ("os.stat('/kit').st_mode & 0o222 and os.access('/kit', os.W_OK)", False),
        ("pathlib.Path('/proc/self/status').read_text().split('CapEff:')[1].split()[0]", "0" * 16),
        ("pathlib.Path('/proc/self/status').read_text().split('NoNewPrivs:')[1].split()[0]", "1"),
    ],
)
def test_the_view_behind_bubblewrap(expression: str, found: object, behind: Worker) -> None:
    seen = ask(behind, expression)
    if isinstance(found, str) and isinstance(seen, str):
        assert found in seen
    else:
        assert seen == found


@needs_bubblewrap
def test_nothing_of_the_graders_is_seen(behind: Worker, private: Path) -> None:
    assert ask(behind, f"os.path.exists({str(private)!r})") is False
    root = Path(__file__).parents[2]
    for place in (root / "tests", root / "plugins", root / "coursekit", root / "exercises"):
        assert ask(behind, f"os.path.exists({str(place)!r})") is False
    walked = "[f for f, _, names in os.walk('/') for n in names if n.endswith('.ip' 'ynb')]"
    assert ask(behind, walked) == []


@needs_bubblewrap
def test_two_workers_do_not_see_each_other() -> None:
    with Exam(template(), "bubblewrap") as exam:
        first, second = exam.worker(), exam.worker()
        for worker in (first, second):
            worker.begin(Path(walls.SCRATCH), {})
        ask(first, "[open(p + 'mine', 'w').write('x') for p in ('', '/dev/shm/', '/tmp/')]")
        places = "os.listdir('.') + os.listdir('/dev/shm') + os.listdir('/tmp')"
        assert str(ask(first, places)).count("mine") >= 2  # /tmp may hold the way to the kit
        assert "mine" not in str(ask(second, places))
        assert "No such process" in str(ask(second, "os.kill(-1, 9)"))  # to all there are
        opened = "[open(f'/proc/{n}/environ').read() for n in os.listdir('/proc') if n == '2']"
        assert "Permission denied" in str(ask(second, opened))
        assert ask(first, "1 + 1") == 2
        for worker in (first, second):
            worker.end()


@needs_bubblewrap
def test_a_folder_that_is_seen_is_covered_where_it_is_the_graders(tmp_path: Path) -> None:
    inside = Path(sys.prefix) / "lib"
    made = walls.walls("bubblewrap", tmp_path, [inside])
    place = made.wrap.index(str(inside))
    assert made.wrap[place - 1] == "--tmpfs"


@POSIX
def test_a_process_alone_grades_and_says_what_it_does_not_stop(tmp_path: Path) -> None:
    path = tmp_path / "a.ipynb"
    path.write_bytes(notebook(solved=True))
    with Exam(template(), "process") as exam:
        made = grade(Submission("a", path), exam)
    assert (made.earned, made.isolation, made.alarms) == (ALL, "process", ())
    assert "network" in walls.NOT_STOPPED


@POSIX
def test_the_answer_is_cut_out_without_walls_too(tmp_path: Path) -> None:
    path = tmp_path / "a.ipynb"
    path.write_bytes(
        notebook(code={"side_by_side": "from coursekit_textgen.data import side_by_side"})
    )
    with Exam(template(), "process") as exam:
        made = grade(Submission("a", path), exam)
    assert made.earned == 0
    assert {alarm.kind for alarm in made.alarms} == {"imported answer"}


def test_unknown_walls_are_refused() -> None:
    with pytest.raises(CourseError, match="auto, bubblewrap, container, process"):
        walls.choose("chroot")


def test_bubblewrap_that_is_not_there(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    walls.no_bubblewrap.cache_clear()
    try:
        assert walls.choose("auto") == "process"
        with pytest.raises(CourseError, match="bwrap is not installed"):
            walls.choose("bubblewrap")
        with pytest.raises(CourseError, match="neither docker nor podman"):
            walls.choose("container")
    finally:
        walls.no_bubblewrap.cache_clear()


@POSIX
def test_the_command_of_a_container(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """A stand-in for docker reports how it is called, and runs the command without walls."""
    called = tmp_path / "called"
    docker = tmp_path / "docker"
    docker.write_text(
        f'#!/bin/sh\necho "$@" > {called}\n'
        'while [ "$1" != "course-image" ]; do shift; done; shift\nexec "$@"\n'
    )
    docker.chmod(docker.stat().st_mode | stat.S_IXUSR)
    monkeypatch.setenv("PATH", f"{tmp_path}{os.pathsep}{os.environ['PATH']}")
    assert walls.choose("container") == "container"
    with Exam(template(), "container", image="course-image") as exam:
        wrap = exam.walls.wrap
        done = subprocess.run([*wrap, "echo", "hello"], capture_output=True, text=True)
        assert exam.walls.python == "python3"  # of the image, wherever it is there
    assert done.stdout == "hello\n"
    words = called.read_text().split()
    assert words[0] == "run"
    for option in ("--rm", "--interactive", "--read-only"):
        assert option in words
    for option, value in (("--network", "none"), ("--cap-drop", "ALL"), ("--user", "65534:65534")):
        assert words[words.index(option) + 1] == value
    (mount,) = [word for word in words if word.startswith("type=bind")]
    assert mount.endswith(f"target={walls.VIEW},readonly")
    assert not [word for word in words if str(Path.home()) in word]


@POSIX
def test_a_container_without_an_image(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    docker = tmp_path / "docker"
    docker.write_text("#!/bin/sh\n")
    docker.chmod(docker.stat().st_mode | stat.S_IXUSR)
    monkeypatch.setenv("PATH", f"{tmp_path}{os.pathsep}{os.environ['PATH']}")
    with pytest.raises(CourseError, match="no image is named"):
        Exam(template(), "container")


@needs_bubblewrap
def test_two_submissions_that_run_side_by_side_cannot_reach_each_other() -> None:
    with Exam(template(), "bubblewrap") as exam:
        one, other = exam.worker(), exam.worker()
        for worker in (one, other):
            worker.begin(Path(walls.SCRATCH), {})
        listen = "import socket\ns = socket.socket(socket.AF_UNIX)\ns.bind('\\0here')\ns.listen()"
        one.ask(("cell", listen, "c"), 10)
        reach = "socket.socket(socket.AF_UNIX).connect('\\0here')"
        assert "ConnectionRefusedError" in str(ask(other, reach))
        assert ask(one, reach) is None
        places = [ask(worker, "os.readlink('/proc/self/ns/net')") for worker in (one, other)]
        assert places[0] != places[1]
        for worker in (one, other):
            worker.end()
