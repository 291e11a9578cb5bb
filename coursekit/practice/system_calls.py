"""System calls that are refused behind the walls, where Linux can filter them.

They make what no limit of a process counts (files in memory that no folder has, shared memory that
nobody has mapped, namespaces with folders in memory), or what outlives it (the kernel's keys, in
which one submission could leave a message for the next). A session of its own would get as much of
the processors as a whole submission. A few others are refused because no exercise needs them, and
faults in the kernel have often been found there: rings for input and output, page faults that a
program handles itself, counters of the processor, filters.
"""

from __future__ import annotations

import ctypes
import errno
import platform
import sys

REFUSED = {  # the numbers on x86-64 and on ARM
    "shmget": (29, 194),
    "add_key": (248, 217),
    "request_key": (249, 218),
    "keyctl": (250, 219),
    "unshare": (272, 97),
    "setsid": (112, 157),
    "memfd_create": (319, 279),
    "memfd_secret": (447, 447),
    "io_uring_setup": (425, 425),
    "userfaultfd": (323, 282),
    "perf_event_open": (298, 241),
    "bpf": (321, 280),
}
NUMBERS = 512  # of x86-64 begin here again, in another form
_CLONE, _CLONE_3 = (56, 220), 435
_NEW_USER = 0x10000000
_MACHINES = {"x86_64": (0, 0xC000003E), "aarch64": (1, 0xC00000B7)}
_NO_NEW_PRIVILEGES, _FILTER_CALLS, _WITH_FILTER = 38, 22, 2
_LOAD, _EQUAL, _AT_LEAST, _HAS_BIT, _RETURN = 0x20, 0x15, 0x35, 0x45, 0x06
_NUMBER, _MACHINE, _FIRST_ARGUMENT = 0, 4, 16  # places in what the filter is shown
_ALLOW, _KILL, _ERROR = 0x7FFF0000, 0x80000000, 0x00050000

Step = tuple[int, int, int, int]  # code, where to go on if it holds and if not, operand


class _Step(ctypes.Structure):
    _fields_ = (
        ("code", ctypes.c_uint16),
        ("holds", ctypes.c_uint8),
        ("fails", ctypes.c_uint8),
        ("operand", ctypes.c_uint32),
    )


class _Program(ctypes.Structure):
    _fields_ = (("length", ctypes.c_uint16), ("steps", ctypes.POINTER(_Step)))


def refuse() -> bool:
    """Refuse the calls, for this process and all that it starts, for good.

    Whoever makes one is told that the system has no such call. Python and TensorFlow do without.

    Returns:
        Whether it is so; not on other systems and processors.
    """
    machine = _MACHINES.get(platform.machine())
    if sys.platform != "linux" or machine is None:
        return False
    steps = program(*machine)
    laid_out = (_Step * len(steps))(*(_Step(*step) for step in steps))
    library = ctypes.CDLL(None)
    library.prctl(_NO_NEW_PRIVILEGES, 1, 0, 0, 0)
    filtered = _Program(len(steps), laid_out)
    return bool(library.prctl(_FILTER_CALLS, _WITH_FILTER, ctypes.byref(filtered), 0, 0) == 0)


def program(place: int, machine: int) -> list[Step]:
    """Return the filter: a program of the kernel's packet filter, as `seccomp(2)` describes it.

    Args:
        place: Of this processor's numbers in `REFUSED`.
        machine: What the kernel calls it.
    """
    missing = (_RETURN, 0, 0, _ERROR | errno.ENOSYS)
    steps: list[Step] = [
        (_LOAD, 0, 0, _MACHINE),
        (_EQUAL, 1, 0, machine),
        (_RETURN, 0, 0, _KILL),  # calls of 32 bits have other numbers
        (_LOAD, 0, 0, _NUMBER),
        (_AT_LEAST, 0, 1, NUMBERS),
        missing,
    ]
    for number in (*(numbers[place] for numbers in REFUSED.values()), _CLONE_3):
        steps += [(_EQUAL, 0, 1, number), missing]
    return [
        *steps,
        (_EQUAL, 0, 3, _CLONE[place]),
        (_LOAD, 0, 0, _FIRST_ARGUMENT),  # its flags
        (_HAS_BIT, 0, 1, _NEW_USER),
        missing,
        (_RETURN, 0, 0, _ALLOW),
    ]
