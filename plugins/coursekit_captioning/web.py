"""A picture from the web."""

from __future__ import annotations

from coursekit.store import read_address

MOST = 30_000_000  # bytes
SECONDS = 60.0  # for all of it


def download(address: str) -> bytes:
    """Return the picture file at an address.

    Raises:
        CourseError: It cannot be reached, is refused, or is too large or too slow.
    """
    return read_address(address, "a picture", MOST, SECONDS)
