"""A download that is under way: its bytes so far, and whose bytes they are."""

import re
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import BinaryIO

from coursekit.atomic import write_json
from coursekit.errors import CourseError
from coursekit.store.cache import StorageError, beside, read_sidecar

CHOOSE = "free some room, or set COURSEKIT_CACHE to another folder"


@dataclass(frozen=True)
class Origin:
    """Whose bytes they are.

    Attributes:
        url: The address.
        etag: The version that the server named, None if it did not.
        last_modified: Its time, likewise.
    """

    url: str
    etag: str | None = None
    last_modified: str | None = None

    @property
    def validator(self) -> str | None:
        """What a server can be asked to compare before it continues (RFC 9110, 13.1.5)."""
        if self.etag and not self.etag.startswith("W/"):  # only strong ones will do
            return self.etag
        return self.last_modified


class Part:
    """A file ``<name>.part`` that grows, with its `Origin` in ``<name>.part.json``.

    Args:
        path: The file; it need not exist.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self.name = path.name.removesuffix(".part")

    @property
    def size(self) -> int:
        """The bytes that are here."""
        return self.path.stat().st_size if self.path.is_file() else 0

    def origin(self, url: str) -> Origin | None:
        """Return whose bytes are here, None when they are not those of this address."""
        known = read_sidecar(beside(self.path, ".json")) or {}
        if known.get("url") != url:
            return None
        return Origin(url, as_header(known.get("etag")), as_header(known.get("last_modified")))

    def begin(self, origin: Origin) -> None:
        """Delete what is here, for bytes of another origin."""
        self.forget()
        try:
            write_json(beside(self.path, ".json"), asdict(origin))
        except CourseError as error:
            raise StorageError(error.what, error.expected, CHOOSE) from error

    def forget(self) -> None:
        """Delete what is here."""
        self.path.unlink(missing_ok=True)
        beside(self.path, ".json").unlink(missing_ok=True)

    def open(self) -> BinaryIO:
        """Open it to append to it."""
        return self.path.open("ab")


def as_header(value: object) -> str | None:
    """Return a value if it can be sent in a header, else None."""
    return value if isinstance(value, str) and re.fullmatch("[ -~]{1,1000}", value) else None
