"""Command lines in processes that are forked off one which has imported TensorFlow already.

Each is a process of its own, which can be killed and interrupted; only the seconds of importing
are saved. The process that is forked has never used TensorFlow, so it has none of its threads.
"""

import importlib
import io
import json
import os
import signal
import socket
import subprocess
import sys
import tempfile
import time
from contextlib import suppress
from pathlib import Path
from typing import Any

from coursekit import keras_setup
from tests.conftest import Done, Process

MODULES = ("coursekit.cli.app", "tensorflow", "matplotlib.backends.backend_agg")
MESSAGE = 65_536  # bytes of a request


class Server:
    """The process that is forked.

    Args:
        root: Where it finds this module.
    """

    def __init__(self, root: Path) -> None:
        self.control, other = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        with other:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "tests.warm", str(other.fileno())],
                cwd=root,
                pass_fds=[other.fileno()],
            )

    def end(self) -> None:
        self.control.close()
        self.process.wait()


class Child:
    """A command that runs, with the methods of `subprocess.Popen` that the tests use."""

    def __init__(self, server: Server, words: tuple[str, ...], folder: Path, env: Any) -> None:
        # Read when the command is over, and closed with this object.
        self.files = [tempfile.TemporaryFile(), tempfile.TemporaryFile()]  # noqa: SIM115
        self.returncode: int | None = None
        self.status, theirs = os.pipe()
        request = json.dumps({"words": words, "folder": str(folder), "environment": env})
        handed = [*(file.fileno() for file in self.files), theirs]
        socket.send_fds(server.control, [request.encode()], handed)
        os.close(theirs)
        self.pid = int.from_bytes(os.read(self.status, 4), "big")
        os.set_blocking(self.status, False)

    def poll(self) -> int | None:
        if self.returncode is None:
            with suppress(BlockingIOError):
                told = os.read(self.status, 4)
                assert told, "the process that waits for the command has ended"
                self.returncode = int.from_bytes(told, "big", signed=True)
                os.close(self.status)
        return self.returncode

    def wait(self, timeout: float = 300) -> int:
        until = time.monotonic() + timeout
        while (code := self.poll()) is None:
            if time.monotonic() > until:
                self.kill()
                raise subprocess.TimeoutExpired("coursekit", timeout)
            time.sleep(0.01)
        return code

    def send_signal(self, number: int) -> None:
        if self.poll() is None:
            os.kill(self.pid, number)

    def kill(self) -> None:
        self.send_signal(signal.SIGKILL)

    def communicate(self, timeout: float = 300) -> tuple[str, str]:
        self.wait(timeout)
        for file in self.files:
            file.seek(0)
        stdout, stderr = (file.read().decode() for file in self.files)
        return stdout, stderr

    @property
    def stderr(self) -> Any:
        """What it has said so far, to be read."""
        return io.StringIO(self.communicate()[1])


class Warm(Process):
    """Runs ``coursekit`` in a process of its own that need not import TensorFlow."""

    def __init__(self, folder: Path, environment: dict[str, str], server: Server) -> None:
        super().__init__(folder, environment)
        self.server = server

    def start(self, *words: str) -> Any:
        return Child(self.server, words, self.folder, self.environment)

    def __call__(self, *words: str, code: int | tuple[int, ...] | None = 0) -> Done:
        child = self.start(*words)
        done = Done(*child.communicate())
        codes = (0, 1, 2) if code is None else code if isinstance(code, tuple) else (code,)
        assert child.returncode in codes, f"{words}\n{done.stdout}\n{done.stderr}"
        return done


def serve(control: socket.socket) -> None:
    """Fork a process for each request; return in each, ready to be the command line."""
    while True:
        text, handed, _, _ = socket.recv_fds(control, MESSAGE, 3)
        if not text:
            with suppress(ChildProcessError):
                while True:
                    os.wait()
            os._exit(0)
        if os.fork() == 0:
            control.close()
            break
        for descriptor in handed:
            os.close(descriptor)
        with suppress(ChildProcessError):
            while os.waitpid(-1, os.WNOHANG)[0]:  # those that have told how their command ended
                pass
    *outputs, status = handed
    if pid := os.fork():
        os.write(status, pid.to_bytes(4, "big"))
        code = os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])
        os.write(status, code.to_bytes(4, "big", signed=True))
        os._exit(0)
    os.close(status)
    become(json.loads(text), outputs)


def become(request: dict[str, Any], outputs: list[int]) -> None:
    """Take the words, folder, environment and outputs of a command line."""
    signal.signal(signal.SIGINT, signal.default_int_handler)
    for standard, descriptor in zip((1, 2), outputs, strict=True):
        os.dup2(descriptor, standard)
        os.close(descriptor)
    os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
    os.environ.clear()
    os.environ.update(request["environment"])
    os.chdir(request["folder"])
    sys.path[0:1] = ["", *filter(None, request["environment"]["PYTHONPATH"].split(os.pathsep))]
    importlib.invalidate_caches()
    sys.argv = ["coursekit", *request["words"]]


if __name__ == "__main__":
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")
    keras_setup.install()
    for name in MODULES:
        importlib.import_module(name)
    serve(socket.socket(fileno=int(sys.argv[1])))
    from coursekit.cli.app import main

    main()
