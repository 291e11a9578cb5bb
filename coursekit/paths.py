"""Paths and addresses as people write them: with ``~``, as ``file:///...``, or unusable."""

import re
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit

from coursekit.errors import CourseError
from coursekit.printable import shortened

ON_THIS_MACHINE = "a path on this machine, or file:///... with one"


def is_web_address(text: str) -> bool:
    """Return whether a text is an address that a web server answers at."""
    return text.lower().startswith(("http://", "https://"))


def local_path(text: str, what: str) -> Path:
    """Return the path that somebody wrote.

    Args:
        text: A path, which may begin with ``~``, or an address ``file:///...``.
        what: What error messages call it, such as ``"COURSEKIT_CACHE"``.

    Raises:
        CourseError: It cannot be a path on this machine.
    """
    if re.match(r"file:|[a-z][a-z0-9+.-]+://", text, re.IGNORECASE):
        text = _path_in(text, what)
    if "\0" in text:
        raise CourseError(f"{what} has a zero byte: {shortened(text)!r}", ON_THIS_MACHINE)
    try:
        return Path(text).expanduser()
    except RuntimeError as error:
        home = shortened(Path(text).parts[0])
        raise CourseError(
            f"{what} begins with {home}, but there is no such home folder",
            ON_THIS_MACHINE,
            "write the full path",
        ) from error


def _path_in(address: str, what: str) -> str:
    """Return the path in an address ``file:///...``."""
    from urllib.request import url2pathname

    shown = shortened(without_login(address))
    try:
        split = urlsplit(address)
    except ValueError as error:
        raise CourseError(f"{what} is not an address: {shown}", ON_THIS_MACHINE) from error
    if split.scheme.lower() != "file":
        raise CourseError(
            f"{what} is an address that cannot be used here: {shown}", ON_THIS_MACHINE
        )
    if split.netloc.lower() not in ("", "localhost"):
        raise CourseError(
            f"{what} names another machine, {split.netloc}: {shown}",
            "file:///..., with three slashes",
        )
    return url2pathname(split.path)


def without_login(address: str) -> str:
    """Return an address as it may be shown: without the name and password of a user."""
    try:
        split = urlsplit(address)
        if "@" not in split.netloc:
            return address
        return urlunsplit(split._replace(netloc=split.netloc.rpartition("@")[2]))
    except ValueError:
        return address
