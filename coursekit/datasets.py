"""What a data set is: names, sizes, licences and addresses; no bytes are moved here."""

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath
from urllib.parse import urlsplit

from coursekit.settings import Settings


@dataclass(frozen=True)
class RemoteFile:
    """One file that is published at an address.

    Attributes:
        url: Where it is published (http or https).
        size: Its size in bytes; a server that sends more is refused at this size.
        checksum: ``"sha256:..."``, or ``"md5:..."`` where only that is published.
        name: Its name in the cache; by default the last part of the address.
    """

    url: str
    size: int
    checksum: str
    name: str = ""

    def __post_init__(self) -> None:
        if not self.name:
            object.__setattr__(self, "name", PurePosixPath(urlsplit(self.url).path).name)


@dataclass(frozen=True)
class Expected:
    """What a preset takes and gives on a data set, as it was measured.

    Attributes:
        minutes: The time of the whole run on two cores without a GPU.
        result: The headline metric in words, such as ``"BLEU 40"``.
    """

    minutes: float
    result: str


@dataclass(frozen=True)
class Dataset:
    """A data set that a lesson offers by name.

    Attributes:
        name: The word that ``--data`` takes.
        title: One line that says what is in it.
        licence: Its licence, and whom to attribute.
        files: What must be downloaded; empty for a set that is built in.
        overrides: For each preset, the fields that this data set changes.
        expected: For each preset, what it takes and gives.
    """

    name: str
    title: str
    licence: str
    files: tuple[RemoteFile, ...] = ()
    overrides: Mapping[str, Mapping[str, object]] = field(default_factory=dict)
    expected: Mapping[str, Expected] = field(default_factory=dict)

    @property
    def built_in(self) -> bool:
        """Whether it needs no download."""
        return not self.files

    @property
    def size(self) -> int:
        """Bytes to download."""
        return sum(file.size for file in self.files)

    def settings(self, preset: str, base: Settings) -> Settings:
        """Return the preset's settings with this data set's overrides applied."""
        return base.replace(self.overrides.get(preset, {}))


@dataclass(frozen=True)
class LocalDataset:
    """A data set whose files are on this machine, checked and ready to read.

    Attributes:
        name: The data set's name; for a user's own file, its path as text.
        files: The downloaded files by name; empty for a set that is built in.
        path: The user's own file or folder, when ``--data`` named one.
    """

    name: str
    files: Mapping[str, Path] = field(default_factory=dict)
    path: Path | None = None


def fingerprint(parts: Iterable[str | bytes]) -> str:
    """Return a sha256 over texts or byte strings, each set apart from the next.

    It names exactly what a lesson learnt from: a run is resumed only on data
    with the same fingerprint.
    """
    digest = hashlib.sha256()
    for part in parts:
        data = part.encode() if isinstance(part, str) else part
        digest.update(len(data).to_bytes(8, "little"))
        digest.update(data)
    return digest.hexdigest()
