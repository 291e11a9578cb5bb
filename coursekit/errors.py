"""Errors that a user can act on: one class, and the errors of the disk in words."""

import contextlib
import errno
from collections.abc import Iterable, Iterator
from difflib import get_close_matches
from pathlib import Path

from coursekit.printable import shortened


class CourseError(Exception):
    """Something that the user can fix, in up to three short parts.

    The command line catches it in one place, prints it to stderr as
    ``error: ...`` and exits with code 1. Anything else keeps its traceback.

    Args:
        what: What happened.
        expected: What was expected instead.
        remedy: What to do about it, best as a command to type.
    """

    def __init__(self, what: str, expected: str = "", remedy: str = "") -> None:
        super().__init__(what, expected, remedy)
        self.what = what
        self.expected = expected
        self.remedy = remedy

    def __str__(self) -> str:
        parts = [self.what]
        if self.expected:
            parts.append(f"expected: {self.expected}")
        if self.remedy:
            parts.append(f"tip: {self.remedy}")
        return "\n".join(parts)


def did_you_mean(name: str, known: Iterable[str]) -> str:
    """Return ``"did you mean 'nmt'?"`` for a near miss, else the available names."""
    names = sorted(known)
    close = get_close_matches(name, names, n=1, cutoff=0.5)
    if close:
        return f"did you mean {close[0]!r}?"
    return f"available: {', '.join(names)}" if names else "there are none"


FULL = {errno.ENOSPC, getattr(errno, "EDQUOT", errno.ENOSPC)}
# What the system's own words leave open, by error number.
REASONS = {
    **dict.fromkeys(FULL, "the disk is full"),
    errno.EROFS: "the disk is read-only",
    errno.ENAMETOOLONG: "the name is too long",
    errno.ELOOP: "its links form a loop",
    errno.ENOTDIR: "a part of its path is a file, not a folder",
    errno.EISDIR: "it is a folder",
}
REMEDIES = {
    **dict.fromkeys(FULL, "free some space, then try again"),
    errno.EACCES: "change its permissions, or choose another place",
    errno.EPERM: "change its permissions, or choose another place",
    errno.EROFS: "choose a place on another disk",
    errno.ENAMETOOLONG: "choose a shorter name",
    errno.ENOTDIR: "choose another place",
    errno.EISDIR: "choose another name",
}


def disk_error(
    error: OSError, what: str, path: Path, remedy: str = "", expected: str = ""
) -> CourseError:
    """Return an error of the operating system in words.

    Args:
        error: What the system reported.
        what: What could not be done, such as ``"write"``.
        path: To what.
        remedy: What to do about it; by default what fits the kind of error.
        expected: What was expected.
    """
    reason = REASONS.get(error.errno or 0, error.strerror or str(error))
    return CourseError(
        f"cannot {what} {shortened(str(path))}: {reason}",
        expected,
        remedy or REMEDIES.get(error.errno or 0, ""),
    )


@contextlib.contextmanager
def disk_errors(what: str, path: Path, remedy: str = "", expected: str = "") -> Iterator[None]:
    """Turn the system's errors inside a ``with`` block into words, see `disk_error`.

    Raises:
        CourseError: An `OSError` was raised in the block.
    """
    try:
        yield
    except OSError as error:
        raise disk_error(error, what, path, remedy, expected) from error
