"""The channel between the two sides: frames of a nonce, a length, and plain data as bytes.

A frame that answers carries the nonce of the frame that asked. So what a student's code writes by
accident, or ahead of a question, is no answer.
"""

from __future__ import annotations

from os import read, write

NONCE = 16  # bytes
HEAD = NONCE + 4  # and the length, its most significant byte first


def frame(nonce: bytes, payload: bytes) -> bytes:
    """Return a frame as it is sent."""
    return nonce + len(payload).to_bytes(HEAD - NONCE, "big") + payload


def head(data: bytes) -> tuple[bytes, int]:
    """Return the nonce and the length that a frame begins with."""
    return data[:NONCE], int.from_bytes(data[NONCE:HEAD], "big")


def take(descriptor: int, size: int) -> bytes:
    """Read exactly so many bytes.

    Raises:
        EOFError: The other side closed the channel before.
        OSError: It cannot be read.
    """
    parts: list[bytes] = []
    while size:
        part = read(descriptor, min(size, 1 << 20))
        if not part:
            raise EOFError
        parts.append(part)
        size -= len(part)
    return b"".join(parts)


def give(descriptor: int, data: bytes) -> None:
    """Write all of some bytes.

    Raises:
        OSError: The other side closed the channel, or it cannot be written.
    """
    view = memoryview(data)
    while view:
        view = view[write(descriptor, view) :]
