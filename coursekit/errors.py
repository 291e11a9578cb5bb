"""The one error class for everything that a user can act on."""

from collections.abc import Iterable
from difflib import get_close_matches


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
