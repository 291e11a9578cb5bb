"""A process that has imported what an exercise needs, and forks off workers that have it too.

It runs none of the student's code. Each worker that it forks leaves for namespaces of its own,
where the system allows that, before it runs any.
"""

from __future__ import annotations

import ctypes
import gc
import importlib
import json
import os
import signal
import socket
import sys
from typing import Any

from coursekit import keras_setup
from coursekit.practice import keeper, limits, worker

_NEW_USER, _NEW_PROCESSES, _NEW_MOUNTS, _NEW_IPC = 0x10000000, 0x20000000, 0x20000, 0x08000000
_NEW_NETWORK = 0x40000000  # with no way even to a submission that runs at the same time
_NO_SET_USER, _NO_DEVICES = 2, 4  # of mounts
_NO_NEW_PRIVILEGES, _CAPABILITIES_3 = 38, 0x20080522
MESSAGE = 8192  # bytes of a request for a worker
HANDED = 3  # descriptors that come with it


def main() -> None:
    """Import what is named on the command line, then fork a worker for each request."""
    control = socket.socket(fileno=int(sys.argv[2]))
    told = json.loads(sys.argv[1])
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    os.environ.setdefault("MPLBACKEND", "Agg")
    keras_setup.install(light=True)
    failed = [name for name in told["modules"] if not _imported(name)]
    apart = bool(told["apart"]) and _can_part(told["scratch"])
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)  # nobody waits for the keepers here
    gc.collect()
    gc.freeze()
    control.send(json.dumps({"apart": apart, "failed": failed}).encode())
    while True:
        text, handed, _, _ = socket.recv_fds(control, MESSAGE, HANDED)
        if not text:
            return
        if os.fork() == 0:
            control.close()
            _become_worker(text.decode(), handed, told["scratch"] if apart else "")
        for descriptor in handed:
            os.close(descriptor)


def _imported(name: str) -> bool:
    try:
        importlib.import_module(name)
    except Exception:  # the cell that imports it says why
        return False
    return True


def _can_part(scratch: str) -> bool:
    """Try in a child whether the system lets a process leave for namespaces of its own."""
    pid = os.fork()
    if pid == 0:
        try:
            part(scratch)
            os._exit(0)
        finally:
            os._exit(1)
    return os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) == 0


def part(scratch: str) -> None:
    """Leave for namespaces of processes, mounts and the network, with a scratch folder.

    What this process forks from here on is in the new namespace of processes.

    Raises:
        OSError: The system does not allow it.
    """
    user, group = os.getuid(), os.getgid()
    _try(
        ctypes.CDLL(None, use_errno=True).unshare,
        _NEW_USER | _NEW_PROCESSES | _NEW_MOUNTS | _NEW_IPC | _NEW_NETWORK,
    )
    for file, text in (
        ("setgroups", "deny"),
        ("uid_map", f"{user} {user} 1"),
        ("gid_map", f"{group} {group} 1"),
    ):
        descriptor = os.open(f"/proc/self/{file}", os.O_WRONLY)
        try:
            os.write(descriptor, text.encode())
        finally:
            os.close(descriptor)
    folder, _, size = scratch.partition(":")
    options = f"size={size},mode=0755".encode()
    mount = ctypes.CDLL(None, use_errno=True).mount
    for place in (folder, "/dev/shm"):
        _try(mount, b"tmpfs", place.encode(), b"tmpfs", _NO_DEVICES | _NO_SET_USER, options)


def _try(function: Any, *arguments: Any) -> None:
    if function(*arguments) != 0:
        number = ctypes.get_errno()
        raise OSError(number, os.strerror(number))


def give_up_privileges() -> None:
    """Give up, for good, what a process may do in a namespace that it made."""
    library = ctypes.CDLL(None, use_errno=True)
    library.prctl(_NO_NEW_PRIVILEGES, 1, 0, 0, 0)
    header = (ctypes.c_uint32 * 2)(_CAPABILITIES_3, 0)
    _try(library.capset, header, (ctypes.c_uint32 * 6)())


def _become_worker(text: str, handed: list[int], scratch: str) -> None:
    """Be a worker at the other end of a channel; never return."""
    try:
        signal.signal(signal.SIGCHLD, signal.SIG_DFL)
        os.setsid()
        limit = limits.Limits.read(text)
        if scratch:
            part(scratch)
        asked, answers, status = (worker.moved(descriptor) for descriptor in handed)
        for descriptor in handed:
            os.close(descriptor)

        def leave(code: int) -> None:
            os.write(status, bytes([code]))
            os._exit(code)

        keeper.split(asked, answers, limit, leave)
        os.close(status)
        if scratch:
            give_up_privileges()
        worker.work(asked, answers, limit)
    finally:
        os._exit(1)


if __name__ == "__main__":
    main()
